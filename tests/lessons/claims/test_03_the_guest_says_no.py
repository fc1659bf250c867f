"""What lesson 3 claims."""

from __future__ import annotations

from kit import run_of
from tests.lessons.claims.claim import claim

Times = tuple[float, ...]


@claim((0,), of=["baseline"], but_not=["cpu-timeout"])
def test_the_guest_is_asked_once(at: str) -> Times:
    return run_of("guest-refuses", at).times("hotplug-event")


@claim((10, 31), of=["baseline"], but_not=["cpu-timeout"])
def test_virsh_fails_after_10_s_and_at_the_second_request(at: str) -> Times:
    return run_of("guest-refuses", at).times("virsh-error")


@claim(True, of=["baseline"], but_not=["cpu-timeout"])
def test_the_request_stays_pending(at: str) -> bool:
    return run_of("guest-refuses", at).belief().pending


@claim(True, of=["pre-revert"], but_not=["revert"])
def test_after_the_timeout_a_reset_leaves_the_core_to_qemu(at: str) -> bool:
    return run_of("refuse-then-reset", at).belief().qemu


@claim((16,), of=["revert"], but_not=["pre-revert"])
def test_a_reset_ends_what_is_pending(at: str) -> Times:
    return run_of("refuse-then-reset", at).times("DEVICE_DELETED")


@claim(5, of=[("guest-refuses", "q35")], but_not=[("guest-refuses", "baseline")])
def test_virsh_waits_5_s_for_a_cpu_on_q35(run: tuple[str, str]) -> float:
    return run_of(*run).times("virsh-error")[0]


@claim((0,), of=["acpi-dimm-refused"], but_not=["guest-refuses"])
def test_a_refused_dimm_fails_the_call_at_once(scenario: str) -> Times:
    return run_of(scenario, "q35").times("virsh-error")


@claim((0,), of=["q35"], but_not=["baseline", "revert"])
def test_acpi_reports_the_refusal_at_once(at: str) -> Times:
    return run_of("guest-refuses", at).times("ACPI_DEVICE_OST")[:1]
