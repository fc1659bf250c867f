"""The command that writes a script for a real QEMU, which needs no kit: reproduce."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from kit.cli.common import cli, put
from kit.cli.forms import Output, OwnScenario
from kit.common.errors import UserError
from kit.explorer.paths import open_path
from kit.machine.catalogue import TODAY, find_revision
from kit.real_qemu.reproduce import (
    Reproducer,
    python_script,
    reproducer_of_path,
    reproducer_of_run,
)
from kit.real_qemu.reproduce_qtest import qtest_source
from kit.simulation.run import play
from kit.simulation.token import is_path, is_token, open_token
from kit.storage.scenarios import find_scenario, finder


class ScriptForm(Enum):
    """What is written."""

    PYTHON = "python"
    QTEST = "qtest"


@cli.command(epilog="Example: kit reproduce two-requests -o two-requests.py")
def reproduce(
    what: Annotated[
        str, typer.Argument(metavar="SCENARIO|TOKEN", help="A scenario, or what the kit printed.")
    ],
    revision: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="REV", help=f"Whose answers to expect of a scenario [{TODAY.name}]."
        ),
    ] = None,
    own: OwnScenario = None,
    form: Annotated[
        ScriptForm, typer.Option("--format", help="A Python script, or a C test as QEMU has them.")
    ] = ScriptForm.PYTHON,
    output: Output = None,
) -> None:
    """Write one file that shows a scenario, or a path, on a real QEMU without the kit.

    It needs only Python and a QEMU: it makes each call, compares the answer with the revision's,
    and exits with 0 if all are as expected, else 1.  Of a pair it shows the second run.
    """
    made = _made(what, revision, own)
    if form is ScriptForm.QTEST:
        text = qtest_source(made, "reproducer" if output is None else output.stem)
    else:
        text = python_script(made, "reproducer.py" if output is None else output.name)
    put(text.rstrip("\n"), output)


def _made(what: str, revision: str | None, own: Path | None) -> Reproducer:
    if not is_token(what):
        if own is not None:
            raise UserError("--scenario goes with a token; a file is named in its place")
        wanted = TODAY if revision is None else find_revision(revision)
        return reproducer_of_run(play(find_scenario(what), wanted))
    if revision is not None:
        raise UserError("--at goes with a scenario; a token names its revision")
    if is_path(what):
        return reproducer_of_path(open_path(what))
    return reproducer_of_run(open_token(what, finder(own)).runs[-1])
