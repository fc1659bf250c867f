"""The table of reverts and the chosen one, without a screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from kit.common.errors import UserError
from kit.git.values.page import RevertPage
from kit.git.values.revert_message import Form
from kit.git.values.verdict import Revert, RevertFinding, RevertVerdict
from kit.views.models.revert import (
    ROWS_A_PAGE,
    Filter,
    Judged,
    RevertModel,
    RevertsModel,
    SortOrder,
    days_of,
)
from tests.views.widgets.revert_rows import a_page, a_row, found, sha_of

ROWS = (
    a_row(1, "spapr: out again", days=33, author_days=37, author="D. B. <d@example.org>"),
    a_row(2, 'Revert "block: x"', days=5, form=Form.SUBJECT, year=2020),
    a_row(3, "block: y", days=None, form=Form.PROSE, year=2019, verdict=RevertVerdict.PARTIAL),
    a_row(4, "Apply nothing", days=50, author_days=2, year=2018, verdict=RevertVerdict.EXACT),
)
PATHS = {1: ("hw/ppc/spapr.c",), 2: ("block/io.c",), 3: ("hw/ide/core.c",)}


def no_check(rows: Sequence[Revert]) -> Iterator[Revert]:
    raise AssertionError(f"nobody asked to check {len(rows)}")


def exact(rows: Sequence[Revert]) -> Iterator[Revert]:
    return (replace(row, finding=RevertFinding(RevertVerdict.EXACT)) for row in rows)


@pytest.fixture
def model() -> RevertsModel:
    return RevertsModel(found(*ROWS, paths=PATHS), no_check)


def shown(model: RevertsModel) -> list[int]:
    return [int(row.sha, 16) for row in model.table.rows]


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("", [1, 2, 3, 4]),
        ("SPAPR", [1]),
        ("hw/", [1, 3]),
        ("example.org d.", [1]),
        ("block hw", [3]),
        (sha_of(9004)[-6:], [4]),
        ("no such words", []),
    ],
)
def test_each_word_stands_in_subject_author_path_or_hash(
    model: RevertsModel, words: str, numbers: list[int]
) -> None:
    model.narrow(words=words)

    assert shown(model) == numbers


@pytest.mark.parametrize(
    ("years", "numbers"),
    [("2020", [2]), ("2018-2020", [2, 3, 4]), (" 2019 – 2021 ", [1, 2, 3]), ("", [1, 2, 3, 4])],
)
def test_a_year_or_several(model: RevertsModel, years: str, numbers: list[int]) -> None:
    model.narrow(years=years)

    assert shown(model) == numbers


@pytest.mark.parametrize("years", ["20", "20210", "2021-", "last", "-2021"])
def test_what_is_no_year_is_refused_and_changes_nothing(model: RevertsModel, years: str) -> None:
    before = model.table
    with pytest.raises(UserError, match="is not a year; give one as 2021, or two as 2018-2021"):
        model.narrow(years=years)

    assert model.table == before


def test_one_form_or_any(model: RevertsModel) -> None:
    model.choose_form(Form.PROSE)
    one = shown(model)
    model.choose_form(None)

    assert (one, shown(model)) == ([3], [1, 2, 3, 4])


@pytest.mark.parametrize(
    ("judged", "numbers"),
    [
        (Judged.EXACT, [4]),
        (Judged.PARTIAL, [3]),
        (Judged.NOT_CHECKED, [1, 2]),
        (Judged.NONE, []),
    ],
)
def test_a_verdict(model: RevertsModel, judged: Judged, numbers: list[int]) -> None:
    model.narrow(judged=judged)

    assert shown(model) == numbers


def test_checked_without_a_verdict_is_not_unchecked() -> None:
    model = RevertsModel(found(replace(ROWS[0], finding=RevertFinding())), no_check)
    model.narrow(judged=Judged.NONE)

    assert shown(model) == [1]


@pytest.mark.parametrize(
    ("order", "first", "again"),
    [
        (SortOrder.DATE, [4, 3, 2, 1], [1, 2, 3, 4]),
        (SortOrder.DAYS, [4, 1, 2, 3], [2, 1, 4, 3]),
        (SortOrder.AUTHOR_DAYS, [1, 2, 4, 3], [4, 2, 1, 3]),
        (SortOrder.VERDICT, [4, 3, 1, 2], [1, 2, 3, 4]),
        (SortOrder.SUBJECT, [4, 3, 2, 1], [1, 2, 3, 4]),
    ],
)
def test_sorted_by_something_and_the_other_way_round(
    model: RevertsModel, order: SortOrder, first: list[int], again: list[int]
) -> None:
    """What has no days is last both ways; it starts sorted by date, the newest first."""
    model.sort(order)
    once = shown(model)
    model.sort(order)

    assert (once, shown(model)) == (first, again)


def test_pages_and_their_ends() -> None:
    model = RevertsModel(found(*(a_row(n) for n in range(1, 2 * ROWS_A_PAGE + 2))), no_check)
    model.go(2)
    last = [int(row.sha, 16) for row in model.table.here]
    model.go(3)
    hint = model.hint
    model.go(-1)

    assert (model.table.pages, last) == (3, [2 * ROWS_A_PAGE + 1])
    assert (hint, model.hint) == ("This is the last page.", "This is the first page.")


def test_a_filter_leads_to_the_first_page() -> None:
    model = RevertsModel(found(*(a_row(n) for n in range(1, 50))), no_check)
    model.go(2)
    model.narrow(words="revert")

    assert model.table.page == 0


def test_one_thing_done_is_one_change(model: RevertsModel) -> None:
    changes: list[object] = []
    model.observe(lambda _: changes.append(None), ["table"])
    model.narrow(words="hw", years="2019", judged=Judged.PARTIAL)

    assert (len(changes), shown(model)) == (1, [3])


def test_show_all_takes_filter_and_order_back(model: RevertsModel) -> None:
    model.narrow(words="hw", years="2019")
    model.sort(SortOrder.DAYS)
    model.reset()

    assert (model.table.wanted, shown(model)) == (Filter(), [1, 2, 3, 4])


def test_what_is_shown_is_checked_once_and_told() -> None:
    model = RevertsModel(found(*ROWS), exact)
    told: list[tuple[int, int]] = []
    model.narrow(judged=Judged.NOT_CHECKED)
    model.check_shown(lambda done, total: told.append((done, total)))
    left = shown(model)
    model.narrow(judged=Judged.EXACT)
    model.check_shown(lambda *_: pytest.fail("checked again"))

    assert (told, left, shown(model)) == ([(1, 2), (2, 2)], [], [1, 2, 4])
    assert model.hint == "These have been checked."


def test_where_no_row_is_shown_none_was_checked() -> None:
    model = RevertsModel(found(*ROWS), exact)
    model.narrow(words="no such words")
    model.check_shown(lambda *_: pytest.fail("nothing is checked"))

    assert model.hint == "No row is shown."


def test_what_was_checked_before_an_interruption_is_kept() -> None:
    def stopped(rows: Sequence[Revert]) -> Iterator[Revert]:
        yield from exact(rows[:1])
        raise KeyboardInterrupt

    model = RevertsModel(found(*ROWS), stopped)
    with pytest.raises(KeyboardInterrupt):
        model.check_shown(lambda *_: None)

    assert [row.finding is not None for row in model.table.rows] == [True, False, True, True]


def test_what_a_report_found_is_in_the_table_without_losing_the_place(model: RevertsModel) -> None:
    model.narrow(judged=Judged.NOT_CHECKED)
    model.learn(replace(ROWS[1], finding=RevertFinding(RevertVerdict.EXACT)))

    assert [row.finding for row in model.table.rows] == [None, RevertFinding(RevertVerdict.EXACT)]


def test_the_summary_tells_both_dates(model: RevertsModel) -> None:
    whole = model.summary()
    model.narrow(years="2021")
    one = model.summary()
    model.narrow(years="2019")

    assert whole == (
        "4 reverts; half of what they name was reverted within 33 days by committer date,"
        " 5 by author date"
    )
    assert one == (
        "1 of 4 reverts; what it names was reverted within 33 days by committer date,"
        " 37 by author date"
    )
    assert model.summary() == "1 of 4 reverts"


def test_another_history_keeps_the_filter(model: RevertsModel) -> None:
    model.narrow(words="y")
    model.choose(sha_of(3))
    model.load(found(a_row(7, "y"), a_row(8, "x")))

    assert (shown(model), model.table.chosen, model.table.wanted.words) == ([7], "", "y")


def test_of_several_targets_the_longest_lived_counts() -> None:
    both = replace(ROWS[0], targets=ROWS[1].targets + ROWS[3].targets)

    assert [days_of(row) for row in (both, ROWS[2])] == [(50, 5), None]


# -- one revert --------------------------------------------------------------------------------


def read(name: str) -> RevertPage:
    if name != "here":
        raise UserError(f"no commit {name}")
    return a_page(ROWS[0])


def test_what_is_not_here_is_said_and_the_page_stays() -> None:
    model = RevertModel(read)
    model.choose(" here ")
    page = model.page
    model.choose("gone")
    gone = model.hint
    model.choose("  ")

    assert (page, model.page, model.named) == (a_page(ROWS[0]), page, "here")
    assert gone == "no commit gone"
    assert model.hint.startswith("Name a commit: ")


def test_that_it_is_being_read_is_said() -> None:
    model = RevertModel(read)
    said: list[str] = []
    model.observe(lambda change: said.append(change["new"]), ["hint"])
    model.choose("here")

    assert said == ["reading here …", ""]
