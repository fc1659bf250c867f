"""A step of the tour as HTML: what it is, and what it changed."""

from __future__ import annotations

from kit.case_study.behaviours import Behaviour
from kit.common.english import counted
from kit.machine.pseries.tables import TableRow
from kit.views.diagram.drc_table_words import ROWS_NOTE, line_words, state_words
from kit.views.escape import Html
from kit.views.html.base import label_code
from kit.views.html.print_form import once, table
from kit.views.models.tour import MAIN_STEPS, TourModel

__all__ = ["changes_brief_html", "changes_html", "head_html"]


_DIFFERENTLY = Html("<p><strong>Scenarios that run differently:</strong> {}</p>")


def head_html(model: TourModel) -> Html:
    """Return the heading of a step."""
    step = model.step
    if step.name not in MAIN_STEPS:
        role = "a neighbour or companion"
    elif not model.has_table:
        role = "one of the six patches of the series"
    else:
        is_revert = step.name == "revert"
        role = "the revert of the three" if is_revert else "one of the three reverted commits"
    return Html(
        '<h3 class="kit-step">{} of {}: {}{}</h3><p>{}. <span class="kit-soft">({})</span></p>'
    ).format(model.place + 1, len(model.steps), step.name, label_code(step), step.summary, role)


def changes_html(model: TourModel, behaviours: tuple[Behaviour, ...]) -> Html:
    """Return what its lines do, and which table rows and scenarios it changed."""
    scenarios = model.scenario_changes()
    listed = Html("<li><code>{}</code>: {}</li>").each((s.name, s.title) for s in scenarios)
    return (
        _lines_html(behaviours)
        + (_changed_table_html(model) if model.has_table else _rules_html(model))
        + _DIFFERENTLY.format(len(scenarios) or _why_none(model))
        + Html("<details><summary>which ones</summary><ul>{}</ul></details>").around(listed)
    )


def _changed_table_html(model: TourModel) -> Html:
    came, went = model.table_changes()
    head = Html("<p><strong>State table</strong>, what a connector does at each call: {}</p>")
    return head.format(_count(came, went)) + _table_html(came, went)


def _rules_html(model: TourModel) -> Html:
    """Return the rules that come and go; nothing where no rule changes."""
    came, went = model.rule_changes()
    rows = [
        (sign, rule.where, rule.condition, rule.then)
        for sign, found in (("+", came), ("−", went))
        for rule in found
    ]
    if not rows:
        return Html("<p><strong>Rules:</strong> none changes.</p>")
    return table("Rules that come and go", ("", "at", "if", "outcome"), rows)


def _lines_html(behaviours: tuple[Behaviour, ...]) -> Html:
    listed = Html("<li>{} <span class='kit-soft'>({})</span></li>").each(
        (one.says, one.function) for one in behaviours
    )
    return Html("<p><strong>Its lines in QEMU</strong></p><ul>{}</ul>").around(listed)


def changes_brief_html(model: TourModel, behaviours: tuple[Behaviour, ...]) -> Html:
    """Return the same for print: rows that differ only by state are merged."""
    scenarios = model.scenario_changes()
    names = Html(", ").join(Html("<code>{}</code>").format(s.name) for s in scenarios)
    return (
        _lines_html(behaviours)
        + (_brief_table_html(model) if model.has_table else _rules_html(model))
        + once("Which scenarios run differently", _DIFFERENTLY.format(names or _why_none(model)))
    )


def _brief_table_html(model: TourModel) -> Html:
    came, went = model.table_changes()
    heading = Html("<p><strong>State table:</strong> {}</p>").format(_count(came, went))
    return heading + _rows_together(came, went)


def _rows_together(came: tuple[TableRow, ...], went: tuple[TableRow, ...]) -> Html:
    """Return the rows that do something, each with all states that have it."""
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for sign, lines in (("+", came), ("−", went)):
        for line in lines:
            words = line_words(line)
            if not words[-1].startswith("nothing"):
                found.setdefault((sign, words), []).append(state_words(line.state))
    rows = [(sign, *words, ", ".join(states)) for (sign, words), states in found.items()]
    if not rows:
        return Html()
    left_out = any(line_words(one)[-1].startswith("nothing") for one in (*came, *went))
    note = "; those with the outcome “nothing” are left out" if left_out else ""
    heads = ("", "call", "if", "outcome", "in the states")
    shown = table(f"The rows, those of several states as one{note}", heads, rows)
    note = Html('<p class="kit-soft">{}</p>').format(ROWS_NOTE)
    return shown + once("How to read the rows", note)


def _why_none(model: TourModel) -> str:
    if model.step == model.previous:
        return "the tour begins here."
    if model.is_silent:
        return "none; real builds of this step and the one before answered all recordings alike."
    return "none of the built-in ones."


def _count(came: tuple[TableRow, ...], went: tuple[TableRow, ...]) -> str:
    if not came and not went:
        return "no row changes."
    return f"{counted(len(came), 'row')} added, {len(went)} removed."


def _table_html(came: tuple[TableRow, ...], went: tuple[TableRow, ...]) -> Html:
    signs = ["+"] * len(came) + ["−"] * len(went)
    if not signs:
        return Html()
    rows = [
        (sign, state_words(line.state), *line_words(line))
        for sign, line in zip(signs, (*came, *went), strict=True)
    ]
    styles = ["kit-added" if sign == "+" else "kit-removed" for sign in signs]
    shown = table("", ("", "state", "call", "if", "outcome"), rows, styles)
    note = Html('<p class="kit-soft">{}</p>').format(ROWS_NOTE)
    return Html("<details><summary>the rows</summary>{}{}</details>").format(shown, note)
