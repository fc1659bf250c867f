"""QEMU's timer arithmetic, surprises included."""

from __future__ import annotations

import pytest

from kit.machine.clock import (
    NS_PER_MS,
    NS_PER_S,
    Timer,
    deadline_ns,
    remaining_s,
    start,
    stop,
    take_due,
)

DAY_NS = 86_400 * NS_PER_S


def test_a_deadline_is_set_in_whole_milliseconds_of_a_truncated_clock() -> None:
    assert deadline_ns(999_999, 15) == 15 * NS_PER_S


@pytest.mark.parametrize(
    ("elapsed_ns", "printed"),
    [
        (0, 15),
        (NS_PER_MS - 1, 15),
        (NS_PER_MS, 14),
        (NS_PER_S, 14),
        (NS_PER_S + NS_PER_MS, 13),
        (14 * NS_PER_S, 1),
        (14 * NS_PER_S + NS_PER_MS, 0),
        (15 * NS_PER_S, 0),
        (16 * NS_PER_S, -1),
    ],
)
def test_the_printed_seconds_truncate_toward_zero(elapsed_ns: int, printed: int) -> None:
    """Below zero only while the main loop is late: the timer is due and has not fired."""
    assert remaining_s((Timer(15 * NS_PER_S, 1),), 1, elapsed_ns) == printed


@pytest.mark.parametrize(
    ("now_ns", "printed"),
    [
        (24 * DAY_NS, 15),
        (30 * DAY_NS, -444516),
        (30 * DAY_NS + NS_PER_S, -444517),
    ],
)
def test_after_24_855_days_the_printed_seconds_are_wrong(now_ns: int, printed: int) -> None:
    """qemu_timeout_ns_to_ms caps the absolute deadline at 2^31-1 ms."""
    assert remaining_s((Timer(deadline_ns(now_ns, 15), 1),), 1, now_ns) == printed


def test_a_deadline_within_a_millisecond_counts_as_its_end() -> None:
    """qemu_timeout_ns_to_ms rounds up."""
    assert remaining_s((Timer(2 * NS_PER_S + 1, 1),), 1, NS_PER_S + NS_PER_MS) == 1


def test_no_timer_has_no_seconds_left() -> None:
    assert remaining_s((), 1, 0) == 0


def test_starting_a_timer_again_moves_it() -> None:
    timers = start(start((), Timer(5, 1)), Timer(9, 2))

    assert start(timers, Timer(20, 1)) == (Timer(9, 2), Timer(20, 1))


def test_equal_deadlines_keep_the_order_of_starting() -> None:
    timers = start(start(start((), Timer(5, 3)), Timer(5, 1)), Timer(5, 2))

    assert [timer.index for timer in timers] == [3, 1, 2]


def test_timers_are_due_at_their_deadline() -> None:
    timers = (Timer(5, 1), Timer(9, 2))

    assert (take_due(timers, 5), stop(timers, 1)) == (
        ((Timer(5, 1),), (Timer(9, 2),)),
        (Timer(9, 2),),
    )
