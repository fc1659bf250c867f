"""How long commits lasted, and what a history cannot know of that yet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kit.course.time_to_revert import Lasted, Year, lasted, year_of, years
from kit.git.values.verdict import DAY_S
from tests.views.widgets.revert_rows import NEWEST_S, a_row, sha_of


def one(when: datetime, days: int) -> Lasted:
    return Lasted(
        sha="s",
        revert="r",
        committed_s=int(when.timestamp()),
        by_committer_s=days * DAY_S,
        by_author_s=days * DAY_S,
    )


def at(year: int, month: int = 6) -> datetime:
    return datetime(year, month, 1, tzinfo=UTC)


def test_every_dated_target_counts_by_both_dates() -> None:
    rows = [a_row(1, days=33, author_days=37), a_row(2, days=None)]

    assert lasted(rows) == (
        Lasted(
            sha=sha_of(9001),
            revert=sha_of(1),
            committed_s=NEWEST_S - 34 * DAY_S,
            by_committer_s=33 * DAY_S,
            by_author_s=37 * DAY_S,
        ),
    )


def test_a_year_counts_what_was_reverted_within_a_year_of_each_commit() -> None:
    found = [one(at(2018), 10), one(at(2018), 20), one(at(2018), 1000)]

    assert years(found, int(at(2022).timestamp())) == (
        Year(year=2018, count=3, median=20, soon=2, soon_median=15),
    )


def test_a_year_of_which_a_commit_has_not_had_its_year_is_too_young() -> None:
    """In June 2021 a commit of December 2020 can have lasted half a year at most."""
    found = [one(at(2020), 10), one(at(2019), 10)]
    told = {each.year: each.soon for each in years(found, int(at(2021).timestamp()))}

    assert told == {2019: 1, 2020: None}
    assert years(found, int(at(2022, 1).timestamp()))[1].soon == 1


def test_a_year_without_a_quick_revert_has_no_median_of_them() -> None:
    (only,) = years([one(at(2010), 3000)], NEWEST_S)

    assert (only.soon, only.soon_median) == (0, None)


def test_the_year_is_that_of_the_calendar() -> None:
    days = [datetime(1960, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(60_000)]

    assert [day for day in days if year_of(int(day.timestamp())) != day.year] == []
    assert [day for day in days if year_of(int(day.timestamp()) - 1) == day.year] == [
        day for day in days if (day.month, day.day) != (1, 1)
    ]
