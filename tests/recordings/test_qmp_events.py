"""QMP's events as messages: qapi/qdev.json, qapi/machine.json, qapi/acpi.json."""

from __future__ import annotations

from typing import Any

import pytest

from kit.machine.events import (
    DeviceDeleted,
    DeviceNotDeleted,
    DeviceUnplugGuestError,
    MemUnplugError,
    VmResume,
    VmStop,
)
from kit.machine.q35.messages import AcpiDeviceOst, OstInfo, SlotType
from kit.recordings.qmp_events import QmpEmitted, read_event

PATH = "/machine/peripheral/core1"
OST = {"slot-type": "CPU", "slot": "1", "source": 3, "status": 0x84, "device": "core1"}


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("DEVICE_DELETED", {"path": PATH}, DeviceDeleted(path=PATH)),
        ("DEVICE_NOT_DELETED", {"path": PATH}, DeviceNotDeleted(path=PATH)),
        ("DEVICE_UNPLUG_GUEST_ERROR", {"path": PATH}, DeviceUnplugGuestError(path=PATH)),
        ("MEM_UNPLUG_ERROR", {"device": "d", "msg": "m"}, MemUnplugError(device="d", msg="m")),
        (
            "ACPI_DEVICE_OST",
            {"info": OST},
            AcpiDeviceOst(OstInfo(SlotType.CPU, 1, 3, 0x84, "core1")),
        ),
        ("STOP", {}, VmStop()),
        ("RESUME", {}, VmResume()),
        ("RTC_CHANGE", {"offset": 0}, None),
    ],
)
def test_an_event_is_read(name: str, data: dict[str, Any], message: QmpEmitted | None) -> None:
    assert read_event(name, data) == message


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("DEVICE_DELETED", {}),
        ("DEVICE_DELETED", {"path": 3}),
        ("MEM_UNPLUG_ERROR", {"device": None, "msg": "m"}),
        ("ACPI_DEVICE_OST", {"info": None}),
        ("ACPI_DEVICE_OST", {"info": OST | {"slot-type": "FAN"}}),
        ("ACPI_DEVICE_OST", {"info": OST | {"slot": "one"}}),
    ],
)
def test_an_event_of_another_shape_is_refused(name: str, data: dict[str, Any]) -> None:
    with pytest.raises((LookupError, TypeError, ValueError)):
        read_event(name, data)
