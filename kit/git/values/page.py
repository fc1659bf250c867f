"""What a view shows of a commit, of its lines, and of a revert."""

from __future__ import annotations

from dataclasses import dataclass

from kit.git.values.commit import Commit, FileDiff, Hunk
from kit.git.values.verdict import Revert, RevertFinding

__all__ = ["CommitPage", "CommitReference", "LaterCommit", "ResponsibleLines", "RevertPage"]


@dataclass(frozen=True, slots=True)
class CommitPage:
    """What a view shows of a commit.

    ``source`` is the history it was read from; ``note`` replaces the diff, and then ``commit`` may
    be None; ``series`` are the commits that were posted with it.
    """

    heading: str
    source: str = ""
    commit: Commit | None = None
    files: tuple[FileDiff, ...] = ()
    note: str = ""
    series: tuple[Commit, ...] = ()


@dataclass(frozen=True, slots=True)
class ResponsibleLines:
    """Lines of a commit that cause what a run shows; ``hunk`` is None where it cannot be read."""

    says: str
    revision: str
    file: FileDiff | None
    hunk: Hunk | None

    @classmethod
    def of(
        cls, says: str, revision: str, files: tuple[FileDiff, ...], hunk: Hunk | None
    ) -> ResponsibleLines:
        """Return the lines of a hunk, with that of the *files* which it is in."""
        return cls(says, revision, next((file for file in files if hunk in file.hunks), None), hunk)


@dataclass(frozen=True, slots=True)
class CommitReference:
    """A commit that a run is about: as git refers to it, and where it was posted, if known."""

    reference: str
    link: str | None = None


@dataclass(frozen=True, slots=True)
class LaterCommit:
    """A commit that came after a revert.

    ``how`` is its relation to it: fixes; re-land, of the target or as a revert of the revert; or
    follow-up, in a function that the revert changes.
    """

    sha: str
    subject: str
    committed: str  # ISO 8601; empty if it cannot be read
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevertPage:
    """What is shown of a revert; ``untold`` counts the tags whose files are not here.

    ``titles`` are the subjects of its targets, empty where unknown.  ``lines`` counts the lines of
    its net difference, None if a file is not here.  ``chain`` are those of its targets that revert
    something themselves, and of theirs, to any depth.  ``diffs`` are those of its targets.
    """

    revert: Revert
    finding: RevertFinding
    source: str
    titles: tuple[str, ...] = ()
    lines: int | None = None
    tags: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    untold: int = 0
    chain: tuple[Revert, ...] = ()
    after: tuple[LaterCommit, ...] = ()
    diff: CommitPage | None = None
    diffs: tuple[CommitPage, ...] = ()
