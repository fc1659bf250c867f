"""The operator: what a person types and when, and what they have been told.

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
    DeviceRemovalFailed,
    DeviceRemoved,
    Input,
    Message,
    Send,
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
    """What is typed, to whom, at ``at_ns`` of the wall clock; nothing only lets time pass."""

    at_ns: int
    to: Actor | None = None
    message: Message | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """A person at one moment.

    ``script`` is what is still to be typed, oldest first.  ``asked`` are the ids of devices that
    were asked for, ``gone`` those that they were told are gone, ``failed`` those whose unplug they
    were told has failed.
    """

    script: tuple[TypedLine, ...] = ()
    asked: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    def thinks(self, device: str) -> str:
        """Return what they must think of a device: "plugged", "asked for", "gone" or "kept"."""
        for words, devices in (
            ("gone", self.gone),
            ("kept", self.failed),
            ("asked for", self.asked),
        ):
            if device in devices:
                return words
        return "plugged"


def type_line(operator: Operator, line: TypedLine) -> tuple[Operator, tuple[Command, ...]]:
    """Let *operator* type a line of the script or of somebody's own."""
    script = operator.script[1:] if operator.script[:1] == (line,) else operator.script
    operator = replace(operator, script=script)
    match line.message:
        case DeviceDel(device) | DetachDevice(device) if device not in operator.gone:
            operator = _judge(operator, device, "asked")
        case DeviceAdd(device) if device.id is not None:
            operator = _judge(operator, device.id, None)
    if line.to is None or line.message is None:
        return operator, ()
    return operator, (Send(line.to, line.message),)


def receive(operator: Operator, told: Input) -> Operator:
    """Let *operator* take notice of an answer or an event."""
    match told:
        case DeviceDeleted(device=str(device)) | DeviceRemoved(device):
            return _judge(operator, device, "gone")
        case ApiSuccess(alias=str(device)):
            return _judge(operator, device, None)
        case (
            DeviceRemovalFailed(device)
            | DeviceUnplugGuestError(device=str(device))
            | DeviceNotDeleted(device=str(device))
            | MemUnplugError(device=device)
            | ApiError(alias=str(device))
        ):
            return _judge(operator, device, "failed")
        case AcpiDeviceOst(OstInfo(device=str(device)) as info) if info.refused:
            return _judge(operator, device, "failed")
    return operator


def _judge(operator: Operator, device: str, what: str | None) -> Operator:
    """Put a device among those asked for, gone or failed, or none, and out of the others."""
    kept = {
        name: tuple(other for other in getattr(operator, name) if other != device)
        for name in ("asked", "gone", "failed")
    }
    if what is not None:
        kept[what] += (device,)
    return replace(operator, **kept)
