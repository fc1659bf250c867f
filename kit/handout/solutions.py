"""The teacher's key: a page for each lesson, apart from the learners' pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from kit.common.errors import UserError
from kit.common.user_file import make_folders, write_atomic
from kit.course.exercise import Diffs
from kit.handout.solution_page import solution_page
from kit.lessons.history_choice import HistoryChoice
from kit.simulation.run import Run
from kit.simulation.token import TokenError, open_token, token_of
from kit.storage.exercises import exercises
from kit.storage.scenarios import find_scenario

__all__ = ["solution_pages", "write_solutions"]


def solution_pages(diffs: Diffs | None = None) -> Mapping[str, str]:
    """Return the pages by file name. Every answer is played.

    *diffs* reads the commits that some exercises ask for, by default from the history in use.

    Raises:
        UserError: The commits cannot be read.
    """
    read = diffs or HistoryChoice().diff
    every = tuple(exercises().values())
    return {
        f"lesson-{lesson}.md": solution_page(
            lesson, [one for one in every if one.lesson == lesson], read, _token
        )
        for lesson in dict.fromkeys(one.lesson for one in every)
    }


def write_solutions(folder: Path, tell: Callable[[str], None] = lambda _: None) -> int:
    """Return how many pages were written into *folder*; existing ones are replaced.

    Raises:
        UserError: It cannot be written, or the commits cannot be read.
    """
    tell("playing the exercises")
    pages = solution_pages()
    try:
        make_folders(folder)
        for name, text in pages.items():
            write_atomic(folder / name, text.encode())
    except OSError as error:
        raise UserError(f"{error.filename or folder}: {error.strerror}; name another") from None
    return len(pages)


def _token(run: Run) -> str:
    """Return the token of a run, if `kit open` finds its scenario."""
    token = token_of(run)
    try:
        return token if open_token(token, find_scenario) == run else ""
    except (TokenError, UserError):
        return ""
