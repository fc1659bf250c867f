"""A path of the explorer on a binary, where an embedded machine plays the binary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from kit.actors.pseries_programs import GuestKind
from kit.explorer.export import asked_of
from kit.explorer.jobs import SearchJob, explore_one
from kit.explorer.model import DrcModel
from kit.explorer.scope import Scope
from kit.machine.catalogue import find_revision
from kit.machine.events import Abort, Aborted, Outcome, StatusReturn
from kit.machine.requests import Request, SetIndicator
from kit.machine.revision import Revision
from kit.real_qemu import replay_path as path_replay
from kit.real_qemu.channel.failures import MAX_TRIES
from kit.real_qemu.launch import Binary
from kit.real_qemu.replay_path import LivePath, replay_path
from tests.real_qemu.embedded import Alter, Embedded

SMALL = Scope(cores=1, requests=2, resets=1, migrations=0)
LIMBO = GuestKind.LINUX_5_13
ISOLATE = SetIndicator(9001, 0x10000001, 0)


def unaltered(_: Request, outcome: Outcome) -> Outcome:
    return outcome


Replay = Callable[..., LivePath]


@pytest.fixture
def replayed(monkeypatch: pytest.MonkeyPatch) -> Replay:
    """Return what replays the counterexample of a promise on a machine of any revision."""

    def replay(
        promise: str,
        at: str = "guest-error",
        alter: Alter = unaltered,
        real: Revision | None = None,
        *,
        steps_time: bool = False,
        kind: GuestKind = LIMBO,
    ) -> LivePath:
        revision = find_revision(at)
        found = explore_one(SearchJob(revision, kind, SMALL, 100_000))
        path = next(f.path for p, f in found.findings if p.name == promise)
        assert path is not None

        def start(binary: Binary) -> Embedded:
            return Embedded(real or revision, alter, steps_time=binary.steps_time)

        monkeypatch.setattr(path_replay, "RealSpapr", start)
        binary = Embedded(revision, steps_time=steps_time).binary
        return replay_path(asked_of(DrcModel(revision, kind, SMALL), path), binary, revision)

    return replay


def test_a_binary_that_answers_alike_does_the_same(replayed: Replay) -> None:
    live = replayed("no-lost-release")

    assert live.difference is None
    assert live.stopped == ""
    assert live.words == (
        f"the real one does the same: {live.choices} choices, {len(live.steps)} steps"
    )
    assert [one.asked["op"] for one in live.steps][-1] == "query_memory_devices"


def test_under_tcg_the_guests_cas_is_asked_for(replayed: Replay) -> None:
    ops = [one.asked["op"] for one in replayed("no-lost-release").steps]

    assert ops[:3] == ["device_add", "system_reset", "client_architecture_support"]


def test_with_the_accelerator_qtest_qemu_plays_it_at_the_reset(replayed: Replay) -> None:
    live = replayed("no-lost-release", steps_time=True)

    assert [one.asked["op"] for one in live.steps][:3] == [
        "device_add",
        "system_reset",
        "device_del",
    ]
    assert live.difference is None


def test_without_it_nothing_is_asked_once_time_has_to_pass(replayed: Replay) -> None:
    """d1c2e3ce3d: QEMU's 15 s run on the guest's clock."""
    live = replayed("no-lost-release", "pre-revert")

    assert live.difference is None
    assert live.stopped.endswith(
        "QEMU's timer fires: time has to pass, and this build has no qtest accelerator"
    )
    assert live.words.startswith(f"the same in {len(live.steps)} steps; then choice 2 of ")


def test_with_it_the_timer_fires(replayed: Replay) -> None:
    live = replayed("no-lost-release", "pre-revert", steps_time=True)

    assert (live.difference, live.stopped) == (None, "")
    assert "clock_step" in [one.asked["op"] for one in live.steps]


def test_a_binary_of_another_revision_differs_where_it_does(replayed: Replay) -> None:
    """4b08cd567b: before it QEMU tells of the refusal in its log alone."""
    live = replayed("no-lost-release", real=find_revision("unisolate"))
    one = live.difference

    assert one is not None
    assert (one.asked["op"], one is live.steps[-1]) == ("set_indicator", True)
    assert one.embedded["events"] == [{"event": "DEVICE_UNPLUG_GUEST_ERROR", "device": "core1"}]
    assert "events" not in one.real or one.real["events"] != one.embedded["events"]
    assert live.words.startswith("at choice ")


def test_a_crash_that_comes_again_is_an_observation(replayed: Replay) -> None:
    def dies(request: Request, outcome: Outcome) -> Outcome:
        if request == ISOLATE:
            return Outcome(Aborted(Abort("", "SIGSEGV", None)))
        return outcome

    live = replayed("no-lost-release", alter=dies)

    ended = "ended (SIGSEGV)"
    assert (live.ended, live.earlier) == (ended, (ended,) * (MAX_TRIES - 1))
    assert live.words.endswith(
        f"(set_indicator), the real one {ended} (tried again: the binary {ended}; then it {ended})"
    )


def test_a_crash_that_does_not_come_again_is_said(replayed: Replay) -> None:
    left = [1]

    def dies_once(request: Request, outcome: Outcome) -> Outcome:
        if request == ISOLATE and left:
            left.pop()
            return Outcome(Aborted(Abort("", "SIGABRT", None)))
        return outcome

    live = replayed("no-lost-release", alter=dies_once)

    assert (live.earlier, live.difference) == (("ended (SIGABRT)",), None)
    assert live.words.endswith("steps (tried again: the binary ended (SIGABRT))")


def test_as_json_a_step_that_differs_has_both_answers(replayed: Replay) -> None:
    def refuses(request: Request, outcome: Outcome) -> Outcome:
        return replace(outcome, reply=StatusReturn(-3)) if request == ISOLATE else outcome

    data = replayed("no-lost-release", alter=refuses).json()

    assert data["same"] is False
    assert data["steps"][-1]["embedded"] == {"reply": {"status": 0}}
    assert data["steps"][-1]["real"] == {"reply": {"status": -3}}
    assert all("real" not in one for one in data["steps"][:-1])
