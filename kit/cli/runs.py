"""Commands that play: conform, record, run, compare, open."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from kit.case_study.history import named_commits
from kit.cli.common import FINE, NO, Json, cli, save
from kit.cli.forms import (
    Explored,
    Form,
    InReplyTo,
    Output,
    OwnScenario,
    RunForm,
    Unicode,
    Width,
    Writing,
)
from kit.cli.live import Initrd, Kernel, image_of, play_guest, write_guest, write_live
from kit.cli.output import complain, print_json, progress_line
from kit.cli.own import (
    MachineFile,
    allow_with_machine,
    compare_machine,
    platform_at,
    run_machine,
)
from kit.cli.qemu import Backend, Binary, chosen_qemu
from kit.cli.report import Forms, put_report
from kit.common.english import counted
from kit.common.errors import UserError
from kit.common.plain_text import plain
from kit.explorer.comparison import PathPlay, alone, beside
from kit.explorer.paths import open_path
from kit.lessons.stories import path_story, story_of
from kit.machine.catalogue import Q35, find_revision
from kit.real_qemu import api as backend_in_use
from kit.real_qemu.api import EMBEDDED, QEMU
from kit.recordings.conformance import ConformanceReport
from kit.simulation.run import Pair, Run, play, play_pair, wrong_claims
from kit.simulation.scenario import Scenario
from kit.simulation.token import is_path, open_token
from kit.storage.recordings import conform_file
from kit.storage.scenarios import find_scenario, finder
from kit.views.diagram.from_path import layout_of_path, path_provenance
from kit.views.diagram.layout import layout_of
from kit.views.reports.guest import GuestReport
from kit.views.reports.mail import mail_lines, markdown_lines
from kit.views.reports.path import (
    path_mail_lines,
    path_markdown_lines,
    path_still,
    path_text_lines,
)
from kit.views.reports.picture_page import still_page
from kit.views.reports.run import pair_json, run_json, text_lines
from kit.views.reports.transcript import path_transcript_lines, transcript_lines


@cli.command(epilog="Example: kit conform data/reference/*/*.jsonl*")
def conform(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Recordings: .jsonl or .jsonl.gz.")
    ],
    live: Annotated[bool, typer.Option("--live", help="The same as --backend qemu.")] = False,
    backend: Backend = EMBEDDED,
    binary: Binary = None,
    as_json: Json = False,
) -> None:
    """Replay recordings of real QEMU builds on the embedded machines and compare every answer.

    With --backend qemu the embedded machine is compared with a real QEMU instead, at the revision
    that it answers like.  Prints a line a file and the first mismatch of each transcript that
    fails.  Exit status: 0 all agree, 1 a mismatch, 2 a file that cannot be read.
    """
    real = chosen_qemu(backend, binary, live=live)
    total, reports = ConformanceReport(), {}
    for number, path in enumerate(files, 1):
        progress_line(f"{number}/{len(files)} {path}")
        if real is not None:
            report, notes = backend_in_use.compare_file(path, real)
        else:
            report, notes = conform_file(path), ()
        reports[str(path)] = report
        total += report
        for note in notes:
            complain(note)
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


@cli.command(epilog="Example: kit record script.jsonl --binary ./qemu-system-ppc64 -o new.jsonl")
def record(
    scripts: Annotated[
        list[Path],
        typer.Argument(metavar="SCRIPT...", help="Recordings; answers in them do not matter."),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="Write to that file.")
    ],
    backend: Backend = QEMU,
    binary: Binary = None,
) -> None:
    """Send the requests of scripts to a real QEMU, and write down its answers.

    A script is a line of JSON: a name and steps, as in a recording.  If the binary crashes without
    a failed assertion, the transcript ends there, and a line says so.
    """
    real = chosen_qemu(backend, binary)
    if real is None:
        raise UserError("--backend embedded: a recording is of a real QEMU; --backend qemu[=PATH]")
    if output.exists():
        raise UserError(f"{output}: exists; recordings are evidence, name another file")
    lines: list[Any] = []
    for number, path in enumerate(scripts, 1):
        progress_line(f"{number}/{len(scripts)} {path}")
        for found in backend_in_use.record_file(path, real):
            lines.append(found.transcript)
            if found.cut:
                complain(f"{path}: {found.cut}")
    progress_line("")
    save(output, "".join(f"{json.dumps(line)}\n" for line in lines).encode())
    steps = sum(len(line["steps"]) for line in lines)
    typer.echo(plain(f"{output}: {counted(len(lines), 'transcript')}, {counted(steps, 'step')}"))


ScenarioName = Annotated[
    str, typer.Argument(help="A built-in scenario (kit list scenarios), or your own: story.toml.")
]


_WRITES = ("form", "width", "unicode", "in_reply_to", "output", "as_json")


@cli.command(epilog="Example: kit run late-release --at pre-revert")
def run(
    context: typer.Context,
    scenario: ScenarioName,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="REV",
            help="Revision: a name, a tag or a unique prefix of a hash (kit list revisions)"
            " [revert].",
        ),
    ] = None,
    expect: Annotated[
        bool, typer.Option("--expect", help="Check its claims at every revision instead.")
    ] = False,
    machine: MachineFile = None,
    backend: Backend = EMBEDDED,
    binary: Binary = None,
    kernel: Kernel = None,
    initrd: Initrd = None,
    form: Form = RunForm.TEXT,
    width: Width = 72,
    unicode: Unicode = False,
    in_reply_to: InReplyTo = None,
    explored: Explored = False,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Run a scenario at a revision: a picture of every message, with its time.

    With --expect: is each claim true where it must be, and false where it says so?  Exit status 1
    if not.
    """
    how = Writing(RunForm.JSON if as_json else form, width, unicode, in_reply_to, explored)
    if machine is not None:
        allow_with_machine(context, "scenario", "at", *_WRITES)
        _on_machine(machine, scenario, (at,), how, output)
        return
    if expect:
        _check_claims(find_scenario(scenario), as_json=as_json)
    real, image = chosen_qemu(backend, binary), image_of(kernel, initrd)
    story, revision = find_scenario(scenario), find_revision(at or "revert")
    if image is not None:
        if at is not None:
            raise UserError("--at goes with the embedded machine; --kernel boots pseries")
        write_guest(GuestReport(play_guest(story, real, image)), how, output)
        return
    if real is None:
        played = play(story, revision)
    elif at is None or revision is Q35:
        board = backend_in_use.board_for(story) if at is None else revision.board
        played = backend_in_use.play_on(story, real, board=board)
    else:
        raise UserError(
            "--at goes with the embedded machine, a binary is what it is (or: --at q35)"
        )
    _tell_notes(played)
    put_report(_forms(played), how, output)


@cli.command(epilog="Example: kit compare late-release --before pre-revert --after revert")
def compare(
    context: typer.Context,
    scenario: ScenarioName,
    before: Annotated[str, typer.Option("--before", metavar="REV", help="The first revision.")],
    after: Annotated[
        str | None,
        typer.Option(
            "--after", metavar="REV", help="The second revision; with --backend qemu none."
        ),
    ] = None,
    machine: MachineFile = None,
    backend: Backend = EMBEDDED,
    binary: Binary = None,
    kernel: Kernel = None,
    initrd: Initrd = None,
    form: Form = RunForm.TEXT,
    width: Width = 72,
    unicode: Unicode = False,
    in_reply_to: InReplyTo = None,
    explored: Explored = False,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Run a scenario at two revisions, on one time axis, with the first difference marked.

    With --backend qemu the second run is the real QEMU's; with --kernel the messages of both are
    compared, each at its own times.
    """
    how = Writing(RunForm.JSON if as_json else form, width, unicode, in_reply_to, explored)
    if machine is not None:
        allow_with_machine(context, "scenario", "before", "after", *_WRITES)
        if after is None:
            raise UserError("a pair needs --before and --after; with --machine, of its own names")
        _on_machine(machine, scenario, (before, after), how, output)
        return
    real, image = chosen_qemu(backend, binary), image_of(kernel, initrd)
    if (real is None and image is None) == (after is None):
        raise UserError(
            "a pair needs --before REV, and --after REV or --backend qemu: a binary is what it is"
        )
    story, first = find_scenario(scenario), find_revision(before)
    if image is not None:
        embedded = play(story, first)
        seen = play_guest(story, real, image)
        write_guest(GuestReport(seen, embedded), how, output)
        return
    if after is not None:
        pair = play_pair(story, first, find_revision(after))
    else:
        assert real is not None
        pair = Pair(play(story, first), backend_in_use.play_on(story, real, board=first.board))
    _tell_notes(pair)
    put_report(_forms(pair), how, output)


def _on_machine(
    machine: Path, words: str, at: tuple[str | None, ...], how: Writing, output: Path | None
) -> None:
    """Run or compare with a user's own machine; *at* are one or two of its names."""
    platform = platform_at(machine)
    if platform is not None:
        with platform.blamed():
            story = platform.scenario(find_scenario(words))
            runs = [play(story, platform.revision(name)) for name in at]
            put_report(_forms(runs[0] if len(runs) == 1 else Pair(*runs)), how, output)
    elif len(at) == 1:
        run_machine(machine, words, at[0], how, output)
    else:
        before, after = map(str, at)
        compare_machine(machine, words, before, after, how, output)


@cli.command("open", epilog="Example: kit open 1.run.late-release.revert.…")
def open_(
    token: Annotated[str, typer.Argument(help="What run, compare or a lesson printed.")],
    machine: MachineFile = None,
    own: OwnScenario = None,
    backend: Backend = EMBEDDED,
    binary: Binary = None,
    kernel: Kernel = None,
    initrd: Initrd = None,
    beside_at: Annotated[
        str | None,
        typer.Option("--beside", metavar="REV", help="A path: the same choices at this revision."),
    ] = None,
    form: Form = RunForm.TEXT,
    width: Width = 72,
    unicode: Unicode = False,
    in_reply_to: InReplyTo = None,
    explored: Explored = False,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Play again what a token names: a run, a pair, or a path of the explorer.

    With --backend qemu the run, or the second of a pair, is played on that QEMU, and a path step by
    step.
    """
    how = Writing(RunForm.JSON if as_json else form, width, unicode, in_reply_to, explored)
    platform = None if machine is None else platform_at(machine)
    if machine is not None and platform is None:
        raise UserError(f"{machine}: has no tokens; see the same with: kit run ACTIONS --machine")
    real, image = chosen_qemu(backend, binary), image_of(kernel, initrd)
    if is_path(token):
        if image is not None:
            raise UserError("--kernel goes with a run or a pair; a path has no guest to boot")
        path = open_path(token)
        if real is not None:
            write_live(path, backend_in_use.path_on(path, real), how, output)
            return
        other = None if beside_at is None else find_revision(beside_at)
        shown = alone(path) if other is None else beside(path, other)
        put_report(_path_forms(shown), how, output)
        return
    if beside_at is not None:
        raise UserError("--beside goes with the token of a path; a pair names both revisions")
    find = finder(own)
    played = open_token(token, find if platform is None else platform.finder(find))
    if image is not None:
        *embedded, run = played.runs
        seen = play_guest(run.scenario, real, image, run.interventions)
        write_guest(GuestReport(seen, *embedded), how, output)
        return
    if real is not None:
        played = backend_in_use.played_on(played, real)
    _tell_notes(played)
    put_report(_forms(played), how, output)


def _tell_notes(played: Run | Pair) -> None:
    for run in played.runs:
        for note in run.notes:
            complain(note)


def _check_claims(scenario: Scenario, *, as_json: bool) -> NoReturn:
    wrong = wrong_claims(scenario)
    if as_json:
        print_json([{"that": that, "wrong_at": list(where)} for that, where in wrong.items()])
    else:
        for that, where in wrong.items():
            verdict = f"wrong at {', '.join(where)}" if where else "as it says"
            typer.echo(plain(f"{that}: {verdict}"))
        if not wrong:
            typer.echo(f"{scenario.name} claims nothing: add [[expect]], see docs/scenarios.md")
    raise typer.Exit(NO if any(wrong.values()) else FINE)


def _forms(played: Run | Pair) -> Forms:
    runs = played.runs

    def with_commits(write: Callable[..., Iterator[str]]) -> Callable[..., Iterator[str]]:
        return lambda *how, **more: write(
            played, named_commits([run.revision for run in runs]), *how, **more
        )

    return Forms(
        draw=partial(layout_of, played),
        transcript=partial(transcript_lines, played),
        json=lambda: run_json(played) if isinstance(played, Run) else pair_json(played),
        still=partial(still_page, played),
        story=partial(story_of, played),
        revisions=tuple(run.revision for run in runs),
        guest=runs[0].scenario.setup.guest,
        text_lines=partial(text_lines, played),
        markdown_lines=with_commits(markdown_lines),
        mail_lines=with_commits(mail_lines),
    )


def _path_forms(play: PathPlay) -> Forms:
    commits = named_commits([side.revision for side in play.sides])
    return Forms(
        draw=partial(layout_of_path, play),
        transcript=partial(path_transcript_lines, play),
        json=lambda: play.json() | {"provenance": path_provenance(play).json()},
        still=partial(path_still, play),
        story=partial(path_story, play),
        revisions=tuple(side.revision for side in play.sides),
        guest=play.path.kind,
        text_lines=partial(path_text_lines, play),
        markdown_lines=partial(path_markdown_lines, play, commits),
        mail_lines=partial(path_mail_lines, play, commits),
    )


def _report_json(report: ConformanceReport) -> dict[str, Any]:
    return {
        "transcripts": report.transcripts,
        "steps": report.steps,
        "mismatches": [asdict(mismatch) for mismatch in report.mismatches],
    }
