"""A page of the teacher's key, compared whole for an exercise of each kind of answer."""

from __future__ import annotations

from kit.handout.solutions import solution_page
from kit.storage.exercises import exercises, find_exercise
from tests.course.commits import diffs

NUMBER = """\
# Lesson 05: the answers

For the teacher. `make solutions` writes this page: each answer was found out by playing \
the run or reading the commits, and each reply is what the card \
says. Do not edit it but `data/exercises/`.

## Half a second later

`half-a-second`, number, asked at `pre-revert`

The operator asks for core 1, and again half a second later. How many seconds does QEMU's \
error name?

**Right**

- `pre-revert`: 14 s (`kit open TOKEN`)

**Why** 14: the fraction is dropped. 15 is said only within the millisecond of the first request.

| a wrong answer | at | what the card says |
|---|---|---|
| 15 s | `pre-revert` | Not 15 s, at pre-revert. That would be rounded up, or the first \
millisecond. The fraction is dropped. |
| 14.5 s | `pre-revert` | Not 14.5 s, at pre-revert. So much remains, but QEMU \
prints a whole number. |
| 0 s | `pre-revert` | Not 0 s, at pre-revert. Is it 0 that remains after half a second of 15 s? |

**Hints**

1. 14.5 s are left. QEMU prints a whole number.
2. It does not round, neither to the nearest number nor up.
3. QEMU drops the fraction.
"""


def test_a_page_holds_question_answer_reasons_replies_and_hints() -> None:
    page = solution_page("05", [find_exercise("half-a-second")], diffs, lambda _: "TOKEN")

    assert page == NUMBER


def test_a_run_that_cannot_be_opened_is_not_named() -> None:
    page = solution_page("05", [find_exercise("half-a-second")], diffs, lambda _: "")

    assert "\n- `pre-revert`: 14 s\n" in page


def test_a_row_of_a_table_has_three_cells_whatever_is_said() -> None:
    page = solution_page("00", list(exercises().values()), diffs, lambda _: "")
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    cells = {line.replace("\\|", "").count("|") for line in rows}

    assert len(rows) > 100
    assert cells == {4}
