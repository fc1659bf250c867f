"""An exercise in print: the question, the choices, room for an answer, hints, but no answer."""

from __future__ import annotations

from collections.abc import Callable

from kit.course.exercise import (
    HINTS,
    Choose,
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
from kit.views.escape import Html
from kit.views.html.diff import lines_html
from kit.views.html.print_form import PrintForm, hunks_kept, once
from kit.views.models.exercise import ExerciseModel

__all__ = ["print_exercise"]

_BOX, _LINE = "☐", Html('<span class="kit-blank"></span>')


def print_exercise(
    model: ExerciseModel, lines_of: Callable[[Item], ResponsibleLines] | None, source: str
) -> PrintForm:
    """Return the card, without the learner's progress and without the solution."""
    one = model.exercise
    where = f", at {one.at[0].name}" if len(one.at) == 1 else ""
    html = Html(
        '<div class="kit kit-paper kit-exercise"><h4><span class="kit-soft">'
        "Exercise:</span> {}</h4><p><strong>{}.</strong> {}</p>{}{}{}</div>"
    ).format(
        one.title,
        model.asked + where,
        one.question,
        _revisions_html(one),
        _answers(one, lines_of, source),
        _folded_hints(one),
    )
    return PrintForm(html, one.title, one.hints)


def _revisions_html(one: Exercise) -> Html:
    if len(one.at) < 2:
        return Html()
    items = Html('<li>{}<span class="kit-soft kit-about">: {}</span>{}</li>').each(
        (at.name, at.summary, _answer_to(one)) for at in one.at
    )
    return Html("<p>Answer for each revision:</p><ul>{}</ul>").format(items)


def _answer_to(one: Exercise) -> Html:
    """Return room for an answer beside a revision. Lines and boxes have theirs below."""
    if isinstance(one.task, Predict | Number | OrderTask):
        return Html(' <span class="kit-answer-here">Your answer: {}</span>').format(_LINE)
    return Html()


def _answers(
    one: Exercise, lines_of: Callable[[Item], ResponsibleLines] | None, source: str
) -> Html:
    """Return the choices, and room for an answer if there is none beside the revisions."""
    several = len(one.at) > 1
    match one.task:
        case Predict():
            return _choices(one, lettered=several)
        case Choose():
            return _choices(one, lettered=False)
        case OrderTask():
            room = Html() if several else Html("<p>Your order: {}</p>").format(_LINE)
            return _choices(one, lettered=True) + room
        case Hunks():
            return _items(one.task, lines_of, source)
        case Number(unit=unit):
            room = Html() if several else Html(": {}").format(_LINE)
            return Html("<p>in {}{}</p>").format(unit, room)
        case ScriptTask():
            return _script(one.task, [at.name for at in one.at])


def _choices(one: Exercise, *, lettered: bool) -> Html:
    """Return boxes to tick, or letters to name if one box is not enough."""
    mark = "" if lettered else f"{_BOX} "
    items = Html("<li>{}{}</li>").each((mark, words) for _, words in one.offered)
    listed = Html('<ol type="A">{}</ol>') if lettered else Html('<ul class="kit-boxed">{}</ul>')
    return listed.format(items)


def _items(task: Hunks, lines_of: Callable[[Item], ResponsibleLines] | None, source: str) -> Html:
    """Return the lines to judge; only their names if the question is whether they exist."""
    items = []
    for item in task.items:
        drawn = Html()
        if lines_of is not None and task.rule is not ItemRule.IS_THERE:
            lines = hunks_kept(lines_html((lines_of(item),), context=False))
            drawn = once("Its lines", lines)
        items.append(Html("<li>{} {}{}</li>").format(_BOX, item.says, drawn))
    where = Html('<p class="kit-soft">Commits are read from: {}</p>').format(source)
    listed = Html().join(items)
    return Html('<ul class="kit-boxed">{}</ul>{}').format(listed, where if source else "")


def _script(task: ScriptTask, names: list[str]) -> Html:
    """Return the actions, and lines to write on: one set for each revision."""
    actions = Html("<li><code>{}</code></li>").each(task.menu)
    waits = ", ".join(f"+{seconds(ns)}" for ns in task.waits_ns)
    time = Html("<p>Between them time may pass: {}, or more of these.</p>").format(waits)
    lines = Html("<li>{} at {} s</li>").format(_LINE, _LINE) * task.most
    sets = Html('<div><p>{}</p><ol class="kit-lines">{}</ol></div>').each(
        (f"at {name}:" if len(names) > 1 else "", lines) for name in names
    )
    most = "one line" if task.most == 1 else f"{task.most} lines"
    return Html(
        '<p>What you may do, in at most {}:</p><ul>{}</ul>{}<div class="kit-sets">{}</div>'
    ).format(most, actions, time if waits else "", sets)


def _folded_hints(one: Exercise) -> Html:
    fold = Html('<details class="kit-hint"><summary>{}</summary><p>{}</p></details>')
    return fold.each(zip(HINTS, one.hints, strict=True))
