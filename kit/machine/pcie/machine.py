"""The parts of a q35 machine with root ports: its command line, its ports, its clock.

Source: QEMU hw/pci-bridge/gen_pcie_root_port.c, hw/acpi/pcihp.c, hw/core/qdev.c
(pending_deleted_event, pending_deleted_expires_ms).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from kit.machine.clock import NS_PER_MS
from kit.machine.events import Abort
from kit.machine.pcie.function import DRIVERS, PcieFunction
from kit.machine.pcie.messages import PcieEmitted, PcieReply
from kit.machine.pcie.port import Port, Slotted
from kit.machine.pseries.machine import Plugged

__all__ = ["RECORDED", "AcpiSlots", "Handled", "PcieConfig", "PcieMachine", "PortConfig"]
__all__ += ["function_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PortConfig:
    """A ``-device pcie-root-port``; ``chassis`` and ``slot`` are its device number on pcie.0."""

    name: str
    slot: int
    power_controller: bool = True
    hotplug: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PcieConfig:
    """The command line: ``-machine q35`` with ports, and the devices that are there at the start.

    ``acpi``: QEMU's default since 6.1, hot-plug by ACPI; else by the ports
    (``-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off``).
    """

    ports: tuple[PortConfig, ...] = (PortConfig(name="rp0", slot=1), PortConfig(name="rp1", slot=2))
    devices: tuple[PcieFunction, ...] = ()
    acpi: bool = False


RECORDED = PcieConfig(
    ports=(
        PortConfig(name="rp0", slot=1),
        PortConfig(name="rp1", slot=2),
        PortConfig(name="rp2", slot=3, power_controller=False),
        PortConfig(name="rp3", slot=4, hotplug=False),
    ),
    devices=(PcieFunction("rp1", id="c1", kind="rng"), PcieFunction("rp3", id="c3", kind="rng")),
)
"""The command line of the recordings."""


@dataclass(frozen=True, slots=True)
class AcpiSlots:
    """ACPI's registers of one bus: a bit for each slot."""

    up: int = 0
    down: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PcieMachine:
    """A q35 machine at one moment.

    ``now_ns`` is the guest's clock; if ``running`` is False, the VM and its clock stand still.
    ``acpi`` are ACPI's registers by number of the bus, ``selected`` is the number in use.
    """

    config: PcieConfig
    patches: frozenset[Enum]
    ports: tuple[Port, ...]
    now_ns: int = 0
    running: bool = True
    aborted: Abort | None = None
    acpi: tuple[AcpiSlots, ...] = ()
    selected: int = 0

    @property
    def now_ms(self) -> int:
        """The guest's clock in whole milliseconds, as QEMU compares it."""
        return self.now_ns // NS_PER_MS

    @property
    def plugged(self) -> tuple[Plugged, ...]:
        """The devices behind the ports, by port and address."""
        return tuple(
            Plugged(function_of(port, one), f"/machine/peripheral/{one.id}")
            for port in self.ports
            for one in port.devices
        )

    def port(self, name: str) -> Port | None:
        """Return the port called *name*."""
        return next((port for port in self.ports if port.name == name), None)

    def find(self, device: str) -> tuple[Port, Slotted] | None:
        """Return the device with an id, and its port."""
        found = ((p, one) for p in self.ports for one in p.devices if one.id == device)
        return next(found, None)

    def with_port(self, port: Port) -> PcieMachine:
        """Return the machine with *port* in place of the one of its name."""
        ports = tuple(port if one.name == port.name else one for one in self.ports)
        return replace(self, ports=ports)


Handled = tuple[PcieMachine, PcieReply, tuple[PcieEmitted, ...]]
"""The machine after a request, its reply, and what QEMU emitted."""


def function_of(port: Port, device: Slotted) -> PcieFunction:
    """Return a device as device_add would name it, with its address."""
    kind = next(kind for kind, driver in DRIVERS.items() if driver == device.driver)
    addr = f"{device.devfn >> 3:x}.{device.devfn & 7}"
    return PcieFunction(port.name, addr, device.multifunction, device.id, kind)
