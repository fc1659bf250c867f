"""What run, compare and explore do with ``--machine``, a user's own machine."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from kit.cli.common import INTERRUPTED, NO, WRONG_USE, check_names
from kit.cli.forms import Writing
from kit.cli.output import complain, console, print_json, progress_line
from kit.cli.report import put_report
from kit.common.english import counted
from kit.common.errors import UserError
from kit.explorer.own_machine import OwnMachine
from kit.explorer.own_model import (
    MAX_STATES,
    OwnExplored,
    OwnFinding,
    explore_each,
    play_own,
)
from kit.explorer.search import Ended
from kit.storage.own_platform import OwnPlatform, is_platform, load_platform
from kit.storage.own_program import OwnProgram
from kit.views.diagram.from_own import OwnPlay
from kit.views.reports.own import OwnReport, own_json
from kit.views.terminal.own import own_table

__all__ = ["MachineFile", "allow_with_machine", "compare_machine", "explore_machine", "platform_at"]
__all__ += ["run_machine"]

MachineFile = Annotated[
    Path | None,
    typer.Option(
        "--machine",
        metavar="FILE",
        help="A machine of your own, a Python file or a program (docs/your-own-machine.md).",
    ),
]


@contextmanager
def _opened(path: Path) -> Iterator[OwnMachine]:
    with OwnProgram(path) as program:
        yield OwnMachine(program)


def platform_at(path: Path) -> OwnPlatform | None:
    """Return the platform of a file that has one, and None for any other machine."""
    return load_platform(path) if is_platform(path) else None


def allow_with_machine(context: typer.Context, *names: str) -> None:
    """Raise `UserError` if the command line gives an option that means nothing for the machine.

    *names* are the parameters that do, besides those that name and write.
    """
    allowed = {"machine", *names}
    for parameter in context.command.params:
        source = context.get_parameter_source(str(parameter.name))
        given = source is not None and source.name == "COMMANDLINE"
        if given and parameter.name not in allowed:
            raise UserError(f"{parameter.opts[0]} goes with the kit's machines, not with --machine")


def run_machine(path: Path, words: str, at: str | None, how: Writing, output: Path | None) -> None:
    """Write a scenario, or actions with commas between, of a machine."""
    with _opened(path) as machine:
        played = play_own(machine, words, at)
        machine.check_repeats()
    command = _command("run", words, path, at=at)
    put_report(OwnReport(OwnPlay((played,), command)), how, output)


def compare_machine(
    path: Path, words: str, before: str, after: str, how: Writing, output: Path | None
) -> None:
    """Write the same actions from two starts of a machine, on one axis."""
    with _opened(path) as machine:
        paths = tuple(play_own(machine, words, one, strict=False) for one in (before, after))
        for number, choices in enumerate(zip(*(one.choices for one in paths), strict=True), 1):
            if all(choice.step is None for choice in choices):
                raise UserError(
                    f"{machine.name}: action {number}, {choices[0].action.name}, cannot happen"
                    f" there from {before} or {after}"
                )
        machine.check_repeats()
    command = _command("compare", words, path, before=before, after=after)
    put_report(OwnReport(OwnPlay(paths, command)), how, output)


def _command(name: str, words: str, path: Path, **options: str | None) -> str:
    given = [part for key, value in options.items() if value for part in (f"--{key}", value)]
    return shlex.join(["kit", name, words, "--machine", str(path), *given])


def explore_machine(
    path: Path,
    at: str | None,
    wanted: Sequence[str] | None,
    max_states: int | None,
    *,
    expect: bool,
    as_json: bool,
) -> None:
    """Write which properties of a machine hold, and a counterexample for each other.

    Exit status: 0 done, 1 a property is violated under ``--expect``, 2 more states than allowed.
    """
    most = MAX_STATES if max_states is None else max_states
    with _opened(path) as machine:
        check_names("--property", wanted, [one.name for one in machine.description.properties])
        found = explore_each(machine, at, max_states=most, progress=_tell)
    progress_line("")
    if wanted:
        found = [_only(one, wanted) for one in found]
    if as_json:
        print_json(own_json(found))
    else:
        console().print(own_table(found, lambda one, finding: _shown(path, one, finding)))
    _end(machine, found, most, expect=expect)


def _tell(states: int, depth: int) -> None:
    progress_line(f"{counted(states, 'state')}, {counted(depth, 'choice')} deep")


def _only(one: OwnExplored, wanted: Sequence[str]) -> OwnExplored:
    found = tuple(finding for finding in one.findings if finding.prop.name in wanted)
    return replace(one, findings=found)


def _shown(path: Path, one: OwnExplored, finding: OwnFinding) -> str:
    names = ", ".join(action.name for action in finding.actions)
    return _command("run", names, path, at=one.start.name)


def _end(machine: OwnMachine, found: Sequence[OwnExplored], most: int, *, expect: bool) -> None:
    for one in found:
        if one.result.ended is Ended.INTERRUPTED:
            raise typer.Exit(INTERRUPTED)
        if one.result.ended is Ended.BOUND:
            complain(
                f"{machine.name}: more than {most:,} states from {one.start.name}, so a counter or"
                " a time in the state may grow without end; bound it, or search further with"
                " --max-states"
            )
            raise typer.Exit(WRONG_USE)
    if expect and any(finding.is_violated for one in found for finding in one.findings):
        raise typer.Exit(NO)
