"""kit handout: lessons as pages to read on a screen or on paper."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kit.cli.common import Json, cli
from kit.cli.output import print_json, progress_line
from kit.common.errors import UserError
from kit.common.plain_text import plain


@cli.command(epilog="Example: kit handout 05 -o handouts")
def handout(
    folder: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Write the pages there.")
    ],
    lesson: Annotated[
        str | None,
        typer.Argument(metavar="[LESSON]", help="A lesson's number, as 05, or its file's name."),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every lesson, and an index.html that links them.")
    ] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Pictures play, and exercises are checked in the page.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write lessons as pages of HTML to read without Jupyter or network, or to print.

    Without --live they need no script, either.

    The lessons are executed on the history in use, in a folder of their own; solutions are left
    out.  Pages that kit handout made are replaced, other files never.
    """
    # here: other commands start faster
    from kit.handout.lessons import find_lesson, handouts, lesson_files

    if (lesson is None) == (not every):
        raise UserError("name one lesson, or give --all: kit handout LESSON|--all -o DIR")
    wanted = lesson_files() if lesson is None else (find_lesson(lesson),)
    made = []
    for page in handouts(wanted, folder, together=every, tell=_tell, live=live):
        made.append(page)
        progress_line("")
        if not as_json:
            typer.echo(plain(str(page.path)))
    if as_json:
        print_json(
            [
                {"lesson": page.lesson, "file": str(page.path), "bytes": page.size_bytes}
                for page in made
            ]
        )


def _tell(lesson: str, done: int, total: int) -> None:
    progress_line(f"{done + 1} of {total}: {lesson} …")
