"""What the machine answers, written as recordings write what a real QEMU answered."""

from __future__ import annotations

from typing import Any

from kit.machine.events import (
    Aborted,
    ConnectorReturn,
    DeviceDeleted,
    DeviceUnplugGuestError,
    Done,
    Emitted,
    ExceptionReturn,
    HotpluggableCpu,
    MemoryDevice,
    MemUnplugError,
    QmpError,
    QmpReturn,
    RawReturn,
    Reply,
    SensorReturn,
    StatusReturn,
    Stepped,
)

__all__ = ["event_json", "reply_json"]

Json = Any
"""A value as json.loads makes it."""


def event_json(emitted: Emitted) -> Json:
    """Write a QMP event as recordings do; None for an event that a recorder does not see.

    A recorder kept DEVICE_DELETED and DEVICE_UNPLUG_GUEST_ERROR of devices with an id.
    """
    match emitted:
        case DeviceDeleted(device=str(device)):
            return {"event": "DEVICE_DELETED", "device": device}
        case DeviceUnplugGuestError(device=str(device)):
            return {"event": "DEVICE_UNPLUG_GUEST_ERROR", "device": device}
        case MemUnplugError(device=device, msg=msg):
            return {"event": "MEM_UNPLUG_ERROR", "device": device, "msg": msg}
    return None


def reply_json(reply: Reply) -> Json:
    """Write a reply as recordings do; an abort as its function and assertion."""
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
        case Done():
            return {}
        case Aborted(abort):
            return {"function": abort.function, "assertion": abort.assertion}


def _value_json(value: object) -> Json:
    found = value if isinstance(value, tuple) else ()
    slots = [item for item in found if isinstance(item, HotpluggableCpu)]
    if slots:
        return {"plugged": sorted(slot.core_id for slot in slots if slot.qom_path is not None)}
    if isinstance(value, tuple):
        dimms = [item for item in found if isinstance(item, MemoryDevice)]
        return {"dimms": [{"id": d.id, "addr": d.addr, "size_mib": d.size_mib} for d in dimms]}
    return {"return": {}}
