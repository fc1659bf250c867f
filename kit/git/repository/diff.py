"""Read what git diff-tree prints: files and their status from git, hunks from unidiff.

Paths come from the part that git separates by NUL: the heads of a patch quote some of them, and are
ambiguous where a folder's name ends in `` b``.

Source: git 2.39, git-diff-tree(1), "RAW OUTPUT FORMAT" and "OTHER DIFF FORMATS".
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import accumulate
from typing import TYPE_CHECKING

from unidiff import PatchSet
from unidiff.errors import UnidiffParseError

from kit.git.repository.history import HistoryError
from kit.git.repository.reader import MissingObjectError
from kit.git.repository.sandbox import BIG_FILE_BYTES
from kit.git.repository.trees import Difference
from kit.git.values.commit import ChangeKind, DiffLine, FileDiff, Hunk, LineKind

if TYPE_CHECKING:
    from kit.git.repository.clone import CloneHistory

__all__ = ["MAX_DIFFED_BYTES", "MAX_PATCH_BYTES", "MAX_PRINTED_BYTES", "CommitDiff", "read_diff"]

_OPTIONS = (
    *("--raw", "-z", "-r", "--root", "--no-commit-id"),
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
MAX_PRINTED_BYTES = 32 << 20
MAX_DIFFED_BYTES = 64 << 20  # of all files; those beyond it are named only
MAX_PATCH_BYTES = 4 << 20  # of all lines; of files beyond it none are read
_MAX_NAMED_BYTES = 60_000  # of paths on a command line
_BINARY = re.compile(rb"^Binary files .* differ$", re.MULTILINE)
_EMPTY = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"  # a file without content, by SHA-1
_MAX_LOOKED_AT = 200  # files, each by a process; beyond them git is believed
_BINARY_BYTES = 8000  # git takes a file for binary if there is a NUL in so many of its first bytes


@dataclass(frozen=True, slots=True)
class CommitDiff:
    """The diff of a commit that *of* names, and the files that it changes, by path."""

    clone: CloneHistory
    sha: str
    of: str
    changed: Difference

    def diff_tree(self, *options: str, paths: Sequence[str] = ()) -> bytes:
        """Return git diff-tree's output, up to a little over the limit."""
        command = ("--literal-pathspecs", "diff-tree", *options, self.sha, "--", *paths)
        return self.clone.beginning(*command, count=MAX_PRINTED_BYTES + 1, of=self.of)

    def sizes(self, names: Iterable[str]) -> Mapping[str, int]:
        """Return the sizes of files in bytes."""
        return self.clone.reader(self.sha).sizes(names)

    def is_binary(self, name: str) -> bool:
        """Is there a NUL in the beginning of a file?"""
        command = ("cat-file", "blob", name)
        return b"\0" in self.clone.beginning(*command, count=_BINARY_BYTES, of=self.of)

    def verify(self, names: Iterable[str]) -> None:
        """Raise HistoryError if a file's content has another hash than its name."""
        try:
            self.clone.reader(self.sha).verify(names)
        except MissingObjectError as error:
            raise HistoryError(
                f"{self.clone.place}: the files of {self.of} cannot be read: {error}"
            ) from None


@dataclass(frozen=True, slots=True)
class _Change:
    """A file that differs; ``patches`` is None if they are not read, and there may be two."""

    kind: ChangeKind
    blobs: tuple[str, ...]
    old_path: str
    path: str
    patches: Sequence[bytes] | None = None

    @property
    def is_shown(self) -> bool:
        """Does git print its lines?"""
        return any(b"\n@@ " in patch for patch in self.patches or ())


class _SeenAs(Enum):
    """What a file is, which git's patch alone does not say."""

    TEXT = auto()
    BINARY = auto()
    LARGE = auto()  # too large for git to look at
    HIDDEN = auto()  # text that the clone's attributes call binary


def read_diff(git: CommitDiff) -> tuple[FileDiff, ...]:
    """Return what a commit changes; of what is too large only the files.

    Raises:
        HistoryError: git's output is not a diff, or changes too many files.
    """
    try:
        changes = _printed(git)
        seen = list(_seen_as(git, changes))
        if _SeenAs.HIDDEN in seen and _SeenAs.LARGE not in seen:
            changes = _printed(git, "--text")
        git.verify(name for change in changes if change.is_shown for name in change.blobs)
        return tuple(map(_file, changes, seen))
    except (UnidiffParseError, KeyError, ValueError, StopIteration) as error:
        raise HistoryError(f"git's diff cannot be read: {error!r}") from error


def _printed(git: CommitDiff, *more: str) -> list[_Change]:
    """Return the files with their patches."""
    paths = _first(git)
    if paths is None:
        return _parts(git.diff_tree(*_OPTIONS, *more, "--patch", "--find-renames"))
    changes = _parts(git.diff_tree(*_OPTIONS, "--no-renames"), with_patches=False)
    if not paths:
        return changes
    some = _parts(git.diff_tree(*_OPTIONS, *more, "--patch", "--no-renames", paths=paths))
    read = {each.path: each.patches for each in some}
    return [replace(change, patches=read.get(change.path)) for change in changes]


def _first(git: CommitDiff) -> list[str] | None:
    """Return the first files that are not too large together; None if these are all."""
    names = {
        path: [side.name.hex() for side in sides if side is not None and not side.is_submodule]
        for path, sides in git.changed.items()
    }
    sizes = git.sizes(name for each in names.values() for name in each)
    if sum(sizes.get(name, 0) for each in names.values() for name in each) <= MAX_DIFFED_BYTES:
        return None
    found, left, left_bytes = [], MAX_DIFFED_BYTES, _MAX_NAMED_BYTES
    for path, each in names.items():
        left -= sum(sizes.get(name, 0) for name in each)
        left_bytes -= len(path) + 1
        if left < 0 or left_bytes < 0:
            break
        found.append(os.fsdecode(path))
    return found


def _file(change: _Change, seen_as: _SeenAs) -> FileDiff:
    patches = None if seen_as is _SeenAs.LARGE else change.patches
    is_binary = seen_as is _SeenAs.BINARY
    return FileDiff(
        path=change.path,
        old_path=change.old_path,
        kind=change.kind,
        binary=is_binary,
        hunks=() if is_binary else tuple(h for patch in patches or () for h in _hunks(patch)),
        left_out=patches is None and not is_binary,
    )


def _seen_as(git: CommitDiff, changes: Sequence[_Change]) -> Iterator[_SeenAs]:
    looked_at = 0
    for change in changes:
        if change.patches is None or change.is_shown:
            yield _SeenAs.TEXT
            continue
        looked_at += 1
        if looked_at > _MAX_LOOKED_AT or any(map(git.is_binary, change.blobs)):
            yield _SeenAs.BINARY
        elif not any(_BINARY.search(patch) for patch in change.patches):
            yield _SeenAs.TEXT
        elif any(size > BIG_FILE_BYTES for size in git.sizes(change.blobs).values()):
            yield _SeenAs.LARGE
        else:
            yield _SeenAs.HIDDEN


def _parts(printed: bytes, *, with_patches: bool = True) -> list[_Change]:
    """Return the files and each one's patches; None for patches beyond the limit."""
    head, apart, patch = printed.partition(b"\0\0")
    if len(printed) > MAX_PRINTED_BYTES and not apart:
        raise HistoryError("it changes more files than the kit reads")
    head = head.removesuffix(b"\0")
    fields = iter(head.decode("utf-8", "replace").split("\0") if head else ())
    changes = []
    for field in fields:
        *modes, old, new, status = field.split(" ")
        old_path = next(fields)
        path = next(fields) if status[0] == "R" else old_path
        blobs = tuple(
            name
            for mode, name in zip(modes, (old, new), strict=True)
            if name.strip("0") and name != _EMPTY and not mode.endswith("160000")  # a submodule
        )
        changes.append(_Change(_KINDS[status[0]], blobs, old_path, path))
    if not with_patches:
        return changes
    blocks = re.split(rb"^(?=diff --git )", patch[:MAX_PATCH_BYTES], flags=re.MULTILINE)[1:]
    is_cut = len(patch) > MAX_PATCH_BYTES
    if is_cut:
        blocks = blocks[:-1]  # which is not whole
    # another type of file is written as the old file's end and the new one's start
    ends = list(accumulate(2 if each.kind is ChangeKind.RETYPED else 1 for each in changes))
    if not is_cut and ends and ends[-1] != len(blocks):
        raise ValueError("files and patches do not go together")
    return [
        replace(change, patches=blocks[start:end] if end <= len(blocks) else None)
        for change, start, end in zip(changes, [0, *ends], ends, strict=False)
    ]


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
