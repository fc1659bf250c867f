"""Runs of the sandbox: what a person clicks there, one act after the other."""

from __future__ import annotations

from functools import lru_cache

from kit.machine.revision import Revision
from kit.simulation.run import Pair, Run, play
from kit.simulation.sandbox import SANDBOX, Act, act
from kit.simulation.timeline import Timeline


def sandbox_run(revision: Revision, *acts: Act) -> Run:
    (run,) = _after(acts, revision).runs
    return run


def sandbox_pair(before: Revision, after: Revision, *acts: Act) -> Pair:
    played = _after(acts, before, after).played
    assert isinstance(played, Pair)
    return played


@lru_cache(maxsize=2048)
def _after(acts: tuple[Act, ...], *revisions: Revision) -> Timeline:
    """Return what one act more makes of the acts before it, which many tests have in common."""
    if acts:
        return act(_after(acts[:-1], *revisions), acts[-1])
    runs = [play(SANDBOX, revision) for revision in revisions]
    return Timeline(played=Pair(*runs) if len(runs) == 2 else runs[0])
