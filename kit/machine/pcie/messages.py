"""The messages that only a machine with PCI Express ports has.

The guest reads and writes the configuration space of ports and devices; with ACPI's hot-plug it
uses I/O ports.  The messages of all machines are in `requests` and `events`.

Source: PCI Express Base Specification 6.7.3 and 7.5.3; QEMU docs/specs/acpi_pci_hotplug.rst.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from kit.common.json_fields import Json
from kit.common.value_json import value_json
from kit.machine.events import SharedEmitted, SharedReply
from kit.machine.pcie.function import PcieFunction
from kit.machine.pcie.registers import Register
from kit.machine.requests import Migrate, SharedRequest

__all__ = ["AcpiAccess", "AcpiRegister", "DeviceConfig", "HotplugInterrupt", "Look", "Looked"]
__all__ += ["MigratePorts", "MigrationFailed", "ModifyRegister", "PcieEmitted", "PcieOutcome"]
__all__ += [
    "PcieReply",
    "PcieRequest",
    "QueryDevices",
    "ReadRegister",
    "RegisterValue",
    "SciRaised",
]
__all__ += ["DeviceIds", "SetBus", "WriteRegister"]


class AcpiRegister(Enum):
    """A register of ACPI's PCI hot-plug; the value is the offset from I/O port 0xcc0."""

    UP = 0
    DOWN = 4
    EJECT = 8
    REMOVE = 12
    SELECT = 16


# Requests.


@dataclass(frozen=True, slots=True)
class ReadRegister:
    """The guest reads a register of a port."""

    port: str
    register: Register


@dataclass(frozen=True, slots=True)
class WriteRegister:
    """The guest writes a register of a port: ``size`` bytes, ``at`` bytes from its start.

    ``size`` None stands for the width of the register.
    """

    port: str
    register: Register
    value: int
    at: int = 0
    size: int | None = None


@dataclass(frozen=True, slots=True)
class ModifyRegister:
    """The guest reads a register, clears and sets bits, and writes it back."""

    port: str
    register: Register
    set: int
    clear: int


@dataclass(frozen=True, slots=True)
class SetBus:
    """Firmware gives the bus behind a port its number."""

    port: str
    bus: int


@dataclass(frozen=True, slots=True)
class Look:
    """Look at a port: its slot registers, link and line, and which functions answer."""

    port: str


@dataclass(frozen=True, slots=True)
class DeviceConfig:
    """The guest reads a device's configuration space, or writes it where ``value`` is given."""

    bus: int
    function: int
    offset: int
    size: int
    value: int | None = None


@dataclass(frozen=True, slots=True)
class QueryDevices:
    """Ask QEMU which devices it has, ports left out (qom-list /machine/peripheral)."""


@dataclass(frozen=True, slots=True)
class AcpiAccess:
    """The guest reads a register of ACPI's PCI hot-plug, or writes it where ``value`` is given."""

    register: AcpiRegister
    value: int | None = None


@dataclass(frozen=True, slots=True)
class MigratePorts:
    """Migrate to a QEMU with these ``devices``; None: with those that the source has.

    The guest's clock goes on, or is at ``clock_ns`` on the destination.
    """

    devices: tuple[PcieFunction, ...] | None = None
    clock_ns: int | None = None


PcieRequest = (
    SharedRequest
    | Migrate
    | ReadRegister
    | WriteRegister
    | ModifyRegister
    | SetBus
    | Look
    | DeviceConfig
    | QueryDevices
    | AcpiAccess
    | MigratePorts
)


# Replies.


class _Recorded:
    """A reply that only this machine has."""

    __slots__ = ()

    @property
    def recorded(self) -> Json:
        """The reply as recordings write it: its fields by their names."""
        return value_json(self)


@dataclass(frozen=True, slots=True)
class RegisterValue(_Recorded):
    """The value of a register, read, or written by `ModifyRegister`."""

    value: int


@dataclass(frozen=True, slots=True)
class Looked(_Recorded):
    """What `Look` saw; ``visible`` is None while the bus has no number."""

    sltctl: int
    sltsta: int
    link: bool
    intx: bool
    visible: tuple[int, ...] | None

    @property
    def recorded(self) -> Json:
        """The reply as recordings write it, with 0 and 1 for link and line."""
        return {**value_json(self), "link": int(self.link), "intx": int(self.intx)}


@dataclass(frozen=True, slots=True)
class DeviceIds(_Recorded):
    """The ids of the devices, sorted."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MigrationFailed(_Recorded):
    """The destination refuses a byte of a port's configuration space; the source goes on."""

    offset: int
    source: int
    destination: int

    @property
    def recorded(self) -> Json:
        """The failure as recordings write it, in place of a reply."""
        return {"failed": value_json(self)}


PcieReply = SharedReply | RegisterValue | Looked | DeviceIds | MigrationFailed


# What QEMU sends unasked.


@dataclass(frozen=True, slots=True)
class HotplugInterrupt:
    """A port interrupts the guest, which then reads Slot Status to learn why."""

    port: str


@dataclass(frozen=True, slots=True)
class SciRaised:
    """ACPI's general-purpose event: the guest looks at the registers `AcpiRegister`."""


PcieEmitted = SharedEmitted | HotplugInterrupt | SciRaised


@dataclass(frozen=True, slots=True)
class PcieOutcome:
    """The reply to a request, and what QEMU emitted, in order."""

    reply: PcieReply
    emitted: tuple[PcieEmitted, ...] = ()
