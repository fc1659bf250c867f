"""Many searches: in order, in any executor, and up to an interruption."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from kit.actors.pseries_programs import GuestKind
from kit.explorer.jobs import NAMED, Explored, SearchJob, explore_one, explored, jobs_of
from kit.explorer.scope import Scope
from kit.explorer.search import Ended

SMALL = Scope(cores=1, requests=1, resets=1, migrations=0)
JOBS = jobs_of(SMALL, NAMED[:3], (GuestKind.LINUX_5_12, GuestKind.LINUX_5_13))


def test_there_is_a_job_for_each_revision_and_guest() -> None:
    assert [(job.revision.name, job.kind.value) for job in JOBS] == [
        (name, kind)
        for name in ("baseline", "timer", "cpu-timeout")
        for kind in ("linux-5.12", "linux-5.13")
    ]


def test_an_executor_finds_the_same_in_the_same_order() -> None:
    with ThreadPoolExecutor(2) as pool:
        assert list(explored(JOBS, pool)) == list(explored(JOBS))


def interrupted_at(number: int) -> tuple[list[SearchJob], list[Explored]]:
    """Search until somebody presses Ctrl-C in the job of this number."""
    begun: list[SearchJob] = []

    def run(job: SearchJob) -> Explored:
        begun.append(job)
        found = explore_one(job)
        if len(begun) == number:
            result = replace(found.result, ended=Ended.INTERRUPTED)
            return replace(found, result=result)
        return found

    return begun, list(explored(JOBS, run=run))


def test_after_an_interruption_no_search_begins() -> None:
    begun, found = interrupted_at(2)

    assert begun == JOBS[:2]
    assert [one.result.ended for one in found] == [Ended.COMPLETE, Ended.INTERRUPTED]


def test_an_interruption_while_an_executor_works_keeps_what_is_there() -> None:
    told: list[str] = []

    def run(job: SearchJob) -> Explored:
        if job is JOBS[1]:
            raise KeyboardInterrupt
        return explore_one(job)

    with ThreadPoolExecutor(1) as pool:
        found = explored(JOBS[:2], pool, run, lambda: told.append("stop"))
        first = next(found)
        with pytest.raises(KeyboardInterrupt):
            list(found)

    assert first == explore_one(JOBS[0])
    assert told == ["stop"]
