"""What the modules of the command line share: the command itself, options, exit statuses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kit.common.errors import UserError
from kit.common.user_file import write_atomic

__all__ = ["FINE", "INTERRUPTED", "NO", "WRONG_USE", "Json", "Repo", "cli", "put", "save"]

FINE, NO, WRONG_USE = 0, 1, 2
INTERRUPTED = 130  # typer's status for Ctrl-C

cli = typer.Typer(
    name="kit",
    help="See why QEMU got a CPU unplug timeout and reverted it, and check any revert.",
    epilog="Start with: kit lab",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@cli.callback()
def _kit() -> None:
    """Keep `kit` a group of commands, even while only one of them is loaded."""


Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Repo = Annotated[
    Path | None,
    typer.Option("--repo", metavar="PATH", help="A clone, or a file of kit history export."),
]


def put(data: str | bytes, output: Path | None) -> None:
    """Write to a file, or text to stdout; UserError for bytes to stdout, or if that fails."""
    if output is None:
        if isinstance(data, bytes):
            raise UserError("--format png is not text: name a file, -o FILE")
        typer.echo(data)
        return
    save(output, data if isinstance(data, bytes) else f"{data}\n".encode())


def save(output: Path, data: bytes) -> None:
    """Write a file, or raise UserError."""
    try:
        write_atomic(output, data)
    except OSError as error:
        raise UserError(f"{output}: cannot be written: {error.strerror}") from error
