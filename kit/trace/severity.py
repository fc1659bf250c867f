"""What a message means to somebody who looks at a picture: its tone, and whether it is minor."""

from __future__ import annotations

from enum import Enum, auto

from kit.actors.messages import (
    Actor,
    ApiError,
    CpuOnline,
    Decide,
    DeviceRemovalFailed,
    DeviceRemoved,
    DeviceTree,
    Dlpar,
    GuestLog,
    Hang,
    Message,
    MonitorClosed,
    Pin,
    RtasByHand,
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
    UnplugTimeout,
)
from kit.machine.requests import CheckException, EventScan, GetSensorState
from kit.trace.entry import TraceEntry
from kit.trace.sentences import short

__all__ = ["Severity", "from_lane", "is_minor", "label_of", "tone_of"]


class Severity(Enum):
    """How a message is to be taken."""

    PLAIN = auto()
    GOOD = auto()
    WAIT = auto()
    BAD = auto()


def tone_of(message: Message) -> Severity:
    """Return how *message* is to be taken."""
    match message:
        case DeviceDeleted() | DeviceRemoved():
            return Severity.GOOD
        case HotplugEvent() | ErrorReport():
            return Severity.WAIT
        case Aborted() | MonitorClosed() | UnplugTimeout() | QmpError() | ApiError():
            return Severity.BAD
        case DeviceNotDeleted() | DeviceUnplugGuestError() | MemUnplugError():
            return Severity.BAD
        case DeviceRemovalFailed() | Hang(True):
            return Severity.BAD
        case StatusReturn(status) | ConnectorReturn(status) if status < 0:
            return Severity.BAD
    return Severity.PLAIN


_IN_THE_GUEST = (CpuOnline, Decide, Dlpar, Hang, Pin, RtasByHand)


def from_lane(entry: TraceEntry) -> Actor:
    """Return the lane that an entry comes from: what is done inside the guest, the guest's own."""
    return entry.dst if isinstance(entry.message, _IN_THE_GUEST) else entry.src


def label_of(message: Message) -> str:
    """Name a message in as few words as a picture has room for."""
    match message:
        case Decide(give):
            return "guest gives" if give else "guest keeps"
        case GuestLog():
            return "kernel's log"
        case ErrorReport():
            return "QEMU's log"
        case UnplugTimeout():
            return "forgets request"
    return short(message)


def is_minor(message: Message) -> bool:
    """Is it an answer without news, a mere look, or what nobody else reads?"""
    match message:
        case StatusReturn(status) | ConnectorReturn(status):
            return status >= 0
        case QmpReturn() | Done() | RawReturn() | ExceptionReturn() | SensorReturn():
            return True
        case CheckException() | EventScan() | GetSensorState() | DeviceTree() | GuestLog():
            return True
    return False
