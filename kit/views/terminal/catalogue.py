"""Lists for the terminal as rich renderables, each with the same content as JSON data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from kit.common.errors import UserError
from kit.machine.catalogue import BUILDS, MENDED, MENDS, PROPOSAL, RELEASES, REVISIONS, TRIALS
from kit.machine.pseries.connector import WIRE
from kit.machine.pseries.tables import TableRow, difference, lines
from kit.machine.revision import MachineRule, Revision
from kit.simulation.platform import platform_of
from kit.views.diagram.drc_table_words import ROWS_NOTE, line_words, state_words
from kit.views.terminal.table import plain_table

if TYPE_CHECKING:
    from kit.simulation.scenario import Scenario

__all__ = ["checks_table", "map_tables", "revisions_table", "scenarios_table", "states_table"]

Listing = tuple[RenderableType, Any]


def checks_table(checks: Sequence[tuple[str, str, str, bool]]) -> Table:
    """Return what `kit doctor` found: (name, found, how to get it, needed)."""
    table = plain_table("", "what", "found")
    for name, found, missing, needed in checks:
        mark = "ok" if found else ("MISSING" if needed else "-")
        style = "green" if found else ("bold red" if needed else "dim")
        table.add_row(Text(mark, style=style), Text(name), Text(found or missing))
    return table


def revisions_table() -> Listing:
    """Return the catalogue: the case study's builds, releases, unmerged ones, other machines."""
    table = plain_table("name", "revision", "what its machine does")
    revisions = (*REVISIONS, *MENDS, MENDED, *TRIALS)
    for revision in revisions:
        if revision in (RELEASES[0], PROPOSAL, MENDS[0], TRIALS[0]) or _begins(revision):
            table.add_section()
        table.add_row(
            Text(revision.alias or "", style="bold"), Text(revision.label), Text(revision.summary)
        )
    data = [
        {
            "name": revision.name,
            "revision": revision.label,
            "commit": revision.commit,
            "summary": revision.summary,
            "patches": [one.name for one in _in_order(revision.patches)],
        }
        for revision in revisions
    ]
    return table, data


def scenarios_table(scenarios: Sequence[Scenario]) -> Listing:
    """Return the built-in scenarios."""
    table = plain_table("scenario", "what happens, and why it matters")
    for scenario in scenarios:
        story = Text.assemble((scenario.title, "bold"), "\n", scenario.why)
        table.add_row(Text(scenario.name), story)
    data = [
        {
            "name": scenario.name,
            "title": scenario.title,
            "why": scenario.why,
            "look": scenario.look,
            "script": list(scenario.texts),
            "compare": [list(pair) for pair in scenario.compare],
            "expect": [
                {"that": one.that, "fails_at": list(one.fails_at)} for one in scenario.expect
            ],
        }
        for scenario in scenarios
    ]
    return table, data


def map_tables(
    rows: Sequence[Mapping[str, str]], heads: Mapping[str, str], caption: str
) -> RenderableType:
    """Return the map as tables below each other, so that a narrow terminal can show it."""
    parts: list[RenderableType] = []
    for keys in _MAP_PARTS:
        table = plain_table(heads["name"], *(heads[key] for key in keys))
        for key, column in zip(("name", *keys), table.columns, strict=True):
            words = [*heads[key].split(), *(word for row in rows for word in row[key].split())]
            column.min_width = max(map(len, words))
        for row in rows:
            table.add_row(Text(row["name"], style="bold"), *(Text(row[key]) for key in keys))
        parts.append(table)
    return Group(*parts, Text(caption, style="dim"))


def _begins(revision: Revision) -> bool:
    """Is it the first of several builds of its machine?"""
    builds = [one for one in BUILDS if one.board == revision.board]
    return revision in builds[:1] and revision is not REVISIONS[0]


def _in_order(patches: frozenset[Enum]) -> list[Enum]:
    """Return patches in the order in which their machine defines them."""
    kinds = sorted({type(one) for one in patches}, key=lambda kind: kind.__name__)
    return [one for kind in kinds for one in kind if one in patches]


_MAP_PARTS = (
    ("commit", "date", "tag"),
    ("linux", "libvirt", "again_12", "again_15"),
    ("late", "reset"),
    ("refusal", "told", "twice"),
)


def states_table(revision: Revision, other: Revision | None = None) -> Listing:
    """Return the full table of a revision, or how it differs from another.

    A machine has a table of (state, call) or, if its platform says so, a list of rules.

    Raises:
        UserError: One of them is of a machine without a table, or they are of two machines.
    """
    if platform_of(revision).rules(revision):
        return _rules_table(revision, other)
    if other is None:
        rows = [("", line) for line in lines(revision)]
        title = f"Connector states at {revision.name} ({revision.label})"
    else:
        ours, theirs = difference(revision, other)
        rows = [("+", line) for line in ours] + [("-", line) for line in theirs]
        title = f"+ only at {revision.name}, - only at {other.name}"
    data = [_line_json(sign, line) for sign, line in rows]
    if not rows:
        return Text(f"{revision.name} and {other.name if other else ''}: the same table"), data
    table = plain_table("", "call", "if", "outcome", title=title)
    table.columns[-1].min_width = 24  # where a terminal is narrow, the others wrap first
    state = None
    for sign, line in rows:
        if line.state is not state:
            table.add_section()
            table.add_row("", Text(state_words(line.state), style="bold"))
        state = line.state
        table.add_row(sign, *map(Text, line_words(line)), style=_STYLES[sign])
    return Group(table, Text(ROWS_NOTE, style="dim")), data


def _rules_table(revision: Revision, other: Revision | None) -> Listing:
    """Return the rules of a revision, or how they differ from another's.

    Raises:
        UserError: The other is of another machine.
    """
    ours = platform_of(revision).rules(revision)
    if other is None:
        rows = [("", rule) for rule in ours]
        title = f"Hot-plug at {revision.name} ({revision.label}): the first row that holds counts"
    else:
        if other.board != revision.board:
            machines = f"{revision.board.value} and {other.board.value}"
            raise UserError(f"{revision.name} and {other.name} are of two machines, {machines}")
        theirs = platform_of(other).rules(other)
        rows = [("+", rule) for rule in ours if rule not in theirs]
        rows += [("-", rule) for rule in theirs if rule not in ours]
        title = f"+ only at {revision.name}, - only at {other.name}"
    data = [_rule_json(sign, rule) for sign, rule in rows]
    if not rows:
        return Text(f"{revision.name} and {other.name if other else ''}: the same rules"), data
    table = plain_table("", "where", "if", "outcome", "since", title=title)
    for sign, rule in rows:
        since = "" if rule.since is None else rule.since.value[:10]
        cells = (rule.where, rule.condition, rule.then, since)
        table.add_row(sign, *map(Text, cells), style=_STYLES[sign])
    return table, data


def _rule_json(sign: str, rule: MachineRule) -> dict[str, Any]:
    return {
        **({"only": "at" if sign == "+" else "diff"} if sign else {}),
        "where": rule.where,
        "if": rule.condition or None,
        "then": rule.then,
        "since": None if rule.since is None else rule.since.value,
    }


_STYLES = {"": "", "+": "green", "-": "red"}


def _line_json(sign: str, line: TableRow) -> dict[str, Any]:
    row = line.row
    return {
        **({"only": "at" if sign == "+" else "diff"} if sign else {}),
        "state": line.state.name,
        "call": line.call.name,
        "if": line.guard or None,
        "then": row.then.name,
        "status": None if row.status is None else row.status.name,
        "wire": None if row.status is None else WIRE[row.status],
        "sense": None if row.sense is None else row.sense.name,
        "effects": [effect.name for effect in row.effects],
        "abort": None if row.abort is None else row.abort.assertion,
        "since": None if line.patch is None else line.patch.value,
        "recorded": line.recorded,
    }
