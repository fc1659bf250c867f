"""An exercise that asks for a script, as a page can check it: every script of a small grid is run.

The page offers the actions of the exercise at some moments. Each script of these was run before,
and checked as in a lesson. A script opens a word, and the word opens the reply, because hundreds of
scripts have the same one; the reply of most of them is kept once, for all that open no word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from itertools import combinations_with_replacement, product
from math import comb
from typing import Any

from kit.course.exercise import Exercise, ScriptTask
from kit.course.exercises import check
from kit.machine.clock import NS_PER_S
from kit.simulation.actions import WAIT
from kit.simulation.scenario import read_time
from kit.trace.sentences import seconds
from kit.views.page.sealed import sealed

__all__ = ["OTHERWISE", "Grid", "grid_of", "script_data"]

MAX_RUNS = 1600  # at a revision: a second or two of the time that a hand-out takes
MAX_MOMENTS = 20  # that a reader chooses from
MIN_MOMENTS = 3  # else fewer actions are offered, if they can do it
OTHERWISE = "otherwise"  # the word for what most scripts get
AFTER_NS = 20 * NS_PER_S  # how long a run without an end goes on: longer than any timer


class Grid:
    """Which scripts a page offers: up to ``most`` actions, each at one of ``moments``."""

    def __init__(self, task: ScriptTask) -> None:
        """Choose as many moments as can be run: the solution's, the start, and others between."""
        named = _times(task.solution)
        others = [at_ns for wrong in task.wrong for at_ns in _times(wrong.answer)]
        given_ns = task.story.scenario.end_ns
        last_ns = given_ns or max([*named, *others]) + NS_PER_S
        least = sum(not line.endswith(f": {WAIT}") for line in task.solution)
        sizes = [most for most in range(task.most, least, -1) if _room(task, most) >= MIN_MOMENTS]
        self.most = sizes[0] if sizes else least
        found = list(dict.fromkeys([*named, 0, *others]))[: _room(task, self.most)]
        self.moments_ns = _filled(found, last_ns, _room(task, self.most))
        self.end_ns = given_ns or self.moments_ns[-1] + AFTER_NS
        self.menu = task.menu
        # without an end of its own a run would end with the last action
        self._last = () if given_ns else (f"{seconds(self.end_ns)}: {WAIT}",)

    def scripts(self) -> Iterator[tuple[str, ...]]:
        """Yield the lines of every script."""
        for size in range(1, self.most + 1):
            for times in combinations_with_replacement(self.moments_ns, size):
                for actions in product(self.menu, repeat=size):
                    yield tuple(
                        f"{seconds(at_ns)}: {action}"
                        for at_ns, action in zip(times, actions, strict=True)
                    )

    def whole(self, lines: tuple[str, ...]) -> list[str]:
        """Return a script as it is run."""
        return [*lines, *self._last]


def grid_of(exercise: Exercise) -> Grid:
    """Return the scripts of an exercise that asks for one."""
    assert isinstance(exercise.task, ScriptTask)
    return Grid(exercise.task)


def _times(lines: tuple[str, ...]) -> list[int]:
    return [read_time(line.partition(":")[0]) for line in lines]


def _room(task: ScriptTask, most: int) -> int:
    """Return for how many moments all scripts can be run."""
    menu = len(task.menu)

    def runs(moments: int) -> int:
        return sum(menu**size * comb(moments + size - 1, size) for size in range(1, most + 1))

    return max(n for n in range(1, MAX_MOMENTS + 1) if n == 1 or runs(n) <= MAX_RUNS)


def _filled(moments: list[int], last_ns: int, room: int) -> tuple[int, ...]:
    """Return *moments* in order, with whole seconds in the widest gaps as far as there is room."""
    found = sorted(moments)
    while len(found) < room:
        ends = [*found[1:], last_ns]
        gaps = [(end - at_ns, -at_ns) for at_ns, end in zip(found, ends, strict=True)]
        wide, start = max(gaps)
        if wide < 2 * NS_PER_S:
            break
        found.append(-start + wide // 2 // NS_PER_S * NS_PER_S)
        found.sort()
    return tuple(found)


def script_data(exercise: Exercise) -> dict[str, Any]:
    """Return what a page needs besides the question: the grid, and what its scripts open."""
    grid, task = grid_of(exercise), exercise.task
    assert isinstance(task, ScriptTask)
    replies, words = {}, {}
    for at in exercise.at:
        replies[at.name], words[at.name] = _opened(exercise, at.name, grid)
    fewer = f" here, up to {task.most} in the lesson" if grid.most < task.most else ""
    limit = "one action" if grid.most == 1 else f"up to {grid.most} actions"
    return {
        "menu": list(grid.menu),
        "moments": [seconds(at_ns) for at_ns in grid.moments_ns],
        "most": grid.most,
        "limit": f"Write {limit}{fewer}. The run ends at {seconds(grid.end_ns)}.",
        "replies": replies,
        "words": words,
        "otherwise": OTHERWISE,
    }


def _opened(exercise: Exercise, at: str, grid: Grid) -> tuple[dict[str, str], dict[str, str]]:
    """Return what scripts open: each a word, but for those with the most frequent reply; words."""
    said: dict[tuple[str, ...], str] = {}
    for lines in grid.scripts():
        verdict = check(exercise, grid.whole(lines), at)
        said[lines] = f"{int(verdict.right)}{verdict}"
    wrong = Counter(reply for reply in said.values() if reply[0] == "0")
    usual = wrong.most_common(1)[0][0]
    words = {usual: OTHERWISE} | {
        reply: sha256(f"{exercise.name}|{at}|{reply}".encode()).hexdigest()[:4]
        for reply in dict.fromkeys(said.values())
        if reply != usual
    }
    key = f"{exercise.name}|{at}|"
    replies = dict(
        sealed(key + "\n".join(lines), words[reply])
        for lines, reply in said.items()
        if reply != usual
    )
    return replies, dict(sealed(key + word, reply) for reply, word in words.items())
