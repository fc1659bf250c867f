"""A guest kernel on q35: what it uses, which requests it has, how it handles them.

At QEMU's general-purpose event (GPE) it reads the status registers of the slots of that type, the
lowest first, and stops at the first event.  It clears that event and handles it, one at a time, in
order.  Before it takes a device out of use it reports _OST "in progress"; then it ejects the
device, or refuses and reports "device busy".  In the firmware it reads all slots to find the
devices.  It leaves an event there alone, because a reset has dropped the GPE; the next GPE of that
type finds it.

Simplified: AML asks QEMU for the next CPU with an event, so a real trace has no reads of the slots
before it, and one more read at the end.  Linux also reports _OST success when a device has come or
gone, which this model leaves out.

Source: QEMU hw/acpi/cpu.c (build_cpus_aml: CSCN), hw/acpi/memory_hotplug.c (MSCN) as of v7.2; Linux
drivers/acpi/scan.c (acpi_device_hotplug, acpi_generic_hotplug_event, acpi_scan_try_to_offline).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kit.actors.kernel import Kernel, hang, no_rtas, pin, switch_cpu, without
from kit.actors.messages import (
    Actor,
    Command,
    CpuOnline,
    Decide,
    Dlpar,
    Hang,
    Input,
    Pin,
    Restarted,
    RtasByHand,
    Send,
    Work,
    WorkDone,
    WriteLog,
)
from kit.actors.pseries_programs import GuestKind
from kit.machine.events import Done
from kit.machine.pseries.connector import DrcType, drc_index
from kit.machine.q35.messages import (
    CLEAR_INSERT_EVENT,
    CLEAR_REMOVE_EVENT,
    EJECT,
    EJECT_REQUEST,
    ENABLED,
    INSERT_EVENT,
    OST_DEVICE_BUSY,
    OST_IN_PROGRESS,
    REMOVE_EVENT,
    GpeRaised,
    ReadStatus,
    ReportOst,
    SlotStatusReturn,
    SlotType,
    WriteControl,
)

__all__ = ["AcpiGuest", "Noted", "receive", "slot_index"]

_DRC_TYPES = {SlotType.CPU: DrcType.CPU, SlotType.DIMM: DrcType.LMB}
_Access = ReadStatus | WriteControl | ReportOst


def slot_index(slot_type: SlotType, number: int) -> int:
    """Return the index by which this guest knows a slot, in the manner of pseries' connectors.

    >>> hex(slot_index(SlotType.DIMM, 1))
    '0x80000001'
    """
    return drc_index(_DRC_TYPES[slot_type], number)


@dataclass(frozen=True, slots=True)
class Noted:
    """An event that the guest has read and cleared: a device came, or QEMU wants it ejected."""

    slot_type: SlotType
    number: int
    eject: bool

    @property
    def index(self) -> int:
        """The index of the slot."""
        return slot_index(self.slot_type, self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcpiGuest(Kernel):
    """A guest on q35; devices are named by the `slot_index` of their slots.

    ``kind``: an arbitrary guest does not react; all others are the same here.  ``interrupts`` are
    GPEs that it has not finished with, ``missed`` events that it saw in the firmware, one for each.
    ``queue`` are noted events that it has not started, ``at`` is the one in progress.  ``sent`` are
    accesses without an answer.
    """

    kind: GuestKind = GuestKind.LINUX_5_12
    cpus: int = 4
    dimms: int = 4
    interrupts: tuple[SlotType, ...] = ()
    missed: tuple[SlotType, ...] = ()
    queue: tuple[Noted, ...] = ()
    at: Noted | None = None
    sent: tuple[_Access, ...] = ()

    def asked_for(self, index: int) -> bool:
        """Is QEMU's request for the device of slot *index* noted and not finished?"""
        noted = (*self.queue, *(() if self.at is None else (self.at,)))
        return any(one.eject and one.index == index for one in noted)

    def slots(self, slot_type: SlotType) -> int:
        """Return how many slots of a type its ACPI tables list."""
        return self.cpus if slot_type is SlotType.CPU else self.dimms


Handled = tuple[AcpiGuest, tuple[Command, ...]]


def receive(guest: AcpiGuest, received: Input) -> Handled:
    """Return *guest* after a message, and its commands.

    A message that it does not know changes nothing.  A hung guest reacts only to `Hang` and
    `Restarted`; its driver keeps the others for later.
    """
    handler = _HANDLERS.get(type(received))
    return (guest, ()) if handler is None else handler(guest, received)


def _access(guest: AcpiGuest, access: _Access) -> Handled:
    return replace(guest, sent=(*guest.sent, access)), (Send(Actor.QEMU, access),)


def _restarted(guest: AcpiGuest, _: Restarted) -> Handled:
    """Begin in the firmware: the kernel's state is gone."""
    fresh = AcpiGuest(
        kind=guest.kind,
        conduct=guest.conduct,
        cpus=guest.cpus,
        dimms=guest.dimms,
        pinned=guest.pinned,
    )
    return replace(fresh, busy=True), (Work(guest.conduct.firmware_ns),)


def _learned(guest: AcpiGuest, read: ReadStatus, bits: int) -> Handled:
    """Register a slot in the firmware; after the last one the kernel is up."""
    if bits & ENABLED:
        index = slot_index(read.slot_type, read.slot)
        guest = replace(guest, used=tuple(sorted((*guest.used, index))))
    if bits & (INSERT_EVENT | REMOVE_EVENT):
        guest = replace(guest, missed=(*guest.missed, read.slot_type))
    if read.slot + 1 < guest.slots(read.slot_type):
        return _access(guest, ReadStatus(read.slot_type, read.slot + 1))
    if read.slot_type is SlotType.CPU and guest.dimms:
        return _access(guest, ReadStatus(SlotType.DIMM, 0))
    return _look(replace(guest, up=True, busy=False))


def _gpe(guest: AcpiGuest, gpe: GpeRaised) -> Handled:
    """Look at the slots, now or when the kernel is up; the firmware takes no interrupt."""
    in_firmware = not guest.up and not guest.sent
    if in_firmware or guest.kind is GuestKind.ARBITRARY:
        return guest, ()
    again = tuple(missed for missed in guest.missed if missed is gpe.slot_type)
    waiting = guest.interrupts
    guest = replace(
        guest,
        interrupts=(*waiting, gpe.slot_type, *again),
        missed=tuple(missed for missed in guest.missed if missed is not gpe.slot_type),
    )
    return (guest, ()) if waiting or not guest.up else _look(guest)


def _look(guest: AcpiGuest) -> Handled:
    """Begin with the slots of the next interrupt, if there is one."""
    if not guest.interrupts:
        return guest, ()
    return _access(guest, ReadStatus(guest.interrupts[0], 0))


def _looked(guest: AcpiGuest) -> Handled:
    return _look(replace(guest, interrupts=guest.interrupts[1:]))


def _read(guest: AcpiGuest, reply: SlotStatusReturn) -> Handled:
    if not guest.sent:
        return guest, ()
    read, *others = guest.sent
    guest = replace(guest, sent=tuple(others))
    assert isinstance(read, ReadStatus)
    slot_type, number = read.slot_type, read.slot
    if not guest.up:
        return _learned(guest, read, reply.bits)
    if reply.bits & (INSERT_EVENT | REMOVE_EVENT):
        eject = not reply.bits & INSERT_EVENT
        guest = replace(guest, queue=(*guest.queue, Noted(slot_type, number, eject)))
        clear = CLEAR_REMOVE_EVENT if eject else CLEAR_INSERT_EVENT
        return _access(guest, WriteControl(slot_type, number, clear))
    if number + 1 < guest.slots(slot_type):
        return _access(guest, ReadStatus(slot_type, number + 1))
    return _looked(guest)


def _done(guest: AcpiGuest, _: Done) -> Handled:
    """Continue after a write: with the next interrupt, or with the event in progress."""
    if not guest.sent:
        return guest, ()
    access, *others = guest.sent
    guest = replace(guest, sent=tuple(others))
    match access:
        case ReportOst(status=status) if status == OST_IN_PROGRESS:
            return _offline(guest)
        case WriteControl(bits=bits) if bits != EJECT:
            guest, commands = _looked(guest)
            guest, more = _work_off(guest)
            return guest, (*commands, *more)
        case _:
            return _work_off(replace(guest, at=None, busy=False))


def _work_off(guest: AcpiGuest) -> Handled:
    """Start the next noted event, unless one is in progress."""
    commands: tuple[Command, ...] = ()
    while guest.queue and not guest.busy:
        noted, *rest = guest.queue
        guest = replace(guest, queue=tuple(rest))
        used = noted.index in guest.used
        if noted.eject and used:
            guest = replace(guest, at=noted, busy=True)
            guest, more = _report(guest, noted, OST_IN_PROGRESS)
            return guest, (*commands, *more)
        if noted.eject:
            commands += (WriteLog(f"{_name(noted)}: not in use"),)
        elif not used:
            guest = replace(guest, used=tuple(sorted((*guest.used, noted.index))))
    return guest, commands


def _report(guest: AcpiGuest, noted: Noted, status: int) -> Handled:
    return _access(guest, ReportOst(noted.slot_type, noted.number, EJECT_REQUEST, status))


def _offline(guest: AcpiGuest) -> Handled:
    if guest.conduct.asks:
        return replace(guest, deciding=True), ()
    if guest.conduct.offline_ns:
        return guest, (Work(guest.conduct.offline_ns),)
    return _release(guest)


def _release(guest: AcpiGuest) -> Handled:
    """Eject the requested device, or refuse."""
    noted = guest.at
    assert noted is not None
    index = noted.index
    if index in guest.pinned or guest.online == (index,):
        guest, commands = _report(guest, noted, OST_DEVICE_BUSY)
        return guest, (WriteLog(f"{_name(noted)}: Offline failed."), *commands)
    used, offline = without(guest.used, index), without(guest.offline, index)
    guest = replace(guest, used=used, offline=offline)
    return _access(guest, WriteControl(noted.slot_type, noted.number, EJECT))


def _name(noted: Noted) -> str:
    kind = "processor cpu" if noted.slot_type is SlotType.CPU else "memory of slot "
    return f"{kind}{noted.number}"


def _work_done(guest: AcpiGuest, _: WorkDone) -> Handled:
    if not guest.up:
        return _access(guest, ReadStatus(SlotType.CPU, 0))
    return (guest, ()) if guest.at is None else _release(guest)


def _decide(guest: AcpiGuest, order: Decide) -> Handled:
    if not guest.deciding or guest.at is None:
        return guest, ()
    pinned = without(guest.pinned, guest.at.index)
    kept = pinned if order.give else (*pinned, guest.at.index)
    guest, commands = _release(replace(guest, deciding=False, pinned=kept))
    return replace(guest, pinned=pinned), commands


def _no_dlpar(guest: AcpiGuest, _: Dlpar) -> Handled:
    return guest, (WriteLog("/sys/kernel/dlpar: No such file or directory"),)


_HANDLERS: Mapping[type[Any], Callable[[AcpiGuest, Any], Handled]] = {
    Restarted: _restarted,
    GpeRaised: _gpe,
    SlotStatusReturn: _read,
    Done: _done,
    WorkDone: _work_done,
    Decide: _decide,
    CpuOnline: switch_cpu,
    Pin: pin,
    Dlpar: _no_dlpar,
    RtasByHand: no_rtas,
    Hang: hang,
}
