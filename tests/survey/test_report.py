"""The report counts what the survey read, and says below each table what its words mean."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from kit.cli.main import main
from kit.common.errors import UserError
from kit.survey.papers import papers_table
from kit.survey.report import Cell, ReportTable, SurveyReport, open_survey
from kit.survey.run import run_survey
from kit.survey.shards import SurveyFolder
from kit.survey.tables import csv_text, markdown_lines, shown
from kit.survey.task import tasks_of
from tests.survey.shops import column_of, three_shops

pytest.importorskip("pyarrow")
pytest.importorskip("duckdb")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A survey of three repositories, and of one that is not there."""
    made = tmp_path_factory.mktemp("survey")
    paths = [*three_shops(made / "shops"), str(made / "gone")]
    run_survey(made / "s", tasks_of(paths, content=True, check=True), jobs=2)
    return made / "s"


@pytest.fixture
def report(folder: Path) -> SurveyReport:
    return open_survey(SurveyFolder(folder))


@pytest.fixture
def tables(report: SurveyReport) -> dict[str, ReportTable]:
    return {table.name: table for table in (*report.tables(), papers_table(report))}


def test_each_repository_with_shares_days_and_silent_ones(tables: dict[str, ReportTable]) -> None:
    expected: list[tuple[Cell, ...]] = [
        ("mail", "mail", 6, 1, 1, 100 / 6, 1.0, 1.0, 1.0, 1.0, 0, 0),
        ("merge", "merge", 4, 0, 0, 0.0, None, None, None, None, 0, 0),
        ("squash", "squash", 8, 3, 3, 300 / 8, 1.0, 1.0, 1.0, 1.0, 1, 1),
    ]

    assert [tuple(map(pytest.approx, row)) for row in tables["repositories"].rows] == expected


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        (
            "by-habit",
            [
                ("mail", 1, 6, 1, 100 / 6, 1.0, 1.0, 1.0, 1.0),
                ("merge", 1, 4, 0, 0.0, None, None, None, None),
                ("squash", 1, 8, 3, 300 / 8, 1.0, 1.0, 1.0, 1.0),
            ],
        ),
        ("by-size", [("1: below 2,000", 3, 18, 4, 400 / 18, 1.0, 1.0, 1.0, 1.0)]),
        ("by-year", [("2020", 18, 4, 400 / 18, 1.0)]),
        ("forms", [("phrase", 3, 75.0), ("silent", 1, 25.0)]),
        ("exactness", [("exact", 3, 75.0), ("extra", 1, 25.0)]),
        (
            "papers",
            [
                ("Shimagaki and others, 2016", 6, None, 1.0, 5.0, 1.0, 35.0),
                ("Yan and others, 2019", 10, 125_241, None, None, None, None),
                ("this survey: changes, committer dates", 3, 18, 0.0, 37.5, None, None),
                ("this survey: changes, author dates", 3, 18, 0.0, 37.5, None, None),
                ("this survey: all commits, committer dates", 3, 19, 0.0, 37.5, None, None),
            ],
        ),
    ],
)
def test_groups_forms_and_exactness(
    name: str, rows: list[tuple[Cell, ...]], tables: dict[str, ReportTable]
) -> None:
    assert [tuple(map(pytest.approx, row)) for row in tables[name].rows] == rows


def test_what_could_not_be_read_is_named_with_its_reason(tables: dict[str, ReportTable]) -> None:
    assert column_of(tables["failures"], "repository") == ["gone"]
    assert "is not a git repository" in str(tables["failures"].rows[0][1])


def test_time_and_memory_of_each_repository(tables: dict[str, ReportTable]) -> None:
    assert column_of(tables["costs"], "repository") == ["mail", "merge", "squash"]
    assert all(0 < float(cell or 0) < 500 for cell in column_of(tables["costs"], "peak MB"))


def test_definitions_stand_under_every_table(tables: dict[str, ReportTable]) -> None:
    pages = {name: [*markdown_lines([table])] for name, table in tables.items()}

    for name, table in tables.items():
        words = [line for line in pages[name] if line in table.definitions]
        assert words == list(table.definitions) != [], name
        assert pages[name][-2] == table.definitions[-1]
    assert any(
        line.startswith("| squash | squash | 8 | 3 | 3 | 37.5 | 1.00 |")
        for line in pages["repositories"]
    )


def test_csv_has_every_digit_no_formula_and_an_empty_cell_for_nothing() -> None:
    table = ReportTable("t", "T", ("a", "b", "c", "d"), (("=1+1", 1 / 3, None, ""),), ())

    assert list(csv.reader(csv_text(table).splitlines())) == [
        ["a", "b", "c", "d"],
        ["'=1+1", "0.3333333333333333", "", ""],
    ]


@pytest.mark.parametrize("text", ["a|b", "<b>", "[x](y)", "`a`", "a\x1b[31m\u202e"])
def test_a_name_stays_a_cell(text: str) -> None:
    (_, _, _, _, row, *_) = markdown_lines([ReportTable("t", "T", ("a",), ((text,),), ("x",))])

    assert row.count("|") - row.count("\\|") == 2
    assert "<b>" not in row
    assert "\x1b" not in row


def test_the_command_writes_each_form(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["survey", "report", str(folder), "--plots", str(tmp_path / "plots")]) == 0
    text = capsys.readouterr().out
    assert (
        main(["survey", "report", str(folder), "--format", "md", "-o", str(tmp_path / "r.md")]) == 0
    )
    assert (
        main(["survey", "report", str(folder), "--format", "csv", "-o", str(tmp_path / "c")]) == 0
    )
    names = ["papers", *(t.name for t in open_survey(SurveyFolder(folder)).tables())]

    assert "Each repository" in text
    assert "Changes are commits that are not merges" in text
    assert (tmp_path / "r.md").read_text().startswith("## Each repository\n")
    assert sorted(path.stem for path in (tmp_path / "c").iterdir()) == sorted(names)
    assert sorted(path.name for path in (tmp_path / "plots").iterdir()) == [
        "days.png",
        "shares.png",
        "years.png",
    ]
    assert all(
        path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n" for path in (tmp_path / "plots").iterdir()
    )


def test_the_commands_go_through_a_survey(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = three_shops(tmp_path / "shops")
    listed = tmp_path / "list"
    listed.write_text(f"# two more\n{paths[1]}\n{tmp_path / 'none'}\n")
    options = ["--list", str(listed), "-o", str(tmp_path / "s"), "--jobs", "2"]

    assert main(["survey", paths[0], *options]) == 1
    out, err = capsys.readouterr()
    assert out == f"2 of 3 repositories, 3 reverts; next: kit survey report {tmp_path / 's'}\n"
    assert sorted(err.splitlines())[-1].startswith("kit: none: ")
    assert "3 of 3: " in err


def test_no_survey_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not hold a survey; run kit survey REPO -o DIR first"):
        open_survey(SurveyFolder(tmp_path))


@pytest.mark.parametrize(
    ("cell", "words"), [(0, "0"), (None, "–"), (12.34, "12.3"), (-0.5, "-0.50"), ("a\tb", "a\\tb")]
)
def test_cells_for_a_person(cell: Cell, words: str) -> None:
    assert shown(cell) == words
