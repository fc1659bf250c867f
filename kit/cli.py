"""The command line: ``kit …``, the same as ``python -m kit …``.

Exit status: 0 fine, 1 the answer is "no", 2 wrong use or bad input.  Errors are one line on
stderr; data goes to stdout, progress to stderr; ``--json`` where a program may read.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from kit import app as kit_app
from kit.doctor import checks as doctor_checks
from kit.errors import KitError, UnknownRevisionError, UserError
from kit.history.fetch import SOURCES, Amount, default_folder
from kit.history.fetch import fetch as fetch_commits
from kit.history.file import commit_json, file_json
from kit.history.history import History, HistoryError
from kit.lessons import lessons
from kit.machine.revision import RELEASES, find_revision
from kit.output import (
    complain,
    console,
    drop_output,
    open_streams,
    plain,
    print_json,
    progress_bar,
    progress_line,
    tell_passed_over,
)
from kit.runs.bench import play
from kit.runs.commit import Commit, FileDiff, fixes, lore_link, refers_to, reverts
from kit.runs.conform import Mismatch, Report
from kit.runs.scenario import SCENARIOS, find_scenario
from kit.runs.trace import entry_json
from kit.views.diff_text import commit_lines, commit_text
from kit.views.listing import (
    checks_table,
    revisions_table,
    run_lines,
    scenarios_table,
    states_table,
)

__all__ = ["main"]

FINE, NO, WRONG_USE = 0, 1, 2
INTERRUPTED = 130  # how typer tells of Ctrl-C

cli = typer.Typer(
    name="kit",
    help="See why QEMU's CPU unplug timeout for pseries came and went.",
    epilog="Start with: kit lab",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
At = Annotated[
    str,
    typer.Option(
        "--at",
        metavar="REV",
        help="Revision: a name, a tag or a unique prefix of a hash (kit list revisions).",
    ),
]


class Listed(Enum):
    """What can be listed."""

    REVISIONS = "revisions"
    SCENARIOS = "scenarios"
    STATES = "states"


@cli.command(epilog="Example: kit lab ~/lessons --no-browser")
def lab(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="Copy the lessons there first, and work on the copy."),
    ] = None,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port of the server, or a free one after it.")
    ] = 8888,
    browser: Annotated[bool, typer.Option(help="Open the lesson in a browser.")] = True,
) -> None:
    """Open JupyterLab on the first lesson.

    In a checkout the lessons are opened where they stand.  An installed kit copies them to DIR, or
    to unplug-kit-lessons here; files that exist are never overwritten.
    """
    where = lessons(folder)
    root = where.folder.parent
    command = [
        *(sys.executable, "-m", "jupyterlab"),
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/{where.first.relative_to(root).as_posix()}",
        f"--port={port}",
        # nothing leaves the machine: no look for updates, no news
        "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
        "--LabApp.news_url=None",
        *([] if browser else ["--no-browser"]),
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]
    typer.echo(f"Opening {where.first} in JupyterLab; stop it with Ctrl-C.", err=True)
    sys.stderr.flush()
    if os.name == "posix":  # one process: whoever stops it stops JupyterLab
        os.execv(command[0], command)
    raise typer.Exit(subprocess.run(command, check=False).returncode)


@cli.command(epilog="Example: kit doctor --json")
def doctor(as_json: Json = False) -> None:
    """Say what is installed, which clone is used, what is missing and how to get it."""
    checks = doctor_checks()
    if as_json:
        print_json([{"name": c.name, "found": c.found, "missing": c.missing} for c in checks])
    else:
        console().print(checks_table([(c.name, c.found, c.missing, c.needed) for c in checks]))
    raise typer.Exit(NO if any(c.needed and not c.found for c in checks) else FINE)


@cli.command("list", epilog="Example: kit list states --at revert --diff pre-revert")
def list_(
    what: Annotated[Listed, typer.Argument(help="What to list.")] = Listed.REVISIONS,
    at: Annotated[
        str | None, typer.Option("--at", metavar="REV", help="states: of this revision [revert].")
    ] = None,
    diff: Annotated[
        str | None,
        typer.Option("--diff", metavar="REV", help="states: only what differs from this revision."),
    ] = None,
    as_json: Json = False,
) -> None:
    """List revisions, built-in scenarios, or the full state table of a revision."""
    if what is not Listed.STATES and (at or diff):
        raise UserError("--at and --diff go with states: kit list states --at REV [--diff REV]")
    match what:
        case Listed.REVISIONS:
            table, data = revisions_table()
        case Listed.SCENARIOS:
            table, data = scenarios_table(tuple(SCENARIOS.values()))
        case Listed.STATES:
            other = None if diff is None else find_revision(diff)
            table, data = states_table(find_revision(at or "revert"), other)
    if as_json:
        print_json(data)
    else:
        console().print(table)


@cli.command(epilog="Example: kit conform data/reference/directed/* data/reference/walks/*")
def conform(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Recordings: .jsonl or .jsonl.gz.")
    ],
    as_json: Json = False,
) -> None:
    """Replay recordings of real QEMU builds on the embedded machine and compare every answer.

    Prints a line a file and the first mismatch of each transcript that fails.
    Exit status: 0 all agree, 1 a mismatch, 2 a file that cannot be read.
    """
    total, reports = Report(), {}
    for number, path in enumerate(files, 1):
        progress_line(f"{number}/{len(files)} {path}")
        report = reports[str(path)] = kit_app.conform_file(path)
        total += report
        if not as_json:
            progress_line("")
            typer.echo(plain(f"{path}: {report}"))
            for mismatch in report.mismatches:
                typer.echo(f"  {plain(str(mismatch))}")
    progress_line("")
    if as_json:
        print_json(
            {
                "files": {path: _report_json(report) for path, report in reports.items()},
                "total": _report_json(total),
            }
        )
    else:
        typer.echo(f"total: {total}")
    raise typer.Exit(NO if total.mismatches else FINE)


@cli.command(epilog="Example: kit run late-release --at pre-revert")
def run(
    scenario: Annotated[str, typer.Argument(help="A built-in scenario (kit list scenarios).")],
    at: At = "revert",
    as_json: Json = False,
) -> None:
    """Run a built-in scenario at a revision and print who told whom what, and when."""
    script, revision = find_scenario(scenario), find_revision(at)
    played = play(revision, script.acts)
    if as_json:
        print_json(
            {
                "version": 1,
                "scenario": script.name,
                "revision": revision.label,
                "token": None,  # runs have no printable names yet
                "entries": [entry_json(entry) for entry in played.trace],
            }
        )
    else:
        for line in run_lines(script, revision, played):
            typer.echo(line)


Repo = Annotated[
    Path | None,
    typer.Option("--repo", metavar="PATH", help="A clone, or a file of kit history export."),
]


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

    That is, in this order: --repo or KIT_QEMU; what kit fetch brought; a clone of QEMU beside the
    kit; the re-enactment, which is ours and not QEMU's code (--repo re-enactment asks for it).
    """
    history = kit_app.history(repo, tell_passed_over)
    commit, files, note = _commit_named(history, revision)
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
            }
        )
    elif form is ShownAs.TEXT:
        for line in commit_lines(commit, files, str(history.source), width, note):
            typer.echo(line)
    else:
        text = commit_text(commit, files, str(history.source), note)
        console().print(text, soft_wrap=True)


def _commit_named(history: History, typed: str) -> tuple[Commit, tuple[FileDiff, ...], str]:
    """Return the commit that a person names, with its diff, or without one and why.

    A release is looked for by its tag first: the re-enactment has tags of its own.
    """
    try:
        revision = find_revision(typed)
    except UnknownRevisionError:
        names = [typed]
    else:
        names = [revision.label] if revision in RELEASES else []
        names.append(revision.commit)
    for name in names:
        try:
            commit = history.commit(name)
        except HistoryError as error:
            if name != names[-1]:
                continue
            why = str(error)
            raise HistoryError(why if typed in why else f"{typed}: {why}") from error
        try:
            return commit, history.diff(name), ""
        except HistoryError as error:
            return commit, (), str(error)
    raise AssertionError("there is a last name")


history_commands = typer.Typer(help="The history in use as a file.", no_args_is_help=True)
cli.add_typer(history_commands, name="history")


@history_commands.command("export", epilog="Example: kit history export -o lesson.json")
def history_export(
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write.")],
    repo: Repo = None,
) -> None:
    """Write the lesson's commits and diffs to one file that is read without git."""
    text, left_out = kit_app.exported_history(repo, tell_passed_over)
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{output}: cannot be written: {error.strerror}") from error
    typer.echo(f"{output}: {len(text.encode()) / 1000:,.0f} kB", err=True)
    if left_out:
        names = ", ".join(left_out)
        typer.echo(f"{output}: {len(left_out)} left out, not in this history: {names}", err=True)


@cli.command(epilog="Example: kit fetch")
def fetch(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Where to; else the user's cache.")
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

    An interrupted fetch goes on where it was.
    """
    if history and full:
        raise UserError("--history and --full exclude each other; give one of them")
    amount = Amount.FULL if full else Amount.HISTORY if history else Amount.LESSON
    target = folder or default_folder(amount)
    urls = SOURCES if source is None else (source,)
    with progress_bar() as tell:
        fetched = fetch_commits(target, amount=amount, urls=urls, progress=tell)
    what = "is there" if fetched.was_there else f"{fetched.received_bytes / 1000:,.0f} kB received"
    typer.echo(f"{fetched.path}: {fetched.amount.value}, {fetched.commits} commits, {what}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status; errors are one line on stderr."""
    open_streams()
    try:
        result = cli(args=None if arguments is None else list(arguments), standalone_mode=False)
        sys.stdout.flush()
    except KitError as error:
        return _fail(str(error))
    except (typer.Abort, KeyboardInterrupt):
        return _fail("stopped")
    except (BrokenPipeError, SystemExit):  # typer and rich end the process of themselves
        # whoever read our output has seen enough
        drop_output()
        return FINE
    except OSError as error:
        drop_output()
        return _fail(f"the output cannot be written: {error.strerror}; is the disk full?")
    except Exception as error:
        usage = getattr(error, "format_message", None)  # wrong use, as typer reports it
        if usage is None:
            raise
        words = str(usage())
        return _fail(f"{words.rstrip('.')}; see: kit --help") if words else FINE
    if result == INTERRUPTED:
        return _fail("stopped")
    return result if isinstance(result, int) else FINE


def _fail(words: str) -> int:
    complain(words)
    return WRONG_USE


# -- JSON --------------------------------------------------------------------------------------


def _report_json(report: Report) -> dict[str, Any]:
    return {
        "transcripts": report.transcripts,
        "steps": report.steps,
        "mismatches": [_mismatch_json(mismatch) for mismatch in report.mismatches],
    }


def _mismatch_json(mismatch: Mismatch) -> dict[str, Any]:
    return {
        "transcript": mismatch.transcript,
        "step": mismatch.step,
        "op": mismatch.op,
        "expected": mismatch.expected,
        "got": mismatch.got,
    }
