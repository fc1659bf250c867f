"""A trace: who told whom what, and when, as it was observed in one run.

Messages are the machine's own values (`kit.machine.requests`, `kit.machine.events`) and those of
the actors (`kit.actors.messages`).  Messages carry no time; the entry does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any

from kit.actors.messages import (
    Actor,
    ApiError,
    ApiSuccess,
    CpuOnline,
    Decide,
    DetachDevice,
    DeviceRemovalFailed,
    DeviceRemoved,
    DeviceTree,
    Dlpar,
    DomainReset,
    DomainResume,
    DomainSuspend,
    GuestLog,
    Hang,
    Message,
    MigrateDomain,
    MonitorClosed,
    Overcommit,
    Pin,
    RtasByHand,
    SetVcpus,
)
from kit.machine.events import (
    Aborted,
    ConnectorReturn,
    DeviceDeleted,
    DeviceNotDeleted,
    DeviceUnplugGuestError,
    Done,
    ErrorReport,
    ExceptionReturn,
    HotplugEvent,
    MemUnplugError,
    QmpError,
    QmpReturn,
    RawReturn,
    SensorReturn,
    StatusReturn,
    Stepped,
    UnplugTimeout,
    VmResume,
    VmStop,
)
from kit.machine.q35.messages import (
    AcpiDeviceOst,
    GpeRaised,
    OspmStatusReturn,
    QueryAcpiOspmStatus,
    ReadStatus,
    ReportOst,
    SlotStatusReturn,
    WriteControl,
)
from kit.machine.requests import (
    CheckException,
    ClientArchitectureSupport,
    ClockStep,
    ConfigureConnector,
    Cont,
    DeviceAdd,
    DeviceDel,
    EventScan,
    GetSensorState,
    Migrate,
    QueryHotpluggableCpus,
    QueryMemoryDevices,
    QueryVersion,
    RawRtas,
    SetIndicator,
    Stop,
    SystemReset,
)

__all__ = ["WIRE_NAMES", "Trace", "TraceEntry", "entry_json", "first_difference", "message_json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceEntry:
    """Who told whom what, and when.  ``src`` equal to ``dst``: nobody else was told.

    ``at_ns`` is the wall clock since the run began, ``guest_ns`` the guest's clock, which stands
    still while the VM is stopped and begins anew on a migration's destination.
    """

    seq: int
    at_ns: int
    guest_ns: int
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
    DeviceNotDeleted: "DEVICE_NOT_DELETED",
    VmStop: "STOP",
    VmResume: "RESUME",
    MemUnplugError: "MEM_UNPLUG_ERROR",
    DeviceUnplugGuestError: "DEVICE_UNPLUG_GUEST_ERROR",
    HotplugEvent: "hotplug-event",
    ErrorReport: "error_report",
    UnplugTimeout: "unplug-timeout",
    QueryAcpiOspmStatus: "query-acpi-ospm-status",
    ReadStatus: "slot-status",
    WriteControl: "slot-control",
    ReportOst: "_OST",
    SlotStatusReturn: "status",
    OspmStatusReturn: "return",
    AcpiDeviceOst: "ACPI_DEVICE_OST",
    GpeRaised: "gpe",
    Stop: "stop",
    Cont: "cont",
    SetVcpus: "virsh-setvcpus",
    DetachDevice: "virsh-detach-device",
    DomainReset: "virsh-reset",
    DomainSuspend: "virsh-suspend",
    DomainResume: "virsh-resume",
    MigrateDomain: "virsh-migrate",
    ApiSuccess: "virsh-success",
    ApiError: "virsh-error",
    DeviceRemoved: "device-removed",
    DeviceRemovalFailed: "device-removal-failed",
    CpuOnline: "cpu-online",
    Pin: "pin",
    Dlpar: "dlpar",
    RtasByHand: "rtas-by-hand",
    Decide: "decide",
    Hang: "hang",
    Overcommit: "overcommit",
    DeviceTree: "device-tree",
    MonitorClosed: "monitor-closed",
    GuestLog: "guest-log",
}
"""How each message is called on its wire, or in QEMU's source where it never leaves QEMU."""


def entry_json(entry: TraceEntry) -> dict[str, Any]:
    """Write an entry as JSON: seq, at_ns, src, dst, type, and the message's own fields."""
    return {
        "seq": entry.seq,
        "at_ns": entry.at_ns,
        "guest_ns": entry.guest_ns,
        "src": entry.src.value,
        "dst": entry.dst.value,
        **message_json(entry.message),
    }


def message_json(message: Message) -> dict[str, Any]:
    """Write a message as JSON: type, and its own fields."""
    own = _fields(message)
    if "type" in own:  # of a hotplug event: what it is about
        own["resource"] = own.pop("type")
    return {"type": WIRE_NAMES[type(message)], **own}


def _fields(value: object) -> dict[str, Any]:
    assert is_dataclass(value)
    found: dict[str, Any] = {
        field.name: _json(getattr(value, field.name)) for field in fields(value)
    }
    if isinstance(value, RtasByHand):
        found["call"] = {"type": WIRE_NAMES[type(value.call)]} | _fields(value.call)
    return found


def _json(value: object) -> object:
    if isinstance(value, Enum):
        return value.name
    if is_dataclass(value):
        return _fields(value)
    if isinstance(value, tuple):
        return [_json(item) for item in value]
    return value
