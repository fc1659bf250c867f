"""What lesson 13 claims."""

from __future__ import annotations

from kit import run_of
from kit.actors.pseries_programs import GuestKind
from kit.explorer.jobs import SearchJob, explore_one
from kit.explorer.scope import Scope
from kit.machine.catalogue import find_revision
from tests.lessons.claims.claim import claim


@claim((6,), of=["pcie-forbid", "pcie-today"], but_not=["pcie-baseline"])
def test_a_healthy_guest_needs_six_seconds_unless_a_second_press_cancels(
    at: str,
) -> tuple[float, ...]:
    return run_of("pcie-cancelled", at).times("DEVICE_DELETED")


@claim((21,), of=["pcie-fast", "pcie-expiry"], but_not=["pcie-no-guest"])
def test_a_late_guest_removes_the_device_with_the_expiry_and_without(at: str) -> tuple[float, ...]:
    if at == "pcie-no-guest":
        return run_of("pcie-reset", "pcie-fast").times("DEVICE_DELETED")
    return run_of("pcie-hung", at).times("DEVICE_DELETED")


@claim((60,), of=["pcie-expiry", "pcie-today"], but_not=["pcie-fast"])
def test_while_the_vm_is_stopped_qemus_five_seconds_stand_still(at: str) -> tuple[float, ...]:
    return run_of("pcie-vm-stopped", at).times("error")


@claim(True, of=["pcie-no-blink", "pcie-baseline"], but_not=["pcie-today"])
def test_without_the_blink_check_the_retry_cancels(at: str) -> bool:
    return run_of("pcie-late-blink", at).belief().qemu


@claim(
    {"refusal-reported"},
    of=["pcie-baseline", "pcie-expiry", "pcie-today"],
    but_not=["pcie-fast"],
)
def test_the_expiry_mends_the_retry_and_breaks_no_other_property(at: str) -> set[str]:
    job = SearchJob(find_revision(at), GuestKind.LINUX_5_12, Scope.read("c0q2r1m0n1"))
    return {one.name for one, finding in explore_one(job).findings if not finding.holds}
