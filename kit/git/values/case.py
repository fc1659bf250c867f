"""A revert as the subject of a lesson: all that a history says about it, as one value.

Text is as it came from a clone and may hold anything: the view escapes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kit.common.english import counted
from kit.git.values.page import LaterCommit, RevertPage
from kit.git.values.verdict import Revert, RevertFinding, RevertVerdict

__all__ = ["EXACT_WORDS", "NamedCommit", "RevertCase", "TaggedVersion"]
__all__ += ["date_s", "lasted_words", "shipped_words"]

EXACT_WORDS = {
    RevertVerdict.EXACT: "The revert is exact: it undoes the change and nothing else.",
    RevertVerdict.SAME_LINES: "The lines cancel out, and somebody had to solve a conflict.",
    RevertVerdict.PARTIAL: "The revert is partial: some lines of the change stay.",
    RevertVerdict.EXTRA: "The revert undoes the change, and changes more.",
    RevertVerdict.DIFFERENT: "Some lines of the change stay, and the revert changes more.",
    None: "Whether the revert is exact cannot be told here.",
}
"""What a verdict means, in a sentence."""


def date_s(date: str) -> int:
    """Return a date in ISO 8601 as seconds since 1970; 0 if no calendar has it.

    >>> date_s("1970-01-02T00:00:00+01:00")
    82800
    """
    try:
        return int(datetime.fromisoformat(date).timestamp())
    except (ValueError, OverflowError):
        return 0


@dataclass(frozen=True, slots=True)
class NamedCommit:
    """A commit by its hash, its subject and its committer's date in ISO 8601."""

    sha: str
    subject: str
    committed: str


@dataclass(frozen=True, slots=True)
class TaggedVersion:
    """A version's tag: does it come after the reverted commits, and does it have their code?

    ``has_code`` is None where its files are not here.
    """

    tag: str
    committed: str
    comes_after: bool
    has_code: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevertCase:
    """A revert, its targets and what came after.

    ``targets`` are those that the history has, in the order of ``revert.resolved``.  ``versions``
    are by date.  ``before`` and ``between`` are other commits on the same files: before the
    targets, and between them and the revert.  ``unrelated`` came later and are no follow-ups.
    ``has_lines``: some file that the revert changes is text, and is shown.
    ``left`` counts the lines that do not cancel out, of which the finding may hold fewer.
    ``read_until`` is the date of the newest commit that was read.
    """

    project: str
    revert: Revert
    finding: RevertFinding
    targets: tuple[NamedCommit, ...]
    lines: int | None
    left: int
    files: tuple[str, ...]
    has_lines: bool
    tags: tuple[str, ...]
    releases: tuple[str, ...]
    untold: int
    chain: tuple[Revert, ...]
    after: tuple[LaterCommit, ...]
    versions: tuple[TaggedVersion, ...]
    before: tuple[NamedCommit, ...]
    between: tuple[NamedCommit, ...]
    unrelated: tuple[NamedCommit, ...]
    read_until: str

    @property
    def youngest(self) -> NamedCommit:
        """The target that was committed last."""
        return max(self.targets, key=lambda one: date_s(one.committed))

    @property
    def oldest(self) -> NamedCommit:
        """The target that was committed first."""
        return min(self.targets, key=lambda one: date_s(one.committed))

    @property
    def title(self) -> str:
        """What was reverted, in a line."""
        more = len(self.targets) - 1
        return f"{self.oldest.subject}{f', and {more} more' if more else ''}"

    def page(self) -> RevertPage:
        """Return what a view of a revert shows, without diffs."""
        subjects = {one.sha: one.subject for one in self.targets}
        return RevertPage(
            revert=self.revert,
            finding=self.finding,
            source=f"{self.project}, up to {self.read_until[:10]}",
            titles=tuple(subjects.get(one.sha or "", "") for one in self.revert.targets),
            lines=self.lines,
            tags=self.tags,
            releases=self.releases,
            untold=self.untold,
            chain=self.chain,
            after=self.after,
        )


def shipped_words(versions: Sequence[TaggedVersion]) -> str:
    """Return in a sentence which versions had the change."""
    if not versions:
        return "No version is known to come after it."
    if any(one.has_code is None for one in versions):
        return "Which versions had it cannot be told here."
    having = [one.tag for one in versions if one.has_code]
    if not having:
        return "No version had it."
    if len(having) == 1:
        return f"One version had it: {having[0]}."
    return f"{len(having)} versions had it, from {having[0]} to {having[-1]}."


def lasted_words(revert: Revert) -> str:
    """Return in a sentence how long the change lasted."""
    days = [one.days for one in revert.resolved if one.days is not None]
    if not days:
        return "How long the change lasted cannot be told here."
    count = counted(max(days), "day") if max(days) else "less than a day"
    return f"The change lasted {count}, by the committer's dates."
