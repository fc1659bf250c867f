"""The teacher's command: classroom."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kit.classroom.contents import make_classroom
from kit.classroom.folder import whole
from kit.classroom.target import targets
from kit.cli.common import FINE, NO, cli
from kit.cli.output import progress_line, tell_passed_over
from kit.common.english import counted
from kit.common.errors import UserError
from kit.common.plain_text import plain
from kit.handout.solutions import write_solutions


@cli.command(epilog="Example: kit classroom stick/lessons --platform win_amd64 --python 3.12")
def classroom(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make, or to check.")],
    platforms: Annotated[
        list[str] | None,
        typer.Option(
            "--platform",
            metavar="TAG",
            help="For laptops of this kind (repeat it): win_amd64, macosx_11_0_arm64, "
            "manylinux_2_28_x86_64. Default: this one.",
        ),
    ] = None,
    pythons: Annotated[
        list[str] | None,
        typer.Option(
            "--python", metavar="X.Y", help="With this Python (repeat it). Default: this one."
        ),
    ] = None,
    teacher: Annotated[
        Path | None,
        typer.Option("--teacher", metavar="KEY", help="Write the answers, too, into this folder."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Make nothing; check whether DIR is complete.")
    ] = False,
    wanted: Annotated[
        str | None,
        typer.Option(
            "--sha256", metavar="HASH", help="With --check: DIR must be the folder with this hash."
        ),
    ] = None,
) -> None:
    """Make a folder from which laptops without a network install the kit and start the lessons.

    It holds the kit and its dependencies, the lessons, the commits, and a start script for each
    system. docs/classroom.md says more.
    """
    if check:
        if platforms or pythons or teacher:
            raise UserError("--check goes alone; it looks at what is there")
        raise typer.Exit(_check(folder, wanted))
    if wanted is not None:
        raise UserError("--sha256 goes with --check")
    kinds = targets(platforms or (), pythons or ())
    if teacher is not None and teacher.absolute().is_relative_to(folder.absolute()):
        raise UserError(f"{teacher}: is in the learners' folder; name another for the answers")
    made, history = make_classroom(folder, kinds, progress_line, tell_passed_over)
    progress_line("")
    typer.echo(
        f"{plain(str(folder))}: {counted(made.files, 'file')}, {made.size_bytes / 1e6:,.0f} MB,"
        f" for {'; '.join(map(str, kinds))}; history: {history}"
    )
    typer.echo(f"sha256 of its SHA256SUMS, to publish elsewhere: {made.sha256}")
    if teacher is not None:
        pages = write_solutions(teacher, progress_line)
        progress_line("")
        typer.echo(f"{plain(str(teacher))}: the answers to the exercises, {counted(pages, 'page')}")


def _check(folder: Path, wanted: str | None) -> int:
    wrong = whole(folder, wanted)
    for line in wrong:
        typer.echo(plain(line))
    verdict = f"not whole, {len(wrong)} wrong; copy it again" if wrong else "whole"
    typer.echo(f"{plain(str(folder))}: {verdict}")
    return NO if wrong else FINE
