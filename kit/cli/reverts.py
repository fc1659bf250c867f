"""Commands about reverts: revert, reverts, changelog."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from kit.cli.common import FINE, NO, Json, Repo, cli
from kit.cli.output import complain, console, print_json, progress_bar
from kit.cli.repository import chosen, find_place, name_of, tell_source
from kit.common.errors import UserError
from kit.common.plain_text import plain
from kit.git.repository.clone import CloneHistory
from kit.git.repository.reenacted import clone_of
from kit.git.values.changelog import changelog_json
from kit.git.values.forge import Forge, forge_at, forge_of_remote
from kit.git.values.sections import Grouping, range_json
from kit.git.values.summary import summary
from kit.git.values.verdict import Revert, RevertVerdict, revert_json
from kit.views.terminal.changelog import (
    changelog_lines,
    cliffignore_lines,
    keepachangelog_lines,
)
from kit.views.terminal.revert import report_text, row_line, summary_lines

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from kit.git.reverts.scan import Wanted

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

    place = find_place(repo)
    report = revert_report(place.history, name_of(place.history, revision))
    tell_source(place, data=as_json)
    if as_json:
        print_json(report_json(report))
    else:
        after = [(each.sha, each.subject, each.how.value) for each in report.after]
        text = report_text(
            report.revert,
            report.finding,
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


class WithPaths(TyperCommand):
    """A command that takes what stands after ``--`` for paths, as git does."""

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
        int | None, typer.Option("-n", "--max-count", min=1, help="At most so many.")
    ] = None,
    all_refs: Annotated[
        bool, typer.Option("--all", help="Of every branch and tag, not of HEAD alone.")
    ] = False,
    since: Annotated[str | None, typer.Option(help="Committed after this date.")] = None,
    until: Annotated[str | None, typer.Option(help="Committed before this date.")] = None,
    path: Annotated[
        list[str] | None, typer.Option(help="Only those that change this path; as after --.")
    ] = None,
    author: Annotated[
        str | None, typer.Option(help="Part of the author's name or address.")
    ] = None,
    content: Annotated[
        bool, typer.Option("--content", help="Also those whose message says nothing: slower.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Is each of them exact?")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
) -> None:
    """List every commit that says that it reverts another, and a summary of them.

    The repository is the one that the current folder lies in, or else the lesson's history.
    """
    from kit.git.reverts.scan import Wanted, read_reverts

    for date in (since, until):
        _refuse_no_date(date)
    place = find_place(repo)
    revisions, paths = chosen(place, words or (), path or ())
    what = _read_words(revisions, paths, all_refs=all_refs)
    wanted = Wanted(revisions=revisions, all_refs=all_refs, since=since, until=until, paths=paths,
                    author=author, content=content)  # fmt: skip
    clone = clone_of(place.history)
    rows: list[Revert] = []
    with progress_bar() as tell, _pool(check=check) as workers:
        found = read_reverts(
            clone, wanted, check=check, executor=workers,
            progress=lambda done, total: tell("reverts", done, total),
        )  # fmt: skip
        for row in islice(found, count):
            if not rows:  # what cannot be read is said alone
                tell_source(place, data=as_json, what=what)
            rows.append(row)
            typer.echo(json.dumps(revert_json(row)) if as_json else row_line(row).plain)
        found.close()
    if not rows:
        tell_source(place, data=as_json, what=what)
        _tell_untouched(clone, wanted)
    if not as_json:
        from kit.git.reverts.folders import directories

        for line in summary_lines(summary(rows), directories(place.history, rows)):
            typer.echo(line)


def _read_words(revisions: Sequence[str], paths: Sequence[str], *, all_refs: bool) -> str:
    what = [*(["all refs"] if all_refs else []), *revisions]
    return " ".join([*(what or ["HEAD"]), *(["--", *paths] if paths else [])])


def _tell_untouched(clone: CloneHistory, wanted: Wanted) -> None:
    """Say of each path that no commit changes it: that is why there is no revert."""
    for path in wanted.paths:
        alone = replace(wanted, paths=(path,), since=None, until=None, author=None)
        with clone.stream("log", "-1", "--format=%H", *alone.options(clone.tip())) as log:
            if not log.read():
                complain(f"no commit here changes {path!r}; paths count from the current folder")


def _refuse_no_date(date: str | None) -> None:
    """Refuse what git would silently read as the present."""
    if date is not None and not re.search(r"\d|yesterday|today|last|ago", date):
        raise UserError(f"{date!r} is not a date; give one as 2021-04-12, or 2.weeks.ago")


@contextmanager
def _pool(*, check: bool) -> Iterator[Executor | None]:
    """Yield as many processes as there are processors; None if there is only one."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    if not check or processors == 1:
        yield None
        return
    from kit.common.child_process import pool  # here: it loads more than most commands need

    with pool(processors) as executor:
        yield executor


class ChangelogForm(Enum):
    """How a changelog is written."""

    TEXT = "text"
    MARKDOWN = "md"
    JSON = "json"
    KEEP = "keepachangelog"
    IGNORE = "cliffignore"


@cli.command(epilog="Example: kit changelog v5.2.0..v6.0.0 --format md")
def changelog(
    span: Annotated[
        str | None, typer.Argument(metavar="[A..B]", help="A range of commits, as git has it.")
    ] = None,
    repo: Repo = None,
    form: Annotated[
        ChangelogForm, typer.Option("--format", help="How to write it.")
    ] = ChangelogForm.TEXT,
    since_tag: Annotated[
        bool, typer.Option("--since-tag", help="From the last version's tag on.")
    ] = False,
    group: Annotated[
        Grouping | None, typer.Option(help="What sections go by; else the project's own habit.")
    ] = None,
    link: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where hashes lead to; else the remote; no: nowhere."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Check reverts, or believe them.")
    ] = True,
    content: Annotated[
        bool, typer.Option("--content", help="Also reverts whose message says nothing: slower.")
    ] = False,
    people: Annotated[bool, typer.Option("--people", help="Say who wrote each.")] = False,
    trailers: Annotated[bool, typer.Option("--trailers", help="Show their trailers.")] = False,
    as_json: Json = False,
) -> None:
    """Summarise a range of commits, leaving out changes that were reverted within it."""
    from kit.git.reverts.report import changelog_of, since_release

    place = find_place(repo)
    if span is None and not since_tag:
        raise UserError("kit changelog needs a range, as v1.0.0..v1.1.0, or --since-tag")
    forge = _forge(clone_of(place.history), link)
    if since_tag:
        span = since_release(place.history, span or "")
    assert span is not None
    read = changelog_of(place.history, span, check=check, by=group, content=content)
    tell_source(place, data=as_json or form is not ChangelogForm.TEXT)
    if as_json or form is ChangelogForm.JSON:
        print_json(
            changelog_json(span, read.entries, people=people, trailers=trailers)
            | range_json(read.by, read.releases, read.next_version)
        )
        return
    match form:
        case ChangelogForm.KEEP:
            lines = keepachangelog_lines(read.entries, releases=read.releases, forge=forge)
        case ChangelogForm.IGNORE:
            lines = cliffignore_lines(read.entries)
        case _:
            lines = changelog_lines(
                plain(span), read.entries, by=read.by, releases=read.releases,
                following=read.next_version, markdown=form is ChangelogForm.MARKDOWN,
                people=people, trailers=trailers, forge=forge,
            )  # fmt: skip
    for line in lines:
        typer.echo(line)


def _forge(clone: CloneHistory, link: str | None) -> Forge | None:
    """Return where hashes lead to: as a person says, or as the remote does."""
    if link is None:
        return forge_of_remote(clone.remote_address())
    if link == "no":
        return None
    forge = forge_at(link)
    if forge is None:
        raise UserError(
            f"--link {link} is not the address of a repository; give https://HOST/OWNER/NAME,"
            " or one with {sha} in it"
        )
    return forge
