"""Make a lesson on a revert, and look whether its author has written everything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from kit.common.errors import UserError
from kit.common.user_file import read_bounded
from kit.git.repository.history import History
from kit.git.reverts.case import read_case
from kit.git.values.case import RevertCase
from kit.lessons.new.files import (
    CASE,
    COVER,
    HISTORY,
    NOTEBOOK,
    case_text,
    history_text,
    read_case_file,
)
from kit.lessons.new.notebook import notebook_text, unwritten
from kit.views.history.timeline import history_cover_svg

__all__ = ["changed_facts", "lesson_files_of", "unwritten_places"]

_MAX_NOTEBOOK = 10_000_000  # bytes


def lesson_files_of(history: History, revision: str, project: str = "") -> Mapping[str, str]:
    """Return the files of a lesson on a revert, by their names; the notebook is the last.

    Args:
        history: A clone, or the re-enactment.
        revision: The commit that reverts others, as the history knows it.
        project: What the lesson calls the project; by default the name of the clone.

    Raises:
        UserError: There is no such commit, it reverts nothing, or the history lacks its targets.
    """
    case = read_case(history, revision, project)
    return {
        COVER: f"{history_cover_svg(case)}\n",
        HISTORY: history_text(history, case),
        CASE: case_text(case),
        NOTEBOOK: notebook_text(case),
    }


def unwritten_places(folder: Path) -> tuple[str, ...]:
    """Return what the author of a lesson has still to write; UserError if it cannot be read."""
    path = folder / NOTEBOOK
    text = read_bounded(path, "notebook", _MAX_NOTEBOOK)
    try:
        cells = json.loads(text)["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UserError(f"{path}: is not a notebook; make the lesson again") from None
    return unwritten(sources)


def changed_facts(folder: Path, history: History) -> tuple[str, ...]:
    """Return the names of what a history says otherwise than the lesson in *folder*.

    Raises:
        UserError: The lesson or the history cannot be read, or the history lacks the revert.
    """
    kept = read_case_file(folder)
    found = read_case(history, kept.revert.sha, kept.project)
    return tuple(
        one.name
        for one in fields(RevertCase)
        if getattr(kept, one.name) != getattr(found, one.name)
    )
