"""The contrast: CPU and DIMM hotplug of a q35 machine, whose guest can refuse.

Each slot has a status register, a control register and the last _OST.  QEMU asks by raising an
event bit; it does not wait, so it has no timer and drops nothing.  It passes the guest's _OST to
QMP at once; only the ejection removes a device, with or without a request.

Left out: children of devices (a CPU's APIC), boot devices other than CPU 0, and the registers that
select a slot.  A second device_add after a CPU's ejection crashes QEMU 7.2.22 under TCG; this
machine takes it, as QEMU intends.

Source: QEMU hw/acpi/cpu.c, hw/acpi/memory_hotplug.c, hw/acpi/ich9.c, hw/i386/x86.c
(x86_cpu_pre_plug, x86_cpu_unplug_request_cb), hw/i386/pc.c, as of v7.2; texts, status bits and
paths compared with QEMU 7.2.22.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from kit.common.errors import MisuseError
from kit.machine import qmp, requests
from kit.machine.events import (
    DeviceDeleted,
    Done,
    HotpluggableCpu,
    MemoryDevice,
    QmpReturn,
    Stepped,
)
from kit.machine.memory_device import check_backend, placed
from kit.machine.pseries.machine import Plugged
from kit.machine.q35 import messages as acpi
from kit.machine.q35.machine import AcpiConfig, AcpiMachine, AcpiSlot
from kit.machine.qmp import CONTAINERS, Refused, check_well_formed

__all__ = ["AcpiConfig", "AcpiMachine", "AcpiSlot", "boot", "step"]

_UINT32 = 0xFFFFFFFF
_INT32 = range(-(1 << 31), 1 << 31)
_INT64_OR_UINT64 = range(-(1 << 63), 1 << 64)
_NO_DECODER = 0xFF  # the value of a port where no device answers

_Handled = tuple[AcpiMachine, acpi.AcpiReply, tuple[acpi.AcpiEmitted, ...]]


def boot(config: AcpiConfig | None = None) -> AcpiMachine:
    """Return a machine that has just started: CPU 0 is plugged, no event pends, its clock is at 0.

    >>> [slot.status for slot in boot().cpus]
    [1, 0, 0, 0]
    """
    config = config or AcpiConfig()
    if config.max_cpus < 1:
        raise MisuseError(f"a machine with {config.max_cpus} CPUs cannot start")
    first = AcpiSlot(plugged=Plugged(requests.CpuCore(0), "/machine/unattached/device[0]"))
    return AcpiMachine(
        config=config,
        cpus=(first, *[AcpiSlot()] * (config.max_cpus - 1)),
        dimms=(AcpiSlot(),) * config.slots,
    )


def step(machine: AcpiMachine, request: acpi.AcpiRequest) -> tuple[AcpiMachine, acpi.AcpiOutcome]:
    """Carry out one request.

    Raises:
        MisuseError: No real QEMU could get this request (time that runs backwards), or it is about
            a device that this machine does not have.
    """
    after, reply, emitted = _HANDLERS[type(request)](machine, request)
    return after, acpi.AcpiOutcome(reply, emitted)


def _device_add(machine: AcpiMachine, request: requests.DeviceAdd) -> _Handled:
    device = request.device
    if not isinstance(device, requests.CpuCore | requests.Dimm | requests.Nvdimm):
        raise MisuseError(f"{type(device).__name__} is not a device of the embedded q35 machine")
    if not isinstance(device, requests.CpuCore):
        check_backend(device)
    try:
        check_well_formed(device.id)
        if device.id is None:
            path = f"/machine/peripheral-anon/device[{machine.anonymous}]"
            machine = replace(machine, anonymous=machine.anonymous + 1)
        else:
            path = f"/machine/peripheral/{device.id}"
        if machine.slot_of(path) is not None:
            raise Refused(f"Duplicate device ID '{device.id}'")
        slot_type, number, device = _place(machine, device)
    except Refused as refused:
        return machine, refused.error, ()
    slot = machine.slots(slot_type)[number]
    slot = replace(slot, plugged=Plugged(device, path), insert_event=True)
    return _put(machine, slot_type, number, slot), QmpReturn(), (acpi.GpeRaised(slot_type),)


def _place(
    machine: AcpiMachine, device: requests.Device
) -> tuple[acpi.SlotType, int, requests.Device]:
    """Return the slot of *device*, and the device with its address, or refuse it as QEMU does."""
    match device:
        case requests.CpuCore(core_id):
            return acpi.SlotType.CPU, _free_cpu(machine, core_id), device
        case requests.Dimm():
            _check_ranges(device)
            dimm = placed(device, _dimms(machine), machine.config.memory_space)
            return acpi.SlotType.DIMM, dimm.slot or 0, dimm
    raise Refused("nvdimm is not enabled: missing 'nvdimm' in '-M'")


def _free_cpu(machine: AcpiMachine, core_id: int) -> int:
    last = machine.config.max_cpus - 1
    if core_id not in _INT32:
        raise Refused("Parameter 'core-id' expects int32_t")
    if core_id < 0:
        raise Refused("CPU core-id is not set")
    if core_id > last:
        raise Refused(f"Invalid CPU core-id: {core_id} must be in range 0:{last}")
    if machine.cpus[core_id].plugged is not None:
        raise Refused(f"CPU[{core_id}] with APIC ID {core_id} exists")
    return core_id


def _check_ranges(dimm: requests.Dimm) -> None:
    if dimm.slot is not None and dimm.slot not in _INT32:
        raise Refused("Parameter 'slot' expects int32_t")
    if dimm.addr not in _INT64_OR_UINT64:
        raise Refused("Parameter 'addr' expects integer")


def _device_del(machine: AcpiMachine, request: requests.DeviceDel) -> _Handled:
    """Raise the remove event, even if it is raised."""
    found = machine.slot_of(path := _qom_path(request.id))
    try:
        if path in ("/", *CONTAINERS):
            raise Refused(f"{request.id} is not a hotpluggable device")
        if found is None:
            raise Refused(f"Device '{request.id}' not found", "DeviceNotFound")
        if found == (acpi.SlotType.CPU, 0):
            raise Refused("Boot CPU is unpluggable")
    except Refused as refused:
        return machine, refused.error, ()
    slot_type, number = found
    slot = replace(machine.slots(slot_type)[number], remove_event=True)
    return _put(machine, slot_type, number, slot), QmpReturn(), (acpi.GpeRaised(slot_type),)


def _qom_path(name: str) -> str:
    """Return the path that device_del looks up: a plain name is below /machine/peripheral."""
    start = "/" if name.startswith("/") else "/machine/peripheral"
    return "/" + "/".join(part for part in f"{start}/{name}".split("/") if part)


def _system_reset(machine: AcpiMachine, _request: requests.SystemReset) -> _Handled:
    """Reset the board; slots have no reset, so devices, events and the last _OST stay."""
    return machine, Done(), ()


def _query_hotpluggable_cpus(machine: AcpiMachine, _: requests.QueryHotpluggableCpus) -> _Handled:
    slots = [
        HotpluggableCpu(number, slot.plugged.path if slot.plugged is not None else None)
        for number, slot in enumerate(machine.cpus)
    ]
    return machine, QmpReturn(tuple(reversed(slots))), ()


def _query_memory_devices(machine: AcpiMachine, _request: requests.QueryMemoryDevices) -> _Handled:
    found = tuple(MemoryDevice(d.id, d.addr, d.size_mib) for d in _dimms(machine))
    return machine, QmpReturn(found), ()


def _query_ospm_status(machine: AcpiMachine, _request: acpi.QueryAcpiOspmStatus) -> _Handled:
    infos = tuple(
        _ost_info(slot_type, number, slot)
        for slot_type in (acpi.SlotType.DIMM, acpi.SlotType.CPU)
        for number, slot in enumerate(machine.slots(slot_type))
    )
    return machine, acpi.OspmStatusReturn(infos), ()


def _read_status(machine: AcpiMachine, request: acpi.ReadStatus) -> _Handled:
    slots = machine.slots(request.slot_type)
    number = _selected(slots, request.slot)
    if not slots:
        return machine, acpi.SlotStatusReturn(_NO_DECODER), ()
    return machine, acpi.SlotStatusReturn(0 if number is None else slots[number].status), ()


def _write_control(machine: AcpiMachine, request: acpi.WriteControl) -> _Handled:
    """Carry out the lowest set bit: QEMU obeys only one bit of a write."""
    slot_type, bits = request.slot_type, request.bits
    number = _selected(machine.slots(slot_type), request.slot)
    if number is None:
        return machine, Done(), ()
    slot = machine.slots(slot_type)[number]
    emitted: tuple[acpi.AcpiEmitted, ...] = ()
    if bits & acpi.CLEAR_INSERT_EVENT:
        slot = replace(slot, insert_event=False)
    elif bits & acpi.CLEAR_REMOVE_EVENT:
        slot = replace(slot, remove_event=False)
    elif slot.plugged is None or (slot_type, number) == (acpi.SlotType.CPU, 0):
        pass  # nothing to eject, or the CPU that must stay
    elif bits & acpi.EJECT:
        device = slot.plugged
        emitted = (DeviceDeleted(path=device.path, device=device.device.id),)
        slot = replace(slot, plugged=None, firmware_ejects=False)
    elif bits & acpi.EJECT_BY_FIRMWARE and slot_type is acpi.SlotType.CPU:
        slot = replace(slot, firmware_ejects=True)
    return _put(machine, slot_type, number, slot), Done(), emitted


def _report_ost(machine: AcpiMachine, request: acpi.ReportOst) -> _Handled:
    """Record the _OST and pass it on; QEMU itself draws no conclusion from it."""
    slot_type = request.slot_type
    number = _selected(machine.slots(slot_type), request.slot)
    if number is None:
        return machine, Done(), ()
    slot = replace(
        machine.slots(slot_type)[number],
        ost_event=request.event & _UINT32,
        ost_status=request.status & _UINT32,
    )
    event = acpi.AcpiDeviceOst(_ost_info(slot_type, number, slot))
    return _put(machine, slot_type, number, slot), Done(), (event,)


def _selected(slots: tuple[AcpiSlot, ...], number: int) -> int | None:
    """Return the slot that a guest selects by writing *number*; None past the last one."""
    number &= _UINT32
    return number if number < len(slots) else None


def _put(
    machine: AcpiMachine, slot_type: acpi.SlotType, number: int, slot: AcpiSlot
) -> AcpiMachine:
    slots = machine.slots(slot_type)
    slots = (*slots[:number], slot, *slots[number + 1 :])
    if slot_type is acpi.SlotType.CPU:
        return replace(machine, cpus=slots)
    return replace(machine, dimms=slots)


def _dimms(machine: AcpiMachine) -> list[requests.Dimm]:
    """Return the plugged DIMMs, by address."""
    devices = [slot.plugged.device for slot in machine.dimms if slot.plugged is not None]
    dimms = [device for device in devices if isinstance(device, requests.Dimm)]
    return sorted(dimms, key=lambda dimm: dimm.addr)


def _ost_info(slot_type: acpi.SlotType, number: int, slot: AcpiSlot) -> acpi.OstInfo:
    device = None if slot.plugged is None else slot.plugged.device.id
    return acpi.OstInfo(slot_type, number, slot.ost_event, slot.ost_status, device)


def _clock_step(machine: AcpiMachine, request: requests.ClockStep) -> _Handled:
    machine = qmp.advanced(machine, request.ns)
    return machine, Stepped(machine.now_ns), ()


_HANDLERS: Mapping[type[Any], Callable[[AcpiMachine, Any], _Handled]] = {
    requests.DeviceAdd: _device_add,
    requests.DeviceDel: _device_del,
    requests.SystemReset: _system_reset,
    requests.Stop: qmp.stop,
    requests.Cont: qmp.cont,
    requests.QueryHotpluggableCpus: _query_hotpluggable_cpus,
    requests.QueryMemoryDevices: _query_memory_devices,
    acpi.QueryAcpiOspmStatus: _query_ospm_status,
    acpi.ReadStatus: _read_status,
    acpi.WriteControl: _write_control,
    acpi.ReportOst: _report_ost,
    requests.ClockStep: _clock_step,
}
