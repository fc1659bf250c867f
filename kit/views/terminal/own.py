"""What the explorer says of a machine of somebody's own, as a table for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from kit.common.plain_text import plain
from kit.explorer.own_model import OwnExplored, OwnFinding
from kit.views.reports.own import own_rows
from kit.views.terminal.table import plain_table

__all__ = ["own_table"]


def own_table(
    found: Sequence[OwnExplored], command: Callable[[OwnExplored, OwnFinding], str]
) -> RenderableType:
    """Return properties by start, and below it each counterexample; *command* draws it."""
    description = found[0].machine.description
    table: Table = plain_table()
    table.add_column("property")
    table.add_column("must hold")
    for one in found:
        table.add_column(Text(one.start.name))
    for name, kind, *cells in own_rows(found):
        table.add_row(Text(name), kind, *map(Text, cells))
    paths = [Text(line, overflow="fold") for line in _counterexamples(found, command)]
    states = ", ".join(f"{one.start.name} {one.result.states:,}" for one in found)
    notes = [Text(f"states: {states}")]
    if not all(one.result.complete for one in found):
        notes.append(Text("*: within the states that were searched; there are more"))
    return Group(Text(f"{description.name}: {description.title}"), table, *paths, *notes)


def _counterexamples(
    found: Sequence[OwnExplored], command: Callable[[OwnExplored, OwnFinding], str]
) -> Iterator[str]:
    for one in found:
        for finding in one.findings:
            if finding.is_violated and finding.found.path is not None:
                names = ", ".join(action.name for action in finding.actions)
                yield plain(f"{finding.prop.name} from {one.start.name}: {names}")
                yield plain(f"  {command(one, finding)}")
