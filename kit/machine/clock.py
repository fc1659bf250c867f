"""Virtual time: integer nanoseconds of QEMU_CLOCK_VIRTUAL, and QEMU's timer arithmetic.

The arithmetic is QEMU's with its surprises: a deadline is set in whole milliseconds of a truncated
clock, and the remaining milliseconds are wrong after 2^31-1 ms (24.855 days), because a function
for *relative* timeouts gets an absolute time.

Source: QEMU util/qemu-timer.c at 4515a5f786 (qemu_timeout_ns_to_ms, timer_deadline_ms).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "NS_PER_MS",
    "NS_PER_S",
    "Timer",
    "deadline_ns",
    "remaining_s",
    "start",
    "stop",
    "take_due",
]

NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
_INT32_MAX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Timer:
    """A running timer of the connector ``index``; fires at ``expire_ns`` of the guest's clock."""

    expire_ns: int
    index: int


Timers = tuple[Timer, ...]
"""Running timers, earliest first; equal deadlines in the order in which they were started."""


def deadline_ns(now_ns: int, timeout_s: int) -> int:
    """Return when a timer started at *now_ns* fires; QEMU first truncates the clock to 1 ms."""
    return (now_ns // NS_PER_MS + timeout_s * 1000) * NS_PER_MS


def start(timers: Timers, timer: Timer) -> Timers:
    """Return *timers* with *timer* running in place of an earlier one of its connector."""
    others = stop(timers, timer.index)
    later = next((i for i, t in enumerate(others) if t.expire_ns > timer.expire_ns), len(others))
    return (*others[:later], timer, *others[later:])


def stop(timers: Timers, index: int) -> Timers:
    """Return *timers* without the one of connector *index*, if it runs."""
    return tuple(timer for timer in timers if timer.index != index)


def take_due(timers: Timers, now_ns: int) -> tuple[Timers, Timers]:
    """Split *timers* into those whose deadline is at or before *now_ns*, and the others."""
    due = tuple(timer for timer in timers if timer.expire_ns <= now_ns)
    return due, timers[len(due) :]


def remaining_s(timers: Timers, index: int, now_ns: int) -> int:
    """Return the whole seconds that QEMU prints for the timer of connector *index*; 0 if none runs.

    Truncated toward zero, and negative after 24.855 days of guest time: QEMU caps the absolute
    deadline at 2^31-1 ms before it subtracts the clock.
    """
    for timer in timers:
        if timer.index == index:
            expire_ms = min(-(-timer.expire_ns // NS_PER_MS), _INT32_MAX)
            remaining_ms = expire_ms - now_ns // NS_PER_MS
            return remaining_ms // 1000 if remaining_ms >= 0 else -(-remaining_ms // 1000)
    return 0
