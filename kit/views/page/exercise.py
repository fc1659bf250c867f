"""An exercise as data that a page can check without giving the answer away in clear.

The reply to an answer is encrypted with that answer, and only that answer opens it.
A reader can still try all choices one by one: this hides an answer, and does not protect it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from fractions import Fraction
from hashlib import sha256
from itertools import combinations, count
from typing import Any

from kit.course.exercise import Diffs, Exercise, Hunks, Number, OrderTask, Predict, ScriptTask
from kit.course.exercises import check, solution
from kit.views.cockpit.view import shown
from kit.views.html.exercise_hints import HINTS

__all__ = ["exercise_data", "opened_reply", "sealed"]

MAX_ITEMS = 6  # of which every choice gets its own reply
SEPARATOR = " "  # between the names of an answer
_KINDS = {Predict: "one", OrderTask: "order", Hunks: "several", Number: "number"}


def exercise_data(exercise: Exercise, diffs: Diffs | None = None) -> dict[str, Any] | None:
    """Return an exercise as JSON data; None if only the machine can check it.

    Raises:
        UserError: A commit that it is about cannot be read.
    """
    task = exercise.task
    if isinstance(task, ScriptTask):
        return None
    places = [at.name for at in exercise.at] or [""]
    found: dict[str, Any] = shown(
        {
            "name": exercise.name,
            "title": exercise.title,
            "question": exercise.question,
            "kind": _KINDS[type(task)],
            "unit": task.unit if isinstance(task, Number) else "",
            "options": [list(option) for option in _options(exercise)],
            "at": places,
            "hints": [list(hint) for hint in zip(HINTS, exercise.hints, strict=False)],
            "replies": {at: dict(_replies(exercise, at, diffs)) for at in places},
        }
    )
    return found


def _options(exercise: Exercise) -> Iterator[tuple[str, str]]:
    match exercise.task:
        case Predict(choices=choices):
            yield from ((one.name, one.says) for one in choices)
        case OrderTask(parts=parts):
            yield from ((one.name, one.says) for one in parts)
        case Hunks(items=items):
            yield from ((one.name, one.says) for one in items)


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
        case Predict(choices=choices):
            yield from ((one.name,) for one in choices)
        case Number(wrong=wrong):
            yield from ((_decimal(Fraction(one.answer[0])),) for one in wrong if one.answer)
        case OrderTask(wrong=wrong):
            yield from (one.answer for one in wrong if one.answer)
        case Hunks(items=items) if len(items) <= MAX_ITEMS:
            names = sorted(item.name for item in items)
            for size in range(1, len(names) + 1):
                yield from combinations(names, size)


def _decimal(number: Fraction) -> str:
    """Return a number in digits, without zeros at the end: as a page writes what was typed."""
    words = f"{float(number):.6f}".rstrip("0").rstrip(".")
    return "0" if words == "-0" else words


def sealed(answer: str, reply: str) -> tuple[str, str]:
    """Return under which name a reply is kept, and the reply, sealed with its answer."""
    key = sha256(answer.encode()).digest()
    data = reply.encode()
    return sha256(key + b"name").hexdigest()[:16], b64encode(_mixed(key, data)).decode()


def opened_reply(answer: str, kept: bytes) -> str:
    """Return the reply that was sealed with *answer*; nonsense for another one."""
    return _mixed(sha256(answer.encode()).digest(), kept).decode(errors="replace")


def _mixed(key: bytes, data: bytes) -> bytes:
    stream = bytearray()
    for number in count():
        if len(stream) >= len(data):
            break
        stream += sha256(key + number.to_bytes(4, "big")).digest()
    return bytes(one ^ other for one, other in zip(data, stream, strict=False))
