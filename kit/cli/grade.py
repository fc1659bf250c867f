"""kit grade: the points of a class's lab notebooks."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from kit.cli.common import FINE, NO, cli, put
from kit.cli.forms import Output
from kit.cli.output import complain
from kit.common.errors import UserError
from kit.common.json_fields import FormatError, load
from kit.common.plain_text import spreadsheet_cell
from kit.common.user_file import read_bounded
from kit.course.grading import Grade, grade
from kit.lessons.history_choice import HistoryChoice
from kit.storage.exercises import find_lab

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
    output: Output = None,
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
        writer.writerow([spreadsheet_cell(str(path)), one.lab, *each, one.points, one.of])
    return text.getvalue().rstrip("\n")


def _json(found: Sequence[tuple[Path, Grade]]) -> str:
    rows = [
        {
            "notebook": str(path),
            "lab": one.lab,
            "points": one.points,
            "of": one.of,
            "tasks": [asdict(task) for task in one.tasks],
        }
        for path, one in found
    ]
    return json.dumps(rows, indent=2)
