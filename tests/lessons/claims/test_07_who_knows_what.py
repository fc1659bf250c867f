"""What lesson 7 claims."""

from __future__ import annotations

from kit import run_of
from tests.lessons.claims.claim import claim

Times = tuple[float, ...]


@claim(True, of=["libvirt-late"], but_not=["libvirt-wrong"])
def test_within_15_s_an_event_mends_the_picture(scenario: str) -> bool:
    return run_of(scenario, "pre-revert").belief().agreed


@claim(True, of=["revert"], but_not=["pre-revert"])
def test_without_the_timeout_all_agree_however_late(at: str) -> bool:
    return run_of("libvirt-wrong", at).belief().agreed


@claim(True, of=["pre-revert"], but_not=["revert"])
def test_on_a_busy_host_a_release_comes_too_late(at: str) -> bool:
    return run_of("host-busy", at).belief().limbo


@claim(True, of=["pre-revert", "cpu-timeout"], but_not=["timer", "revert"])
def test_a_vm_that_stands_still_has_13_s_left(at: str) -> bool:
    said = [getattr(entry.message, "text", "") for entry in run_of("vm-stopped", at).trace]
    return any("13 seconds timeout remaining" in text for text in said)


@claim((10,), of=["vm-stopped"], but_not=["in-time", "host-busy"])
def test_virsh_fails_after_10_s_while_the_vm_stands_still(scenario: str) -> Times:
    return run_of(scenario, "pre-revert").times("virsh-error")[:1]


@claim((15,), of=["proposal"], but_not=["pre-revert", "revert"])
def test_the_proposal_reports_the_timeout(at: str) -> Times:
    return run_of("proposed-event", at).times("DEVICE_NOT_DELETED")


@claim((), of=["proposal"], but_not=["revert"])
def test_the_proposal_never_reports_the_release(at: str) -> Times:
    return run_of("proposed-event", at).times("DEVICE_DELETED")


@claim(True, of=["proposal"], but_not=["revert"])
def test_the_proposal_ends_in_limbo_too(at: str) -> bool:
    return run_of("proposed-event", at).belief().limbo
