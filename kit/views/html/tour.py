"""A step of the tour as HTML: which it is, and what it changed."""

from __future__ import annotations

from kit.case_study.behaviours import Behaviour
from kit.machine.pseries.tables import TableRow
from kit.views.diagram.drc_table_words import ROWS_NOTE, line_words, state_words
from kit.views.escape import escape
from kit.views.html.print_base import table
from kit.views.models.tour import MAIN_STEPS, SILENT_STEPS, STEPS, TourModel

__all__ = ["changes_brief_html", "changes_html", "head_html"]


def head_html(model: TourModel) -> str:
    """Which step it is, and what it is."""
    step = model.step
    role = (
        "one of the three or their revert"
        if step.alias in MAIN_STEPS
        else "a neighbour or companion"
    )
    return (
        f'<h3 class="kit-step">{model.place + 1} of {len(STEPS)}: {escape(step.name)}'
        f"{'' if step.alias is None else f' <code>{escape(step.label)}</code>'}</h3>"
        f'<p>{escape(step.summary)}. <span class="kit-soft">({role})</span></p>'
    )


def changes_html(model: TourModel, behaviours: tuple[Behaviour, ...]) -> str:
    """What its lines do, and which rows of the table and which scenarios it changed."""
    came, went = model.table_changes()
    scenarios = model.scenario_changes()
    listed = "".join(
        f"<li><code>{escape(s.name)}</code>: {escape(s.title)}</li>" for s in scenarios
    )
    return (
        _lines_html(behaviours)
        + "<p><strong>State table</strong>, what a connector does at each call: "
        + f"{_count(came, went)}</p>"
        + _table_html(came, went)
        + "<p><strong>Scenarios that run otherwise:</strong> "
        + (f"{len(scenarios)}</p>{_folded(listed)}" if listed else f"{_why_none(model)}</p>")
    )


def _lines_html(behaviours: tuple[Behaviour, ...]) -> str:
    listed = "".join(
        f"<li>{escape(b.says)} <span class='kit-soft'>({escape(b.function)})</span></li>"
        for b in behaviours
    )
    return f"<p><strong>Its lines in QEMU</strong></p><ul>{listed}</ul>" if listed else ""


def _folded(listed: str) -> str:
    return f"<details><summary>which ones</summary><ul>{listed}</ul></details>"


def changes_brief_html(model: TourModel, behaviours: tuple[Behaviour, ...]) -> str:
    """The same for paper: rows that differ by their state alone are one, scenarios have names."""
    came, went = model.table_changes()
    scenarios = model.scenario_changes()
    names = ", ".join(f"<code>{escape(s.name)}</code>" for s in scenarios)
    return (
        _lines_html(behaviours)
        + f"<p><strong>State table:</strong> {_count(came, went)}</p>"
        + _rows_together(came, went)
        + f"<p><strong>Scenarios that run otherwise:</strong> {names or _why_none(model)}</p>"
    )


def _rows_together(came: tuple[TableRow, ...], went: tuple[TableRow, ...]) -> str:
    """Rows with what they do, and all states that they are in; those that do nothing are left."""
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for sign, lines in (("+", came), ("−", went)):
        for line in lines:
            words = line_words(line)
            if not words[-1].startswith("nothing"):
                found.setdefault((sign, words), []).append(state_words(line.state))
    rows = [(sign, *words, ", ".join(states)) for (sign, words), states in found.items()]
    if not rows:
        return ""
    left_out = any(line_words(one)[-1].startswith("nothing") for one in (*came, *went))
    note = "; those with the outcome “nothing” are left out" if left_out else ""
    heads = ("", "call", "if", "outcome", "in the states")
    said = table(f"The rows, those of several states as one{note}", heads, rows)
    return f'{said}<p class="kit-soft">{ROWS_NOTE}</p>'


def _why_none(model: TourModel) -> str:
    """Say what it means that no scenario runs otherwise."""
    if model.step == model.previous:
        return "the tour begins here."
    if model.step.alias in SILENT_STEPS:
        return "none; real builds of this step and the one before answered all recordings alike."
    return "none of the built-in ones."


def _count(came: tuple[TableRow, ...], went: tuple[TableRow, ...]) -> str:
    if not came and not went:
        return "no row changes."
    return f"{len(came)} rows come, {len(went)} go."


def _table_html(came: tuple[TableRow, ...], went: tuple[TableRow, ...]) -> str:
    rows = "".join(
        f'<tr class="kit-{kind}"><td>{sign}</td><td>{escape(state_words(line.state))}</td>'
        + "".join(f"<td>{escape(words)}</td>" for words in line_words(line))
        + "</tr>"
        for sign, kind, lines in (("+", "added", came), ("−", "removed", went))
        for line in lines
    )
    if not rows:
        return ""
    heads = "".join(
        f"<th scope='col'>{head}</th>" for head in ("", "state", "call", "if", "outcome")
    )
    return (
        "<details><summary>the rows</summary><table class='kit-rows'>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        f'<p class="kit-soft">{ROWS_NOTE}</p></details>'
    )
