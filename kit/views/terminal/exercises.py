"""Lists of exercises for the terminal, without their answers, and the same content for JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from kit.common.english import counted
from kit.course.exercise import Exercise
from kit.course.progress import ExerciseStanding
from kit.views.terminal.table import plain_table

__all__ = ["exercises_table", "progress_table", "standing_words"]


def exercises_table(exercises: Sequence[Exercise]) -> tuple[RenderableType, Any]:
    """Return the exercises by lesson: question and kind."""
    table = plain_table("lesson", "exercise", "kind", "question")
    for one in _sectioned(table, exercises):
        question = Text.assemble((one.title, "bold"), "\n", one.question)
        table.add_row(one.lesson, Text(one.name), one.kind.value, question)
    data = [
        {
            "name": one.name,
            "lesson": one.lesson,
            "kind": one.kind.value,
            "title": one.title,
            "question": one.question,
            "at": [revision.name for revision in one.at],
        }
        for one in exercises
    ]
    return table, data


def progress_table(
    exercises: Sequence[Exercise], standing: Callable[[str], ExerciseStanding], file: str
) -> tuple[RenderableType, Any]:
    """Return the learner's progress by lesson."""
    table = plain_table("lesson", "exercise", "so far")
    found = [(one, standing(one.name)) for one in exercises]
    standings = {one.name: at for one, at in found}
    for one in _sectioned(table, exercises):
        at = standings[one.name]
        style = "green" if at.solved else ""
        table.add_row(one.lesson, Text(one.name), Text(standing_words(at), style=style))
    solved = sum(at.solved for _, at in found)
    summary = Text(f"{solved} of {len(found)} solved; kept in {file}, nothing is sent.")
    data = {
        "file": file,
        "solved": solved,
        "of": len(found),
        "exercises": [
            {
                "name": one.name,
                "lesson": one.lesson,
                "solved": at.solved,
                "solved_at": list(at.solved_at),
                "tries": at.tries,
                "shown": at.shown,
            }
            for one, at in found
        ],
    }
    return Group(table, summary), data


def standing_words(standing: ExerciseStanding, left: Sequence[str] = ()) -> str:
    """Return the progress of one exercise in words; empty if it was not tried.

    *left* are the revisions that are still to be answered.
    """
    tries = counted(standing.tries, "answer")
    if standing.solved:
        where = f" at {' and '.join(standing.solved_at)}" if left else ""
        return f"solved{where}, {tries}" + (", the answer was shown" if standing.shown else "")
    if standing.shown:
        return "the answer was shown"
    return f"not yet, {tries}" if standing.tries else ""


def _sectioned(table: Table, exercises: Sequence[Exercise]) -> Iterator[Exercise]:
    """Yield the exercises, with a rule in the table between two lessons."""
    last = None
    for one in exercises:
        if last not in (None, one.lesson):
            table.add_section()
        last = one.lesson
        yield one
