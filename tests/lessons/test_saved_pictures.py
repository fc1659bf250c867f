"""What "Save SVG" writes: the picture that travels alone, as the command line writes it."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from xml.etree import ElementTree

import pytest

from kit import player, sandbox
from kit.explorer.comparison import PathPlay, alone
from kit.explorer.jobs import SearchJob, explore_one
from kit.explorer.paths import play_path
from kit.explorer.scope import Scope
from kit.lessons.stories import observed_story, path_story, story_of
from kit.logs.formats.reader import read_logs
from kit.machine.catalogue import find_revision
from kit.simulation.run import Pair, play
from kit.storage.scenarios import find_scenario
from kit.views.cockpit.view import Desk
from kit.views.diagram.from_path import layout_of_path
from kit.views.diagram.layout import Layout, layout_of
from kit.views.diagram.svg import lone_svg
from kit.views.reports.guest import GuestReport
from kit.views.reports.log import LogReport, report_of
from tests.explorer.found import LINUX_5_13
from tests.simulation.test_guest_run import guest_run

LATE = find_scenario("late-release")
BOTH = {"before": "pre-revert", "after": "revert"}
PAIR = Pair(play(LATE, find_revision("pre-revert")), play(LATE, find_revision("revert")))


def a_path() -> PathPlay:
    revision, scope = find_revision("today"), Scope(cores=1, migrations=0)
    found = explore_one(SearchJob(revision, LINUX_5_13, scope))
    path = found.result.findings["no-lost-release"].path
    assert path is not None
    return alone(play_path(revision, LINUX_5_13, scope, path))


def a_log() -> LogReport:
    lines = ['{"execute": "device_del", "arguments": {"id": "core1"}}', '{"return": {}}']
    return report_of(read_logs(["qmp.log"], lambda _: iter(lines)), "kit import qmp.log")


Saved = Callable[[], tuple[Desk, Layout]]
SAVED: dict[str, Saved] = {
    "player": lambda: (player("late-release", **BOTH).desk, layout_of(PAIR)),
    "page": lambda: (story_of(PAIR).desk, layout_of(PAIR)),
    "sandbox": lambda: ((found := sandbox().desk), layout_of(found.model.timeline.played)),
    "path": lambda: (path_story(found := a_path()).desk, layout_of_path(found)),
    "log": lambda: (observed_story(found := a_log()).desk, found.layout),
    "guest": lambda: (observed_story(found := GuestReport(guest_run())).desk, found.layout),
}


@pytest.mark.parametrize("saved", SAVED.values(), ids=SAVED)
def test_a_saved_picture_is_the_one_that_travels_alone(saved: Saved) -> None:
    """One writer: title, legend, where it comes from, and the command that draws it."""
    desk, layout = saved()
    _, written = desk.share("svg")
    words = " ".join(unescape("".join(ElementTree.fromstring(written).itertext())).split())

    assert written == lone_svg(layout)
    assert f"{layout.name}: {layout.title}"[:120] in words
    assert "has the device: holds, uses or lists it" in words
    assert layout.origin
    assert layout.command.startswith("kit ")
    for part in (*layout.origin.split(), *layout.command.split()):
        assert part in words
