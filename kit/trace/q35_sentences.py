"""Sentences and short names for what only a machine with ACPI hotplug registers says and hears."""

from __future__ import annotations

from kit.actors.messages import Message
from kit.machine.q35.messages import (
    CLEAR_INSERT_EVENT,
    CLEAR_REMOVE_EVENT,
    EJECT,
    ENABLED,
    INSERT_EVENT,
    REMOVE_EVENT,
    AcpiDeviceOst,
    GpeRaised,
    OstInfo,
    ReadStatus,
    ReportOst,
    SlotStatusReturn,
    SlotType,
    WriteControl,
)

__all__ = ["acpi_sentence", "acpi_short"]

IN_PROGRESS = 0x84
_NAMES = {SlotType.CPU: "CPU slot", SlotType.DIMM: "DIMM slot"}
_CONTROLS = {
    CLEAR_INSERT_EVENT: "clear insert",
    CLEAR_REMOVE_EVENT: "clear remove",
    EJECT: "eject",
}


def acpi_short(message: Message) -> str:
    """Name a message in a word or two; empty for what is not of such a machine."""
    match message:
        case ReadStatus():
            return "status?"
        case SlotStatusReturn(bits):
            return f"{bits:#x}"
        case WriteControl(bits=bits):
            return _CONTROLS.get(bits, f"control {bits:#x}")
        case ReportOst(status=status):
            return f"_OST {status:#x}"
        case AcpiDeviceOst():
            return "ACPI_DEVICE_OST"
        case GpeRaised():
            return "GPE"
    return ""


def acpi_sentence(message: Message) -> str:
    """Say in one sentence what a message tells; empty for what is not of such a machine."""
    match message:
        case GpeRaised(slot_type):
            return f"QEMU raises an interrupt: the guest is to look at its {_NAMES[slot_type]}s."
        case ReadStatus(slot_type, slot):
            return f"The guest reads the status register of {_NAMES[slot_type]} {slot}."
        case SlotStatusReturn(bits):
            return f"It reads {bits:#x}: {_bits(bits)}."
        case WriteControl(slot_type, slot, bits):
            return _control(f"{_NAMES[slot_type]} {slot}", bits)
        case ReportOst(slot_type, slot, _, status):
            return f"The guest reports on {_NAMES[slot_type]} {slot} (_OST): {_status(status)}."
        case AcpiDeviceOst(info):
            return f"QEMU passes the guest's report on: ACPI_DEVICE_OST, {_report(info)}."
    return ""


def _bits(bits: int) -> str:
    words = ["enabled" if bits & ENABLED else "empty"]
    if bits & INSERT_EVENT:
        words.append("a device came")
    if bits & REMOVE_EVENT:
        words.append("QEMU wants it back")
    return ", ".join(words)


def _control(name: str, bits: int) -> str:
    match bits:
        case 0x02:
            return f"The guest notes that {name} has a new device (clears the insert event)."
        case 0x04:
            return f"The guest notes that {name} is wanted back (clears the remove event)."
        case 0x08:
            return f"The guest ejects what is in {name}: it has let it go."
    return f"The guest writes {bits:#x} to the control register of {name}."


def _status(status: int) -> str:
    if status == 0:
        return "0, success"
    if status == IN_PROGRESS:
        return f"{status:#x}, in progress"
    return f"{status:#x}, it cannot"


def _report(info: OstInfo) -> str:
    return f"{info.device or 'an empty slot'}: {_status(info.status)}"
