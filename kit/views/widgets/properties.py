"""The table of properties as a widget: each cell is a button that explains its value."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import ipywidgets as widgets

from kit.explorer.comparison import PathPlay
from kit.explorer.properties import PROPERTIES, UnplugProperty
from kit.explorer.search import Judgement
from kit.machine.revision import Revision
from kit.views.cockpit.path import PathDesk
from kit.views.escape import Html
from kit.views.html.base import status
from kit.views.html.print_form import PrintForm
from kit.views.models.path import PathModel
from kit.views.models.properties import PropertyModel
from kit.views.print.tables import print_properties
from kit.views.widgets.base import Card, HtmlView, in_turn, row
from kit.views.widgets.desks import PathWidget

__all__ = ["PropertyWidget"]

_PAUSE_S = 0.01  # in which the kernel reads other clicks


class PropertyWidget(Card):
    """The table. ``mail_of`` writes a mail about a path.

    If an event loop runs, several searches run one after the other, so that the kernel listens in
    between. Without a loop they run at once.
    """

    def __init__(
        self, model: PropertyModel, mail_of: Callable[[PathPlay], str] | None = None
    ) -> None:
        self.model, self._mail_of = model, mail_of
        self._waiting: list[Iterator[None]] = []
        self._task: asyncio.Task[None] | None = None
        self._progress, self._status = HtmlView(), HtmlView()
        self._player = widgets.VBox([])
        self._cells = {
            (prop, revision): self._cell(prop, revision)
            for prop in PROPERTIES
            for revision in model.revisions
        }
        every = self._button(
            "explore all",
            "Explore every revision of the table",
            lambda: self._do(model.look_all()),
        )
        super().__init__(
            "kit-properties",
            [
                HtmlView(Html('<div class="kit-label">{}</div>').format(model.heading)),
                row([every, self._progress], "kit-row"),
                self._grid(),
                self._status,
                self._player,
            ],
        )
        model.observe(lambda _: self._show_cells(), ["known"])
        model.observe(lambda _: self._show_progress(), ["progress"])
        model.observe(lambda _: self._show_explanation(), ["explanation"])
        model.observe(lambda _: self._show_play(), ["play"])
        self._show_cells()
        self._show_progress()
        self._show_explanation()

    def _cell(self, prop: UnplugProperty, revision: Revision) -> widgets.Button:
        return self._button("?", "", partial(self._choose, prop, revision))

    def _choose(self, prop: UnplugProperty, revision: Revision) -> None:
        self._page.place = {"property": prop.name, "revision": revision.name}
        self._do(self.model.choose(prop, revision))

    def _come_back(self, place: Mapping[str, Any]) -> None:
        """Choose the same cell again; what it needs is searched again."""
        named = {(prop.name, revision.name): (prop, revision) for prop, revision in self._cells}
        self._choose(*named[place["property"], place["revision"]])

    def _grid(self) -> widgets.GridBox:
        children: list[widgets.Widget] = [_head("property")]
        children += [_head(revision.name) for revision in self.model.revisions]
        for prop in PROPERTIES:
            children.append(_head(prop.name, "kit-property"))
            children += [self._cells[prop, revision] for revision in self.model.revisions]
        columns = f"repeat({len(self.model.revisions)}, minmax(56px, 1fr))"
        grid = widgets.GridBox(
            children, layout={"grid_template_columns": f"minmax(112px, max-content) {columns}"}
        )
        grid.add_class("kit-grid")
        return grid

    def _do(self, steps: Iterator[None]) -> None:
        self._waiting.append(steps)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            while self._waiting:
                self._step()
            return
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._work())

    async def _work(self) -> None:
        while self._waiting:
            await asyncio.sleep(_PAUSE_S)
            self._step()

    @in_turn
    def _step(self) -> None:
        """Do one step of the latest click: whoever clicks a cell does not wait for the others."""
        steps = self._waiting[-1]
        try:
            next(steps)
        except StopIteration:
            self._waiting.remove(steps)
        except Exception as error:  # noqa: BLE001 - shown to the person who clicked
            self._waiting.remove(steps)
            self._say(f"This click failed: {error or type(error).__name__}")

    def _say(self, words: str) -> None:
        self._status.value = status(words)

    def _show_cells(self) -> None:
        for (prop, revision), made in self._cells.items():
            words = self.model.cell(prop, revision)
            if made.description != words or not made.tooltip:
                made.description = words
                made.tooltip = self.model.words(prop, revision)
                judged = self.model.judged(prop, revision)
                judgement = judged[0] if judged else None
                for style, on in (
                    ("kit-no", judgement is Judgement.VIOLATED),
                    ("kit-yes", judgement is Judgement.HOLDS),
                ):
                    (made.add_class if on else made.remove_class)(style)

    def _show_progress(self) -> None:
        self._progress.value = Html('<span class="kit-label" role="status">{}</span>').format(
            self.model.progress
        )

    def _show_explanation(self) -> None:
        press = "Press a cell to see its property, and the shortest path that shows it."
        self._say(self.model.explanation or press)

    def _show_play(self) -> None:
        old, play = self._player.children, self.model.play
        self._player.children = (
            [] if play is None else [PathWidget(PathDesk(PathModel(play), self._mail_of))]
        )
        for widget in old:
            widget.close()

    @property
    def svg(self) -> Html:  # type: ignore[override]  # a picture only where a path is shown
        """The picture of the path that is shown."""
        return Html().join(player.svg for player in self._player.children)

    def _repr_print_(self) -> PrintForm:
        return print_properties(self.model.anew())

    @property
    def text(self) -> str:
        """The table, and the path that is shown, as plain text."""
        shown = [player.text for player in self._player.children]
        return "\n\n".join([self.model.text, *shown])


def _head(words: str, style: str = "kit-column") -> HtmlView:
    made = HtmlView(Html.escape(words).replace("-", Html("-<wbr>")))
    made.add_class(style)
    return made
