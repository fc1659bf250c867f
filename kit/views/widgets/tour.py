"""The series tour as a widget: the steps of the series in a row, and the chosen one in full.

A step has its commit from the history in use, its diff, the rows of the state table and the
scenarios that it changed, and the sandbox with the step before it and the step itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import ipywidgets as widgets

from kit.case_study.behaviours import Behaviour
from kit.git.values.page import CommitPage, ResponsibleLines
from kit.machine.revision import Revision
from kit.trace.entry import TraceEntry
from kit.views.cockpit.sandbox import SandboxDesk
from kit.views.escape import Html
from kit.views.html.diff import commit_html, message_html
from kit.views.html.print_form import PrintForm
from kit.views.html.tour import changes_html, head_html
from kit.views.models.sandbox import SandboxModel
from kit.views.models.tour import MAIN_STEPS, TourModel
from kit.views.print.runs import print_tour
from kit.views.widgets.base import Card, HtmlView, press, row
from kit.views.widgets.desks import SandboxWidget

__all__ = ["TourWidget"]

_SANDBOX_HEAD = Html("<h4>The step before it and the step, in the sandbox</h4>")


class TourWidget(Card):
    """The tour of the series; see `TourModel` for the content of a step.

    ``commit_of`` returns the commit of a revision from the history in use, ``behaviours_of`` what
    its lines do. ``history_panel`` returns the panel that changes the history, given a callback for
    changes. ``lines_of`` finds the lines responsible for an entry of a run.
    """

    def __init__(
        self,
        model: TourModel,
        commit_of: Callable[[Revision], CommitPage],
        behaviours_of: Callable[[Revision], tuple[Behaviour, ...]],
        history_panel: Callable[[Callable[[], None]], widgets.Widget] | None = None,
        lines_of: Callable[[TraceEntry, Revision], tuple[ResponsibleLines, ...]] | None = None,
    ) -> None:
        self.model = model
        self._commit_of, self._behaviours_of = commit_of, behaviours_of
        self._steps = [self._step_button(place) for place in range(len(model.steps))]
        self._head, self._changes = HtmlView(), HtmlView()
        self._message, self._diff, self._status = HtmlView(), HtmlView(), HtmlView()
        desk = SandboxDesk(SandboxModel("baseline", "timer"), lines_of=lines_of)
        self._sandbox = SandboxWidget(desk)
        back = self._button("◀ back", "One step back", lambda: model.go(model.place - 1))
        forward = self._button("next ▶", "One step on", lambda: model.go(model.place + 1))
        self._turn = self._button("diff side by side", "How the diff is shown", self._turn_diff)
        panel = [] if history_panel is None else [history_panel(self._show_diff)]
        commit = widgets.VBox([*panel, self._diff, self._message])
        # boxes of one height: a step that changes more moves nothing below it
        for box, style in (
            (self._head, "kit-tour-head"),
            (self._changes, "kit-tour-changes"),
            (commit, "kit-tour-commit"),
        ):
            box.add_class(style)
        super().__init__(
            "kit-tour",
            [
                row(self._steps, "kit-steps"),
                row([back, forward, self._turn], "kit-row"),
                self._status,
                self._head,
                self._changes,
                commit,
                *([HtmlView(_SANDBOX_HEAD), self._sandbox] if model.has_table else []),
            ],
        )
        model.observe(lambda _: self._show(), ["place"])
        model.observe(lambda _: self._show_diff(), ["side_by_side"])
        model.observe(lambda _: self._say(model.hint), ["hint"])
        self._show()

    def _step_button(self, place: int) -> widgets.Button:
        revision = self.model.steps[place]
        tooltip = f"{revision.build}: {revision.summary}"
        found = self._toggle(revision.name, tooltip, partial(self.model.go, place))
        if revision.name not in MAIN_STEPS:
            found.add_class("kit-dim")
        return found

    def _turn_diff(self) -> None:
        self.model.side_by_side = not self.model.side_by_side

    def _show(self) -> None:
        model = self.model
        for place, shown in enumerate(self._steps):
            press(shown, on=place == model.place)
            mark = "● " if place == model.place else "○ "  # as wide
            shown.description = f"{mark}{model.steps[place].name}"
        self._head.value = head_html(model)
        self._changes.value = changes_html(model, self._behaviours_of(model.step))
        if model.has_table:
            self._sandbox.model.choose(model.previous.label, model.step.label)
            self._sandbox.show()
        self.svg = self._sandbox.desk.svg
        self._show_diff()

    def _show_diff(self) -> None:
        model = self.model
        page = self._commit_of(model.step)
        self._message.value = (
            Html() if page.commit is None else message_html(page.commit, page.series)
        )
        self._page.place = {"step": model.step.name, "aside": model.side_by_side}
        self._diff.value = commit_html(page, side_by_side=model.side_by_side)
        self._turn.layout.display = "" if page.files else "none"
        self._turn.description = "diff in one column" if model.side_by_side else "diff side by side"

    def _come_back(self, place: Mapping[str, Any]) -> None:
        self.model.go([step.name for step in self.model.steps].index(place["step"]))
        self.model.side_by_side = bool(place["aside"])

    def _repr_print_(self) -> PrintForm:
        step = self.model.step
        return print_tour(self.model, self._commit_of(step), self._behaviours_of(step))

    @property
    def text(self) -> str:
        """The step as plain text."""
        step = self.model.step
        scenarios = ", ".join(s.name for s in self.model.scenario_changes()) or "none"
        return f"{step.name} ({step.build}): {step.summary}\nscenarios it changes: {scenarios}"
