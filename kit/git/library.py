"""Revert analysis for Python programs: ``from kit import Repository``.

Everything is read when it is asked for, and nothing of the repository runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from kit.common.errors import UserError
from kit.git.repository.clone import CloneHistory
from kit.git.reverts.scan import Wanted, read_reverts
from kit.git.values.verdict import Revert

if TYPE_CHECKING:
    import pandas

    from kit.git.reverts.changelog import RangeRead
    from kit.git.reverts.missing import Needed
    from kit.git.reverts.report import RevertReport
    from kit.git.values.sections import Grouping

__all__ = ["Repository", "Reverts"]


@dataclass(frozen=True, slots=True)
class Reverts:
    """Reverts, newest first: each walk over them reads the log again."""

    clone: CloneHistory
    wanted: Wanted
    check: bool = False

    def __iter__(self) -> Iterator[Revert]:
        """Yield them as they are found; HistoryError where git fails."""
        return read_reverts(self.clone, self.wanted, check=self.check)

    def checked(self) -> Reverts:
        """Return the same with a verdict each: `Revert.finding`."""
        return replace(self, check=True)

    def frame(self) -> pandas.DataFrame:
        """Return them as a data frame, a row for each target; UserError without pandas."""
        from kit.git.reverts.report import reverts_frame  # here: libgit2 takes a while

        return reverts_frame(self)


class Repository:
    """A git repository: bare, a work tree, or a linked one.

    Its methods raise HistoryError if it cannot be read or has no such commit.
    """

    def __init__(self, path: str | PathLike[str] = ".") -> None:
        """Remember the folder of the repository; it is opened when it is read."""
        self._clone = CloneHistory(Path(path))

    def reverts(
        self,
        *revisions: str,
        paths: Sequence[str] = (),
        all_refs: bool = False,
        since: str | None = None,
        until: str | None = None,
        author: str | None = None,
        content: bool = False,
    ) -> Reverts:
        """Return the reverts of ranges and paths, as `git log` takes them; by default of HEAD.

        Args:
            revisions: Commits and ranges.
            paths: Pathspecs, from the top of the repository.
            all_refs: Every branch and tag, too.
            since: Committed after this date.
            until: Committed before it.
            author: A part of the author's name or address.
            content: Also silent reverts, which takes longer.
        """
        wanted = Wanted(
            revisions=revisions, all_refs=all_refs, since=since, until=until,
            paths=tuple(paths), author=author, content=content,
        )  # fmt: skip
        return Reverts(self._clone, wanted)

    def revert(self, revision: str) -> RevertReport:
        """Return the report of one revert: exact or not, which tags have the code, follow-ups."""
        from kit.git.reverts.report import revert_report  # as above

        return revert_report(self._clone, revision)

    def changelog(
        self,
        *revisions: str,
        check: bool = True,
        group: Grouping | str | None = None,
        content: bool = False,
        since_tag: bool = False,
    ) -> RangeRead:
        """Return the commits of a range, newest first, with what cancels what.

        What it returns is a sequence of entries; it has their `sections`, the `releases` within
        the range and the `next_version` as well.

        Args:
            revisions: The range: ``A..B``, or as several words ``B ^A``.
            check: Check whether reverts are exact, instead of believing them.
            group: What sections go by: type, scope or directory; None: the project's own habit.
            content: Also reverts whose message says nothing.
            since_tag: From the last version's tag on, to the commit named, or HEAD.

        Raises:
            UserError: There is no such range or no version, or *group* is none of the three.
        """
        from kit.git.reverts.changelog import changelog_of, since_release  # as above
        from kit.git.values.sections import grouping_named

        if since_tag:
            revisions = (since_release(self._clone, *revisions),)
        if not revisions:
            raise UserError("a changelog needs a range, such as v1.0.0..v1.1.0, or since_tag")
        by = grouping_named(group) if isinstance(group, str) else group
        return changelog_of(self._clone, *revisions, check=check, by=by, content=content)

    def missing_reverts(self, source: str, branch: str) -> tuple[Needed, ...]:
        """Return the reverts and fixes of *source* that *branch* needs, oldest first."""
        from kit.git.reverts.missing import missing_reverts  # as above

        return missing_reverts(self._clone, source, branch)
