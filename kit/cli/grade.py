"""kit grade: the points of a class's lab notebooks."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from kit.cli.common import FINE, NO, cli, put
from kit.cli.output import complain
from kit.common.errors import UserError
from kit.common.json_fields import FormatError, load
from kit.common.user_file import read_bounded
from kit.course.grading import Grade, grade
from kit.lessons.history_choice import HistoryChoice
from kit.storage.labs import find_lab

__all__: list[str] = []

_MAX_NOTEBOOK = 20_000_000


class GradeFormat(Enum):
    """How the points are written."""

    CSV = "csv"
    JSON = "json"


@cli.command("grade", epilog="Example: kit grade submitted/*.ipynb --format csv -o points.csv")
def grade_notebooks(
    notebooks: Annotated[
        list[Path], typer.Argument(metavar="NOTEBOOK...", help="Notebooks of labs.")
    ],
    form: Annotated[GradeFormat, typer.Option("--format", help="A table, or JSON.")] = (
        GradeFormat.CSV
    ),
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the points there.")
    ] = None,
) -> None:
    """Grade lab notebooks without running them: a row for each, with the points of each task.

    Works without a network. A notebook that cannot be graded is named on stderr, and the exit
    status is 1.
    """
    found: list[tuple[Path, Grade]] = []
    for path in notebooks:
        try:
            found.append((path, _graded(path)))
        except UserError as error:
            complain(str(error))
    write = _csv if form is GradeFormat.CSV else _json
    if found:
        put(write(found), output)
    raise typer.Exit(FINE if len(found) == len(notebooks) else NO)


def _graded(path: Path) -> Grade:
    text = read_bounded(path, "notebook", _MAX_NOTEBOOK)
    try:
        notebook = load(text)
    except (FormatError, ValueError, RecursionError):
        raise UserError(f"{path}: is not a notebook: it is not JSON") from None
    try:
        return grade(notebook, find_lab, HistoryChoice().diff)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def _csv(found: Sequence[tuple[Path, Grade]]) -> str:
    most = max(len(one.tasks) for _, one in found)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["notebook", "lab", *(f"task {n + 1}" for n in range(most)), "points", "of"])
    for path, one in found:
        each = [str(task.points) for task in one.tasks] + [""] * (most - len(one.tasks))
        writer.writerow([_cell(str(path)), one.lab, *each, one.points, one.of])
    return text.getvalue().rstrip("\n")


def _cell(text: str) -> str:
    """Return a text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text


def _json(found: Sequence[tuple[Path, Grade]]) -> str:
    return json.dumps([dict(_row(path, one)) for path, one in found], indent=2)


def _row(path: Path, one: Grade) -> Iterator[tuple[str, Any]]:
    yield "notebook", str(path)
    yield "lab", one.lab
    yield "points", one.points
    yield "of", one.of
    yield (
        "tasks",
        [
            {"task": task.task, "points": task.points, "of": task.of, "reply": task.reply}
            for task in one.tasks
        ],
    )
