"""What a search finds, once a test run for each revision, guest and scope."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from kit.actors.pseries_programs import GuestKind
from kit.explorer.jobs import Explored, SearchJob, explore_one
from kit.explorer.model import DrcModel, State
from kit.explorer.paths import PlayedPath, play_path
from kit.explorer.scope import LINUX, Scope
from kit.explorer.search import Path
from kit.machine.catalogue import find_revision
from tests.effort import SAMPLE

LINUX_5_12, LINUX_5_13 = GuestKind.LINUX_5_12, GuestKind.LINUX_5_13
LINUX_5_14, ARBITRARY = GuestKind.LINUX_5_14, GuestKind.ARBITRARY
DEFAULT = Scope().name
KINDS = (LINUX_5_12, LINUX_5_14) if SAMPLE else LINUX
"""Linux 5.13 and 5.14 differ in memory alone, so without a DIMM a sample searches with one."""


def found(revision: str, kind: GuestKind = LINUX_5_12, scope: str = DEFAULT) -> Explored:
    """Search one revision; guests that do the same in the scope share a search."""
    job = SearchJob(find_revision(revision), kind, Scope.read(scope))
    return replace(searched(job.searched), job=job)


searched = cache(explore_one)


def holds(promise: str, revision: str, kind: GuestKind, scope: str = DEFAULT) -> bool:
    """Is a promise kept?"""
    return found(revision, kind, scope).result.findings[promise].holds


def broken(
    promise: str, revision: str, kind: GuestKind = LINUX_5_12, scope: str = DEFAULT
) -> PlayedPath:
    """Return the shortest story that breaks a promise."""
    path = found(revision, kind, scope).result.findings[promise].path
    assert path is not None
    return play_path(find_revision(revision), kind, Scope.read(scope), path)


def go(model: DrcModel, *texts: str) -> tuple[State, Path]:
    """Take actions by what they say; return where that leads, and the path."""
    state, path = model.initial()[0], [0]
    for text in texts:
        actions = model.actions(state)
        path.append([action.text for action in actions].index(text))
        state = model.next_state(state, actions[path[-1]])
    return state, tuple(path)
