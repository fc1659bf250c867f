"""The ties between lines of commits and what a run shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.case_study.behaviours import (
    Behaviour,
    behaviours_of,
    hunk_of,
    read_behaviours,
    responsible_for,
)
from kit.case_study.history import history
from kit.common.errors import UserError
from kit.git.repository.clone import CloneHistory
from kit.git.repository.history import SourceKind
from kit.git.values.commit import ChangeKind, DiffLine, FileDiff, Hunk, LineKind
from kit.machine.catalogue import CATALOGUE, find_revision
from kit.simulation.sandbox import Act
from tests.clicks import sandbox_run

TIES = Path(__file__).parents[2] / "data" / "commits.toml"


@pytest.fixture(scope="module")
def ties() -> tuple[Behaviour, ...]:
    return read_behaviours(TIES.read_text(encoding="utf-8"), "commits.toml")


def names(found: tuple[Behaviour, ...]) -> list[str]:
    return [behaviour.name for behaviour in found]


def test_every_tie_belongs_to_a_commit_of_the_walk(ties: tuple[Behaviour, ...]) -> None:
    assert {tie.commit for tie in ties} <= {revision.commit for revision in CATALOGUE}
    assert len(set(names(ties))) == len(ties)


def test_what_a_commits_lines_do(ties: tuple[Behaviour, ...]) -> None:
    assert names(behaviours_of(ties, find_revision("cpu-timeout"))) == [
        "fifteen-seconds",
        "start-on-request",
        "still-pending",
    ]


@pytest.mark.parametrize(
    ("revision", "acts", "seq", "responsible"),
    [
        ("pre-revert", (Act.DEVICE_DEL, Act.WAIT_TO_15_S), -1, ["fifteen-seconds", "forget"]),
        ("pre-revert", (Act.DEVICE_DEL, Act.DEVICE_DEL), -1, ["deadline-helper", "still-pending"]),
        ("cpu-timeout", (Act.DEVICE_DEL, Act.DEVICE_DEL), -1, ["still-pending"]),
        ("resend", (Act.DEVICE_DEL, Act.DEVICE_DEL), -4, ["always-an-event"]),
        ("guest-error", (Act.DEVICE_DEL, Act.GUEST_REFUSES), -2, ["tell-of-the-no"]),
        ("revert", (Act.DEVICE_DEL,), 0, []),
    ],
)
def test_the_lines_responsible_for_an_entry(
    ties: tuple[Behaviour, ...],
    revision: str,
    acts: tuple[Act, ...],
    seq: int,
    responsible: list[str],
) -> None:
    at = find_revision(revision)

    assert names(responsible_for(ties, sandbox_run(at, *acts).trace[seq], at)) == responsible


def test_the_hunk_is_found_by_file_and_identifier_in_changed_lines() -> None:
    def hunk(text: str, kind: LineKind) -> Hunk:
        return Hunk("f()", (DiffLine(kind, text, 1, 1),))

    wanted = hunk("    timer_new_ms(x);", LineKind.ADDED)
    here = hunk("    timer_new_ms(y);", LineKind.CONTEXT)
    file = FileDiff(path="a.c", old_path="a.c", kind=ChangeKind.MODIFIED, hunks=(here, wanted))
    tie = Behaviour(
        name="n", says="s", commit="c", file="a.c", function="f", identifier="timer_new_ms"
    )

    assert hunk_of(tie, (file,)) is wanted
    assert hunk_of(tie, ()) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[behaviour]\n", "f.toml:1: is not TOML"),
        ('[[behaviour]]\nname = "x"\n', "f.toml:1: key '[a-z]+' is missing; expected a text"),
        ("\n[[behaviour]]\nodd = 1\n", "f.toml:3: unknown key 'odd' in behaviour"),
        ("[behaviour]\n", r"f.toml:1: behaviour is not a list of tables"),
        ("[[behaviour]]\nname = 1\n", "f.toml:"),
    ],
)
def test_a_broken_file_says_where_and_what(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_behaviours(text, "f.toml")


def test_every_tie_holds_in_the_reenactment(ties: tuple[Behaviour, ...]) -> None:
    played = history()

    assert played.source.kind is SourceKind.REENACTMENT
    assert [tie.name for tie in ties if hunk_of(tie, played.diff(tie.commit)) is None] == []


@pytest.mark.clone
def test_every_tie_holds_in_the_real_clone(ties: tuple[Behaviour, ...], qemu_clone: Path) -> None:
    qemu = CloneHistory(qemu_clone)

    assert [tie.name for tie in ties if hunk_of(tie, qemu.diff(tie.commit)) is None] == []
