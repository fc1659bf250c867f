"""A scenario with a real guest kernel, drawn: the console is a lane of its own."""

from __future__ import annotations

import json
from dataclasses import replace

from kit.actors.messages import Actor, GuestLog
from kit.machine.catalogue import find_revision
from kit.simulation.run import play
from kit.storage.scenarios import find_scenario
from kit.views.diagram.from_guest import layout_of_guest
from kit.views.diagram.layout import LaneRow, LaneState
from kit.views.diagram.svg import picture_svg
from kit.views.reports.guest import GuestReport
from kit.views.reports.picture_page import page_of
from tests.simulation.test_guest_run import SEEN, guest_run

PICTURE = """\
refuse-then-retry: Linux 6.1.0 on qemu-system-ppc64 7.2.22

time                                   oper     QEMU    guest     cons
+ 0 s     device_del                    :------->|        |        .
:                                       :        |        |        .
+ 0.001 s accepted                      :<.......:        |        .
:                                       :        :        |        .
+ 0.003 s Unable to remove last         :        :        |        o
|           online CPU Powe...          :        :        |        .
|         UNISOLATE                     :        :<-------|        .
:                                       :        :        |        .
+ 0.004 s DEVICE_UNPLUG_GUEST_ERROR     |<-------|        |        .
:                                       |        |        |        .
:                                       |        |        |        .
+ 5 s     cpu-online                    |------------------------->.
:                                       |        |        |        .
+ 6 s     device_del                    :------->|        |        .
:                                       :        |        |        .
+ 6.001 s accepted                      :<.......:        |        .
:                                       :        :        |        .
+ 6.05 s  ISOLATE                       :        :<-------|        .
|         UNUSABLE                      :        :<-------.        .
:                                       :        :        .        .
+ 6.051 s DEVICE_DELETED                .<-------.        .        .
:                                       .        .        .        .
:                                       .        .        .        .
+ 20 s    end                           .        .        .        .
|                                      gone     gone     gone      -

| has it   . does not have it   : waits
Guest: Linux 6.1.0. Recorded on a real qemu-system-ppc64 7.2.22.

Seen on qemu-system-ppc64 7.2.22 with Linux 6.1.0.
At the end Linux lists core 0 online.
"""


def test_the_picture_in_text() -> None:
    text = "\n".join(GuestReport(guest_run()).text_lines(72))

    assert text.startswith(PICTURE)
    assert "| 0.003 s   guest > qemu        The guest unisolates core 1" in text


def test_every_line_of_a_mail_can_be_quoted() -> None:
    lines = [*GuestReport(guest_run()).mail_lines(72, in_reply_to="a@b")]

    assert lines[0] == "In-Reply-To: <a@b>"
    assert [line for line in lines if line.startswith((" ", ">", "From ")) or len(line) > 72] == []


def test_bars_are_what_was_seen() -> None:
    layout = layout_of_guest(guest_run())
    bars = {
        lane: [
            (bar.held, bar.first, bar.last)
            for bar in layout.sides[0].bars_of(LaneRow(lane, "core1"))
        ]
        for lane in layout.lanes
    }

    assert bars == {
        Actor.OPERATOR: [
            (LaneState.ASKED, 0, 4),
            (LaneState.TOLD_KEPT, 4, 6),
            (LaneState.ASKED, 6, 10),
            (LaneState.TOLD_GONE, 10, None),
        ],
        Actor.QEMU: [
            (LaneState.HOLDS, -1, 1),
            (LaneState.PENDING, 1, 4),
            (LaneState.HOLDS, 4, 7),
            (LaneState.PENDING, 7, 10),
        ],
        Actor.GUEST: [(LaneState.USES, -1, 9)],
        Actor.CONSOLE: [],
    }


def test_without_a_trace_nothing_is_known_of_the_guest() -> None:
    seen = tuple(one for one in SEEN if one[1] is not Actor.GUEST)
    report = GuestReport(replace(guest_run(*seen), traced=False))
    text = "\n".join(report.text_lines(72))

    guest = LaneRow(Actor.GUEST, "core1")
    assert [bar.held for bar in report.layout.sides[0].bars_of(guest)] == [LaneState.UNKNOWN]
    assert "This build of QEMU does not trace the guest's calls: they are not seen." in text


def test_the_console_has_a_lane_in_the_drawing() -> None:
    drawn = picture_svg(layout_of_guest(guest_run()))

    assert ">console</text>" in drawn
    assert ">Unable to remove last online CPU Powe…</text>".replace("…", "...") in drawn


def test_what_a_guest_writes_is_harmless_in_a_page() -> None:
    evil = "<script>alert(1)</script>"
    run = guest_run(*SEEN[:2], (2, Actor.CONSOLE, Actor.CONSOLE, GuestLog(evil), "asked for"))
    page = page_of(GuestReport(run).still())

    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_run_in_which_nothing_is_seen_is_said_to_be_one() -> None:
    run = replace(guest_run(), moments=())

    assert next(GuestReport(run).text_lines(72)) == "refuse-then-retry: nothing was seen"


def test_beside_the_embedded_machine_differences_are_marked() -> None:
    embedded = play(find_scenario("refuse-then-retry"), find_revision("guest-error"))
    report = GuestReport(guest_run(), embedded)
    lines = [*report.text_lines(200)]
    marks = [line[0] for line in lines[lines.index("= both") + 2 :]]
    data = json.loads(json.dumps(report.json()))

    assert "".join(marks) == "=-+=-====="
    assert [one["in"] for one in data["compared"]][:3] == ["both", "embedded", "real"]
