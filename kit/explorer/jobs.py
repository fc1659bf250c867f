"""Which promises hold at which revision with which guest: one search a revision and guest.

Source: the promises are `kit.explorer.properties`'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from kit.actors.pseries_programs import GuestKind
from kit.explorer.model import DrcModel
from kit.explorer.paths import play_path
from kit.explorer.properties import UnplugProperty, judged
from kit.explorer.scope import LINUX, Scope
from kit.explorer.search import Ended, PropertyResult, Result, explore
from kit.machine.catalogue import CATALOGUE, PROPOSAL
from kit.machine.revision import Revision

__all__ = ["NAMED", "Explored", "SearchJob", "cells_json", "explore_one", "explored", "jobs_of"]

MAX_STATES = 1_000_000

NAMED: tuple[Revision, ...] = (
    *(revision for revision in CATALOGUE if revision.alias is not None),
    PROPOSAL,
)
"""The revisions of the table: those with a name in the lessons, and the one never merged."""


@dataclass(frozen=True, slots=True)
class SearchJob:
    """One search: a revision and a guest in a scope, of so many states at most."""

    revision: Revision
    kind: GuestKind
    scope: Scope
    max_states: int = MAX_STATES


@dataclass(frozen=True, slots=True)
class Explored:
    """A job and what came of it."""

    job: SearchJob
    result: Result

    @property
    def findings(self) -> Iterator[tuple[UnplugProperty, PropertyResult]]:
        """The promises that were judged, with what was found."""
        for prop in judged(self.job.kind):
            yield prop, self.result.findings[prop.name]

    def token(self, prop: UnplugProperty) -> str | None:
        """Return the token of a promise's counterexample, if it has one."""
        finding = self.result.findings[prop.name]
        if finding.holds or finding.path is None:
            return None
        job = self.job
        return play_path(job.revision, job.kind, job.scope, finding.path).token


def jobs_of(
    scope: Scope,
    revisions: Sequence[Revision] = NAMED,
    kinds: Sequence[GuestKind] = LINUX,
    max_states: int = MAX_STATES,
) -> list[SearchJob]:
    """Return a job for each revision and guest."""
    return [
        SearchJob(revision, kind, scope, max_states) for revision in revisions for kind in kinds
    ]


def explore_one(
    job: SearchJob,
    progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Explored:
    """Search one job; `kit.explorer.search.explore` says what the callables are told and asked.

    Raises:
        UserError: The revision is no pseries machine.
    """
    model = DrcModel(job.revision, job.kind, job.scope)
    properties = [prop.of(model) for prop in judged(job.kind)]
    return Explored(
        job,
        explore(model, properties, max_states=job.max_states, progress=progress, stop=stop),
    )


def explored(
    jobs: Sequence[SearchJob],
    executor: Executor | None = None,
    run: Callable[[SearchJob], Explored] = explore_one,
    on_interrupt: Callable[[], None] = lambda: None,
) -> Iterator[Explored]:
    """Search all jobs; what comes of them comes in their order.

    At Ctrl-C what is not begun is left out, and what is under way comes as far as it got.

    Args:
        jobs: What to search.
        executor: Where to: processes, threads; here and now if None.
        run: What searches one; an executor of processes must be able to send it there.
        on_interrupt: Called at Ctrl-C: tells the executor's processes, which may not have heard.
    """
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
    """Write what was found as JSON: a cell for each revision, promise and guest."""
    return {
        "scope": {
            "name": scope.name,
            "cores": scope.cores,
            "requests": scope.requests,
            "resets": scope.resets,
            "migrations": scope.migrations,
            "dimm_lmbs": scope.dimm_lmbs,
            "phb": scope.phb,
        },
        "cells": [
            {
                "revision": one.job.revision.label,
                "property": prop.name,
                "guest": one.job.kind.value,
                "holds": finding.holds,
                "bound_hit": not one.result.complete,
                "states": one.result.states,
                "counterexample": one.token(prop),
            }
            for one in found
            for prop, finding in one.findings
        ],
    }
