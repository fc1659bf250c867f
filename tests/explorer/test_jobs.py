"""Many searches: in order, in any executor, and up to an interruption."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from kit.actors.pseries_programs import GuestKind
from kit.explorer.jobs import NAMED, Explored, SearchJob, explore_one, explored, jobs_of
from kit.explorer.scope import Scope
from kit.explorer.search import Ended
from kit.machine.pcie_revisions import PCIE_REVISIONS
from kit.machine.revision import Board
from tests.explorer.found import ARBITRARY, LINUX_5_12, LINUX_5_13, LINUX_5_14

SMALL = Scope(cores=1, requests=1, resets=1, migrations=0)
JOBS = jobs_of(SMALL, NAMED[:3], (LINUX_5_12, LINUX_5_13))


def test_there_is_a_job_for_each_revision_and_guest() -> None:
    assert [(job.revision.name, job.kind.value) for job in JOBS] == [
        (name, kind)
        for name in ("baseline", "timer", "cpu-timeout")
        for kind in ("linux-5.12", "linux-5.13")
    ]


def test_an_executor_finds_the_same_in_the_same_order() -> None:
    with ThreadPoolExecutor(2) as pool:
        assert list(explored(JOBS, pool)) == list(explored(JOBS))


@pytest.mark.parametrize(
    ("scope", "kinds"),
    [
        ("c1q1r1m1", (LINUX_5_12, LINUX_5_13, LINUX_5_13, ARBITRARY)),
        ("c0q1r1m1d2", (LINUX_5_12, LINUX_5_12, LINUX_5_14, ARBITRARY)),
        ("c1q1r0m0d1", (LINUX_5_12, LINUX_5_13, LINUX_5_14, ARBITRARY)),
        ("c0q1r1m0p", (LINUX_5_12, LINUX_5_12, LINUX_5_12, ARBITRARY)),
        ("c0q1r0m0n1", (LINUX_5_12, LINUX_5_12, LINUX_5_12, ARBITRARY)),
    ],
)
def test_guests_that_differ_in_no_device_of_the_scope_have_one_result(
    scope: str, kinds: tuple[GuestKind, ...]
) -> None:
    """Searched one by one they have the same states, paths and findings, at every revision."""
    columns = PCIE_REVISIONS if "n" in scope else NAMED
    jobs = jobs_of(Scope.read(scope), columns, tuple(GuestKind))

    assert tuple(job.searched.kind for job in jobs) == kinds * len(columns)
    results = {job: explore_one(job).result for job in jobs if job.kind is not ARBITRARY}
    assert [job for job in results if results[job] != results[job.searched]] == []


def test_what_has_one_result_is_searched_once() -> None:
    begun: list[SearchJob] = []

    def run(job: SearchJob) -> Explored:
        begun.append(job)
        return explore_one(job)

    jobs = jobs_of(SMALL, NAMED[:1], (LINUX_5_14, LINUX_5_12, LINUX_5_13))

    assert list(explored(jobs, run=run)) == [explore_one(job) for job in jobs]
    assert begun == jobs[:2]


def test_the_guest_of_a_platform_of_ones_own_may_differ_in_anything() -> None:
    job = SearchJob(replace(NAMED[0], board=Board("mine")), LINUX_5_14, SMALL)

    assert job.searched == job


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
