"""QMP device_add: which devices the machine takes, and which events it queues for the guest.

The checks are in QEMU's order, because it reports the first that fails.

Source: QEMU softmmu/qdev-monitor.c, hw/ppc/spapr.c (pre_plug and plug of cores, DIMMs and PHBs),
hw/ppc/spapr_pci.c, hw/pci/pci.c, as of d522cb52e6~1.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from kit.machine.config import LMB_MIB
from kit.machine.events import Abort, Emitted, HotplugAction, HotplugEvent, QmpError, QmpReturn
from kit.machine.memory_device import MemorySpace, check_backend, placed
from kit.machine.pseries.connector import QemuCall
from kit.machine.pseries.drc import attach
from kit.machine.pseries.event_log import (
    connector_event,
    functions_of_slot,
    is_function_0,
    memory_event,
)
from kit.machine.pseries.machine import (
    MAX_PHBS,
    Machine,
    Plugged,
    QemuAborts,
    act,
    devices,
    drc_of,
    memory_modules,
    notify,
    phb_of_bus,
    put_drc,
)
from kit.machine.qmp import Refused, check_well_formed
from kit.machine.requests import CpuCore, Device, Dimm, Nvdimm, PciFunction, Phb
from kit.machine.revision import Patch

__all__ = ["QmpStep", "cold_plug", "device_add"]

_NO_INDEX = 0xFFFFFFFF

M = TypeVar("M", Dimm, Nvdimm)

QmpStep = tuple[Machine, QmpReturn | QmpError, tuple[Emitted, ...]]
"""The machine after a QMP command, its answer, and what QEMU emitted."""


def device_add(machine: Machine, device: Device) -> QmpStep:
    """Carry out QMP device_add."""
    try:
        device = _checked(machine, device)
    except Refused as refused:
        return machine, refused.error, ()
    machine = _plug(machine, device, _qom_path(machine, device))
    emitted: tuple[Emitted, ...] = ()
    for event in _add_events(machine, device):
        machine, more = notify(machine, event)
        emitted += more
    return machine, QmpReturn(), emitted


def cold_plug(machine: Machine, device: Device, path: str | None = None) -> Machine:
    """Plug *device* before the machine starts: its connectors are ready, without an event."""
    device = _checked(machine, device)
    machine = _plug(machine, device, path or _qom_path(machine, device))
    for drc in drc_of(machine, device):
        machine, _, _ = act(machine, drc, QemuCall.RESET)
    return machine


def _plug(machine: Machine, device: Device, path: str) -> Machine:
    plugged = sorted((*machine.plugged, Plugged(device, path)), key=lambda other: other.path)
    machine = replace(machine, plugged=tuple(plugged))
    for drc in drc_of(machine, device):
        machine = put_drc(machine, attach(drc, path))
    return machine


def _qom_path(machine: Machine, device: Device) -> str:
    if device.id is not None:
        return f"/machine/peripheral/{device.id}"
    taken = {plugged.path for plugged in machine.plugged}
    paths = (f"/machine/peripheral-anon/device[{n}]" for n in range(len(taken) + 1))
    return next(path for path in paths if path not in taken)


def _checked(machine: Machine, device: Device) -> Device:
    """Return *device* with its address, or refuse it as QEMU does."""
    check_well_formed(device.id)
    renamed = machine.has(Patch.DUPLICATE_DEVICE_ID_TEXT)
    if not renamed:
        _check_id(machine, device, "Duplicate ID '{}' for device")
    if isinstance(device, PciFunction) and phb_of_bus(machine, device.bus) is None:
        raise Refused(f"Bus '{device.bus}' not found")
    if renamed:
        _check_id(machine, device, "Duplicate device ID '{}'")
    match device:
        case CpuCore():
            _check_core(machine, device)
        case Phb():
            _check_phb(machine, device)
        case PciFunction():
            _check_pci(machine, device)
        case Dimm():
            return _placed(machine, device)
        case Nvdimm():
            return _placed(machine, device)
    return device


def _check_id(machine: Machine, device: Device, text: str) -> None:
    if device.id is not None and any(p.device.id == device.id for p in machine.plugged):
        raise Refused(text.format(device.id))


def _check_core(machine: Machine, core: CpuCore) -> None:
    if core.core_id < 0:
        raise Refused(f"Invalid core id {core.core_id}")
    if core.core_id >= machine.config.max_cores:
        raise Refused(f"core id {core.core_id} out of range")
    if any(other.core_id == core.core_id for other in devices(machine, CpuCore)):
        raise Refused(f"core {core.core_id} already populated")


def _check_phb(machine: Machine, phb: Phb) -> None:
    if not 0 <= phb.index <= _NO_INDEX:
        raise Refused("Parameter 'index' expects uint32_t")
    if phb.index == _NO_INDEX:
        raise Refused('"index" for PAPR PHB is mandatory')
    if any(other.index == phb.index for other in devices(machine, Phb)):
        raise Refused(f"PHB {phb.index} already attached")
    if phb.index >= MAX_PHBS:
        raise Refused(f'"index" for PAPR PHB is too large (max {MAX_PHBS - 1})')


def _check_pci(machine: Machine, function: PciFunction) -> None:
    devfn = function.devfn
    if devfn is None:
        raise Refused(f"Property 'e1000.addr' doesn't take value '{function.addr}'")
    others_of_bus = (o for o in devices(machine, PciFunction) if o.bus == function.bus)
    there = {other.devfn for other in others_of_bus}
    slot, number = devfn >> 3, devfn & 7
    error = None
    if number and slot << 3 in there:
        error = Refused(
            f"PCI: slot {slot} function 0 already occupied by e1000,"
            " additional functions can no longer be exposed to guest."
        )
    if devfn in there:
        if error is not None:  # spapr_pci_pre_plug sets a second error over the first
            raise QemuAborts(Abort("util/error.c", "error_setv", "*errp == NULL"))
        if number:  # to name what is there it reads function 0, which is not: SIGSEGV
            raise QemuAborts(Abort("hw/ppc/spapr_pci.c", "spapr_pci_pre_plug", None))
        raise Refused(f"PCI: slot {slot} already occupied by e1000")
    if error is not None:
        raise error
    others = sorted(place & 7 for place in there if place is not None and place >> 3 == slot)
    if not number and not function.multifunction and others:
        raise Refused(
            f"PCI: {slot:x}.0 indicates single function,"
            f" but {slot:x}.{others[0]:x} is already populated."
        )


def _placed(machine: Machine, module: M) -> M:
    check_backend(module)
    if module.size_mib % LMB_MIB and isinstance(module, Nvdimm):
        raise Refused(
            "PAPR requires NVDIMM memory size (excluding label) to be a multiple of 256MB"
        )
    if module.size_mib % LMB_MIB:
        raise Refused(f"Hotplugged memory size must be a multiple of {LMB_MIB} MB")
    addresses = machine.config.device_memory
    space = MemorySpace(machine.config.slots, addresses, len(addresses))
    return placed(module, memory_modules(machine), space)


def _add_events(machine: Machine, device: Device) -> tuple[HotplugEvent, ...]:
    drcs = drc_of(machine, device)
    if isinstance(device, Dimm):
        return (memory_event(machine, HotplugAction.ADD, drcs),)
    if isinstance(device, PciFunction):  # all functions of a slot, once function 0 is there
        slot = functions_of_slot(machine, drcs[0]) if is_function_0(drcs) else ()
        return tuple(connector_event(HotplugAction.ADD, drc.index) for drc in slot)
    return (connector_event(HotplugAction.ADD, drcs[0].index),)
