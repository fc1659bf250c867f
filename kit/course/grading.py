"""Grade a lab's notebook without running it: read the answers as literals and judge them.

A learner's notebook is a stranger's file.  Nothing of it is executed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kit.common.errors import UserError
from kit.course.exercise import Diffs
from kit.course.labs import Lab, Points

__all__ = ["Grade", "answers_of", "grade", "lab_name"]

MAX_CELL = 20_000
_ANSWER = re.compile(r"answer_([1-9][0-9]?)")


@dataclass(frozen=True, slots=True)
class Grade:
    """The points of one notebook, task by task."""

    lab: str
    tasks: tuple[Points, ...]

    @property
    def points(self) -> int:
        """All points that the notebook earned."""
        return sum(task.points for task in self.tasks)

    @property
    def of(self) -> int:
        """The most that it could earn."""
        return sum(task.of for task in self.tasks)


def lab_name(notebook: object) -> str:
    """Return which lab a notebook belongs to.

    Raises:
        UserError: It is not a notebook, or not one of a lab.
    """
    metadata = notebook.get("metadata") if isinstance(notebook, dict) else None
    ours = metadata.get("unplug_kit") if isinstance(metadata, dict) else None
    name = ours.get("lab") if isinstance(ours, dict) else None
    if not isinstance(name, str):
        raise UserError("is not a notebook of a lab: its metadata name none")
    return name


def answers_of(notebook: Mapping[str, Any]) -> dict[int, object]:
    """Return the answers by number: what a cell assigns to ``answer_1`` and so on, as a literal.

    The last assignment counts.  An answer that is not a literal is left out.
    """
    found: dict[int, object] = {}
    for source in _code(notebook):
        try:
            body = ast.parse(source).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1:
                number = _number(node.targets[0])
                if number is not None:
                    found[number] = _literal(node.value)
    return found


def grade(notebook: object, find: Callable[[str], Lab], diffs: Diffs | None = None) -> Grade:
    """Return the points of a notebook; a task without an answer earns none.

    Raises:
        UserError: It is not a notebook of a lab that *find* knows.
    """
    lab = find(lab_name(notebook))
    assert isinstance(notebook, dict), "it has metadata"
    answers = answers_of(notebook)
    tasks = (task.score(answers.get(n), diffs) for n, task in enumerate(lab.tasks, 1))
    return Grade(lab.name, tuple(tasks))


def _code(notebook: Mapping[str, Any]) -> Iterator[str]:
    cells = notebook.get("cells")
    for cell in cells if isinstance(cells, list) else ():
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source")
            if isinstance(source, list) and all(isinstance(line, str) for line in source):
                source = "".join(source)
            if isinstance(source, str) and len(source) <= MAX_CELL:
                yield source


def _number(target: ast.expr) -> int | None:
    match = _ANSWER.fullmatch(target.id) if isinstance(target, ast.Name) else None
    return int(match[1]) if match else None


def _literal(value: ast.expr) -> object:
    try:
        return ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None
