"""Measure how long commits lasted until they were reverted, and what a history cannot show yet.

The slow reverts of a recent year's commits are still to come.  So years are compared by the
reverts within a year of each commit, and only years that ended at least a year ago.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kit.git.values.summary import percentile, top_folder
from kit.git.values.verdict import DAY_S, Revert

__all__ = ["WITHIN_DAYS", "Lasted", "Year", "folders_by_year", "lasted", "year_of", "years"]

WITHIN_DAYS = 365
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasted:
    """A reverted commit: when it was committed, and the time to its revert, by both dates.

    ``sha`` and ``revert`` are empty in figures that come without hashes.
    """

    committed_s: int
    by_committer_s: int
    by_author_s: int
    sha: str = ""
    revert: str = ""

    @property
    def days(self) -> float:
        """Days by committer date."""
        return self.by_committer_s / DAY_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """The reverted commits of a year; ``soon`` and its median are None if it is too recent."""

    year: int
    count: int
    median: float
    soon: int | None
    soon_median: float | None


def lasted(rows: Iterable[Revert]) -> tuple[Lasted, ...]:
    """Return every dated target of the rows; a commit that was reverted twice appears twice."""
    return tuple(
        Lasted(
            sha=target.sha,
            revert=row.sha,
            committed_s=row.committed_s - target.committed_s,
            by_committer_s=target.committed_s,
            by_author_s=target.authored_s,
        )
        for row in rows
        for target in row.targets
        if target.sha and target.committed_s is not None and target.authored_s is not None
    )


def folders_by_year(
    rows: Iterable[tuple[Revert, Iterable[str]]],
) -> Mapping[tuple[str, int], int]:
    """Return how many reverts changed each top-level folder in each year.

    Args:
        rows: Each revert with the paths that it changes; a folder counts once a revert.
    """
    counts: Counter[tuple[str, int]] = Counter()
    for row, paths in rows:
        year = int(row.committed[:4])
        counts.update((folder, year) for folder in {top_folder(path) for path in paths})
    return counts


def years(found: Sequence[Lasted], until_s: int) -> tuple[Year, ...]:
    """Return the years of reverted commits, oldest first; the history ends at *until_s*."""
    by_year: dict[int, list[Lasted]] = {}
    for each in found:
        by_year.setdefault(year_of(each.committed_s), []).append(each)
    return tuple(_year(year, by_year[year], until_s) for year in sorted(by_year))


def _year(year: int, found: Sequence[Lasted], until_s: int) -> Year:
    days = [each.days for each in found]
    soon = [each for each in days if each <= WITHIN_DAYS]
    is_told = year_of(until_s - WITHIN_DAYS * DAY_S) > year
    return Year(
        year=year,
        count=len(days),
        median=percentile(days, 0.5),
        soon=len(soon) if is_told else None,
        soon_median=percentile(soon, 0.5) if is_told and soon else None,
    )


def year_of(seconds: int) -> int:
    """Return the year, in UTC, of seconds since 1970; 1 or 9999 for what lies beyond them.

    >>> year_of(0), year_of(1_609_459_199), year_of(1_609_459_200)
    (1970, 2020, 2021)
    """
    day = _EPOCH + seconds // DAY_S
    return date.fromordinal(min(max(day, 1), date.max.toordinal())).year
