"""The player's cockpit: its places, its question, what its buttons do, and what is escaped."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from hypothesis import given

from kit.app import mail_of, player
from kit.common.errors import UserError
from kit.course.predictions import FIRST_TO_KNOW, prediction_named, prediction_of
from kit.git.values.page import ResponsibleLines
from kit.machine.catalogue import find_revision
from kit.machine.clock import NS_PER_S
from kit.machine.revision import Revision
from kit.simulation.run import play, play_pair
from kit.simulation.scenario import Scenario
from kit.simulation.timeline import Timeline
from kit.storage.scenarios import find_scenario, scenarios
from kit.trace.entry import TraceEntry
from kit.trace.kinds import wire_name
from kit.views.cockpit.of_timeline import here_of
from kit.views.cockpit.player import MAX_LIKELY, PlayerDesk
from kit.views.cockpit.view import Position
from kit.views.diagram.text import picture_lines
from kit.views.models.player import PlayerModel
from tests.views.runs import Choices, choices

LATE = find_scenario("late-release")
PAIR = {"before": "pre-revert", "after": "revert"}


def lines_of(entry: TraceEntry, revision: Revision) -> tuple[ResponsibleLines, ...]:
    kind = wire_name(entry.message)
    if kind != "unplug-timeout":
        return ()
    return (ResponsibleLines(f"what makes {kind}", revision.name, None, None),)


def desk_of(scenario: Scenario = LATE, *names: str, reveal: bool = False) -> PlayerDesk:
    revisions = [find_revision(name) for name in names or ("pre-revert", "revert")]
    played = play_pair(scenario, *revisions) if len(revisions) == 2 else play(scenario, *revisions)
    model = PlayerModel(Timeline(played=played))
    return PlayerDesk(model, lines_of, prediction=prediction_of(played), reveal=reveal)


def said(place: Position) -> list[str]:
    return [f"{who}: {words}" if who else words for who, words in place.said]


# -- places ----------------------------------------------------------------------------------------


def test_there_is_a_place_for_the_start_each_event_and_the_end() -> None:
    places = desk_of().view().places

    assert [place.step for place in places] == [*range(-1, 13), 12]
    assert [place.at for place in places][::6] == ["0 s", "15 s", "16 s"]
    assert said(places[0]) == ["Nothing has happened yet."]
    assert said(places[6]) == [
        "pre-revert: QEMU's timer fires. QEMU drops the request and sends no event.",
        "revert: has no such event.",
    ]
    assert (places[6].differs, places[5].differs) == (True, False)


def test_a_place_says_to_screen_readers_what_the_chips_show() -> None:
    assert "pre-revert, core1: QEMU: holds core1; dropped the request at 15 s" in (
        desk_of().view().places[-1].known
    )


@given(choices())
def test_places_go_to_the_right_and_each_is_found_again(chosen: Choices) -> None:
    desk = PlayerDesk(PlayerModel(chosen.timeline))
    places = desk.view().places
    found = []
    for number, place in enumerate(places):
        desk.go(number, place.at_ns)
        here = desk.model.timeline
        found.append((here_of(here, places), here.at_ns - here.at_ns % 10**6))

    assert [one.x for one in places] == sorted(one.x for one in places)
    assert found == [(n, p.at_ns - p.at_ns % 10**6) for n, p in enumerate(places)]
    end = desk.view()
    assert (end.places, end.index) == (places, len(places) - 1)


def test_a_time_between_two_places_is_kept() -> None:
    desk = desk_of()
    desk.go(5, 7 * NS_PER_S)
    view = desk.view()

    assert (view.index, view.here_at, desk.model.timeline.at_ns) == (5, "7 s", 7 * NS_PER_S)
    assert view.places[5].x < view.here_x < view.places[6].x


def test_a_time_after_the_next_event_is_not_believed() -> None:
    """The browser has not shown that event yet."""
    desk = desk_of()
    desk.go(5, 99 * NS_PER_S)

    assert (desk.model.timeline.place, desk.model.timeline.at_ns) == (4, 0)


# -- predict, then reveal --------------------------------------------------------------------------


@pytest.mark.parametrize("name", scenarios())
def test_before_it_is_played_nothing_gives_the_end_away(name: str) -> None:
    """What a reader sees at the start: title, question, sentence, picture without widgets."""
    story = find_scenario(name)
    before, after = story.compare[0] if story.compare else ("pre-revert", "revert")
    desk = desk_of(story, before, after)
    view = desk.view()
    assert view.question is not None
    seen = " ".join(
        [view.veil, view.look, view.question.asks, *said(view.places[0]), desk.svg, desk.text]
    )

    assert view.fog
    assert [w for w in ("LIMBO", "DEVICE_DELETED", "limbo", "abort") if w in seen] == []
    assert story.title not in view.veil


@pytest.mark.parametrize(
    ("names", "truth"),
    [
        (("pre-revert", "revert"), "It is gone on revert."),
        (("revert", "resend"), "It is gone on both."),
        (("pre-revert", "timer"), "It is gone on timer."),
        (("pre-revert", "cpu-timeout"), "It is gone on neither."),
    ],
)
def test_the_truth_is_read_off_the_runs(names: tuple[str, str], truth: str) -> None:
    question = desk_of(LATE, *names).view().question

    assert question is not None
    assert question.asks == "Predict: on which machine is core1 gone at the end?"
    assert question.choices == (f"On {names[0]}", f"On {names[1]}", "On both", "On neither")
    assert question.truth[0] == truth


def test_who_knows_first_is_computed() -> None:
    run = play(find_scenario("guest-refuses"), find_revision("baseline"))
    asked = prediction_named(FIRST_TO_KNOW, run)

    assert asked.truth(run).right == "The guest"
    assert asked.truth(run).says == ("It was the guest, at 0 s. No other party learned it.",)


def test_an_unknown_question_is_refused() -> None:
    with pytest.raises(UserError, match="no question 'weather'; expected first-to-know"):
        player("late-release", predict="weather")


def test_revealed_there_is_neither_fog_nor_question() -> None:
    view = desk_of(LATE, "revert", reveal=True).view()

    assert (view.fog, view.question) == (False, None)


def test_what_a_person_did_is_not_hidden_from_them() -> None:
    desk = desk_of()
    desk.do("act", "system_reset")

    assert (desk.view().fog, desk.view().question) == (False, None)


# -- buttons ---------------------------------------------------------------------------------------


def test_an_action_its_undo_and_reset_are_bound() -> None:
    desk = desk_of()
    desk.go(3, 0)
    desk.do("act", "system_reset")
    did = desk.model.did
    desk.do("undo", "")
    undone = desk.model.did
    desk.do("wait", "99")
    desk.do("again", "")

    assert (did, undone, desk.model.did) == ("system_reset at 0 s", "", "")
    assert desk.model.timeline.place == -1


def test_eight_likely_acts_come_first_and_the_others_by_party() -> None:
    first, *others = desk_of().view().menu
    shown = [one.words for one in first.buttons]

    assert shown == [
        *("device_del core1", "hang", "system_reset", "stop", "cont", "migrate", "Wait 15 s"),
    ]
    assert len(shown) <= MAX_LIKELY
    assert [group.name for group in others] == [
        *("time", "QEMU's monitor", "in the guest", "RTAS by hand", "host"),
    ]


@pytest.mark.parametrize("name", scenarios())
def test_every_act_of_the_menu_is_done(name: str) -> None:
    scenario = find_scenario(name)
    board = scenario.setup.boards[-1].value
    at = {"pseries": "guest-error", "q35": "q35", "pcie": "pcie-today"}[board]
    desk = desk_of(scenario, at)
    for group in desk.view().menu:
        for button in group.buttons:
            desk.model.go(-1)
            desk.do(button.do, button.value)
            assert desk.model.timeline.interventions or desk.model.timeline.at_ns, button
            desk.do("again", "")


def test_the_pairs_worth_comparing_are_buttons() -> None:
    desk = desk_of()
    (one,) = (b for b in desk.view().pairs if b.words == "timer → cpu-timeout")
    desk.do(one.do, one.value)

    assert [head.name for head in desk.view().heads] == ["timer", "cpu-timeout"]
    assert desk_of(LATE, "revert").view().pairs == ()


def test_another_revision_is_played() -> None:
    desk = desk_of()
    desk.do("earlier", "before")

    assert desk.view().heads[0].name == "eb7f80fd26"


@pytest.mark.parametrize("name", ["", "film", "go", "diff"])
def test_what_no_button_asks_for_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="no "):
        desk_of().do(name, "x")


# -- tabs ------------------------------------------------------------------------------------------


def test_the_tabs_are_those_that_there_is_something_for() -> None:
    assert [tab.name for tab in player("late-release", **PAIR).desk.view().tabs] == [
        *("Events", "Code", "Share", "Legend", "Real QEMU"),
    ]
    bare = PlayerDesk(PlayerModel(Timeline(played=play(LATE, find_revision("revert")))))
    assert [tab.name for tab in bare.view().tabs] == ["Events", "Share", "Legend"]


def test_the_code_is_that_of_the_current_event_and_has_its_number() -> None:
    desk = desk_of()
    desk.go(6, 15 * NS_PER_S)
    there = desk.code().html
    desk.go(7, 0)

    assert "6. QEMU&#x27;s timer fires" in there
    assert "what makes unplug-timeout" in there
    assert "No line of the commits in this lesson" in desk.code().html


def test_the_text_is_the_picture_and_the_token() -> None:
    pair = play_pair(LATE, find_revision("pre-revert"), find_revision("revert"))
    _, text = desk_of().share("text")

    assert text.splitlines()[:-2] == picture_lines(pair)
    assert text.splitlines()[-1].startswith("1.pair.late-release.pre-revert.revert.")


def test_the_mail_is_what_the_command_line_writes() -> None:
    desk = player("late-release", **PAIR).desk

    assert desk.share("mail") == ("late-release.svg", mail_of("late-release", **PAIR))


def test_the_picture_is_saved_whole() -> None:
    name, text = desk_of().share("svg")

    assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    assert (name, "DEVICE_DELETED" in text) == ("late-release.svg", True)


@pytest.mark.parametrize("wanted", ["", "film", "mail"])
def test_what_there_is_none_of_is_said(wanted: str) -> None:
    with pytest.raises(UserError, match=f"no '{wanted}' here"):
        desk_of().share(wanted)


def test_a_view_is_json_and_text_in_its_html_is_escaped() -> None:
    hostile = replace(LATE, title="<b>", why="<i>", look="<u>", name="hostile")
    view = desk_of(hostile).view()
    html = " ".join(tab.html for tab in view.tabs) + view.picture["svg"]

    assert json.loads(json.dumps(view.json()))["title"] == "<b>"
    assert not any(tag in html for tag in ("<b>", "<i>", "<u>"))


def test_an_empty_run_has_a_start() -> None:
    empty = replace(LATE, script=(), name="empty")
    view = desk_of(empty).view()

    assert [place.step for place in view.places] == [-1, -1]


def test_unseen_characters_of_a_text_are_made_visible() -> None:
    hostile = replace(LATE, title="a\u202eb", name="hostile")

    assert desk_of(hostile).view().json()["title"] == "a\\u202eb"
