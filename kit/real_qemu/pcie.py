"""A real q35 machine with root ports, with the interface of the embedded one.

No guest runs in it: the driver reads and writes the configuration space of ports and devices over
qtest, by the ports 0xcf8 and 0xcfc, as the recorder did.  With the accelerator qtest clock_step
moves the guest's clock; under TCG the machine is stopped, and its clock stands at 0.

Source: PCI Local Bus Specification 3.0, 3.2.2.3.2 (the two ports) and 6.7 (the capabilities); QEMU
hw/pci-bridge/gen_pcie_root_port.c, docs/specs/acpi_pci_hotplug.rst.
"""

from __future__ import annotations

import re
from dataclasses import replace

from kit.machine import requests
from kit.machine.events import DeviceDeleted, Done, VmResume, VmStop
from kit.machine.pcie import messages as pcie
from kit.machine.pcie.function import DRIVERS, PcieFunction
from kit.machine.pcie.machine import PcieConfig, PortConfig
from kit.machine.pcie.messages import AcpiRegister
from kit.machine.pcie.registers import CAPABILITY, LINK_ACTIVE, Register
from kit.real_qemu.channel.failures import BackendError, QemuGone
from kit.real_qemu.channel.wire import QmpEvent
from kit.real_qemu.launch import Binary
from kit.real_qemu.real import RealMachine, Usual

__all__ = ["RealPcie"]

_ADDRESS, _DATA = 0xCF8, 0xCFC
_ENABLE = 0x80000000
_STATUS, _INTX = 6, 8  # a register of every function, and its bit for the line
_SECONDARY, _SUBORDINATE = 0x19, 0x1A
_NOBODY = 0xFFFF  # the vendor of a function that does not answer
_FUNCTIONS = 8
_LETTERS = {1: "b", 2: "w", 4: "l"}
_ACPI = 0x0CC0
_PEER_OFF = "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"
_PEER_SINCE = (6, 1, 0)
_REFUSED = re.compile(r"Bad config data: i=0x([0-9a-f]+) read: ([0-9a-f]+) device: ([0-9a-f]+)")


class RealPcie(RealMachine):
    """A q35 machine with root ports in a QEMU process."""

    def __init__(self, binary: Binary, config: PcieConfig) -> None:
        self.config = config
        self._slots = {port.name: port.slot for port in config.ports}
        super().__init__(binary, _command_line(binary, config))

    def ask(self, request: pcie.PcieRequest) -> pcie.PcieOutcome:
        """Carry out one request; return reply and events; BackendError if the binary cannot."""
        reply = self.carry_out(lambda: self._reply(request))
        return pcie.PcieOutcome(reply, self._emitted())

    def _emitted(self) -> tuple[pcie.PcieEmitted, ...]:
        found = (_event(event) for event in self.session.events)
        return tuple(event for event in found if event is not None)

    def _reply(self, request: pcie.PcieRequest) -> pcie.PcieReply:
        if isinstance(request, Usual):
            return self.usual(request)
        match request:
            case requests.DeviceAdd(PcieFunction() as device):
                return self.device_add(device, _arguments(device))
            case requests.ClockStep(ns):
                return self.clock_step(ns)
            case pcie.QueryDevices():
                return self._device_ids()
            case pcie.AcpiAccess(register, value):
                return self._acpi(register, value)
            case requests.Migrate():
                return self._migrate(self._functions(), self.now_ns)
            case pcie.MigratePorts(devices, clock_ns):
                wanted = self._functions() if devices is None else devices
                return self._migrate(wanted, clock_ns or 0)
            case requests.DeviceAdd(device):
                raise self.error(f"{type(device).__name__} is not a device of the kit's ports")
        return self._guest(request)

    def _guest(self, request: pcie.PcieRequest) -> pcie.PcieReply:
        """Carry out what a guest does: read and write configuration space."""
        match request:
            case pcie.ReadRegister(port, register):
                return pcie.RegisterValue(self._register(port, register))
            case pcie.WriteRegister(port, register, value, at, size):
                offset = CAPABILITY + register.offset + at
                self._write(0, self._devfn(port), offset, size or register.width, value)
                return Done()
            case pcie.ModifyRegister(port, register, bits, clear):
                value = self._register(port, register) & ~clear | bits
                place = CAPABILITY + register.offset
                self._write(0, self._devfn(port), place, register.width, value)
                return pcie.RegisterValue(value)
            case pcie.SetBus(port, bus):
                self._write(0, self._devfn(port), _SECONDARY, 1, bus)
                self._write(0, self._devfn(port), _SUBORDINATE, 1, bus)
                return Done()
            case pcie.Look(port):
                return self._look(port)
            case pcie.DeviceConfig(bus, function, offset, size, None):
                return pcie.RegisterValue(self._read(bus, function, offset, size))
            case pcie.DeviceConfig(bus, function, offset, size, int(value)):
                self._write(bus, function, offset, size, value)
                return Done()
        raise self.error(f"the kit has no {type(request).__name__} for its real ports")

    def _device_ids(self) -> pcie.DeviceIds:
        names = (
            str(found["name"])
            for found in self.ok("qom-list", path="/machine/peripheral")
            if str(found["type"]).startswith("child<")
        )
        return pcie.DeviceIds(tuple(sorted(name for name in names if name not in self._slots)))

    def _acpi(self, register: AcpiRegister, value: int | None) -> pcie.PcieReply:
        place = _ACPI + register.value
        if value is None:
            return pcie.RegisterValue(int(self.session.qtest("inl", place)[0], 16))
        self.session.qtest("outl", place, value & 0xFFFFFFFF)
        return Done()

    def _functions(self) -> tuple[PcieFunction, ...]:
        """Return the devices behind the ports, each at the address that it has."""
        return tuple(map(self._function, self._device_ids().ids))

    def _function(self, name: str) -> PcieFunction:
        def property_of(key: str) -> str:
            return str(self.ok("qom-get", path=f"/machine/peripheral/{name}", property=key))

        driver, devfn = property_of("type"), int(property_of("addr"))
        kind = next((kind for kind, known in DRIVERS.items() if known == driver), None)
        if kind is None:
            raise self.error(f"{name} is a {driver}, which is not a device of the kit's ports")
        return PcieFunction(
            bus=property_of("parent_bus").rpartition("/")[2],
            addr=f"{devfn >> 3:x}.{devfn & 7}",
            multifunction=property_of("multifunction") == "True",
            id=name,
            kind=kind,
        )

    def _migrate(self, devices: tuple[PcieFunction, ...], clock_ns: int) -> pcie.PcieReply:
        """Migrate to another process; a clock that nobody steps is sent by QEMU itself."""
        config = replace(self.config, devices=devices)
        said = ""
        try:
            with self.destination(_command_line(self.binary, config)) as there:
                if self.binary.steps_time and clock_ns:
                    there.qtest("clock_set", str(clock_ns))
                try:
                    self.send_to(there)
                    self.wait_for(there, "query-status", ("running", "paused", "prelaunch"), ())
                except QemuGone:
                    said = there.output()
                    raise
        except QemuGone as gone:
            refused = _REFUSED.search(said)  # the byte that the destination refused
            if refused is None:
                raise self.error(f"the migration fails: {gone}") from None
            return pcie.MigrationFailed(*(int(found, 16) for found in refused.groups()))
        self.now_ns = clock_ns
        self.look()
        return Done()

    def _devfn(self, port: str) -> int:
        if port not in self._slots:
            raise self.error(f"has no port {port}")
        return self._slots[port] << 3

    def _register(self, port: str, register: Register) -> int:
        return self._read(0, self._devfn(port), CAPABILITY + register.offset, register.width)

    def _select(self, bus: int, devfn: int, offset: int) -> int:
        """Choose a place in configuration space; return the port at which its data are."""
        self.session.qtest("outl", _ADDRESS, _ENABLE | bus << 16 | devfn << 8 | offset & ~3)
        return _DATA + (offset & 3)

    def _read(self, bus: int, devfn: int, offset: int, size: int) -> int:
        place = self._select(bus, devfn, offset)
        return int(self.session.qtest(f"in{_LETTERS[size]}", place)[0], 16)

    def _write(self, bus: int, devfn: int, offset: int, size: int, value: int) -> None:
        place = self._select(bus, devfn, offset)
        self.session.qtest(f"out{_LETTERS[size]}", place, value & ((1 << 8 * size) - 1))

    def _look(self, port: str) -> pcie.Looked:
        devfn = self._devfn(port)
        bus = self._read(0, devfn, _SECONDARY, 1)
        seen = (n for n in range(_FUNCTIONS) if bus and self._read(bus, n, 0, 2) != _NOBODY)
        visible = tuple(seen)
        return pcie.Looked(
            sltctl=self._register(port, Register.SLTCTL),
            sltsta=self._register(port, Register.SLTSTA),
            link=bool(self._register(port, Register.LNKSTA) & LINK_ACTIVE),
            intx=bool(self._read(0, devfn, _STATUS, 2) & _INTX),
            visible=visible if bus else None,
        )


def _event(event: QmpEvent) -> pcie.PcieEmitted | None:
    match event.name:
        case "DEVICE_DELETED" if event.data.get("device") is not None:
            return DeviceDeleted(path=str(event.data["path"]), device=str(event.data["device"]))
        case "STOP":
            return VmStop()
        case "RESUME":
            return VmResume()
    return None


def _command_line(binary: Binary, config: PcieConfig) -> tuple[str, ...]:
    words = ["-smp", "1", "-m", "64"]
    if not config.acpi and binary.version >= _PEER_SINCE:
        words += ["-global", _PEER_OFF]
    for port in config.ports:
        words += ["-device", _port_words(port)]
    for device in config.devices:
        given = {n: "on" if v is True else v for n, v in _arguments(device).items()}
        named = (f"{name}={value}" for name, value in given.items())
        words += ["-device", ",".join(named).removeprefix("driver=")]
    return tuple(words)


def _port_words(port: PortConfig) -> str:
    words = f"pcie-root-port,id={port.name},bus=pcie.0,addr={port.slot:x}.0"
    words += f",chassis={port.slot},slot={port.slot}"
    words += "" if port.power_controller else ",power_controller_present=off"
    return words + ("" if port.hotplug else ",hotplug=off")


def _arguments(device: requests.Device) -> dict[str, object]:
    if not isinstance(device, PcieFunction):
        raise BackendError(f"{type(device).__name__} is not a device of the kit's ports")
    found: dict[str, object] = {"driver": DRIVERS[device.kind], "bus": device.bus}
    if device.id is not None:
        found["id"] = device.id
    if device.addr:
        found["addr"] = device.addr
    if device.multifunction:
        found["multifunction"] = True
    return found
