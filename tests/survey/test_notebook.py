"""The notebook about a survey runs on one, and finds what the report finds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kit.survey.report import open_survey
from kit.survey.run import run_survey
from kit.survey.shards import SurveyFolder
from kit.survey.task import tasks_of
from tests.survey.shops import column_of, three_shops

pytest.importorskip("pyarrow")
pytest.importorskip("duckdb")

NOTEBOOK = Path(__file__).parents[2] / "docs" / "survey" / "step-by-step.ipynb"
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]


def test_it_runs_on_a_survey_and_agrees_with_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = three_shops(tmp_path / "shops")
    run_survey(tmp_path / "s", tasks_of(paths, content=False, check=False), jobs=2)
    monkeypatch.setenv("SURVEY", str(tmp_path / "s"))
    names: dict[str, Any] = {}
    for cell in CELLS:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    tables = {table.name: table for table in open_survey(SurveyFolder(tmp_path / "s")).tables()}
    found = {row[0]: row[3] for row in names["shares"].fetchall()}
    whole = tables["repositories"]

    assert found == dict(
        zip(column_of(whole, "repository"), column_of(whole, "share %"), strict=True)
    )
    assert names["forms"].fetchall() == [row[:2] for row in tables["forms"].rows]
    assert "## Each repository" in capsys.readouterr().out


def test_it_is_kept_without_outputs() -> None:
    code = [cell for cell in CELLS if cell["cell_type"] == "code"]

    assert [(cell["outputs"], cell["execution_count"]) for cell in code] == [([], None)] * len(code)
