"""Scenarios on a real QEMU: the same cast, the same trace; and every difference is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kit.common.errors import UserError
from kit.machine.catalogue import find_revision
from kit.machine.events import (
    Abort,
    Aborted,
    DeviceDeleted,
    DeviceUnplugGuestError,
    Outcome,
    QmpReturn,
    StatusReturn,
)
from kit.machine.requests import (
    ClientArchitectureSupport,
    ClockStep,
    Cont,
    DeviceDel,
    Request,
    SetIndicator,
    Stop,
    SystemReset,
)
from kit.machine.revision import Board, Revision
from kit.real_qemu import machines as module
from kit.real_qemu.channel.failures import MAX_TRIES
from kit.real_qemu.identify import Identity, identify
from kit.real_qemu.launch import Binary
from kit.real_qemu.play import play_real
from kit.simulation.run import Intervention, Run, play
from kit.simulation.scenario import Scenario
from kit.simulation.token import open_token, token_of
from kit.storage.scenarios import find_scenario, scenarios
from kit.views.reports.run import run_json, text_lines
from tests.real_qemu.embedded import Embedded
from tests.simulation.stories import story

Alter = Callable[[Request, Outcome], Outcome]

ON_PSERIES = [one for one in scenarios().values() if Board.PSERIES in one.setup.boards]
ON_Q35 = [one for one in scenarios().values() if Board.Q35 in one.setup.boards]
# A core is gone and then the machine is reset: freed memory, on a stopped TCG machine of 7.2.
CRASHES = {"late-reset"}


def crashed(run: Run) -> bool:
    abort = run.ended.machine.aborted
    return abort is not None and abort.assertion is None


@pytest.mark.parametrize("scenario", ON_PSERIES, ids=lambda one: one.name)
def test_a_guest_drives_the_binary_as_it_drives_the_embedded_machine(
    ppc64: Binary, scenario: Scenario
) -> None:
    identity = identify(ppc64)
    run, expected = play_real(scenario, identity), play(scenario, identity.nearest)
    trace = run.trace
    if scenario.name in CRASHES and crashed(run):
        trace = trace[: next(e.seq for e in trace if isinstance(e.message, Aborted))]
        expected_trace = expected.trace[: len(trace)]
    else:
        expected_trace = expected.trace
        assert not crashed(run)

    assert trace == expected_trace


@pytest.mark.parametrize("scenario", ON_Q35, ids=lambda one: one.name)
def test_q35_does_the_same_up_to_the_ejection(x86_64: Binary, scenario: Scenario) -> None:
    """A stopped machine under TCG does not tell DEVICE_DELETED of a CPU."""
    run = play_real(scenario, identify(x86_64))
    expected = play(scenario, find_revision("q35")).trace
    ejected = [e.seq for e in expected if isinstance(e.message, DeviceDeleted)]
    end = ejected[0] if ejected else len(expected)

    assert run.trace[:end] == expected[:end]
    if not ejected:
        assert run.trace == expected


# -- with the embedded machine in its place --------------------------------------------------------


def identity_of(revision: Revision, *, steps_time: bool = False) -> Identity:
    binary = Embedded(revision, steps_time=steps_time).binary
    return Identity(binary=binary, same=(revision,), nearest=revision)


def on(
    monkeypatch: pytest.MonkeyPatch,
    scenario: Scenario,
    at: str,
    alter: Alter = lambda _, outcome: outcome,
    *interventions: Intervention,
    steps_time: bool = False,
) -> tuple[Run, list[Request]]:
    """Play on a stand-in; return the run and what the stand-in was asked."""
    revision = find_revision(at)
    started: list[Embedded] = []  # another one for each try

    def start(_: Binary) -> Embedded:
        started.append(Embedded(revision, alter, steps_time=steps_time))
        return started[-1]

    monkeypatch.setattr(module, "RealSpapr", start)
    run = play_real(scenario, identity_of(revision, steps_time=steps_time), interventions)
    return run, started[-1].asked


def test_with_the_accelerator_time_is_stepped(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = find_scenario("late-release")

    run, asked = on(monkeypatch, scenario, "pre-revert", steps_time=True)

    assert run.trace == play(scenario, find_revision("pre-revert")).trace
    assert sum(one.ns for one in asked if isinstance(one, ClockStep)) == 20_000_000_000
    assert not any(isinstance(one, ClientArchitectureSupport) for one in asked)


def test_without_it_a_run_ends_where_a_timer_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = story("2 s: guest offline core0", "3 s: device_del core1", offline_work="16 s")

    run, asked = on(monkeypatch, scenario, "pre-revert")

    whole = play(scenario, find_revision("pre-revert")).trace
    assert run.trace == tuple(entry for entry in whole if entry.at_ns <= 3_000_000_000)
    assert not any(isinstance(one, ClockStep) for one in asked)
    assert run.notes[1] == (
        "time cannot be stepped on this build (no accelerator qtest): a timer of QEMU's begins"
        " to run at 3 s: the run ends there"
    )


def test_where_no_timer_runs_nothing_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = find_scenario("late-release")

    run, asked = on(monkeypatch, scenario, "guest-error")

    assert run.trace == play(scenario, find_revision("guest-error")).trace
    assert not any(isinstance(one, ClockStep) for one in asked)
    assert run.notes[1].endswith("no timer of QEMU's ran, so nothing is missed")


def test_a_stopped_machine_is_not_told_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    run, asked = on(monkeypatch, find_scenario("vm-stopped"), "guest-error")

    assert not any(isinstance(one, Stop | Cont) for one in asked)
    assert run.notes[2:] == (
        "its VM stands still all the time: stop and cont were not asked of it",
    )


def test_an_intervention_is_made_on_the_binary_too(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = find_scenario("late-release")
    reset = Intervention(5_000_000_000, "system_reset")

    run, asked = on(monkeypatch, scenario, "guest-error", lambda _, outcome: outcome, reset)

    assert run.trace == play(scenario, find_revision("guest-error"), (reset,)).trace
    assert asked.count(SystemReset()) == 2  # the first is before the story begins


def test_another_answer_stands_in_the_trace_and_in_a_note(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def alter(request: Request, outcome: Outcome) -> Outcome:
        busy = isinstance(request, SetIndicator) and (request.indicator, request.state) == (9003, 0)
        return Outcome(StatusReturn(-2), outcome.emitted) if busy else outcome

    run, _ = on(monkeypatch, find_scenario("late-release"), "guest-error", alter)

    assert StatusReturn(-2) in [entry.message for entry in run.trace]
    assert run.notes[2:3] == (
        "set-indicator: the binary answers StatusReturn(status=-2); the embedded machine of"
        " guest-error: StatusReturn(status=0)",
    )


def test_an_event_that_does_not_come_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    def alter(_: Request, outcome: Outcome) -> Outcome:
        kept = tuple(one for one in outcome.emitted if not isinstance(one, DeviceDeleted))
        return Outcome(outcome.reply, kept)

    run, _ = on(monkeypatch, find_scenario("late-release"), "guest-error", alter)

    assert run.times("DEVICE_DELETED") == ()
    assert run.notes[2:] == (
        "set-indicator: the binary does not tell DEVICE_DELETED; the embedded machine of"
        " guest-error: DeviceDeleted(path='/machine/peripheral/core1', device='core1')",
    )


def test_an_event_too_many_is_told_and_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    more = DeviceUnplugGuestError(path="/machine/peripheral/core1", device="core1")

    def alter(request: Request, outcome: Outcome) -> Outcome:
        extra = (more,) if isinstance(request, DeviceDel) else ()
        return Outcome(outcome.reply, (*outcome.emitted, *extra))

    run, _ = on(monkeypatch, find_scenario("late-release"), "guest-error", alter)

    assert run.times("DEVICE_UNPLUG_GUEST_ERROR") == (0.0,)
    assert run.notes[2:] == (
        f"device_del: the binary tells {more!r}; the embedded machine of guest-error: nothing of"
        " the kind",
    )


def test_a_crash_is_an_observation(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Aborted(Abort("", "SIGSEGV", None))

    def alter(request: Request, outcome: Outcome) -> Outcome:
        return Outcome(gone) if isinstance(request, DeviceDel) else outcome

    run, _ = on(monkeypatch, find_scenario("late-release"), "guest-error", alter)

    assert run.trace[1].message == gone
    assert run.ended.machine.aborted == gone.abort
    assert run.notes[2] == "the binary ended (SIGSEGV)"
    assert run.notes[-2:] == ("tried again: the binary ended (SIGSEGV)",) * (MAX_TRIES - 1)


def test_a_crash_that_does_not_come_again_leaves_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    left = [Aborted(Abort("", "no answer to device_del", None))]

    def alter(request: Request, outcome: Outcome) -> Outcome:
        return Outcome(left.pop()) if isinstance(request, DeviceDel) and left else outcome

    run, _ = on(monkeypatch, find_scenario("late-release"), "guest-error", alter)

    assert run.trace == play(find_scenario("late-release"), find_revision("guest-error")).trace
    assert run.notes[2:] == ("tried again: the binary ended (no answer to device_del)",)


def test_one_that_outlives_an_assertion_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def alter(_: Request, outcome: Outcome) -> Outcome:
        return Outcome(QmpReturn()) if isinstance(outcome.reply, Aborted) else outcome

    run, _ = on(monkeypatch, find_scenario("dimm-abort"), "guest-error", alter)

    assert run.ended.machine.aborted is None
    assert "the binary answers QmpReturn(value=None)" in run.notes[2]


def test_a_scenario_of_another_board_is_refused() -> None:
    with pytest.raises(UserError, match="the scenario is for pseries, and q35 is a q35 machine"):
        play_real(
            find_scenario("late-release"),
            Identity(
                binary=Binary(path="/bin/qemu", board=Board.Q35, version=(7, 2, 0)),
                same=(),
                nearest=find_revision("q35"),
            ),
        )


# -- what is made of such a run --------------------------------------------------------------------


def test_pictures_and_json_name_revision_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = on(monkeypatch, find_scenario("late-release"), "guest-error")

    assert "at guest-error (QEMU 9.9.9)" in list(text_lines(run, 72))
    data = run_json(run)
    assert (data["revision"], data["notes"]) == ("QEMU 9.9.9", list(run.notes))


def test_its_token_opens_on_the_embedded_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    reset = Intervention(5_000_000_000, "system_reset")
    run, _ = on(monkeypatch, find_scenario("late-release"), "guest-error", lambda _, o: o, reset)

    opened = open_token(token_of(run), find_scenario)

    assert opened == play(find_scenario("late-release"), find_revision("guest-error"), (reset,))
