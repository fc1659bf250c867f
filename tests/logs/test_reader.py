"""Logs in each format: what the kit reads, what it counts, and which lines it cannot read."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.actors.messages import Actor
from kit.common.errors import UserError
from kit.logs.entries import Evidence, OtherCommand, OtherEvent, UnplugLog, Unread
from kit.logs.formats.qmp import QMP
from kit.logs.formats.qmp_shell import QMP_SHELL
from kit.logs.formats.reader import read_log
from kit.machine.boards import PSERIES, X86
from kit.machine.device_kinds import DeviceKind
from kit.machine.events import DeviceDeleted, DeviceUnplugGuestError, QmpError, QmpReturn, VmStop
from kit.machine.q35.messages import AcpiDeviceOst, OstInfo, SlotType
from kit.machine.requests import CpuCore, DeviceAdd, DeviceDel, Dimm, PciFunction, Phb

LOGS = Path(__file__).parent.parent / "logs"
DEL = '{"execute": "device_del", "arguments": {"id": "core1"}}\n'
OK = '{"return": {}}\n'


def sample(name: str, **options: str) -> UnplugLog:
    """Read one of the samples."""
    lines = (LOGS / name).read_text(encoding="utf-8").splitlines(keepends=True)
    return read_log([(name, lines)], **options)


def text(*lines: str) -> UnplugLog:
    """Read some lines."""
    return read_log([("log", list(lines))])


def told(log: UnplugLog) -> list[object]:
    """The lines and messages of a log."""
    return [(entry.line, entry.message) for entry in log.entries]


# -- the formats -----------------------------------------------------------------------------------


def test_a_capture_of_qmp_is_read_with_what_each_reply_answers() -> None:
    """qmp-spec: 2.4 (replies carry the command's id), 2.5 (only events have a timestamp)."""
    log = sample("capture.qmp")
    desc = "core-id 1 unplug is still pending, 11 seconds timeout remaining"

    assert told(log) == [
        (6, DeviceAdd(CpuCore(1, "core1"))),
        (7, QmpReturn()),
        (9, DeviceDel("core1")),
        (16, QmpReturn()),
        (17, DeviceDel("core1")),
        (18, QmpError("GenericError", desc)),
        (19, DeviceDeleted(path="/machine/peripheral/core1", device="core1")),
    ]
    assert [entry.answers for entry in log.entries] == [None, 0, None, 2, None, 4, None]
    assert (log.format, log.version, log.machine) == (QMP, (5, 2, 92), PSERIES)
    assert log.left_out == {"qmp_capabilities": 2, "query-status": 2, "NIC_RX_FILTER_CHANGED": 1}
    assert (log.unread_count, log.kinds) == (0, {"core1": DeviceKind.CORE})


def test_a_command_without_time_lies_between_its_neighbours() -> None:
    entries = sample("capture.qmp").entries
    first, last = 1_617_271_200_250_000_000, 1_617_271_206_500_000_000

    assert [(e.at_ns, e.after_ns, e.before_ns) for e in entries] == [
        (None, None, first),
        (None, None, first),
        *[(None, first, last)] * 4,
        (last, last, last),
    ]


def test_a_session_of_qmp_shell_is_read() -> None:
    """qmp-shell(1): commands at the prompt, replies as Python or JSON, events after Enter."""
    log = sample("shell.txt")

    assert told(log) == [
        (4, DeviceAdd(CpuCore(1, "core1"))),
        (5, QmpReturn()),
        (6, DeviceDel("core1")),
        (7, QmpReturn()),
        (10, DeviceDel("core1")),
        (11, QmpReturn()),
        (16, DeviceDeleted(path="/machine/peripheral/core1", device="core1")),
    ]
    assert (log.format, log.version) == (QMP_SHELL, (6, 0, 0))
    why = "'core1' is not a key=value"
    assert log.unread == (Unread("shell.txt", 12, "(QEMU) device_del core1", why),)


def test_an_event_of_qmp_shell_says_nothing_about_the_commands_before_it() -> None:
    """It is printed when somebody presses Enter, which may be long after it came."""
    assert {e.before_ns for e in sample("shell.txt").entries[:-1]} == {None}


def test_what_qmp_shell_echoes_is_one_command() -> None:
    """qmp-shell -v prints what it sends."""
    log = text("(QEMU) device_del id=core1\n", DEL, OK)

    assert told(log) == [(1, DeviceDel("core1")), (3, QmpReturn())]


def test_the_log_file_of_qmp_shell_has_command_and_reply_in_one() -> None:
    """qmp-shell -l."""
    log = sample("shell-logfile.json")
    desc = "Memory unplug already in progress for device dimm1"

    assert told(log) == [
        (1, DeviceDel("dimm1")),
        (1, QmpReturn()),
        (8, DeviceDel("dimm1")),
        (8, QmpError("GenericError", desc)),
    ]


def test_libvirts_debug_log_has_its_own_times() -> None:
    """Docs of libvirt, logging: a line begins with its time; ^M and fd=-1 follow a message."""
    log = sample("libvirtd.log")

    began = 1_617_271_200_000
    assert [(e.line, e.at_ns // 10**6 - began, e.src) for e in log.entries if e.at_ns] == [
        (4, 0, Actor.LIBVIRT),
        (9, 3, Actor.QEMU),
        (11, 12_000, Actor.LIBVIRT),
        (13, 12_004, Actor.QEMU),
        (15, 21_300, Actor.QEMU),
    ]
    assert log.monitor == "guest1 (0x7f3c0c00e180)"
    assert (log.others, log.passed_over) == ({"0x7f3c0c0711f0": 1}, 5)
    assert [(u.line, u.why) for u in log.unread] == [(14, "is not JSON: Unterminated string")]


@pytest.mark.parametrize("name", ["guest1", "0x7f3c0c00e180"])
def test_a_monitor_is_asked_for_by_domain_or_address(name: str) -> None:
    assert sample("libvirtd.log", monitor=name).monitor == "guest1 (0x7f3c0c00e180)"


def test_a_monitor_that_is_not_there_is_one_line() -> None:
    with pytest.raises(UserError) as caught:
        sample("libvirtd.log", monitor="guest9")

    known = "guest1 (0x7f3c0c00e180), 0x7f3c0c0711f0"
    assert str(caught.value) == f"libvirtd.log: no monitor 'guest9'; there are: {known}"


def test_lines_of_the_journal_have_the_time_of_their_event() -> None:
    line = 'libvirtd[7]: QEMU_MONITOR_RECV_EVENT: mon=0x1 event={"timestamp": {"seconds": 9, '
    log = text(f'{line}"microseconds": 5}}, "event": "STOP"}}\n')

    assert [(e.at_ns, e.message) for e in log.entries] == [(9_000_005_000, VmStop())]


def test_kubevirt_wraps_libvirts_lines_into_json() -> None:
    log = text(
        r'{"component":"virt-launcher","msg":"QEMU_MONITOR_RECV_EVENT: mon=0x1 event={\"event\":'
        r' \"STOP\"}","timestamp":"1970-01-01T00:00:09.000005Z"}'
    )

    assert [(e.at_ns, e.message) for e in log.entries] == [(9_000_005_000, VmStop())]


def test_virsh_prints_events() -> None:
    """virsh(1), qemu-monitor-event, with and without --timestamp."""
    log = sample("events.txt")

    assert [(e.at_ns, e.message) for e in log.entries] == [
        (
            1_639_476_000_250_000_000,
            DeviceUnplugGuestError(path="/machine/peripheral/vcpu1", device="vcpu1"),
        ),
        (1_639_476_005_123_000_000, VmStop()),
    ]
    assert (log.monitor, log.passed_over) == ("guest1", 1)


def test_an_x86_machine_is_told_by_its_cpu() -> None:
    log = sample("x86.qmp")

    info = OstInfo(SlotType.CPU, 1, 3, 130, "cpu1")
    assert (log.entries[-1].message, log.machine, log.evidence[0]) == (
        AcpiDeviceOst(info),
        X86,
        Evidence(X86, "driver qemu64-x86_64-cpu", "x86.qmp", 1, 0),
    )


def test_the_parts_of_a_log_are_read_one_after_the_other() -> None:
    log = read_log([("old", [DEL]), ("new", [OK])])

    assert [(e.place, e.answers) for e in log.entries] == [("old:1", None), ("new:1", 0)]


# -- messages --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "device"),
    [
        ('"driver": "power9_v2.0-spapr-cpu-core", "id": "c", "core-id": "8"', CpuCore(8, "c")),
        ('"driver": "pc-dimm", "id": "d", "memdev": "m", "addr": 64', Dimm(256, 64, "d")),
        ('"driver": "pc-dimm", "id": "d", "memdev": "n"', Dimm(0, 0, "d")),
        ('"driver": "spapr-pci-host-bridge", "id": "p", "index": 3', Phb(3, "p")),
        (
            '"driver": "e1000", "id": "n", "bus": "pci.0", "addr": "0x3"',
            PciFunction("pci.0", "0x3", id="n"),
        ),
    ],
)
def test_device_add_tells_by_its_driver_what_is_plugged(arguments: str, device: object) -> None:
    memory = '"qom-type": "memory-backend-ram", "id": "m", "props": {"size": 268435456}'
    log = text(
        f'{{"execute": "object-add", "arguments": {{{memory}}}}}\n',
        f'{{"execute": "device_add", "arguments": {{{arguments}}}}}\n',
    )

    assert told(log) == [(2, DeviceAdd(device))]  # type: ignore[arg-type]


def test_a_driver_that_does_not_tell_keeps_its_command() -> None:
    log = text('{"execute": "device_add", "arguments": {"driver": "x", "id": "y"}}\n')

    assert told(log) == [(1, OtherCommand("device_add", "y"))]


def test_an_event_of_a_part_of_a_device_is_left_out() -> None:
    """libvirt ignores it likewise: it names no device."""
    log = text(
        '{"event": "DEVICE_DELETED", "data": {"path": "/machine/peripheral/d/virtio-backend"}}\n',
        '{"event": "RESET", "data": {"guest": true}}\n',
    )

    assert told(log) == [(2, OtherEvent("RESET"))]
    assert log.left_out == {"DEVICE_DELETED": 1}


def test_replies_without_id_come_in_the_order_of_commands() -> None:
    """qmp-spec: in-band commands are answered in their order."""
    log = text('{"execute": "query-cpus-fast"}\n', DEL, '{"return": [1]}\n', OK)

    assert [(e.line, e.answers) for e in log.entries] == [(2, None), (4, 0)]
    assert log.left_out == {"query-cpus-fast": 2}


def test_a_refusal_without_its_command_is_kept() -> None:
    """A monitor's own log (-chardev logfile=) has what QEMU said, and not what it was asked."""
    error = (
        '{"error": {"class": "GenericError", "desc": "core-id 1 unplug is still pending, 3 s"}}\n'
    )
    log = text(OK, error)

    assert [(e.line, e.answers) for e in log.entries] == [(2, None)]
    assert log.left_out == {"a reply without its command": 1}


def test_commands_with_libvirts_ids_are_libvirts() -> None:
    log = text('{"execute": "stop", "id": "libvirt-7"}\n')

    assert (log.asker, log.entries[0].src) == (Actor.LIBVIRT, Actor.LIBVIRT)


# -- what cannot be read ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("what is this\n", "is neither JSON nor a command at the prompt (QEMU)"),
        ('{"event": NaN}\n', "NaN is not a JSON number"),
        ('{"event": 1, "event": 2}\n', "key 'event' is given twice"),
        ('{"a": {"b": 1}\n', "is not JSON: it ends in the middle"),
        ('{"a": ' * 100_000 + "}" * 100_000 + "\n", "is nested too deeply"),
        (f'{{"a": "{"x" * 1_000_001}"}}\n', "is longer than 1,000,000 characters"),
        ("{'" + r"\'" * 100_000 + "\n", "is not JSON: it ends in the middle"),
    ],
    ids=["text", "NaN", "twice", "cut", "deep", "long", "quotes"],
)
def test_a_line_that_cannot_be_read_is_named(line: str, why: str) -> None:
    log = text(OK, line)

    assert [(u.line, u.why, len(u.text) <= 100) for u in log.unread] == [(2, why, True)]


def test_lines_go_on_being_read_behind_one_that_is_cut() -> None:
    log = text("(QEMU) stop\n", '{"return": {\n', "(QEMU) cont\n", OK)

    assert [entry.line for entry in log.entries] == [1, 3, 4]
    assert [u.line for u in log.unread] == [2]


def test_twenty_unread_lines_are_kept_and_all_counted() -> None:
    log = text(OK, *["?\n"] * 30)

    assert (len(log.unread), log.unread_count) == (20, 30)


def test_control_characters_become_visible() -> None:
    log = text('{"execute": "device_del", "arguments": {"id": "a\\u001b[31m\\ud800"}}\n')

    assert told(log) == [(1, DeviceDel(r"a\x1b[31m\ud800"))]


def test_bytes_that_are_no_utf8_are_counted() -> None:
    assert text(OK, "\ufffd\n", "\ufffd\ufffd\n").not_utf8 == 2


def test_a_clock_that_goes_back_is_told() -> None:
    stamp = '{"event": "STOP", "timestamp": {"seconds": %d, "microseconds": 0}}\n'
    log = text(stamp % 100, stamp % 90)

    assert log.clock_went_back == "log:2"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "log: is empty; start QEMU with -chardev socket,"),
        (["a\n", "b\n"], "log: begins “a”: no message of QEMU's monitor in its first 2 lines; "),
        (['{"a" 1}\n'], "log: holds no message of QMP that can be read"),
    ],
    ids=["empty", "other", "broken"],
)
def test_what_is_no_log_is_one_line(lines: list[str], message: str) -> None:
    with pytest.raises(UserError) as caught:
        read_log([("log", lines)])

    assert str(caught.value).startswith(message)
