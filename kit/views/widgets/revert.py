"""One revert as a widget: name a commit, and see the verdict, its reasons, and the diffs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets

from kit.views.escape import Html
from kit.views.html.print_form import PrintForm
from kit.views.html.revert import diffs_html, page_text, report_html
from kit.views.models.revert import RevertModel
from kit.views.print.tables import print_revert
from kit.views.widgets.base import Card, HtmlView, row

__all__ = ["RevertWidget"]

_NOTHING = Html('<p class="kit-soft">Choose a revert: its report and its diff are shown here.</p>')


class RevertWidget(Card):
    """The report of a revert; see `RevertModel`.

    ``history_panel`` returns the panel that changes the history, given a callback for changes.
    """

    def __init__(
        self,
        model: RevertModel,
        history_panel: Callable[[Callable[[], None]], widgets.Widget] | None = None,
    ) -> None:
        self.model = model
        self._name = widgets.Text(
            description="commit:",
            value=model.named,
            placeholder="a hash, a tag, or a name such as revert",
            continuous_update=False,
        )
        self._status, self._report, self._diffs = (HtmlView() for _ in range(3))
        self._turn = self._button("diff side by side", "How the diff is shown", self._aside)
        check = self._button("check it", "Read this commit and check it", self._choose)
        self._name.observe(self._guarded(self._choose_another), ["value"])
        named = row([self._name, check, self._turn], "kit-row", "kit-named")
        super().__init__(
            "kit-revert",
            [
                *([] if history_panel is None else [history_panel(self._again)]),
                named,
                self._status,
                self._report,
                self._diffs,
            ],
        )
        model.observe(lambda _: self._show(), ["page"])
        model.observe(lambda _: self._show_diffs(unfolded=True), ["side_by_side"])
        model.observe(lambda _: self._say(model.hint), ["hint"])
        self._say(model.hint)
        self._show()

    def choose(self, name: str) -> None:
        """Show a revert."""
        self.model.choose(name)
        self._name.value = self.model.named

    def _choose(self) -> None:
        self.model.choose(self._name.value)

    def _choose_another(self) -> None:
        if self._name.value.strip() != self.model.named:  # else it repeats what was chosen
            self._choose()

    def _again(self) -> None:
        """Read the named commit from another history."""
        self.model.page = None
        self._choose()

    def _come_back(self, place: Mapping[str, Any]) -> None:
        self.choose(str(place["commit"]))

    def _aside(self) -> None:
        self.model.side_by_side = not self.model.side_by_side

    def _show(self) -> None:
        page = self.model.page
        self._report.value = _NOTHING if page is None else report_html(page)
        if self.model.named:
            self._page.place = {"commit": self.model.named}
        self._show_diffs(unfolded=False)

    def _show_diffs(self, *, unfolded: bool) -> None:
        page, aside = self.model.page, self.model.side_by_side
        self._diffs.value = (
            Html() if page is None else diffs_html(page, side_by_side=aside, unfolded=unfolded)
        )
        self._turn.description = "diff in one column" if aside else "diff side by side"

    def _repr_print_(self) -> PrintForm:
        return print_revert(self.model)

    @property
    def text(self) -> str:
        """The verdict as plain text."""
        page = self.model.page
        return self.model.hint or "no revert is chosen" if page is None else page_text(page)
