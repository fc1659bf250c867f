"""The states of a connector and the rules of a machine, as tables and as JSON data."""

from __future__ import annotations

from typing import Any

from rich.console import Group
from rich.text import Text

from kit.common.errors import UserError
from kit.machine.pseries.connector import WIRE
from kit.machine.pseries.tables import TableRow, difference, lines
from kit.machine.revision import MachineRule, Revision
from kit.simulation.platform import platform_of
from kit.views.diagram.drc_table_words import ROWS_NOTE, line_words, state_words
from kit.views.terminal.catalogue import Listing
from kit.views.terminal.table import plain_table

__all__ = ["states_table"]


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
