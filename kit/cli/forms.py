"""The options of every command that draws: how a picture is written."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from kit.common.errors import UserError

__all__ = ["Explored", "Form", "InReplyTo", "Output", "OwnScenario", "RunForm", "Unicode"]
__all__ += ["Width", "Writing"]


class RunForm(Enum):
    """How a run or a pair is written."""

    TEXT = "text"
    MAIL = "mail"
    MD = "md"
    SVG = "svg"
    PNG = "png"
    HTML = "html"
    PAGE = "page"
    MERMAID = "mermaid"
    QMP = "qmp"
    JSON = "json"


Form = Annotated[RunForm, typer.Option("--format", help="How to write it.")]
Width = Annotated[int, typer.Option("--width", min=60, max=200, help="Columns of the text.")]
Unicode = Annotated[bool, typer.Option("--unicode", help="Text with box drawing, not ASCII.")]
InReplyTo = Annotated[
    str | None,
    typer.Option("--in-reply-to", metavar="MESSAGE-ID", help="mail: the mail that it answers."),
]
Explored = Annotated[
    bool,
    typer.Option("--explore", help="page: add what could happen next, in every order."),
]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to a file.")
]


OwnScenario = Annotated[
    Path | None,
    typer.Option("--scenario", metavar="FILE", help="The token's scenario, if it is your own."),
]


@dataclass(frozen=True, slots=True)
class Writing:
    """How a person wants something written."""

    form: RunForm
    width: int
    unicode: bool
    in_reply_to: str | None
    explore: bool = False

    def __post_init__(self) -> None:
        """Refuse what does not go together."""
        if self.in_reply_to is not None and self.form is not RunForm.MAIL:
            raise UserError("--in-reply-to goes with --format mail")
        if self.explore and self.form is not RunForm.PAGE:
            raise UserError("--explore goes with --format page")
