"""The command missing-reverts: what a branch lacks of another one's reverts and fixes."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from kit.cli.common import FINE, NO, Json, Repo, cli
from kit.cli.output import print_json
from kit.cli.repository import find_place, tell_source
from kit.common.plain_text import printable
from kit.git.repository.reenacted import clone_of

__all__: list[str] = []


@cli.command("missing-reverts", epilog="Example: kit missing-reverts main stable-6.0")
def missing_reverts(
    source: Annotated[str, typer.Argument(metavar="FROM", help="Whose reverts and fixes.")],
    branch: Annotated[str, typer.Argument(metavar="BRANCH", help="What may lack them.")],
    repo: Repo = None,
    as_json: Json = False,
) -> int:
    """List the reverts and fixes of one branch that another one needs and does not have.

    A change counts as contained if its lines are there, picked, rebased or squashed.  Exit status
    1 where something is missing.
    """
    from kit.git.reverts import missing  # here: libgit2 takes a while

    place = find_place(repo)
    tell_source(place, data=as_json, what=f"{branch} beside {source}")
    found = missing.missing_reverts(clone_of(place.history), source, branch)
    needed = [
        each
        for each in found
        if each.state in (missing.MissingState.MISSING, missing.MissingState.PARTLY)
    ]
    commands = [f"git cherry-pick -x {each.sha[:12]}" for each in needed]
    if as_json:
        rows = [missing.missing_json(each) for each in found]
        print_json({"from": source, "branch": branch, "rows": rows, "commands": commands})
        return NO if needed else FINE
    for each in found:
        what = "fix" if each.is_fix else "revert"
        share = f" ({each.lines[0]} of {each.lines[1]} lines)" if each.lines[1] else ""
        of = ", ".join(sha[:10] for sha in each.targets[:3])
        about = f"{what} of {of}{share}: {printable(each.subject)}"
        typer.echo(f"{each.state.value:<9} {each.sha[:10]} {about}")
        if each.note:
            typer.echo(f"  {printable(each.note)}")
    if not needed:
        typer.echo("nothing is missing")
    else:
        typer.echo(f"\nto bring them, on {shlex.quote(branch)}:")
        for command in commands:
            typer.echo(f"  {command}")
    return NO if needed else FINE
