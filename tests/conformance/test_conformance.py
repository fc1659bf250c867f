"""The committed table says of the kit what is so; the other tools are not asked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conformance.cases import CASES, Built, build
from tests.conformance.table import PAGE, column_of, kit_results


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Built]:
    folder = tmp_path_factory.mktemp("conformance")
    return {name: build(name, folder / name) for name in CASES}


def test_the_page_says_what_the_kit_finds(built: dict[str, Built]) -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert {tool: column_of(page, tool) for tool in kit_results({})} == kit_results(built)


def test_there_are_enough_cases_and_each_names_what_is_there_or_gone(
    built: dict[str, Built],
) -> None:
    assert len(CASES) >= 40
    assert [name for name, case in built.items() if not (case.gone or case.there)] == []


def test_a_case_is_the_same_each_time(built: dict[str, Built], tmp_path: Path) -> None:
    again = build("merge", tmp_path / "again")

    assert (again.gone, again.there) == (built["merge"].gone, built["merge"].there)


def test_lesson_10_tells_what_the_page_compares() -> None:
    lesson = (PAGE.parents[1] / "notebooks" / "10-any-revert.ipynb").read_text(encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    tools = re.findall(r"\| ([^|]+?) (?=\|)", page[page.index("| case |") :].split("\n")[0])[2:]
    text = lesson.replace('\\n",\n    "', " ")

    assert len({tool.split()[0] for tool in tools}) == 6
    assert f"what six tools make of {len(CASES)} kinds of revert." in text
