"""Commands about this installation and its learner: lab, doctor, progress."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from kit.cli.common import FINE, NO, Json, cli
from kit.cli.output import complain, console, print_json
from kit.common.child_process import become
from kit.common.errors import UserError
from kit.common.packaged_data import lessons, own_lessons
from kit.lessons.doctor import checks as doctor_checks
from kit.lessons.lab import lab_command, lab_environment
from kit.storage.exercises import exercises
from kit.storage.progress import progress_file
from kit.views.terminal.catalogue import checks_table
from kit.views.terminal.exercises import progress_table

__all__: list[str] = []


@cli.command(epilog="Example: kit lab ~/lessons --no-browser")
def lab(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]", help="The folder of your copy; unplug-kit-lessons by default."
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port of the server, or a free one after it.")
    ] = 8888,
    browser: Annotated[bool, typer.Option(help="Open the lesson in a browser.")] = True,
    here: Annotated[
        bool, typer.Option("--here", help="Open the kit's own lessons, for their authors.")
    ] = False,
) -> None:
    """Open JupyterLab on the first lesson of your copy of the course.

    The lessons are copied to DIR, or to unplug-kit-lessons here.  A lesson that you changed is
    never overwritten: a new version of it lies beside it, as NAME.new.ipynb.  Without DIR, kit lab
    opens only a copy that it made on this machine.
    """
    if here and folder is not None:
        raise UserError("--here and DIR exclude each other; give one of them")
    where = own_lessons() if here else lessons(folder, remember=True)
    for path in where.beside:
        mine = path.name.replace(".new.", ".")
        typer.echo(f"{mine}: your copy is kept; the new version is {path.name}", err=True)
    command = lab_command(where, port, *([] if browser else ["--no-browser"]))
    typer.echo(f"Opening {where.first} in JupyterLab; stop it with Ctrl-C.", err=True)
    sys.stderr.flush()
    # in a folder that is nobody's, for what Jupyter looks for in the current one
    become(command, Path(sys.prefix), lab_environment(os.environ))


@cli.command(epilog="Example: kit doctor --json")
def doctor(as_json: Json = False) -> None:
    """Show what is installed, which clone is used, what is missing and how to get it."""
    checks = doctor_checks()
    if as_json:
        print_json([{"name": c.name, "found": c.found, "missing": c.missing} for c in checks])
    else:
        console().print(checks_table([(c.name, c.found, c.missing, c.needed) for c in checks]))
    raise typer.Exit(NO if any(c.needed and not c.found for c in checks) else FINE)


@cli.command(epilog="Example: kit progress --json")
def progress(
    as_json: Json = False,
    reset: Annotated[bool, typer.Option("--reset", help="Delete all progress.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="--reset: do not ask.")] = False,
) -> None:
    """Show which exercises you have solved. Progress stays on this machine."""
    if yes and not reset:
        raise UserError("--yes goes with --reset")
    if reset and as_json:
        raise UserError("--json and --reset exclude each other; give one of them")
    file = progress_file(complain)
    if reset:
        if not yes:
            typer.confirm(f"Delete all progress, in {file.path}?", abort=True, err=True)
        file.reset()
        return
    table, data = progress_table(tuple(exercises().values()), file.read().standing, str(file.path))
    if as_json:
        print_json(data)
    else:
        console().print(table)
