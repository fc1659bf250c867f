"""The files and folders that reverts change, and the date until which a history is known."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterable

from kit.git.repository.history import History
from kit.git.repository.reader import MissingObjectError
from kit.git.repository.reenacted import clone_of
from kit.git.values.verdict import Revert

__all__ = ["changed_paths", "directories", "known_until_s"]


def changed_paths(history: History, rows: Iterable[Revert]) -> dict[str, tuple[str, ...]]:
    """Return the paths that each revert changes, by its hash; none where its files are not here."""
    commits = clone_of(history).commits()
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        with contextlib.suppress(MissingObjectError):
            found[row.sha] = tuple(
                path.decode("utf-8", "surrogateescape") for path in commits.changes(row.sha)
            )
    return found


def directories(history: History, rows: Iterable[Revert]) -> Counter[str]:
    """Return how many of the reverts change something in each folder of the top."""
    found: Counter[str] = Counter()
    for names in clone_of(history).commits().top_names([row.sha for row in rows]):
        found.update(sorted("(top)" if name is None else os.fsdecode(name) for name in names))
    return found


def known_until_s(history: History) -> int:
    """Return the committer date of the newest commit, in seconds since 1970."""
    clone = clone_of(history)
    with clone.stream("log", "-1", "--format=%ct", *clone.tip(), "--") as log:
        return int(log.read() or b"0")
