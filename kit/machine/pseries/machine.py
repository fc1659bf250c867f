"""The sPAPR machine as a value, and the effects of moving a connector.

The machine keeps only connectors that differ from an empty one, and devices and pending DIMMs by
path, so that equal states are equal values whatever led to them.  Functions return the new machine
and what it emitted.

Source: QEMU hw/ppc/spapr.c (spapr_core_release, spapr_lmb_release, spapr_phb_release,
spapr_memory_unplug_rollback), hw/ppc/spapr_pci.c, hw/ppc/spapr_drc.c, as of d522cb52e6~1 and
4b08cd567b.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from kit.common.errors import MisuseError
from kit.machine import clock
from kit.machine.config import LMB_MIB, Config
from kit.machine.events import (
    Abort,
    DeviceDeleted,
    DeviceNotDeleted,
    DeviceUnplugGuestError,
    Emitted,
    ErrorReport,
    HotplugEvent,
    MemUnplugError,
    UnplugTimeout,
)
from kit.machine.pseries.connector import (
    TYPES,
    Call,
    Drc,
    DrcType,
    QemuCall,
    drc_index,
    empty_drc,
    index_of,
)
from kit.machine.pseries.drc import Effect, Row, apply, released, transitions
from kit.machine.requests import CpuCore, Device, Dimm, Nvdimm, PciFunction, Phb
from kit.machine.revision import Patch, Revision

D = TypeVar("D", CpuCore, Dimm, Nvdimm, Phb, PciFunction)

__all__ = [
    "UNPLUG_TIMEOUT_S",
    "Machine",
    "PendingDimm",
    "Plugged",
    "QemuAborts",
    "Step",
    "act",
    "devices",
    "drc_of",
    "memory_modules",
    "notify",
    "phb_of_bus",
    "put_drc",
]

MAX_PHBS = 31
PCI_FUNCTIONS_OF_A_BUS = 256
UNPLUG_TIMEOUT_S = 15
LONGER_TIMEOUT_S = 60  # of a try: no QEMU has it
NULL = "(null)"  # how C prints the id of a device that has none


@dataclass(frozen=True, slots=True)
class Plugged:
    """A device that QEMU holds, and its QOM path."""

    device: Device
    path: str


@dataclass(frozen=True, slots=True)
class PendingDimm:
    """A DIMM for which the guest must still release ``lmbs_left`` LMBs."""

    path: str
    lmbs_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A pseries machine at one moment.

    ``now_ns`` is the guest's clock.  ``plugged`` are the devices by path, ``drcs`` the connectors
    that differ from an empty one, by index; ``queue`` is the hotplug event log, oldest first.
    ``hp_evt``: the guest negotiated the hotplug event source; None until CAS.  If ``running`` is
    False, the VM and its clock stand still.  With ``aborted`` QEMU is gone.
    """

    revision: Revision
    config: Config = field(default_factory=Config)
    now_ns: int = 0
    plugged: tuple[Plugged, ...] = ()
    drcs: tuple[Drc, ...] = ()
    queue: tuple[HotplugEvent, ...] = ()
    pending_dimms: tuple[PendingDimm, ...] = ()
    timers: clock.Timers = ()
    hp_evt: bool | None = None
    running: bool = True
    aborted: Abort | None = None

    def drc(self, index: int) -> Drc | None:
        """Return the connector *index*, or None if this machine has no such connector."""
        for drc in self.drcs:
            if drc.index == index:
                return drc
        return empty_drc(index) if self._has_connector(index) else None

    def device(self, path: str) -> Plugged | None:
        """Return what is plugged at a QOM path, or None."""
        return next((plugged for plugged in self.plugged if plugged.path == path), None)

    def has(self, patch: Patch) -> bool:
        """Has this machine's revision the behaviour of *patch*?"""
        return patch in self.revision.patches

    def _has_connector(self, index: int) -> bool:
        number = index & 0x0FFFFFFF
        drc_type = TYPES.get(index >> 28)
        if drc_type is DrcType.CPU:
            return number < self.config.max_cores
        if drc_type is DrcType.PHB:
            return number < MAX_PHBS
        if drc_type is DrcType.LMB:
            return number in self.config.lmbs
        if drc_type is DrcType.PMEM:
            return number < self.config.slots
        if drc_type is DrcType.PCI:
            phb, devfn = number >> 16, number & 0xFFFF
            return devfn < PCI_FUNCTIONS_OF_A_BUS and any(
                other.index == phb for other in devices(self, Phb)
            )
        return False


Step = tuple[Machine, tuple[Emitted, ...]]
"""The machine after an event, and what it emitted, in order."""


class QemuAborts(Exception):  # noqa: N818 - not an error of ours: QEMU's own end, caught by step()
    """An assertion of QEMU fails."""

    def __init__(self, abort: Abort) -> None:
        super().__init__(abort)
        self.abort = abort


def put_drc(machine: Machine, drc: Drc) -> Machine:
    """Return *machine* with *drc* in place of the connector of its index."""
    drcs, index = machine.drcs, drc.index
    if drc.device is None and drc == empty_drc(index):
        drcs = tuple(other for other in drcs if other.index != index)
    elif any(other.index == index for other in drcs):
        drcs = tuple(drc if other.index == index else other for other in drcs)
    else:
        drcs = tuple(sorted((*drcs, drc), key=lambda other: other.index))
    return _with_drcs(machine, drcs)


def _with_drcs(machine: Machine, drcs: tuple[Drc, ...]) -> Machine:
    # as dataclasses.replace does, written out: most steps of a machine pass here
    return Machine(
        revision=machine.revision,
        config=machine.config,
        now_ns=machine.now_ns,
        plugged=machine.plugged,
        drcs=drcs,
        queue=machine.queue,
        pending_dimms=machine.pending_dimms,
        timers=machine.timers,
        hp_evt=machine.hp_evt,
        running=machine.running,
        aborted=machine.aborted,
    )


def notify(machine: Machine, event: HotplugEvent) -> Step:
    """Put *event* in the queue of the hotplug event log and raise the interrupt."""
    return replace(machine, queue=(*machine.queue, event)), (event,)


def act(machine: Machine, drc: Drc, call: Call) -> tuple[Machine, Row, tuple[Emitted, ...]]:
    """Apply *call* to a connector and carry out the effects of the row that decides it.

    Raises:
        QemuAborts: The row is a failed assertion, or one of its effects runs into one.
    """
    moved, row = apply(drc, call, transitions(machine.revision))
    if row.abort is not None:
        raise QemuAborts(row.abort)
    if moved is not drc:
        machine = put_drc(machine, moved)
    emitted: tuple[Emitted, ...] = ()
    for effect in row.effects:
        carry_out = _CARRY_OUT.get(effect)
        if carry_out is not None:
            machine, more = carry_out(machine, moved)
            emitted += more
    return machine, row, emitted


def drc_of(machine: Machine, device: Device) -> tuple[Drc, ...]:
    """Return the connectors of *device*: one, or one for each LMB of a DIMM."""
    match device:
        case CpuCore() | Phb():
            indices = [index_of(device)]
        case Nvdimm(slot=int(slot)):
            indices = [drc_index(DrcType.PMEM, slot)]
        case PciFunction(bus):
            phb = phb_of_bus(machine, bus)
            if phb is None or device.devfn is None:
                raise MisuseError(f"{device} is not a place on this machine")
            indices = [drc_index(DrcType.PCI, phb << 16 | device.devfn)]
        case Dimm(size_mib):
            indices = [index_of(device, lmb) for lmb in range(size_mib // LMB_MIB)]
        case Nvdimm():
            raise MisuseError(f"{device} has no slot yet")
    drcs = [machine.drc(index) for index in indices]
    return tuple(drc for drc in drcs if drc is not None)


def devices(machine: Machine, kind: type[D]) -> list[D]:
    """Return the plugged devices of one kind, by path."""
    return [p.device for p in machine.plugged if isinstance(p.device, kind)]


def memory_modules(machine: Machine) -> list[Dimm | Nvdimm]:
    """Return the DIMMs and nvdimms, by address."""
    modules: list[Dimm | Nvdimm] = [*devices(machine, Dimm), *devices(machine, Nvdimm)]
    return sorted(modules, key=lambda module: module.addr)


def phb_of_bus(machine: Machine, bus: str) -> int | None:
    """Return the index of the PHB whose root bus is called *bus*, or None."""
    for phb in devices(machine, Phb):
        if bus == (f"{phb.id}.0" if phb.id else "pci.0"):
            return phb.index
    return None


def _start_unplug_timer(machine: Machine, drc: Drc) -> Step:
    longer = machine.has(Patch.LONGER_TIMEOUT)
    after_s = LONGER_TIMEOUT_S if longer else UNPLUG_TIMEOUT_S
    expires = clock.deadline_ns(machine.now_ns, after_s)
    timers = clock.start(machine.timers, clock.Timer(expires, drc.index))
    return replace(machine, timers=timers), ()


def _forget_request(machine: Machine, drc: Drc) -> Step:
    silent = not machine.has(Patch.PROPOSED_NOT_DELETED_EVENT)
    return machine, (UnplugTimeout(drc.index, silent),)


def _report_refusal(machine: Machine, drc: Drc) -> Step:
    device_id = _attached_to(machine, drc).device.id
    text = f"Device hotunplug rejected by the guest for device {device_id or NULL}"
    # 91bd95ce16, which came with the event, reports nothing of a device without an id
    silent = device_id is None and machine.has(Patch.UNPLUG_GUEST_ERROR_EVENT)
    return machine, () if silent else (ErrorReport(text),)


def _send_guest_error(machine: Machine, drc: Drc) -> Step:
    plugged = _attached_to(machine, drc)
    return machine, (DeviceUnplugGuestError(path=plugged.path, device=plugged.device.id),)


def _send_not_deleted(machine: Machine, drc: Drc) -> Step:
    plugged = _attached_to(machine, drc)
    return machine, (DeviceNotDeleted(path=plugged.path, device=plugged.device.id),)


def _roll_back_dimm(machine: Machine, drc: Drc) -> Step:
    plugged = _attached_to(machine, drc)
    reports = machine.has(Patch.MEM_UNPLUG_ERROR_EVENT)
    listed = any(pending.path == plugged.path for pending in machine.pending_dimms)
    if not listed and not machine.has(Patch.MEND_MIGRATED_DIMM):
        # eb7f80fd26, which brought the event, also renamed the function; the name stayed
        renamed = reports or machine.has(Patch.MEM_UNPLUG_ERROR_REMOVED)
        name = "memory_unplug_rollback" if renamed else "clear_pending_dimm_unplug_state"
        raise QemuAborts(Abort("hw/ppc/spapr.c", f"spapr_{name}", "ds"))
    machine = _forget_pending_dimm(machine, plugged.path)
    for lmb in drc_of(machine, plugged.device):
        machine, _, _ = act(machine, lmb, QemuCall.ROLL_BACK)
    emitted: list[Emitted] = []
    if reports:
        text = f"Memory hotunplug rejected by the guest for device {plugged.device.id or NULL}"
        emitted.append(MemUnplugError(device=plugged.device.id or "", msg=text))
    if machine.has(Patch.UNPLUG_GUEST_ERROR_EVENT):
        emitted.append(DeviceUnplugGuestError(path=plugged.path, device=plugged.device.id))
    return machine, tuple(emitted)


def _release_device(machine: Machine, drc: Drc) -> Step:
    plugged = _attached_to(machine, drc)
    if isinstance(plugged.device, Dimm):
        machine, emitted = _release_lmb(machine, plugged)
    else:
        machine, emitted = _remove(machine, plugged)
    machine = put_drc(machine, released(drc))
    return replace(machine, timers=clock.stop(machine.timers, drc.index)), emitted


def _release_lmb(machine: Machine, dimm: Plugged) -> Step:
    left = next((p.lmbs_left for p in machine.pending_dimms if p.path == dimm.path), None)
    if left is None:  # lost by a migration: QEMU counts the LMBs that are still attached
        left = sum(lmb.device is not None for lmb in drc_of(machine, dimm.device))
    machine = _forget_pending_dimm(machine, dimm.path)
    if left == 1:
        return _remove(machine, dimm)
    return with_pending(machine, PendingDimm(dimm.path, left - 1)), ()


def _remove(machine: Machine, plugged: Plugged) -> Step:
    gone = [plugged]
    if isinstance(plugged.device, Phb):
        buses = {
            p.device.bus for p in machine.plugged if isinstance(p.device, PciFunction)
        }  # a PHB takes the devices on its bus, and its connectors, along
        mine = {bus for bus in buses if phb_of_bus(machine, bus) == plugged.device.index}
        gone += [
            p for p in machine.plugged if isinstance(p.device, PciFunction) and p.device.bus in mine
        ]
        bus_drcs = drc_index(DrcType.PCI, plugged.device.index << 16) >> 16
        drcs = tuple(drc for drc in machine.drcs if drc.index >> 16 != bus_drcs)
        machine = replace(machine, drcs=drcs)
    rest = tuple(p for p in machine.plugged if p not in gone)
    events = tuple(DeviceDeleted(path=p.path, device=p.device.id) for p in gone)
    return replace(machine, plugged=rest), events


def with_pending(machine: Machine, pending: PendingDimm) -> Machine:
    """Return *machine* with one more pending DIMM."""
    waiting = sorted((*machine.pending_dimms, pending), key=lambda dimm: dimm.path)
    return replace(machine, pending_dimms=tuple(waiting))


def _forget_pending_dimm(machine: Machine, path: str) -> Machine:
    return replace(machine, pending_dimms=tuple(p for p in machine.pending_dimms if p.path != path))


def _attached_to(machine: Machine, drc: Drc) -> Plugged:
    plugged = machine.device(drc.device) if drc.device is not None else None
    if plugged is None:
        raise MisuseError(f"DRC {drc.index:#x} has no device to act on")
    return plugged


_CARRY_OUT: Mapping[Effect, Callable[[Machine, Drc], Step]] = {
    Effect.START_UNPLUG_TIMER: _start_unplug_timer,
    Effect.FORGET_REQUEST: _forget_request,
    Effect.RELEASE_DEVICE: _release_device,
    Effect.ROLL_BACK_DIMM: _roll_back_dimm,
    Effect.REPORT_REFUSAL: _report_refusal,
    Effect.SEND_GUEST_ERROR: _send_guest_error,
    Effect.SEND_NOT_DELETED: _send_not_deleted,
}
