"""Tables that the lessons show: rows of a connector's table, runs compared, lines that remain."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from kit.case_study.history import history, why_no_commit
from kit.common.errors import UserError
from kit.course.retries import retries
from kit.git.values.commit import FileDiff, net_lines
from kit.machine.catalogue import find_revision
from kit.machine.pseries.connector import DrcState, QemuCall, RtasCall
from kit.machine.pseries.drc import Effect
from kit.machine.pseries.tables import TableRow, difference, lines
from kit.simulation.run import play
from kit.simulation.story import who_knows_what
from kit.storage.scenarios import find_scenario, scenarios
from kit.views.diagram.drc_table_words import line_words, state_words
from kit.views.html.figure import Rows

__all__ = [
    "compare_runs",
    "connector_changes",
    "connector_rows",
    "knowledge",
    "net_change",
    "retry_table",
]


def connector_rows(at: str = "revert", state: str | None = None, call: str | None = None) -> Rows:
    """Return rows of the table that decides what a connector does, in the order they are tried.

    Args:
        at: The revision; any name that `kit list revisions` shows.
        state: Rows of one state only, as AVAILABLE.
        call: Rows of one call only, as SET_UNUSABLE.

    Raises:
        UserError: There is no such revision, state or call; the text lists those there are.
    """
    if state is not None:
        _member(DrcState, state, "state")
    if call is not None:
        _member((*RtasCall, *QemuCall), call, "call")
    rows = [
        (state_words(line.state), *line_words(line))
        for line in lines(find_revision(at))
        if state in (None, line.state.name) and call in (None, line.call.name)
    ]
    return Rows(("state", "call", "condition", "answer and effects"), tuple(rows))


def _member(known: Iterable[Enum], named: str, what: str) -> None:
    names = [one.name for one in known]
    if named not in names:
        raise UserError(f"no {what} {named!r}; there are: {', '.join(names)}")


def connector_changes(before: str, after: str) -> Rows:
    """Return how many rows of a connector's table one revision adds to and removes from another's.

    The last row counts the rows of *after* that start a timer.

    Raises:
        UnknownRevisionError: There is no such revision; the text says where to look.
    """
    old, new = find_revision(before), find_revision(after)
    added, removed = difference(new, old)
    timed = [line for line in lines(new) if Effect.START_UNPLUG_TIMER in line.row.effects]
    return Rows(
        ("rows", "number", "of the calls", "from the commits"),
        (
            ("added", *_counted(added)),
            ("removed", *_counted(removed)),
            (f"that start a timer at {after}", *_counted(timed)),
        ),
    )


def _counted(rows: Iterable[TableRow]) -> tuple[str, str, str]:
    found = tuple(rows)
    calls = dict.fromkeys(line.call.name for line in found)
    commits = dict.fromkeys(line.patch.value[:10] for line in found if line.patch)
    return str(len(found)), ", ".join(calls), ", ".join(commits)


def compare_runs(before: str, after: str) -> Rows:
    """Return which built-in scenarios both machines play alike, and which differently.

    Raises:
        UnknownRevisionError: There is no such revision; the text says where to look.
    """
    old, new = find_revision(before), find_revision(after)
    found: dict[str, list[str]] = {"the same": [], "DIFFERENT": []}
    for name, one in scenarios().items():
        if {old.board, new.board} <= set(one.setup.boards):
            same = play(one, old).trace == play(one, new).trace
            found["the same" if same else "DIFFERENT"].append(name)
    rows = tuple((word, str(len(names)), ", ".join(names)) for word, names in found.items())
    return Rows((f"{before} and {after}", "scenarios", "their names"), rows)


def knowledge(scenario: str, *revisions: str) -> Rows:
    """Return what each participant believes at the end of a scenario, by revision.

    Raises:
        UserError: There is no such scenario or revision; the text says where to look.
    """
    played = find_scenario(scenario)
    runs = [play(played, find_revision(name)) for name in revisions]
    found = [dict(who_knows_what(run)) for run in runs]
    participants = tuple(found[0]) if found else ()
    rows = tuple(
        (name, *(known[one] for one in participants), "LIMBO" if run.belief().orphaned else "no")
        for name, run, known in zip(revisions, runs, found, strict=True)
    )
    caption = f"{played.title} ({scenario}): what each believes at the end"
    return Rows(("at", *participants, "limbo?"), rows, caption)


def retry_table(*revisions: str, after_ms: Iterable[int], uptime_days: int = 0) -> Rows:
    """Return QEMU's answer to a second device_del at some revisions, by the time between the two.

    Args:
        revisions: Names of revisions: a column each.
        after_ms: Milliseconds of the guest's clock between the two requests: a row each.
        uptime_days: How long the guest has been running before the first.

    Raises:
        UnknownRevisionError: There is no such revision; the text says where to look.
    """
    waits = tuple(after_ms)
    columns = [retries(find_revision(name), waits, uptime_days=uptime_days) for name in revisions]
    rows = tuple(
        (f"{wait / 1000:g} s", *(column[n].error or "accepted" for column in columns))
        for n, wait in enumerate(waits)
    )
    return Rows(("second request after", *revisions), rows)


def net_change(*revisions: str) -> Rows:
    """Return how many lines some commits add and remove, one by one and together.

    A line that one commit adds and another removes cancels out: where a revert is exact, nothing
    remains of it and the commits that it reverts.

    Args:
        revisions: Revisions with a commit in the history in use.

    Raises:
        UserError: There is no such revision, or it has no commit here.
    """
    read = history()
    diffs = []
    for name in revisions:
        revision = find_revision(name)
        if why := why_no_commit(revision):
            raise UserError(why)
        diffs.append(read.diff(revision.commit))
    rows = [(name, *_net(diff)) for name, diff in zip(revisions, diffs, strict=True)]
    together = ("together", *_net(*diffs))
    return Rows(
        ("commit", "lines added", "lines removed"), (*rows, together), f"read from: {read.source}"
    )


def _net(*diffs: tuple[FileDiff, ...]) -> tuple[str, str]:
    counts = net_lines(*diffs).values()
    added = sum(count for count in counts if count > 0)
    return str(added), str(-sum(count for count in counts if count < 0))
