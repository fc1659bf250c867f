"""Commands about reverts: revert, reverts, changelog."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from enum import Enum
from typing import Annotated

import typer

from kit.case_study import history as history_in_use
from kit.cli.common import FINE, NO, Json, Repo, cli
from kit.cli.output import console, print_json, progress_bar, tell_passed_over
from kit.common.child_process import pool
from kit.common.errors import UserError
from kit.common.plain_text import plain
from kit.git.values.changelog import changelog_json
from kit.git.values.summary import summary
from kit.git.values.verdict import RevertVerdict, revert_json
from kit.views.terminal.changelog import changelog_lines
from kit.views.terminal.revert import report_text, row_line, summary_lines

__all__: list[str] = []


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

    history = history_in_use.history(repo, tell_passed_over)
    report = revert_report(history, history_in_use.commit_named(history, revision)[0])
    if as_json:
        print_json(report_json(report))
    else:
        after = [(each.sha, each.subject, each.how.value) for each in report.after]
        text = report_text(
            report.revert,
            report.finding,
            source=report.source,
            titles=report.titles,
            lines=report.lines,
            tags=report.tags,
            releases=report.releases,
            chain=report.chain,
            after=after,
            untold=len(report.untold),
        )
        console().print(text, soft_wrap=True, end="")
    return FINE if report.finding.verdict is RevertVerdict.EXACT else NO


@cli.command(epilog="Example: kit reverts --since 2021-01-01 --check")
def reverts(
    repo: Repo = None,
    since: Annotated[str | None, typer.Option(help="Committed after this date.")] = None,
    until: Annotated[str | None, typer.Option(help="Committed before this date.")] = None,
    path: Annotated[str | None, typer.Option(help="Only those that change this path.")] = None,
    author: Annotated[
        str | None, typer.Option(help="Part of the author's name or address.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Is each of them exact?")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
) -> None:
    """List every commit that says that it reverts another, and a summary of them."""
    from kit.git.reverts import report as revert_report
    from kit.git.reverts.folders import directories

    for date in (since, until):
        _refuse_no_date(date)
    history = history_in_use.history(repo, tell_passed_over)
    wanted = revert_report.Wanted(
        since=since, until=until, paths=(path,) if path else (), author=author
    )
    rows = []
    with progress_bar() as tell, _pool(check=check) as workers:
        for row in revert_report.reverts(
            history,
            wanted,
            check=check,
            executor=workers,
            progress=lambda done, total: tell("reverts", done, total),
        ):
            if as_json:
                typer.echo(json.dumps(revert_json(row)))
            else:
                rows.append(row)
                typer.echo(row_line(row).plain)
    if not as_json:
        typer.echo()
        for line in summary_lines(summary(rows), directories(history, rows)):
            typer.echo(line)


def _refuse_no_date(date: str | None) -> None:
    """Refuse what git would silently read as the present."""
    if date is not None and not re.search(r"\d|yesterday|today|last|ago", date):
        raise UserError(f"{date!r} is no date; give one as 2021-04-12, or 2.weeks.ago")


@contextmanager
def _pool(*, check: bool) -> Iterator[Executor | None]:
    """Yield as many processes as there are processors; None if there is only one."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    if not check or processors == 1:
        yield None
        return
    with pool(processors) as executor:
        yield executor


class ChangelogForm(Enum):
    """How a changelog is written."""

    TEXT = "text"
    MARKDOWN = "md"
    JSON = "json"


@cli.command(epilog="Example: kit changelog v5.2.0..v6.0.0 --format md")
def changelog(
    span: Annotated[str, typer.Argument(metavar="A..B", help="A range of commits, as git has it.")],
    repo: Repo = None,
    form: Annotated[
        ChangelogForm, typer.Option("--format", help="How to write it.")
    ] = ChangelogForm.TEXT,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Check reverts, or believe them.")
    ] = True,
    people: Annotated[bool, typer.Option("--people", help="Say who wrote each.")] = False,
    trailers: Annotated[bool, typer.Option("--trailers", help="Show their trailers.")] = False,
    as_json: Json = False,
) -> None:
    """Summarise a range of commits, leaving out changes that were reverted within it."""
    from kit.git.reverts.report import changelog as read

    history = history_in_use.history(repo, tell_passed_over)
    entries = read(history, span, check=check)
    if as_json or form is ChangelogForm.JSON:
        print_json(changelog_json(span, entries, people=people, trailers=trailers))
        return
    markdown = form is ChangelogForm.MARKDOWN
    for line in changelog_lines(
        plain(span), entries, markdown=markdown, people=people, trailers=trailers
    ):
        typer.echo(line)
