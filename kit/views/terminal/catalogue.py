"""Lists for the terminal as rich renderables, each with the same content as JSON data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from kit.machine.catalogue import BUILDS, MENDED, MENDS, PROPOSAL, RELEASES, REVISIONS, TRIALS
from kit.machine.revision import Revision
from kit.views.terminal.table import plain_table

if TYPE_CHECKING:
    from kit.simulation.scenario import Scenario

__all__ = ["Listing", "checks_table", "map_tables", "revisions_table", "scenarios_table"]

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
    from kit.simulation.actions import first_words  # here: no other list needs it

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
            "script": list(map(first_words, scenario.texts)),
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
