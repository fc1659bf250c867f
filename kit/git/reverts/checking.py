"""Check reverts one after the other, in this process or in those of an executor."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from kit.git.repository.clone import CloneHistory
from kit.git.repository.objects import Objects
from kit.git.reverts.exactness import check_exactness
from kit.git.values.verdict import Revert

__all__ = ["checked_rows"]

_AT_ONCE = 4  # reverts that one task of an executor checks
_AHEAD = 32  # tasks given to an executor before the first is waited for


def checked_rows(
    rows: Iterable[Revert], clone: CloneHistory, executor: Executor | None = None
) -> Iterator[Revert]:
    """Yield each row with its finding; HistoryError for SHA-256, which libgit2 does not read."""
    objects, folder = clone.commits().objects(), clone.objects_folder()
    if executor is None:
        yield from (_checked(objects, row) for row in rows)
        return
    tasks: deque[Future[tuple[Revert, ...]]] = deque()
    batch: list[Revert] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _AT_ONCE:
            tasks.append(executor.submit(_check, folder, tuple(batch)))
            batch = []
        while len(tasks) > _AHEAD or (tasks and tasks[0].done()):
            yield from tasks.popleft().result()
    if batch:
        tasks.append(executor.submit(_check, folder, tuple(batch)))
    while tasks:
        yield from tasks.popleft().result()


def _check(folder: Path, rows: tuple[Revert, ...]) -> tuple[Revert, ...]:
    objects = _opened(folder)
    return tuple(_checked(objects, row) for row in rows)


def _checked(objects: Objects, row: Revert) -> Revert:
    return replace(row, finding=check_exactness(objects, row.sha, row.targets))


@lru_cache(maxsize=4)
def _opened(folder: Path) -> Objects:
    """Return the objects of a folder, opened once in each process."""
    return Objects(folder)
