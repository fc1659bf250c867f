"""Choose the history of the widgets about reverts, and read reverts from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from kit.case_study.history import commit_named, history
from kit.common.errors import UserError
from kit.git.repository.history import History
from kit.git.repository.reenacted import clone_of
from kit.git.reverts import report as revert_report
from kit.git.reverts.checking import checked_rows
from kit.git.reverts.folders import changed_paths, known_until_s
from kit.git.reverts.scan import read_revert, read_reverts
from kit.git.values.case import TaggedVersion
from kit.git.values.commit import Commit, FileDiff
from kit.git.values.page import CommitPage, RevertPage
from kit.git.values.verdict import Revert, RevertTarget
from kit.lessons.history_choice import HistoryChoice
from kit.views.models.revert import RevertRows

__all__ = ["RevertChoice"]

_MAX_DIFFS = 8  # targets whose diff is shown; a revert may name dozens


class RevertChoice(HistoryChoice):
    """The history in use, until a person names another: a clone of any project."""

    placeholder = "folder of a clone, of QEMU or of any other project"

    def __init__(self) -> None:
        """Start with the history in use; nothing is read yet."""
        super().__init__()
        self._rows: RevertRows | None = None

    def rows(self) -> RevertRows:
        """Return all reverts, with the paths that they change.

        Raises:
            UserError: The history cannot be read, or is a file of single commits.
        """
        if self._rows is None:
            read = self._needed()
            found = tuple(read_reverts(clone_of(read)))
            self._rows = RevertRows(
                rows=found,
                paths=changed_paths(read, found),
                source=str(read.source),
                until_s=known_until_s(read),
            )
        return self._rows

    def check(self, rows: Sequence[Revert]) -> Iterator[Revert]:
        """Yield each row with its verdict; UserError if the history cannot be read."""
        return checked_rows(rows, clone_of(self._needed()))

    def page_of(self, typed: str) -> RevertPage:
        """Return the report of a revert, with its diff and those of its targets.

        Raises:
            UserError: There is no such commit here.
        """
        read = self._needed()
        report = revert_report.revert_report(read, commit_named(read, typed)[0])
        targets = [target.sha for target in report.revert.resolved if target.sha is not None]
        # in a clone without files git would search for seconds for each of them
        diff = partial(_diff, read, has_files=report.lines is not None)
        diffs = tuple(diff(sha) for sha in targets[:_MAX_DIFFS])
        return replace(report, diff=diff(report.revert.sha), diffs=diffs)

    def shipped(self, typed: str) -> tuple[TaggedVersion, ...]:
        """Return the versions that come after the reverted commits, and which contain their code.

        Raises:
            UserError: There is no such commit here.
        """
        read = self._needed()
        return revert_report.shipped(read, commit_named(read, typed)[0])

    def dates_of(self, typed: str) -> tuple[Revert, tuple[tuple[RevertTarget, Commit], ...]]:
        """Return a revert, and the commits of those of its targets that the history has.

        Raises:
            UserError: There is no such commit here.
        """
        read = self._needed()
        revert = read_revert(clone_of(read), commit_named(read, typed)[1].hash)
        return revert, tuple(
            (target, read.commit(target.sha)) for target in revert.resolved if target.sha
        )

    def _needed(self) -> History:
        """Return the history; unlike `_history`, raise if it cannot be opened."""
        read = self._history() or history()
        clone_of(read)  # raises for a file of single commits, which holds too little
        return read

    def _try(self, read: History) -> None:
        """Raise if a history has no commits."""
        known_until_s(read)

    def _take(self, read: History) -> None:
        super()._take(read)
        self._rows = None


def _diff(read: History, sha: str, *, has_files: bool) -> CommitPage:
    commit = read.commit(sha)
    files: tuple[FileDiff, ...] = ()
    note = "Its files are not here; a full clone has them."
    if has_files:
        try:
            files = read.diff(sha)
            note = "" if files else "It has no diff of its own."
        except UserError as error:
            note = str(error)
    heading = f"{commit.hash[:10]} {commit.subject}"
    return CommitPage(heading, commit=commit, files=files, note=note)
