"""An exercise's card: a question, an answer by buttons, hints, and the result.

Every decision is in `ExerciseModel`. No control is ever disabled, so keyboard focus is never lost.
A sign on each button says what is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import ipywidgets as widgets

from kit.course.exercise import (
    HINTS,
    Choose,
    Exercise,
    ExerciseKind,
    Hunks,
    Item,
    ItemRule,
    Number,
    OrderTask,
    Predict,
    ScriptTask,
)
from kit.git.values.page import ResponsibleLines
from kit.simulation.knowledge import knowledge
from kit.simulation.run import Run
from kit.simulation.timeline import Timeline
from kit.trace.sentences import seconds
from kit.views.diagram.svg import picture_svg
from kit.views.escape import Html
from kit.views.html.base import status
from kit.views.html.diff import lines_html
from kit.views.html.figure import scrolling
from kit.views.html.print_form import PrintForm
from kit.views.html.run import beliefs_html
from kit.views.models.exercise import ExerciseModel
from kit.views.page.exercise import exercise_data
from kit.views.page.story import packed
from kit.views.print.exercise import print_exercise
from kit.views.terminal.exercises import standing_words
from kit.views.widgets.base import (
    Card,
    HtmlView,
    label,
    press,
    row,
)

__all__ = ["ExerciseWidget", "LinesOf"]

LinesOf = Callable[[Item], ResponsibleLines]


class ExerciseWidget(Card):
    """The card. ``lines_of`` reads the lines of an item, ``source`` names the clone."""

    def __init__(
        self, model: ExerciseModel, lines_of: LinesOf | None = None, source: str = ""
    ) -> None:
        self.model, self._lines_of, self._source = model, lines_of, source
        self._head, self._status, self._done, self._more = (HtmlView() for _ in range(4))
        self._marked: dict[str, tuple[widgets.Button, str]] = {}
        self._revisions: dict[str, widgets.Button] = {}
        self._number: widgets.Text | None = None
        super().__init__(
            "kit-exercise",
            [
                self._head,
                *self._where(),
                *self._controls(),
                self._done,
                row(self._tools(), "kit-row", "kit-tools"),
                self._status,
                HtmlView(_hints_html(model.exercise)),
                self._more,
            ],
        )
        model.observe(lambda _: self._show())
        self._show()

    def _where(self) -> list[widgets.Widget]:
        """Return buttons for the revisions, if there are several."""
        at = self.model.exercise.at
        if len(at) < 2:
            return []
        for revision in at:
            self._revisions[revision.name] = self._toggle(
                revision.name, revision.summary, partial(self.model.use, revision.name)
            )
        return [row([label("asked at"), *self._revisions.values()], "kit-row")]

    def _controls(self) -> list[widgets.Widget]:
        task = self.model.exercise.task
        match task:
            case Predict() | Choose() | OrderTask():
                return [_below([self._choice(*one) for one in self.model.exercise.offered])]
            case Hunks():
                return [self._items(task)]
            case Number(unit=unit):
                self._number = widgets.Text(description="your answer", continuous_update=False)
                typed = self._guarded(lambda: self.model.type(self._text()))
                self._number.observe(typed, ["value"])
                return [row([self._number, label(unit)], "kit-row", "kit-answer")]
            case ScriptTask():
                return self._menu(task)

    def _text(self) -> str:
        return "" if self._number is None else str(self._number.value)

    def _choice(self, name: str, says: str) -> widgets.Button:
        made = self._toggle(says, says, partial(self.model.choose, name))
        self._marked[name] = (made, says)
        return made

    def _items(self, task: Hunks) -> widgets.VBox:
        """Return the lines to judge; only their names if the question is whether they exist."""
        children: list[widgets.Widget] = []
        for item in task.items:
            children.append(self._choice(item.name, item.says))
            if self._lines_of is not None and task.rule is not ItemRule.IS_THERE:
                lines = lines_html((self._lines_of(item),), context=False)
                children.append(HtmlView(lines))
        if self._source:
            read = Html('<p class="kit-soft">Commits are read from: {}</p>')
            children.append(HtmlView(read.format(self._source)))
        return _below(children)

    def _menu(self, task: ScriptTask) -> list[widgets.Widget]:
        act, pass_time = self.model.act, self.model.pass_time
        actions = [self._button(text, f"Do: {text}", partial(act, text)) for text in task.menu]
        waits = [
            self._button(f"+{seconds(ns)}", f"Let {seconds(ns)} pass", partial(pass_time, ns))
            for ns in task.waits_ns
        ]
        return [
            row([label("do"), *actions], "kit-row", "kit-menu-row"),
            row([label("time"), *waits], "kit-row", "kit-menu-row"),
        ]

    def _tools(self) -> list[widgets.Button]:
        model = self.model
        found = [self._button("check", "Find out whether the answer is right", model.check)]
        found[0].add_class("kit-primary")
        if model.exercise.kind in (ExerciseKind.SCRIPT, ExerciseKind.ORDER):
            found.append(self._button("undo", "Undo the last action", model.undo))
        return [
            *found,
            self._button("start again", "Take the whole answer back", model.clear),
            self._button("show the answer", "Give the answer, and why", model.show),
        ]

    def _come_back(self, place: Mapping[str, Any]) -> None:
        self.model.come_back(place)

    def _show(self) -> None:
        model = self.model
        _set(self._head, _head_html(model))
        for name, made in self._revisions.items():
            made.description = f"{'●' if name == model.at else '○'} {name}"
            press(made, on=name == model.at)
        for name, (made, says) in self._marked.items():
            made.description = f"{self._sign(name)} {says}"
            press(made, on=name in model.chosen)
        if self._number is not None and self._number.value != model.typed:
            self._number.value = model.typed
        _set(self._done, _done_html(model))
        self._say(model.hint)
        run = model.run
        self.svg = Html() if run is None else picture_svg(Timeline(played=run).last())
        _set(self._more, _more_html(model, self.svg, run))
        self._page.place = model.place

    def _sign(self, name: str) -> str:
        """Return the sign that says whether an answer is chosen."""
        chosen = name in self.model.chosen
        match self.model.exercise.kind:
            case ExerciseKind.HUNKS:
                return "☑" if chosen else "☐"
            case ExerciseKind.ORDER:
                return f"{self.model.chosen.index(name) + 1}." if chosen else "–"
        return "●" if chosen else "○"

    def _say(self, hint: str) -> None:
        _set(self._status, _verdict_html(self.model, hint))

    def _repr_print_(self) -> PrintForm:
        return print_exercise(self.model, self._lines_of, self._source)

    def _repr_live_(self) -> str:
        return packed(exercise_data(self.model.exercise, self.model.diffs))

    @property
    def text(self) -> str:
        """The card as plain text."""
        return self.model.text


def _below(children: list[widgets.Widget]) -> widgets.VBox:
    box = widgets.VBox(children)
    box.add_class("kit-choices")
    return box


def _set(shown: HtmlView, value: Html) -> None:
    """Change only what differs, because a screen reader reads out every change."""
    if shown.value != value:
        shown.value = value


def _head_html(model: ExerciseModel) -> Html:
    one = model.exercise
    so_far = standing_words(model.standing, model.left)
    mark = Html(' <span class="kit-soft">{}</span>').around(so_far)
    if model.standing.solved:
        mark = Html(' <span class="kit-told">✓ {}</span>').format(so_far)
    where = f", at {model.at}" if len(one.at) == 1 else ""  # otherwise the buttons say it
    return Html(
        '<h4><span class="kit-soft">Exercise:</span> {}{}</h4><p><strong>{}.</strong> {}</p>'
    ).format(one.title, mark, model.asked + where, one.question)


def _done_html(model: ExerciseModel) -> Html:
    """Return a script's actions so far, or the order so far."""
    if model.exercise.kind not in (ExerciseKind.SCRIPT, ExerciseKind.ORDER):
        return Html()
    script = model.exercise.kind is ExerciseKind.SCRIPT
    items = Html("<li>{}</li>").each(model.done)
    now = Html("<p>It is {}.</p>").format(seconds(model.passed_ns)) if script else ""
    title = "What you do" if script else "Your order"
    empty = Html('<p class="kit-soft">nothing yet</p>')
    return Html('<div class="kit-done"><p class="kit-label">{}</p>{}{}</div>').format(
        title, Html("<ol>{}</ol>").around(items) or empty, now
    )


def _verdict_html(model: ExerciseModel, hint: str) -> Html:
    verdict = model.verdict
    if verdict is None:
        words, style = hint or f"{model.asked}, and press check.", ""
    else:
        words = verdict.says if not hint else f"{verdict.says}\n{hint}"
        style = " kit-right" if verdict.right else " kit-parted"
    if model.not_kept:
        words += f"\n{model.not_kept}"
    return status(words, style)


def _hints_html(exercise: Exercise) -> Html:
    fold = Html("<details><summary>{}</summary><p>{}</p></details>")
    hints = fold.each(zip(HINTS, exercise.hints, strict=True))
    return Html('<div class="kit-hint-row">{}</div>').format(hints)


def _more_html(model: ExerciseModel, svg: Html, run: Run | None) -> Html:
    """Return the explanation, once it may be read, and the picture of the run."""
    parts = []
    if model.shown:
        parts.append(Html("<p><strong>The answer:</strong> {}</p>").format(model.solution))
    if model.explained:
        parts.append(Html("<p><strong>Why:</strong> {}</p>").format(model.exercise.explanation))
    if run is not None:
        known = knowledge(run, len(run.trace) - 1)
        parts.append(scrolling(svg) + beliefs_html([run.revision.name], [known]))
    return Html().join(parts)
