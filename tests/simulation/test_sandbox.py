"""The sandbox's acts, run by run: what follows from which clicks at which revision."""

from __future__ import annotations

import pytest

from kit.actors.messages import Actor, Decide, GuestLog
from kit.machine.catalogue import CATALOGUE, find_revision
from kit.machine.clock import NS_PER_S
from kit.machine.events import (
    DeviceDeleted,
    DeviceUnplugGuestError,
    ErrorReport,
    QmpError,
    UnplugTimeout,
)
from kit.machine.pseries.connector import DrcType, drc_index
from kit.machine.revision import Revision
from kit.simulation.run import Run, play_pair
from kit.simulation.sandbox import SANDBOX, Act, act, why_not
from kit.simulation.timeline import Timeline
from kit.trace.entry import TraceEntry
from tests.clicks import sandbox_pair, sandbox_run

A = Act
CORE_PATH = "/machine/peripheral/core1"
TIMEOUT = ["d1c2e3ce3d", "fe1831eff8", "7420033ec4", "e35dfbd227", "4515a5f786", "eb7f80fd26"]
TIMEOUT.append("d522cb52e6~1")


def at(name: str, *acts: Act) -> Run:
    return sandbox_run(find_revision(name), *acts)


def messages(run: Run, *kinds: type) -> list[object]:
    return [entry.message for entry in run.trace if isinstance(entry.message, kinds)]


def pair(*acts: Act) -> Timeline:
    timeline = Timeline(
        played=play_pair(SANDBOX, find_revision("pre-revert"), find_revision("revert"))
    )
    for one in acts:
        timeline = act(timeline, one)
    return timeline


@pytest.mark.parametrize("revision", CATALOGUE, ids=lambda revision: revision.name)
def test_a_release_in_time_is_the_same_at_every_revision(revision: Revision) -> None:
    acts = (A.DEVICE_DEL, A.WAIT_5_S, A.GUEST_RELEASES)

    assert sandbox_run(revision, *acts).trace == at("baseline", *acts).trace


@pytest.mark.parametrize("revision", CATALOGUE, ids=lambda revision: revision.label)
def test_a_late_release_ends_in_limbo_exactly_where_the_timeout_is(revision: Revision) -> None:
    assert sandbox_run(revision, A.DEVICE_DEL, A.GUEST_RELEASES_LATE).belief().orphaned is (
        revision.label in TIMEOUT
    )


def test_the_timeout_has_its_own_time_within_a_longer_wait() -> None:
    run = at("pre-revert", *(A.DEVICE_DEL, *(A.WAIT_5_S,) * 4))

    assert run.trace[-1] == TraceEntry(
        seq=5,
        at_ns=15 * NS_PER_S,
        guest_ns=15 * NS_PER_S,
        src=Actor.QEMU,
        dst=Actor.QEMU,
        message=UnplugTimeout(drc_index(DrcType.CPU, 1)),
    )
    assert run.now_ns == 20 * NS_PER_S


def test_out_of_limbo_a_second_request_releases_at_once() -> None:
    run = at("pre-revert", A.DEVICE_DEL, A.GUEST_RELEASES_LATE, A.DEVICE_DEL)

    assert messages(run, DeviceDeleted) == [DeviceDeleted(path=CORE_PATH, device="core1")]


def test_out_of_limbo_a_reset_brings_the_core_back() -> None:
    belief = at("pre-revert", A.DEVICE_DEL, A.GUEST_RELEASES_LATE, A.SYSTEM_RESET).belief()

    assert (belief.qemu, belief.guest, belief.orphaned) == (True, True, False)


def test_a_guest_that_nobody_asks_does_nothing() -> None:
    run = at("revert", A.GUEST_RELEASES, A.GUEST_REFUSES)

    assert [entry.message for entry in run.trace] == [Decide(True), Decide(False)]
    assert run.belief().guest is True


def test_a_guest_that_has_let_go_does_not_find_the_core_again() -> None:
    run = at("pre-revert", A.DEVICE_DEL, A.GUEST_RELEASES_LATE, A.DEVICE_DEL)

    assert messages(run, GuestLog) == [GuestLog("Cannot find CPU (drc index 10000001) to remove")]


@pytest.mark.parametrize(
    ("name", "noticed"),
    [
        ("resend", []),
        (
            "unisolate",
            [ErrorReport("Device hotunplug rejected by the guest for device core1")],
        ),
        (
            "guest-error",
            [
                ErrorReport("Device hotunplug rejected by the guest for device core1"),
                DeviceUnplugGuestError(path=CORE_PATH, device="core1"),
            ],
        ),
    ],
)
def test_a_refusal_is_noticed_from_87758fed7a_on(name: str, noticed: list[object]) -> None:
    run = at(name, A.DEVICE_DEL, A.GUEST_REFUSES)

    assert messages(run, ErrorReport, DeviceUnplugGuestError) == noticed
    assert run.belief().pending is (noticed == [])


@pytest.mark.parametrize(
    ("waits", "seconds_left"), [((), 15), ((A.WAIT_1_S,), 14), ((A.WAIT_5_S, A.WAIT_5_S), 5)]
)
def test_a_retry_before_the_timeout_is_told_how_long(
    waits: tuple[Act, ...], seconds_left: int
) -> None:
    run = at("pre-revert", A.DEVICE_DEL, *waits, A.DEVICE_DEL)

    assert messages(run, QmpError) == [
        QmpError(
            "GenericError",
            f"core-id 1 unplug is still pending, {seconds_left} seconds timeout remaining",
        )
    ]


def test_beliefs_follow_the_entries() -> None:
    run = at("pre-revert", A.DEVICE_DEL, A.GUEST_RELEASES_LATE)
    beliefs = [run.belief(seq=seq) for seq in (-1, 4, 5, len(run.trace) - 1)]

    assert [(one.qemu, one.pending, one.guest) for one in beliefs] == [
        (True, False, True),
        (True, True, True),
        (True, False, True),
        (True, False, False),
    ]


def test_late_without_a_request_is_not_a_wait() -> None:
    assert at("revert", A.GUEST_RELEASES_LATE, A.WAIT_TO_15_S).now_ns == 0


def test_the_same_acts_make_the_same_trace() -> None:
    acts = tuple(Act)

    assert at("guest-error", *acts).trace == at("guest-error", *acts).trace


def outcome(timeline: Timeline) -> list[object]:
    """What is there, whatever was done to get there."""
    return [timeline.at_ns, *(run.trace for run in timeline.runs)]


# -- in the past -------------------------------------------------------------------------------


@pytest.mark.parametrize("place", range(5))
def test_a_click_in_the_past_keeps_what_was_before_and_drops_what_was_later(place: int) -> None:
    """All five entries are of one instant, that of the request: what is due then happens first."""
    there = pair(A.DEVICE_DEL, A.GUEST_RELEASES).go(place)

    assert outcome(act(there, A.WAIT_5_S)) == outcome(pair(A.DEVICE_DEL, A.WAIT_5_S))


def test_a_click_before_the_first_one_drops_it() -> None:
    there = pair(A.DEVICE_DEL, A.GUEST_RELEASES).first()

    assert outcome(act(there, A.WAIT_5_S)) == outcome(pair(A.WAIT_5_S))


@pytest.mark.parametrize(
    ("acts", "place", "one", "why"),
    [
        ((), -1, A.WAIT_TO_15_S, "Press device_del first: the 15 s count from there."),
        ((), -1, A.GUEST_RELEASES_LATE, "Press device_del first: the 15 s count from there."),
        (
            (),
            -1,
            A.GUEST_REFUSES,
            "The guest has no request for the core now. Press device_del first.",
        ),
        ((A.DEVICE_DEL,), 4, A.GUEST_REFUSES, ""),
        ((A.DEVICE_DEL, A.GUEST_RELEASES), 4, A.GUEST_RELEASES_LATE, ""),
        (
            (A.DEVICE_DEL, A.GUEST_RELEASES),
            99,
            A.GUEST_RELEASES,
            "The guest has no request for the core now. Press device_del first.",
        ),
        (
            (A.DEVICE_DEL, A.WAIT_TO_15_S),
            99,
            A.WAIT_TO_15_S,
            "It is 15 s already: 15 s after device_del are over.",
        ),
    ],
)
def test_why_a_click_would_do_nothing(
    acts: tuple[Act, ...], place: int, one: Act, why: str
) -> None:
    timeline = pair(*acts)

    assert why_not(timeline if place == 99 else timeline.go(place), one) == why


def test_a_pair_is_both_runs() -> None:
    acts = (A.DEVICE_DEL, A.GUEST_RELEASES_LATE)
    both = sandbox_pair(find_revision("pre-revert"), find_revision("revert"), *acts)

    assert (both.before, both.after) == (at("pre-revert", *acts), at("revert", *acts))
