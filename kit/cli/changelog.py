"""The command changelog: what a range of commits brings, and what of it was taken back."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from kit.cli.common import Json, Repo, cli
from kit.cli.output import print_json
from kit.cli.repository import find_place, tell_source
from kit.common.errors import UserError
from kit.common.plain_text import plain
from kit.git.repository.clone import CloneHistory
from kit.git.repository.reenacted import clone_of
from kit.git.values.changelog import changelog_json
from kit.git.values.forge import Forge, forge_at, forge_of_remote
from kit.git.values.sections import Grouping, range_json
from kit.views.terminal.changelog import (
    changelog_lines,
    cliffignore_lines,
    keepachangelog_lines,
)


class ChangelogForm(Enum):
    """How a changelog is written."""

    TEXT = "text"
    MARKDOWN = "md"
    JSON = "json"
    KEEP = "keepachangelog"
    IGNORE = "cliffignore"


@cli.command(epilog="Example: kit changelog v5.2.0..v6.0.0 --format md")
def changelog(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[A..B]...", help="A range of commits, written as for git."),
    ] = None,
    repo: Repo = None,
    form: Annotated[
        ChangelogForm, typer.Option("--format", help="How to write it.")
    ] = ChangelogForm.TEXT,
    since_tag: Annotated[
        bool, typer.Option("--since-tag", help="Start at the last version's tag.")
    ] = False,
    group: Annotated[
        Grouping | None, typer.Option(help="How to group commits. Default: the project's habit.")
    ] = None,
    link: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where hashes link to. Default: the remote; no: nowhere."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Check reverts, or believe them.")
    ] = True,
    content: Annotated[
        bool,
        typer.Option("--content", help="Also find reverts whose message does not say so. Slower."),
    ] = False,
    people: Annotated[
        bool, typer.Option("--people", help="Name the author of each commit.")
    ] = False,
    trailers: Annotated[
        bool, typer.Option("--trailers", help="Show the trailers of each commit.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Summarise a range of commits, leaving out changes that were reverted within it."""
    from kit.git.reverts.changelog import changelog_of, since_release  # here: libgit2 takes a while

    place = find_place(repo)
    if not words and not since_tag:
        raise UserError("kit changelog needs a range, such as v1.0.0..v1.1.0, or --since-tag")
    forge = _forge(clone_of(place.history), link)
    if since_tag and len(words or ()) > 1:
        raise UserError("--since-tag takes at most one commit, the end of the range")
    if since_tag:
        words = [since_release(place.history, *(words or ()))]
    assert words is not None
    span = " ".join(words)
    read = changelog_of(place.history, *words, check=check, by=group, content=content)
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
