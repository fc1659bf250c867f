"""Do two revisions answer alike in every order of events?"""

from __future__ import annotations

import pytest

from kit.actors.pseries_programs import GuestKind
from kit.explorer.equivalence import Alike, alike
from kit.explorer.paths import PlayedPath
from kit.explorer.scope import Scope
from kit.explorer.search import Ended
from kit.machine.catalogue import find_revision
from kit.machine.events import QmpError, QmpReturn
from tests.explorer.found import ARBITRARY, KINDS, LINUX_5_12, LINUX_5_13, LINUX_5_14, found

SMALL = Scope(cores=1, requests=2, resets=1, migrations=1)


def compared(ours: str, theirs: str, kind: GuestKind, scope: Scope = SMALL) -> Alike:
    return alike(find_revision(ours), find_revision(theirs), kind, scope)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.value)
@pytest.mark.parametrize("commit", ["51254ffb32", "4515a5f786"])
def test_two_of_the_three_commits_change_no_answer(commit: str, kind: GuestKind) -> None:
    """Recorded: the 13 builds are 10 machines; here over the whole default scope."""
    result = compared(commit, f"{commit}~1", kind, Scope())

    assert (result.ended, result.difference) == (Ended.COMPLETE, None)
    assert result.result.states == found(commit, kind).result.states


def test_they_change_none_for_a_guest_that_does_anything_to_a_dimm_either() -> None:
    scope = Scope(cores=0, requests=2, resets=1, migrations=1, dimm_lmbs=1)

    assert compared("4515a5f786", "4515a5f786~1", ARBITRARY, scope).difference is None


@pytest.mark.parametrize(
    ("ours", "theirs", "kind", "last"),
    [
        # the retry that is refused, and the one that is heard
        ("baseline", "cpu-timeout", LINUX_5_12, "device_del core1"),
        ("pre-revert", "revert", LINUX_5_12, "device_del core1"),
        ("revert", "resend", LINUX_5_12, "device_del core1"),
    ],
)
def test_the_shortest_difference_is_found(
    ours: str, theirs: str, kind: GuestKind, last: str
) -> None:
    difference = compared(ours, theirs, kind).difference
    assert difference is not None

    assert [played.actions for played in difference] == [("device_del core1", last)] * 2


def test_each_tells_the_difference_in_its_own_words() -> None:
    difference = compared("pre-revert", "revert", LINUX_5_12).difference
    assert difference is not None

    assert [type(answer(played)) for played in difference] == [QmpError, QmpReturn]


def answer(played: PlayedPath) -> object:
    return played.steps[-1].entries[-1].message


def test_what_only_qemus_log_tells_is_no_difference_until_somebody_hears_it() -> None:
    """At unisolate the guest's no clears the request; it is a reset that shows it first."""
    difference = compared("resend", "unisolate", LINUX_5_13).difference
    assert difference is not None

    assert [played.actions[-2:] for played in difference] == [("guest reads", "system_reset")] * 2


def test_a_choice_that_only_one_has_is_in_its_path_alone() -> None:
    """The timer of one fires unheard, until the stale event is carried out without a word."""
    scope = Scope(cores=1, requests=1, resets=0, migrations=0)
    difference = compared("pre-revert", "revert", LINUX_5_12, scope).difference
    assert difference is not None
    ours, theirs = difference

    assert [a for a in ours.actions if a != "QEMU's timer fires"] == list(theirs.actions)
    assert len(ours.actions) == len(theirs.actions) + 1


def test_a_refusal_that_is_reported_is_a_difference() -> None:
    difference = compared("unisolate", "guest-error", LINUX_5_14).difference
    assert difference is not None

    assert difference[0].actions[-2:] == ("guest refuses", "guest reads")


def test_the_bound_is_told() -> None:
    result = alike(
        find_revision("baseline"), find_revision("timer"), LINUX_5_12, SMALL, max_states=100
    )

    assert (result.ended, result.result.states, result.difference) == (Ended.BOUND, 100, None)
