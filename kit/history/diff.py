"""What git diff-tree prints, taken apart: files and their status from git, hunks from unidiff.

Paths come from the part that git separates by NUL: the heads of a patch quote some of them, and
cannot be told apart where a folder's name ends in `` b``.

Source: git 2.39, git-diff-tree(1), "RAW OUTPUT FORMAT" and "OTHER DIFF FORMATS".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from unidiff import PatchSet
from unidiff.errors import UnidiffParseError

from kit.history.history import HistoryError
from kit.runs.commit import ChangeKind, DiffLine, FileDiff, Hunk, LineKind

__all__ = ["read_diff"]

_OPTIONS = (
    *("--raw", "--numstat", "--patch", "-z", "-r", "--root", "--find-renames", "--no-commit-id"),
    *("--full-index", "--unified=3", "--diff-algorithm=myers", "--no-color", "--no-ext-diff"),
    *("--no-textconv", "--submodule=short", "--ignore-submodules=none"),
)
_KINDS = {
    "A": ChangeKind.ADDED,
    "D": ChangeKind.DELETED,
    "M": ChangeKind.MODIFIED,
    "R": ChangeKind.RENAMED,
    "T": ChangeKind.RETYPED,
}
_BINARY_BYTES = 8000  # git takes a file for binary if there is a NUL in so many of its first bytes


@dataclass(frozen=True, slots=True)
class _Change:
    """A file that differs: what git says of it beside its patch."""

    kind: ChangeKind
    blobs: tuple[str, ...]
    old_path: str
    path: str


def read_diff(
    diff_tree: Callable[..., bytes], blob: Callable[[str], bytes]
) -> tuple[FileDiff, ...]:
    """Return what a commit changes.

    Args:
        diff_tree: Runs git diff-tree on the commit with the options it is given.
        blob: Returns the content of the file with a hash.

    Raises:
        HistoryError: git printed what is no diff.
    """
    try:
        changes, uncounted, patches = _parts(diff_tree(*_OPTIONS))
        binary = [
            no_counts and any(b"\0" in blob(name)[:_BINARY_BYTES] for name in change.blobs)
            for change, no_counts in zip(changes, uncounted, strict=True)
        ]
        if binary != uncounted:  # the clone's attributes call text binary
            changes, _, patches = _parts(diff_tree(*_OPTIONS, "--text"))
        return tuple(
            FileDiff(
                path=change.path,
                old_path=change.old_path,
                kind=change.kind,
                binary=is_binary,
                hunks=() if is_binary else tuple(h for patch in own for h in _hunks(patch)),
            )
            for change, is_binary, own in zip(changes, binary, patches, strict=True)
        )
    except (UnidiffParseError, KeyError, ValueError, StopIteration) as error:
        raise HistoryError(f"git's diff cannot be read: {error!r}") from error


def _parts(printed: bytes) -> tuple[list[_Change], list[bool], list[list[bytes]]]:
    """Return the files, which of them git does not count the lines of, and each one's patches."""
    head, _, patch = printed.partition(b"\0\0")
    fields = iter(head.decode("utf-8", "replace").split("\0") if head else ())
    changes, uncounted = [], []
    for field in fields:
        if field.startswith(":"):
            *_, old, new, status = field.split(" ")
            old_path = next(fields)
            path = next(fields) if status[0] == "R" else old_path
            blobs = tuple(name for name in (old, new) if name.strip("0"))
            changes.append(_Change(_KINDS[status[0]], blobs, old_path, path))
        else:
            added, _, name = field.split("\t", 2)
            uncounted.append(added == "-")
            if not name:  # the two paths of a rename follow
                next(fields), next(fields)
    blocks = iter(re.split(rb"^(?=diff --git )", patch, flags=re.MULTILINE)[1:])
    # another type of file is written as the old file's end and the new one's start
    patches = [
        [next(blocks) for _ in range(2 if change.kind is ChangeKind.RETYPED else 1)]
        for change in changes
    ]
    return changes, uncounted, patches


def _hunks(patch: bytes) -> tuple[Hunk, ...]:
    _, start, body = patch.partition(b"\n@@ ")
    text = f"--- a\n+++ b{(start + body).decode('utf-8', 'replace')}"
    return tuple(
        Hunk(
            hunk.section_header,
            tuple(
                DiffLine(
                    LineKind(line.line_type),
                    line.value.removesuffix("\n"),
                    line.source_line_no,
                    line.target_line_no,
                )
                for line in hunk
                if line.line_type in " +-"
            ),
        )
        for file in PatchSet(text)
        for hunk in file
    )
