"""Any log is read, or refused in one line; none of its control characters reach a terminal."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kit.common.errors import UserError
from kit.logs.entries import UnplugLog
from kit.logs.formats.reader import read_log
from kit.logs.timestamps import event_ns, read_time, write_time
from kit.views.reports.log import report_of
from kit.views.reports.picture_page import page_of

ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
IDS = st.sampled_from(["core1", "dimm1", "phb1", "net3", "vcpu2", "x\x1b[2J", "<b>", "", "a" * 80])
TEXTS = st.sampled_from(
    [
        "core-id 1 unplug is still pending, 9 seconds timeout remaining",
        "core-id 1 unplug is still pending, 99999999999999999999999 seconds timeout remaining",
        "PCI device unplug already in progress for device net3",
        "Duplicate ID 'core1' for device",
        "Device 'core1' not found",
    ]
)
NAMES = st.sampled_from(
    ["device_del", "device_add", "system_reset", "stop", "cont", "migrate", "query-version"]
)
EVENTS = st.sampled_from(
    [
        "DEVICE_DELETED",
        "MEM_UNPLUG_ERROR",
        "DEVICE_UNPLUG_GUEST_ERROR",
        "DEVICE_NOT_DELETED",
        "ACPI_DEVICE_OST",
        "STOP",
        "RESUME",
        "RESET",
        "MIGRATION",
        "OTHER",
    ]
)
DRIVERS = st.sampled_from(
    ["host-spapr-cpu-core", "qemu64-x86_64-cpu", "pc-dimm", "spapr-pci-host-bridge", "e1000"]
)
ARGUMENTS = ANYTHING | st.fixed_dictionaries(
    {"id": IDS | ANYTHING},
    optional={"driver": DRIVERS, "core-id": ANYTHING | st.just(1), "bus": st.just("pci.0")},
)
STAMPS = ANYTHING | st.fixed_dictionaries(
    {"seconds": st.integers(-1, 2**37), "microseconds": st.integers(-1, 10**6)}
)
MESSAGES = st.one_of(
    st.fixed_dictionaries({"execute": NAMES | ANYTHING}, optional={"arguments": ARGUMENTS}),
    st.fixed_dictionaries({"return": ANYTHING}, optional={"id": ANYTHING}),
    st.fixed_dictionaries({"error": ANYTHING | st.fixed_dictionaries({"desc": TEXTS})}),
    st.fixed_dictionaries(
        {"event": EVENTS | ANYTHING},
        optional={
            "data": ANYTHING
            | st.fixed_dictionaries({"device": IDS, "path": IDS, "info": ANYTHING}),
            "timestamp": STAMPS,
        },
    ),
    st.fixed_dictionaries({"QMP": ANYTHING}),
)
PROBES = st.sampled_from(["SEND_MSG: mon=0x1 msg", "RECV_REPLY: mon=0x1 reply", "X: mon=0x1 y"])


@st.composite
def lines(draw: st.DrawFn) -> str:
    """A line of a log: a message as one of the formats has it, whole or cut, or anything."""
    if draw(st.booleans()) and draw(st.booleans()):
        return draw(st.text(max_size=40))
    message = json.dumps(draw(MESSAGES), indent=draw(st.sampled_from([None, 1])))
    if draw(st.integers(0, 9)) == 0:
        message = message[: draw(st.integers(0, len(message)))]
    form = draw(st.integers(0, 4))
    if form == 0:
        second = draw(st.integers(0, 59))
        return (
            f"2021-04-01 10:00:{second:02}.000+0000: 1: info : f:1 :"
            f" QEMU_MONITOR_{draw(PROBES)}={message}\r\n"
        )
    if form == 1:
        return f"(QEMU) {draw(NAMES)} id={draw(IDS)}\n"
    return f"{message}\n"


def read(found: list[str]) -> UnplugLog | None:
    """Read a log, if it is one."""
    try:
        return read_log([("log\x1b", [part for one in found for part in one.splitlines(True)])])
    except UserError as error:
        refused = str(error)
    assert refused.isprintable()
    return None


@given(found=st.lists(lines(), max_size=12))
def test_any_log_is_read_and_told_or_refused_in_one_line(found: list[str]) -> None:
    log = read(found)
    if log is None:
        return
    report = report_of(log)
    texts = [
        *report.text_lines(72),
        *report.mail_lines(60, unicode=True),
        *report.markdown_lines(100),
    ]

    assert [text for text in texts if not text.isprintable()] == []
    assert [text for text in report.text_lines(72) if len(text) > 72] == []
    assert json.loads(json.dumps(report.json()))["version"] == 1
    page = page_of(report.still())
    assert "<b>" not in page
    assert "\x1b" not in page


@given(text=st.text(max_size=40))
def test_any_text_is_a_time_or_none(text: str) -> None:
    at_ns = read_time(text)

    assert at_ns is None or isinstance(at_ns, int)


@given(stamp=ANYTHING)
def test_any_timestamp_is_a_time_or_none(stamp: object) -> None:
    at_ns = event_ns({"timestamp": stamp})

    assert at_ns is None or at_ns > 0


@given(at_ms=st.integers(0, 1 << 42))
def test_a_time_that_is_written_is_read_again(at_ms: int) -> None:
    assert read_time(write_time(at_ms * 10**6) + "+0000") == at_ms * 10**6
