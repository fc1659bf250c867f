"""The explorer's results as tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from kit.common.english import counted
from kit.explorer.jobs import Explored
from kit.explorer.properties import PROPERTIES, UnplugProperty
from kit.explorer.search import Ended, Judgement, Path, PropertyResult
from kit.simulation.platform import option_of
from kit.views.terminal.table import plain_table

__all__ = ["found_table", "one_table", "properties_table"]

_COLUMNS = 5  # revisions side by side, so that 80 columns are enough
_HOLDS, _WITHIN, _BROKEN = Judgement.HOLDS.value, "holds*", Judgement.VIOLATED.value
_UNTRIED, _UNJUDGED = "not exercised", ""


def properties_table() -> tuple[RenderableType, Any]:
    """Return the properties: name, kind, sentence, premise, source."""
    table = _property_table("must hold", "what it says, and its source")
    for prop in PROPERTIES:
        words = Text.assemble(
            prop.sentence, "\nExercised if: ", prop.premise, "\n", (prop.source, "dim")
        )
        table.add_row(Text(prop.name, style="bold"), prop.kind.value, words)
    data = [
        {
            "name": prop.name,
            "kind": prop.kind.value,
            "sentence": prop.sentence,
            "premise": prop.premise,
            "source": prop.source,
        }
        for prop in PROPERTIES
    ]
    return table, data


def found_table(found: Sequence[Explored], wanted: Sequence[str]) -> RenderableType:
    """Return properties by revision: does each hold with each guest that was explored?"""
    revisions = list(dict.fromkeys(one.job.revision for one in found))
    parts: list[RenderableType] = []
    for first in range(0, len(revisions), _COLUMNS):
        shown = revisions[first : first + _COLUMNS]
        names = (revision.name.replace("-", "-\n") for revision in shown)
        table = _property_table(*names, title=_title(found))
        for prop in _listed(wanted):
            cells = [
                _cell(prop, [one for one in found if one.job.revision == revision])
                for revision in shown
            ]
            table.add_row(Text(prop.name), *cells)
            if prop is PROPERTIES[1]:
                table.add_section()  # above: the arguments of the revert's message
        parts.append(table)
    return Group(*parts, _notes(found))


def one_table(found: Sequence[Explored], wanted: Sequence[str]) -> RenderableType:
    """Return properties at one revision by guest, and the shortest counterexample of each."""
    title = _title(found, f" at {found[0].job.revision.name}" if found else "")
    table = _property_table(*(one.job.kind.value for one in found), title=title)
    for prop in _listed(wanted):
        table.add_row(Text(prop.name), *(_cell(prop, [one]) for one in found))
    paths: list[RenderableType] = []
    own = option_of(*(one.job.revision for one in found))
    for prop in _listed(wanted):
        for length, kinds, token in _counterexamples(prop, found):
            paths.append(Text(f"{prop.name}, {', '.join(kinds)}: {counted(length, 'choice')}"))
            paths.append(Text(f"  kit open {token}{own}", overflow="fold"))
    return Group(table, *paths, _notes(found))


def _listed(wanted: Sequence[str]) -> list[UnplugProperty]:
    return [prop for prop in PROPERTIES if prop.name in wanted]


def _counterexamples(
    prop: UnplugProperty, found: Sequence[Explored]
) -> Iterator[tuple[int, list[str], str]]:
    """Yield each shortest counterexample once: its length, its guests, its token."""
    paths: dict[Path, list[Explored]] = {}
    for one in found:
        finding = one.result.findings.get(prop.name)
        if finding is not None and finding.path is not None and not finding.holds:
            paths.setdefault(finding.path, []).append(one)
    for path, ones in paths.items():
        yield len(path) - 1, [one.job.kind.value for one in ones], str(ones[0].token(prop))


def _title(found: Sequence[Explored], at: str = "") -> str:
    return f"Properties{at}; scope: {found[0].job.scope.words}" if found else ""


def _cell(prop: UnplugProperty, found: Sequence[Explored]) -> Text:
    """Return whether a property holds; by guest, if they differ."""
    signs = {
        one.job.kind.value.removeprefix("linux-"): _sign(
            one.result.findings[prop.name], one.result.complete
        )
        for one in found
        if prop.name in one.result.findings
    }
    for sign in (_BROKEN, _WITHIN, _HOLDS, _UNTRIED):  # the worst first
        kinds = [kind for kind, found_sign in signs.items() if found_sign == sign]
        if kinds:
            named = () if len(kinds) == len(signs) else kinds
            return Text("\n".join((sign.replace(" ", "\n"), *named)), style=_STYLES[sign])
    return Text(_UNJUDGED)


_STYLES = {_HOLDS: "green", _WITHIN: "yellow", _BROKEN: "bold red", _UNTRIED: "dim"}


def _sign(finding: PropertyResult, complete: bool) -> str:
    if finding.judgement is Judgement.HOLDS and not complete and finding.path is None:
        return _WITHIN
    untried = finding.judgement is Judgement.NOT_EXERCISED
    return _UNTRIED if untried else finding.judgement.value


def _notes(found: Sequence[Explored]) -> Text:
    states = sum(one.result.states for one in found)
    depth = max((one.result.depth for one in found), default=0)
    words = [
        f"{counted(states, 'state')}, up to {counted(depth, 'choice')} deep.",
        "violated: there is a counterexample; under it the guests, where not all violate it.",
        "not exercised: no path of this scope meets the premise (kit list properties).",
    ]
    ends = {one.result.ended for one in found}
    if Ended.BOUND in ends:
        words.append("holds*: holds within the bound on states (--max-states), not beyond.")
    if Ended.INTERRUPTED in ends:
        words.append("holds*: holds as far as was looked; it was interrupted.")
    return Text("\n".join(words), style="dim")


def _property_table(*columns: str, title: str | None = None) -> Table:
    table = plain_table("property", *columns, title=title)
    table.columns[0].no_wrap = True
    return table
