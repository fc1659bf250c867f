"""Sentences that depend on what a message holds, and the names of connectors and registers."""

from __future__ import annotations

from kit.actors.messages import ApiError, Failure, Pin
from kit.common.english import counted
from kit.machine.events import Abort, ExceptionReturn, HotplugAction, HotplugEvent
from kit.machine.pseries.connector import TYPES, DrcType
from kit.machine.pseries.rtas import ALLOCATION_STATE, DR_INDICATOR, ISOLATION_STATE
from kit.machine.q35.messages import (
    CLEAR_INSERT_EVENT,
    CLEAR_REMOVE_EVENT,
    EJECT,
    ENABLED,
    INSERT_EVENT,
    OST_IN_PROGRESS,
    REMOVE_EVENT,
    OstInfo,
    ReadStatus,
    ReportOst,
    WriteControl,
)
from kit.machine.requests import SetIndicator

__all__ = [
    "INDICATORS",
    "abort_sentence",
    "answer",
    "connector_name",
    "connectors_name",
    "control_label",
    "control_sentence",
    "exception_sentence",
    "hotplug_sentence",
    "indicator_label",
    "indicator_sentence",
    "load_sentence",
    "ost_report",
    "ost_status",
    "pin_sentence",
    "setvcpus_sentence",
    "slot_name",
    "status_bits",
    "status_label",
    "virsh_error_sentence",
]


# Pseries.


def connector_name(index: int) -> str:
    """Name what a connector connects.

    >>> connector_name(0x10000001), connector_name(0x40000018), connector_name(0x80000005)
    ('core 1', 'the adapter in slot 3.0', 'LMB 5')
    """
    number = index & 0x0FFFFFFF
    match TYPES.get(index >> 28):
        case DrcType.CPU:
            return f"core {number}"
        case DrcType.PHB:
            return f"PHB {number}"
        case DrcType.LMB:
            return f"LMB {number}"
        case DrcType.PCI:
            return f"the adapter in slot {number >> 3 & 0x1F:x}.{number & 7}"
        case DrcType.PMEM:
            return f"nvdimm {number}"
        case None:
            return f"connector {index:#x}"


def connectors_name(index: int | None, count: int | None) -> str:
    """Name the connectors of a hotplug event; without an *index*, any *count* of LMBs."""
    if index is None:
        return f"{count} LMBs"
    if count is not None and count > 1:
        return f"{count} LMBs from {connector_name(index)} on"
    return connector_name(index)


INDICATORS = {
    (ISOLATION_STATE, 0): ("ISOLATE", "isolates {} (set-indicator 9001 to 0)."),
    (ISOLATION_STATE, 1): ("UNISOLATE", "unisolates {} (set-indicator 9001 to 1)."),
    (ALLOCATION_STATE, 0): (
        "UNUSABLE", "makes {} unusable (set-indicator 9003 to 0): it has released it.",
    ),
    (ALLOCATION_STATE, 1): ("USABLE", "claims {}: usable (set-indicator 9003 to 1)."),
}  # fmt: skip


def indicator_label(call: SetIndicator) -> str:
    """Name a set-indicator call by the state that it asks for."""
    return _indicator(call)[0]


def indicator_sentence(call: SetIndicator) -> str:
    """Write a set-indicator call as a sentence."""
    return "The guest " + _indicator(call)[1].format(connector_name(call.index))


def _indicator(call: SetIndicator) -> tuple[str, str]:
    lamp = call.indicator == DR_INDICATOR
    other = f"lamp {call.state}" if lamp else f"indicator {call.indicator} = {call.state}"
    return INDICATORS.get((call.indicator, call.state), (other, f"sets {other} of {{}}."))


def status_label(status: int) -> str:
    """Name the status of an RTAS call in a picture.

    >>> status_label(0), status_label(1), status_label(-3)
    ('success', '1', 'error -3')
    """
    if status == 0:
        return "success"
    return str(status) if status > 0 else f"error {status}"


def answer(status: int) -> str:
    """Write the status of an RTAS call as a sentence."""
    return "QEMU answers 0, success." if status == 0 else f"QEMU answers {status}."


def hotplug_sentence(event: HotplugEvent) -> str:
    """Write an event that QEMU queues for the guest as a sentence."""
    verb = "release" if event.action is HotplugAction.REMOVE else "take"
    what = connectors_name(event.index, event.count)
    return f"QEMU queues an event for the guest: {verb} {what}."


def exception_sentence(reply: ExceptionReturn) -> str:
    """Write the answer to check-exception as a sentence."""
    event = reply.event
    if reply.status != 0 or event is None:
        return "There is no event."
    return f"The event: {event.action.name.lower()} {connectors_name(event.index, event.count)}."


def pin_sentence(order: Pin) -> str:
    """Write an order to pin or unpin a device as a sentence."""
    name = connector_name(order.index)
    if order.pinned:
        return f"The guest can no longer take {name} out of use."
    return f"The guest can take {name} out of use again."


# Any machine.


def abort_sentence(abort: Abort) -> str:
    """Write how QEMU's process ended as a sentence."""
    if abort.assertion is None and not abort.file:
        return f"QEMU's process ends: {abort.function}."  # a real one shows no more
    if abort.assertion is None:
        return f"QEMU crashes in {abort.function}: segmentation fault."
    return f"QEMU aborts in {abort.function}: assertion “{abort.assertion}” fails."


def setvcpus_sentence(count: int, *, waits: bool = True) -> str:
    """Write virsh setvcpus as a sentence."""
    how = " (virsh setvcpus)" if waits else ", and does not wait (virsh setvcpus --async)"
    return f"The operator asks libvirt for {counted(count, 'CPU')} in the guest{how}."


def virsh_error_sentence(error: ApiError) -> str:
    """Write an error of virsh as a sentence."""
    if error.failure is Failure.TIMED_OUT:
        return f"virsh times out and does not know the result: “{error.text}”."
    return f"virsh fails: “{error.text}”."


def load_sentence(factor: int) -> str:
    """Write the host's load as a sentence."""
    if factor == 1:
        return "The host is idle again. The guest's work takes its usual time."
    return f"The host gets busy. The guest's work takes {factor} times as long; its clock runs on."


# ACPI slots.


def slot_name(message: ReadStatus | WriteControl | ReportOst) -> str:
    """Name the slot that a message is about: "CPU slot 1"."""
    return f"{message.slot_type.value} slot {message.slot}"


def status_bits(bits: int) -> str:
    """Write the bits of a status register in words."""
    words = ["enabled" if bits & ENABLED else "empty"]
    if bits & INSERT_EVENT:
        words.append("device inserted")
    if bits & REMOVE_EVENT:
        words.append("removal requested")
    return ", ".join(words)


_CONTROLS = {
    CLEAR_INSERT_EVENT: ("clear insert", "clears the insert event of {}."),
    CLEAR_REMOVE_EVENT: ("clear remove", "clears the remove event of {}."),
    EJECT: ("eject", "ejects the device in {}: it has released it."),
}


def control_label(write: WriteControl) -> str:
    """Name a write to a control register by the bit that it sets."""
    return _control(write)[0]


def control_sentence(write: WriteControl) -> str:
    """Write a write to a control register as a sentence."""
    return "The guest " + _control(write)[1].format(slot_name(write))


def _control(write: WriteControl) -> tuple[str, str]:
    value = f"{write.bits:#x}"
    other = f"control {value}", f"writes {value} to the control register of {{}}."
    return _CONTROLS.get(write.bits, other)


def ost_status(status: int) -> str:
    """Write the status of an _OST report in words."""
    if status == 0:
        return "0, success"
    if status == OST_IN_PROGRESS:
        return f"{status:#x}, in progress"
    return f"{status:#x}, refused"


def ost_report(info: OstInfo) -> str:
    """Write the last _OST report of a slot: the device in it, and the status."""
    return f"{info.device or 'an empty slot'}: {ost_status(info.status)}"
