"""Requests of the operator and the guest to the machine: QMP commands and RTAS calls as values.

Source: QEMU's QAPI schema (qapi/qdev.json, qapi/machine.json); LoPAR 7.3 (RTAS calls); qtest's
clock_step.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = [
    "CheckException",
    "ClientArchitectureSupport",
    "ClockStep",
    "ConfigureConnector",
    "Cont",
    "CpuCore",
    "Device",
    "DeviceAdd",
    "DeviceDel",
    "Dimm",
    "EventScan",
    "GetSensorState",
    "Migrate",
    "Nvdimm",
    "PciFunction",
    "Phb",
    "QueryHotpluggableCpus",
    "QueryMemoryDevices",
    "QueryVersion",
    "RawRtas",
    "Request",
    "SetIndicator",
    "SharedRequest",
    "Stop",
    "SystemReset",
]


# Devices, as device_add names them.


@dataclass(frozen=True, slots=True)
class CpuCore:
    """A CPU core of one thread."""

    core_id: int
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Dimm:
    """A pc-dimm of ``size_mib`` MiB at guest address ``addr`` (0: wherever it fits first).

    ``slot`` is the memory slot; None takes the first free one.
    """

    size_mib: int
    addr: int = 0
    id: str | None = None
    slot: int | None = None


@dataclass(frozen=True, slots=True)
class Nvdimm:
    """An nvdimm, placed like a DIMM; its slot numbers its PMEM connector.  Never unplugged."""

    size_mib: int = 256
    addr: int = 0
    id: str | None = None
    slot: int | None = None


@dataclass(frozen=True, slots=True)
class Phb:
    """A PCI host bridge, spapr-pci-host-bridge, with its ``index``."""

    index: int
    id: str | None = None


@dataclass(frozen=True, slots=True)
class PciFunction:
    """One function of an e1000 at ``addr``, written "slot.function" in hexadecimal."""

    bus: str
    addr: str
    multifunction: bool = False
    id: str | None = None

    @property
    def devfn(self) -> int | None:
        """Slot << 3 | function; None for an address that QEMU does not take.

        >>> [PciFunction("pci.0", addr).devfn for addr in ("1f.7", "4", "20.0", "1_0")]
        [255, 32, None, None]
        """
        match = _PCI_ADDR.fullmatch(self.addr)
        if match is None:
            return None
        slot, function = int(match[1], 16), int(match[2] or "0", 16)
        return slot << 3 | function if 0 <= slot <= 31 and 0 <= function <= 7 else None


_PCI_ADDR = re.compile(r"\s*([+-]?(?:0[xX])?[0-9a-fA-F]+)(?:\.\s*([+-]?(?:0[xX])?[0-9a-fA-F]+))?")


Device = CpuCore | Dimm | Nvdimm | Phb | PciFunction


# QMP commands.


@dataclass(frozen=True, slots=True)
class DeviceAdd:
    """QMP device_add."""

    device: Device


@dataclass(frozen=True, slots=True)
class DeviceDel:
    """QMP device_del; ``id`` is a qdev id or a QOM path."""

    id: str


@dataclass(frozen=True, slots=True)
class SystemReset:
    """QMP system_reset."""


@dataclass(frozen=True, slots=True)
class Stop:
    """QMP stop: the VM and its clock stand still."""


@dataclass(frozen=True, slots=True)
class Cont:
    """QMP cont: the VM runs again."""


@dataclass(frozen=True, slots=True)
class QueryHotpluggableCpus:
    """QMP query-hotpluggable-cpus."""


@dataclass(frozen=True, slots=True)
class QueryMemoryDevices:
    """QMP query-memory-devices."""


@dataclass(frozen=True, slots=True)
class QueryVersion:
    """QMP query-version."""


@dataclass(frozen=True, slots=True)
class Migrate:
    """A migration to a new QEMU whose command line has ``cores`` (ids ``coreN``) and ``dimms``.

    With ``cores`` None the driver decides what is on that command line.  The guest's
    clock goes on, for its offset is in the stream; ``clock_ns`` is for a recorder under the qtest
    accelerator, whose destination counts for itself, from there on.
    """

    cores: tuple[int, ...] | None = ()
    dimms: tuple[Dimm, ...] = ()
    clock_ns: int | None = None


# What the guest calls.


@dataclass(frozen=True, slots=True)
class SetIndicator:
    """RTAS set-indicator: ``indicator`` 9001, 9002 or 9003, connector ``index``, new ``state``."""

    indicator: int
    index: int
    state: int


@dataclass(frozen=True, slots=True)
class GetSensorState:
    """RTAS get-sensor-state: ``sensor`` 9003 (dr-entity-sense), connector ``index``."""

    sensor: int
    index: int


@dataclass(frozen=True, slots=True)
class ConfigureConnector:
    """RTAS ibm,configure-connector, repeated until it answers 0 or an error, or ``calls`` times."""

    index: int
    calls: int | None = None


@dataclass(frozen=True, slots=True)
class CheckException:
    """RTAS check-exception for the event classes in ``mask``."""

    mask: int


@dataclass(frozen=True, slots=True)
class EventScan:
    """RTAS event-scan, which on QEMU never returns an event."""

    mask: int = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class RawRtas:
    """Any RTAS call by ``name``, with words ``args`` and room for ``nret`` words of answer."""

    name: str
    args: tuple[int, ...]
    nret: int


@dataclass(frozen=True, slots=True)
class ClientArchitectureSupport:
    """CAS: at boot, the kernel negotiates what it can do; ``hp_evt``: the hotplug event source."""

    hp_evt: bool = True


# Time.


@dataclass(frozen=True, slots=True)
class ClockStep:
    """Let ``ns`` nanoseconds of the guest's clock (QEMU_CLOCK_VIRTUAL) pass."""

    ns: int


SharedRequest = DeviceAdd | DeviceDel | SystemReset | Stop | Cont | ClockStep
"""What every machine takes."""

Request = (
    SharedRequest
    | QueryHotpluggableCpus
    | QueryMemoryDevices
    | QueryVersion
    | Migrate
    | SetIndicator
    | GetSensorState
    | ConfigureConnector
    | CheckException
    | EventScan
    | RawRtas
    | ClientArchitectureSupport
)
