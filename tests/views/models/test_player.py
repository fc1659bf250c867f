"""The player without a screen."""

from __future__ import annotations

import pytest

from kit.machine.catalogue import CATALOGUE, EVERY_RELEASE, find_revision
from kit.machine.clock import NS_PER_S
from kit.simulation.run import Intervention, play, play_pair
from kit.simulation.timeline import Timeline
from kit.simulation.token import open_token
from kit.storage.scenarios import find_scenario
from kit.views.models.player import PlayerModel, actions_of
from kit.views.models.timeline import choices_of
from tests.simulation.stories import story

FORGETS = "QEMU's timer fires. QEMU drops the request and sends no event."
RESETS = "system_reset"


def pair(name: str = "late-release") -> PlayerModel:
    before, after = find_revision("pre-revert"), find_revision("revert")
    return PlayerModel(Timeline(played=play_pair(find_scenario(name), before, after)))


def single(at: str = "pre-revert", name: str = "late-release") -> PlayerModel:
    return PlayerModel(Timeline(played=play(find_scenario(name), find_revision(at))))


def seek(model: PlayerModel, at_s: float) -> None:
    """Put the model where a browser is: at a time."""
    model.timeline = model.timeline.seek(round(at_s * NS_PER_S))


def at(model: PlayerModel) -> tuple[int, float]:
    return model.timeline.place, model.timeline.at_ns / 1e9


@pytest.mark.parametrize(
    ("act", "hint"),
    [
        ("undo", "There is nothing to undo."),
        ("reset", "Nothing was done that could be taken back."),
    ],
)
def test_a_click_that_does_nothing_says_why(act: str, hint: str) -> None:
    model = pair()
    there = model.timeline
    getattr(model, act)()

    assert (model.hint, model.timeline) == (hint, there)


def test_the_next_click_that_works_clears_the_hint() -> None:
    model = pair()
    model.undo()
    model.go(1)

    assert model.hint == ""


# -- what is said ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (-1, (("", "Nothing has happened yet."),)),
        (0, (("", "The operator asks QEMU to remove core1 (device_del)."),)),
        (5, (("pre-revert", FORGETS), ("revert", "has no such event."))),
    ],
)
def test_one_sentence_on_the_event(place: int, said: tuple[tuple[str, str], ...]) -> None:
    model = pair()
    model.go(place)

    assert model.sentences == said


def test_since_when_nothing_has_happened() -> None:
    model = pair()
    seek(model, 15)
    at_once = model.quiet
    seek(model, 15.5)

    assert at_once == ""
    assert model.quiet == "Nothing has happened since 15 s. The last event was this one:"


def test_who_believes_what_is_that_of_the_place() -> None:
    model = pair("libvirt-wrong")
    verdicts = []
    for place in (-1, model.count - 1):
        model.go(place)
        verdicts.append([known.verdict for side in model.knowledge for known in side])

    assert verdicts == [
        ["they agree: it is there"] * 2,
        [
            "LIMBO: the guest has released it, QEMU holds it, no request is pending;"
            " WRONG: libvirt's list differs from what the guest uses",
            "they agree: it is gone",
        ],
    ]


def test_it_is_a_text_too() -> None:
    model = single()
    model.go(5)

    assert model.text.splitlines() == [
        "The guest releases the core after 16 s; at pre-revert",
        "event 6 of 12, 15 s",
        FORGETS,
        "pre-revert, core1: QEMU: holds core1; dropped the request at 15 s, no longer waits;"
        " guest: uses core1; operator received: “accepted” at 0 s; they agree: it is there",
        f"token: {model.token}",
    ]


# -- doing something ---------------------------------------------------------------------------


def test_an_action_forks_the_run_where_one_stands() -> None:
    model = pair()
    model.go(5)
    model.act(RESETS)

    assert model.timeline.interventions == (Intervention(15_000_000_000, RESETS),)
    assert model.sentences == (("", "The operator resets the machine (system_reset)."),)
    assert model.did == "system_reset at 15 s"


def test_an_action_in_the_past_drops_what_was_done_later_and_undo_brings_it_back() -> None:
    model = pair()
    seek(model, 17)
    model.act(RESETS)
    done = model.timeline.played
    seek(model, 5)
    model.act("guest hang")
    hint, did = model.hint, model.did
    model.undo()

    assert hint == "What you had done later is dropped; undo brings it back."
    assert did == "guest hang at 5 s"
    assert (model.timeline.played, at(model)) == (done, (4, 5.0))


def test_reset_takes_back_all_that_was_done() -> None:
    model = pair()
    played = model.timeline.played
    for place in range(2):
        model.go(place)
        model.act("guest hang")
    model.reset()

    assert (model.timeline.played, model.timeline.place, model.did) == (played, -1, "")


def test_a_run_opened_from_its_token_can_be_undone() -> None:
    forked = play(
        find_scenario("late-release"), find_revision("revert"), (Intervention(0, "guest hang"),)
    )
    model = PlayerModel(Timeline(played=forked))
    model.undo()

    assert model.timeline.interventions == ()


@pytest.mark.parametrize(("start_s", "more", "end_s"), [(0, 5, 20), (19, 15, 34)])
def test_time_passes_and_past_the_end_the_run_becomes_longer(
    start_s: int, more: int, end_s: int
) -> None:
    model = pair()
    seek(model, start_s)
    model.pass_time(more)

    assert (at(model)[1], model.timeline.end_ns / 1e9) == (start_s + more, end_s)


def test_what_cannot_be_done_here_is_said_and_changes_nothing() -> None:
    model = pair()
    model.timeline = Timeline(played=model.timeline.played, place=4, at_ns=1)
    played = model.timeline.played
    model.act(RESETS)

    assert model.hint == "1 ns is not a whole millisecond; go to another event"
    assert model.timeline.played is played


def test_its_token_opens_as_what_is_there() -> None:
    model = pair()
    model.go(3)
    model.act("host load 4")

    assert open_token(model.token, find_scenario) == model.timeline.played


# -- the menu ----------------------------------------------------------------------------------


def groups(name: str) -> set[str]:
    return {choice.group for choice in actions_of(find_scenario(name))}


def test_without_libvirt_there_is_no_virsh() -> None:
    assert groups("libvirt-late") - groups("late-release") == {"virsh"}


@pytest.mark.parametrize("asks", [True, False])
def test_the_guest_can_be_told_what_it_decides_where_it_asks(asks: bool) -> None:
    actions = {choice.action for choice in actions_of(story(asks=asks))}

    assert ({"guest releases", "guest refuses"} <= actions) is asks
    assert bool({"guest releases", "guest refuses"} & actions) is asks


def test_of_the_boot_core_only_what_makes_it_the_last_one() -> None:
    actions = [choice.action for choice in actions_of(find_scenario("late-release"))]

    assert [action for action in actions if "core0" in action] == [
        "guest offline core0",
        "guest online core0",
    ]


def test_an_action_has_a_word_for_its_button_and_a_sentence() -> None:
    found = {choice.action: choice for choice in actions_of(find_scenario("late-release"))}
    by_hand = found["guest unusable core1"]

    assert (by_hand.group, by_hand.word, by_hand.says) == (
        "RTAS by hand",
        "unusable core1",
        "make the call UNUSABLE",
    )


@pytest.mark.parametrize("name", ["late-release", "libvirt-late", "dimm-refused", "acpi-refuses"])
def test_every_action_on_the_menu_can_be_done(name: str) -> None:
    model = single("revert", name)
    for choice in model.actions:
        model.act(choice.action)

        assert (model.hint, model.timeline.interventions[0].action) == ("", choice.action)
        model.undo()


# -- revisions ---------------------------------------------------------------------------------


def test_at_another_revision_one_stands_at_the_same_time() -> None:
    model = pair()
    seek(model, 15)
    model.move("after", +1)

    assert [run.revision.name for _, run in model.sides] == ["pre-revert", "resend"]
    assert at(model) == (5, 15.0)


def test_a_run_has_one_side() -> None:
    model = single("timer")
    model.move("at", -1)
    model.move("at", -1)

    assert [(name, run.revision.name) for name, run in model.sides] == [("at", "baseline")]
    assert model.hint == "baseline is the first revision there is."


@pytest.mark.parametrize(
    ("name", "more"),
    [("late-release", []), ("acpi-refuses", ["q35"]), ("proposed-event", ["proposal"])],
)
def test_one_steps_through_the_catalogue_and_what_the_scenario_names(
    name: str, more: list[str]
) -> None:
    found = choices_of(find_scenario(name))

    assert found[: len(CATALOGUE + EVERY_RELEASE)] == CATALOGUE + EVERY_RELEASE
    assert [revision.label for revision in found[len(CATALOGUE + EVERY_RELEASE) :]] == more
