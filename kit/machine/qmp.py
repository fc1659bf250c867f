"""What QMP has in common on every machine: refusals, ids, and how its events are written.

Source: QEMU softmmu/qdev-monitor.c, util/id.c; qapi/qdev.json, qapi/machine.json, qapi/acpi.json.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from kit.machine.events import (
    DeviceDeleted,
    DeviceNotDeleted,
    DeviceUnplugGuestError,
    MemUnplugError,
    QmpError,
    VmResume,
    VmStop,
)
from kit.machine.q35.messages import AcpiDeviceOst, OstInfo, SlotType

__all__ = ["CONTAINERS", "QmpEmitted", "Refused", "check_well_formed", "event_of", "ost_info_of"]

CONTAINERS = ("/machine", "/machine/peripheral", "/machine/peripheral-anon", "/machine/unattached")
"""Objects that exist from the start, and are no devices."""

_WELL_FORMED_ID = re.compile(r"[A-Za-z][A-Za-z0-9\-._]*")


class Refused(Exception):  # noqa: N818 - QEMU's answer, turned into a QmpError by the command
    """QEMU refuses a command with this text."""

    def __init__(self, desc: str, error_class: str = "GenericError") -> None:
        super().__init__(desc)
        self.error = QmpError(error_class, desc)


def check_well_formed(device_id: str | None) -> None:
    """Raise `Refused` unless *device_id* is one that QEMU takes, or None."""
    if device_id is not None and not _WELL_FORMED_ID.fullmatch(device_id):
        raise Refused("Parameter 'id' expects an identifier")


# -- events ------------------------------------------------------------------------------------

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


def event_of(name: str, data: Mapping[str, Any]) -> QmpEmitted | None:
    """Return a QMP event as a message; None for an event that the kit's machines do not have.

    Raises:
        LookupError, TypeError, ValueError: Its data are not as QMP has them.

    >>> event_of("DEVICE_DELETED", {"path": "/machine/peripheral/core1", "device": "core1"})
    DeviceDeleted(path='/machine/peripheral/core1', device='core1')
    """
    read = _EVENTS.get(name)
    return None if read is None else read(data)


def ost_info_of(data: Mapping[str, Any]) -> OstInfo:
    """Return an ACPIOSTInfo.

    Raises:
        LookupError, TypeError, ValueError: It is not as QMP has it.
    """
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
        raise TypeError(f"{key} is no text")
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
