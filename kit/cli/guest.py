"""The options that boot a real guest kernel, and how its run is written."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kit.cli.forms import Writing
from kit.cli.output import complain, progress_line
from kit.cli.report import put_report
from kit.common.errors import UserError
from kit.machine.clock import NS_PER_S
from kit.real_qemu import api as backend_in_use
from kit.real_qemu.guest_image import GuestImage, read_image
from kit.real_qemu.guest_play import BOOT_S
from kit.simulation.guest_run import GuestRun
from kit.simulation.run import Intervention
from kit.simulation.scenario import Scenario
from kit.views.reports.guest import GuestReport

__all__ = ["Initrd", "Kernel", "image_of", "play_guest", "write_guest"]

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
