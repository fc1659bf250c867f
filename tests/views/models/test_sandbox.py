"""The sandbox without a screen."""

from __future__ import annotations

import pytest

from kit.common.errors import UnknownRevisionError
from kit.machine.clock import NS_PER_S
from kit.simulation.sandbox import Act
from kit.simulation.token import open_token
from kit.storage.scenarios import find_scenario
from kit.views.models.sandbox import CHOICES, SandboxModel


def test_a_click_plays_on_both_machines() -> None:
    model = SandboxModel()
    model.do(Act.DEVICE_DEL)
    model.do(Act.GUEST_RELEASES_LATE)

    assert [run.belief().orphaned for _, run in model.sides] == [True, False]
    assert [run.belief().qemu for _, run in model.sides] == [True, False]


def test_undo_takes_the_last_click_back_and_reset_all() -> None:
    model = SandboxModel(acts=(Act.DEVICE_DEL, Act.WAIT_1_S, Act.WAIT_5_S))
    model.undo()
    undone = model.acts
    model.reset()

    assert (undone, model.acts) == ((Act.DEVICE_DEL, Act.WAIT_1_S), ())


@pytest.mark.parametrize(
    ("acts", "click", "hint"),
    [
        ((), "undo", "There is nothing to undo."),
        ((), "reset", "The sandbox is at its start."),
        ((), Act.WAIT_TO_15_S, "Press device_del first: the 15 s count from there."),
        ((), Act.GUEST_RELEASES_LATE, "Press device_del first: the 15 s count from there."),
        (
            (Act.DEVICE_DEL, Act.WAIT_TO_15_S),
            Act.WAIT_TO_15_S,
            "It is 15 s already: 15 s after device_del are over.",
        ),
        ((Act.DEVICE_DEL,), Act.GUEST_RELEASES_LATE, ""),
    ],
)
def test_a_click_that_does_nothing_says_why(
    acts: tuple[Act, ...], click: Act | str, hint: str
) -> None:
    model = SandboxModel(acts=acts)
    if isinstance(click, Act):
        model.do(click)
    else:
        getattr(model, click)()

    assert model.hint == hint
    assert model.acts == (acts if hint else (*acts, click))


def test_the_next_click_that_works_clears_the_hint() -> None:
    model = SandboxModel()
    model.undo()
    model.do(Act.DEVICE_DEL)

    assert model.hint == ""


def test_a_side_moves_through_the_catalogue_and_keeps_the_clicks() -> None:
    model = SandboxModel(acts=(Act.DEVICE_DEL,))
    model.move("after", +1)
    model.move("before", -1)

    assert (model.before, model.after, model.acts) == (
        "eb7f80fd26",
        "2b18fc794f",
        (Act.DEVICE_DEL,),
    )


@pytest.mark.parametrize(
    ("revision", "steps", "hint"),
    [
        (CHOICES[0].label, -1, "baseline is the first revision there is."),
        (CHOICES[-1].label, +1, "today is the last revision there is."),
    ],
)
def test_the_ends_of_the_catalogue_are_said(revision: str, steps: int, hint: str) -> None:
    model = SandboxModel(before=revision)
    model.move("before", steps)

    assert (model.before, model.hint) == (revision, hint)


def test_an_unknown_revision_is_refused() -> None:
    with pytest.raises(UnknownRevisionError, match=r"no revision 'v5\.2\.0'"):
        SandboxModel(before="v5.2.0")


# -- in the past -------------------------------------------------------------------------------

LATE = (Act.DEVICE_DEL, Act.GUEST_RELEASES_LATE)


def test_a_click_in_the_past_drops_what_was_clicked_later() -> None:
    model = SandboxModel(acts=(Act.DEVICE_DEL, Act.WAIT_5_S, Act.GUEST_RELEASES))
    model.go(2)
    model.do(Act.GUEST_REFUSES)

    assert model.acts == (Act.DEVICE_DEL, Act.GUEST_REFUSES)
    assert model.timeline.at_ns == 0


def test_a_wait_that_is_cut_short_is_dropped() -> None:
    model = SandboxModel(acts=(Act.DEVICE_DEL, Act.WAIT_5_S, Act.WAIT_5_S))
    model.timeline = model.timeline.seek(7 * NS_PER_S)
    model.do(Act.GUEST_RELEASES)

    assert model.acts == (Act.DEVICE_DEL, Act.WAIT_5_S, Act.GUEST_RELEASES)


def test_undo_brings_back_what_a_click_in_the_past_dropped() -> None:
    model = SandboxModel(acts=LATE)
    played = model.pair
    model.go(2)
    model.do(Act.WAIT_1_S)
    model.undo()

    assert (model.acts, model.pair, model.timeline.place) == (LATE, played, 2)


def test_undo_and_reset_keep_the_revisions_that_were_chosen_since() -> None:
    model = SandboxModel(acts=LATE)
    model.choose("revert", "resend")
    model.undo()
    undone = (model.before, model.after, model.acts)
    model.reset()

    assert undone == ("d522cb52e6", "2b18fc794f", (Act.DEVICE_DEL,))
    assert (model.before, model.after, model.acts) == ("d522cb52e6", "2b18fc794f", ())


def test_its_token_opens_as_what_is_there() -> None:
    model = SandboxModel(acts=LATE)

    assert open_token(model.token, find_scenario) == model.pair
