"""The command line: ``kit …``, the same as ``python -m kit …``.

Exit status: 0 fine, 1 the answer is "no", 2 wrong use or bad input.  Errors are one line on
stderr; data goes to stdout, progress to stderr; ``--json`` where a program may read.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from kit import app as kit_app
from kit.errors import KitError
from kit.machine.revision import find_revision
from kit.runs.bench import play
from kit.runs.conform import Mismatch, Report
from kit.runs.scenario import SCENARIOS, find_scenario
from kit.runs.trace import entry_json
from kit.views.listing import (
    checks_table,
    revisions_table,
    run_lines,
    scenarios_table,
    states_table,
)

__all__ = ["main"]

FINE, NO, WRONG_USE = 0, 1, 2

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
        int, typer.Option(help="Port of the server; a free one near it is taken.")
    ] = 8888,
    browser: Annotated[bool, typer.Option(help="Open the lesson in a browser.")] = True,
) -> None:
    """Open JupyterLab on the first lesson.

    In a checkout the lessons are opened where they stand.  An installed kit copies them to DIR, or
    to unplug-kit-lessons here; files that exist are never overwritten.
    """
    where = kit_app.lessons(folder)
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
    try:
        status = subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:
        status = FINE
    raise typer.Exit(FINE if status in (FINE, -2, 130) else NO)


@cli.command(epilog="Example: kit doctor --json")
def doctor(as_json: Json = False) -> None:
    """Say what is installed, which clone is used, what is missing and how to get it."""
    checks = kit_app.checks()
    if as_json:
        _print_json([{"name": c.name, "found": c.found, "missing": c.missing} for c in checks])
    else:
        _console().print(checks_table([(c.name, c.found, c.missing, c.needed) for c in checks]))
    raise typer.Exit(NO if any(c.needed and not c.found for c in checks) else FINE)


@cli.command("list", epilog="Example: kit list states --at revert --diff pre-revert")
def list_(
    what: Annotated[Listed, typer.Argument(help="What to list.")] = Listed.REVISIONS,
    at: At = "revert",
    diff: Annotated[
        str | None,
        typer.Option("--diff", metavar="REV", help="states: only what differs from this revision."),
    ] = None,
    as_json: Json = False,
) -> None:
    """List revisions, built-in scenarios, or the full state table of a revision."""
    match what:
        case Listed.REVISIONS:
            table, data = revisions_table()
        case Listed.SCENARIOS:
            table, data = scenarios_table(tuple(SCENARIOS.values()))
        case Listed.STATES:
            other = None if diff is None else find_revision(diff)
            table, data = states_table(find_revision(at), other)
    if as_json:
        _print_json(data)
    else:
        _console().print(table)


@cli.command(epilog="Example: kit conform data/reference/directed/* data/reference/walks/*")
def conform(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Recordings: .jsonl or .jsonl.gz.")
    ],
    as_json: Json = False,
) -> None:
    """Replay recordings of real QEMU builds on the embedded machine and compare every answer.

    Prints a line a file and the first mismatch of each transcript that fails.
    Exit status: 0 all agree, 1 a mismatch, 2 a file that cannot be read.
    """
    total, reports = Report(), {}
    for number, path in enumerate(files, 1):
        _progress(f"{number}/{len(files)} {path}")
        report = reports[str(path)] = kit_app.conform_file(path)
        total += report
        if not as_json:
            _progress("")
            typer.echo(f"{path}: {report}")
            for mismatch in report.mismatches:
                typer.echo(f"  {_plain(str(mismatch))}")
    _progress("")
    if as_json:
        _print_json(
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
        _print_json(
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status; errors are one line on stderr."""
    try:
        result = cli(args=None if arguments is None else list(arguments), standalone_mode=False)
    except KitError as error:
        return _fail(str(error))
    except (typer.Abort, KeyboardInterrupt):
        return _fail("stopped")
    except BrokenPipeError:
        # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except Exception as error:
        usage = getattr(error, "format_message", None)  # wrong use, as typer reports it
        if usage is None:
            raise
        words = str(usage())
        return _fail(f"{words.rstrip('.')}; see: kit --help") if words else FINE
    return result if isinstance(result, int) else FINE


# -- printing ----------------------------------------------------------------------------------


def _fail(words: str) -> int:
    typer.echo(f"kit: {_plain(' '.join(words.split()))}", err=True)
    return WRONG_USE


def _console() -> Console:
    return Console(highlight=False)


def _print_json(data: Any) -> None:  # noqa: ANN401 - whatever json can write
    typer.echo(json.dumps(data, indent=2, ensure_ascii=False))


def _progress(words: str) -> None:
    """Rewrite the progress line on stderr; only where a person looks at it."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{_plain(words)[:100]}")
        sys.stderr.flush()


def _plain(words: str) -> str:
    """Make control characters visible: text of a file must not steer a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in words)


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
