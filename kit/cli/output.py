"""How the command line writes: data to stdout, progress and complaints to stderr."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from kit.common.plain_text import plain

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "complain",
    "console",
    "drop_output",
    "open_streams",
    "print_json",
    "progress_bar",
    "progress_line",
    "tell_passed_over",
]


def open_streams() -> None:
    """Make stdout and stderr accept any text in any locale; a closed one goes nowhere."""
    # if they stayed closed, the next opened file would take their place
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
            setattr(sys, name, nowhere)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def complain(words: str) -> None:
    """Write one line to stderr, in place of the progress line."""
    progress_line("")
    typer.echo(f"kit: {plain(' '.join(words.split()))}", err=True)


def tell_passed_over(place: Path, why: str) -> None:
    """Report a history that exists and is not used."""
    from kit.git.repository.history import passed_over_line  # here: most commands read none

    complain(passed_over_line(place, why))


def drop_output() -> None:
    """Let Python exit without a second complaint about buffered output."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def console() -> Console:
    """Return the console that writes tables and colours to stdout."""
    from rich.console import Console  # here: it takes longer than many a command

    return Console(highlight=False)


def print_json(data: Any) -> None:  # noqa: ANN401 - whatever json can write
    """Write JSON to stdout."""
    typer.echo(json.dumps(data, indent=2))


def progress_line(words: str) -> None:
    """Rewrite the progress line on stderr, if it is a terminal."""
    if sys.stderr is not None and sys.stderr.isatty():
        from rich.cells import chop_cells  # as above
        from rich.console import Console

        width = max(Console(stderr=True).width - 1, 1)
        shown = chop_cells(plain(words), width)[0] if words else ""
        sys.stderr.write(f"\r\x1b[K{shown}")
        sys.stderr.flush()


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int | None], None]]:
    """Yield a function that draws a bar on stderr, given a step, how much is done, and the total.

    The bar is removed afterwards; without a terminal there is none.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda _step, _done, _total: None
        return
    from rich.console import Console  # as above

    err = Console(stderr=True)
    if err.is_dumb_terminal:
        yield lambda _step, _done, _total: None
        return

    # here: most commands draw no bar
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
    from rich.table import Column

    columns = (
        TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, ratio=1)),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
    )
    with Progress(*columns, console=err, transient=True, expand=True) as bar:
        shown: dict[str, TaskID] = {}

        def tell(step: str, done: int, total: int | None) -> None:
            if step not in shown:
                for old in shown.values():
                    bar.remove_task(old)
                shown.clear()
                shown[step] = bar.add_task(plain(step), total=total)
            bar.update(shown[step], completed=done, total=total)

        yield tell
