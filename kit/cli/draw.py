"""The command that draws sequence diagrams which people wrote in Mermaid."""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from kit.cli.common import cli, put
from kit.cli.forms import Output, Unicode, Width
from kit.common.errors import UserError
from kit.common.plain_text import plain
from kit.common.user_file import MAX_BYTES, read_bounded
from kit.views.markdown import fenced
from kit.views.reports.picture_page import png_of
from kit.views.sequence.diagram import SequenceDiagram
from kit.views.sequence.mermaid import read_diagrams
from kit.views.sequence.svg import sequence_svg
from kit.views.sequence.text import sequence_lines


class DrawForm(Enum):
    """How a diagram is written."""

    TEXT = "text"
    MD = "md"
    SVG = "svg"
    PNG = "png"


@cli.command(epilog="Example: kit draw protocol.mmd --width 69")
def draw(
    file: Annotated[
        str, typer.Argument(help="Mermaid, or Markdown with Mermaid in it; - is stdin.")
    ],
    number: Annotated[
        int | None,
        typer.Option("--number", min=1, metavar="N", help="Only the N-th diagram of the file."),
    ] = None,
    form: Annotated[DrawForm, typer.Option("--format", help="How to write it.")] = DrawForm.TEXT,
    width: Width = 72,
    unicode: Unicode = False,
    output: Output = None,
) -> None:
    """Draw Mermaid sequence diagrams as text that survives a mail, or as SVG or PNG."""
    diagrams = list(read_diagrams(_read(file), plain(file)))
    if number is not None:
        if number > len(diagrams):
            raise UserError(
                f"--number {number}: {plain(file)} has {len(diagrams)} sequence diagrams"
            )
        diagrams = [diagrams[number - 1]]
    if form in (DrawForm.SVG, DrawForm.PNG):
        if len(diagrams) > 1:
            raise UserError(
                f"{plain(file)} has {len(diagrams)} sequence diagrams; name one: --number N"
            )
        drawn = sequence_svg(diagrams[0])
        put(png_of(drawn) if form is DrawForm.PNG else str(drawn), output)
        return
    parts = [_text(diagram, form, width, unicode=unicode) for diagram in diagrams]
    put("\n\n".join(parts), output)


def _read(file: str) -> str:
    """Return the text of a file, or of stdin."""
    if file != "-":
        return read_bounded(Path(file), "Mermaid file")
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise UserError(f"-: is larger than {MAX_BYTES:,} bytes; no Mermaid file is")
    return data.decode("utf-8", "replace")


def _text(diagram: SequenceDiagram, form: DrawForm, width: int, *, unicode: bool) -> str:
    lines = sequence_lines(diagram, width, unicode=unicode)
    return "\n".join(fenced(lines) if form is DrawForm.MD else lines)
