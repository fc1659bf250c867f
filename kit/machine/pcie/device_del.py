"""device_del on a port: the table that decides between an error, a press, and a removal at once.

The rows are tried in order, and the first whose condition holds counts.  A row belongs to the
commit that brought it; a later commit may have taken it out again.

Source: QEMU softmmu/qdev-monitor.c (qmp_device_del, qdev_unplug), hw/pci/pcie.c
(pcie_cap_slot_unplug_request_cb), hw/acpi/pcihp.c (acpi_pcihp_device_unplug_request_cb).
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum

from kit.machine.pcie import registers as regs
from kit.machine.pcie.machine import PcieMachine
from kit.machine.pcie.port import Port, Slotted
from kit.machine.pcie.registers import Indicator
from kit.machine.pcie_revisions import PciePatch

__all__ = ["EXPIRY_MS", "ROWS", "Answer", "DeletionRow", "row_for", "rows_of"]

P = PciePatch
EXPIRY_MS = 5000


class Answer(Enum):
    """What QEMU does; the value of an error is its text."""

    ALREADY_PENDING = "Device {device} is already in the process of unplug"
    BUS_WITHOUT_HOTPLUG = "Bus '{port}' does not support hotplugging"
    PORT_WITHOUT_HOTPLUG = "Hot-unplug failed: unsupported by the port device '{port}'"
    LOCKED = "slot is electromechanically locked: Device or resource busy"
    BUSY = "Hot-unplug failed: guest is busy (power indicator blinking)"
    ASK_BY_ACPI = "set the slot's bit in ACPI's register and raise an SCI"
    REMOVE_FUNCTION = "remove the function at once"
    REMOVE_SLOT = "remove every device of the slot at once"
    PRESS = "press the attention button"

    @property
    def refuses(self) -> bool:
        """Is it an error?"""
        return self not in _ACCEPTED


_ACCEPTED = (Answer.ASK_BY_ACPI, Answer.REMOVE_FUNCTION, Answer.REMOVE_SLOT, Answer.PRESS)
Guard = Callable[[PcieMachine, Port, Slotted], bool]


@dataclass(frozen=True, slots=True)
class DeletionRow:
    """A condition, its answer, the commit that brought the row, and the one that ended it."""

    when: Guard
    then: Answer
    since: PciePatch | None = None
    until: PciePatch | None = None

    @property
    def guard(self) -> str:
        """The condition as a question."""
        return self.when.__doc__ or ""


def pending(_machine: PcieMachine, _port: Port, device: Slotted) -> bool:
    """an earlier request pends?"""
    return device.pending


def not_expired(machine: PcieMachine, _port: Port, device: Slotted) -> bool:
    """an earlier request pends, and its time is not over?"""
    expires = device.expires_ms
    return device.pending and (expires == 0 or expires > machine.now_ms)


def without_hotplug(_machine: PcieMachine, port: Port, _device: Slotted) -> bool:
    """hot-plug switched off at the port?"""
    return not port.hotplug


def without_hotplug_by_acpi(_machine: PcieMachine, port: Port, _device: Slotted) -> bool:
    """ACPI's hot-plug, and switched off at the port?"""
    return not port.native and not port.hotplug


def by_acpi(_machine: PcieMachine, port: Port, _device: Slotted) -> bool:
    """hot-plug by ACPI?"""
    return not port.native


def locked(_machine: PcieMachine, port: Port, _device: Slotted) -> bool:
    """interlock closed?"""
    return bool(port.sltsta & regs.EIS)


def blinks(_machine: PcieMachine, port: Port, _device: Slotted) -> bool:
    """power indicator blinks?"""
    return port.indicator is Indicator.BLINK


def alone(_machine: PcieMachine, port: Port, device: Slotted) -> bool:
    """another function than 0, while function 0 is absent?"""
    return device.devfn != 0 and port.at(0) is None


def dark(_machine: PcieMachine, port: Port, _device: Slotted) -> bool:
    """power and power indicator off?"""
    return regs.is_dark(port.sltctl)


def otherwise(_machine: PcieMachine, _port: Port, _device: Slotted) -> bool:
    """otherwise"""
    return True


A = Answer
ROWS: tuple[DeletionRow, ...] = (
    DeletionRow(pending, A.ALREADY_PENDING, P.REPEATED_DEVICE_DEL_ERROR, P.PENDING_EXPIRES),
    DeletionRow(not_expired, A.ALREADY_PENDING, P.PENDING_EXPIRES),
    DeletionRow(without_hotplug_by_acpi, A.BUS_WITHOUT_HOTPLUG, until=P.BUS_WITHOUT_HOTPLUG_TEXT),
    DeletionRow(without_hotplug, A.BUS_WITHOUT_HOTPLUG, P.BUS_WITHOUT_HOTPLUG_TEXT),
    DeletionRow(by_acpi, A.ASK_BY_ACPI),
    DeletionRow(without_hotplug, A.PORT_WITHOUT_HOTPLUG, until=P.BUS_WITHOUT_HOTPLUG_TEXT),
    DeletionRow(locked, A.LOCKED),
    DeletionRow(blinks, A.BUSY, P.BLINK_CHECK),
    DeletionRow(alone, A.REMOVE_FUNCTION),
    DeletionRow(dark, A.REMOVE_SLOT, P.FAST_UNPLUG),
    DeletionRow(otherwise, A.PRESS),
)
"""Every row that some revision has, in the order in which they are tried."""


def rows_of(patches: AbstractSet[Enum]) -> tuple[DeletionRow, ...]:
    """Return the rows of a revision with these patches."""
    return tuple(
        row
        for row in ROWS
        if (row.since is None or row.since in patches) and row.until not in patches
    )


def row_for(machine: PcieMachine, port: Port, device: Slotted) -> DeletionRow:
    """Return the row that answers device_del of *device*."""
    return next(row for row in rows_of(machine.patches) if row.when(machine, port, device))
