"""kit grade: a class's notebooks from end to end, and notebooks that are none."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from kit.cli.main import main
from tests.course.test_labs import solution

LABS = Path(__file__).parents[2] / "notebooks" / "labs"
NAMES = ("reverted", "silence", "undo")


def handed_in(folder: Path, lab: str, answers: dict[int, object], name: str = "") -> Path:
    """Write a lab's notebook with answers filled in, as a learner saves it."""
    notebook: dict[str, Any] = json.loads((LABS / f"{lab}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["id"].startswith("answer-") and (n := int(cell["id"][7:])) in answers:
            cell["source"] = [f"# mine\nanswer_{n} = {answers[n]!r}\n"]
    path = folder / f"{name or lab}.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def graded(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["grade", *arguments])
    told = capsys.readouterr()
    return status, told.out, told.err


@pytest.mark.parametrize("lab", NAMES)
def test_a_labs_solution_earns_ten_points(
    lab: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = handed_in(tmp_path, lab, solution(lab))
    status, out, err = graded(capsys, str(path))
    rows = list(csv.reader(io.StringIO(out)))

    assert (status, err) == (0, "")
    assert rows == [
        ["notebook", "lab", *(f"task {n}" for n in range(1, 6)), "points", "of"],
        [str(path), lab, "2", "2", "2", "2", "2", "10", "10"],
    ]


def test_a_half_right_notebook_earns_what_is_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = handed_in(tmp_path, "silence", {1: "a", 2: 10})
    status, out, _ = graded(capsys, str(path), "--format", "json")
    (row,) = json.loads(out)

    assert status == 0
    assert (row["points"], row["of"]) == (2, 10)
    assert [task["points"] for task in row["tasks"]] == [0, 2, 0, 0, 0]
    assert row["tasks"][2]["reply"] == "not answered"


def test_a_notebook_that_cannot_be_graded_does_not_stop_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = handed_in(tmp_path, "undo", solution("undo"))
    bad = tmp_path / "bad.ipynb"
    bad.write_text("{", encoding="utf-8")
    status, out, err = graded(capsys, str(bad), str(good))

    assert status == 1
    assert err == f"kit: {bad}: is not a notebook: it is not JSON\n"
    assert out.splitlines()[1].endswith(",10,10")


@pytest.mark.parametrize(
    ("notebook", "says"),
    [
        ("[]", "is not a notebook of a lab: its metadata name none"),
        ('{"metadata": {"unplug_kit": {"lab": "x"}}}', "no lab 'x'; there are: reverted, "),
        ('{"metadata": {"unplug_kit": 1}}', "is not a notebook of a lab: its metadata name none"),
    ],
)
def test_what_is_no_lab_is_one_line(
    notebook: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text(notebook, encoding="utf-8")
    status, out, err = graded(capsys, str(path))

    assert (status, out) == (1, "")
    assert err.startswith(f"kit: {path}: {says}")


@pytest.mark.parametrize(
    "source",
    [
        "answer_1 = open('{0}', 'w').write('x')",
        "import os; os.system('touch {0}'); answer_1 = 'b'" + "(" * 500,
        "answer_1 = " + "[" * 5_000,
        "answer_1 = " + "-" * 19_000 + "1",
        "answer_1 = 'b'\n" + "#" * 30_000,
    ],
)
def test_code_of_a_notebook_is_not_run(
    source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = tmp_path / "made"
    path = handed_in(tmp_path, "silence", {})
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell = {"cell_type": "code", "source": source.replace("{0}", str(made))}
    notebook["cells"].append(cell)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    status, out, _ = graded(capsys, str(path))

    assert (status, made.exists()) == (0, False)
    assert out.splitlines()[1].endswith(",0,10")


def test_a_name_is_not_a_formula(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = handed_in(tmp_path, "silence", {}, "=1+1")
    monkeypatch.chdir(tmp_path)
    _, out, _ = graded(capsys, path.name)

    assert out.splitlines()[1].startswith("'=1+1.ipynb,")
