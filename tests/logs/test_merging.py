"""Several logs of one incident on one axis."""

from __future__ import annotations

import json

import pytest

from kit.common.errors import UserError
from kit.logs.entries import UnplugLog
from kit.logs.formats.reader import read_logs
from kit.machine.boards import machine_named

BASE_S = 1_617_271_200  # 2021-04-01 10:00:00 UTC


def event(at_s: float, name: str, **data: str) -> str:
    seconds, rest = divmod(round(at_s * 1000), 1000)
    stamp = {"seconds": BASE_S + seconds, "microseconds": rest * 1000}
    return json.dumps({"timestamp": stamp, "event": name, "data": data})


def command(name: str, number: int, **arguments: object) -> str:
    return json.dumps({"execute": name, "arguments": arguments, "id": f"libvirt-{number}"})


def ok(number: int) -> str:
    return json.dumps({"return": {}, "id": f"libvirt-{number}"})


def call(at_s: float, what: str, index: int, state: int | None = None) -> str:
    at = f"2021-04-01T10:00:{at_s:09.6f}Z spapr_drc_{what} drc: 0x{index:x}"
    return at if state is None else f"{at}, state: 0x{state:x}"


GREETING = json.dumps({"QMP": {"version": {"qemu": {"major": 6, "minor": 0, "micro": 0}}}})
QMP = [
    GREETING,
    event(0, "RTC_CHANGE"),
    command("device_del", 1, id="core1"),
    ok(1),
    event(16.5, "DEVICE_DELETED", device="core1", path="/machine/peripheral/core1"),
]
TRACE = [
    call(0.1, "unplug_request", 0x10000001),
    call(16.1, "set_isolation_state", 0x10000001, 0),
    call(16.4, "set_allocation_state", 0x10000001, 0),
]


def read(**logs: list[str]) -> UnplugLog:
    return read_logs(list(logs), lambda name: iter(logs[name]))


def shown(log: UnplugLog) -> list[tuple[str, str, str | None]]:
    """Return file and line, the message's type and its device, of each entry."""
    return [(e.place, type(e.message).__name__, log.device_of(e)) for e in log.entries]


def test_a_trace_stands_beside_what_libvirt_saw() -> None:
    added = command("device_add", 0, driver="host-spapr-cpu-core", id="core1", **{"core-id": 1})

    log = read(a=[GREETING, event(0, "RTC_CHANGE"), added, *QMP[2:]], b=TRACE)

    assert shown(log) == [
        ("a:3", "DeviceAdd", "core1"),
        ("a:4", "DeviceDel", "core1"),
        ("a:5", "QmpReturn", "core1"),
        ("b:1", "TraceStep", "core1"),
        ("b:2", "SetIndicator", "core1"),
        ("b:3", "SetIndicator", "core1"),
        ("a:6", "DeviceDeleted", "core1"),
    ]
    assert (log.format.value, log.asker.value, log.machine) == (
        "QMP transcript and QEMU trace log",
        "libvirt",
        machine_named("pseries"),
    )


def test_the_order_of_the_files_does_not_matter() -> None:
    one, other = read(a=QMP, b=TRACE), read(b=TRACE, a=QMP)

    assert [entry.place for entry in one.entries] == [entry.place for entry in other.entries]


def test_two_cores_are_not_mixed_up() -> None:
    """Without a device_add nothing says which of two connectors the device is."""
    more = [*TRACE, call(20, "unplug_request", 0x10000002)]

    assert dict.fromkeys(device for _, _, device in shown(read(a=QMP, b=more))) == {
        "core1": None,
        "core 1": None,
        "core 2": None,
    }


def test_what_both_logs_hold_is_kept_once() -> None:
    both = read(a=QMP, b=[GREETING, event(-5, "RTC_CHANGE"), *QMP[2:], event(30, "RESET")])

    assert [entry.place for entry in both.entries] == ["a:3", "a:4", "a:5", "b:6"]
    assert both.entries[1].answers == 0
    assert both.format.note == (
        "2 logs on one axis: their clocks are taken to agree, 3 messages of both logs kept once."
    )


def test_both_sides_of_a_migration() -> None:
    """The same command to both is two commands."""
    source = [GREETING, event(0, "RTC_CHANGE"), command("device_del", 1, id="core1"), ok(1)]
    target = [GREETING, event(1, "RTC_CHANGE"), command("device_del", 1, id="core1")]
    target += [ok(1), event(9, "DEVICE_DELETED", device="core1")]

    log = read(source=source, target=target)

    assert [(e.place, e.answers) for e in log.entries if e.answers is not None] == [
        ("source:4", 0),
        ("target:4", 3),
    ]


def test_parts_of_one_log_are_read_as_one() -> None:
    """A reply in the second file answers a command in the first."""
    log = read(a=QMP[:3], b=QMP[3:])

    assert [(e.place, e.answers) for e in log.entries] == [
        ("a:3", None),
        ("b:1", 0),
        ("b:2", None),
    ]


@pytest.mark.parametrize("untimed", [TRACE, QMP])
def test_a_log_without_times_cannot_stand_beside_another(untimed: list[str]) -> None:
    timed = QMP if untimed is TRACE else TRACE
    lines = [line[28:] if untimed is TRACE else line for line in untimed if "timestamp" not in line]

    with pytest.raises(UserError) as caught:
        read(a=timed, b=lines)
    assert str(caught.value) == (
        "b: has no times, so it cannot stand beside another log; start QEMU with -msg timestamp=on,"
        " or read it alone"
    )


def test_stdin_cannot_be_read_twice() -> None:
    logs = {"-": iter(QMP), "b": iter(TRACE)}

    with pytest.raises(UserError) as caught:
        read_logs(list(logs), lambda name: logs[name])
    assert str(caught.value) == (
        "-: stdin cannot be read beside another log; save it to a file first"
    )
