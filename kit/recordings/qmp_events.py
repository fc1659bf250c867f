"""Read the events that the kit's machines emit as QMP writes them, for logs and real machines.

Source: QEMU qapi/qdev.json, qapi/machine.json, qapi/acpi.json.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kit.machine.events import (
    DeviceDeleted,
    DeviceNotDeleted,
    DeviceUnplugGuestError,
    MemUnplugError,
    VmResume,
    VmStop,
)
from kit.machine.q35.messages import AcpiDeviceOst, OstInfo, SlotType

__all__ = ["QmpEmitted", "ost_info_of", "read_event"]

QmpEmitted = (
    DeviceDeleted
    | DeviceNotDeleted
    | DeviceUnplugGuestError
    | MemUnplugError
    | AcpiDeviceOst
    | VmStop
    | VmResume
)
"""The events that the kit's machines emit over QMP."""


def read_event(name: str, data: Mapping[str, Any]) -> QmpEmitted | None:
    """Return a QMP event as a message; None for one that the kit's machines do not have.

    Raises:
        LookupError, TypeError, ValueError: Its data are not as QMP has them.

    >>> read_event("DEVICE_DELETED", {"path": "/machine/peripheral/core1", "device": "core1"})
    DeviceDeleted(path='/machine/peripheral/core1', device='core1')
    """
    read = _EVENTS.get(name)
    return None if read is None else read(data)


def ost_info_of(data: Mapping[str, Any]) -> OstInfo:
    """Return an ACPIOSTInfo; errors as `read_event`."""
    return OstInfo(
        SlotType(data["slot-type"]),
        int(data["slot"]),
        int(data["source"]),
        int(data["status"]),
        data.get("device"),
    )


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data[key]
    if not isinstance(value, str):
        raise TypeError(f"{key} is not text")
    return value


_EVENTS: Mapping[str, Callable[[Mapping[str, Any]], QmpEmitted]] = {
    "DEVICE_DELETED": lambda d: DeviceDeleted(path=_text(d, "path"), device=d.get("device")),
    "DEVICE_NOT_DELETED": lambda d: DeviceNotDeleted(path=_text(d, "path"), device=d.get("device")),
    "DEVICE_UNPLUG_GUEST_ERROR": lambda d: DeviceUnplugGuestError(
        path=_text(d, "path"), device=d.get("device")
    ),
    "MEM_UNPLUG_ERROR": lambda d: MemUnplugError(device=_text(d, "device"), msg=_text(d, "msg")),
    "ACPI_DEVICE_OST": lambda d: AcpiDeviceOst(ost_info_of(d["info"])),
    "STOP": lambda _: VmStop(),
    "RESUME": lambda _: VmResume(),
}
