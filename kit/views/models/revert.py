"""Reverts without a screen: the visible rows of the table, and the chosen revert."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from traitlets import Bool, HasTraits, Instance, Unicode

from kit.common.english import counted
from kit.common.errors import UserError
from kit.git.values.page import RevertPage
from kit.git.values.revert_message import Form
from kit.git.values.summary import percentile
from kit.git.values.verdict import DAY_S, Revert, RevertVerdict

__all__ = [
    "ROWS_A_PAGE",
    "Filter",
    "Judged",
    "RevertModel",
    "RevertRows",
    "RevertsModel",
    "SortOrder",
    "Table",
    "days_of",
]

ROWS_A_PAGE = 20
_YEARS = re.compile(r"(\d{4})(?:\s*[-–]\s*(\d{4}))?")


class Judged(Enum):
    """Which verdicts are visible. The value is the button's label."""

    ANY = "any"
    EXACT = RevertVerdict.EXACT.value
    SAME_LINES = RevertVerdict.SAME_LINES.value
    PARTIAL = RevertVerdict.PARTIAL.value
    EXTRA = RevertVerdict.EXTRA.value
    DIFFERENT = RevertVerdict.DIFFERENT.value
    NONE = "none"  # checked without a verdict
    NOT_CHECKED = "not checked"


class SortOrder(Enum):
    """What the rows are sorted by."""

    DATE = "date"
    DAYS = "days"
    AUTHOR_DAYS = "days by author date"
    VERDICT = "verdict"
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True, kw_only=True)
class RevertRows:
    """All reverts of a history, newest first.

    ``paths`` are the paths that each changes, by its hash, empty if its files are not here.
    ``until_s`` is the date of the newest commit, in seconds since 1970.
    """

    rows: tuple[Revert, ...] = ()
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    source: str = ""
    until_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which rows are visible, in which order. Empty words and years mean all."""

    words: str = ""
    years: str = ""
    form: Form | None = None
    judged: Judged = Judged.ANY
    order: SortOrder = SortOrder.DATE
    rising: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What the table shows: the rows that pass the filter, one page of them, the chosen one."""

    wanted: Filter = Filter()
    rows: tuple[Revert, ...] = ()
    page: int = 0
    chosen: str = ""

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-len(self.rows) // ROWS_A_PAGE))

    @property
    def here(self) -> tuple[Revert, ...]:
        """The rows of the present page."""
        return self.rows[self.page * ROWS_A_PAGE : (self.page + 1) * ROWS_A_PAGE]


def days_of(row: Revert) -> tuple[int, int] | None:
    """Return the days of the longest-lived target, by committer and by author date, or None."""
    by_committer = [each.days for each in row.targets if each.days is not None]
    by_author = [each.author_days for each in row.targets if each.author_days is not None]
    return (max(by_committer), max(by_author)) if by_committer and by_author else None


class RevertModel(HasTraits):
    """The chosen revert. ``hint`` names what is being read, or what went wrong.

    ``read`` returns the page of the commit that the reader names.
    """

    page = Instance(RevertPage, allow_none=True)
    side_by_side = Bool(False)
    hint = Unicode()

    def __init__(self, read: Callable[[str], RevertPage]) -> None:
        super().__init__()
        self._read = read
        self.named = ""

    def choose(self, typed: str) -> None:
        """Read a revert. If there is no such commit, the present one stays."""
        if not typed.strip():
            self.hint = "Name a commit: a hash, a tag, or a name that kit list revisions shows."
            return
        self.hint = f"reading {typed.strip()} …"
        try:
            page = self._read(typed.strip())
        except UserError as error:
            self.hint = str(error)
            return
        self.hint, self.named = "", typed.strip()
        self.page = page


class RevertsModel(HasTraits):
    """The table of reverts. Its one trait ``table`` changes once for each action.

    ``check`` yields rows with the result of the checks.
    """

    table = Instance(Table)
    hint = Unicode()

    def __init__(
        self, found: RevertRows, check: Callable[[Sequence[Revert]], Iterator[Revert]]
    ) -> None:
        super().__init__(table=Table())
        self._check = check
        self.load(found)

    def load(self, found: RevertRows) -> None:
        """Show another history; the filter stays."""
        self.found = found
        self._rows = {row.sha: row for row in found.rows}
        self._texts = {row.sha: _text_of(row, found.paths.get(row.sha, ())) for row in found.rows}
        self.hint = ""
        self.table = self._filtered(replace(self.table, chosen=""))

    def narrow(
        self, *, words: str | None = None, years: str | None = None, judged: Judged | None = None
    ) -> None:
        """Change the filter, and go to the first page.

        Raises:
            UserError: *years* are not years.
        """
        wanted = self.table.wanted
        if years is not None:
            _years(years)
            wanted = replace(wanted, years=years)
        if words is not None:
            wanted = replace(wanted, words=words)
        if judged is not None:
            wanted = replace(wanted, judged=judged)
        self._want(wanted)

    def choose_form(self, form: Form | None) -> None:
        """Show only reverts of one form, or (None) of any form."""
        self._want(replace(self.table.wanted, form=form))

    def sort(self, order: SortOrder) -> None:
        """Sort by a column, or reverse the order if it is sorted by it already."""
        wanted = self.table.wanted
        rising = not wanted.rising if wanted.order is order else order not in _FALLING_FIRST
        self._want(replace(wanted, order=order, rising=rising))

    @property
    def place(self) -> dict[str, object]:
        """Where the reader is: the filter, the page, and the chosen row."""
        table, wanted = self.table, self.table.wanted
        return {
            "words": wanted.words,
            "years": wanted.years,
            "form": "" if wanted.form is None else wanted.form.value,
            "judged": wanted.judged.value,
            "order": wanted.order.value,
            "rising": wanted.rising,
            "page": table.page,
            "chosen": table.chosen,
        }

    def come_back(self, place: Mapping[str, Any]) -> None:
        """Come back to a place of another kernel.

        Raises:
            UserError: Its years are not years.
            KeyError: It lacks something.
            TypeError: Something is of another type.
            ValueError: It has a form, a verdict or an order that there is not.
        """
        years = str(place["years"])
        _years(years)
        self._want(
            Filter(
                words=str(place["words"]),
                years=years,
                form=Form(place["form"]) if place["form"] else None,
                judged=Judged(place["judged"]),
                order=SortOrder(place["order"]),
                rising=bool(place["rising"]),
            )
        )
        if 0 <= int(place["page"]) < self.table.pages:
            self.table = replace(self.table, page=int(place["page"]))

    def reset(self) -> None:
        """Show all rows, newest first."""
        self._want(Filter())

    def go(self, page: int) -> None:
        """Turn to a page, if there is one."""
        if 0 <= page < self.table.pages:
            self.hint = ""
            self.table = replace(self.table, page=page)
        else:
            self.hint = f"This is the {'first' if page < 0 else 'last'} page."

    def choose(self, sha: str) -> None:
        """Mark a row."""
        self.table = replace(self.table, chosen=sha)

    def learn(self, row: Revert) -> None:
        """Update a row. It keeps its place until the filter changes."""
        if row.sha not in self._rows:
            return
        self._rows[row.sha] = row
        rows = tuple(row if each.sha == row.sha else each for each in self.table.rows)
        self.table = replace(self.table, rows=rows)

    def check_shown(self, progress: Callable[[int, int], None]) -> None:
        """Check the rows that pass the filter, on all pages; if it fails, keep the results."""
        todo = [row for row in self.table.rows if row.finding is None]
        try:
            for done, row in enumerate(self._check(todo), start=1):
                self._rows[row.sha] = row
                progress(done, len(todo))
        finally:
            self.table = self._filtered(self.table)
        none = "These have been checked." if self.table.rows else "No row is shown."
        self.hint = f"{len(todo)} checked." if todo else none

    def summary(self) -> str:
        """Return how many reverts there are, and how long their targets lasted."""
        rows, count = self.table.rows, len(self._rows)
        all_of_them = counted(count, "revert")
        words = all_of_them if len(rows) == count else f"{len(rows):,} of {all_of_them}"
        targets = [target for row in rows for target in row.targets]
        by_committer = [
            each.committed_s / DAY_S for each in targets if each.committed_s is not None
        ]
        by_author = [each.authored_s / DAY_S for each in targets if each.authored_s is not None]
        if by_committer and by_author:
            what, share = "half of what they name was", 0.5
            if len(rows) == 1:
                what, share = "what it names was", 1.0
            words += (
                f"; {what} reverted within {percentile(by_committer, share):.0f}"
                f" days by committer date, {percentile(by_author, share):.0f} by author date"
            )
        return words

    def _want(self, wanted: Filter) -> None:
        self.hint = ""
        self.table = self._filtered(replace(self.table, wanted=wanted, page=0))

    def _filtered(self, table: Table) -> Table:
        wanted = table.wanted
        words = wanted.words.lower().split()
        first, last = _years(wanted.years)
        rows = [
            row
            for row in self._rows.values()
            if first <= row.committed[:4] <= last
            and wanted.form in (None, row.form)
            and wanted.judged in (Judged.ANY, _judged(row))
            and all(word in self._texts[row.sha] for word in words)
        ]
        found = tuple(_sorted(rows, wanted))
        page = min(table.page, max(0, (len(found) - 1) // ROWS_A_PAGE))
        return replace(table, rows=found, page=page)


_FALLING_FIRST = (SortOrder.DATE, SortOrder.DAYS, SortOrder.AUTHOR_DAYS)
_RANKS = {each: rank for rank, each in enumerate(Judged)}


def _text_of(row: Revert, paths: Sequence[str]) -> str:
    """Return the texts that words are searched in. A match lies within one of them."""
    names = (target.sha or target.named for target in row.targets)
    return "\n".join((row.sha, row.heading, row.author, *names, *paths)).lower()


def _judged(row: Revert) -> Judged:
    if row.finding is None:
        return Judged.NOT_CHECKED
    return Judged.NONE if row.finding.verdict is None else Judged(row.finding.verdict.value)


def _years(typed: str) -> tuple[str, str]:
    """Return the first and the last year of a filter, as dates begin with them."""
    if not typed.strip():
        return "", "9999"
    match = _YEARS.fullmatch(typed.strip())
    if match is None:
        raise UserError(f"{typed.strip()} is not a year; give one as 2021, or two as 2018-2021")
    return match[1], match[2] or match[1]


def _sorted(rows: list[Revert], wanted: Filter) -> list[Revert]:
    """Return the rows, given newest first, in the chosen order, undated ones last."""
    if wanted.order is SortOrder.DATE:
        return sorted(rows, key=lambda row: row.committed_s, reverse=not wanted.rising)
    if wanted.order is SortOrder.SUBJECT:
        return sorted(rows, key=lambda row: row.subject.lower(), reverse=not wanted.rising)
    if wanted.order is SortOrder.VERDICT:
        return sorted(rows, key=lambda row: _RANKS[_judged(row)], reverse=not wanted.rising)
    which = 0 if wanted.order is SortOrder.DAYS else 1
    dated = [(days[which], row) for row in rows if (days := days_of(row)) is not None]
    dated.sort(key=lambda pair: pair[0], reverse=not wanted.rising)
    return [row for _, row in dated] + [row for row in rows if days_of(row) is None]
