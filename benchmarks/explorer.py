"""How fast the explorer is, how much it keeps, and how both grow with the scope."""

from __future__ import annotations

import resource
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

from rich.table import Table

from kit.actors.pseries_programs import GuestKind
from kit.explorer.jobs import Explored, SearchJob, explore_one, jobs_of
from kit.explorer.scope import DEFAULT
from kit.explorer.search import Model, explore
from kit.machine.catalogue import find_revision

__all__ = ["Whole", "bytes_per_state", "growth", "peer", "whole_table"]

AT, KIND = find_revision("pre-revert"), GuestKind.LINUX_5_13
BAR = 24  # characters of the longest bar: the table fits in 80


@dataclass(frozen=True, slots=True)
class Whole:
    """The default scope at all named revisions, in two processes."""

    seconds: float
    megabytes: float
    states: int
    worst_cell_seconds: float


def timed(action: Callable[[], Explored]) -> tuple[float, Explored]:
    """Return how long an action took, and what came of it."""
    start = time.perf_counter()
    found = action()
    return time.perf_counter() - start, found


def cell(job: SearchJob) -> tuple[float, Explored]:
    """Search one cell; a process of the pool does this."""
    return timed(lambda: explore_one(job))


def whole_table() -> Whole:
    """Search what `kit explore` searches, as it does with two processes."""
    start = time.perf_counter()
    with ProcessPoolExecutor(2) as pool:
        cells = list(pool.map(cell, jobs_of(DEFAULT)))
    seconds = time.perf_counter() - start
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # of the larger one
    return Whole(
        seconds,
        (own + 2 * child) / 1024,
        sum(found.result.states for _, found in cells),
        max(taken for taken, _ in cells),
    )


def bytes_per_state() -> float:
    """What a search keeps for each state: its number, where it came from, and the parts."""
    tracemalloc.start()
    found = explore_one(SearchJob(AT, KIND, DEFAULT))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / found.result.states


class Grid(Model[tuple[int, int], int]):
    """The peer: as little of a model as there can be, two numbers that count up."""

    def __init__(self, side: int) -> None:
        self.side = side

    def initial(self) -> list[tuple[int, int]]:
        """Both at 0."""
        return [(0, 0)]

    def actions(self, state: tuple[int, int]) -> list[int]:
        """Each may be counted up until it is at its end."""
        return [which for which in (0, 1) if state[which] < self.side - 1]

    def next_state(self, state: tuple[int, int], action: int) -> tuple[int, int]:
        """One is counted up."""
        return (state[0] + 1, state[1]) if action == 0 else (state[0], state[1] + 1)

    def finished(self, _: tuple[int, int]) -> bool:
        """No run is judged."""
        return False


def peer() -> float:
    """How many states of the smallest of models the same search sees in a second."""
    start = time.perf_counter()
    result = explore(Grid(200))
    return result.states / (time.perf_counter() - start)


def growth() -> Table:
    """States and time by cores and by requests, with a bar for the states."""
    scopes = [replace(DEFAULT, cores=cores) for cores in (1, 2, 3)]
    scopes += [replace(DEFAULT, requests=requests) for requests in (1, 3)]
    scopes.sort(key=lambda scope: (scope.requests, scope.cores))
    taken = [
        (scope, *timed(lambda scope=scope: explore_one(SearchJob(AT, KIND, scope))))
        for scope in scopes
    ]
    most = max(found.result.states for _, _, found in taken)
    table = Table(title=f"growth of the explorer's scope, {AT.name}, {KIND.value}")
    for column in ("requests", "cores", "states", "s", "states /s", "states"):
        table.add_column(column, justify="left" if column == "states" else "right")
    for scope, seconds, found in taken:
        states = found.result.states
        table.add_row(
            str(scope.requests),
            str(scope.cores),
            f"{states:,}",
            f"{seconds:.2f}",
            f"{states / seconds:,.0f}",
            "█" * max(1, round(BAR * states / most)),
        )
    return table
