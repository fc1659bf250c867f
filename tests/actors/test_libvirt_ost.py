"""How libvirt reacts to ACPI_DEVICE_OST: qemuProcessHandleAcpiOstInfo()."""

from __future__ import annotations

import pytest

from kit.actors.libvirt import WAIT_ELSEWHERE_S, Libvirt, receive
from kit.actors.messages import (
    Actor,
    ApiError,
    Command,
    DetachDevice,
    DeviceRemovalFailed,
    Send,
    SetVcpus,
    StopWaiting,
    WaitOver,
)
from kit.machine.events import QmpReturn
from kit.machine.q35.messages import AcpiDeviceOst, OstInfo, SlotType
from kit.machine.requests import CpuCore, Dimm

IDLE = Libvirt(wait_s=WAIT_ELSEWHERE_S, devices=(CpuCore(1, "core1"), Dimm(256, 0, "dimm1")))


def waiting_for(call: SetVcpus | DetachDevice) -> Libvirt:
    libvirt, _ = receive(IDLE, call)
    libvirt, _ = receive(libvirt, QmpReturn())
    return libvirt


def dimm(source: int, status: int, device: str | None = "dimm1") -> AcpiDeviceOst:
    return AcpiDeviceOst(OstInfo(SlotType.DIMM, 0, source, status, device))


@pytest.mark.parametrize("source", [0x003, 0x103])
@pytest.mark.parametrize("status", [0x01, 0x80, 0x81, 0x82, 0x83])
def test_a_refused_dimm_fails_the_call_at_once(source: int, status: int) -> None:
    rejected: tuple[Command, ...] = (
        StopWaiting(),
        Send(Actor.OPERATOR, DeviceRemovalFailed("dimm1")),
        Send(
            Actor.OPERATOR,
            ApiError("operation failed: unplug of device was rejected by the guest", "dimm1"),
        ),
    )

    assert receive(waiting_for(DetachDevice("dimm1")), dimm(source, status)) == (IDLE, rejected)


@pytest.mark.parametrize(
    "event",
    [dimm(3, 0x84), dimm(3, 0), dimm(3, 0x02), dimm(1, 0x82), dimm(0x100, 1), dimm(3, 1, None)],
    ids=["in progress", "success", "unknown code", "insertion", "shutdown", "no device"],
)
def test_what_is_no_refusal_changes_nothing(event: AcpiDeviceOst) -> None:
    libvirt = waiting_for(DetachDevice("dimm1"))

    assert receive(libvirt, event) == (libvirt, ())


def test_a_refused_cpu_goes_unheard_until_the_wait_is_over() -> None:
    libvirt = waiting_for(SetVcpus(1))
    refused = AcpiDeviceOst(OstInfo(SlotType.CPU, 1, 3, 0x82, "core1"))
    _, commands = receive(libvirt, WaitOver())
    (answer,) = commands

    assert receive(libvirt, refused) == (libvirt, ())
    assert isinstance(answer, Send)
    assert isinstance(answer.message, ApiError)
    assert "vcpu unplug request timed out" in answer.message.text


def test_a_dimm_that_nobody_waits_for_is_told_of() -> None:
    told = (Send(Actor.OPERATOR, DeviceRemovalFailed("dimm1")),)

    assert receive(IDLE, dimm(3, 0x82)) == (IDLE, told)
