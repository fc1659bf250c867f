"""The labs: with the instructor's answers filled in, they run and print all ten points."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from kit.handout.execute import LessonKernel
from tests.course.test_labs import solution

LABS = sorted((Path(__file__).parents[2] / "notebooks" / "labs").glob("*.ipynb"))


@pytest.mark.parametrize("path", LABS, ids=lambda path: path.stem)
def test_a_lab_runs_and_shows_ten_points(path: Path, lesson_kernel: LessonKernel) -> None:
    notebook = nbformat.read(path, as_version=4)
    for number, answer in solution(path.stem).items():
        (cell,) = [one for one in notebook.cells if one.id == f"answer-{number}"]
        cell.source = f"answer_{number} = {answer!r}"
    lesson_kernel.execute(notebook, path.stem)
    printed = [
        output.data["text/html"]
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if "points" in output.get("data", {}).get("text/html", "")
    ]

    assert re.findall(r"(\d) of 2 points", "".join(printed)) == ["2"] * 5
    assert {"2"} == {
        output.data["text/plain"]
        for cell in notebook.cells
        if cell.id.startswith("points-")
        for output in cell.outputs
    }


@pytest.mark.parametrize("path", LABS, ids=lambda path: path.stem)
def test_a_lab_says_its_question_its_time_and_its_points_and_is_clean(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    tests = [cell.metadata.nbgrader for cell in code if cell.source.endswith(")") and cell.metadata]

    assert re.search(r"\*\*.+[?.]\*\* .*30 minutes, 10 points\.", notebook.cells[0].source)
    assert [(cell.outputs, cell.execution_count) for cell in code] == [([], None)] * len(code)
    assert [one.points for one in tests if one.grade] == [2] * 5
