"""An exercise on paper: the question, what can be answered, room for it, hints; no answer."""

from __future__ import annotations

from collections.abc import Callable

from kit.course.exercise import (
    Exercise,
    Hunks,
    Item,
    ItemRule,
    Number,
    OrderTask,
    Predict,
    ScriptTask,
)
from kit.git.values.page import ResponsibleLines
from kit.trace.sentences import seconds
from kit.views.escape import escape
from kit.views.html.diff import lines_html
from kit.views.html.exercise_hints import HINTS
from kit.views.html.print_base import PrintForm, hunks_kept
from kit.views.models.exercise import ExerciseModel

__all__ = ["exercise_paper"]

_BOX, _LINE = "☐", '<span class="kit-blank"></span>'


def exercise_paper(
    model: ExerciseModel, lines_of: Callable[[Item], ResponsibleLines] | None, source: str
) -> PrintForm:
    """The card: what the learner has done so far is left out, and so is what is right."""
    one = model.exercise
    where = f", at {one.at[0].name}" if len(one.at) == 1 else ""
    html = (
        '<div class="kit kit-paper kit-exercise">'
        f'<h4><span class="kit-soft">Exercise:</span> {escape(one.title)}</h4>'
        f"<p><strong>{escape(model.asked + where)}.</strong> {escape(one.question)}</p>"
        f"{_asked_at(one)}{_answers(one, lines_of, source)}{_folded_hints(one)}</div>"
    )
    return PrintForm(html, one.title, one.hints)


def _asked_at(one: Exercise) -> str:
    if len(one.at) < 2:
        return ""
    items = "".join(
        f"<li>{escape(at.name)}: {escape(at.summary)}.{_answer_to(one)}</li>" for at in one.at
    )
    return f"<p>Asked at each of these:</p><ul>{items}</ul>"


def _answer_to(one: Exercise) -> str:
    """Room for an answer beside each revision; lines and ticks have theirs below."""
    if isinstance(one.task, Predict | Number | OrderTask):
        return f' <span class="kit-answer-here">Your answer: {_LINE}</span>'
    return ""


def _answers(
    one: Exercise, lines_of: Callable[[Item], ResponsibleLines] | None, source: str
) -> str:
    """What can be answered, and room for it where the revisions have not got it beside them."""
    several = len(one.at) > 1
    match one.task:
        case Predict(choices=choices):
            return _choices([choice.says for choice in choices], lettered=several)
        case OrderTask(parts=parts):
            room = "" if several else f"<p>Your order: {_LINE}</p>"
            return _choices([part.says for part in parts], lettered=True) + room
        case Hunks():
            return _items(one.task, lines_of, source)
        case Number(unit=unit):
            return f"<p>in {escape(unit)}{'' if several else f': {_LINE}'}</p>"
        case ScriptTask():
            return _script(one.task, [at.name for at in one.at])


def _choices(says: list[str], *, lettered: bool) -> str:
    """Boxes to tick, or letters to name where one box would not do."""
    mark = "" if lettered else f"{_BOX} "
    items = "".join(f"<li>{mark}{escape(words)}</li>" for words in says)
    return f'<ol type="A">{items}</ol>' if lettered else f'<ul class="kit-boxed">{items}</ul>'


def _items(task: Hunks, lines_of: Callable[[Item], ResponsibleLines] | None, source: str) -> str:
    """The lines to judge; where the question is whether they exist, their names alone."""
    items = []
    for item in task.items:
        drawn = ""
        if lines_of is not None and task.rule is not ItemRule.IS_THERE:
            drawn = hunks_kept(lines_html((lines_of(item),), context=False))
        items.append(f"<li>{_BOX} {escape(item.says)}{drawn}</li>")
    words = f'<p class="kit-soft">Commits are read from: {escape(source)}</p>' if source else ""
    return f'<ul class="kit-boxed">{"".join(items)}</ul>{words}'


def _script(task: ScriptTask, names: list[str]) -> str:
    """What can be done, and lines to write it on: a set for each revision asked about."""
    actions = "".join(f"<li><code>{escape(text)}</code></li>" for text in task.menu)
    waits = ", ".join(f"+{seconds(ns)}" for ns in task.waits_ns)
    time = f"<p>Between them time may pass: {escape(waits)}, or more of these.</p>" if waits else ""
    lines = f"<li>{_LINE} at {_LINE} s</li>" * task.most
    sets = "".join(
        f"<div><p>{f'at {escape(name)}:' if len(names) > 1 else ''}</p>"
        f'<ol class="kit-lines">{lines}</ol></div>'
        for name in names
    )
    most = "one line" if task.most == 1 else f"{task.most} lines"
    return (
        f"<p>What you may do, in at most {most}:</p><ul>{actions}</ul>{time}"
        f'<div class="kit-sets">{sets}</div>'
    )


def _folded_hints(one: Exercise) -> str:
    return "".join(
        f'<details class="kit-hint"><summary>{title}</summary><p>{escape(hint)}</p></details>'
        for title, hint in zip(HINTS, one.hints, strict=True)
    )
