"""The machine's answers and what it sends unasked: replies, QMP events, hotplug event log.

Every message is a frozen value named as on its wire.  Messages carry no time; the entry of a trace
does.

Source: QEMU's QAPI schema (qapi/qdev.json, qapi/machine.json); LoPAR 10.2 (event logs); QEMU
hw/ppc/spapr_events.c.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = [
    "Abort",
    "Aborted",
    "ConnectorReturn",
    "DeviceDeleted",
    "DeviceNotDeleted",
    "DeviceUnplugGuestError",
    "Done",
    "Emitted",
    "ErrorReport",
    "ExceptionReturn",
    "HotplugAction",
    "HotplugEvent",
    "HotplugIdentifier",
    "HotplugType",
    "HotpluggableCpu",
    "MemUnplugError",
    "MemoryDevice",
    "Outcome",
    "QemuVersion",
    "QmpError",
    "QmpReturn",
    "RawReturn",
    "Reply",
    "SensorReturn",
    "SharedEmitted",
    "SharedReply",
    "StatusReturn",
    "Stepped",
    "UnplugTimeout",
    "VmResume",
    "VmStop",
]


# The hotplug event log.


class HotplugType(Enum):
    """The kind of connector in an entry of the hotplug event log; value as on the wire."""

    CPU = 1
    MEMORY = 2
    PHB = 4
    PCI = 5
    PMEM = 6


class HotplugAction(Enum):
    """What QEMU asks the guest to do; value as on the wire."""

    ADD = 1
    REMOVE = 2


class HotplugIdentifier(Enum):
    """How an entry names its connectors; value as on the wire."""

    DRC_INDEX = 2
    DRC_COUNT = 3
    DRC_COUNT_INDEXED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class HotplugEvent:
    """QEMU asks the guest to add or to remove; it waits in a queue for check-exception."""

    type: HotplugType
    action: HotplugAction
    identifier: HotplugIdentifier
    index: int | None
    count: int | None = None


# Replies.


@dataclass(frozen=True, slots=True)
class HotpluggableCpu:
    """One slot of query-hotpluggable-cpus; ``qom_path`` is None while it is empty."""

    core_id: int
    qom_path: str | None


@dataclass(frozen=True, slots=True)
class MemoryDevice:
    """One entry of query-memory-devices: address in bytes, size in MiB."""

    id: str | None
    addr: int
    size_mib: int


@dataclass(frozen=True, slots=True)
class QemuVersion:
    """The answer to query-version."""

    major: int
    minor: int
    micro: int


@dataclass(frozen=True, slots=True)
class QmpReturn:
    """A QMP command succeeded; ``value`` is None for the empty object."""

    value: tuple[HotpluggableCpu, ...] | tuple[MemoryDevice, ...] | QemuVersion | None = None


@dataclass(frozen=True, slots=True)
class QmpError:
    """A QMP command failed: QEMU's error class and text."""

    error_class: str
    desc: str


@dataclass(frozen=True, slots=True)
class StatusReturn:
    """An RTAS call's status word."""

    status: int


@dataclass(frozen=True, slots=True)
class SensorReturn:
    """get-sensor-state's status and sensor words."""

    status: int
    state: int


@dataclass(frozen=True, slots=True)
class ConnectorReturn:
    """The last status of a repeated configure-connector, and how many calls were made."""

    status: int
    calls: int


@dataclass(frozen=True, slots=True)
class ExceptionReturn:
    """check-exception's status, and the event it took from the queue, if any."""

    status: int
    event: HotplugEvent | None = None


@dataclass(frozen=True, slots=True)
class RawReturn:
    """All words that answer a raw RTAS call."""

    rets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stepped:
    """The guest's clock after a step, in ns."""

    now_ns: int


@dataclass(frozen=True, slots=True)
class Done:
    """A reset, a CAS or a migration took place; there is nothing to answer."""


@dataclass(frozen=True, slots=True)
class Abort:
    """QEMU hit an assertion: source file, function and the condition that did not hold.

    ``assertion`` is None for a crash without one: a segmentation fault.
    """

    file: str
    function: str
    assertion: str | None


@dataclass(frozen=True, slots=True)
class Aborted:
    """QEMU is gone: it aborted, now or before this request."""

    abort: Abort


SharedReply = QmpReturn | QmpError | Stepped | Done | Aborted
"""What every machine answers."""

Reply = SharedReply | StatusReturn | SensorReturn | ConnectorReturn | ExceptionReturn | RawReturn


# What QEMU sends unasked.


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceDeleted:
    """QMP DEVICE_DELETED: QEMU has released the device (QAPI, since 1.5)."""

    path: str
    device: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemUnplugError:
    """QMP MEM_UNPLUG_ERROR: the guest refuses to release a DIMM (2.4; deprecated since 6.2)."""

    device: str
    msg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceUnplugGuestError:
    """QMP DEVICE_UNPLUG_GUEST_ERROR: the guest refused an unplug (since 6.2)."""

    path: str
    device: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceNotDeleted:
    """DEVICE_NOT_DELETED, proposed in March 2021 and never merged: QEMU stops waiting."""

    path: str
    device: str | None = None


@dataclass(frozen=True, slots=True)
class VmStop:
    """QMP STOP: the VM stands still, and with it the guest's clock."""


@dataclass(frozen=True, slots=True)
class VmResume:
    """QMP RESUME: the VM goes on."""


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """A line in QEMU's own log, which no management layer reads."""

    text: str


@dataclass(frozen=True, slots=True)
class UnplugTimeout:
    """QEMU's timer fires: it drops the request on connector ``index``.

    ``silent``: it sends no event; with the proposed patch it does.
    """

    index: int
    silent: bool = True


SharedEmitted = DeviceDeleted | VmStop | VmResume
"""What every machine emits."""

Emitted = (
    SharedEmitted
    | MemUnplugError
    | DeviceUnplugGuestError
    | DeviceNotDeleted
    | ErrorReport
    | UnplugTimeout
    | HotplugEvent
)
"""What QEMU emits beside a reply; it raises an interrupt for an entry of the hotplug event log."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The reply to a request, and what QEMU emitted, in order."""

    reply: Reply
    emitted: tuple[Emitted, ...] = ()
