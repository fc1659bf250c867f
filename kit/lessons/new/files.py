"""The files of a lesson that `kit new` makes: how they are written, and how they are read again.

``lesson.ipynb`` holds what the author writes, and no text of the clone in its code.
``lesson.json`` holds what the history says about the revert, ``history.json`` its commits with
their diffs, as `kit history export` writes them, ``cover.svg`` the picture.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from kit.common.errors import UserError
from kit.common.json_fields import FormatError, check_keys, load
from kit.common.user_file import make_folders, read_bounded, write_atomic
from kit.common.value_json import value_from_json, value_json
from kit.git.repository.exported import FileHistory, export, read_file
from kit.git.repository.history import History, Source
from kit.git.values.case import RevertCase
from kit.git.values.commit import Commit, FileDiff

__all__ = ["CASE", "COVER", "HISTORY", "NOTEBOOK", "case_text", "history_text", "is_lesson"]
__all__ += ["read_case_file", "read_history_file", "refuse_full", "write_lesson"]

NOTEBOOK: Final = "lesson.ipynb"
CASE: Final = "lesson.json"
HISTORY: Final = "history.json"
COVER: Final = "cover.svg"

_FORMAT, _VERSION = "unplug-kit lesson", 1
_MAX_BYTES = 5_000_000
_MAX_LINES = 12_000  # of all diffs; files beyond them are named only
_MAX_CHARACTERS = 2_000_000


def is_lesson(folder: Path) -> bool:
    """Is there a lesson that `kit new` made, or what is left of one?"""
    return (folder / NOTEBOOK).is_file() and (folder / CASE).is_file()


def case_text(case: RevertCase) -> str:
    """Return what a history says about a revert as the text of its file."""
    data = {"format": _FORMAT, "version": _VERSION, "case": value_json(case)}
    return json.dumps(data, indent=1) + "\n"


def history_text(history: History, case: RevertCase) -> str:
    """Return the commits of a case with their diffs as the text of their file."""
    wanted = [*(one.sha for one in case.targets), case.revert.sha]
    return export(_Trimmed(history, case.project), wanted, ()) + "\n"


class _Trimmed:
    """A history with as many lines of diffs as a lesson can show, and without its folder's path."""

    def __init__(self, history: History, project: str) -> None:
        self._history = history
        self._lines, self._characters = _MAX_LINES, _MAX_CHARACTERS
        self.source = Source(history.source.kind, project)

    def commit(self, revision: str) -> Commit:
        return self._history.commit(revision)

    def recent(self, revision: str, count: int) -> tuple[Commit, ...]:
        return self._history.recent(revision, count)

    def tags(self) -> tuple[tuple[str, str], ...]:
        return ()

    def diff(self, revision: str) -> tuple[FileDiff, ...]:
        return tuple(map(self._within, self._history.diff(revision)))

    def _within(self, file: FileDiff) -> FileDiff:
        lines = [line for hunk in file.hunks for line in hunk.lines]
        characters = sum(len(line.text) for line in lines)
        if len(lines) > self._lines or characters > self._characters:
            return replace(file, hunks=(), left_out=True)
        self._lines -= len(lines)
        self._characters -= characters
        return file


def refuse_full(folder: Path) -> None:
    """Raise UserError unless *folder* is empty, or nothing is there."""
    try:
        if not os.path.lexists(folder):
            return
        if not folder.is_dir():
            raise UserError(f"{folder}: is not a folder; name a new one")
        if next(folder.iterdir(), None) is not None:
            raise UserError(f"{folder}: is not empty; name a new folder")
    except OSError as error:
        why = error.strerror or error
        raise UserError(f"{folder}: cannot be read: {why}; name another folder") from None


def write_lesson(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files of a lesson into *folder*, which is made, or is empty.

    Raises:
        UserError: Something is in the way, or the folder cannot be written.
    """
    refuse_full(folder)
    try:
        make_folders(folder)
        for name, text in files.items():
            write_atomic(folder / name, text.encode())
    except OSError as error:
        why = error.strerror or error
        raise UserError(f"{folder}: cannot be written: {why}; name another folder") from None


def read_case_file(folder: Path) -> RevertCase:
    """Return what a lesson knows about its revert; UserError if `kit new` did not write it so."""
    path = folder / CASE
    text = read_bounded(path, "lesson", _MAX_BYTES)
    with contextlib.suppress(FormatError, ValueError, RecursionError):
        data = load(text)
        check_keys(data, "lesson", {"format", "version", "case"})
        if data["format"] == _FORMAT and data["version"] == _VERSION:
            case = value_from_json(RevertCase, data["case"], "case")
            if case.targets and case.revert.resolved:
                return case
    raise UserError(f"{path}: is not what this version of `kit new` writes; make the lesson again")


def read_history_file(folder: Path) -> FileHistory:
    """Return the commits of a lesson; UserError if `kit new` did not write them so."""
    return read_file(folder / HISTORY)
