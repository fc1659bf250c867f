"""Runs of the sandbox: what a person clicks there, one act after the other."""

from __future__ import annotations

from functools import reduce

from kit.machine.revision import Revision
from kit.simulation.run import Pair, Run, play, play_pair
from kit.simulation.sandbox import SANDBOX, Act, act
from kit.simulation.timeline import Timeline


def sandbox_run(revision: Revision, *acts: Act) -> Run:
    (run,) = reduce(act, acts, Timeline(played=play(SANDBOX, revision))).runs
    return run


def sandbox_pair(before: Revision, after: Revision, *acts: Act) -> Pair:
    played = reduce(act, acts, Timeline(played=play_pair(SANDBOX, before, after))).played
    assert isinstance(played, Pair)
    return played
