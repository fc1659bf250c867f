"""kit list: what there is to name in the other commands."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, assert_never

import typer
from rich.console import RenderableType

from kit.cli.common import Json, cli
from kit.cli.output import console, print_json
from kit.common.errors import UserError

__all__: list[str] = []


class Listed(Enum):
    """What can be listed."""

    REVISIONS = "revisions"
    SCENARIOS = "scenarios"
    STATES = "states"
    PROPERTIES = "properties"
    EXERCISES = "exercises"


@cli.command("list", epilog="Example: kit list states --at revert --diff pre-revert")
def list_(
    what: Annotated[Listed, typer.Argument(help="What to list.")] = Listed.REVISIONS,
    at: Annotated[
        str | None, typer.Option("--at", metavar="REV", help="states: of this revision [revert].")
    ] = None,
    diff: Annotated[
        str | None,
        typer.Option("--diff", metavar="REV", help="states: only what differs from this revision."),
    ] = None,
    as_json: Json = False,
) -> None:
    """List revisions, scenarios, exercises, the state table of a revision, or the properties."""
    if what is not Listed.STATES and (at or diff):
        raise UserError("--at and --diff go with states: kit list states --at REV [--diff REV]")
    table, data = _table(what, at, diff)
    if as_json:
        print_json(data)
    else:
        console().print(table)


def _table(what: Listed, at: str | None, diff: str | None) -> tuple[RenderableType, Any]:
    """Return the list as a table and as JSON; each kind imports only what it needs."""
    match what:
        case Listed.REVISIONS:
            from kit.views.terminal.catalogue import revisions_table

            return revisions_table()
        case Listed.SCENARIOS:
            from kit.storage.scenarios import scenarios
            from kit.views.terminal.catalogue import scenarios_table

            return scenarios_table(tuple(scenarios().values()))
        case Listed.PROPERTIES:
            from kit.views.terminal.explorer import properties_table

            return properties_table()
        case Listed.EXERCISES:
            from kit.storage.exercises import exercises
            from kit.views.terminal.exercises import exercises_table

            return exercises_table(tuple(exercises().values()))
        case Listed.STATES:
            from kit.machine.catalogue import find_revision
            from kit.views.terminal.catalogue import states_table

            other = None if diff is None else find_revision(diff)
            return states_table(find_revision(at or "revert"), other)
    assert_never(what)
