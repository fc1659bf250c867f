"""A path beside the same choices at another revision: what differs, and where it ends."""

from __future__ import annotations

import pytest

from kit.actors.messages import Actor
from kit.common.errors import UserError
from kit.explorer.comparison import alone, beside
from kit.explorer.jobs import NAMED
from kit.explorer.model import DrcModel
from kit.explorer.paths import PlayedPath, open_path, play_path
from kit.explorer.scope import Scope
from kit.machine.catalogue import find_revision
from tests.explorer.found import LINUX_5_12, broken, go

LIMBO = "1.path.c2q2r1m1.linux-5_12.pre-revert.XVACcaaaaaaaa"
REVERT = find_revision("revert")


def path_at(name: str, *texts: str, scope: str = "c2q2r1m1") -> PlayedPath:
    """Take choices by what they say."""
    revision = find_revision(name)
    _, path = go(DrcModel(revision, LINUX_5_12, Scope.read(scope)), *texts)
    return play_path(revision, LINUX_5_12, Scope.read(scope), path)


def test_alone_it_says_what_the_path_says() -> None:
    played = open_path(LIMBO)
    (side,) = alone(played).sides

    assert [(c.action, c.entries) for c in side.choices] == [
        (step.action, step.entries) for step in played.steps
    ]
    assert (side.played, side.stopped, len(side.standings)) == (played, "", 10)


def test_a_timer_that_does_not_run_cannot_fire_and_the_rest_goes_on() -> None:
    """d522cb52e6: without the timeout the same release is answered by DEVICE_DELETED."""
    play = beside(open_path(LIMBO), REVERT)
    _, after = play.sides

    assert [c.action for c in after.choices if c.missing] == ["QEMU's timer fires"]
    assert (after.stopped, len(after.choices), play.first_difference) == ("", 9, 2)
    assert [side.standings[-1].beliefs["core1"].orphaned for side in play.sides] == [True, False]
    assert not after.standings[-1].beliefs["core1"].qemu


def test_another_choice_that_is_not_offered_ends_it() -> None:
    """2b18fc794f: at revert a second request sends nothing, so there is nothing to read twice."""
    played = path_at("resend", *["device_del core1"] * 2, *["guest reads"] * 3)
    older, own = beside(played, REVERT).sides

    assert (older.stopped, own.stopped) == ("Choice 5, guest reads, is not offered here.", "")
    assert (len(older.choices), len(own.choices)) == (4, 5)
    assert older.sent(5) == ()


def test_the_older_revision_comes_first_whichever_the_path_is_of() -> None:
    names = [
        [side.revision.name for side in beside(broken("retry-possible", "revert"), other).sides]
        for other in (find_revision("pre-revert"), find_revision("resend"))
    ]

    assert names == [["pre-revert", "revert"], ["revert", "resend"]]


def test_two_that_answer_alike_have_no_difference() -> None:
    play = beside(broken("retry-possible", "baseline"), find_revision("timer"))

    assert play.first_difference is None
    assert play.sides[0].choices == play.sides[1].choices


def test_the_same_revision_is_no_other() -> None:
    with pytest.raises(UserError, match="pre-revert is what the path is played at"):
        beside(open_path(LIMBO), find_revision("pre-revert"))


@pytest.mark.parametrize("name", [revision.name for revision in NAMED if revision != REVERT])
def test_what_the_other_side_plays_is_a_path_of_its_own(name: str) -> None:
    sides = beside(broken("no-surprise-removal", name), REVERT).sides
    side = next(side for side in sides if side.revision == REVERT)
    said = [choice.entries for choice in side.choices if not choice.missing]

    assert [step.entries for step in side.played.steps] == said
    assert open_path(side.played.token) == side.played


def test_who_asked_waits_until_told() -> None:
    played = path_at("proposal", "device_del core1", "QEMU's timer fires")
    (side,) = alone(played).sides

    assert [s.beliefs["core1"].operator for s in side.standings] == [
        "plugged",
        "asked for",
        "asked for",
    ]
    assert [s.beliefs["core1"].pending for s in side.standings] == [False, True, False]
    assert [c.actor for c in side.choices] == [Actor.OPERATOR, Actor.QEMU]
