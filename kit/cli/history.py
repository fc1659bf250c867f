"""Commands about commits: show, history export, fetch."""

from __future__ import annotations

import textwrap
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from kit.case_study import history as history_in_use
from kit.case_study.fetch import SOURCES, Amount, default_folder
from kit.case_study.fetch import fetch as fetch_commits
from kit.cli.common import Json, Repo, cli, save
from kit.cli.output import console, print_json, progress_bar, tell_passed_over
from kit.common.english import counted
from kit.common.errors import UserError
from kit.git.repository.exported import commit_json, file_json
from kit.git.repository.history import HistoryError
from kit.git.values.commit import FileDiff, fixes, lore_link, refers_to, reverts
from kit.views.terminal.diff import commit_lines, commit_text


class ShownAs(Enum):
    """How a commit is written."""

    TERMINAL = "terminal"
    TEXT = "text"
    JSON = "json"


@cli.command(epilog="Example: kit show revert --format text --width 72")
def show(
    revision: Annotated[str, typer.Argument(metavar="REV", help="A revision, or any commit.")],
    repo: Repo = None,
    form: Annotated[ShownAs, typer.Option("--format", help="How to write it.")] = ShownAs.TERMINAL,
    width: Annotated[int, typer.Option(min=40, max=500, help="Columns of --format text.")] = 72,
    as_json: Json = False,
) -> None:
    """Show a commit and its diff, from the history in use.

    The kit uses the first of these: --repo or KIT_QEMU; what kit fetch downloaded; a clone beside
    the kit; the re-enactment, which is ours and not QEMU's code (--repo re-enactment chooses it).
    """
    history = history_in_use.history(repo, tell_passed_over)
    name, commit = history_in_use.commit_named(history, revision)
    files: tuple[FileDiff, ...] = ()
    note = ""
    try:
        files = history.diff(name)
    except HistoryError as error:
        note = str(error)
    if as_json or form is ShownAs.JSON:
        print_json(
            {
                **commit_json(commit),
                "source": str(history.source),
                "reverts": list(reverts(commit)),
                "fixes": list(fixes(commit)),
                "refers_to": list(refers_to(commit)),
                "posted": lore_link(commit),
                "files": None if note else [file_json(file) for file in files],
                **({"note": note} if note else {}),
                **({"erratum": wrong} if (wrong := history_in_use.erratum(commit.hash)) else {}),
            }
        )
    elif form is ShownAs.TEXT:
        for line in commit_lines(commit, files, str(history.source), width, note):
            typer.echo(line)
        for line in textwrap.wrap(history_in_use.erratum(commit.hash), width):
            typer.echo(line)
    else:
        text = commit_text(commit, files, str(history.source), note)
        console().print(text, soft_wrap=True)
        if wrong := history_in_use.erratum(commit.hash):
            console().print(wrong, soft_wrap=True, markup=False, highlight=False)


history_commands = typer.Typer(help="The history in use as a file.", no_args_is_help=True)
cli.add_typer(history_commands, name="history")


@history_commands.command("export", epilog="Example: kit history export -o lesson.json")
def history_export(
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write.")],
    repo: Repo = None,
) -> None:
    """Write the lesson's commits and diffs to one file that is read without git."""
    text, left_out = history_in_use.exported_history(repo, tell_passed_over)
    save(output, text.encode())
    typer.echo(f"{output}: {len(text.encode()) / 1000:,.0f} kB", err=True)
    if left_out:
        names = ", ".join(left_out)
        typer.echo(f"{output}: {len(left_out)} left out, not in this history: {names}", err=True)


@cli.command(epilog="Example: kit fetch")
def fetch(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="The target folder. Default: the user's cache."),
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="All commits without files: messages, about 50 MB.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="A whole clone, about 400 MB.")] = False,
    source: Annotated[
        str | None, typer.Option("--from", metavar="URL", help="Another place to fetch from.")
    ] = None,
) -> None:
    """Fetch the lesson's commits of QEMU (under 1 MB), so that diffs are QEMU's own.

    An interrupted fetch continues where it was.
    """
    if history and full:
        raise UserError("--history and --full exclude each other; give one of them")
    amount = Amount.FULL if full else Amount.HISTORY if history else Amount.LESSON
    target = folder or default_folder(amount)
    urls = SOURCES if source is None else (source,)
    with progress_bar() as tell:
        fetched = fetch_commits(
            target,
            amount=amount,
            urls=urls,
            progress=tell,
            announce=lambda words: typer.echo(words, err=True),
        )
    what = "is there" if fetched.was_there else f"{fetched.received_bytes / 1000:,.0f} kB received"
    typer.echo(
        f"{fetched.path}: {fetched.amount.value}, {counted(fetched.commits, 'commit')}, {what}"
    )
