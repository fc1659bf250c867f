"""An exercise as data that a page can check without giving the answer away in clear.

Only an answer opens the reply to it (`kit.views.page.sealed`).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from typing import Any, assert_never

from kit.course.exercise import (
    HINTS,
    Choose,
    Diffs,
    Exercise,
    Hunks,
    Number,
    OrderTask,
    Predict,
    ScriptTask,
)
from kit.course.exercises import check, solution
from kit.views.cockpit.view import shown
from kit.views.page.scripts import script_data
from kit.views.page.sealed import sealed

__all__ = ["exercise_data"]

MAX_ITEMS = 6  # of which every choice gets its own reply
SEPARATOR = " "  # between the names of an answer
_KINDS = {
    Predict: "one",
    Choose: "one",
    OrderTask: "order",
    Hunks: "several",
    Number: "number",
    ScriptTask: "script",
}


def exercise_data(exercise: Exercise, diffs: Diffs | None = None) -> dict[str, Any]:
    """Return an exercise as JSON data.

    Raises:
        UserError: A commit that it is about cannot be read.
    """
    task = exercise.task
    places = [at.name for at in exercise.at] or [""]
    found: dict[str, Any] = {
        "name": exercise.name,
        "title": exercise.title,
        "question": exercise.question,
        "kind": _KINDS[type(task)],
        "at": places,
        "hints": [list(hint) for hint in zip(HINTS, exercise.hints, strict=False)],
    }
    if isinstance(task, ScriptTask):
        found |= script_data(exercise)
    else:
        found |= {
            "unit": task.unit if isinstance(task, Number) else "",
            "options": list(map(list, exercise.offered)),
            "replies": {at: dict(_replies(exercise, at, diffs)) for at in places},
        }
    made: dict[str, Any] = shown(found)
    return made


def _replies(exercise: Exercise, at: str, diffs: Diffs | None) -> Iterator[tuple[str, str]]:
    """Yield the sealed replies to all answers that have one of their own."""
    for answer in dict.fromkeys(_answers(exercise, at, diffs)):
        given = (
            answer if len(answer) > 1 or isinstance(exercise.task, Hunks | OrderTask) else answer[0]
        )
        verdict = check(exercise, given, at or None, diffs)
        words = SEPARATOR.join(answer)
        yield sealed(f"{exercise.name}|{at}|{words}", f"{int(verdict.right)}{verdict}")


def _answers(exercise: Exercise, at: str, diffs: Diffs | None) -> Iterator[tuple[str, ...]]:
    task = exercise.task
    right = solution(exercise, at or None, diffs)
    if isinstance(right, Fraction):
        yield (_decimal(right),)
    elif isinstance(right, str):
        yield (right,)
    elif isinstance(right, list | tuple | set | frozenset):
        chosen = [str(one) for one in right]
        yield tuple(sorted(chosen) if isinstance(task, Hunks) else chosen)
    match task:
        case Predict() | Choose():
            yield from ((name,) for name, _ in exercise.offered)
        case Number(wrong=wrong):
            yield from ((_decimal(Fraction(one.answer[0])),) for one in wrong if one.answer)
        case OrderTask(wrong=wrong):
            yield from (one.answer for one in wrong if one.answer)
        case Hunks(items=items) if len(items) <= MAX_ITEMS:
            names = sorted(name for name, _ in exercise.offered)
            for size in range(1, len(names) + 1):
                yield from combinations(names, size)
        case Hunks() | ScriptTask():
            return  # no page lists their answers
        case _:
            assert_never(task)


def _decimal(number: Fraction) -> str:
    """Return a number in digits, without zeros at the end: as a page writes what was typed."""
    words = f"{float(number):.6f}".rstrip("0").rstrip(".")
    return "0" if words == "-0" else words
