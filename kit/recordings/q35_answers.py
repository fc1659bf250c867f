"""What the q35 machine answers, written as recordings write what a real QEMU answered."""

from __future__ import annotations

from kit.common.json_fields import Json
from kit.machine.q35.messages import (
    AcpiDeviceOst,
    AcpiEmitted,
    AcpiReply,
    OspmStatusReturn,
    OstInfo,
    SlotStatusReturn,
)
from kit.recordings.answers import reply_json

__all__ = ["acpi_event_json", "acpi_reply_json"]


def acpi_event_json(emitted: AcpiEmitted) -> Json:
    """Write a QMP event as recordings of q35 do; None for what they leave out."""
    if isinstance(emitted, AcpiDeviceOst):
        return {"event": "ACPI_DEVICE_OST", **_info_json(emitted.info)}
    return None


def acpi_reply_json(reply: AcpiReply) -> Json:
    """Write a reply as recordings of q35 do."""
    match reply:
        case SlotStatusReturn(bits):
            return {"status": bits}
        case OspmStatusReturn(slots):
            return {"slots": [_info_json(info) for info in slots]}
        case _:
            return reply_json(reply)


def _info_json(info: OstInfo) -> dict[str, Json]:
    return {
        **({} if info.device is None else {"device": info.device}),
        "source": info.source,
        "status": info.status,
        "slot": str(info.slot),
        "slot_type": info.slot_type.value,
    }
