"""Commands about the machine: list, conform, run."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from kit import app as kit_app
from kit.cli_common import FINE, NO, At, Json, cli
from kit.errors import UserError
from kit.machine.revision import find_revision
from kit.output import (
    console,
    plain,
    print_json,
    progress_line,
)
from kit.runs.bench import play
from kit.runs.conform import Mismatch, Report
from kit.runs.scenario import SCENARIOS, find_scenario
from kit.runs.trace import entry_json
from kit.views.listing import (
    revisions_table,
    run_lines,
    scenarios_table,
    states_table,
)

__all__: list[str] = []


class Listed(Enum):
    """What can be listed."""

    REVISIONS = "revisions"
    SCENARIOS = "scenarios"
    STATES = "states"


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


@cli.command(epilog="Example: kit conform data/reference/*/*")
def conform(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Recordings: .jsonl or .jsonl.gz.")
    ],
    as_json: Json = False,
) -> None:
    """Replay recordings of real QEMU builds on the embedded machines and compare every answer.

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
