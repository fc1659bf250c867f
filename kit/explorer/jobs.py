"""Which properties hold at which revision with which guest: one search for each pair.

Source: `kit.explorer.properties`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, replace
from typing import Any

from kit.actors.pseries_programs import GuestKind
from kit.explorer.model import DrcModel
from kit.explorer.paths import play_path
from kit.explorer.properties import UnplugProperty, judged
from kit.explorer.scope import LINUX, Scope
from kit.explorer.search import Ended, Path, PropertyResult, Result, explore
from kit.machine.catalogue import CATALOGUE, PROPOSAL, REVISIONS
from kit.machine.revision import Revision
from kit.simulation.provenance import searched

__all__ = ["NAMED", "Explored", "SearchJob", "cells_json", "explore_one", "explored", "jobs_of"]

MAX_STATES = 1_000_000

NAMED: tuple[Revision, ...] = (
    *(revision for revision in CATALOGUE if revision.alias is not None),
    PROPOSAL,
)
"""The revisions of the table: those with a name in the lessons, and the one never merged."""


@dataclass(frozen=True, slots=True)
class SearchJob:
    """One search: a revision and a guest in a scope, with a limit on states."""

    revision: Revision
    kind: GuestKind
    scope: Scope
    max_states: int = MAX_STATES

    @property
    def searched(self) -> SearchJob:
        """The job that has the same result: with the first guest that does the same here.

        The guest of a platform of one's own may look at its kind for any reason.
        """
        if self.revision.board not in _BOARDS:
            return self
        kind = next(kind for kind in GuestKind if self._conduct(kind) == self._conduct(self.kind))
        return replace(self, kind=kind)

    def _conduct(self, kind: GuestKind) -> tuple[bool, bool, bool]:
        """Return all in which a kind can differ from others where the scope has its devices."""
        return (
            kind is GuestKind.ARBITRARY,
            bool(self.scope.cores) and kind.unisolates_cpus,
            bool(self.scope.dimm_lmbs) and kind.unisolates_lmbs,
        )


_BOARDS = {revision.board for revision in REVISIONS}


@dataclass(frozen=True, slots=True)
class Explored:
    """A job and its result."""

    job: SearchJob
    result: Result

    @property
    def findings(self) -> Iterator[tuple[UnplugProperty, PropertyResult]]:
        """The properties that were judged, each with its result."""
        for prop in judged(self.job.kind):
            yield prop, self.result.findings[prop.name]

    def token(self, prop: UnplugProperty) -> str | None:
        """Return the token of a property's counterexample, if it has one."""
        finding = self.result.findings[prop.name]
        return None if finding.holds else self._token(finding.path)

    def exercised_by(self, prop: UnplugProperty) -> str | None:
        """Return the token of a shortest path that meets a property's premise, if there is one."""
        return self._token(self.result.findings[prop.name].tried)

    def _token(self, path: Path | None) -> str | None:
        job = self.job
        return None if path is None else play_path(job.revision, job.kind, job.scope, path).token


def jobs_of(
    scope: Scope,
    revisions: Sequence[Revision] = NAMED,
    kinds: Sequence[GuestKind] = LINUX,
    max_states: int = MAX_STATES,
) -> list[SearchJob]:
    """Return a job for each revision and guest."""
    return [SearchJob(one, kind, scope, max_states) for one in revisions for kind in kinds]


def explore_one(
    job: SearchJob,
    progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Explored:
    """Return the result of one job; `kit.explorer.search.explore` describes the callables.

    Raises:
        UserError: The explorer cannot drive the revision's platform.
    """
    model = DrcModel(job.revision, job.kind, job.scope)
    judges = [prop.of(model) for prop in judged(job.kind)]
    found = explore(model, judges, max_states=job.max_states, progress=progress, stop=stop)
    return Explored(job, found)


def explored(
    jobs: Sequence[SearchJob],
    executor: Executor | None = None,
    run: Callable[[SearchJob], Explored] = explore_one,
    on_interrupt: Callable[[], None] = lambda: None,
) -> Iterator[Explored]:
    """Yield the results of all jobs, in their order; jobs with guests that do the same share one.

    Ctrl-C drops the jobs that have not begun; those in progress yield what they have found.
    *executor* has processes or threads; without one this thread does the jobs. *run* does one job,
    and *on_interrupt* stops the executor's processes at Ctrl-C.
    """
    firsts: dict[SearchJob, SearchJob] = {}
    for job in jobs:
        firsts.setdefault(job.searched, job)
    known: dict[SearchJob, Explored] = {}
    results = _each(list(firsts.values()), executor, run, on_interrupt)
    for job in jobs:
        first = firsts[job.searched]
        while first not in known and (one := next(results, None)) is not None:
            known[one.job] = one
        if first in known:
            yield replace(known[first], job=job)


def _each(
    jobs: Sequence[SearchJob],
    executor: Executor | None,
    run: Callable[[SearchJob], Explored],
    on_interrupt: Callable[[], None],
) -> Iterator[Explored]:
    if executor is None:
        for job in jobs:
            found = run(job)
            yield found
            if found.result.ended is Ended.INTERRUPTED:
                return
        return
    futures = [executor.submit(run, job) for job in jobs]
    waiting = list(futures)
    try:
        while waiting:
            result = waiting[0].result()
            waiting.pop(0)
            yield result
    except KeyboardInterrupt:
        on_interrupt()
        for future in [future for future in waiting if not future.cancel()]:
            yield future.result()
    finally:
        for future in waiting:
            future.cancel()


def cells_json(scope: Scope, found: Sequence[Explored]) -> dict[str, Any]:
    """Return the results as JSON data: a cell for each revision, property and guest."""
    return {
        "scope": {"name": scope.name, "words": scope.words, **asdict(scope)},
        "provenance": searched([one.job.revision for one in found]).json(),
        "cells": [
            {
                "revision": one.job.revision.label,
                "property": prop.name,
                "guest": one.job.kind.value,
                "result": finding.judgement.value,
                "holds": finding.holds,
                "bound_hit": not one.result.complete,
                "states": one.result.states,
                "counterexample": one.token(prop),
                "exercised_by": one.exercised_by(prop),
            }
            for one in found
            for prop, finding in one.findings
        ],
    }
