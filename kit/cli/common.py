"""What the modules of the command line share: the command itself, options, exit statuses."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Annotated

import typer

from kit.common.errors import UserError, did_you_mean
from kit.common.user_file import write_atomic

__all__ = ["FINE", "INTERRUPTED", "NO", "WRONG_USE", "Json", "Repo", "check_names", "cli", "put"]
__all__ += ["save"]

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


def check_names(option: str, names: Iterable[str] | None, known: Collection[str]) -> None:
    """Raise UserError for the first name that *option* does not know."""
    for name in names or ():
        if name not in known:
            there = ", ".join(known) or "none"
            raise UserError(f"{option} {name!r}: there are {there}{did_you_mean(name, known)}")


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
