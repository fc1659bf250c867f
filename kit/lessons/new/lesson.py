"""What the cells of a lesson that `kit new` made show: `revert_lesson` opens it."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from kit.common.errors import UserError, did_you_mean
from kit.course.history_questions import history_questions
from kit.git.repository.exported import FileHistory
from kit.git.values.case import RevertCase, date_s
from kit.git.values.page import CommitPage
from kit.git.values.verdict import TargetStatus
from kit.lessons.new.files import read_case_file, read_history_file
from kit.views.escape import Html
from kit.views.history.timeline import timeline_svg
from kit.views.html.diff import body_html, commit_html
from kit.views.html.figure import Figure, HtmlBlock, Lines, Note, Rows
from kit.views.html.print_form import opened
from kit.views.html.revert import ANSWERS, exact_html, page_text
from kit.views.reports.revert_mail import revert_mail_lines

if TYPE_CHECKING:
    from kit.views.widgets.exercise import ExerciseWidget

__all__ = ["RevertLesson", "revert_lesson"]

_MAX_VERSIONS = 14
_MAX_OPEN_LINES = 200  # of a commit whose files are shown unfolded
_RELATIONS = {
    "re-land": "brings it back",
    "fixes": "says that it fixes it",
    "follow-up": "works in the same functions",
}


def revert_lesson(folder: str | PathLike[str] = ".") -> RevertLesson:
    """Return the lesson on a revert that `kit new` wrote into a folder.

    Args:
        folder: The folder; a notebook's own by default.

    Raises:
        UserError: There is no such lesson, or its files are damaged.
    """
    place = Path(folder)
    return RevertLesson(read_case_file(place), read_history_file(place))


class RevertLesson:
    """A revert, as its history tells it. Each method returns what one cell shows."""

    def __init__(self, case: RevertCase, history: FileHistory) -> None:
        """Remember what `kit new` found."""
        self.case, self._history = case, history

    def __repr__(self) -> str:
        """Return which revert it is about."""
        return f"a lesson on {self.case.revert.sha[:10]} of {self.case.project!r}"

    def commits(self, *, side_by_side: bool = False) -> HtmlBlock:
        """Return the reverted commits and the revert, each with its message and its diff."""
        case = self.case
        targets = sorted(case.targets, key=lambda one: date_s(one.committed))
        pages = [self._page(sha) for sha in (*(one.sha for one in targets), case.revert.sha)]
        html = Html("<hr>").join(_commit_block(page, side_by_side=side_by_side) for page in pages)
        return HtmlBlock(html, "\n".join(page.heading for page in pages))

    def _page(self, sha: str) -> CommitPage:
        commit = self._history.commit(sha)
        files = self._history.diff(sha)
        note = "" if files else "It has no diff of its own."
        if commit.is_merge:
            note = "A merge has no diff of its own: the revert's diff shows what it brought."
        return CommitPage(f"{sha[:10]} {commit.subject}", commit=commit, files=files, note=note)

    def exact(self) -> HtmlBlock:
        """Return whether the revert is exact: the verdict, the checks, the lines left over."""
        page = self.case.page()
        return HtmlBlock(exact_html(page), page_text(page))

    def shipped(self) -> Rows | Note:
        """Return the versions that come after the change, and which of them contain it."""
        found = self.case.versions
        if not found:
            return Note("No tag of a version comes after it in the history that was read.")
        # those with the change first, where there are too many to show
        kept = sorted(range(len(found)), key=lambda place: not found[place].has_code)
        rows = [
            (one.tag, one.committed[:10], "yes" if one.comes_after else "no", ANSWERS[one.has_code])
            for place, one in enumerate(found)
            if place in kept[:_MAX_VERSIONS]
        ]
        if len(found) > _MAX_VERSIONS:
            rows.append((f"… {len(found) - _MAX_VERSIONS} more", "", "", ""))
        return Rows(("version", "tagged", "comes after the change", "has its lines"), tuple(rows))

    def dates(self) -> Rows:
        """Return when each commit was committed, and how many days it lasted by both dates."""
        case = self.case
        committed = {one.sha: one.committed[:10] for one in case.targets}
        rows = [
            (
                target.sha[:10],
                committed.get(target.sha, ""),
                f"{target.days}" if target.status is TargetStatus.OK else "",
                f"{target.author_days}" if target.status is TargetStatus.OK else "",
            )
            for target in case.revert.resolved
            if target.sha is not None
        ]
        rows.append((f"{case.revert.sha[:10]}, the revert", case.revert.committed[:10], "", ""))
        heads = ("commit", "committed", "days by committer's date", "by author's date")
        return Rows(heads, tuple(rows))

    def timeline(self) -> Figure:
        """Return the timeline: the change, versions, the revert, what came after."""
        return Figure(timeline_svg(self.case))

    def after(self) -> Rows | Note:
        """Return the commits after the revert that have to do with it."""
        if not self.case.after:
            return Note("No later commit of the history that was read has to do with it.")
        rows = tuple(
            (one.sha[:10], one.committed[:10], one.subject, _RELATIONS.get(one.how, one.how))
            for one in self.case.after
        )
        return Rows(("commit", "committed", "subject", "it"), rows)

    def exercise(self, name: str) -> ExerciseWidget:
        """Return the card of a question; its answer is found in the history.

        Raises:
            UserError: There is no question of that name.
        """
        from kit.views.models.exercise import ExerciseModel  # here: widgets take a while
        from kit.views.widgets.exercise import ExerciseWidget

        found = {one.name: one for one in history_questions(self.case)}
        if name not in found:
            raise UserError(
                f"no question {name!r}; this lesson has: {', '.join(found)}"
                f"{did_you_mean(name, found)}"
            )
        return ExerciseWidget(ExerciseModel(found[name]))

    def mail(self) -> Lines:
        """Return what is known as text to paste into a mail; nothing is sent."""
        return Lines("\n".join(revert_mail_lines(self.case)))


def _commit_block(page: CommitPage, *, side_by_side: bool) -> Html:
    has_message = page.commit is not None and page.commit.body.strip()
    message = opened(body_html(page.commit)) if has_message and page.commit else Html()
    diff = commit_html(page, side_by_side=side_by_side)
    lines = sum(len(hunk.lines) for file in page.files for hunk in file.hunks)
    if lines > _MAX_OPEN_LINES:  # the next commit would be far below
        diff = diff.replace(Html("<details open>"), Html("<details>"))
    return diff + message
