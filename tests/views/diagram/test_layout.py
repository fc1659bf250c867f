"""The layout of a run: every event once, bars that begin and end with their cause, timers."""

from __future__ import annotations

import pytest
from hypothesis import given

from kit.actors.messages import Actor
from kit.machine.catalogue import find_revision
from kit.machine.clock import NS_PER_S
from kit.simulation.run import Intervention, play, play_pair
from kit.simulation.sandbox import SANDBOX
from kit.simulation.scenario import Scenario, read_scenario
from kit.simulation.story import who_knows_what
from kit.simulation.timeline import Timeline
from kit.storage.scenarios import find_scenario, scenarios
from kit.views.diagram.layout import LaneRow, LaneState, Layout, layout_of
from kit.views.diagram.spans import Bracket, Timed
from tests.goldens import NAMED, NAMED_PCIE
from tests.views.runs import Choices, choices

LATE = find_scenario("late-release")


def story(script: str, cast: str = "", end: str = "40 s") -> Scenario:
    text = f'title="t"\nwhy="w"\nlook="l"\nend="{end}"\nscript=[{script}]\n[cast]\n{cast}'
    return read_scenario(text, "story", "story.toml")


def late(name: str = "pre-revert") -> Layout:
    return layout_of(play(LATE, find_revision(name)))


def times(layout: Layout, lane: Actor) -> list[tuple[LaneState, int | None, int | None]]:
    """The bars of a lane with the seconds in which they begin and end."""

    def at(step: int | None) -> int | None:
        if step is None or step < 0:
            return None
        return layout.stops[step].at_ns // NS_PER_S

    bars = layout.sides[0].bars
    return [(bar.held, at(bar.first), at(bar.last)) for bar in bars if bar.row.lane is lane]


def spans(layout: Layout, side: int = 0) -> list[tuple[Timed, int, int | None, bool]]:
    """Brackets as kind, begin and end in seconds, and whether their time was over."""

    def one(bracket: Bracket) -> tuple[Timed, int, int | None, bool]:
        end_s = None if bracket.end_ns is None else bracket.end_ns // NS_PER_S
        return bracket.timed, bracket.start_ns // NS_PER_S, end_s, bracket.over

    return [one(bracket) for bracket in layout.sides[side].brackets]


# -- events ----------------------------------------------------------------------------------------


@given(choices())
def test_every_event_is_in_the_layout_exactly_once(chosen: Choices) -> None:
    layout = layout_of(chosen.timeline)

    for side, run in zip(layout.sides, chosen.timeline.runs, strict=True):
        assert [mark.seq for mark in side.marks] == [entry.seq for entry in run.trace]
        assert [m.step for m in side.marks] == sorted({m.step for m in side.marks})


@given(choices())
def test_bars_of_a_row_follow_each_other(chosen: Choices) -> None:
    layout = layout_of(chosen.timeline)

    for side in layout.sides:
        for row in layout.rows:
            bars = side.bars_of(row)
            ends = [bar.last for bar in bars[:-1]]
            assert all(end is not None for end in ends)
            assert all(end <= bar.first for end, bar in zip(ends, bars[1:], strict=True) if end)


@given(choices())
def test_no_timer_ends_before_it_begins(chosen: Choices) -> None:
    brackets = [bracket for side in layout_of(chosen.timeline).sides for bracket in side.brackets]

    assert all(b.end_ns is None or b.start_ns <= b.end_ns for b in brackets)
    assert all(b.last is None or b.first <= b.last for b in brackets)


# -- who believes what -----------------------------------------------------------------------------


def test_qemu_waits_forgets_and_is_in_limbo() -> None:
    """d1c2e3ce3d: after 15 s the request is dropped; what the guest then releases is lost."""
    assert times(late(), Actor.QEMU) == [
        (LaneState.HOLDS, None, 0),
        (LaneState.PENDING, 0, 15),
        (LaneState.DROPPED, 15, 16),
        (LaneState.ORPHANED, 16, None),
    ]
    assert times(late(), Actor.GUEST) == [(LaneState.USES, None, 16)]


def test_without_the_timeout_qemu_waits_until_the_guest_has_released() -> None:
    """d522cb52e6."""
    layout = late("revert")

    assert times(layout, Actor.QEMU) == [(LaneState.HOLDS, None, 0), (LaneState.PENDING, 0, 16)]
    assert times(layout, Actor.OPERATOR) == [
        (LaneState.ASKED, 0, 16),
        (LaneState.TOLD_GONE, 16, None),
    ]


def test_libvirts_picture_is_wrong_only_where_nothing_is_under_way() -> None:
    cast = 'offline_work="16 s"\nlibvirt="7.1.0"\ndevices=["core1"]'
    layout = layout_of(
        play(story('"0 s: virsh setvcpus 1"', cast, "20 s"), find_revision("pre-revert"))
    )

    assert times(layout, Actor.LIBVIRT) == [
        (LaneState.LISTED, None, 16),
        (LaneState.WRONGLY_LISTED, 16, None),
    ]


@pytest.mark.parametrize("at", ["pre-revert", "revert"])
def test_after_a_timeout_of_virsh_the_operator_does_not_know(at: str) -> None:
    """A vCPU that leaves later is not reported: the belief stays until somebody looks."""
    cast = 'offline_work="16 s"\nlibvirt="7.1.0"\ndevices=["core1"]'
    layout = layout_of(play(story('"0 s: virsh setvcpus 1"', cast, "20 s"), find_revision(at)))

    assert times(layout, Actor.OPERATOR) == [(LaneState.DOES_NOT_KNOW, 10, None)]


def test_qemu_holds_a_refused_core_and_no_longer_waits_until_it_is_asked_again() -> None:
    """87758fed7a: UNISOLATE ends the request."""
    text = '"0 s: device_del core1", "2 s: guest online core0", "3 s: device_del core1"'
    cast = 'guest = "linux-5.13"\ndevices=["core1"]\noffline=["core0"]'
    layout = layout_of(play(story(text, cast, "5 s"), find_revision("unisolate")))
    bars = [bar.held for bar in layout.sides[0].bars if bar.row == LaneRow(Actor.QEMU, "core1")]

    assert bars == [LaneState.HOLDS, LaneState.PENDING, LaneState.DROPPED, LaneState.PENDING]


def test_limbo_goes_on_while_the_guest_is_busy_with_something_else() -> None:
    text = '"0 s: device_del core1", "20 s: device_del core2"'
    cast = 'offline_work="16 s"\ndevices=["core1", "core2"]'
    layout = layout_of(play(story(text, cast), find_revision("pre-revert")))
    bars = [bar.held for bar in layout.sides[0].bars if bar.row == LaneRow(Actor.QEMU, "core1")]

    assert bars == [LaneState.HOLDS, LaneState.PENDING, LaneState.DROPPED, LaneState.ORPHANED]


def test_each_device_has_a_row_in_each_lane_that_holds_something_for_true() -> None:
    pair = play_pair(
        story('"0 s: device_del core2"', 'devices=["core1", "core2"]'),
        find_revision("pre-revert"),
        find_revision("revert"),
    )

    assert [(row.lane.value, row.device) for row in layout_of(pair).rows] == [
        ("operator", "core2"),
        ("qemu", "core1"),
        ("qemu", "core2"),
        ("guest", "core1"),
        ("guest", "core2"),
    ]


def test_what_is_the_case_now_is_that_of_the_place() -> None:
    timeline = Timeline(played=play(LATE, find_revision("pre-revert"))).seek(10 * NS_PER_S)

    assert dict(layout_of(timeline).sides[0].now) == {
        LaneRow(Actor.OPERATOR, "core1"): LaneState.ASKED,
        LaneRow(Actor.LIBVIRT, "core1"): None,
        LaneRow(Actor.QEMU, "core1"): LaneState.PENDING,
        LaneRow(Actor.GUEST, "core1"): LaneState.USES,
    }


# -- timers ----------------------------------------------------------------------------------------


def test_qemus_timer_runs_15_s() -> None:
    assert spans(late()) == [(Timed.QEMU_TIMEOUT, 0, 15, True)]
    assert spans(late("revert")) == []


def test_a_timer_that_still_runs_at_the_end_is_open() -> None:
    run = play(SANDBOX, find_revision("pre-revert"), (Intervention(0, "device_del core1"),))
    (bracket,) = layout_of(run).sides[0].brackets

    assert (bracket.open, bracket.end_ns, bracket.over) == (True, 15 * NS_PER_S, False)


def test_qemus_timer_stands_still_with_the_guests_clock() -> None:
    """QEMU_CLOCK_VIRTUAL."""
    text = '"0 s: device_del core1", "5 s: stop", "15 s: cont"'
    layout = layout_of(
        play(story(text, 'offline_work="50 s"\ndevices=["core1"]'), find_revision("pre-revert"))
    )

    assert spans(layout) == [(Timed.QEMU_TIMEOUT, 0, 25, True), (Timed.STOPPED, 5, 15, False)]


def test_a_migration_starts_qemus_timer_anew() -> None:
    """QEMU hw/ppc/spapr_drc.c, spapr_drc_post_load as of d1c2e3ce3d."""
    text = '"0 s: device_del core1", "10 s: migrate"'
    layout = layout_of(
        play(story(text, 'offline_work="50 s"\ndevices=["core1"]'), find_revision("pre-revert"))
    )

    assert spans(layout) == [
        (Timed.QEMU_TIMEOUT, 0, 10, False),
        (Timed.QEMU_TIMEOUT, 10, 25, True),
    ]


def test_libvirt_waits_10_s_by_the_wall_clock() -> None:
    cast = 'offline_work="50 s"\nlibvirt="7.1.0"\ndevices=["core1"]'
    text = '"0 s: virsh setvcpus 1", "5 s: stop", "15 s: cont"'
    layout = layout_of(play(story(text, cast), find_revision("revert")))

    assert spans(layout) == [(Timed.LIBVIRT_WAIT, 0, 10, True), (Timed.STOPPED, 5, 15, False)]


@pytest.mark.parametrize("scenario", scenarios().values(), ids=lambda scenario: scenario.name)
def test_the_picture_and_the_table_end_as_the_run_does(scenario: Scenario) -> None:
    """No time that passes after the last event changes what the parties believe."""
    for revision in (*NAMED, *NAMED_PCIE):
        if revision.board not in scenario.setup.boards:
            continue
        run = play(scenario, revision)
        last = len(run.trace) - 1
        for device in run.devices:
            waits = dict(layout_of(run).sides[0].now)[LaneRow(Actor.QEMU, str(device.id))]

            assert (waits is LaneState.PENDING) is run.belief(device).pending
            assert who_knows_what(run, device, seq=last) == who_knows_what(run, device)


@pytest.mark.parametrize(
    ("name", "revision", "said"),
    [
        ("pcie-vm-stopped", "pcie-expiry", "retry refused: 5 s"),
        ("late-release", "pre-revert", "QEMU's timeout: 15 s"),
    ],
)
def test_a_bracket_says_what_ends_with_it(name: str, revision: str, said: str) -> None:
    """A port has no timer: what its 5 s end is that a retry is refused."""
    layout = layout_of(play(find_scenario(name), find_revision(revision)))
    found = layout.sides[0].brackets

    assert {one.words for one in found if one.timed is Timed.QEMU_TIMEOUT} == {said}
