"""The course as prose: a principle in each lesson, no passage twice, and the words it may have."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
PRINCIPLES = (ROOT / "docs" / "principles.md").read_text(encoding="utf-8")
NAMED = re.compile(r"\*\*The principle: \[.+?\]\(\.\./docs/principles\.md#([\w-]+)\)\.\*\*")
PASSAGE = 20


def prose(path: Path) -> str:
    """Return the text of a lesson without the link to the next one."""
    cells = nbformat.read(path, as_version=4).cells
    texts_ = [cell.source for cell in cells if cell.cell_type == "markdown"]
    return "\n\n".join(text for text in texts_ if not text.startswith("**[Next: "))


def words(text: str) -> list[str]:
    """Return the words that a reader sees: no address of a link, no bar of a table."""
    return re.findall(r"[^\s|]*\w[^\s|]*", re.sub(r"\]\([^)]*\)", "]", text))


def texts(value: object) -> Iterator[str]:
    """Yield each text in the data of an exercise or a scenario."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)


def course() -> Iterator[tuple[str, str]]:
    """Yield every text of the course with its place."""
    for path in LESSONS:
        yield path.stem, prose(path)
    for folder in ("exercises", "scenarios"):
        for path in sorted((ROOT / "data" / folder).glob("*.toml")):
            for text in texts(tomllib.loads(path.read_text(encoding="utf-8"))):
                yield path.stem, text


def documentation() -> Iterator[tuple[str, str]]:
    """Yield the prose of each page: no code, and no table that a command prints."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
    for path in pages:
        text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        yield path.name, re.sub(r"<!-- kit .*?<!-- end -->", "", text, flags=re.DOTALL)


def twice(pieces: list[tuple[str, str]]) -> list[str]:
    seen: dict[tuple[str, ...], str] = {}
    found = []
    for place, text in pieces:
        said = words(text)
        for start in range(len(said) - PASSAGE + 1):
            passage = tuple(said[start : start + PASSAGE])
            if passage in seen:
                found.append(f"{seen[passage]}, {place}: {' '.join(passage)}")
            seen.setdefault(passage, place)
    return found


def test_no_passage_of_twenty_words_stands_twice_in_course_and_documentation() -> None:
    assert twice([*course(), *documentation()]) == []


def test_a_passage_that_stands_twice_is_found() -> None:
    passage = " ".join(map(str, range(PASSAGE)))

    assert twice([("one", f"so {passage}"), ("two", passage)]) == [f"one, two: {passage}"]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_is_read_in_five_minutes_at_200_words_a_minute(path: Path) -> None:
    assert len(words(prose(path))) <= 1000


def test_the_lessons_are_read_in_37_minutes_and_those_on_the_revert_in_33() -> None:
    """The thirteen lessons on the revert had 9,772 words once: a third of them is gone for good."""
    read = [len(words(prose(path))) for path in LESSONS]

    assert sum(read) <= 7300
    assert sum(read[:13]) <= 9772 * 2 // 3


@pytest.mark.parametrize("path", LESSONS[1:], ids=lambda path: path.stem)
def test_a_lesson_names_one_principle_and_the_page_of_principles_leads_back(path: Path) -> None:
    (anchor,) = NAMED.findall(prose(path))
    sections = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n)*)", PRINCIPLES, re.M))

    assert f"(../notebooks/{path.name})" in sections[anchor.replace("-", " ")]


def test_every_principle_has_its_case_here_and_elsewhere_and_a_text_to_read() -> None:
    for section in PRINCIPLES.split("\n## ")[1:]:
        assert re.findall(r"^- \*\*(\w+):\*\*", section, re.M) == ["Here", "Elsewhere", "Read"]
