"""A q35 machine brought to where a test begins."""

from __future__ import annotations

from kit.machine.q35.messages import (
    CLEAR_INSERT_EVENT,
    AcpiOutcome,
    AcpiRequest,
    ReadStatus,
    SlotStatusReturn,
    SlotType,
    WriteControl,
)
from kit.machine.q35.step import AcpiMachine, boot, step
from kit.machine.requests import (
    CpuCore,
    DeviceAdd,
    Dimm,
)

GIB = 1 << 30


def run(machine: AcpiMachine, *requests: AcpiRequest) -> tuple[AcpiMachine, list[AcpiOutcome]]:
    outcomes = []
    for request in requests:
        machine, outcome = step(machine, request)
        outcomes.append(outcome)
    return machine, outcomes


def with_device(slot_type: SlotType) -> tuple[AcpiMachine, int]:
    """A machine whose guest has taken the device ``dev``, and the number of its slot."""
    number = 1 if slot_type is SlotType.CPU else 0
    device = CpuCore(1, "dev") if slot_type is SlotType.CPU else Dimm(256, id="dev")
    machine, _ = run(boot(), DeviceAdd(device), WriteControl(slot_type, number, CLEAR_INSERT_EVENT))
    return machine, number


def status(machine: AcpiMachine, slot_type: SlotType, number: int) -> int:
    _, outcome = step(machine, ReadStatus(slot_type, number))
    assert isinstance(outcome.reply, SlotStatusReturn)
    return outcome.reply.bits
