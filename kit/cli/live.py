"""Paths of the explorer on a real QEMU, in a terminal: each step, and whether it is the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kit.cli.common import put
from kit.cli.forms import RunForm, Writing
from kit.cli.output import progress_line
from kit.common.errors import UserError
from kit.common.plain_text import plain
from kit.explorer.jobs import Explored
from kit.explorer.paths import PlayedPath, play_path
from kit.real_qemu import api as backend_in_use
from kit.real_qemu.replay_path import LivePath
from kit.views.diagram.from_path import live_provenance
from kit.views.reports.blocks import wrapped

__all__ = ["LiveCell", "live_cells", "live_json", "live_lines", "write_live"]

LiveCell = tuple[str, PlayedPath, LivePath]
"""The property that a path violates, the path, and its replay on the binary."""


def live_cells(found: Sequence[Explored], wanted: list[str], binary: str | None) -> list[LiveCell]:
    """Replay each counterexample once; BackendError if the binary is absent or does not answer."""
    cells: list[LiveCell] = []
    known: dict[str, LivePath] = {}
    for one in found:
        job = one.job
        for promise, finding in one.findings:
            if finding.holds or finding.path is None or promise.name not in wanted:
                continue
            played = play_path(job.revision, job.kind, job.scope, finding.path)
            if played.token not in known:
                progress_line(f"{promise.name}, {job.revision.name}, {job.kind.value}: live")
                known[played.token] = backend_in_use.path_on(played, binary)
            cells.append((promise.name, played, known[played.token]))
    progress_line("")
    return cells


def live_lines(cells: Sequence[LiveCell]) -> Iterator[str]:
    """Yield a line for each replay."""
    for name, played, live in cells:
        yield plain(f"{name}, {played.revision.name}, guest {played.kind.value}: {live.words}")
        if live.difference is not None or live.stopped:
            yield plain(f"  kit open {played.token} --backend qemu")


def live_json(cells: Sequence[LiveCell]) -> list[dict[str, Any]]:
    """Return the replays as data for JSON."""
    return [
        {
            "property": name,
            "revision": played.revision.label,
            "guest": played.kind.value,
            "counterexample": played.token,
            "provenance": live_provenance(played, live.binary).json(),
            **live.json(),
        }
        for name, played, live in cells
    ]


def write_live(path: PlayedPath, live: LivePath, how: Writing, output: Path | None) -> None:
    """Write a path step by step, as text or JSON; UserError for any other form."""
    if how.form is RunForm.JSON:
        origin = live_provenance(path, live.binary).json()
        put(json.dumps({"path": path.token, "provenance": origin, **live.json()}, indent=2), output)
    elif how.form is RunForm.TEXT:
        lines = _path_lines(path, live, how.width, how.unicode)
        put("\n".join(plain(line) for line in lines), output)
    else:
        raise UserError("a path on a real QEMU is written as text or json (--format)")


def _path_lines(path: PlayedPath, live: LivePath, width: int, unicode: bool) -> Iterator[str]:
    head = f"{path.revision.name}, guest {path.kind.value}, beside a real QEMU: = the same, ! not"
    yield from wrapped("", "  ", head, width, unicode)
    last = None
    for one in live.steps:
        if one.choice != last:
            yield from wrapped(f"{one.choice:>3}  ", "     ", one.action, width, unicode)
            last = one.choice
        mark = "=" if one.same else "!"
        asked = " ".join(str(value) for value in one.asked.values())
        yield from wrapped(
            f"   {mark} ", "       ", f"{asked}: {json.dumps(one.real)}", width, unicode
        )
        if not one.same:
            yield from wrapped(
                "     ", "       ", f"embedded: {json.dumps(one.embedded)}", width, unicode
            )
    yield from wrapped("", "  ", f"{live.words}.", width, unicode)
