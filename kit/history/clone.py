"""One commit and its diff, read with GitPython from a clone that is already on this machine.

The clone is only read.  Text from a clone is hostile: whoever shows it escapes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from kit.errors import UserError

if TYPE_CHECKING:
    import git

__all__ = ["Commit", "DiffLine", "FileDiff", "HistoryError", "LineKind", "read_commit"]


_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_HUNK = re.compile(r"@@ -\S+ \+\S+ @@ ?(.*)")
_KINDS = {" ": "CONTEXT", "+": "ADDED", "-": "REMOVED"}


class HistoryError(UserError):
    """A commit cannot be read from a clone; the text says what, where and what to do."""


class LineKind(Enum):
    """What a line of a diff is."""

    HUNK = "hunk"
    CONTEXT = "context"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a diff without its sign; of a hunk's head: the function it is in."""

    kind: LineKind
    text: str


@dataclass(frozen=True, slots=True)
class FileDiff:
    """What a commit changes in one file."""

    path: str
    lines: tuple[DiffLine, ...]

    def count(self, kind: LineKind) -> int:
        """How many lines are of *kind*."""
        return sum(line.kind is kind for line in self.lines)


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: full hash, subject, author's name, committer date (ISO), diff to its parent.

    ``files`` is empty for a merge, whose diff is not one but several.
    """

    hash: str
    subject: str
    author: str
    date: str
    files: tuple[FileDiff, ...]
    is_merge: bool = False


def read_commit(clone: Path, revision: str) -> Commit:
    """Read one commit of *clone*.

    Args:
        clone: A git repository, with or without a work tree.
        revision: Anything git takes for a commit.

    Raises:
        HistoryError: There is no such repository or commit, or git is not installed.
    """
    try:
        import git
    except ImportError:
        raise HistoryError(
            "git is not installed, so no clone can be read; install git (Debian: apt install git)"
        ) from None
    try:
        with git.Repo(clone, odbt=git.GitCmdObjectDB) as repo:
            # without this a bare repository that lacks its config file is taken for a work tree
            repo.git.update_environment(GIT_DIR=str(repo.git_dir), GIT_OPTIONAL_LOCKS="0")
            return _read(repo, revision)
    except (git.InvalidGitRepositoryError, git.NoSuchPathError):
        raise HistoryError(f"{clone} is no git repository; KIT_QEMU must name a clone") from None
    except (git.GitCommandError, git.BadName, ValueError, IndexError) as error:
        raise HistoryError(
            f"{clone} has no commit {revision}, or not its files; is it a full clone of QEMU?"
        ) from error


def _read(repo: git.Repo, revision: str) -> Commit:
    commit = repo.commit(
        repo.git.rev_parse("--verify", "--end-of-options", f"{revision}^{{commit}}")
    )
    subject = repo.git.log("-1", "--format=%s", "--encoding=UTF-8", commit.hexsha, "--")
    if len(commit.parents) > 1:
        files: tuple[FileDiff, ...] = ()
    else:
        base = commit.parents[0] if commit.parents else repo.tree(_EMPTY_TREE)
        changes = base.diff(commit, create_patch=True)
        files = tuple(_file(change) for change in changes)
    return Commit(
        hash=commit.hexsha,
        subject=subject,
        author=str(commit.author.name),
        date=commit.committed_datetime.date().isoformat(),
        files=files,
        is_merge=len(commit.parents) > 1,
    )


def _file(change: git.Diff) -> FileDiff:
    patch = change.diff or b""
    text = (patch if isinstance(patch, bytes) else patch.encode()).decode("utf-8", "replace")
    lines = [line for raw in text.split("\n") if (line := _line(raw)) is not None]
    return FileDiff(change.b_path or change.a_path or "?", tuple(lines))


def _line(raw: str) -> DiffLine | None:
    head = _HUNK.match(raw)
    if head is not None:
        return DiffLine(LineKind.HUNK, head[1])
    kind = _KINDS.get(raw[:1])
    return None if kind is None else DiffLine(LineKind[kind], raw[1:])
