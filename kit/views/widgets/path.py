"""The player of a path as a widget: choice by choice, with messages and beliefs.

Widgets only bind. Every decision is in `PathModel`. No control is ever disabled.
"""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets

from kit.explorer.comparison import PathPlay
from kit.views.diagram.from_path import layout_of_path
from kit.views.diagram.legend import folded_legend
from kit.views.diagram.svg import picture_svg
from kit.views.escape import Html
from kit.views.html.figure import scrolling, style_html
from kit.views.html.print_form import PrintForm
from kit.views.html.run import beliefs_html
from kit.views.models.path import PathModel
from kit.views.print.tables import print_path
from kit.views.reports.path import path_text_lines
from kit.views.widgets.base import HtmlView, Shown, button, guarded, in_turn, row
from kit.views.widgets.share_bar import ShareBar
from kit.views.widgets.travel_bar import NAME_THE_HANDLE

__all__ = ["PathWidget"]


class PathWidget(Shown):
    """The player of a path. ``mail_of`` writes a mail about it."""

    def __init__(self, model: PathModel, mail_of: Callable[[PathPlay], str] | None = None) -> None:
        """Build the widgets and bind them to *model*."""
        self.model, self._showing = model, False
        self._title, self._status, self._picture, self._beliefs, self._end = (
            HtmlView() for _ in range(5)
        )
        # a slider needs two different ends
        self._slider = widgets.IntSlider(min=0, max=max(model.count, 1), readout=False)
        self._number = widgets.BoundedIntText(min=0, max=model.count, description="choice")
        self._slider.add_class("kit-slider")
        for box in (self._slider, self._number):
            box.observe(self._moved, ["value"])
        self._of = HtmlView()
        travel = widgets.VBox(
            [
                row(self._buttons(), "kit-row"),
                row(
                    [self._number, self._of, self._slider, HtmlView(NAME_THE_HANDLE)],
                    "kit-row",
                    "kit-boxes",
                ),
            ]
        )
        travel.add_class("kit-travel")
        super().__init__(
            [
                HtmlView(style_html()),
                self._title,
                travel,
                self._status,
                self._picture,
                HtmlView(folded_legend()),
                self._beliefs,
                self._end,
                self._share(mail_of),
            ]
        )
        self.add_class("kit")
        self.add_class("kit-path")
        model.observe(lambda _: self._show(), ["place", "play"])
        model.observe(lambda _: self._say(model.hint), ["hint"])
        self._show()

    def _buttons(self) -> list[widgets.Button]:
        model = self.model
        found = [
            ("first", "Before the first choice", model.first),
            ("‹ back", "One choice back", model.back),
            ("next ›", "One choice on", model.next),
            ("last", "To the end", model.last),
            ("next difference", "The next choice that is answered differently", self._differ),
        ]
        shown = found if len(model.play.sides) == 2 else found[:-1]
        return [
            button(words, tooltip, guarded(action, self._say)) for words, tooltip, action in shown
        ]

    def _differ(self) -> None:
        self.model.next_difference()

    def _share(self, mail_of: Callable[[PathPlay], str] | None) -> ShareBar:
        writers: dict[str, Callable[[], str]] = {
            "text": lambda: "\n".join(path_text_lines(self.model.play, 72)),
            "svg": lambda: self.svg,
        }
        if mail_of is not None:
            writers["mail"] = lambda: mail_of(self.model.play)
        return ShareBar(writers, lambda: "path.svg")

    @in_turn
    def _moved(self, change: dict[str, int]) -> None:
        if not self._showing:
            guarded(lambda: self.model.go(change["new"]), self._say)(None)

    # -- showing -------------------------------------------------------------------------------

    def _show(self) -> None:
        model = self.model
        self._showing = True
        try:
            self._slider.value = self._number.value = model.place
        finally:
            self._showing = False
        self._of.value = Html('<span class="kit-label">of {}</span>').format(model.count)
        at = " and ".join(model.heads)
        self._title.value = Html('<h4>{}</h4><p class="kit-soft">at {}</p>').format(model.title, at)
        self._say(model.hint)
        self.svg = picture_svg(layout_of_path(model.play, model.place))
        self._picture.value = scrolling(self.svg)
        self._beliefs.value = beliefs_html(model.heads, model.knowledge)
        outcome = Html("<br>").join(model.outcome)
        self._end.value = Html(
            '<p>{}</p><p class="kit-soft">The same in a terminal: <code>{}</code></p>'
        ).format(outcome, model.command)

    def _say(self, hint: str) -> None:
        model = self.model
        parts = [Html("<strong>{}</strong>").format(model.action)]
        for who, sentences in model.sentences:
            name = Html('<span class="kit-who">{}</span> ').format(who) if who else Html()
            parts.append(name + " ".join(sentences))
        note = Html('<br><span class="kit-silent">{}</span>').format(hint) if hint else ""
        self._status.value = Html(
            '<div class="kit-verdict kit-said{}" role="status" aria-live="polite">{}{}</div>'
        ).format(" kit-parted" if model.parted else "", Html("<br>").join(parts), note)

    def _repr_print_(self) -> PrintForm:
        return print_path(self.model)

    @property
    def text(self) -> str:
        """The player as plain text."""
        return self.model.text
