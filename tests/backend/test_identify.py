"""Which revision a binary is, by its answers."""

from __future__ import annotations

from collections import defaultdict

import pytest

from kit.backend import identify as module
from kit.backend.identify import SCRIPT, embedded_answers, identify
from kit.backend.launch import Binary
from kit.machine.events import Outcome, QmpError
from kit.machine.requests import ClockStep, DeviceDel, Request
from kit.machine.revision import CATALOGUE, RELEASES, Board, find_revision
from tests.backend.embedded import Embedded

BINARY = Binary(path="/bin/qemu", board=Board.PSERIES, version=(9, 9, 9), package="Debian")


def test_the_script_tells_apart_all_that_differ_without_time() -> None:
    """13 recorded builds are 10 machines; releases repeat four of them, and v6.2.0 is one more."""
    classes = defaultdict(list)
    for revision in (*CATALOGUE, *RELEASES):
        classes[embedded_answers(revision, BINARY)].append(revision.name)

    assert [*classes.values()] == [
        ["baseline", "timer"],
        ["cpu-timeout"],
        ["fe1831eff8"],
        ["7420033ec4"],
        ["e35dfbd227", "deadline-helper"],
        ["eb7f80fd26", "pre-revert", "v6.0.0-rc0", "v6.0.0-rc1", "v6.0.0-rc2"],
        ["revert"],
        ["resend", "v6.0.0-rc3", "v6.0.0-rc4", "v6.0.0-rc5", "v6.0.0"],
        ["unisolate", "v6.1.0"],
        ["guest-error"],
        ["v6.2.0"],
    ]


def test_the_script_needs_no_time() -> None:
    assert not any(isinstance(request, ClockStep) for request in SCRIPT)


@pytest.mark.parametrize(
    ("revision", "version", "named"),
    [
        ("guest-error", (6, 1, 50), "guest-error"),
        ("v6.2.0", (7, 2, 22), "v6.2.0"),
        ("resend", (6, 0, 0), "v6.0.0"),
        ("resend", (5, 2, 92), "resend"),
        ("pre-revert", (5, 2, 90), "v6.0.0-rc0"),
    ],
)
def test_of_builds_that_answer_alike_the_one_of_its_version_is_named(
    monkeypatch: pytest.MonkeyPatch, revision: str, version: tuple[int, int, int], named: str
) -> None:
    real = Embedded(find_revision(revision))
    monkeypatch.setattr(module, "RealSpapr", lambda _: real)
    binary = Binary(path="/bin/qemu", board=Board.PSERIES, version=version)

    found = module._identify.__wrapped__(binary)

    assert found.nearest.name == named
    assert found.nearest in found.same
    assert (found.revision.name, found.revision.label) == (
        named,
        "QEMU " + ".".join(map(str, version)),
    )
    assert found.revision.patches == find_revision(revision).patches


def test_one_that_answers_like_none_is_said_to_be_near(monkeypatch: pytest.MonkeyPatch) -> None:
    def stubborn(request: Request, outcome: Outcome) -> Outcome:
        if request == DeviceDel("n3"):
            return Outcome(QmpError("GenericError", "never again"))
        return outcome

    monkeypatch.setattr(module, "RealSpapr", lambda _: Embedded(find_revision("revert"), stubborn))

    found = module._identify.__wrapped__(BINARY)

    assert found.same == ()
    assert found.words == (
        "qemu 9.9.9 (Debian): like no build of the catalogue; nearest is revert, which at step"
        ' 11 (DeviceDel) answers {"return": {}}, and this one {"error": {"class": "GenericError",'
        ' "desc": "never again"}}'
    )


def test_a_real_binary_is_found_out(ppc64: Binary) -> None:
    """Debian 12's answers as 4b08cd567b but for the duplicate-id text, which is v6.2.0."""
    found = identify(ppc64)

    assert found.same == (find_revision("v6.2.0"),)
    assert found.words.endswith("answers as v6.2.0")


def test_what_plays_q35_is_not_asked(x86_64: Binary) -> None:
    found = identify(x86_64)

    assert found.words == f"{x86_64.name}: plays q35"
    assert found.revision.name == "q35"
