"""What every history answers, whatever it is read from, and how it reports what it lacks."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

from kit.common.errors import UserError
from kit.git.values.commit import Commit, FileDiff

__all__ = [
    "History",
    "HistoryError",
    "Source",
    "SourceKind",
    "TooMuchError",
    "no_git",
    "passed_over_line",
]


class HistoryError(UserError):
    """A commit cannot be read; the text says what, where and what to do."""


class TooMuchError(HistoryError):
    """git would need more time or memory than a repository of this size may take."""


def no_git(lacks: str) -> str:
    """Return the line that says that git is not here, what is lacking, and how to get it."""
    if sys.platform == "emscripten":
        return f"a page in a browser has no git, so {lacks}; the kit on your own machine can do it"
    return f"git is not installed, so {lacks}; install git (Debian: apt install git)"


def passed_over_line(place: Path, why: str) -> str:
    """Return the line that says that a history exists and cannot be used."""
    return f"passed over: {place}: {why.removeprefix(str(place)).lstrip(': ')}"


class SourceKind(Enum):
    """What a history is read from; the value is shown to people."""

    CLONE = "clone"
    FETCHED = "fetched lesson"
    REENACTMENT = "re-enactment, not QEMU's code"
    FILE = "exported file"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a history comes from; shown with every diff."""

    kind: SourceKind
    place: str

    def __str__(self) -> str:
        return f"{self.kind.value} ({self.place})"


class History(Protocol):
    """Commits and diffs of one repository, read-only.

    The methods raise HistoryError if a commit, its parent or a file is not here or cannot be read.
    """

    @property
    def source(self) -> Source:
        """Where it comes from."""

    def commit(self, revision: str) -> Commit:
        """Return the commit that *revision* names."""

    def diff(self, revision: str) -> tuple[FileDiff, ...]:
        """Return what a commit changes against its first parent; nothing for a merge."""

    def recent(self, revision: str, count: int) -> tuple[Commit, ...]:
        """Return the commit and those before it, newest first, as far as they are here."""

    def tags(self) -> tuple[tuple[str, str], ...]:
        """Return all tags as (name, commit hash), by name."""
