"""Commands about reverts: revert, reverts, missing-reverts."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from kit.cli.common import FINE, NO, Json, Repo, cli
from kit.cli.output import complain, console, print_json, progress_bar
from kit.cli.repository import chosen, find_place, name_of, tell_source
from kit.common.child_process import pool, processors
from kit.common.errors import UserError
from kit.common.plain_text import printable
from kit.git.repository.clone import CloneHistory
from kit.git.repository.reenacted import clone_of
from kit.git.values.summary import summary
from kit.git.values.verdict import Revert, RevertVerdict, revert_json
from kit.views.terminal.revert import report_text, row_line, summary_lines

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from kit.git.reverts.scan import Wanted


@cli.command(epilog="Example: kit revert revert")
def revert(
    revision: Annotated[str, typer.Argument(metavar="REV", help="A commit that reverts others.")],
    repo: Repo = None,
    as_json: Json = False,
) -> int:
    """Check a revert: is it exact, which tags contain the change, what came after.

    Exit status 1 unless it is known to be exact; see docs/reverts.md for what each word means.
    """
    from kit.git.reverts.report import report_json, revert_report  # here: libgit2 takes a while

    place = find_place(repo)
    report = revert_report(place.history, name_of(place.history, revision))
    tell_source(place, data=as_json)
    if as_json:
        print_json(report_json(report))
    else:
        console().print(report_text(report), soft_wrap=True, end="")
    return FINE if report.finding.verdict is RevertVerdict.EXACT else NO


class WithPaths(TyperCommand):
    """A command that takes what follows ``--`` for paths, as git does."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - as typer has it
        """Hand the paths on as values of ``--path``."""
        if "--" in args:
            place = args.index("--")
            args = [*args[:place], *(f"--path={path}" for path in args[place + 1 :])]
        return super().parse_args(ctx, args)


@cli.command(cls=WithPaths, epilog="Example: kit reverts v6.0.0..v6.1.0 --check -- hw/ppc")
def reverts(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RANGE]... [-- PATH...]", help="Commits and ranges; else HEAD."),
    ] = None,
    repo: Repo = None,
    count: Annotated[
        int | None, typer.Option("-n", "--max-count", min=1, help="Print at most N rows.")
    ] = None,
    all_refs: Annotated[
        bool, typer.Option("--all", help="Read every branch and tag, not only HEAD.")
    ] = False,
    since: Annotated[
        str | None, typer.Option(help="Only reverts committed after this date.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="Only reverts committed before this date.")
    ] = None,
    path: Annotated[
        list[str] | None,
        typer.Option(help="Only reverts that change this path; the same as after --."),
    ] = None,
    author: Annotated[
        str | None, typer.Option(help="Only reverts whose author's name or address contains this.")
    ] = None,
    content: Annotated[
        bool,
        typer.Option("--content", help="Also list reverts whose message does not say so. Slower."),
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Check whether each revert is exact.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per line.")
    ] = False,
) -> None:
    """List every commit that says that it reverts another, and a summary of them.

    The repository is the one that the current folder lies in, or else the lesson's history.
    """
    from kit.git.reverts.scan import Wanted, read_reverts

    for date in (since, until):
        _refuse_no_date(date)
    place = find_place(repo)
    revisions, paths = chosen(place, words or (), path or ())
    wanted = Wanted(revisions=revisions, all_refs=all_refs, since=since, until=until, paths=paths,
                    author=author, content=content)  # fmt: skip
    clone = clone_of(place.history)
    what = _read_words(wanted, clone)
    rows: list[Revert] = []
    with progress_bar() as tell, _pool(check=check) as workers:
        found = read_reverts(clone, wanted, check=check, executor=workers)
        for number, row in enumerate(islice(found, count), start=1):
            tell("reverts", number, None)
            if not rows:  # what cannot be read is said alone
                tell_source(place, data=as_json, what=what)
            rows.append(row)
            typer.echo(json.dumps(revert_json(row)) if as_json else row_line(row))
        found.close()
    if not rows:
        tell_source(place, data=as_json, what=what)
        _tell_why_none(clone, wanted)
    if not as_json:
        from kit.git.reverts.folders import directories

        for line in summary_lines(summary(rows), directories(place.history, rows)):
            typer.echo(line)


def _read_words(wanted: Wanted, clone: CloneHistory) -> str:
    what = [*(["all refs"] if wanted.all_refs else []), *wanted.revisions]
    if not what:
        has_head = "HEAD" in clone.tip()
        what = ["HEAD" if has_head else "all refs, as HEAD is a branch without commits"]
    return " ".join([*what, *(["--", *wanted.paths] if wanted.paths else [])])


def _tell_why_none(clone: CloneHistory, wanted: Wanted) -> None:
    """Say that there is no commit, or name each path that no commit changes."""
    with clone.stream("log", "-1", "--format=%H", "--all") as log:
        if not log.read():
            complain(f"{clone.place} has no commits yet")
            return
    for path in wanted.paths:
        alone = replace(wanted, paths=(path,), since=None, until=None, author=None)
        with clone.stream("log", "-1", "--format=%H", *alone.options(clone.tip())) as log:
            if not log.read():
                complain(f"no commit here changes {path!r}; paths count from the current folder")


def _refuse_no_date(date: str | None) -> None:
    """Refuse what git would silently read as the present."""
    if date is not None and not re.search(r"\d|yesterday|today|last|ago", date):
        raise UserError(f"{date!r} is not a date; give one such as 2021-04-12 or 2.weeks.ago")


@contextmanager
def _pool(*, check: bool) -> Iterator[Executor | None]:
    """Yield as many processes as there are processors; None if there is only one."""
    if not check or processors() == 1:
        yield None
        return
    with pool(processors()) as executor:
        yield executor


@cli.command("missing-reverts", epilog="Example: kit missing-reverts main stable-6.0")
def missing_reverts(
    source: Annotated[
        str, typer.Argument(metavar="FROM", help="The branch whose reverts and fixes count.")
    ],
    branch: Annotated[str, typer.Argument(metavar="BRANCH", help="The branch that may lack them.")],
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
        typer.echo(f"\nto get them, run on {shlex.quote(branch)}:")
        for command in commands:
            typer.echo(f"  {command}")
    return NO if needed else FINE
