"""The commits of the history in use, as exercises read them."""

from __future__ import annotations

from functools import cache

from kit.app import history
from kit.git.repository.history import History
from kit.git.values.commit import FileDiff
from kit.machine.catalogue import find_revision


@cache
def in_use() -> History:
    return history()


def diffs(revision: str) -> tuple[FileDiff, ...]:
    """What the commit of a revision changes."""
    return in_use().diff(find_revision(revision).commit)
