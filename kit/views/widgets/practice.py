"""Practice as a widget: a question, its choices as buttons, and the run that shows the answer."""

from __future__ import annotations

from functools import partial

import ipywidgets as widgets

from kit.simulation.timeline import Timeline
from kit.views.diagram.svg import picture_svg
from kit.views.escape import Html
from kit.views.html.base import status
from kit.views.html.figure import scrolling
from kit.views.html.print_form import PrintForm, printed
from kit.views.models.practice import PracticeModel
from kit.views.widgets.base import Card, HtmlView, row

__all__ = ["PracticeWidget"]


class PracticeWidget(Card):
    """The questions of a model, one at a time."""

    def __init__(self, model: PracticeModel, lesson: int) -> None:
        """Build the widgets and bind them to *model*; *lesson* is the last one that was read."""
        self.model, self._lesson = model, lesson
        self._head, self._status, self._run = (HtmlView() for _ in range(3))
        self._choices = widgets.VBox()
        self._choices.add_class("kit-choices")
        self._next = self._button("next question", "Go on", model.go_on)
        self._tools = row([], "kit-row", "kit-tools")
        parts = [self._head, self._choices, self._status, self._tools, self._run]
        super().__init__("kit-exercise", parts)
        model.observe(lambda _: self._show(), ["number", "choice"])
        self._shown = -1
        self._show()

    def _show(self) -> None:
        one, model = self.model.question, self.model
        if self._shown != model.number:
            self._shown = model.number
            self._head.value = _head_html(model)
            self._choices.children = [] if one is None else [*map(self._choice, one.choices)]
        for made, says in zip(
            self._choices.children, () if one is None else one.choices, strict=True
        ):
            made.description = f"{self._sign(says)} {says}"
        self._say(model.not_kept)
        self._tools.children = [self._next] if model.choice else []
        self.svg = Html() if not model.choice else _drawn(model)
        self._run.value = scrolling(self.svg) if self.svg else Html()

    def _choice(self, says: str) -> widgets.Button:
        return self._button(says, says, partial(self.model.answer, says))

    def _sign(self, says: str) -> str:
        one, given = self.model.question, self.model.choice
        if one is None or not given or says not in (one.right, given):
            return "○"
        return "✓" if says == one.right else "✗"

    def _say(self, hint: str) -> None:
        asks = self.model.question is not None
        words = self.model.reply or ("Choose an answer." if asks else self.model.standing)
        right = self.model.question is not None and self.model.choice == self.model.question.right
        style = "" if not self.model.reply else " kit-right" if right else " kit-parted"
        self._status.value = status(f"{words}\n{hint}" if hint else words, style)

    @property
    def text(self) -> str:
        """The current question as plain text."""
        one = self.model.question
        if one is None:
            return self.model.standing
        lines = [self.model.standing, self.model.story, f"QEMU at {one.at}. {one.asks}"]
        return "\n".join([*lines, *(f"- {choice}" for choice in one.choices)])

    def _repr_print_(self) -> PrintForm:
        command = Html("<code>kit practise {}</code>").format(self._lesson)
        return printed(
            Html('<p class="kit-soft kit-aside">{}{}{}</p>').format(
                "On a screen, questions on the lessons so far stand here. In a terminal ",
                command,
                " asks them.",
            )
        )


def _head_html(model: PracticeModel) -> Html:
    one = model.question
    if one is None:
        return Html("<h4>Practice</h4>")
    title, situation, script = model.story.split("\n")
    return Html(
        '<h4><span class="kit-soft">Practice, question {} of {}:</span> {}</h4>'
        "<p>{}</p><p><code>{}</code></p><p><strong>QEMU at {}.</strong> {}</p>"
    ).format(model.number + 1, len(model.questions), title, situation, script, one.at, one.asks)


def _drawn(model: PracticeModel) -> Html:
    run = model.run
    return Html() if run is None else picture_svg(Timeline(played=run).last())
