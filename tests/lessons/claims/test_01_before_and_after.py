"""What lesson 1 claims."""

from __future__ import annotations

from kit.machine.catalogue import find_revision
from kit.simulation.beliefs import Belief
from kit.simulation.sandbox import Act
from tests.clicks import sandbox_pair, sandbox_run
from tests.lessons.claims.claim import claim

IN_TIME = (Act.DEVICE_DEL, Act.WAIT_5_S, Act.GUEST_RELEASES)
LATE = (Act.DEVICE_DEL, Act.GUEST_RELEASES_LATE)
RESET = (Act.DEVICE_DEL, Act.WAIT_TO_15_S, Act.SYSTEM_RESET)
AGAIN = (Act.DEVICE_DEL, Act.GUEST_REFUSES, Act.DEVICE_DEL, Act.GUEST_RELEASES)


def after(at: str, *acts: Act) -> Belief:
    return sandbox_run(find_revision(at), *acts).belief()


@claim(True, of=["pre-revert", "cpu-timeout"], but_not=["timer", "revert"])
def test_a_late_release_ends_in_limbo(at: str) -> bool:
    return after(at, *LATE).limbo


@claim(False, of=["revert"], but_not=["pre-revert"])
def test_after_a_late_release_qemu_has_the_core_no_more(at: str) -> bool:
    return after(at, *LATE).qemu


@claim((True, True), of=["pre-revert"], but_not=["revert"])
def test_the_guest_gets_the_answers_of_the_revert_and_the_core_is_lost(
    at: str,
) -> tuple[bool, bool]:
    told = [
        [
            entry.message
            for entry in sandbox_run(find_revision(name), *LATE).trace
            if (entry.src.value, entry.dst.value) == ("qemu", "guest")
        ]
        for name in (at, "revert")
    ]
    return told[0] == told[1], after(at, *LATE).limbo


@claim(True, of=[IN_TIME], but_not=[LATE, RESET])
def test_in_time_both_machines_do_the_same(acts: tuple[Act, ...]) -> bool:
    pair = sandbox_pair(find_revision("pre-revert"), find_revision("revert"), *acts)
    return pair.before.trace == pair.after.trace


@claim(True, of=["pre-revert"], but_not=["revert"])
def test_after_15_s_a_reset_leaves_the_core_to_qemu(at: str) -> bool:
    return after(at, *RESET).qemu


@claim(True, of=["revert"], but_not=["resend"])
def test_a_second_request_stays_pending(at: str) -> bool:
    return after(at, *AGAIN).pending


@claim(False, of=["resend"], but_not=["revert"])
def test_with_the_companion_a_second_request_is_answered(at: str) -> bool:
    return after(at, *AGAIN).qemu
