"""Which revision a binary is, by its answers."""

from __future__ import annotations

from collections import defaultdict

import pytest

from kit.machine.catalogue import CATALOGUE, EVERY_RELEASE, Q35, find_revision
from kit.machine.events import Outcome, QmpError
from kit.machine.q35 import step as acpi
from kit.machine.q35.messages import AcpiOutcome, AcpiRequest
from kit.machine.requests import ClockStep, DeviceDel, Request
from kit.machine.revision import Board
from kit.real_qemu import identify as module
from kit.real_qemu import machines
from kit.real_qemu.identify import SCRIPT, embedded_answers, identify
from kit.real_qemu.identify_q35 import SCRIPT as SCRIPT_Q35
from kit.real_qemu.identify_q35 import likeness
from kit.real_qemu.launch import Binary
from kit.recordings.q35_format import RECORDED
from tests.real_qemu.embedded import Embedded

BINARY = Binary(path="/bin/qemu", board=Board.PSERIES, version=(9, 9, 9), package="Debian")


def test_the_script_tells_apart_all_that_differ_without_time() -> None:
    """13 recorded builds are 10 machines; releases repeat four of them and add two."""
    classes = defaultdict(list)
    for revision in CATALOGUE + EVERY_RELEASE:
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
        ["v10.0.13", "today"],
    ]


def test_the_script_needs_no_time() -> None:
    assert not any(isinstance(request, ClockStep) for request in SCRIPT)


@pytest.mark.parametrize(
    ("revision", "version", "named"),
    [
        ("guest-error", (6, 1, 50), "guest-error"),
        ("v6.2.0", (7, 2, 22), "v6.2.0"),
        ("today", (10, 0, 13), "v10.0.13"),
        ("today", (11, 1, 3), "today"),
        ("resend", (6, 0, 0), "v6.0.0"),
        ("resend", (5, 2, 92), "resend"),
        ("pre-revert", (5, 2, 90), "v6.0.0-rc0"),
    ],
)
def test_of_builds_that_answer_alike_the_one_of_its_version_is_named(
    monkeypatch: pytest.MonkeyPatch, revision: str, version: tuple[int, int, int], named: str
) -> None:
    real = Embedded(find_revision(revision))
    monkeypatch.setattr(machines, "RealSpapr", lambda _: real)
    binary = Binary(path="/bin/qemu", board=Board.PSERIES, version=version)

    found = module.identify.__wrapped__(binary)

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

    monkeypatch.setattr(
        machines, "RealSpapr", lambda _: Embedded(find_revision("revert"), stubborn)
    )

    found = module.identify.__wrapped__(BINARY)

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


def test_q35_is_compared_with_what_was_recorded(x86_64: Binary) -> None:
    found = identify(x86_64)
    steps = len(SCRIPT_Q35)

    assert found.words == (
        f"{x86_64.name}: plays q35, and answers {steps} of {steps} steps as the recorded ones,"
        " 7.2.22 and 11.1.3"
    )
    assert found.same == (Q35,)
    assert found.revision.name == "q35"


class _Q35:
    """The embedded q35 machine in the place of a real one; what it is asked first fails."""

    def __init__(self, *_: object) -> None:
        self._machine = acpi.boot(RECORDED)
        self._asked = 0

    def __enter__(self) -> _Q35:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def ask(self, request: AcpiRequest) -> AcpiOutcome:
        self._machine, outcome = acpi.step(self._machine, request)
        self._asked += 1
        if self._asked == 1:
            return AcpiOutcome(QmpError("GenericError", "no"))
        return outcome


def test_a_q35_that_answers_otherwise_is_told_from_the_recorded_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("kit.real_qemu.identify_q35.RealQ35", _Q35)
    binary = Binary(path="/bin/q35", board=Board.Q35, version=(9, 9, 9))
    found = likeness(binary)
    steps = len(SCRIPT_Q35)

    assert (found.steps, found.same) == (steps, steps - 1)
    assert found.words == (
        f"answers {steps - 1} of {steps} steps as the recorded ones, 7.2.22 and 11.1.3; at step 1"
        ' (DeviceAdd) {"error": {"class": "GenericError", "desc": "no"}}, and not {"return": {}}'
    )
