"""Logs as people paste them: each form is read, and says neither too much nor anything false."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from kit.actors.messages import Actor, DeviceRemovalFailed, DeviceRemoved
from kit.common.errors import UserError
from kit.logs.entries import TraceStep, UnplugLog
from kit.logs.fates import fates_of
from kit.logs.formats.reader import read_log
from kit.logs.verdicts import verdicts
from kit.machine.events import QmpError, QmpReturn
from kit.machine.requests import DeviceAdd, DeviceDel, SetIndicator
from kit.storage.logs import log_lines
from kit.trace.kinds import wire_name
from kit.views.diagram.from_log import layout_of_log
from kit.views.diagram.layout import LaneRow, LaneState
from kit.views.reports.log import report_of

CASES = Path(__file__).parent / "cases"


def case(name: str, **options: str) -> UnplugLog:
    """Read one of the cases."""
    return read_log([(name, log_lines(str(CASES / name)))], **options)


def heard(log: UnplugLog) -> list[tuple[int, str]]:
    """The lines and names of the messages of a log."""
    found = []
    for entry in log.entries:
        message = entry.message
        name = getattr(message, "name", None) or wire_name(message)
        found.append((entry.line, name))
    return found


def text(log: UnplugLog) -> str:
    """What a report says of a log."""
    return " ".join(" ".join(report_of(log).text_lines(100)).split())


def standing(log: UnplugLog, lane: Actor, device: str) -> LaneState | None:
    """How a device stands at the end."""
    return dict(layout_of_log(log).sides[0].now)[LaneRow(lane, device)]


NAMES: dict[str, tuple[str, list[str]]] = {
    "02-raw-mail-qp.eml": ("libvirt debug log", ["device_del", "return", "device_del", "error"]),
    "03-quoted-wrapped72.txt": (
        "libvirt debug log",
        ["device_del", "return", "device_del", "error"],
    ),
    "04-libvirt-caretM.log": ("libvirt debug log", ["device_del", "return", "device_del", "error"]),
    "06-journal-noprefix.log": ("libvirt debug log", ["device_del", "return", "DEVICE_DELETED"]),
    "07-hmp-dimm.txt": ("HMP session", ["device_add", "return", "device_del", "return"]),
    "08-hmp-pseries.txt": (
        "HMP session",
        [
            "device_del", "error", "device_add", "return", "device_del", "return", "device_del",
            "error",
        ],
    ),
    "09-hmp-quoted.txt": ("HMP session", ["device_add", "return", "device_del", "return"]),
    "10-avocado-vt.log": ("avocado-vt log", ["device_del", "return", "device_del"]),
    "11-qemu-avocado.log": (
        "log of QEMU's tests",
        ["device_del", "return", "DEVICE_DELETED", "device_del", "error"],
    ),
    "13-github-prose.md": ("QMP in a text", ["device_add", "device_del", "DEVICE_DELETED"]),
    "16-proxmox.txt": ("HMP session", ["device_del", "return", "device_del", "error"]),
    "18-virsh-event.txt": ("virsh event", ["device-removed", "device-removal-failed"]),
    "24-kata.log": ("kata-runtime log", ["device_del", "return", "DEVICE_DELETED"]),
    "30-clean-notfound.log": ("libvirt debug log", ["device_del", "return", "device_del", "error"]),
    "31-quoted-json.txt": ("QMP transcript", ["device_del", "return", "DEVICE_DELETED"]),
    "33-pci-x86-pending.log": (
        "libvirt debug log",
        ["device_del", "return", "device_del", "error"],
    ),
    "64-fenced.md": ("QMP in a text", ["device_del", "return", "DEVICE_DELETED"]),
    "67-iso-tz.log": (
        "libvirt debug log",
        ["device_del", "return", "device_del", "return", "DEVICE_DELETED"],
    ),
    "71-late-event-after-pending.qmp": (
        "QMP transcript",
        ["device_del", "return", "device_del", "error", "DEVICE_DELETED"],
    ),
    "hmp-real.txt": (
        "HMP session",
        ["device_add", "return", "device_del", "return", "device_del", "error"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_each_form_is_recognised_and_read_whole(name: str) -> None:
    log = case(name)

    assert (log.format.value, [what for _, what in heard(log)]) == NAMES[name]
    assert log.unread == ()


def test_a_mail_and_a_wrapped_quotation_read_as_the_plain_log_does() -> None:
    """RFC 2045 6.7; lines that a mail program has cut at column 72."""

    def told(name: str) -> list[object]:
        return [(e.at_ns, e.src, e.message) for e in case(name).entries]

    assert told("02-raw-mail-qp.eml") == told("30-clean-notfound.log")
    assert told("03-quoted-wrapped72.txt") == told("30-clean-notfound.log")


@pytest.mark.parametrize(
    ("name", "device", "how"),
    [
        ("04-libvirt-caretM.log", "vcpu3", "is pending: an earlier request still waits (HERE:6)"),
        ("16-proxmox.txt", "virtioscsi0", "is pending: an earlier request still waits (HERE:5)"),
        (
            "30-clean-notfound.log",
            "virtio-disk1",
            "is gone: QEMU finds it no more (HERE:23), though no DEVICE_DELETED named it;"
            " the one at HERE:13 names only a part of it",
        ),
        ("11-qemu-avocado.log", "rn1", "is gone: QEMU finds it no more (HERE:6)"),
        ("71-late-event-after-pending.qmp", "net1", "is gone (HERE:5)"),
        ("r3-q35.qmp", "cpu1", "is gone or never was: QEMU finds no such device (HERE:19)"),
        ("95-qemu92.qmp", "dimm1", "stays: the guest refused (HERE:6)"),
    ],
)
def test_how_a_device_stands_is_neither_guessed_nor_false(name: str, device: str, how: str) -> None:
    assert dict(fates_of(case(name)))[device] == how.replace("HERE", name)


@pytest.mark.parametrize(
    ("name", "device", "told", "held"),
    [
        ("04-libvirt-caretM.log", "vcpu3", LaneState.ASKED, LaneState.HOLDS),
        ("30-clean-notfound.log", "virtio-disk1", LaneState.TOLD_GONE, None),
        ("71-late-event-after-pending.qmp", "net1", LaneState.TOLD_GONE, None),
    ],
)
def test_the_picture_shows_the_same(
    name: str, device: str, told: LaneState, held: LaneState | None
) -> None:
    log = case(name)

    assert standing(log, log.asker, device) is told
    assert standing(log, Actor.QEMU, device) is held


def test_the_journal_has_times_of_its_own() -> None:
    """journalctl(1), --output=short-iso-precise: with the zone."""
    log = case("67-iso-tz.log")
    began = 1_617_271_200_100  # ms: 12:00:00.100+0200 is 10:00 UTC

    assert [(e.at_ns or 0) // 10**6 - began for e in log.entries] == [0, 10, 20_010, 20_010, 20_010]


@pytest.mark.parametrize("name", ["07-hmp-dimm.txt", "09-hmp-quoted.txt", "hmp-real.txt"])
def test_a_session_of_hmp_says_that_hmp_prints_no_events(name: str) -> None:
    said = text(case(name))

    assert "HMP prints no events, so DEVICE_DELETED is not in it." in said
    assert "logfile=qmp.log" in said


def test_the_editing_of_a_terminal_leaves_what_was_typed() -> None:
    log = case("hmp-real.txt")

    assert [e.message for e in log.entries[2:5]] == [
        DeviceDel("net1"),
        QmpReturn(),
        DeviceDel("net1"),
    ]
    assert log.version == (7, 2, 22)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("17-nova.log", "a log of OpenStack"),
        ("21-qemu-log.txt", "QEMU's own log of a domain"),
    ],
)
def test_a_refusal_says_what_the_file_is_and_what_to_log(name: str, what: str) -> None:
    with pytest.raises(UserError) as caught:
        case(name)
    said = str(caught.value)

    first = log_lines(str(CASES / name))
    assert next(first)[:40] in said
    assert what in said
    assert 'log_filters="1:qemu.qemu_monitor"' in said
    assert said.endswith("docs/import.md describes the forms")
    assert "\n" not in said


def test_events_of_a_domain_go_from_libvirt_to_the_operator() -> None:
    log = case("18-virsh-event.txt")

    assert [(e.src, e.dst, e.message) for e in log.entries] == [
        (Actor.LIBVIRT, Actor.OPERATOR, DeviceRemoved("dimm1")),
        (Actor.LIBVIRT, Actor.OPERATOR, DeviceRemovalFailed("dimm0")),
    ]
    assert standing(log, Actor.QEMU, "dimm0") is LaneState.UNKNOWN


def test_a_trace_fills_the_lane_of_the_guest() -> None:
    """QEMU hw/ppc/trace-events."""
    log = case("22-trace.log")

    assert [(e.src, e.message) for e in log.entries] == [
        (Actor.QEMU, TraceStep("spapr_drc_attach", "core 8")),
        (Actor.QEMU, TraceStep("spapr_drc_unplug_request", "core 8")),
        (Actor.QEMU, TraceStep("spapr_drc_awaiting_quiesce", "core 8")),
        (Actor.GUEST, SetIndicator(9001, 0x10000008, 0)),
        (Actor.GUEST, SetIndicator(9003, 0x10000008, 0)),
        (Actor.QEMU, TraceStep("spapr_drc_release", "core 8")),
    ]
    assert standing(log, Actor.GUEST, "core 8") is None
    assert standing(log, Actor.QEMU, "core 8") is None


def acpi_entries(*lines: str) -> list[tuple[Actor, object]]:
    return [(e.src, e.message) for e in read_log([("x", lines)]).entries]


def test_a_trace_of_acpi_fills_the_lane_of_the_guest() -> None:
    """QEMU hw/acpi/trace-events; a poll of the guest is passed over."""
    assert acpi_entries(
        "77@1617271200.5:cpuhp_acpi_read_flags idx[0x1] flags: 0x9",
        "77@1617271200.6:cpuhp_acpi_clear_remove_evt idx[0x1]",
        "77@1617271216.1:cpuhp_acpi_ejecting_cpu 0x1",
        "cpuhp_acpi_write_ost_ev idx[0x1] OST EVENT: 0x3",
        "2021-04-01T10:00:16.2Z cpuhp_acpi_write_ost_status idx[0x1] OST STATUS: 0x0",
        "mhp_acpi_write_ost_status slot[0x0] OST STATUS: 0x80",
        "mhp_acpi_pc_dimm_deleted slot[0x0] pc-dimm deleted",
        "acpi_pci_eject_slot bsel: 0 slot: 3",
        "cpuhp_acpi_write_idx set active cpu idx: 0x1",
        "cpuhp_acpi_ejecting_cpu",
    ) == [
        (Actor.GUEST, TraceStep("cpuhp_acpi_clear_remove_evt", "CPU 1")),
        (Actor.GUEST, TraceStep("cpuhp_acpi_ejecting_cpu", "CPU 1")),
        (Actor.GUEST, TraceStep("cpuhp_acpi_write_ost_ev", "CPU 1", "0x3")),
        (Actor.GUEST, TraceStep("cpuhp_acpi_write_ost_status", "CPU 1", "0x0")),
        (Actor.GUEST, TraceStep("mhp_acpi_write_ost_status", "memory slot 0", "0x80")),
        (Actor.QEMU, TraceStep("mhp_acpi_pc_dimm_deleted", "memory slot 0")),
        (Actor.GUEST, TraceStep("acpi_pci_eject_slot", "PCI slot 3 of bus 0")),
    ]


def test_an_ejected_cpu_is_no_longer_used() -> None:
    lines = ["cpuhp_acpi_clear_inserting_evt idx[0x1]", "cpuhp_acpi_ejecting_cpu 0x1"]

    assert standing(read_log([("x", lines)]), Actor.GUEST, "CPU 1") is None
    assert standing(read_log([("x", lines[:1])]), Actor.GUEST, "CPU 1") is LaneState.USES


def test_a_packed_trace_of_a_real_machine_shows_what_was_plugged_and_asked_for() -> None:
    assert heard(case("r5.trace.gz"))[-2:] == [
        (1199, "spapr_drc_unplug_request"),
        (1200, "spapr_drc_unplug_request"),
    ]


@pytest.mark.parametrize("name", ["37.xz", "40-utf16.txt"])
def test_xz_and_utf_16_are_read(name: str) -> None:
    log = case(name)

    assert log.format.value == "QMP transcript"
    assert [what for _, what in heard(log)] == [
        "device_add", "return", "ACPI_DEVICE_OST", "device_del", "return", "ACPI_DEVICE_OST",
        "MEM_UNPLUG_ERROR", "ACPI_DEVICE_OST",
    ]  # fmt: skip


def test_zstd_is_read_or_the_command_that_unpacks_it_is_named() -> None:
    name = str(CASES / "38.zst")
    if find_spec("zstandard") is None and sys.version_info < (3, 14):
        with pytest.raises(UserError) as caught:
            case("38.zst")

        assert str(caught.value) == f"{name}: is packed with zstd; unpack it first: zstd -d {name}"
    else:
        assert len(case("38.zst").entries) == 8


# -- the machine, and which revisions fit ----------------------------------------------------------


def judged(name: str, **options: str) -> dict[str, bool | None]:
    """Which revisions a case fits; None: not judged."""
    return {v.revision.name: v.fits if v.judged else None for v in verdicts(case(name, **options))}


@pytest.mark.parametrize("name", ["50-rng-pseries.qmp", "52-blk.qmp"])
def test_a_pci_device_is_known_by_its_driver_whatever_it_is_called(name: str) -> None:
    fits = judged(name)

    assert [n for n, fit in fits.items() if fit is False] == [
        "baseline", "timer", "cpu-timeout", "fe1831eff8", "7420033ec4",
    ]  # fmt: skip
    assert None not in fits.values()


@pytest.mark.parametrize("name", ["50-rng-pseries.qmp", "r3-q35.qmp", "r7-q35-net.qmp"])
@pytest.mark.parametrize("new", ["core7", "dimm7", "x"])
def test_no_verdict_depends_on_the_name_of_a_device(name: str, new: str) -> None:
    lines = list(log_lines(str(CASES / name)))
    for old in ("rng0", "rng1", "net1", "dimm1", "cpu1"):
        lines = [line.replace(old, f"{new}{old}") for line in lines]
    renamed = verdicts(read_log([(name, lines)]))

    assert [(v.revision, v.fits, v.judged) for v in renamed] == [
        (v.revision, v.fits, v.judged) for v in verdicts(case(name))
    ]


def test_pci_devices_of_q35_are_not_judged() -> None:
    assert judged("r7-q35-net.qmp")["q35"] is None
    assert judged("r3-q35.qmp")["q35"] is True
    assert "rng1 is not judged: the kit's q35 has CPUs and DIMMs only." in text(case("r3-q35.qmp"))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("30-clean-notfound.log", "no line shows the machine"),
        ("33-pci-x86-pending.log", "one with ACPI or PCIe hotplug, not pseries"),
        ("97-arm.qmp", "the kit does not model the machine: arm"),
    ],
)
def test_a_machine_that_is_unknown_or_not_modelled_is_not_judged(name: str, why: str) -> None:
    assert set(judged(name).values()) == {None}
    assert why in text(case(name))


def test_a_machine_may_be_named() -> None:
    assert judged("06-journal-noprefix.log", machine="pseries-6.0")["baseline"] is True
    assert set(judged("06-journal-noprefix.log", machine="virt").values()) == {None}


def test_a_contradiction_is_named_with_its_lines() -> None:
    name = "80-x86-with-pseries-text.qmp"

    assert set(judged(name).values()) == {None}
    assert (
        f"the log contradicts itself: query-target: x86_64 at {name}:2 shows x86,"
        f' "PCI device unplug already in progress for device net1" at {name}:8 shows pseries'
    ) in text(case(name))


def test_the_transcript_of_a_commit_message_fits_the_proposal_alone() -> None:
    fits = judged("90-commitmsg.txt")

    assert [name for name, fit in fits.items() if fit] == ["proposal"]
    assert None not in fits.values()


def test_a_newer_qemu_is_named_and_is_no_older_one() -> None:
    fits = judged("95-qemu92.qmp")

    assert [name for name, fit in fits.items() if fit] == ["v10.0.13", "today"]
    lines = [line.replace('"major": 9', '"major": 12') for line in _lines("95-qemu92.qmp")]
    assert "QEMU 12.2.0. That is newer than the newest that the kit models, v11.1.3" in text(
        read_log([("log", lines)])
    )


def test_a_transcript_of_a_real_pseries_is_read_as_before() -> None:
    log = case("r5-pseries-dimm.qmp", machine="pseries")
    errors = [e.message for e in log.entries if isinstance(e.message, QmpError)]

    assert [d for d, _ in fates_of(log)] == ["dimm1", "net1"]
    assert [e.desc for e in errors] == ["Device 'dimm1' not found", "Device 'net1' not found"]
    assert isinstance(log.entries[0].message, DeviceAdd)


def _lines(name: str) -> list[str]:
    return list(log_lines(str(CASES / name)))


def _each(change: Callable[[str], str]) -> list[str]:
    return [change(line) for line in log_lines(str(CASES / "33-pci-x86-pending.log"))]


@pytest.mark.parametrize(
    "change",
    [
        lambda line: f"> > > {line}",
        lambda line: f">> {line}",
        lambda line: line.replace("\n", "^M\n"),
        lambda line: line.replace("\n", "\r\n"),
    ],
    ids=["deep", "tight", "caret", "crlf"],
)
def test_what_a_mail_puts_around_lines_is_taken_off(change: Callable[[str], str]) -> None:
    wrapped = read_log([("log", _each(change))])

    assert [e.message for e in wrapped.entries] == [
        e.message for e in case("33-pci-x86-pending.log").entries
    ]


def test_numbers_of_lines_are_taken_off() -> None:
    numbered = [f"{n:6}\t{line}" for n, line in enumerate(log_lines(str(CASES / "52-blk.qmp")), 1)]

    assert len(read_log([("log", numbered)]).entries) == len(case("52-blk.qmp").entries)
