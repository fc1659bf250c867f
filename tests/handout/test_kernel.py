"""The kernel of hand-outs executes several lessons; each finds it as if it were the first."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat import v4

from kit.common.errors import UserError
from kit.handout.execute import LessonKernel, prepare
from kit.views.html.print_form import LIVE_MIME, PRINT_MIME

SHOWS = "from kit import player; player('in-time', at='revert')"


def shown(kernel: LessonKernel, code: str, *, live: bool = False) -> dict[str, str]:
    """Return what a lesson of one cell shows, by its type."""
    cell = v4.new_code_cell(code)
    kernel.execute(v4.new_notebook(cells=[cell]), "a lesson", live=live)
    return dict(cell.outputs[-1].data)


def test_a_lesson_finds_no_name_of_the_one_before_it(
    lesson_kernel: LessonKernel,
) -> None:
    first = shown(lesson_kernel, "import os; mine = os.getpid(); mine")
    second = shown(lesson_kernel, "import os; 'mine' in dir(), os.getpid()")

    assert second == {"text/plain": f"(False, {first['text/plain']})"}


def test_what_plays_is_shown_only_where_it_is_asked_for(lesson_kernel: LessonKernel) -> None:
    kinds = [set(shown(lesson_kernel, SHOWS, live=live)) for live in (False, True, False)]

    assert {PRINT_MIME} <= kinds[0]
    assert [each - kinds[0] for each in kinds] == [set(), {LIVE_MIME}, set()]


def test_after_a_cell_that_fails_the_next_lesson_runs(lesson_kernel: LessonKernel) -> None:
    with pytest.raises(UserError, match=r"^a lesson: a cell fails: KeyError: 'x'$"):
        shown(lesson_kernel, "{}['x']")

    assert shown(lesson_kernel, "1 + 1") == {"text/plain": "2"}


def test_a_kernel_that_dies_is_told_in_a_line(tmp_path: Path) -> None:
    prepare(tmp_path)
    told = r"^a lesson: its kernel ended: "
    with LessonKernel(tmp_path) as kernel, pytest.raises(UserError, match=told):
        shown(kernel, "import os; os._exit(3)")
