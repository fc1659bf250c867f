"""What became of each device that device_del named: gone, pending, refused, or not in the log."""

from __future__ import annotations

from kit.actors.messages import DeviceRemoved
from kit.logs.entries import LogEntry, OtherCommand, UnplugLog
from kit.machine.errors import ErrorMeaning, meaning_of
from kit.machine.events import DeviceDeleted, QmpError, QmpReturn
from kit.machine.requests import DeviceAdd, DeviceDel
from kit.trace.columns import UnplugOutcome
from kit.trace.kinds import outcome_of

__all__ = ["fates_of"]


def fates_of(log: UnplugLog) -> list[tuple[str, str]]:
    """Return each device that device_del named, and in words what became of it by the end."""
    found: dict[str, str] = {}
    seen: set[str] = set()  # devices that QEMU had at some time
    for entry in log.entries:
        message = entry.message
        answered = None if entry.answers is None else log.entries[entry.answers].message
        device = log.device_of(entry)
        if device is None:
            continue
        words = _fate(log, entry, answered, device, seen)
        if words is not None and not (isinstance(message, DeviceDel) and device in found):
            found[device] = words
        if isinstance(message, DeviceAdd | OtherCommand):
            found.pop(device, None)
        elif isinstance(message, QmpError):
            if meaning_of(message) is ErrorMeaning.PENDING:
                seen.add(device)
        elif not isinstance(message, DeviceDel):
            seen.add(device)
    return list(found.items())


def _fate(
    log: UnplugLog, entry: LogEntry, answered: object, device: str, seen: set[str]
) -> str | None:
    """Return what an entry shows of a device; None if nothing new."""
    place, message = entry.place, entry.message
    match message:
        case DeviceDeleted() | DeviceRemoved():
            return f"is gone ({place})"
        case DeviceDel():
            return f"has no answer to the device_del at {place}"
        case QmpReturn() if isinstance(answered, DeviceDel):
            return f"was requested at {place}; nothing later shows its end"
        case QmpError() if answered is None or isinstance(answered, DeviceDel):
            return _after_error(log, message, place, device, device in seen)
    if outcome_of(message) is UnplugOutcome.FAILED:
        return f"stays: the guest refused ({place})"
    return None


def _after_error(log: UnplugLog, error: QmpError, place: str, device: str, seen: bool) -> str:
    match meaning_of(error):
        case ErrorMeaning.GONE if not seen:
            return f"is gone or never was: QEMU finds no such device ({place})"
        case ErrorMeaning.GONE:
            part = log.parts.get(device)
            only = f"; the one at {part} names only a part of it" if part else ""
            deleted = any(
                isinstance(entry.message, DeviceDeleted) and entry.device == device
                for entry in log.entries
            )
            return f"is gone: QEMU finds it no more ({place})" + (
                "" if deleted else f", though no DEVICE_DELETED named it{only}"
            )
        case ErrorMeaning.PENDING:
            return f"is pending: an earlier request still waits ({place})"
    return f"stays: QEMU refused the request ({place})"
