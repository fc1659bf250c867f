"""The messages that only a machine with ACPI hotplug registers has.

The guest's side is reads and writes of I/O ports; one value stands for selecting a slot and
accessing its register.  The messages of both machines are in `requests` and `events`.

Source: QEMU docs/specs/acpi_cpu_hotplug.rst, docs/specs/acpi_mem_hotplug.rst, qapi/acpi.json.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from kit.machine.events import SharedEmitted, SharedReply
from kit.machine.requests import QueryHotpluggableCpus, QueryMemoryDevices, SharedRequest

__all__ = [
    "CLEAR_INSERT_EVENT",
    "CLEAR_REMOVE_EVENT",
    "EJECT",
    "EJECT_BY_FIRMWARE",
    "EJECT_REQUEST",
    "ENABLED",
    "FIRMWARE_EJECT",
    "INSERT_EVENT",
    "OSPM_EJECT",
    "OST_DEVICE_BUSY",
    "OST_FAILURE",
    "OST_IN_PROGRESS",
    "REMOVE_EVENT",
    "AcpiDeviceOst",
    "AcpiEmitted",
    "AcpiOutcome",
    "AcpiReply",
    "AcpiRequest",
    "GpeRaised",
    "OspmStatusReturn",
    "OstInfo",
    "QueryAcpiOspmStatus",
    "ReadStatus",
    "ReportOst",
    "SlotStatusReturn",
    "SlotType",
    "WriteControl",
]

ENABLED = 0x01  # status: the slot holds a device
INSERT_EVENT = 0x02  # status: a device came, and the guest has not noted it yet
REMOVE_EVENT = 0x04  # status: QEMU asks the guest to eject, and the guest has not noted it yet
FIRMWARE_EJECT = 0x10  # status: the guest left the ejection to its firmware (CPUs only)

CLEAR_INSERT_EVENT = 0x02  # control: the insert event is noted
CLEAR_REMOVE_EVENT = 0x04  # control: the remove event is noted
EJECT = 0x08  # control: take the device out
EJECT_BY_FIRMWARE = 0x10  # control: leave the ejection to the firmware (CPUs only)

EJECT_REQUEST = 0x003  # _OST event: the answer to a remove event of QEMU
OSPM_EJECT = 0x103  # _OST event: the guest ejects the device on its own

OST_FAILURE = 0x01  # _OST status: it failed, and no reason is given
OST_DEVICE_BUSY = 0x82  # _OST status of an ejection: the device is busy, and stays
OST_IN_PROGRESS = 0x84  # _OST status of an ejection: in progress


class SlotType(Enum):
    """Which registers a slot belongs to; value as QMP writes it."""

    CPU = "CPU"
    DIMM = "DIMM"


@dataclass(frozen=True, slots=True)
class OstInfo:
    """ACPIOSTInfo: the event (``source``) and status of the last _OST of a slot.

    ``device`` is the id of what the slot holds now, None without one.
    """

    slot_type: SlotType
    slot: int
    source: int
    status: int
    device: str | None = None

    @property
    def refused(self) -> bool:
        """Does it say that the device stays?  libvirt looks for the same codes."""
        ejection = self.source in (EJECT_REQUEST, OSPM_EJECT)
        return ejection and self.status in (OST_FAILURE, *range(0x80, OST_IN_PROGRESS))


# Requests.


@dataclass(frozen=True, slots=True)
class QueryAcpiOspmStatus:
    """QMP query-acpi-ospm-status."""


@dataclass(frozen=True, slots=True)
class ReadStatus:
    """The guest reads the status register of a slot."""

    slot_type: SlotType
    slot: int


@dataclass(frozen=True, slots=True)
class WriteControl:
    """The guest writes the control register of a slot."""

    slot_type: SlotType
    slot: int
    bits: int


@dataclass(frozen=True, slots=True)
class ReportOst:
    """The guest evaluates _OST for a slot: ``event`` 3 is an ejection, ``status`` 0 success."""

    slot_type: SlotType
    slot: int
    event: int
    status: int


AcpiRequest = (
    SharedRequest
    | QueryHotpluggableCpus
    | QueryMemoryDevices
    | QueryAcpiOspmStatus
    | ReadStatus
    | WriteControl
    | ReportOst
)


# Replies.


@dataclass(frozen=True, slots=True)
class SlotStatusReturn:
    """The value of a slot's status register."""

    bits: int


@dataclass(frozen=True, slots=True)
class OspmStatusReturn:
    """The answer to query-acpi-ospm-status: every slot, DIMMs first."""

    slots: tuple[OstInfo, ...]


AcpiReply = SharedReply | OspmStatusReturn | SlotStatusReturn


# What QEMU sends unasked.


@dataclass(frozen=True, slots=True)
class AcpiDeviceOst:
    """QMP ACPI_DEVICE_OST: the guest reported on a slot (since 2.1)."""

    info: OstInfo


@dataclass(frozen=True, slots=True)
class GpeRaised:
    """QEMU raises the general-purpose event of CPUs or DIMMs, so that the guest reads their slots.

    Like a `HotplugEvent` on pseries, it is for the guest and is not a QMP event.
    """

    slot_type: SlotType


AcpiEmitted = SharedEmitted | AcpiDeviceOst | GpeRaised


@dataclass(frozen=True, slots=True)
class AcpiOutcome:
    """The reply to a request, and what QEMU emitted, in order."""

    reply: AcpiReply
    emitted: tuple[AcpiEmitted, ...] = ()
