"""Write a machine's answers as recordings write those of a real QEMU."""

from __future__ import annotations

import json

from kit.common.json_fields import Json
from kit.common.value_json import value_json
from kit.machine.all_boards.messages import AnyEmitted, AnyOutcome, AnyReply
from kit.machine.events import (
    Aborted,
    ConnectorReturn,
    DeviceDeleted,
    DeviceUnplugGuestError,
    Done,
    ExceptionReturn,
    HotpluggableCpu,
    MemoryDevice,
    MemUnplugError,
    QmpError,
    QmpReturn,
    RawReturn,
    SensorReturn,
    StatusReturn,
    Stepped,
)
from kit.machine.q35 import messages as acpi

__all__ = ["answer_json", "answer_text", "event_json", "events_json", "reply_json", "sorted_text"]


def answer_json(outcome: AnyOutcome) -> Json:
    """Return an answer as recordings have it: ``reply`` or ``aborted``, and ``events``, sorted."""
    if isinstance(outcome.reply, Aborted):
        abort = outcome.reply.abort
        file = {"file": abort.file} if abort.file else {}
        return {"aborted": {**file, "function": abort.function, "assertion": abort.assertion}}
    events = sorted(events_json(outcome), key=sorted_text)
    return {"reply": reply_json(outcome.reply), **({"events": events} if events else {})}


def answer_text(outcome: AnyOutcome) -> str:
    """Return an answer in one line, the same whatever the order of its events."""
    events = sorted(map(sorted_text, events_json(outcome)))
    return "; ".join([sorted_text(reply_json(outcome.reply)), *events])


def sorted_text(value: Json) -> str:
    """Return a value as text, equal for objects whose keys are in another order."""
    return _SORTED.encode(value)


_SORTED = json.JSONEncoder(sort_keys=True)  # made once: texts of 100,000 answers are compared


def events_json(outcome: AnyOutcome) -> list[Json]:
    """Return the events of an outcome that recordings of its board have, in its order."""
    emitted: tuple[AnyEmitted, ...] = outcome.emitted
    if isinstance(outcome, acpi.AcpiOutcome):  # whose recordings have no DEVICE_DELETED
        emitted = tuple(one for one in emitted if isinstance(one, acpi.AcpiDeviceOst))
    return [event for event in map(event_json, emitted) if event is not None]


def event_json(emitted: AnyEmitted) -> Json:
    """Return a QMP event as recordings write it; None for one that they leave out.

    A recorder kept DEVICE_DELETED and DEVICE_UNPLUG_GUEST_ERROR of devices with an id.
    """
    match emitted:
        case DeviceDeleted(device=str(device)):
            return {"event": "DEVICE_DELETED", "device": device}
        case DeviceUnplugGuestError(device=str(device)):
            return {"event": "DEVICE_UNPLUG_GUEST_ERROR", "device": device}
        case MemUnplugError(device=device, msg=msg):
            return {"event": "MEM_UNPLUG_ERROR", "device": device, "msg": msg}
        case acpi.AcpiDeviceOst(info):
            return {"event": "ACPI_DEVICE_OST", **_info_json(info)}
    return None


def _info_json(info: acpi.OstInfo) -> dict[str, Json]:
    return {
        **({} if info.device is None else {"device": info.device}),
        "source": info.source,
        "status": info.status,
        "slot": str(info.slot),
        "slot_type": info.slot_type.value,
    }


def reply_json(reply: AnyReply) -> Json:
    """Return a reply as recordings have it; an abort as its function and assertion."""
    match reply:
        case StatusReturn(status):
            return {"status": status}
        case SensorReturn(status, state):
            return {"status": status, "state": state}
        case ConnectorReturn(status, calls):
            return {"status": status, "calls": calls}
        case QmpError(error_class, desc):
            return {"error": {"class": error_class, "desc": desc}}
        case QmpReturn(value):
            return _value_json(value)
        case ExceptionReturn(status, event):
            if event is None:
                return {"status": status}
            hotplug = {
                "type": event.type.value,
                "action": event.action.value,
                "identifier": event.identifier.value,
                **({} if event.count is None else {"count": event.count}),
                **({} if event.index is None else {"index": event.index}),
            }
            return {"status": status, "hotplug": hotplug}
        case Stepped(now_ns):
            return {"now_ns": now_ns}
        case RawReturn(rets):
            return {"rets": list(rets)}
        case acpi.SlotStatusReturn(bits):
            return {"status": bits}
        case acpi.OspmStatusReturn(slots):
            return {"slots": [_info_json(info) for info in slots]}
        case Done():
            return {}
        case Aborted(abort):
            return {"function": abort.function, "assertion": abort.assertion}
        case _:
            return reply.recorded


def _value_json(value: object) -> Json:
    if not isinstance(value, tuple):
        return {"return": {}}
    slots = [item for item in value if isinstance(item, HotpluggableCpu)]
    if slots:
        return {"plugged": sorted(slot.core_id for slot in slots if slot.qom_path is not None)}
    return {"dimms": [value_json(item) for item in value if isinstance(item, MemoryDevice)]}
