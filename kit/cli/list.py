"""kit list: what there is to name in the other commands."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from kit.cli.common import Json, cli
from kit.cli.output import console, print_json
from kit.common.errors import UserError
from kit.machine.catalogue import find_revision
from kit.storage.exercises import exercises
from kit.storage.scenarios import scenarios
from kit.views.terminal.catalogue import revisions_table, scenarios_table, states_table
from kit.views.terminal.exercises import exercises_table
from kit.views.terminal.explorer import properties_table

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
    """List revisions, scenarios, exercises, the state table of a revision, or the promises."""
    if what is not Listed.STATES and (at or diff):
        raise UserError("--at and --diff go with states: kit list states --at REV [--diff REV]")
    match what:
        case Listed.REVISIONS:
            table, data = revisions_table()
        case Listed.SCENARIOS:
            table, data = scenarios_table(tuple(scenarios().values()))
        case Listed.PROPERTIES:
            table, data = properties_table()
        case Listed.EXERCISES:
            table, data = exercises_table(tuple(exercises().values()))
        case Listed.STATES:
            other = None if diff is None else find_revision(diff)
            table, data = states_table(find_revision(at or "revert"), other)
    if as_json:
        print_json(data)
    else:
        console().print(table)
