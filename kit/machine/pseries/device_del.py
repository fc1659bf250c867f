"""QMP device_del: QEMU asks the guest to release a device, or refuses to ask.

Source: QEMU softmmu/qdev-monitor.c, hw/ppc/spapr.c (unplug_request of cores, DIMMs and PHBs),
hw/ppc/spapr_pci.c (spapr_pci_unplug_request), at the commits that `Patch` names.
"""

from __future__ import annotations

from kit.machine import clock
from kit.machine.events import Abort, Emitted, HotplugAction, QmpReturn
from kit.machine.pseries.connector import Drc, QemuCall
from kit.machine.pseries.device_add import QmpStep
from kit.machine.pseries.event_log import (
    connector_event,
    functions_of_slot,
    is_function_0,
    memory_event,
)
from kit.machine.pseries.machine import (
    NULL,
    Machine,
    PendingDimm,
    Plugged,
    QemuAborts,
    Step,
    act,
    drc_of,
    notify,
    with_pending,
)
from kit.machine.qmp import CONTAINERS, Refused
from kit.machine.requests import CpuCore, Dimm, Nvdimm, PciFunction, Phb
from kit.machine.revision import Patch

__all__ = ["device_del"]


def device_del(machine: Machine, name: str) -> QmpStep:
    """Carry out QMP device_del: ask the guest to release the device, or refuse."""
    path = name if name.startswith("/") else f"/machine/peripheral/{name}"
    plugged = machine.device(path)
    _check_thread(machine, path)
    try:
        if path in CONTAINERS:
            raise Refused(f"{name} is not a hotpluggable device")
        if plugged is None:
            raise Refused(f"Device '{name}' not found", "DeviceNotFound")
        machine, emitted = _request_unplug(machine, plugged)
    except Refused as refused:
        return machine, refused.error, ()
    return machine, QmpReturn(), emitted


def _check_thread(machine: Machine, path: str) -> None:
    """Raise `QemuAborts` for a core's thread: QEMU cannot unplug it and fails an assertion."""
    core = machine.device(path.removesuffix("/thread[0]"))
    if path.endswith("/thread[0]") and core is not None and isinstance(core.device, CpuCore):
        raise QemuAborts(Abort("softmmu/qdev-monitor.c", "qdev_unplug", "hotplug_ctrl"))


def _request_unplug(machine: Machine, plugged: Plugged) -> Step:
    match plugged.device:
        case CpuCore():
            return _request_core(machine, plugged.device)
        case Phb():
            return _request_phb(machine, plugged.device)
        case PciFunction():
            return _request_pci(machine, plugged.device)
        case Dimm():
            return _request_dimm(machine, plugged)
        case Nvdimm():
            raise Refused("nvdimm device hot unplug is not supported yet.")


def _request_core(machine: Machine, core: CpuCore) -> Step:
    if core.core_id == 0:
        raise Refused("Boot CPU core may not be unplugged")
    (drc,) = drc_of(machine, core)
    emitted: tuple[Emitted, ...] = ()
    if not drc.unplug_requested:
        machine, _, emitted = act(machine, drc, QemuCall.UNPLUG_REQUEST)
    elif machine.has(Patch.CPU_UNPLUG_TIMEOUT):
        left = clock.remaining_s(machine.timers, drc.index, machine.now_ns)
        raise Refused(
            f"core-id {core.core_id} unplug is still pending, {left} seconds timeout remaining"
        )
    elif not machine.has(Patch.CPU_UNPLUG_RESENDS_EVENT):
        return machine, ()
    machine, event = notify(machine, connector_event(HotplugAction.REMOVE, drc.index))
    return machine, emitted + event


def _request_phb(machine: Machine, phb: Phb) -> Step:
    (drc,) = drc_of(machine, phb)
    if drc.unplug_requested:
        if machine.has(Patch.MEND_STUCK_CARD):
            return notify(machine, connector_event(HotplugAction.REMOVE, drc.index))
        if machine.has(Patch.PHB_REPEATED_UNPLUG_ERROR):
            raise Refused(f"PCI Host Bridge unplug already in progress for device {phb.id or NULL}")
        return machine, ()
    machine, _, emitted = act(machine, drc, QemuCall.UNPLUG_REQUEST)
    machine, event = notify(machine, connector_event(HotplugAction.REMOVE, drc.index))
    return machine, emitted + event


def _request_pci(machine: Machine, function: PciFunction) -> Step:
    drcs = drc_of(machine, function)
    if drcs[0].unplug_requested:
        if machine.has(Patch.MEND_STUCK_CARD):
            return _announce_pci(machine, drcs)
        if machine.has(Patch.PCI_REPEATED_UNPLUG_ERROR):
            raise Refused(f"PCI device unplug already in progress for device {function.id or NULL}")
        return machine, ()
    wanted = list(drcs)
    if is_function_0(drcs):  # function 0 takes the others along, and goes last
        others = functions_of_slot(machine, drcs[0])[1:]
        wanted = [drc for drc in others if not drc.unplug_requested] + wanted
    emitted: tuple[Emitted, ...] = ()
    for drc in wanted:
        machine, _, more = act(machine, drc, QemuCall.UNPLUG_REQUEST)
        emitted += more
    machine, events = _announce_pci(machine, drcs)
    return machine, emitted + events


def _announce_pci(machine: Machine, drcs: tuple[Drc, ...]) -> Step:
    """Queue an event for each function of a slot, if function 0 is to go; else none."""
    emitted: tuple[Emitted, ...] = ()
    if is_function_0(drcs):
        for drc in reversed(functions_of_slot(machine, drcs[0])):
            machine, more = notify(machine, connector_event(HotplugAction.REMOVE, drc.index))
            emitted += more
    return machine, emitted


def _request_dimm(machine: Machine, plugged: Plugged) -> Step:
    if machine.hp_evt is False:
        raise Refused("Memory hot unplug not supported for this guest")
    lmbs = drc_of(machine, plugged.device)
    if any(pending.path == plugged.path for pending in machine.pending_dimms):
        if machine.has(Patch.MEND_STUCK_DIMM):
            return notify(machine, memory_event(machine, HotplugAction.REMOVE, lmbs))
        raise Refused(f"Memory unplug already in progress for device {plugged.device.id or NULL}")
    count = len(lmbs)
    if machine.has(Patch.MEND_DIMM_ABORT):
        count = sum(lmb.device is not None for lmb in lmbs)
    machine = with_pending(machine, PendingDimm(plugged.path, count))
    emitted: tuple[Emitted, ...] = ()
    for drc in lmbs:
        machine, _, more = act(machine, drc, QemuCall.UNPLUG_REQUEST)
        emitted += more
    machine, event = notify(machine, memory_event(machine, HotplugAction.REMOVE, lmbs))
    return machine, emitted + event
