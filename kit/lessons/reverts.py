"""The functions of the lesson on reverts; `kit.app` makes them public.

If the history or a package lacks something, they return a sentence, and the lesson goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from kit.case_study.frozen import frozen
from kit.case_study.history import history
from kit.common.errors import UserError
from kit.course.time_to_revert import WITHIN_DAYS, Lasted, folders_by_year, lasted, years
from kit.git.repository.history import SourceKind
from kit.views.html.figure import Note, Rows
from kit.views.html.revert import ANSWERS

if TYPE_CHECKING:
    import pandas

    from kit.lessons.revert_choice import RevertChoice
    from kit.views.html.plots import Plot
    from kit.views.widgets.revert import RevertWidget
    from kit.views.widgets.reverts import RevertsWidget

__all__ = [
    "RevertPlots",
    "qemu_figures",
    "revert",
    "revert_dates",
    "revert_plots",
    "reverts",
    "reverts_frame",
    "shipped",
]

_Shown = TypeVar("_Shown")
_MAX_TAGS = 9  # enough to go past a release and its candidates


def revert(name: str = "revert") -> RevertWidget | Note:
    """Return the report of a revert: is it exact, which tags have the code, follow-ups, diffs.

    Args:
        name: A commit of the history in use: a hash, a tag, or a name of `kit list revisions`.
            If the history lacks it, the widget shows that, and a person can name another.
    """
    from kit.views.models.revert import RevertModel  # here: widgets take a while
    from kit.views.widgets.revert import RevertWidget

    def widget() -> RevertWidget:
        choice = _choice()
        model = RevertModel(choice.page_of)
        model.named = name
        model.choose(name)
        return RevertWidget(model, choice.panel)

    return _or_note(widget)


def reverts() -> RevertsWidget | Note:
    """Return the table of all reverts of the history in use, and the report of the chosen one."""
    from kit.views.models.revert import RevertModel, RevertRows, RevertsModel  # as above
    from kit.views.widgets.reverts import RevertsWidget

    def widget() -> RevertsWidget:
        choice = _choice()
        model = RevertsModel(RevertRows(), choice.check)
        try:
            model.load(choice.rows())
        except UserError as error:
            model.hint = str(error)
        return RevertsWidget(model, RevertModel(choice.page_of), choice.rows, choice.panel)

    return _or_note(widget)


def reverts_frame() -> pandas.DataFrame:
    """Return all reverts of the history in use as a data frame, a row for each target.

    Raises:
        UserError: The history cannot be read, or pandas is not installed.
    """
    from kit.git.reverts.report import reverts_frame as frame_of  # here: libgit2 takes a while

    return frame_of(_choice().rows().rows)


def revert_dates(name: str = "revert") -> Rows | Note:
    """Return when a revert and the reverted commits were written and committed, with the days.

    Args:
        name: As for `revert`.
    """

    def table() -> Rows:
        own, targets = _choice().dates_of(name)
        rows = [
            (
                commit.hash[:10],
                commit.authored[:10],
                commit.committed[:10],
                f"{target.author_days}",
                f"{target.days}",
            )
            for target, commit in targets
        ]
        rows.append((f"{own.sha[:10]}, the revert", own.authored[:10], own.committed[:10], "", ""))
        heads = ("commit", "written", "committed", "days, written", "days, committed")
        return Rows(heads, tuple(rows))

    return _or_note(table)


def shipped(name: str = "revert") -> Rows | Note:
    """Return the versions that come after the reverted commits, and which contain their code.

    Args:
        name: As for `revert`.
    """

    def table() -> Rows | Note:
        found = _choice().shipped(name)
        if not found:
            return Note("No tag of a version comes after it here; a full clone has them all.")
        rows = [
            (each.tag, "yes" if each.comes_after else "no", ANSWERS[each.has_code])
            for each in found[:_MAX_TAGS]
        ]
        if len(found) > _MAX_TAGS:
            rows.append((f"… {len(found) - _MAX_TAGS} more", "", ""))
        return Rows(("tag", "comes after the commits", "has their code"), tuple(rows))

    return _or_note(table)


@dataclass(frozen=True, slots=True)
class RevertPlots:
    """Plots of all reverts of a history; a sentence instead of a plot that cannot be drawn.

    ``until_s`` is the date of the history's last commit, ``folders`` counts reverts by folder and
    year.  ``source`` says whose figures they are if they are not the history in use.  ``trouble``
    is why nothing could be read.
    """

    lasted: tuple[Lasted, ...] = ()
    until_s: int = 0
    folders: Mapping[tuple[str, int], int] = field(default_factory=dict)
    source: str = ""
    trouble: str = ""

    @property
    def days(self) -> Plot | Note:
        """The share that was reverted within so many days, by both dates."""
        from kit.views.html.plots import days_plot

        return self._plot(lambda: days_plot(self.lasted))

    @property
    def survivors(self) -> Plot | Note:
        """When commits were made, how long they lasted, and which cannot be judged yet."""
        from kit.views.html.plots import survivors_plot

        return self._plot(lambda: survivors_plot(self.lasted, self.until_s))

    @property
    def directories(self) -> Plot | Note:
        """How many reverts changed each folder, by year."""
        from kit.views.html.plots import directories_plot

        return self._plot(lambda: directories_plot(self.folders))

    @property
    def by_year(self) -> Rows | Note:
        """Days by the year of the commit: of all its reverts, and of those within a year."""
        rows = tuple(
            (
                str(each.year),
                str(each.count),
                f"{each.median:.0f}",
                "too young" if each.soon is None else str(each.soon),
                "" if each.soon_median is None else f"{each.soon_median:.0f}",
            )
            for each in years(self.lasted, self.until_s)
        )
        within = f"reverted within {WITHIN_DAYS} days"
        heads = ("committed in", "reverted", "median days", within, "median days of these")
        return self._drawn(lambda: Rows(heads, rows, self.source))

    def _plot(self, make: Callable[[], Plot]) -> Plot | Note:
        return self._drawn(lambda: replace(make(), source=self.source))

    def _drawn(self, make: Callable[[], _Shown]) -> _Shown | Note:
        return Note(self.trouble) if self.trouble else _or_note(make)


def revert_plots() -> RevertPlots:
    """Return the plots of all reverts of the history in use, or why it cannot be read.

    Without a clone the plots are QEMU's, from the figures that come with the kit; each says so.
    """
    if not _reads_a_clone():
        return _frozen_plots()
    try:
        found = _choice().rows()
    except UserError as error:
        return RevertPlots(trouble=str(error))
    rows = [(row, found.paths.get(row.sha, ())) for row in found.rows]
    return RevertPlots(lasted(found.rows), found.until_s, folders_by_year(rows))


def _reads_a_clone() -> bool:
    """Is the history in use a clone, or an error that a person has to know of?"""
    try:
        return history().source.kind is SourceKind.CLONE
    except UserError:
        return True


def _frozen_plots() -> RevertPlots:
    figures = frozen()
    return RevertPlots(
        tuple(
            Lasted(committed_s=at, by_committer_s=by_committer, by_author_s=by_author)
            for at, by_committer, by_author in figures.lasted
        ),
        figures.until_s,
        figures.folders,
        figures.label,
    )


def qemu_figures() -> Rows:
    """Return what a clone of QEMU says about the revert, from the figures that come with the kit.

    It is the same on every machine, with a clone and without.
    """
    figures = frozen()
    own = figures.revert
    has = [name for name, code in own.tags if code]
    first_without = next(name for name, code in own.tags if not code)
    checks = ", ".join(
        f"{name.replace('_', ' ')} {ANSWERS[found]}" for name, found in own.checks.items()
    )
    days = [f"{one.sha[:10]}: {one.days_written} / {one.days_committed}" for one in own.targets]
    rows = (
        (f"is {own.sha[:10]} exact?", f"{own.verdict} ({checks})"),
        ("lines that it changes", str(own.lines)),
        ("orders in which the three can be undone", f"{own.orders_that_apply} of {own.orders}"),
        ("days to the revert, written / committed", "; ".join(days)),
        ("tags with the code", ", ".join(has)),
        ("first tag without it", first_without),
    )
    return Rows(("question", "answer"), rows, figures.label)


def _choice() -> RevertChoice:
    """Return a reader of reverts; UserError if libgit2 is not installed."""
    try:
        from kit.lessons.revert_choice import RevertChoice  # here: libgit2 takes a while
    except ImportError as error:
        raise UserError(
            f"The kit reads reverts with {error.name}, which is missing here. A page in a browser"
            " cannot have it; elsewhere, install it with pip install unplug-kit."
        ) from None
    return RevertChoice()


def _or_note(make: Callable[[], _Shown]) -> _Shown | Note:
    try:
        return make()
    except UserError as error:
        return Note(str(error))
