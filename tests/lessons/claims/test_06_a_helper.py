"""What lesson 6 claims."""

from __future__ import annotations

from kit.course.retries import Retry, retries
from kit.machine.catalogue import find_revision
from tests.lessons.claims.claim import claim

CAP_MS = 2**31 - 1
MONTH_MS = 30 * 86_400_000


def answers(at: str) -> list[tuple[Retry, ...]]:
    waits = (0, 1, 999, 1000, 7500, 14_999, 15_000)
    return [retries(find_revision(at), waits, uptime_days=days) for days in (0, 24, 25, 30)]


@claim(True, of=["deadline-helper"], but_not=["timer", "revert"])
def test_every_retry_is_answered_as_before_the_helper(at: str) -> bool:
    return answers(at) == answers("cpu-timeout")


@claim(
    int((CAP_MS - MONTH_MS) / 1000),
    of=["deadline-helper", "cpu-timeout"],
    but_not=["revert", "baseline"],
)
def test_the_deadline_is_converted_before_the_time_is_subtracted(at: str) -> int | None:
    (month,) = retries(find_revision(at), (0,), uptime_days=30)
    return month.seconds_named
