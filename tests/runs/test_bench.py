"""The bench's acts, run by run: what follows from which clicks at which revision."""

from __future__ import annotations

import pytest

from kit.machine.clock import NS_PER_S
from kit.machine.events import (
    DeviceDeleted,
    DeviceUnplugGuestError,
    ErrorReport,
    QmpError,
    UnplugTimeout,
)
from kit.machine.requests import CheckException
from kit.machine.revision import CATALOGUE, Revision, find_revision
from kit.runs.bench import CORE_INDEX, CORE_PATH, Act, Belief, Run, play
from kit.runs.trace import Actor, GuestLog, TraceEntry

A = Act
TIMEOUT = ["d1c2e3ce3d", "fe1831eff8", "7420033ec4", "e35dfbd227", "4515a5f786", "eb7f80fd26"]
TIMEOUT.append("d522cb52e6~1")
DELETED = DeviceDeleted(path=CORE_PATH, device="core1")


def at(name: str, *acts: Act) -> Run:
    return play(find_revision(name), acts)


def messages(run: Run, *kinds: type) -> list[object]:
    return [entry.message for entry in run.trace if isinstance(entry.message, kinds)]


@pytest.mark.parametrize("revision", CATALOGUE, ids=lambda revision: revision.name)
def test_a_release_in_time_is_the_same_at_every_revision(revision: Revision) -> None:
    acts = (A.DEVICE_DEL, A.WAIT_5_S, A.GUEST_RELEASES)

    assert play(revision, acts).trace == at("baseline", *acts).trace


@pytest.mark.parametrize("revision", CATALOGUE, ids=lambda revision: revision.label)
def test_a_late_release_ends_in_limbo_exactly_where_the_timeout_is(revision: Revision) -> None:
    assert play(revision, (A.DEVICE_DEL, A.GUEST_RELEASES_LATE)).limbo is (
        revision.label in TIMEOUT
    )


def test_the_timeout_has_its_own_time_within_a_longer_wait() -> None:
    run = at("pre-revert", *(A.DEVICE_DEL, *(A.WAIT_5_S,) * 4))

    assert run.trace[-1] == TraceEntry(
        seq=3,
        at_ns=15 * NS_PER_S,
        src=Actor.QEMU,
        dst=Actor.QEMU,
        message=UnplugTimeout(CORE_INDEX),
    )
    assert run.machine.now_ns == 20 * NS_PER_S


def test_out_of_limbo_a_second_request_releases_at_once() -> None:
    run = at("pre-revert", A.DEVICE_DEL, A.GUEST_RELEASES_LATE, A.DEVICE_DEL)

    assert messages(run, DeviceDeleted) == [DELETED]


def test_out_of_limbo_a_reset_brings_the_core_back() -> None:
    run = at("pre-revert", A.DEVICE_DEL, A.GUEST_RELEASES_LATE, A.SYSTEM_RESET)

    assert (run.qemu_has_core, run.guest_has_core, run.limbo) == (True, True, False)


def test_a_guest_that_nobody_asks_does_nothing() -> None:
    run = at("revert", A.GUEST_RELEASES, A.GUEST_REFUSES)

    assert messages(run, CheckException) == [CheckException(0xFFFFFFFF)] * 2
    assert (len(run.trace), run.guest_has_core) == (4, True)


def test_a_guest_that_has_let_go_does_not_find_the_core_again() -> None:
    run = at("pre-revert", A.DEVICE_DEL, A.GUEST_RELEASES_LATE, A.DEVICE_DEL, A.GUEST_RELEASES)

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
    assert run.pending is (noticed == [])


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


def test_beliefs_are_written_down_when_they_change() -> None:
    run = at("pre-revert", A.DEVICE_DEL, A.GUEST_RELEASES_LATE)

    assert run.beliefs == (
        Belief(at_ns=0, qemu_has_core=True, pending=False, guest_has_core=True),
        Belief(at_ns=0, qemu_has_core=True, pending=True, guest_has_core=True),
        Belief(at_ns=15 * NS_PER_S, qemu_has_core=True, pending=False, guest_has_core=True),
        Belief(at_ns=16 * NS_PER_S, qemu_has_core=True, pending=False, guest_has_core=False),
    )


def test_late_without_a_request_is_not_a_wait() -> None:
    assert at("revert", A.GUEST_RELEASES_LATE, A.WAIT_TO_15_S).machine.now_ns == 0


def test_the_same_acts_make_the_same_trace() -> None:
    acts = tuple(Act)

    assert at("guest-error", *acts).trace == at("guest-error", *acts).trace
