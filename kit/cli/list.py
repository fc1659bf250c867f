"""kit list: what there is to name in the other commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Annotated, Any, assert_never

import typer
from rich.console import RenderableType

from kit.cli.common import Json, cli
from kit.cli.output import console, print_json
from kit.common.errors import UserError
from kit.views.markdown import markdown_table


class Listed(Enum):
    """What can be listed."""

    REVISIONS = "revisions"
    SCENARIOS = "scenarios"
    STATES = "states"
    PROPERTIES = "properties"
    EXERCISES = "exercises"
    MAP = "map"


class ListForm(Enum):
    """How a list is written."""

    TEXT = "text"
    MD = "md"
    JSON = "json"


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
    form: Annotated[ListForm, typer.Option("--format", help="How to write it.")] = ListForm.TEXT,
    as_json: Json = False,
) -> None:
    """List revisions, scenarios, exercises, states of a connector, properties, or the map.

    The map says for each step of the case study what QEMU answers, and who learns of it.
    """
    if what is not Listed.STATES and (at or diff):
        raise UserError("--at and --diff go with states: kit list states --at REV [--diff REV]")
    table, data = _table(what, at, diff)
    if as_json or form is ListForm.JSON:
        print_json(data)
    elif form is ListForm.MD:
        typer.echo("\n".join(_markdown(data, _heads(what))))
    else:
        console().print(table)


def _heads(what: Listed) -> Mapping[str, str]:
    """Return the headings of a list's columns in Markdown, where they are not the JSON keys."""
    if what is not Listed.MAP:
        return {}
    from kit.lessons.revision_map import HEADS

    return HEADS


def _markdown(data: Sequence[Mapping[str, object]], heads: Mapping[str, str]) -> Iterator[str]:
    """Write a list's JSON data as a table: a row each, a column for each key of the first."""
    keys = [*data[0]] if data else []
    return markdown_table(
        [heads.get(key, key) for key in keys],
        ([_cell(row.get(key)) for key in keys] for row in data),
    )


def _cell(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(map(_cell, value))
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_cell(one)}" for key, one in value.items())
    return "" if value is None else str(value)


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
        case Listed.MAP:
            from kit.lessons.revision_map import CAPTION, HEADS, map_json, map_rows
            from kit.views.terminal.catalogue import map_tables

            data = map_json(map_rows())
            return map_tables(data, HEADS, CAPTION), data
        case Listed.STATES:
            from kit.machine.catalogue import find_revision
            from kit.views.terminal.states import states_table

            other = None if diff is None else find_revision(diff)
            return states_table(find_revision(at or "revert"), other)
    assert_never(what)
