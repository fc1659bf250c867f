"""A real q35 machine with the interface of the embedded one: a request in, its outcome out.

No guest runs in it: the driver accesses the guest's hotplug registers over qtest.  It is stopped,
under TCG: time does not pass, and DEVICE_DELETED after an ejection comes late or never, because the
CPU's thread does not run; so the driver waits only a moment for it.

Source: QEMU docs/specs/acpi_cpu_hotplug.rst, docs/specs/acpi_mem_hotplug.rst; hw/i386/acpi-build.c
and include/hw/acpi/ich9.h (the base addresses) as of v7.2.
"""

from __future__ import annotations

from kit.machine import requests
from kit.machine.events import Done
from kit.machine.q35 import messages as acpi
from kit.machine.q35.machine import AcpiConfig
from kit.real_qemu.channel.failures import BackendError
from kit.real_qemu.launch import Binary
from kit.real_qemu.qmp import acpi_events, ospm_status
from kit.real_qemu.real import RealMachine, Usual

__all__ = ["RealQ35"]

_CPUS, _DIMMS = 0x0CD8, 0x0A00
_CPU_STATUS, _CPU_COMMAND, _CPU_DATA = _CPUS + 4, _CPUS + 5, _CPUS + 8
_SET_OST_EVENT, _SET_OST_STATUS = 1, 2  # commands: what the next data are
_DIMM_OST_EVENT, _DIMM_OST_STATUS, _DIMM_STATUS = _DIMMS + 4, _DIMMS + 8, _DIMMS + 0x14
_WORD = 0xFFFFFFFF
_BYTE = 0xFF
_EJECTED_S = 0.2


class RealQ35(RealMachine):
    """A q35 machine in a QEMU process."""

    def __init__(self, binary: Binary, config: AcpiConfig) -> None:
        super().__init__(binary, _command_line(config))
        self.session.qtest("outl", _CPUS, 0)  # leaves the registers of old for those with _OST

    def ask(self, request: acpi.AcpiRequest) -> acpi.AcpiOutcome:
        """Carry out one request; return reply and events; BackendError if the binary cannot."""
        reply = self.carry_out(lambda: self._reply(request))
        return acpi.AcpiOutcome(reply, acpi_events(self.session.events))

    def deleted(self, path: str) -> None:
        """Wait a moment for DEVICE_DELETED, which may never come."""
        self.wait_deleted(path, _EJECTED_S)

    def _reply(self, request: acpi.AcpiRequest) -> acpi.AcpiReply:
        if isinstance(request, Usual):
            return self.usual(request)
        match request:
            case requests.DeviceAdd(device):
                return self.device_add(device, _arguments(device, self.core))
            case acpi.QueryAcpiOspmStatus():
                return acpi.OspmStatusReturn(ospm_status(self.ok("query-acpi-ospm-status")))
            case acpi.ReadStatus(slot_type, slot):
                return acpi.SlotStatusReturn(self._status(slot_type, slot))
            case acpi.WriteControl(slot_type, slot, bits):
                self._select(slot_type, slot)
                self.session.qtest("outb", _STATUS[slot_type], bits & _BYTE)
                return Done()
            case acpi.ReportOst():
                self._report(request)
                return Done()
            case requests.ClockStep():
                raise self.error("a q35 machine that is stopped has no time to step")

    def _select(self, slot_type: acpi.SlotType, slot: int) -> None:
        base = _CPUS if slot_type is acpi.SlotType.CPU else _DIMMS
        self.session.qtest("outl", base, slot & _WORD)

    def _status(self, slot_type: acpi.SlotType, slot: int) -> int:
        self._select(slot_type, slot)
        (word,) = self.session.qtest("inb", _STATUS[slot_type])
        return int(word, 16)

    def _report(self, report: acpi.ReportOst) -> None:
        self._select(report.slot_type, report.slot)
        event, status = report.event & _WORD, report.status & _WORD
        if report.slot_type is acpi.SlotType.DIMM:
            self.session.qtest("outl", _DIMM_OST_EVENT, event)
            self.session.qtest("outl", _DIMM_OST_STATUS, status)
            return
        for command, value in ((_SET_OST_EVENT, event), (_SET_OST_STATUS, status)):
            self.session.qtest("outb", _CPU_COMMAND, command)
            self.session.qtest("outl", _CPU_DATA, value)


_STATUS = {acpi.SlotType.CPU: _CPU_STATUS, acpi.SlotType.DIMM: _DIMM_STATUS}
"""The register that reads a slot's status, and writes its control."""


def _command_line(config: AcpiConfig) -> tuple[str, ...]:
    memory = f"{config.ram_mib}"
    if config.slots:
        memory += f",slots={config.slots},maxmem={config.maxmem_mib}M"
    return ("-smp", f"1,maxcpus={config.max_cpus}", "-m", memory)


def _arguments(device: requests.Device, core: str) -> dict[str, object]:
    named: dict[str, object] = {} if device.id is None else {"id": device.id}
    match device:
        case requests.CpuCore(core_id):
            place = {"socket-id": 0, "core-id": core_id, "thread-id": 0}
            return {"driver": core, **place, **named}
        case requests.Dimm(addr=addr, slot=slot):
            more = {} if slot is None else {"slot": slot}
            return {"driver": "pc-dimm", "addr": addr, **more, **named}
    raise BackendError(f"{type(device).__name__} is not a device of the kit's q35 machine")
