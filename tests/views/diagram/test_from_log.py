"""What a log tells, laid out and drawn as a run is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kit.actors.messages import Actor
from kit.logs.entries import UnplugLog
from kit.logs.formats.reader import read_log
from kit.machine.catalogue import find_revision
from kit.machine.clock import NS_PER_S
from kit.simulation.run import play
from kit.storage.scenarios import find_scenario
from kit.views.diagram.from_log import layout_of_log, logged_sentence
from kit.views.diagram.layout import LaneRow, LaneState, Layout, layout_of
from kit.views.diagram.svg import picture_svg
from kit.views.diagram.text import picture_lines
from tests.transcripts import libvirt_lines, qmp_lines

LOGS = Path(__file__).parents[2] / "logs"


def sample(name: str) -> UnplugLog:
    """Read one of the samples."""
    return read_log([(name, (LOGS / name).read_text(encoding="utf-8").splitlines(keepends=True))])


def bars(layout: Layout, lane: Actor, device: str) -> list[tuple[LaneState, int, int | None]]:
    """The bars of a row."""
    return [(b.held, b.first, b.last) for b in layout.sides[0].bars_of(LaneRow(lane, device))]


def test_bars_are_where_something_is_known() -> None:
    layout = layout_of_log(sample("capture.qmp"))

    assert bars(layout, Actor.OPERATOR, "core1") == [
        (LaneState.ASKED, 2, 6),
        (LaneState.TOLD_GONE, 6, None),
    ]
    assert bars(layout, Actor.QEMU, "core1") == [(LaneState.HOLDS, 1, 6)]
    assert bars(layout, Actor.GUEST, "core1") == [(LaneState.UNKNOWN, -1, None)]


def test_a_device_that_is_not_plugged_in_the_log_was_there_before() -> None:
    layout = layout_of_log(sample("libvirtd.log"))

    assert bars(layout, Actor.LIBVIRT, "vcpu1") == [
        (LaneState.LISTED, -1, 0),
        (LaneState.ASKED, 0, 4),
        (LaneState.TOLD_GONE, 4, None),
    ]
    assert bars(layout, Actor.QEMU, "vcpu1") == [(LaneState.HOLDS, -1, 4)]


@pytest.mark.parametrize(
    ("name", "at", "told"),
    [
        ("events.txt", "vcpu1", LaneState.TOLD_KEPT),
        ("x86.qmp", "cpu1", LaneState.TOLD_KEPT),
        ("shell-logfile.json", "dimm1", LaneState.ASKED),
    ],
)
def test_who_asks_is_told_what_the_log_tells(name: str, at: str, told: LaneState) -> None:
    assert dict(layout_of_log(sample(name)).sides[0].now)[LaneRow(Actor.OPERATOR, at)] is told


def test_a_device_that_qemu_does_not_find_is_gone_and_was_perhaps_never_there() -> None:
    error = '{"error": {"class": "DeviceNotFound", "desc": "Device \'a\' not found"}}'
    delete = '{"execute": "device_del", "arguments": {"id": "a"}}'
    layout = layout_of_log(read_log([("log", [delete, error])]))

    assert bars(layout, Actor.OPERATOR, "a") == [
        (LaneState.ASKED, 0, 1),
        (LaneState.TOLD_GONE, 1, None),
    ]
    assert bars(layout, Actor.QEMU, "a") == [(LaneState.UNKNOWN, -1, 1)]


def test_a_request_that_qemu_refuses_has_failed() -> None:
    error = '{"error": {"class": "GenericError", "desc": "Bus \'b\' does not support hotplugging"}}'
    delete = '{"execute": "device_del", "arguments": {"id": "a"}}'
    layout = layout_of_log(read_log([("log", [delete, error])]))

    assert bars(layout, Actor.OPERATOR, "a") == [
        (LaneState.ASKED, 0, 1),
        (LaneState.TOLD_KEPT, 1, None),
    ]


def test_what_has_no_time_stands_between_its_neighbours_and_shows_no_time() -> None:
    layout = layout_of_log(sample("capture.qmp"))
    lines = picture_lines(layout)

    assert [stop.at_ns for stop in layout.stops] == sorted(stop.at_ns for stop in layout.stops)
    assert layout.timeless == frozenset(range(6))
    assert (layout.stops[0].at_ns, layout.stops[-1].at_ns) == (0, 6.25 * NS_PER_S)
    assert 0 < layout.stops[2].at_ns == layout.stops[3].at_ns < layout.stops[4].at_ns
    assert [line.split()[1] for line in lines if line.startswith("+")] == [*"??????", "6.25"]


def test_without_any_time_the_picture_has_none() -> None:
    layout = layout_of_log(sample("shell-logfile.json"))

    assert layout.timeless == frozenset(range(4))
    assert [line for line in picture_lines(layout) if re.search(r"\d s\b", line)] == []
    assert re.findall(r">(\d[^<]* s|\?)</text>", picture_svg(layout)) == ["?"] * 4


def test_a_time_before_the_one_before_is_not_drawn_as_if_it_were_known() -> None:
    stamp = '{"event": "STOP", "timestamp": {"seconds": %d, "microseconds": 0}}'
    layout = layout_of_log(read_log([("log", [stamp % 100, stamp % 90])]))

    assert layout.timeless == {1}


def test_the_guests_lane_says_that_it_is_not_in_the_log() -> None:
    layout = layout_of_log(sample("libvirtd.log"))

    assert picture_lines(layout)[-2] == "| has it   . does not have it   : waits   ? not in the log"
    assert "not in the log" in picture_svg(layout)


def test_a_log_of_a_run_has_the_marks_of_that_run_between_its_lanes() -> None:
    run = play(find_scenario("two-cores"), find_revision("pre-revert"))
    logged = layout_of_log(read_log([("log", libvirt_lines(run, Actor.OPERATOR))]))
    between = {Actor.OPERATOR, Actor.QEMU}

    played = [m for m in layout_of(run).sides[0].marks if {m.src, m.dst} == between]
    assert [(m.at_ns, m.label, m.tone) for m in logged.sides[0].marks] == [
        (m.at_ns, m.label, m.tone) for m in played
    ]


def test_only_devices_that_are_to_be_unplugged_have_rows() -> None:
    add = '{"execute": "device_add", "arguments": {"driver": "x", "id": "%s"}}'
    delete = '{"execute": "device_del", "arguments": {"id": "b"}}'
    layout = layout_of_log(read_log([("log", [add % "a", add % "b", delete])]))

    assert layout.devices == ("b",)


def test_other_messages_have_a_sentence_too() -> None:
    lines = ['{"execute": "device_add", "arguments": {"driver": "x"}}', '{"event": "RESET"}']
    log = read_log([("log", lines)])

    assert [logged_sentence(entry) for entry in log.entries] == [
        "The operator asks QEMU: device_add.",
        "QEMU says: RESET.",
    ]


def test_the_picture_of_a_log_fits_and_survives_a_mail() -> None:
    run = play(find_scenario("retry-each-second"), find_revision("pre-revert"))
    for width in (60, 72, 200):
        for line in picture_lines(layout_of_log(read_log([("log", qmp_lines(run))])), width):
            assert len(line) <= width
            assert line == line.rstrip()
            assert not line.startswith((" ", ">", "From "))
