"""The command that needs a real QEMU: record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from kit.cli.common import cli, save
from kit.cli.output import complain, progress_line
from kit.cli.qemu import Backend, Binary, chosen_qemu
from kit.common.errors import UserError
from kit.common.plain_text import plain
from kit.real_qemu import api as backend_in_use
from kit.real_qemu.api import QEMU

__all__: list[str] = []


@cli.command(epilog="Example: kit record script.jsonl --binary ./qemu-system-ppc64 -o new.jsonl")
def record(
    scripts: Annotated[
        list[Path],
        typer.Argument(metavar="SCRIPT...", help="Recordings; answers in them do not matter."),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="Write to that file.")
    ],
    backend: Backend = QEMU,
    binary: Binary = None,
) -> None:
    """Send the requests of scripts to a real QEMU, and write down its answers.

    A script is a line of JSON: a name and steps, as in a recording.  If the binary crashes without
    a failed assertion, the transcript ends there, and a line says so.
    """
    real = chosen_qemu(backend, binary)
    if real is None:
        raise UserError("--backend embedded: a recording is of a real QEMU; --backend qemu[=PATH]")
    if output.exists():
        raise UserError(f"{output}: exists; recordings are evidence, name another file")
    lines: list[Any] = []
    for number, path in enumerate(scripts, 1):
        progress_line(f"{number}/{len(scripts)} {path}")
        for found in backend_in_use.record_file(path, real):
            lines.append(found.transcript)
            if found.cut:
                complain(f"{path}: {found.cut}")
    progress_line("")
    save(output, "".join(f"{json.dumps(line)}\n" for line in lines).encode())
    steps = sum(len(line["steps"]) for line in lines)
    typer.echo(plain(f"{output}: {len(lines)} transcripts, {steps} steps"))
