"""The clone in use, and what the lessons call."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import kit.app
from kit.app import (
    bench,
    commit_walk,
    connector,
    connector_lab,
    mail_of,
    path,
    player,
    promises,
    retry_table,
)
from kit.case_study.history import clone_in_use, commit_page, exported_history
from kit.cli.main import main
from kit.common.errors import UnknownRevisionError, UserError
from kit.machine.catalogue import find_revision

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(("value", "clone"), [("", None), ("  ", None), ("/x", Path("/x"))])
def test_the_clone_is_what_kit_qemu_names(
    monkeypatch: pytest.MonkeyPatch, value: str, clone: Path | None
) -> None:
    monkeypatch.setenv("KIT_QEMU", value)

    assert clone_in_use() == clone


def test_where_it_is_asked_for_the_commit_is_read_from_the_reenactment() -> None:
    page = commit_page(find_revision("revert"))

    assert page.source == "re-enactment, not QEMU's code (built from data/reenactment)"
    assert page.files


def test_a_clone_that_is_none_is_said_beside_the_commit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KIT_QEMU", str(tmp_path))

    assert commit_page(find_revision("timer")).note == (
        f"{tmp_path} is no git repository; name a clone of QEMU, or run `kit fetch`"
    )


def test_the_walk_needs_one_call() -> None:
    walk = commit_walk("cpu-timeout")

    assert repr(walk).startswith("cpu-timeout (d1c2e3ce3d): ")
    walk.close_all()


def test_a_table_of_retries_is_aligned_text() -> None:
    table = repr(retry_table("cpu-timeout", "revert", after_ms=(14_500, 15_000)))

    assert [line.split("  ") for line in re.sub(" {3,}", "  ", table).splitlines()] == [
        ["asked again after", "cpu-timeout", "revert"],
        [
            "14.5 s",
            "core-id 1 unplug is still pending, 0 seconds timeout remaining",
            "accepted",
        ],
        ["15 s", "accepted", "accepted"],
    ]


def test_a_lesson_needs_one_call() -> None:
    widget = bench("baseline", "v6.0.0")

    assert repr(widget).startswith("before: baseline, after: v6.0.0\n")
    assert repr(connector("baseline")).startswith("States of a CPU connector at baseline")
    widget.close_all()


def test_the_player_plays_a_run_a_pair_or_a_token() -> None:
    run, pair = player("late-release"), player("in-time", before="timer", after="cpu-timeout")
    pair.model.act("guest hang")
    again = player(pair.model.token)

    assert [len(widget.model.sides) for widget in (run, pair, again)] == [1, 2, 2]
    assert run.model.timeline.runs[0].revision.name == "revert"
    assert again.model.timeline.played == pair.model.timeline.played
    run.close_all()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: player("nope"), "no scenario 'nope'; there are: "),
        (
            lambda: player("late-release", before="timer"),
            "a pair needs both, before=… and after=…; a run needs at=… alone",
        ),
        (lambda: player("1.run.nope"), "is cut short; copy the whole of it"),
    ],
)
def test_a_player_that_cannot_be_made_says_why(call: Callable[[], object], says: str) -> None:
    with pytest.raises(UserError, match=re.escape(says)):
        call()


def test_a_path_is_played_alone_or_beside_another_revision() -> None:
    token = "1.path.c2q2r1m1.linux-5_12.pre-revert.XVACcaaaaaaaa"
    alone, pair = path(token), path(token, beside="revert")

    assert [widget.model.heads for widget in (alone, pair)] == [
        ("pre-revert",),
        ("pre-revert", "revert"),
    ]
    alone.close_all()


def test_the_promises_are_a_table_of_named_revisions() -> None:
    usual, wide = promises(), promises("revert", widen="c0q2r0m1d2")

    assert len(usual.model.revisions) == 10
    assert wide.model.scope.name == "c0q2r0m1d2"
    assert repr(wide).splitlines()[0].split() == ["promise", "revert"]
    usual.close_all()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: promises("revert", widen="all"), "'all' is no scope"),
        (lambda: promises("q35"), "q35 is an ACPI machine; the explorer knows pseries alone"),
        (lambda: path("1.run.x"), "is no token of a path"),
    ],
)
def test_a_table_or_path_that_cannot_be_made_says_why(
    call: Callable[[], object], says: str
) -> None:
    with pytest.raises(UserError, match=re.escape(says)):
        call()


def test_the_connector_can_be_driven() -> None:
    widget = connector_lab("timer")

    assert repr(widget) == "core 1's connector at timer: UNUSABLE, empty"
    widget.close_all()


@pytest.mark.parametrize(
    "call",
    [
        lambda: bench("nope"),
        lambda: connector("nope"),
        lambda: connector_lab("nope"),
        lambda: player("late-release", at="nope"),
    ],
)
def test_an_unknown_revision_in_a_lesson_says_where_to_look(call: object) -> None:
    with pytest.raises(UnknownRevisionError, match="`kit list revisions` names all there are"):
        call()  # type: ignore[operator]


def test_everything_public_is_documented() -> None:
    assert [name for name in kit.app.__all__ if not getattr(kit.app, name).__doc__] == []


def test_the_reenactment_is_built_once_and_then_read_where_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        "kit.case_study.history.user_cache_path", lambda *_, **__: tmp_path / "cache"
    )
    revert = find_revision("revert").commit
    first = kit.app.history().commit(revert)
    monkeypatch.setattr("kit.case_study.history.build", lambda *_: pytest.fail("built again"))

    assert kit.app.history().commit(revert) == first


def test_a_tree_before_a_patch_shows_the_reenactments_own_diff_from_a_file_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "lesson.json"
    path.write_text(exported_history()[0], encoding="utf-8")
    played = commit_page(find_revision("pre-revert"))
    monkeypatch.setenv("KIT_QEMU", str(path))
    read = commit_page(find_revision("pre-revert"))

    assert (read.note, read.files) == ("", played.files)


def test_a_mail_from_a_lesson_is_what_the_command_line_writes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    revisions = ["--before", "pre-revert", "--after", "revert"]
    reply = ["--in-reply-to", "a@b.c"]
    assert main(["compare", "late-release", *revisions, "--format", "mail", *reply]) == 0

    mail = mail_of("late-release", before="pre-revert", after="revert", in_reply_to="a@b.c")
    assert capsys.readouterr().out == f"{mail}\n"
    assert "d522cb52e6 (spapr: rollback 'unplug timeout' for CPU hotunplugs," in mail
