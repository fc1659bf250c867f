"""The minutes that a lesson states: reading at 200 words a minute, and the time of its tasks."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from kit.storage.exercises import find_exercise
from tests.lessons.test_prose import LESSONS, words

WORDS_A_MINUTE = 200
SECONDS = {
    "sandbox": 180,
    "player": 150,
    "tour": 210,
    "connector_lab": 480,
    "connector": 45,
    "properties": 150,
    "path": 150,
    "exercise": 150,
    "knowledge": 60,
    "retry_table": 45,
    "guess": 90,
    "cover": 60,
    "revision_map": 90,
    "revert": 150,
    "shipped": 45,
    "revert_dates": 45,
    "reverts": 120,
    "plots": 60,
    "net_change": 60,
    "mail_of": 150,
    "conform_file": 45,
    "compare_runs": 45,
    "installation": 30,
}
"""Seconds to look at, or to work with, what a cell shows; without the reading of its question."""
TALK = {"A question without a button": 240, "Shorten it": 180, "Could one commit stay": 90}
"""Seconds for what the prose of a lesson asks to do or to think about."""
TASKS = {'sandbox(before="pre-revert", after="revert", tasks=': 240}
"""Seconds more where the sandbox has tasks."""
OFF_MINUTES = 2.5
LONGEST_MINUTES = 30
NUMBERS = {"ten": 10, "fifteen": 15, "twenty": 20, "twenty-five": 25, "thirty": 30}


def needed(path: Path) -> float:
    """Return the minutes that a lesson takes."""
    cells = nbformat.read(path, as_version=4).cells
    prose = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    read = len(words(prose.partition("\n## Sources")[0]))
    seconds = 0.0
    for name in re.findall(r'exercise\("([\w-]+)"\)', code):
        one = find_exercise(name)
        read += len(words(f"{one.question} {one.explanation} {one.hints[0]}"))
    for call, cost in SECONDS.items():
        calls = re.findall(rf"(?<![\w.]){call}(?:\(|\.\w+$)", code, re.M)
        seconds += cost * len(calls)
    seconds += sum(cost * code.count(call) for call, cost in TASKS.items())
    seconds += sum(cost for heading, cost in TALK.items() if heading in prose)
    return read / WORDS_A_MINUTE + seconds / 60


def said(path: Path) -> int:
    text = nbformat.read(path, as_version=4)
    prose = "\n".join(cell.source for cell in text.cells if cell.cell_type == "markdown")
    found = re.search(r"\*(?:It|This page) takes\* ([\w-]+) minutes\.", prose)
    assert found is not None
    return NUMBERS[found[1]]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_takes_the_time_that_it_states(path: Path) -> None:
    assert abs(needed(path) - said(path)) <= OFF_MINUTES


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_takes_half_an_hour_at_most(path: Path) -> None:
    assert needed(path) <= LONGEST_MINUTES


def test_the_short_course_takes_two_hours_at_most() -> None:
    short = [path for path in LESSONS if path.stem[:2] in {"00", "01", "05", "07", "08"}]

    assert 100 <= sum(needed(path) for path in short) <= 120
