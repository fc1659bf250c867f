"""The widgets of reverts bind their models; what they show is escaped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import ipywidgets as widgets
import pytest

from kit.common.errors import UserError
from kit.git.values.page import CommitPage, LaterCommit, RevertPage
from kit.git.values.revert_message import Form
from kit.git.values.verdict import CheckAnswer, Residual, Revert, RevertFinding, RevertVerdict
from kit.views.models.revert import ROWS_A_PAGE, RevertModel, RevertRows, RevertsModel
from kit.views.widgets.revert import RevertWidget
from kit.views.widgets.reverts import RevertsWidget
from tests.views.widgets.revert_rows import a_page, a_row, found
from tests.views.widgets.widgets import KEYBOARD, button, click, inside, place_of, shown

EVIL = "<b>\x1b[31m"
ROWS = tuple(
    a_row(n, days=n, form=Form.SUBJECT if n % 2 else Form.PHRASE, year=2000 + n % 20)
    for n in range(1, 46)
)
PARTIAL = RevertFinding(
    RevertVerdict.PARTIAL,
    "a <note>",
    (
        CheckAnswer("three_way", "three-way", "Is it?", False),
        CheckAnswer("same_lines", "line by line", "<b>Or not?", None),
    ),
    (Residual("hw/<x>.c", "+", EVIL), Residual("f", "-", "gone", own=True)),
    (3, 6),
)


def page_of(name: str) -> RevertPage:
    for row in ROWS:
        if row.sha == name:
            return a_page(row, RevertFinding(RevertVerdict.EXACT))
    raise UserError(f"no commit <{name}> here")


def check(rows: Sequence[Revert]) -> Iterator[Revert]:
    return (replace(row, finding=RevertFinding(RevertVerdict.SAME_LINES)) for row in rows)


class Panel(widgets.HTML):  # type: ignore[misc]  # ipywidgets ships no types
    """What changes the history, in a test by hand."""

    def __init__(self, changed: Callable[[], None]) -> None:
        super().__init__()
        self.changed = changed


@pytest.fixture
def table() -> Iterator[RevertsWidget]:
    widget = RevertsWidget(
        RevertsModel(found(*ROWS), check),
        RevertModel(page_of),
        lambda: found(a_row(77, "of another history")),
        Panel,
    )
    yield widget
    widget.close_all()


def report_of(page: RevertPage) -> RevertWidget:
    model = RevertModel(lambda _: page)
    model.choose("it")
    return RevertWidget(model, Panel)


def names(table: RevertsWidget) -> list[str]:
    return [name.description for line, _, name in table._lines if line.layout.display != "none"]


# -- the report --------------------------------------------------------------------------------


def test_a_report_says_what_was_checked_and_what_is_left() -> None:
    page = replace(
        a_page(ROWS[4], PARTIAL),
        lines=9,
        tags=("v1.0-rc0", "v1.0"),
        releases=("v1.0",),
        untold=2,
        after=(LaterCommit("a" * 40, "once <more>", "2001-01-01", "re-land"),),
    )
    written = shown(report_of(page))

    for words in (
        "<strong>partial: something of the targets is left</strong><br>a &lt;note&gt;",
        "<td>no (3 of 6 orders apply)</td>",
        "<td>cannot be told here (9 lines changed)</td>",
        "left    +&lt;b&gt;\\x1b[31m",
        "its own -gone",
        "<dd>v1.0-rc0, v1.0</dd>",
        "<dd>v1.0</dd>",
        "The kit cannot tell for 2 tags",
        "<td>once &lt;more&gt;</td><td>brings it back</td>",
        "<td>5</td><td>5</td>",
    ):
        assert words in written, words


def test_all_that_comes_from_a_clone_is_escaped() -> None:
    evil = replace(ROWS[0], subject=EVIL, author=EVIL)
    diff = CommitPage(EVIL, note=EVIL)
    page = replace(
        a_page(evil, PARTIAL),
        titles=(EVIL,),
        source=EVIL,
        tags=(EVIL,),
        releases=(EVIL,),
        after=(LaterCommit("a" * 40, EVIL, EVIL, EVIL),),
        chain=(evil,),
        diff=diff,
        diffs=(diff,),
    )
    written = shown(report_of(page))

    assert "<b>" not in written
    assert "&lt;b&gt;\\x1b[31m" in written


def test_where_no_tag_can_be_told_none_is_not_claimed() -> None:
    written = shown(report_of(replace(a_page(ROWS[0]), untold=3)))

    assert "<dt>tags with the code</dt><dd>none known</dd>" in written


def test_the_diffs_of_many_targets_are_cut_and_it_is_said() -> None:
    two = replace(ROWS[0], targets=ROWS[0].targets * 3)
    page = replace(a_page(two), titles=("",) * 3, diffs=(CommitPage("one", note="x"),))

    assert "… and 2 more targets." in shown(report_of(page))


def test_another_commit_is_named_by_enter_or_by_the_button() -> None:
    widget = RevertWidget(RevertModel(page_of))
    widget._name.value = ROWS[2].sha
    first = widget.model.page
    widget._name.value = "nowhere"
    said = widget._status.value
    click(widget, "check it")

    assert first == widget.model.page == a_page(ROWS[2], RevertFinding(RevertVerdict.EXACT))
    assert "no commit &lt;nowhere&gt; here" in said
    widget.close_all()


def test_a_new_history_is_asked_for_the_same_commit() -> None:
    pages = iter([a_page(ROWS[0]), a_page(ROWS[1])])
    model = RevertModel(lambda _: next(pages))
    widget = RevertWidget(model, Panel)
    widget.choose("revert")
    next(w for w in inside(widget) if isinstance(w, Panel)).changed()

    assert model.page == a_page(ROWS[1])
    widget.close_all()


def test_the_diff_is_folded_until_it_is_turned() -> None:
    widget = report_of(replace(a_page(ROWS[0]), diff=CommitPage("x", note="no files")))
    folded = widget._diffs.value
    click(widget, "diff side by side")
    aside = widget.model.side_by_side
    click(widget, "diff in one column")

    diff = "<summary>diff of the revert</summary><p>no files</p></details>"
    diff += '<p class="kit-soft">… and 1 more target.</p>'
    assert (aside, widget.model.side_by_side) == (True, False)
    assert (folded, widget._diffs.value) == (f"<details>{diff}", f"<details open>{diff}")


def test_as_text_a_report_is_its_verdict() -> None:
    assert repr(report_of(a_page(ROWS[0], PARTIAL))).splitlines() == [
        f'{ROWS[0].sha[:10]} Revert "1"',
        "partial: something of the targets is left",
        "a <note>",
    ]
    assert repr(RevertWidget(RevertModel(page_of))) == "no revert is chosen"


# -- the table ---------------------------------------------------------------------------------


def test_a_page_is_shown_and_turned(table: RevertsWidget) -> None:
    first = names(table)
    click(table, "last page")
    last = names(table)
    click(table, "‹ page back")

    assert (len(first), len(last), len(names(table))) == (ROWS_A_PAGE, 5, ROWS_A_PAGE)
    assert last == [f'{row.sha[:10]} Revert "{int(row.sha, 16)}"' for row in ROWS[40:]]
    assert "21 to 40 of 45" in table._place.value


def test_each_filter_is_bound(table: RevertsWidget) -> None:
    counts = []
    table._words.value = "revert"
    counts.append(len(table.model.table.rows))
    click(table, "subject")
    counts.append(len(table.model.table.rows))
    table._years.value = "2001-2003"
    counts.append(len(table.model.table.rows))
    click(table, "exact")
    counts.append(len(table.model.table.rows))
    click(table, "show all")
    counts.append(len(table.model.table.rows))

    assert counts == [45, 23, 6, 0, 45]
    assert (table._words.value, table._years.value) == ("", "")


def test_what_is_no_year_is_said(table: RevertsWidget) -> None:
    table._years.value = "<soon>"

    assert "&lt;soon&gt; is not a year" in table._status.value


def test_the_chosen_filter_and_order_are_marked(table: RevertsWidget) -> None:
    click(table, "phrase", "days", "▼ days")
    marked = [
        w.description
        for w in inside(table)
        if isinstance(w, widgets.Button) and w.description[:2] in ("● ", "▲ ", "▼ ")
    ]

    assert marked == ["● phrase", "● any", "▲ days"]


def test_a_row_shows_its_report_and_its_verdict(table: RevertsWidget) -> None:
    table._lines[2][2].click()
    _, cells, name = table._lines[2]

    assert table.report.model.page == a_page(ROWS[2], RevertFinding(RevertVerdict.EXACT))
    assert name.description == f'● {ROWS[2].sha[:10]} Revert "3"'
    assert '<span class="kit-fine">exact</span>' in cells.value
    assert name.tooltip == (
        "2003-01-03, 3 days by committer, 3 by author date, subject, verdict: exact"
    )
    assert "the report and the diff are below the table" in table._status.value


def test_checking_says_how_far_it_is(table: RevertsWidget) -> None:
    said: list[str] = []
    table._status.observe(lambda change: said.append(change["new"]), ["value"])
    click(table, "check these")
    told = [words.split(">")[1].split("<")[0] for words in said]

    assert told == [*(f"checking: {n} of 45 …" for n in (10, 20, 30, 40)), "45 checked."]
    assert {row.finding for row in table.model.table.rows} == {
        RevertFinding(RevertVerdict.SAME_LINES)
    }


def test_another_history_is_read(table: RevertsWidget) -> None:
    next(w for w in inside(table) if isinstance(w, Panel)).changed()

    assert names(table) == [f"{a_row(77).sha[:10]} of another history"]


def test_a_history_that_cannot_be_read_empties_the_table_and_says_why() -> None:
    def read() -> RevertRows:
        raise UserError("it holds <single> commits")

    table = RevertsWidget(RevertsModel(found(*ROWS), check), RevertModel(page_of), read, Panel)
    next(w for w in inside(table) if isinstance(w, Panel)).changed()

    assert (names(table), table.report.model.page) == ([], None)
    assert "it holds &lt;single&gt; commits" in table._status.value
    table.close_all()


def test_turning_a_page_sends_only_what_changes(table: RevertsWidget) -> None:
    sent: list[widgets.Widget] = []
    for child in inside(table):
        child.observe(lambda change: sent.append(change["owner"]), ["value", "children"])
    click(table, "next page ›")
    rows = {cells for _, cells, _ in table._lines}

    assert set(sent) == rows | {table._place}


def test_as_text_it_is_the_present_page(table: RevertsWidget) -> None:
    lines = repr(table).splitlines()

    assert lines[0].startswith("45 reverts; half of what they name was reverted within 23 days")
    assert lines[1] == f'2001-01-03 {ROWS[0].sha[:10]} –          Revert "1"'
    assert lines[-1] == "… 25 more"
    data = table._repr_mimebundle_()
    assert "image/svg+xml" not in (data[0] if isinstance(data, tuple) else data)


def test_only_controls_that_the_keyboard_can_use_and_none_is_disabled(
    table: RevertsWidget,
) -> None:
    kinds = {type(w).__name__ for w in inside(table)}
    controls = [w for w in inside(table) if isinstance(w, (widgets.Button, widgets.Text))]

    assert kinds - {"RevertsWidget", "RevertWidget", "Panel", "Text"} <= KEYBOARD
    assert [w for w in controls if w.disabled] == []
    assert button(table, "check these").tooltip


# -- in another kernel -----------------------------------------------------------------------------


def test_the_table_comes_back_with_its_filter_its_page_and_its_report(
    table: RevertsWidget,
) -> None:
    table.model.narrow(years="2000-2019")
    click(table, "days", "next page ›")
    table._choose(3)
    other = RevertsWidget(RevertsModel(found(*ROWS), check), RevertModel(page_of), lambda: found())
    place_of(other).answer({"place": place_of(table).place})

    assert other.model.table == table.model.table
    assert other.report.model.named == table.report.model.named == ROWS[21].sha
    assert other._years.value == "2000-2019"
    other.close_all()


def test_a_report_comes_back_with_its_commit() -> None:
    before, after = (RevertWidget(RevertModel(page_of)) for _ in range(2))
    before.choose(ROWS[2].sha)
    place_of(after).answer({"place": place_of(before).place})

    assert after.model.page == before.model.page == page_of(ROWS[2].sha)


@pytest.mark.parametrize("place", [{}, {"years": "x"}, {"words": "", "years": "", "form": "no"}])
def test_a_place_that_is_none_changes_no_table(
    table: RevertsWidget, place: dict[str, object]
) -> None:
    before = table.model.table
    place_of(table).answer({"place": place})

    assert table.model.table == before
