"""What a build says becomes the machine's values, or one error."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.machine.events import (
    DeviceDeleted,
    DeviceUnplugGuestError,
    ErrorReport,
    HotplugAction,
    HotplugEvent,
    HotpluggableCpu,
    HotplugIdentifier,
    HotplugType,
    MemoryDevice,
    MemUnplugError,
    QmpError,
    QmpReturn,
    VmResume,
    VmStop,
)
from kit.machine.q35.messages import AcpiDeviceOst, OstInfo, SlotType
from kit.real_qemu import firmware
from kit.real_qemu.channel.failures import BackendError
from kit.real_qemu.channel.wire import QmpAnswer, QmpEvent, QmpFailure
from kit.real_qemu.qmp import (
    acpi_events,
    hotpluggable_cpus,
    memory_devices,
    ospm_status,
    reply_of,
    spapr_events,
)
from kit.real_qemu.rtas import hotplug_event

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


# -- QMP -----------------------------------------------------------------------------------------


def test_a_reply_is_success_or_qemus_own_words() -> None:
    assert reply_of(QmpAnswer({})) == QmpReturn()
    assert reply_of(QmpFailure("GenericError", "no")) == QmpError("GenericError", "no")


def test_the_slots_of_cpus_are_numbered_on_both_machines() -> None:
    value = [
        {"props": {"core-id": 1, "node-id": 0}, "type": "t"},
        {"props": {"core-id": 0}, "qom-path": "/machine/unattached/device[1]", "type": "t"},
        {"props": {"socket-id": 0, "core-id": 3, "thread-id": 0}, "type": "t"},
    ]

    assert hotpluggable_cpus(value) == (
        HotpluggableCpu(1, None),
        HotpluggableCpu(0, "/machine/unattached/device[1]"),
        HotpluggableCpu(3, None),
    )


def test_memory_devices_stand_by_address() -> None:
    value = [
        {"type": "dimm", "data": {"id": "d2", "addr": 0x50000000, "size": 1 << 28}},
        {"type": "dimm", "data": {"addr": 0x40000000, "size": 1 << 28}},
    ]

    assert memory_devices(value) == (
        MemoryDevice(None, 0x40000000, 256),
        MemoryDevice("d2", 0x50000000, 256),
    )


def test_ospm_status_is_read() -> None:
    value = [{"slot-type": "CPU", "slot": "1", "source": 3, "status": 130, "device": "core1"}]

    assert ospm_status(value) == (OstInfo(SlotType.CPU, 1, 3, 130, "core1"),)


@pytest.mark.parametrize("read", [hotpluggable_cpus, memory_devices, ospm_status])
@given(value=JSON)
def test_any_json_is_read_or_refused_in_a_line(
    read: Callable[[object], tuple[object, ...]], value: object
) -> None:
    try:
        found = read(value)
    except BackendError:
        return

    assert found == ()


def test_qmp_events_and_the_log_become_what_the_embedded_machine_emits() -> None:
    events = [
        QmpEvent("RESET", {"guest": False}),
        QmpEvent("STOP", {}),
        QmpEvent("DEVICE_DELETED", {"path": "/machine/peripheral/core1/thread[0]"}),
        QmpEvent("DEVICE_DELETED", {"path": "/machine/peripheral/core1", "device": "core1"}),
        QmpEvent("DEVICE_UNPLUG_GUEST_ERROR", {"path": "/machine/peripheral/d1", "device": "d1"}),
        QmpEvent("MEM_UNPLUG_ERROR", {"device": "d1", "msg": "rejected"}),
        QmpEvent("RESUME", {}),
    ]
    lines = [
        "qemu-system-ppc64: warning: slow",
        "qemu-system-ppc64: -mon chardev=m: warning: '-mon' is deprecated",
        "noise",
        "qemu-system-ppc64: rejected: d1",
    ]

    assert spapr_events(events, lines) == (
        VmStop(),
        DeviceDeleted(path="/machine/peripheral/core1", device="core1"),
        DeviceUnplugGuestError(path="/machine/peripheral/d1", device="d1"),
        MemUnplugError(device="d1", msg="rejected"),
        VmResume(),
        ErrorReport("rejected: d1"),
    )


def test_an_ost_is_an_event_of_q35_alone() -> None:
    info = {"slot-type": "CPU", "slot": "1", "source": 3, "status": 1}
    events = [QmpEvent("ACPI_DEVICE_OST", {"info": info}), QmpEvent("RESET", {})]

    assert acpi_events(events) == (AcpiDeviceOst(OstInfo(SlotType.CPU, 1, 3, 1)),)
    assert spapr_events(events, ()) == ()


def test_an_event_without_its_data_is_refused_in_a_line() -> None:
    with pytest.raises(BackendError, match="MEM_UNPLUG_ERROR of this build is not as QMP has it"):
        spapr_events([QmpEvent("MEM_UNPLUG_ERROR", {})], ())


# -- RTAS ----------------------------------------------------------------------------------------


def log(body: bytes, before: bytes = b"") -> bytes:
    section = b"HP" + (8 + len(body)).to_bytes(2, "big") + bytes(4) + body
    parts = bytes(16) + before + section
    return bytes(4) + len(parts).to_bytes(4, "big") + parts


@pytest.mark.parametrize(
    ("body", "identifier", "index", "count"),
    [
        ("01020200 10000001 00000000", HotplugIdentifier.DRC_INDEX, 0x10000001, None),
        ("01020300 00000002 00000000", HotplugIdentifier.DRC_COUNT, None, 2),
        ("01020400 00000002 80000004", HotplugIdentifier.DRC_COUNT_INDEXED, 0x80000004, 2),
    ],
)
def test_the_hotplug_section_is_read(
    body: str, identifier: HotplugIdentifier, index: int | None, count: int | None
) -> None:
    """LoPAR 10.3.2: type, action, kind of identifier, and what it identifies."""
    other = b"MC" + (12).to_bytes(2, "big") + bytes(8)

    assert hotplug_event(log(bytes.fromhex(body), other)) == HotplugEvent(
        type=HotplugType.CPU,
        action=HotplugAction.REMOVE,
        identifier=identifier,
        index=index,
        count=count,
    )


@given(st.binary(max_size=100))
def test_any_log_is_read_or_has_no_event(data: bytes) -> None:
    found = hotplug_event(data)

    assert found is None or isinstance(found, HotplugEvent)


def test_a_log_without_that_section_has_no_event() -> None:
    assert hotplug_event(bytes(2048)) is None
    assert hotplug_event(log(bytes.fromhex("09020200 10000001 00000000"))) is None


# -- the firmware --------------------------------------------------------------------------------


def test_the_vector_says_whether_the_event_source_is_known() -> None:
    """LoPAR B.6.2.3: option vector 5, byte 6, is where the two differ, by one bit."""
    with_it, without = firmware.vector_5(hp_evt=True), firmware.vector_5(hp_evt=False)

    assert [n for n in range(26) if with_it[n] != without[n]] == [5]
    assert with_it[5] ^ without[5] == 0x04


def test_the_image_holds_the_vector_where_it_is_overwritten() -> None:
    at = firmware.VECTOR_5

    assert firmware.image()[at : at + 26] == firmware.vector_5(hp_evt=True)


def test_the_program_branches_within_itself() -> None:
    """Two branches: back to the load while nobody asked, and back to the start."""
    words = [
        int.from_bytes(firmware.image()[at : at + 4], "big") for at in range(0x100, 0x100 + 68, 4)
    ]
    conditional = next(n for n, word in enumerate(words) if word >> 26 == 16)
    last = words[-1]

    assert conditional + ((words[conditional] & 0xFFFC) - 0x10000) // 4 == 1
    assert len(words) - 1 + ((last & 0x3FFFFFC) - 0x4000000) // 4 == 0
