"""QMP device_add: which devices the machine takes, and what it tells the guest of them.

The checks stand in QEMU's order, for the first that fails is the one that is reported.

Source: QEMU softmmu/qdev-monitor.c, hw/ppc/spapr.c (pre_plug and plug of cores, DIMMs and PHBs),
hw/ppc/spapr_pci.c, hw/pci/pci.c, hw/mem/memory-device.c, hw/mem/pc-dimm.c, as of d522cb52e6~1.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TypeVar

from kit.errors import MisuseError
from kit.machine.board import (
    MAX_PHBS,
    Machine,
    Plugged,
    QemuAborts,
    act,
    devices,
    drc_of,
    memory_modules,
    notify,
    pci_devfn,
    phb_of_bus,
    put_drc,
)
from kit.machine.config import LMB_MIB, MIB
from kit.machine.connector import QemuCall
from kit.machine.drc import attach
from kit.machine.events import Abort, Emitted, HotplugAction, HotplugEvent, QmpError, QmpReturn
from kit.machine.hotplug_log import event_of, functions_of_slot, is_function_0, memory_event
from kit.machine.requests import CpuCore, Device, Dimm, Nvdimm, PciFunction, Phb
from kit.machine.revision import Patch

__all__ = ["QmpStep", "Refused", "cold_plug", "device_add"]

_WELL_FORMED_ID = re.compile(r"[A-Za-z][A-Za-z0-9\-._]*")
_DIMM_ALIGN = 2 * MIB
_NO_INDEX = 0xFFFFFFFF

M = TypeVar("M", Dimm, Nvdimm)

QmpStep = tuple[Machine, QmpReturn | QmpError, tuple[Emitted, ...]]
"""The machine after a QMP command, its answer, and what it brought about."""


class Refused(Exception):  # noqa: N818 - QEMU's answer, turned into a QmpError by the command
    """QEMU refuses a command with this text."""

    def __init__(self, desc: str, error_class: str = "GenericError") -> None:
        super().__init__(desc)
        self.error = QmpError(error_class, desc)


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
    """Plug *device* before the machine starts: its connectors are ready, the guest is not told."""
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
    """Return *device* with its address filled in, or refuse it as QEMU does."""
    if device.id is not None and not _WELL_FORMED_ID.fullmatch(device.id):
        raise Refused("Parameter 'id' expects an identifier")
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
    devfn = pci_devfn(function.addr)
    if devfn is None:
        raise Refused(f"Property 'e1000.addr' doesn't take value '{function.addr}'")
    there = {
        pci_devfn(other.addr)
        for other in devices(machine, PciFunction)
        if other.bus == function.bus
    }
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
    """Return a memory module with slot and address filled in, or refuse it."""
    size, wanted = module.size_mib * MIB, module.addr & 0xFFFFFFFFFFFFFFFF
    if size <= 0:
        raise MisuseError("a memory module needs a backend of at least 1 MiB")
    if module.size_mib % LMB_MIB and isinstance(module, Nvdimm):
        raise Refused(
            "PAPR requires NVDIMM memory size (excluding label) to be a multiple of 256MB"
        )
    if module.size_mib % LMB_MIB:
        raise Refused(f"Hotplugged memory size must be a multiple of {LMB_MIB} MB")
    others = memory_modules(machine)
    wanted_slot = None if module.slot == -1 else module.slot
    slot = _free_slot(machine, wanted_slot, {other.slot for other in others})
    used, space = sum(o.size_mib * MIB for o in others), machine.config.device_memory
    if used + size > len(space):
        raise Refused(
            f"not enough space, currently {used:#x} in use of total space for memory devices "
            f"0x{len(space):x}"
        )
    if wanted:
        _check_addr(wanted, size, space, others)
    else:
        wanted = _free_addr(size, space, others)
    return replace(module, addr=wanted, slot=slot)


def _free_slot(machine: Machine, wanted: int | None, taken: set[int | None]) -> int:
    slots = machine.config.slots
    if wanted is not None and not 0 <= wanted < slots:
        raise Refused(f"invalid slot number {wanted}, valid range is [0-{slots - 1}]")
    if wanted in taken:
        raise Refused(f"slot {wanted} is busy")
    free = [slot for slot in range(slots) if slot not in taken]
    if wanted is None and not free:
        raise Refused("no free slots available")
    return free[0] if wanted is None else wanted


def _check_addr(addr: int, size: int, space: range, others: list[Dimm | Nvdimm]) -> None:
    if addr % _DIMM_ALIGN:
        raise Refused(f"address must be aligned to {_DIMM_ALIGN:#x} bytes")
    if not (space.start <= addr and addr + size <= space.stop):
        raise Refused(
            f"can't add memory device [{addr:#x}:{size:#x}], usable range for memory devices"
            f" [{space.start:#x}:0x{len(space):x}]"
        )
    for other in others:
        if other.addr < addr + size and addr < other.addr + other.size_mib * MIB:
            name = other.id or "(unnamed)"
            raise Refused(f"address range conflicts with memory device id='{name}'")


def _free_addr(size: int, space: range, others: list[Dimm | Nvdimm]) -> int:
    addr = space.start
    for other in others:
        if addr + size <= other.addr:
            break
        addr = other.addr + other.size_mib * MIB
    if addr + size > space.stop:
        raise Refused(
            "could not find position in guest address space for memory device"
            " - memory fragmented due to alignments"
        )
    return addr


def _add_events(machine: Machine, device: Device) -> tuple[HotplugEvent, ...]:
    """What the guest is told of a new device."""
    drcs = drc_of(machine, device)
    if isinstance(device, Dimm):
        return (memory_event(machine, HotplugAction.ADD, drcs),)
    if isinstance(device, PciFunction):  # all functions of a slot, once function 0 is there
        slot = functions_of_slot(machine, drcs[0])
        return (
            tuple(event_of(HotplugAction.ADD, drc) for drc in slot) if is_function_0(drcs) else ()
        )
    return (event_of(HotplugAction.ADD, drcs[0]),)
