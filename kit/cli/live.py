"""A real QEMU in a terminal: paths of the explorer step by step, and a guest kernel that boots."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from kit.cli.common import put
from kit.cli.forms import RunForm, Writing
from kit.cli.output import complain, progress_line
from kit.cli.report import put_report
from kit.common.errors import UserError
from kit.common.plain_text import plain
from kit.explorer.jobs import Explored
from kit.explorer.paths import PlayedPath, play_path
from kit.machine.clock import NS_PER_S
from kit.real_qemu import api as backend_in_use
from kit.real_qemu.guest_image import GuestImage, read_image
from kit.real_qemu.guest_play import BOOT_S
from kit.real_qemu.replay_path import LivePath
from kit.simulation.guest_run import GuestRun
from kit.simulation.run import Intervention
from kit.simulation.scenario import Scenario
from kit.views.diagram.from_path import live_provenance
from kit.views.reports.blocks import wrapped
from kit.views.reports.guest import GuestReport

__all__ = ["Initrd", "Kernel", "LiveCell", "image_of", "live_cells", "live_json", "live_lines"]
__all__ += ["play_guest", "write_guest", "write_live"]

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


Kernel = Annotated[
    Path | None,
    typer.Option("--kernel", metavar="FILE", help="Boot this ppc64 kernel on a real QEMU."),
]
Initrd = Annotated[
    Path | None,
    typer.Option("--initrd", metavar="FILE", help="--kernel: with this initramfs, a shell in it."),
]


def image_of(kernel: Path | None, initrd: Path | None) -> GuestImage | None:
    """Return what to boot, or None; UserError if there is no kernel or it cannot be booted."""
    if kernel is None:
        if initrd is not None:
            raise UserError("--initrd goes with --kernel; docs/real-guest.md says how to get both")
        return None
    return read_image(kernel, initrd)


def play_guest(
    scenario: Scenario,
    binary: str | None,
    image: GuestImage,
    interventions: tuple[Intervention, ...] = (),
) -> GuestRun:
    """Boot a kernel and play a scenario with it; show meanwhile what takes so long."""
    takes = f"{scenario.name} takes {scenario.end_ns / NS_PER_S:g} s"
    progress_line(f"{image.kernel.name} boots, in at most {BOOT_S:g} s; then {takes}")
    try:
        return backend_in_use.play_guest_on(scenario, binary, image, interventions)
    finally:
        progress_line("")


def write_guest(report: GuestReport, how: Writing, output: Path | None) -> None:
    """Write the run, and its notes on stderr."""
    for note in report.run.notes:
        complain(note)
    put_report(report, how, output)
