"""What lesson 9 claims."""

from __future__ import annotations

from kit import run_of
from kit.machine.catalogue import find_revision
from kit.machine.config import Config
from kit.machine.events import HotplugEvent
from kit.machine.pseries.rtas import ISOLATION_STATE
from kit.machine.pseries.step import boot, step
from kit.machine.requests import DeviceAdd, DeviceDel, SystemReset
from kit.simulation.actions import read_device
from tests.lessons.claims.claim import claim


@claim((1, 0, False), of=["unisolate", "guest-error"], but_not=["resend"])
def test_unisolate_is_answered_0_and_takes_the_mark_away(at: str) -> tuple[int, int, bool]:
    run = run_of("refuse-unisolate", at)
    call = next(e for e in run.trace if getattr(e.message, "indicator", 0) == ISOLATION_STATE)
    answer = next(e for e in run.trace[call.seq :] if type(e.message).__name__ == "StatusReturn")
    pending = run.belief(seq=answer.seq).pending
    return getattr(call.message, "state", -1), getattr(answer.message, "status", -1), pending


@claim((0,), of=["guest-error"], but_not=["unisolate"])
def test_virsh_fails_at_once_where_qemu_reports_the_refusal(at: str) -> tuple[float, ...]:
    return run_of("rejected-at-once", at).times("virsh-error")


@claim((10,), of=["unisolate"], but_not=["guest-error"])
def test_before_that_virsh_fails_after_10_s(at: str) -> tuple[float, ...]:
    return run_of("rejected-at-once", at).times("virsh-error")


@claim(True, of=["unisolate", "guest-error"], but_not=["resend"])
def test_of_two_requests_one_refusal_ends_both(at: str) -> bool:
    return run_of("two-requests", at).belief().limbo


@claim(2, of=["core1"], but_not=["dimm1", "phb1", "net3"])
def test_from_resend_on_each_request_for_a_cpu_sends_an_event(name: str) -> int:
    """For no other device."""
    machine = boot(find_revision("resend"), Config(cas_at_reset=True))
    events = 0
    device = read_device(name)
    for request in (DeviceAdd(device), SystemReset(), DeviceDel(name), DeviceDel(name)):
        machine, outcome = step(machine, request)
        asks = isinstance(request, DeviceDel)
        events += asks and sum(isinstance(one, HotplugEvent) for one in outcome.emitted)
    return events
