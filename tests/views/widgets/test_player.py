"""The player's widgets bind the model; what they show is escaped, and there without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import ipywidgets as widgets
import pytest

from kit.git.values.page import ResponsibleLines
from kit.machine.catalogue import find_revision
from kit.machine.revision import Revision
from kit.simulation.run import play, play_pair
from kit.simulation.scenario import Scenario
from kit.simulation.timeline import Timeline
from kit.storage.scenarios import find_scenario
from kit.trace.entry import TraceEntry
from kit.trace.kinds import wire_name
from kit.views.models.player import PlayerModel
from kit.views.widgets.player import PlayerWidget
from tests.views.widgets.widgets import KEYBOARD, button, click, inside, shown

LATE = find_scenario("late-release")


def lines_of(entry: TraceEntry, revision: Revision) -> tuple[ResponsibleLines, ...]:
    kind = wire_name(entry.message)
    if kind != "unplug-timeout":
        return ()
    return (ResponsibleLines(f"what makes {kind}", revision.name, None, None),)


def widget_of(scenario: Scenario = LATE, *names: str) -> PlayerWidget:
    revisions = [find_revision(name) for name in names or ("pre-revert", "revert")]
    played = play_pair(scenario, *revisions) if len(revisions) == 2 else play(scenario, *revisions)
    return PlayerWidget(PlayerModel(Timeline(played=played)), lines_of)


@pytest.fixture
def player() -> Iterator[PlayerWidget]:
    widget = widget_of()
    yield widget
    widget.close_all()


def one(player: PlayerWidget, kind: type) -> widgets.Widget:
    return next(w for w in inside(player) if type(w) is kind)


def test_buttons_go_about_and_the_page_follows(player: PlayerWidget) -> None:
    click(player, "next difference")

    assert player.model.timeline.place == 5
    assert "QEMU&#x27;s 15 s are over" in player._status.value
    assert '<span class="kit-who">revert</span> has no such event.' in player._status.value
    assert "▶ now:" in player._events.value


@pytest.mark.parametrize(
    ("words", "place"), [("first", -1), ("‹ back", 2), ("next ›", 4), ("last", 12), ("QEMU", 4)]
)
def test_each_button_is_bound(player: PlayerWidget, words: str, place: int) -> None:
    player.model.go(3)
    click(player, words)

    assert player.model.timeline.place == place


def test_slider_number_and_time_move_together(player: PlayerWidget) -> None:
    slider, number = one(player, widgets.IntSlider), one(player, widgets.BoundedIntText)
    time = one(player, widgets.BoundedFloatText)
    found = []
    for box, value in ((slider, 6), (number, 13), (time, 15.5), (number, 0)):
        box.value = value
        found.append((player.model.timeline.place, slider.value, number.value, time.value))

    assert found == [(5, 6, 6, 15.0), (12, 13, 13, 16.0), (5, 6, 6, 15.5), (-1, 0, 0, 0.0)]


def test_the_boxes_end_where_the_run_does(player: PlayerWidget) -> None:
    player.model.last()
    click(player, "+15 s")
    slider, time = one(player, widgets.IntSlider), one(player, widgets.BoundedFloatText)

    assert (slider.max, time.max, time.value) == (13, 35.0, 35.0)


def test_the_slider_of_an_empty_run_has_two_ends() -> None:
    """A slider whose ends are one cannot be drawn."""
    empty = replace(LATE, script=(), name="empty")
    player = widget_of(empty)

    assert one(player, widgets.IntSlider).max == 1
    player.close_all()


def test_the_hunk_is_shown_on_demand_and_follows_the_event(player: PlayerWidget) -> None:
    hidden = player._lines.value
    click(player, "next difference", "show me the hunk")
    there = player._lines.value
    click(player, "next ›")
    elsewhere = player._lines.value
    click(player, "hide the hunk")

    assert hidden == player._lines.value == ""
    assert "what makes unplug-timeout" in there
    assert "No line of the commits in this lesson" in elsewhere


def test_what_one_can_do_is_shown_on_demand(player: PlayerWidget) -> None:
    before = player._menu.layout.display
    click(player, "do something here")
    after = player._menu.layout.display
    click(player, "do nothing here")

    assert (before, after, player._menu.layout.display) == ("none", "", "none")


def test_an_action_its_undo_and_reset_are_bound(player: PlayerWidget) -> None:
    player.model.go(2)
    click(player, "system_reset")
    did = player.model.did
    click(player, "undo")
    undone = player.model.did
    click(player, "hang", "begin again")

    assert (did, undone, player.model.did) == ("system_reset at 0 s", "", "")


def test_a_click_that_does_nothing_says_why_beside_the_sentence(player: PlayerWidget) -> None:
    click(player, "‹ back")

    assert "This is the start: nothing has happened yet." in player._status.value
    assert "Nothing has happened yet." in player._status.value


def test_the_pairs_worth_comparing_are_buttons(player: PlayerWidget) -> None:
    click(player, "timer → cpu-timeout")

    assert [run.revision.name for _, run in player.model.sides] == ["timer", "cpu-timeout"]


def test_a_single_run_has_no_comparison() -> None:
    player = widget_of(LATE, "revert")
    words = {w.description for w in inside(player) if isinstance(w, widgets.Button)}

    assert not words & {"next difference", "timer → cpu-timeout", "libvirt"}
    player.close_all()


def test_another_revision_is_played(player: PlayerWidget) -> None:
    click(player, "◀ earlier")

    assert "eb7f80fd26" in player._heads["before"].value


def test_only_controls_that_the_keyboard_can_use_in_jupyterlab(player: PlayerWidget) -> None:
    kinds = {type(w).__name__ for w in inside(player)}

    assert kinds - {"PlayerWidget", "TravelBar", "ShareBar"} == KEYBOARD


def test_no_control_is_ever_disabled_and_every_box_has_a_label(player: PlayerWidget) -> None:
    boxes = (widgets.Button, widgets.BoundedIntText, widgets.BoundedFloatText)
    controls = [w for w in inside(player) if isinstance(w, boxes)]

    assert [w for w in controls if w.disabled or not w.description] == []


def test_a_step_redraws_only_what_changes(player: PlayerWidget) -> None:
    player.model.go(3)
    sent: list[object] = []
    for child in inside(player):
        child.observe(lambda change: sent.append(change["owner"]), ["value"])
    click(player, "next ›")
    parts = {player._status, player._picture, player._events}

    assert {w for w in sent if isinstance(w, widgets.HTML)} == parts


def test_text_of_a_persons_own_scenario_is_escaped() -> None:
    hostile = replace(LATE, title="<b>", why="<i>", look="<u>", name="hostile")
    page = shown(widget_of(hostile))

    assert not any(tag in page for tag in ("<b>", "<i>", "<u>"))


def test_without_widgets_it_is_a_picture_and_a_text(player: PlayerWidget) -> None:
    bundle = player._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle

    assert data["image/svg+xml"].startswith("<svg ")
    assert data["text/plain"] == repr(player) == player.model.text
    assert "application/vnd.jupyter.widget-view+json" in data


def test_it_names_the_command_that_plays_the_same(player: PlayerWidget) -> None:
    assert f"kit open {player.model.token}</code>" in player._token.value


def test_the_button_of_what_is_open_says_how_to_close_it(player: PlayerWidget) -> None:
    click(player, "show me the hunk", "do something here")

    assert button(player, "hide the hunk").description
    assert button(player, "do nothing here").description
