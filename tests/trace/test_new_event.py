"""A new event needs five files: its class, who emits it, its row, a reaction, and a test.

DEVICE_UNPLUG_DECLINED exists only here.  QEMU emits it as soon as the guest has read an unplug
request, and libvirt reacts as to any refusal.  No other file of a simulated run learns of it:
pictures, reports, JSON and scenarios find what they need in its row.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from kit.actors.libvirt import REACTIONS, Handled, Libvirt, reject
from kit.actors.messages import Actor, ApiError, DeviceRemovalFailed, Message
from kit.machine.catalogue import find_revision
from kit.machine.events import ExceptionReturn, HotplugAction
from kit.simulation.run import Run, begin, play_from
from kit.simulation.scenario import read_scenario
from kit.simulation.story import who_knows_what
from kit.simulation.timeline import Timeline
from kit.trace.columns import MANAGEMENT, MessageKind, Severity, UnplugOutcome
from kit.trace.kinds import KINDS
from kit.views.diagram.layout import layout_of
from kit.views.diagram.svg import picture_svg
from kit.views.diagram.text import picture_lines
from kit.views.html.run import events_html
from kit.views.reports.run import event_lines, run_json

# -- 1. the event: in kit/machine/events.py ------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceUnplugDeclined:
    """QMP DEVICE_UNPLUG_DECLINED: the guest has read the request and will not release."""

    path: str
    device: str | None = None


# -- 2. who emits it: in kit/machine/pseries/ ----------------------------------------------------

EVENT = DeviceUnplugDeclined(path="/machine/peripheral/core1", device="core1")


def declining(ask: Any) -> Any:  # noqa: ANN401 - whatever a world asks QEMU with
    """Return how to ask a QEMU that emits the event when the guest has read a request."""

    def asked(machine: Any, message: Message) -> Any:  # noqa: ANN401
        machine, reply, emitted = ask(machine, message)
        match reply:
            case ExceptionReturn(event=read) if read and read.action is HotplugAction.REMOVE:
                emitted = (*emitted, EVENT)
        return machine, reply, emitted

    return asked


# -- 3. its row: in kit/trace/kinds.py -----------------------------------------------------------

ROW = MessageKind(
    of=DeviceUnplugDeclined,
    wire="DEVICE_UNPLUG_DECLINED",
    label="declined",
    sentence=lambda m, _: f"QEMU reports that the guest declines to release {m.device}.",
    severity=Severity.BAD,
    outcome=UnplugOutcome.FAILED,
    heard_by=MANAGEMENT,
)


# -- 4. a reaction: in kit/actors/libvirt.py -----------------------------------------------------


def _declined(libvirt: Libvirt, event: DeviceUnplugDeclined) -> Handled:
    return reject(libvirt, str(event.device))


# -- 5. the test ---------------------------------------------------------------------------------

SCENARIO = """
title = "The guest declines"
why = "A new event needs no edit of the kit."
look = "What does libvirt report?"
compare = [["pre-revert", "revert"]]
end = "1 s"
script = ["0 s: virsh setvcpus 1"]

[cast]
asks = true
libvirt = "7.1.0"
devices = ["core1"]

[[expect]]
that = "sent DEVICE_UNPLUG_DECLINED to libvirt"
fails_at = ["baseline"]
"""


PICTURE = """\
declined: The guest declines

at revert (d522cb52e6)
time                          operator  libvirt       QEMU       guest
+ 0 s setvcpus 1               |---------->|           |           |
|     device_del               |           |---------->:           |
|     REMOVE event             |           |           :---------->|
|     accepted                 |           |<..........:           |
|     check-exception          |           |]          :<..........|
|     declined                 |           |<----------:           |
|     REMOVE event             |           |           :..........>|
|     device-removal-failed    |<----------|           :           |
|     error                    |<----------|           :           |
:                              |           |           :           |
+ 1 s end                      |           |           :           |
|                             failed     has it      waits      has it

| has it   . does not have it   : waits   ] time runs
"""
SENTENCE = "QEMU reports that the guest declines to release core1."


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, DeviceUnplugDeclined, ROW)
    monkeypatch.setitem(REACTIONS, DeviceUnplugDeclined, _declined)


def played(*, libvirt: bool = True) -> Run:
    text = SCENARIO
    if not libvirt:
        text = text.replace('libvirt = "7.1.0"', "")
        text = text.replace("virsh setvcpus 1", "device_del core1").replace("libvirt", "operator")
    scenario, revision = read_scenario(text, "declined", "declined.toml"), find_revision("revert")
    began = begin(scenario.setup, revision)
    return play_from(replace(began, ask=declining(began.ask)), scenario, revision)


def test_the_picture_in_text_draws_it_by_its_label() -> None:
    drawn = "\n".join(picture_lines(played()))

    assert drawn.partition("\nGuest: ")[0] == PICTURE.rstrip("\n")


def test_the_picture_in_svg_draws_it_as_bad_news() -> None:
    run = played()
    (mark,) = [mark for mark in layout_of(run).sides[0].marks if mark.label == "declined"]

    assert (mark.src, mark.dst, mark.device) == (Actor.QEMU, Actor.LIBVIRT, "core1")
    assert (mark.tone, mark.minor, mark.sentence) == (Severity.BAD, False, SENTENCE)
    assert picture_svg(run).count(">declined<") == 1


def test_json_has_its_wire_name_and_fields() -> None:
    entry = {"seq": 5, "at_ns": 0, "guest_ns": 0, "src": "qemu", "dst": "libvirt"}
    own = {"type": "DEVICE_UNPLUG_DECLINED", "path": EVENT.path, "device": "core1"}

    assert json.loads(json.dumps(run_json(played())))["entries"][5] == entry | own


def test_reports_have_its_sentence() -> None:
    run = played()

    assert " ".join(" ".join(event_lines(run, 200)).split()).count(SENTENCE) == 1
    events = events_html(Timeline(played=run), ["log"])
    assert events.count(f'<span class="kit-error">{SENTENCE}</span>') == 1


def test_libvirt_reacts_and_the_operator_learns_of_the_failure() -> None:
    run = played()

    assert [entry.message for entry in run.trace[7:]] == [
        DeviceRemovalFailed("core1"),
        ApiError("operation failed: unplug of device was rejected by the guest", "core1"),
    ]


def test_without_libvirt_the_operator_hears_it_and_its_report_names_it() -> None:
    run = played(libvirt=False)

    assert [e.dst for e in run.trace if e.message == EVENT] == [Actor.OPERATOR]
    assert dict(who_knows_what(run))["operator received"] == (
        "“accepted” at 0 s, DEVICE_UNPLUG_DECLINED at 0 s"
    )


@pytest.mark.parametrize("libvirt", [True, False])
def test_a_scenario_can_expect_it(libvirt: bool) -> None:
    run = played(libvirt=libvirt)
    (expectation,) = run.scenario.expect

    assert expectation.holds(run.began, run.ended)
    assert run.times("DEVICE_UNPLUG_DECLINED") == (0.0,)
