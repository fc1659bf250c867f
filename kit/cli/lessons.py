"""Commands about lessons and who learns from them: lab, new, doctor, progress."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from kit.cli.common import FINE, NO, Json, Repo, cli
from kit.cli.output import complain, console, print_json
from kit.cli.repository import find_place, name_of, tell_source
from kit.common.child_process import become
from kit.common.errors import UserError
from kit.common.packaged_data import Lessons, lessons, own_lessons
from kit.common.plain_text import plain
from kit.lessons.lab import lab_command, lab_environment
from kit.lessons.new.files import NOTEBOOK, is_lesson, refuse_full, write_lesson
from kit.storage.progress import progress_file
from kit.views.terminal.catalogue import checks_table


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
    opens only a copy that it made on this machine.  Where kit new made a lesson in DIR, that lesson
    is opened instead.
    """
    if here and folder is not None:
        raise UserError("--here and DIR exclude each other; give one of them")
    own = folder is not None and is_lesson(folder)
    if folder is not None and own:
        where = Lessons(folder, folder / NOTEBOOK)
    else:
        where = own_lessons() if here else lessons(folder, remember=True)
    for path in where.beside:
        mine = path.name.replace(".new.", ".")
        typer.echo(f"{mine}: your copy is kept; the new version is {path.name}", err=True)
    more = [] if browser else ["--no-browser"]
    command = lab_command(where, port, *more, root=folder if own else None)
    said = f"Opening {where.first} in JupyterLab"
    if not browser:
        said = f"Starting JupyterLab for {where.first}; open the address below in a browser"
    typer.echo(f"{said}; stop it with Ctrl-C.", err=True)
    sys.stderr.flush()
    # in a folder that is nobody's, for what Jupyter looks for in the current one
    become(command, Path(sys.prefix), lab_environment(os.environ))


@cli.command(epilog="Example: kit doctor --json")
def doctor(as_json: Json = False) -> None:
    """Show what is installed, which clone is used, what is missing and how to get it."""
    from kit.lessons.doctor import checks as doctor_checks  # here: it loads what a QEMU needs

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
    from kit.storage.exercises import exercises  # here: they load the simulator
    from kit.views.terminal.exercises import progress_table

    table, data = progress_table(tuple(exercises().values()), file.read().standing, str(file.path))
    if as_json:
        print_json(data)
    else:
        console().print(table)


@cli.command(epilog="Example: kit new my-lesson --revert 0a1b2c3d --repo ../redis")
def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder for the lesson.")],
    revision: Annotated[
        str | None, typer.Option("--revert", metavar="REV", help="A commit that reverts others.")
    ] = None,
    repo: Repo = None,
    project: Annotated[
        str | None, typer.Option(help="The project's name in the lesson; else the clone's.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Which places of the lesson in DIR are unwritten?")
    ] = False,
) -> int:
    """Write a lesson on a revert: its commits, checks, versions, timeline, exercises, a mail.

    You write the story into the marked places; kit new DIR --check lists those that are left, and
    with --repo also the facts that have changed there.  Exit status 1 if there are any.
    """
    if check:
        if revision is not None or project is not None:
            raise UserError("--check looks at a lesson that is there; leave --revert out")
        return _check(folder, repo)
    if revision is None:
        raise UserError("kit new needs a commit: kit new DIR --revert REV [--repo PATH]")
    from kit.lessons.new.make import lesson_files_of  # here: libgit2 takes a while

    refuse_full(folder)  # before the history is read
    place = find_place(repo)
    files = lesson_files_of(place.history, name_of(place.history, revision), project or "")
    write_lesson(folder, files)
    tell_source(place, data=False)
    typed = plain(shlex.quote(str(folder)))
    typer.echo(f"{plain(str(folder / NOTEBOOK))}: written")
    typer.echo(f"Open it:       kit lab {typed}")
    typer.echo(f"What is left:  kit new {typed} --check")
    return FINE


def _check(folder: Path, repo: Path | None) -> int:
    from kit.lessons.new.make import changed_facts, unwritten_places  # as above

    left = unwritten_places(folder)
    for words in left:
        typer.echo(f"unwritten: {plain(words)}")
    changed = () if repo is None else changed_facts(folder, find_place(repo).history)
    for name in changed:
        typer.echo(f"changed since: {name}")
    if not left and not changed:
        typer.echo("everything is written")
    return NO if left or changed else FINE
