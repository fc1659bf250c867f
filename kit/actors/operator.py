"""The operator: what a person types and when, and what they believe of each device.

Source: virsh(1); QEMU's QMP and HMP commands.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kit.actors.messages import (
    Actor,
    ApiError,
    ApiSuccess,
    Command,
    DetachDevice,
    DetachDeviceAlias,
    DeviceRemovalFailed,
    DeviceRemoved,
    Failure,
    Input,
    Message,
    Send,
    VcpuRemoved,
)
from kit.machine.events import (
    DeviceDeleted,
    DeviceNotDeleted,
    DeviceUnplugGuestError,
    MemUnplugError,
)
from kit.machine.q35.messages import AcpiDeviceOst, OstInfo
from kit.machine.requests import DeviceAdd, DeviceDel

__all__ = ["Operator", "TypedLine", "receive", "type_line"]


@dataclass(frozen=True, slots=True)
class TypedLine:
    """A command at ``at_ns`` of the wall clock, and its recipient; None: only time passes."""

    at_ns: int
    to: Actor | None = None
    message: Message | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """A person at one moment.

    ``script`` are the lines still to be typed, in order.  ``asked``, ``gone``, ``failed`` and
    ``unknown`` are the ids of devices whose unplug they asked for, saw succeed, saw fail, and lost
    track of.
    """

    script: tuple[TypedLine, ...] = ()
    asked: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def thinks(self, device: str) -> str:
        """Return what they must believe of a device: "plugged", "asked for", "gone", "kept" or
        "unknown".
        """
        for words, devices in (
            ("gone", self.gone),
            ("kept", self.failed),
            ("unknown", self.unknown),
            ("asked for", self.asked),
        ):
            if device in devices:
                return words
        return "plugged"


def type_line(operator: Operator, line: TypedLine) -> tuple[Operator, tuple[Command, ...]]:
    """Let *operator* type a line, of the script or not."""
    script = operator.script[1:] if operator.script[:1] == (line,) else operator.script
    operator = replace(operator, script=script)
    match line.message:
        case DeviceDel(device) | DetachDevice(device) | DetachDeviceAlias(device):
            if device not in operator.gone:
                operator = _set_belief(operator, "asked", device)
        case DeviceAdd(device) if device.id is not None:
            operator = _set_belief(operator, None, device.id)
    if line.to is None or line.message is None:
        return operator, ()
    return operator, (Send(line.to, line.message),)


def receive(operator: Operator, received: Input) -> Operator:
    """Return *operator* after an answer or an event."""
    match received:
        case DeviceDeleted(device=str(device)) | DeviceRemoved(device) | VcpuRemoved(device):
            return _set_belief(operator, "gone", device)
        case ApiSuccess():
            if received.alias is not None:
                operator = _set_belief(operator, None, received.alias)
            operator = _set_belief(operator, "asked", *received.requested)
            return _set_belief(operator, "gone", *received.removed)
        case ApiError(alias=str(device)):
            # a call that failed says nothing about the devices that it removed before
            operator = _set_belief(operator, "unknown", *received.removed)
            return _set_belief(operator, _AFTER_FAILURE[received.failure], device)
        case (
            DeviceRemovalFailed(device)
            | DeviceUnplugGuestError(device=str(device))
            | DeviceNotDeleted(device=str(device))
            | MemUnplugError(device=device)
        ):
            return _set_belief(operator, "failed", device)
        case AcpiDeviceOst(OstInfo(device=str(device)) as info) if info.refused:
            return _set_belief(operator, "failed", device)
    return operator


_AFTER_FAILURE = {
    Failure.REFUSED: "failed",
    Failure.TIMED_OUT: "unknown",
    Failure.PENDING: "asked",
    Failure.UNEXPLAINED: "unknown",
}


def _set_belief(operator: Operator, what: str | None, *devices: str) -> Operator:
    """Move devices to "asked", "gone", "failed" or "unknown", or out of all of them."""
    kept = {
        name: tuple(other for other in getattr(operator, name) if other not in devices)
        for name in ("asked", "gone", "failed", "unknown")
    }
    if what is not None:
        kept[what] += devices
    return replace(operator, **kept)
