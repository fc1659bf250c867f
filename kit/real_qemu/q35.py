"""A real q35 machine with the interface of the embedded one: a request in, its outcome out.

No guest runs in it: the driver makes the guest's accesses to the hotplug registers over qtest.  It
is stopped, under TCG: time does not pass, and DEVICE_DELETED after an ejection comes late or not
at all, since the CPU's thread never runs; so the driver waits only a moment for it.

Source: QEMU docs/specs/acpi_cpu_hotplug.rst, docs/specs/acpi_mem_hotplug.rst; hw/i386/acpi-build.c
and include/hw/acpi/ich9.h (the base addresses) as of v7.2.
"""

from __future__ import annotations

from kit.machine.events import Done, QmpReturn
from kit.machine.q35.machine import AcpiConfig
from kit.machine.q35.messages import (
    AcpiOutcome,
    AcpiReply,
    AcpiRequest,
    OspmStatusReturn,
    QueryAcpiOspmStatus,
    ReadStatus,
    ReportOst,
    SlotStatusReturn,
    SlotType,
    WriteControl,
)
from kit.machine.requests import (
    ClockStep,
    Cont,
    CpuCore,
    Device,
    DeviceAdd,
    DeviceDel,
    Dimm,
    QueryHotpluggableCpus,
    QueryMemoryDevices,
    Stop,
    SystemReset,
)
from kit.real_qemu.failures import BackendError, QemuGone
from kit.real_qemu.launch import Binary
from kit.real_qemu.qmp import (
    acpi_events,
    hotpluggable_cpus,
    memory_devices,
    ospm_status,
    reply_of,
)
from kit.real_qemu.real import RealMachine

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

    def __init__(
        self, binary: Binary, config: AcpiConfig | None = None, *, answer_s: float = 20.0
    ) -> None:
        super().__init__(binary, _command_line(config or AcpiConfig()), answer_s=answer_s)
        self.session.qtest("outl", _CPUS, 0)  # leaves the registers of old for those with _OST

    def ask(self, request: AcpiRequest) -> AcpiOutcome:
        """Carry out one request; return the reply, and what QEMU emitted.

        Raises:
            BackendError: The binary cannot do that, or does not answer.
        """
        if self.aborted is not None:
            return AcpiOutcome(self.aborted)
        self.session.events.clear()
        reply: AcpiReply
        try:
            reply = self._reply(request)
            self.settle()
        except QemuGone as gone:
            reply = self.lost(gone)
        return AcpiOutcome(reply, acpi_events(self.session.events))

    def deleted(self, path: str) -> None:
        """Wait a moment for DEVICE_DELETED, which may never come."""
        self.session.wait_event(
            lambda e: e.name == "DEVICE_DELETED" and e.data.get("path") == path, _EJECTED_S
        )

    def _reply(self, request: AcpiRequest) -> AcpiReply:
        qmp = self.session.qmp
        match request:
            case DeviceAdd(device):
                return self.device_add(device, _arguments(device, self.core))
            case DeviceDel(device_id):
                return reply_of(qmp("device_del", id=device_id))
            case SystemReset():
                self.reset()
                return Done()
            case Stop():
                return reply_of(qmp("stop"))
            case Cont():
                return reply_of(qmp("cont"))
            case QueryHotpluggableCpus():
                return QmpReturn(hotpluggable_cpus(self.ok("query-hotpluggable-cpus")))
            case QueryMemoryDevices():
                return QmpReturn(memory_devices(self.ok("query-memory-devices")))
            case QueryAcpiOspmStatus():
                return OspmStatusReturn(ospm_status(self.ok("query-acpi-ospm-status")))
            case ReadStatus(slot_type, slot):
                return SlotStatusReturn(self._status(slot_type, slot))
            case WriteControl(slot_type, slot, bits):
                self._select(slot_type, slot)
                self.session.qtest("outb", _STATUS[slot_type], bits & _BYTE)
                return Done()
            case ReportOst():
                self._report(request)
                return Done()
            case ClockStep():
                raise self.error("a q35 machine that is stopped has no time to step")

    def _select(self, slot_type: SlotType, slot: int) -> None:
        base = _CPUS if slot_type is SlotType.CPU else _DIMMS
        self.session.qtest("outl", base, slot & _WORD)

    def _status(self, slot_type: SlotType, slot: int) -> int:
        self._select(slot_type, slot)
        (word,) = self.session.qtest("inb", _STATUS[slot_type])
        return int(word, 16)

    def _report(self, report: ReportOst) -> None:
        self._select(report.slot_type, report.slot)
        event, status = report.event & _WORD, report.status & _WORD
        if report.slot_type is SlotType.DIMM:
            self.session.qtest("outl", _DIMM_OST_EVENT, event)
            self.session.qtest("outl", _DIMM_OST_STATUS, status)
            return
        for command, value in ((_SET_OST_EVENT, event), (_SET_OST_STATUS, status)):
            self.session.qtest("outb", _CPU_COMMAND, command)
            self.session.qtest("outl", _CPU_DATA, value)


_STATUS = {SlotType.CPU: _CPU_STATUS, SlotType.DIMM: _DIMM_STATUS}
"""Read: the status of the slot; written: its control."""


def _command_line(config: AcpiConfig) -> tuple[str, ...]:
    memory = f"{config.ram_mib}"
    if config.slots:
        memory += f",slots={config.slots},maxmem={config.maxmem_mib}M"
    return ("-smp", f"1,maxcpus={config.max_cpus}", "-m", memory)


def _arguments(device: Device, core: str) -> dict[str, object]:
    named: dict[str, object] = {} if device.id is None else {"id": device.id}
    match device:
        case CpuCore(core_id):
            place = {"socket-id": 0, "core-id": core_id, "thread-id": 0}
            return {"driver": core, **place, **named}
        case Dimm(addr=addr, slot=slot):
            more = {} if slot is None else {"slot": slot}
            return {"driver": "pc-dimm", "addr": addr, **more, **named}
    raise BackendError(f"{type(device).__name__} is no device of the kit's q35 machine")
