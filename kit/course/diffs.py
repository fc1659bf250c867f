"""Compute the answers to questions about commits from the diffs of the history in use.

An item of a question names a file, and an identifier in a line that the commit adds or removes.
"""

from __future__ import annotations

import re

from kit.common.errors import UserError
from kit.course.exercise import Diffs, Hunks, Item, ItemRule
from kit.git.values.commit import DiffLine, FileDiff, Hunk, LineKind

__all__ = ["belonging", "hunk_of_item"]

_WORD = re.compile(r"[A-Za-z_]\w{5,}")
_AT_BEGINNING = re.compile(r"(?:\w+[\s*]+)+(\w+)\s*\(")
_IN_HEADER = re.compile(r"\s*(?:\w+[\s*]+)+(\w+)\s*[(;]")
_OPPOSITE = {LineKind.ADDED: LineKind.REMOVED, LineKind.REMOVED: LineKind.ADDED}


def belonging(task: Hunks, diffs: Diffs) -> tuple[str, ...]:
    """Return the names of the items for which the rule holds, in the order of the items.

    Raises:
        UserError: A commit cannot be read, or lacks the lines that the question is about.
    """
    return tuple(item.name for item in task.items if _belongs(task, item, diffs))


def _belongs(task: Hunks, item: Item, diffs: Diffs) -> bool:
    files = diffs(item.commit)
    if task.rule is ItemRule.IS_THERE:
        return bool(_changed(files, item))
    hunk = hunk_of_item(item, files)
    if hunk is None:
        raise UserError(f"{item.commit} changes no line of {item.file} with {item.identifier!r}")
    if task.rule is ItemRule.UNDOES:
        return _undoes(_changed(files, item), item, diffs(task.of))
    return _can_be_left_out(item.file, hunk, files)


def hunk_of_item(item: Item, files: tuple[FileDiff, ...]) -> Hunk | None:
    """Return the hunk that an item is about, or None if the diff has none."""
    for file in files:
        for hunk in file.hunks:
            if file.path == item.file and _mentions(_changes(hunk), item.identifier):
                return hunk
    return None


def _changed(files: tuple[FileDiff, ...], item: Item) -> tuple[DiffLine, ...]:
    """Return the lines that a commit changes in the item's file and that mention its identifier."""
    return tuple(
        line
        for file in files
        if file.path == item.file
        for hunk in file.hunks
        for line in _mentions(_changes(hunk), item.identifier)
    )


def _changes(hunk: Hunk) -> tuple[DiffLine, ...]:
    return tuple(line for line in hunk.lines if line.kind is not LineKind.CONTEXT)


def _mentions(lines: tuple[DiffLine, ...], identifier: str) -> tuple[DiffLine, ...]:
    return tuple(line for line in lines if identifier in line.text)


def _undoes(lines: tuple[DiffLine, ...], item: Item, other: tuple[FileDiff, ...]) -> bool:
    """Does the other commit do the opposite with each of these lines?"""
    theirs = {
        (line.kind, line.text)
        for file in other
        if file.path == item.file
        for hunk in file.hunks
        for line in _changes(hunk)
    }
    return all((_OPPOSITE[line.kind], line.text) in theirs for line in lines)


def _can_be_left_out(path: str, hunk: Hunk, files: tuple[FileDiff, ...]) -> bool:
    """Would the tree still build if this hunk were left out of the revert?

    The lines that stay must not use a name whose declaration another hunk removes.
    """
    named = {word for text in _removed(hunk) for word in _WORD.findall(text)}
    needed = named - _given(path, hunk)
    elsewhere: set[str] = set()
    for file in files:
        for other in file.hunks:
            if other is not hunk:
                elsewhere |= _given(file.path, other)
    return not needed & elsewhere


def _given(path: str, hunk: Hunk) -> set[str]:
    """Return the names that a hunk declares: in a header, or at the beginning of a line of C."""
    declares = _IN_HEADER if path.endswith(".h") else _AT_BEGINNING
    return {match[1] for text in _removed(hunk) if (match := declares.match(text))}


def _removed(hunk: Hunk) -> list[str]:
    return [line.text for line in hunk.lines if line.kind is LineKind.REMOVED]
