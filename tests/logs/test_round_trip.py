"""What the kit writes of a run is read again, and never contradicts the revision that it played."""

from __future__ import annotations

import json

from kit.logs.formats.reader import read_log
from kit.logs.verdicts import verdicts
from kit.machine.catalogue import REVISIONS
from kit.simulation.run import Run, play
from kit.storage.scenarios import find_scenario, scenarios
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


def test_a_run_that_is_written_and_read_again_excludes_its_own_revision_never() -> None:
    pairs = [
        (name, revision)
        for name in scenarios()
        for revision in REVISIONS
        if revision.board in find_scenario(name).setup.boards
    ]
    excluded = []
    for name, revision in some_of(pairs, 11):
        run = play(find_scenario(name), revision)
        for form in (json_lines, pasted_lines, qmp_lines, libvirt_lines):
            lines = form(run)
            if not lines:
                continue  # nothing is said at the monitor
            log = read_log([(name, lines)], machine=revision.board.value, kinds=kinds_of(run))
            (own,) = (v for v in verdicts(log) if v.revision == revision)
            if not own.fits and own.judged:
                excluded.append((name, revision.name, form.__name__, own.why))

    assert excluded == []
