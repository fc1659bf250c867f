"""All reverts of a history as a widget: a table to filter and sort, and the report of a row.

A row is a button with its cells beside it. Every page uses the same buttons, so turning a page
sends only text to the browser.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import ipywidgets as widgets

from kit.common.errors import UserError
from kit.common.plain_text import printable
from kit.git.values.revert_message import Form
from kit.git.values.verdict import Revert
from kit.views.escape import Html
from kit.views.html.base import status
from kit.views.html.print_form import PrintForm
from kit.views.html.revert import row_html, row_title, verdict_word
from kit.views.models.revert import (
    ROWS_A_PAGE,
    Judged,
    RevertModel,
    RevertRows,
    RevertsModel,
    SortOrder,
    days_of,
)
from kit.views.print.tables import print_reverts
from kit.views.widgets.base import (
    Card,
    HtmlView,
    label,
    press,
    row,
)
from kit.views.widgets.revert import RevertWidget

__all__ = ["RevertsWidget"]

_TOLD_EACH = 10  # rows checked between two progress messages
_HEAD = Html(
    '<div class="kit-cells kit-soft"><span>committed</span>'
    '<span class="kit-number">days c / a</span><span>form</span><span>verdict'
    "</span></div>"
)


class RevertsWidget(Card):
    """The table of reverts with a report; see `RevertsModel` and `RevertModel`.

    ``read`` returns all reverts of the history in use. ``history_panel`` returns the panel that
    changes the history, given a callback for changes.
    """

    def __init__(
        self,
        model: RevertsModel,
        report: RevertModel,
        read: Callable[[], RevertRows],
        history_panel: Callable[[Callable[[], None]], widgets.Widget] | None = None,
    ) -> None:
        self.model, self._read = model, read
        self.report = RevertWidget(report)
        self._status, self._summary, self._place = (HtmlView() for _ in range(3))
        self._lines = [self._line(place) for place in range(ROWS_A_PAGE)]
        self._words = widgets.Text(description="words:", placeholder="of subject, path or author")
        self._years = widgets.Text(
            description="years:", placeholder="2021 or 2018-2021", continuous_update=False
        )
        self._words.observe(self._guarded(lambda: model.narrow(words=self._words.value)), ["value"])
        self._years.observe(self._guarded(lambda: model.narrow(years=self._years.value)), ["value"])
        self._years.add_class("kit-short")
        self._choices: list[tuple[widgets.Button, str, Callable[[], str]]] = []
        show_all = self._button("show all", "show all", self._reset)
        super().__init__(
            "kit-reverts",
            [
                *([] if history_panel is None else [history_panel(self._reload)]),
                row([self._words, self._years, show_all], "kit-row", "kit-named"),
                self._choice_row("form:", self._form_choices()),
                self._choice_row("verdict:", self._verdict_choices()),
                self._choice_row("sort by:", self._order_choices()),
                self._summary,
                row([self._button("check these", "check these", self._check)], "kit-row"),
                self._status,
                row(
                    [HtmlView(_HEAD), HtmlView(Html('<span class="kit-soft">commit</span>'))],
                    "kit-line",
                    "kit-heads",
                ),
                *(line for line, _, _ in self._lines),
                self._pager(),
                self.report,
            ],
        )
        model.observe(lambda _: self._show(), ["table"])
        model.observe(lambda _: self._say(model.hint), ["hint"])
        report.observe(lambda _: self._learn(), ["page"])
        self._say(model.hint)
        self._show()

    def _line(self, place: int) -> tuple[widgets.HBox, HtmlView, widgets.Button]:
        cells = HtmlView()
        name = self._toggle("", "", partial(self._choose, place))
        name.add_class("kit-name")
        return row([cells, name], "kit-line"), cells, name

    def _choice_row(
        self, words: str, choices: Sequence[tuple[str, Callable[[], object], Callable[[], str]]]
    ) -> widgets.HBox:
        """Return a row of buttons. Each has a label, an action, and a function for its mark."""
        made = []
        for says, action, mark in choices:
            made.append(self._toggle(says, says, action))
            self._choices.append((made[-1], says, mark))
        return row([label(words), *made], "kit-row", "kit-menu-row")

    def _form_choices(self) -> list[tuple[str, Callable[[], object], Callable[[], str]]]:
        forms: tuple[Form | None, ...] = (None, *Form)
        return [
            (
                "any" if form is None else form.value,
                partial(self.model.choose_form, form),
                partial(self._marked, "form", form),
            )
            for form in forms
        ]

    def _verdict_choices(self) -> list[tuple[str, Callable[[], object], Callable[[], str]]]:
        narrow = self.model.narrow
        return [
            (each.value, partial(narrow, judged=each), partial(self._marked, "judged", each))
            for each in Judged
        ]

    def _order_choices(self) -> list[tuple[str, Callable[[], object], Callable[[], str]]]:
        return [
            (each.value, partial(self.model.sort, each), partial(self._arrow, each))
            for each in SortOrder
        ]

    def _marked(self, name: str, value: object) -> str:
        return "● " if getattr(self.model.table.wanted, name) is value else ""

    def _arrow(self, order: SortOrder) -> str:
        wanted = self.model.table.wanted
        return "" if wanted.order is not order else "▲ " if wanted.rising else "▼ "

    def _pager(self) -> widgets.HBox:
        model = self.model
        found = [
            ("first page", lambda: model.go(0)),
            ("‹ page back", lambda: model.go(model.table.page - 1)),
            ("next page ›", lambda: model.go(model.table.page + 1)),
            ("last page", lambda: model.go(model.table.pages - 1)),
        ]
        buttons = [self._button(words, words, turn) for words, turn in found]
        return row([*buttons, self._place], "kit-row", "kit-pager")

    def _choose(self, place: int) -> None:
        chosen = self.model.table.here[place]
        self.model.choose(chosen.sha)
        self._say(f"reading {chosen.sha[:10]} …")
        self.report.choose(chosen.sha)
        page = self.report.model.page
        if page is not None and page.revert.sha == chosen.sha:
            self._say(f"{chosen.sha[:10]}: the report and the diff are below the table.")
        else:
            self._say(self.report.model.hint)

    def _come_back(self, place: Mapping[str, Any]) -> None:
        self.model.come_back(place)
        wanted = self.model.table.wanted
        self._words.value, self._years.value = wanted.words, wanted.years
        self.model.come_back(place)  # a field that changes goes to the first page
        here = [row.sha for row in self.model.table.here]
        if place["chosen"] in here:
            self._choose(here.index(place["chosen"]))

    def _learn(self) -> None:
        """Copy the result of a report to the table."""
        page = self.report.model.page
        if page is not None:
            known = {each.sha: each for each in self.model.table.rows}
            if page.revert.sha in known:
                self.model.learn(replace(known[page.revert.sha], finding=page.finding))

    def _check(self) -> None:
        def tell(done: int, total: int) -> None:
            if done % _TOLD_EACH == 0:
                self._say(f"checking: {done} of {total} …")

        self.model.check_shown(tell)
        self._say(self.model.hint)  # repeats the hint even if it is the same

    def _reset(self) -> None:
        self.model.reset()
        self._words.value = self._years.value = ""

    def _reload(self) -> None:
        self._say("reading all reverts …")
        try:
            found = self._read()
        except UserError as error:
            self.model.load(RevertRows())
            self.report.model.page = None
            self._say(str(error))
            return
        self.model.load(found)
        self.report.model.page = None
        self._say("")

    def _show(self) -> None:
        table = self.model.table
        here = table.here
        for place, (line, cells, name) in enumerate(self._lines):
            if place >= len(here):
                line.layout.display = "none"
                continue
            line.layout.display = ""
            _show_row(here[place], here[place].sha == table.chosen, cells, name)
        for made, says, mark in self._choices:
            made.description = f"{mark()}{says}"
            press(made, on=bool(mark()))
        first = table.page * ROWS_A_PAGE
        shown = f"{first + 1} to {first + len(here)} of {len(table.rows)}" if here else "none"
        self._place.value = Html('<span class="kit-label">{}</span>').format(shown)
        self._summary.value = status(self.model.summary())
        self._page.place = self.model.place

    def _repr_print_(self) -> PrintForm:
        return print_reverts(self.model)

    @property
    def text(self) -> str:
        """The current page as plain text."""
        table = self.model.table
        lines = [
            f"{each.committed[:10]} {each.sha[:10]} {verdict_word(each):<10} "
            f"{printable(each.heading)}"
            for each in table.here
        ]
        more = len(table.rows) - len(table.here)
        return "\n".join(
            [self.model.hint or self.model.summary(), *lines, *([f"… {more} more"] if more else [])]
        )


def _show_row(shown: Revert, chosen: bool, cells: HtmlView, name: widgets.Button) -> None:
    days = days_of(shown)
    cells.value = row_html(shown, days)
    name.description = f"{'● ' if chosen else ''}{shown.sha[:10]} {printable(shown.heading)}"
    name.tooltip = row_title(shown, days)
    press(name, on=chosen)
