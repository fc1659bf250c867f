"""What the kit writes of a run is read again, and never contradicts the revision that it played."""

from __future__ import annotations

import json

from kit.logs.formats.reader import read_log
from kit.logs.verdicts import verdicts
from kit.machine.catalogue import CATALOGUE, REVISIONS
from kit.machine.revision import Board
from kit.simulation.run import Run, play
from kit.storage.scenarios import find_scenario, scenarios
from kit.views.reports.mail import mail_lines
from kit.views.reports.run import run_json
from kit.views.reports.transcript import transcript_lines
from tests.effort import some_of
from tests.transcripts import kinds_of, libvirt_lines, qmp_lines


def json_lines(run: Run) -> list[str]:
    """What ``kit run --format json`` prints."""
    return json.dumps(run_json(run), indent=2).splitlines(keepends=True)


def pasted_lines(run: Run) -> list[str]:
    """What ``kit run --format qmp`` prints."""
    return [f"{line}\n" for line in transcript_lines(run)]


def mailed_lines(run: Run) -> list[str]:
    """What ``kit run --format mail`` prints."""
    return [f"{line}\n" for line in mail_lines(run, [])]


def said(lines: list[str], run: Run) -> list[tuple[object, ...]]:
    """What a log says, without its times."""
    board = run.revision.board.value
    log = read_log([("log", lines)], machine=board, kinds=kinds_of(run))
    return [(entry.src, entry.dst, entry.message) for entry in log.entries]


def test_a_mail_is_read_like_the_transcript_that_is_in_it() -> None:
    different = []
    for name, scenario in scenarios().items():
        if Board.PSERIES not in scenario.setup.boards:
            continue
        run = play(scenario, CATALOGUE[-1])
        pasted = [line for line in pasted_lines(run) if not line.startswith("#")]
        if pasted and said(mailed_lines(run), run) != said(pasted_lines(run), run):
            different.append(name)

    assert different == []


def test_a_run_that_is_written_and_read_again_excludes_its_own_revision_never() -> None:
    pairs = [
        (name, revision)
        for name in scenarios()
        for revision in REVISIONS
        if revision.board in find_scenario(name).setup.boards
        and revision.board in (Board.PSERIES, Board.Q35)  # the boards that logs are judged by
    ]
    excluded = []
    for name, revision in some_of(pairs, 11):
        run = play(find_scenario(name), revision)
        for form in (json_lines, pasted_lines, mailed_lines, qmp_lines, libvirt_lines):
            lines = form(run)
            if not any("{" in line for line in lines):
                continue  # nothing is said at the monitor
            log = read_log([(name, lines)], machine=revision.board.value, kinds=kinds_of(run))
            (own,) = (v for v in verdicts(log) if v.revision == revision)
            if not own.fits and own.judged:
                excluded.append((name, revision.name, form.__name__, own.why))

    assert excluded == []
