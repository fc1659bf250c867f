"""The answers to a second request, revision by revision."""

from __future__ import annotations

import pytest

from kit.course.retries import retries
from kit.machine.catalogue import CATALOGUE, find_revision
from kit.machine.revision import Patch, Revision


@pytest.mark.parametrize("revision", CATALOGUE, ids=lambda revision: revision.label)
def test_a_retry_is_an_error_exactly_while_the_timeout_is_in(revision: Revision) -> None:
    refused = [retry.error is not None for retry in retries(revision, (0, 14_999, 15_000))]
    timeout = Patch.CPU_UNPLUG_TIMEOUT in revision.patches

    assert refused == [timeout, timeout, False]


def test_the_seconds_named_run_from_15_to_0() -> None:
    every_second = retries(find_revision("cpu-timeout"), range(0, 15_000, 1000))

    assert [retry.seconds_named for retry in every_second] == [15, *range(14, 0, -1)]


def test_0_seconds_is_not_retry_now() -> None:
    last = retries(find_revision("cpu-timeout"), (14_001, 14_999))

    assert [retry.seconds_named for retry in last] == [0, 0]


@pytest.mark.parametrize(
    ("days", "seconds"), [(24, 15), (25, -12_516), (30, -444_516)], ids=["24", "25", "30"]
)
def test_after_24_855_days_the_seconds_are_negative(days: int, seconds: int) -> None:
    (retry,) = retries(find_revision("deadline-helper"), (0,), uptime_days=days)

    assert retry.seconds_named == seconds
