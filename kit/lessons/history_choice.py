"""Choose the history of one widget, and read commits from it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from kit.case_study.behaviours import Behaviour, hunk_of, responsible_for
from kit.case_study.fetch import Amount, default_folder, fetch
from kit.case_study.history import behaviours, commit_page, history, lesson_commits
from kit.common.english import counted
from kit.common.errors import UserError
from kit.common.user_folder import expanded
from kit.git.repository.history import History, HistoryError, no_git
from kit.git.values.commit import Commit, FileDiff, siblings
from kit.git.values.page import CommitPage, ResponsibleLines
from kit.machine.catalogue import find_revision
from kit.machine.revision import Revision
from kit.trace.entry import TraceEntry

if TYPE_CHECKING:
    from kit.views.widgets.history_panel import HistoryPanel

__all__ = ["HistoryChoice"]


class HistoryChoice:
    """The history that one widget reads: the one in use, until a person names another.

    It keeps what it has read, so that a click does not run git again.
    """

    placeholder = "folder of a clone of QEMU, or a file of kit history export"

    def __init__(self) -> None:
        """Start with the history in use."""
        self._behaviours = behaviours()
        self._read: History | None = None
        self._pages: dict[str, CommitPage] = {}
        self._commits: tuple[Commit, ...] | None = None

    def page(self, revision: Revision) -> CommitPage:
        """Return the page of *revision*'s commit."""
        if revision.commit not in self._pages:
            page = commit_page(revision, self._history())
            if page.commit is not None:
                page = replace(page, series=siblings(page.commit, self._lesson_commits()))
            self._pages[revision.commit] = page
        return self._pages[revision.commit]

    def diff(self, name: str) -> tuple[FileDiff, ...]:
        """Return the diff of the commit of a revision; UserError says why it cannot be read."""
        page = self.page(find_revision(name))
        if page.note:
            raise UserError(page.note.rstrip("."))
        return page.files

    def _lesson_commits(self) -> tuple[Commit, ...]:
        if self._commits is None:
            read = self._history()
            self._commits = () if read is None else lesson_commits(read)
        return self._commits

    def _history(self) -> History | None:
        """Return the history, opened once; None if it cannot be opened; the page then shows why."""
        if self._read is None:
            try:
                self._read = history()
            except UserError:
                return None
        return self._read

    def lines_of(self, entry: TraceEntry, revision: Revision) -> tuple[ResponsibleLines, ...]:
        """Return the lines of commits that cause an entry of a run at *revision*, newest first."""
        return tuple(
            self._lines(behaviour)
            for behaviour in responsible_for(self._behaviours, entry, revision)
        )

    def _lines(self, behaviour: Behaviour) -> ResponsibleLines:
        came_with = find_revision(behaviour.commit)
        files = self.page(came_with).files
        hunk = hunk_of(behaviour, files)
        return ResponsibleLines.of(behaviour.says, came_with.name, files, hunk)

    def panel(self, changed: Callable[[], None]) -> HistoryPanel:
        """Return the controls with which a person chooses another history."""
        from kit.views.widgets.history_panel import HistoryPanel  # here: only lessons have widgets

        return HistoryPanel(self.source, self.use, self._fetch, changed, self.placeholder)

    def source(self) -> str:
        """Return the name of the history."""
        read = self._history()
        return "nothing: what KIT_QEMU names cannot be read" if read is None else str(read.source)

    def use(self, place: str) -> None:
        """Read from a folder of a clone or an exported file; from the default if it is empty.

        Raises:
            UserError: It cannot be read, or lacks the lesson's commits.
        """
        read = history(expanded(place) if place else None)
        self._try(read)
        self._take(read)

    def fetch(self) -> str:
        """Fetch QEMU's commits of the lesson, and return a report; UserError if that fails."""
        return self._fetch(lambda *_: None, lambda _: None)

    def _try(self, read: History) -> None:
        """Raise now, rather than at each step, if a history lacks the lesson's commits."""
        read.commit(find_revision("revert").commit)

    def _take(self, read: History) -> None:
        self._read, self._pages, self._commits = read, {}, None

    def _fetch(
        self, progress: Callable[[str, int, int | None], None], announce: Callable[[str], None]
    ) -> str:
        if sys.platform == "emscripten":
            raise HistoryError(no_git("QEMU's own commits cannot be fetched"))
        fetched = fetch(default_folder(Amount.LESSON), progress=progress, announce=announce)
        self._take(history(fetched.path))
        kilobytes = fetched.received_bytes / 1000
        how = "was there" if fetched.was_there else f"{kilobytes:,.0f} kB received"
        return f"QEMU's own commits are there ({counted(fetched.commits, 'commit')}, {how})."
