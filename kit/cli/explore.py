"""The command about every order of events: explore."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from kit.actors.pseries_programs import GuestKind
from kit.cli.common import FINE, INTERRUPTED, NO, Json, check_names, cli, save
from kit.cli.live import LiveCell, live_cells, live_json, live_lines
from kit.cli.output import complain, console, print_json, progress_line
from kit.cli.own import MachineFile, allow_with_machine, explore_machine, platform_at
from kit.cli.qemu import Backend, Binary, chosen_qemu
from kit.common.child_process import asked_to_stop, pool, processors
from kit.common.english import counted
from kit.common.errors import UserError
from kit.common.plain_text import plain
from kit.common.user_file import make_folders
from kit.explorer.equivalence import Alike, alike
from kit.explorer.export import script_line
from kit.explorer.jobs import (
    MAX_STATES,
    NAMED,
    Explored,
    SearchJob,
    cells_json,
    explore_one,
    explored,
    jobs_of,
)
from kit.explorer.model import DrcModel
from kit.explorer.paths import path_lines
from kit.explorer.properties import PROPERTIES
from kit.explorer.scope import LINUX, Scope
from kit.explorer.search import Ended
from kit.machine.catalogue import find_revision
from kit.machine.revision import Revision
from kit.real_qemu.api import EMBEDDED, identity_of
from kit.simulation.platform import explored_platform_of
from kit.views.terminal.explorer import found_table, one_table

__all__ = ["explore"]

_SCOPE = Scope()
_PROCESSORS = processors()
_OWN = ("at", "promises", "max_states", "expect", "as_json")
_SCOPES = ("same", "guests", "cores", "requests", "resets", "migrations", "dimm_lmbs", "phb", "pci")
AtOnly = Annotated[
    str | None,
    typer.Option("--at", metavar="REV", help="Only this revision, with its counterexamples."),
]
Same = Annotated[
    tuple[str, str] | None,
    typer.Option("--same", metavar="REV REV", help="Compare the answers of two revisions."),
]
Expect = Annotated[bool, typer.Option("--expect", help="Exit with 1 if a property is violated.")]
Promises = Annotated[
    list[str] | None,
    typer.Option("--property", metavar="NAME", help="Check only this one (kit list properties)."),
]
Guests = Annotated[
    list[str] | None,
    typer.Option("--guest", metavar="KIND", help="linux-5.12, … or arbitrary; else all Linux."),
]
Cores = Annotated[int, typer.Option(help="Cores beside the boot core.")]
Requests = Annotated[int, typer.Option(help="Unplug requests.")]
Resets = Annotated[int, typer.Option(help="Resets.")]
Migrations = Annotated[int, typer.Option(help="Migrations.")]
DimmLmbs = Annotated[int, typer.Option(help="LMBs of a DIMM; 0: none.")]
WithPhb = Annotated[bool, typer.Option("--phb", help="A second PCI host bridge.")]
Functions = Annotated[int, typer.Option("--pci", help="Functions of a PCI card; 0: none.")]
Export = Annotated[
    Path | None, typer.Option("--export", metavar="DIR", help="Write scripts for a real QEMU.")
]
LiveToo = Annotated[bool, typer.Option("--live", help="The same as --backend qemu.")]
Jobs = Annotated[int, typer.Option(min=1, help="Processes.")]
MaxStates = Annotated[
    int | None,
    typer.Option(
        min=1, help=f"Most states that a search keeps [{MAX_STATES:,}; a machine: 20,000]."
    ),
]


@cli.command(epilog="Example: kit explore --at pre-revert")
def explore(
    context: typer.Context,
    at: AtOnly = None,
    same: Same = None,
    expect: Expect = False,
    promises: Promises = None,
    guests: Guests = None,
    cores: Cores = _SCOPE.cores,
    requests: Requests = _SCOPE.requests,
    resets: Resets = _SCOPE.resets,
    migrations: Migrations = _SCOPE.migrations,
    dimm_lmbs: DimmLmbs = _SCOPE.dimm_lmbs,
    phb: WithPhb = False,
    pci: Functions = _SCOPE.pci,
    export: Export = None,
    machine: MachineFile = None,
    live: LiveToo = False,
    backend: Backend = EMBEDDED,
    binary: Binary = None,
    jobs: Jobs = _PROCESSORS,
    max_states: MaxStates = None,
    as_json: Json = False,
) -> None:
    """Try every order of events: which properties hold where, and a counterexample where not.

    With --backend qemu each counterexample is replayed step by step on a real QEMU, at the
    revision that it answers like unless --at names another.

    Exit status: 0 done, 1 a property is violated under --expect, two revisions differ or the real
    QEMU answers otherwise, 2 wrong use.
    """
    platform = None
    if machine is not None:
        platform = platform_at(machine)
        allow_with_machine(context, *_OWN, *(_SCOPES if platform else ()))
        if platform is None:
            explore_machine(machine, at, promises, max_states, expect=expect, as_json=as_json)
            return
        jobs = 1  # no other process has loaded it
    most = max_states or MAX_STATES
    there = chosen_qemu(backend, binary, live=live)
    scope = Scope(
        cores=cores,
        requests=requests,
        resets=resets,
        migrations=migrations,
        dimm_lmbs=dimm_lmbs,
        phb=phb,
        pci=pci,
    )
    kinds, wanted = _kinds(guests), _wanted(promises)
    if same is not None:
        if at or expect or export or promises or there is not None:
            raise UserError("--same compares two revisions; it goes with the scope's options alone")
        _same(_revision(same[0]), _revision(same[1]), kinds, scope, most, as_json)
        return
    if at is not None:
        revisions: tuple[Revision, ...] = (_revision(at),)
    elif platform is not None:
        revisions = tuple(_revision(one.label) for one in platform.revisions)
    else:
        revisions = NAMED if there is None else (_like(there),)
    todo = jobs_of(scope, revisions, kinds, most)
    found: list[Explored] = []
    with suppress(KeyboardInterrupt):  # what was found until then is shown
        for one in _search(todo, min(jobs, len(todo))):
            found.append(one)
    if export is not None:
        _export(export, found)
    cells = None if there is None else live_cells(found, wanted, there)
    if as_json:
        data = _json(scope, found, wanted)
        print_json(data if cells is None else {**data, "live": live_json(cells)})
    elif found:
        _print(found, wanted, cells or ())
    _end(found, todo, expect, wanted)
    if any(one.difference for _, _, one in cells or ()):
        raise typer.Exit(NO)


def _print(found: Sequence[Explored], wanted: list[str], cells: Sequence[LiveCell]) -> None:
    single = len({one.job.revision for one in found}) == 1
    console().print(one_table(found, wanted) if single else found_table(found, wanted))
    for line in live_lines(cells):
        typer.echo(line)


def _end(
    found: Sequence[Explored], todo: Sequence[SearchJob], expect: bool, wanted: list[str]
) -> None:
    if len(found) < len(todo) or any(one.result.ended is Ended.INTERRUPTED for one in found):
        done = sum(one.result.ended is not Ended.INTERRUPTED for one in found)
        complain(f"{done} of {len(todo)} searches were done; the rest is not known")
        raise typer.Exit(INTERRUPTED)
    for one in found:
        if one.result.ended is Ended.BOUND:
            complain(
                f"{_name_of(one.job)}: more than {one.job.max_states:,} states; what holds, holds"
                " within these (--max-states)"
            )
    broken = any(
        not finding.holds and promise.name in wanted
        for one in found
        for promise, finding in one.findings
    )
    if expect and broken:
        raise typer.Exit(NO)


def _json(scope: Scope, found: Sequence[Explored], wanted: list[str]) -> dict[str, object]:
    data = cells_json(scope, found)
    data["cells"] = [cell for cell in data["cells"] if cell["property"] in wanted]
    return data


def _like(binary: str) -> Revision:
    identity = identity_of(binary)
    complain(identity.words)
    return identity.nearest


def _kinds(names: list[str] | None) -> tuple[GuestKind, ...]:
    known = {kind.value: kind for kind in GuestKind}
    check_names("--guest", names, known)
    return tuple(known[name] for name in dict.fromkeys(names)) if names else LINUX


def _wanted(names: list[str] | None) -> list[str]:
    known = [promise.name for promise in PROPERTIES]
    check_names("--property", names, known)
    return list(names or known)


def _revision(name: str) -> Revision:
    revision = find_revision(name)
    explored_platform_of(revision)
    return revision


def _search_there(job: SearchJob) -> Explored:
    return explore_one(job, stop=asked_to_stop)


def _search_here(job: SearchJob) -> Explored:
    return explore_one(job, partial(_tell, _name_of(job)))


def _name_of(job: SearchJob) -> str:
    return f"{job.revision.name}, {job.kind.value}"


def _tell(name: str, states: int, depth: int) -> None:
    progress_line(f"{name}: {counted(states, 'state')}, {counted(depth, 'choice')} deep")


def _search(todo: Sequence[SearchJob], processes: int) -> Iterator[Explored]:
    """Search, and show the progress."""
    for number, one in enumerate(_searched(todo, processes), 1):
        progress_line(
            f"{number}/{len(todo)} {_name_of(one.job)}: {counted(one.result.states, 'state')}"
        )
        yield one
    progress_line("")


def _searched(todo: Sequence[SearchJob], processes: int) -> Iterator[Explored]:
    if processes == 1:
        yield from explored(todo, run=_search_here)
        return
    with pool(processes) as workers:
        yield from explored(todo, workers, _search_there, workers.ask_to_stop)


def _same(
    ours: Revision,
    theirs: Revision,
    kinds: Sequence[GuestKind],
    scope: Scope,
    max_states: int,
    as_json: bool,
) -> None:
    found: dict[GuestKind, Alike] = {}
    for kind in kinds:
        tell = partial(_tell, kind.value)
        found[kind] = alike(ours, theirs, kind, scope, max_states=max_states, progress=tell)
        progress_line("")
        if found[kind].ended is Ended.INTERRUPTED:
            break
    if as_json:
        print_json(
            {
                "revisions": [ours.label, theirs.label],
                "scope": scope.name,
                "guests": [_same_json(kind, one) for kind, one in found.items()],
            }
        )
    else:
        for kind, one in found.items():
            typer.echo(f"{kind.value}: {_same_words(one, ours, theirs)}")
            for played in one.difference or ():
                typer.echo("\n".join(plain(line) for line in path_lines(played)))
    if any(one.ended is Ended.INTERRUPTED for one in found.values()):
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(NO if any(one.difference for one in found.values()) else FINE)


def _same_words(one: Alike, ours: Revision, theirs: Revision) -> str:
    pair, states = f"{ours.name} and {theirs.name}", counted(one.result.states, "state")
    if one.difference is not None:
        return f"{pair} differ, first like this:"
    if one.ended is Ended.COMPLETE:
        return f"{pair} answer alike in all {states} of the scope"
    return f"{pair} answer alike within {states}, and there are more"


def _same_json(kind: GuestKind, one: Alike) -> dict[str, object]:
    return {
        "guest": kind.value,
        "alike": one.difference is None,
        "bound_hit": one.ended is not Ended.COMPLETE,
        "states": one.result.states,
        "difference": one.difference and [played.token for played in one.difference],
    }


def _export(folder: Path, found: Sequence[Explored]) -> None:
    lines: dict[str, list[str]] = {}
    left_out = 0
    for one in found:
        model = DrcModel(one.job.revision, one.job.kind, one.job.scope)
        for promise, finding in one.findings:
            if finding.holds or finding.path is None:
                continue
            name = f"{promise.name}-{one.job.kind.value}"
            line = script_line(name, model, finding.path)
            if line is None:
                left_out += 1
            else:
                lines.setdefault(one.job.revision.label, []).append(line)
    try:
        make_folders(folder)
    except OSError as error:
        raise UserError(f"{folder}: cannot be written: {error.strerror}") from error
    for label, written in lines.items():
        path = folder / f"{label}.jsonl"
        save(path, ("\n".join(written) + "\n").encode())
        typer.echo(plain(f"{path}: {len(written)} scripts"), err=True)
    if left_out:
        words = "left out: they ask a firmware, or there never was such a QEMU"
        typer.echo(f"{left_out} counterexamples {words}", err=True)
