"""The page of the conformance suite, and the kit's columns of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from kit.git.reverts.changelog import changelog_of
from tests.conformance.cases import CASES, START, Built

__all__ = ["KIT", "PAGE", "Results", "column_of", "kit_results", "page_text"]

PAGE = Path(__file__).parents[2] / "docs" / "revert-conformance.md"
KIT, CONTENT = "kit", "kit --content"
Results = dict[str, bool]
_ROW = re.compile(r"^\| `([a-z0-9-]+)` \| [^|]* \| (.*) \|$", re.MULTILINE)
_TEXT = """\
# Who finds reverted changes

A changelog should not announce a change that a later commit reverted. Each row is a small
repository with one kind of revert, or with a message that only looks like one.
`tests/conformance/cases.py` builds it, in our own words, after situations that people
reported to makers of changelogs. Each tool reads the commits after `{start}`
offline, with its own defaults. It is right (✓) if it lists every change that is still
there and no change that was reverted, whatever it does with the revert itself.

`make conformance` writes this page. It needs npm and PyPI for the other tools; a test checks
the kit's columns without them.

Measured on {date}: {versions}. The analyser makes no list; it is right if it asks for a minor
version exactly where a feature is still there. `kit` is `kit changelog`, which reads messages and
checks them; `kit --content` also finds reverts that no message mentions.

| case | situation | {heads} |
|---|---|{rules}|
{rows}
| **right** | of {count} | {sums} |
"""


def kit_results(built: Mapping[str, Built]) -> dict[str, Results]:
    """Return which cases the kit gets right, without and with a look at content."""
    return {
        tool: {name: _is_right(case, content=content) for name, case in built.items()}
        for tool, content in ((KIT, False), (CONTENT, True))
    }


def _is_right(case: Built, *, content: bool) -> bool:
    read = changelog_of(case.shop.clone, f"{START}..HEAD", content=content)
    listed = {entry.sha for entry in read.entries if entry.cancelled_by is None}
    return set(case.there) <= listed and not set(case.gone) & listed


def page_text(found: Mapping[str, Results], versions: Mapping[str, str], date: str) -> str:
    """Return the page, with a column for each tool."""
    rows = [
        f"| `{name}` | {situation} | {' | '.join(_mark(found[tool][name]) for tool in found)} |"
        for name, (situation, _) in CASES.items()
    ]
    return _TEXT.format(
        start=START,
        date=date,
        versions=", ".join(
            words if words.startswith(tool) else f"{tool} {words}"
            for tool, words in versions.items()
        ),
        heads=" | ".join(found),
        rules="|".join("---" for _ in found),
        rows="\n".join(rows),
        count=len(CASES),
        sums=" | ".join(str(sum(results.values())) for results in found.values()),
    )


def _mark(is_right: bool) -> str:
    return "✓" if is_right else "–"


def column_of(page: str, tool: str) -> Results:
    """Return what a page says of a tool, by case."""
    heads = re.search(r"^\| case \| situation \| (.*) \|$", page, re.MULTILINE)
    assert heads is not None
    place = heads[1].split(" | ").index(tool)
    return {name: cells.split(" | ")[place] == "✓" for name, cells in _ROW.findall(page)}
