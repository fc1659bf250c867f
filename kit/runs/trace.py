"""A trace: who told whom what, and when, as it was observed in one run.

Messages are the machine's own values (`kit.machine.requests`, `kit.machine.events`) and what a
guest kernel writes in its log.  Messages carry no time; the entry does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any

from kit.machine.events import (
    Aborted,
    ConnectorReturn,
    DeviceDeleted,
    DeviceUnplugGuestError,
    Done,
    Emitted,
    ErrorReport,
    ExceptionReturn,
    HotplugEvent,
    MemUnplugError,
    QmpError,
    QmpReturn,
    RawReturn,
    Reply,
    SensorReturn,
    StatusReturn,
    Stepped,
    UnplugTimeout,
)
from kit.machine.requests import (
    CheckException,
    ClientArchitectureSupport,
    ClockStep,
    ConfigureConnector,
    DeviceAdd,
    DeviceDel,
    EventScan,
    GetSensorState,
    Migrate,
    QueryHotpluggableCpus,
    QueryMemoryDevices,
    QueryVersion,
    RawRtas,
    Request,
    SetIndicator,
    SystemReset,
)

__all__ = ["Actor", "GuestLog", "Message", "Trace", "TraceEntry", "entry_json", "first_difference"]


class Actor(Enum):
    """A party of the exchange."""

    OPERATOR = "operator"
    QEMU = "qemu"
    GUEST = "guest"


@dataclass(frozen=True, slots=True)
class GuestLog:
    """A line in the guest kernel's log."""

    text: str


Message = Request | Reply | Emitted | GuestLog


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceEntry:
    """Who told whom what, and when.  ``src`` equal to ``dst``: nobody else was told."""

    seq: int
    at_ns: int
    src: Actor
    dst: Actor
    message: Message


Trace = tuple[TraceEntry, ...]


def first_difference(before: Trace, after: Trace) -> tuple[int | None, int | None]:
    """Return the seq of the first entry that the other trace has not got at its place, in each.

    A trace that is the beginning of the other one has None; equal traces are (None, None).
    """
    for ours, theirs in zip(before, after, strict=False):
        if ours != theirs:
            return ours.seq, theirs.seq
    common = min(len(before), len(after))
    return (
        before[common].seq if len(before) > common else None,
        after[common].seq if len(after) > common else None,
    )


WIRE_NAMES: Mapping[type[Any], str] = {
    DeviceAdd: "device_add",
    DeviceDel: "device_del",
    SystemReset: "system_reset",
    QueryHotpluggableCpus: "query-hotpluggable-cpus",
    QueryMemoryDevices: "query-memory-devices",
    QueryVersion: "query-version",
    Migrate: "migrate",
    SetIndicator: "set-indicator",
    GetSensorState: "get-sensor-state",
    ConfigureConnector: "ibm,configure-connector",
    CheckException: "check-exception",
    EventScan: "event-scan",
    RawRtas: "rtas",
    ClientArchitectureSupport: "client-architecture-support",
    ClockStep: "clock_step",
    QmpReturn: "return",
    QmpError: "error",
    StatusReturn: "status",
    SensorReturn: "status",
    ConnectorReturn: "status",
    ExceptionReturn: "status",
    RawReturn: "rets",
    Stepped: "now",
    Done: "done",
    Aborted: "aborted",
    DeviceDeleted: "DEVICE_DELETED",
    MemUnplugError: "MEM_UNPLUG_ERROR",
    DeviceUnplugGuestError: "DEVICE_UNPLUG_GUEST_ERROR",
    HotplugEvent: "hotplug-event",
    ErrorReport: "error_report",
    UnplugTimeout: "unplug-timeout",
    GuestLog: "guest-log",
}
"""How each message is called on its wire, or in QEMU's source where it never leaves QEMU."""


def entry_json(entry: TraceEntry) -> dict[str, Any]:
    """Write an entry as JSON: seq, at_ns, src, dst, type, and the message's own fields."""
    own = _fields(entry.message)
    if "type" in own:  # of a hotplug event: what it is about
        own["resource"] = own.pop("type")
    return {
        "seq": entry.seq,
        "at_ns": entry.at_ns,
        "src": entry.src.value,
        "dst": entry.dst.value,
        "type": WIRE_NAMES[type(entry.message)],
        **own,
    }


def _fields(value: object) -> dict[str, Any]:
    assert is_dataclass(value)
    return {field.name: _json(getattr(value, field.name)) for field in fields(value)}


def _json(value: object) -> object:
    if isinstance(value, Enum):
        return value.name
    if is_dataclass(value):
        return _fields(value)
    if isinstance(value, tuple):
        return [_json(item) for item in value]
    return value
