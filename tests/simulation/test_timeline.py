"""Travelling in runs and pairs: places, times, differences, forks, undo."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.common.errors import UserError
from kit.machine.catalogue import CATALOGUE, find_revision
from kit.machine.clock import NS_PER_S
from kit.machine.events import UnplugTimeout
from kit.machine.requests import SystemReset
from kit.machine.revision import Revision
from kit.simulation.actions import menu
from kit.simulation.run import Intervention, play, play_pair
from kit.simulation.timeline import Timeline
from kit.storage.scenarios import find_scenario
from kit.trace.kinds import wire_name
from tests.simulation.stories import story

LATE = story("0 s: device_del core1", offline_work="16 s", end="20 s")
BEFORE, AFTER = find_revision("pre-revert"), find_revision("revert")


def of_pair() -> Timeline:
    return Timeline(played=play_pair(LATE, BEFORE, AFTER))


def of_run() -> Timeline:
    return Timeline(played=play(LATE, BEFORE))


def test_a_run_has_a_place_for_each_entry() -> None:
    timeline = of_run()

    assert [stop.seqs for stop in timeline.stops] == [
        (entry.seq,) for entry in timeline.runs[0].trace
    ]


def test_in_a_pair_what_both_say_at_one_time_is_one_place() -> None:
    shown = [(stop.at_ns // NS_PER_S, stop.seqs, stop.moved) for stop in of_pair().stops]
    both, before, after = (True, True), (True, False), (False, True)

    assert shown == [
        *((0, (n, n), both) for n in range(5)),
        (15, (5, 4), before),
        *((16, (n + 1, n), both) for n in range(5, 10)),
        (16, (10, 10), after),
        (16, (11, 11), both),
    ]


def test_one_goes_to_the_start_and_to_the_end() -> None:
    start = of_pair()

    assert start.go(5).first() == start
    assert (start.last().place, start.last().at_ns) == (len(start.stops) - 1, 20 * NS_PER_S)


@pytest.mark.parametrize(
    ("at_s", "place"), [(0, 4), (14, 4), (15, 5), (15.5, 5), (16, 12), (99, 12), (-1, 4)]
)
def test_one_seeks_a_time(at_s: float, place: int) -> None:
    timeline = of_pair().seek(int(at_s * NS_PER_S))

    assert timeline.place == place
    assert timeline.at_ns == min(max(at_s, 0), 20) * NS_PER_S


def test_the_first_difference_is_where_one_of_them_says_something_else() -> None:
    there = of_pair().last().first_difference()
    before, after = there.entries

    assert (before.message if before else None, after) == (UnplugTimeout(0x10000001), None)


def test_two_runs_alike_have_no_difference() -> None:
    alike = Timeline(played=play_pair(LATE, BEFORE, BEFORE)).go(3)

    assert alike.first_difference() == alike


def test_a_fork_keeps_what_was_and_plays_the_rest_anew() -> None:
    forked = of_pair().seek(15 * NS_PER_S).fork("system_reset")
    before, after = forked.runs

    assert [entry.message if entry else None for entry in forked.entries] == [SystemReset()] * 2
    assert forked.at_ns == 15 * NS_PER_S
    assert (before.belief().qemu, after.belief().qemu) == (True, False)
    assert forked.interventions == (Intervention(15 * NS_PER_S, "system_reset"),)


def test_a_fork_between_two_calls_of_one_instant_is_between_them() -> None:
    start = of_run()
    isolated = next(
        n for n, stop in enumerate(start.stops) if _indicator(start, stop.seqs[0]) == 9001
    )
    forked = start.go(isolated + 1).fork("system_reset")

    assert forked.place == isolated + 2
    assert all(_indicator(forked, seq) != 9003 for seq in range(len(forked.stops)))


def _indicator(timeline: Timeline, seq: int) -> int | None:
    return getattr(timeline.runs[0].trace[seq].message, "indicator", None)


def test_a_fork_in_the_past_drops_what_a_person_did_later() -> None:
    twice = of_run().seek(18 * NS_PER_S).fork("device_del core1")
    earlier = twice.seek(5 * NS_PER_S).fork("system_reset")

    assert earlier.interventions == (Intervention(5 * NS_PER_S, "system_reset"),)


def test_undo_takes_the_last_intervention_back_and_stands_where_it_was_made() -> None:
    start = of_run().seek(5 * NS_PER_S)
    undone = start.fork("system_reset").last().undo()

    assert (undone.played, undone.at_ns) == (start.played, 5 * NS_PER_S)
    assert start.undo() == start


def test_time_that_passes_is_an_intervention_too() -> None:
    later = of_run().last().wait(60 * NS_PER_S)

    assert (later.at_ns, later.end_ns) == (60 * NS_PER_S, 60 * NS_PER_S)
    assert later.undo().end_ns == 20 * NS_PER_S


def test_at_another_revision_one_stands_at_the_same_time() -> None:
    there = of_run().seek(15 * NS_PER_S).at_revisions(AFTER)

    assert (there.runs[0].revision, there.at_ns, there.place) == (AFTER, 15 * NS_PER_S, 4)


@pytest.mark.parametrize("action", ["", "fly", "device_del", "guest offline", "host load 0"])
def test_what_is_no_action_is_refused_and_nothing_is_lost(action: str) -> None:
    timeline = of_run()
    with pytest.raises(UserError, match=r"expected|takes"):
        timeline.fork(action)

    assert timeline.interventions == ()


ACTIONS = menu(LATE.setup.devices)


@given(
    st.sampled_from(CATALOGUE),
    st.lists(st.tuples(st.integers(-1, 60), st.sampled_from(ACTIONS)), max_size=6),
)
def test_a_fork_never_changes_what_was_before_it(
    revision: Revision, forks: list[tuple[int, str]]
) -> None:
    timeline = Timeline(played=play(LATE, revision))
    for place, action in forks:
        here = timeline.go(place)
        forked = here.fork(action)
        so_far = here.seqs[0] + 1

        assert forked.runs[0].trace[:so_far] == here.runs[0].trace[:so_far]
        assert forked.undo().runs[0].trace[:so_far] == here.runs[0].trace[:so_far]
        timeline = forked


@given(
    st.sampled_from(CATALOGUE),
    st.sampled_from(CATALOGUE),
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from(ACTIONS)), max_size=4),
)
def test_every_entry_of_both_runs_has_its_place_once(
    before: Revision, after: Revision, done: list[tuple[int, str]]
) -> None:
    made = tuple(Intervention(at_s * NS_PER_S, text) for at_s, text in sorted(done))
    pair = play_pair(LATE, before, after, made)
    stops = Timeline(played=pair).stops
    moved = [[stop.seqs[side] for stop in stops if stop.moved[side]] for side in range(2)]

    assert moved == [[e.seq for e in run.trace] for run in (pair.before, pair.after)]
    assert [stop.at_ns for stop in stops] == sorted(stop.at_ns for stop in stops)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("acpi-refuses", "q35", "guest-error"),
        ("refuse-then-reset", "pre-revert", "revert"),
        ("two-cores", "revert", "resend"),
        ("acpi-refuses", "q35", "cpu-timeout"),
        ("guest-takes-back", "pre-revert", "revert"),
    ],
)
def test_a_fork_of_a_pair_keeps_the_past_of_both_wherever_one_stands(
    name: str, before: str, after: str
) -> None:
    """Where runs are out of step, each has its own number of entries so far."""
    pair = play_pair(find_scenario(name), find_revision(before), find_revision(after))
    for place in range(-1, len(Timeline(played=pair).stops)):
        here = Timeline(played=pair).go(place)
        forked = here.fork("guest hang")
        pasts = [
            (run.trace[: seq + 1], other.trace[: seq + 1])
            for run, other, seq in zip(here.runs, forked.runs, here.seqs, strict=True)
        ]

        assert [mine == theirs for mine, theirs in pasts] == [True, True], place
        assert forked.at_ns == here.at_ns
        assert wire_name(next(e for e in forked.entries if e).message) == "hang"


def test_one_stands_at_what_was_done_and_not_at_what_was_under_way() -> None:
    """A request, its event and its answer are one step: what is done comes after all three."""
    forked = of_run().go(0).fork("guest hang")
    (entry,) = forked.entries

    assert entry is not None
    assert wire_name(entry.message) == "hang"


def test_one_stands_at_whole_milliseconds() -> None:
    assert of_run().seek(15_000_500_000).at_ns == 15_000_000_000
