"""A run or a path as the QMP transcript that maintainers paste; the guest's side is in comments."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator
from itertools import chain

from kit.common.plain_text import plain
from kit.explorer.comparison import PathPlay
from kit.explorer.paths import path_sentence
from kit.machine.clock import NS_PER_S
from kit.machine.revision import Board, Revision
from kit.simulation.provenance import provenance
from kit.simulation.run import Pair, Run
from kit.trace.entry import TraceEntry, entry_json
from kit.trace.kinds import is_minor
from kit.trace.qmp import qmp_objects
from kit.trace.sentences import seconds, sentence
from kit.views.diagram.from_path import path_provenance

__all__ = ["entries_transcript", "pasted", "path_transcript_lines", "transcript_lines"]


def transcript_lines(played: Run | Pair, *, bare: bool = False) -> Iterator[str]:
    """Yield commands (->), replies and events (<-) of a run, or of the runs of a pair.

    Times count from the start of the run.  What passes between guest and QEMU is a comment;
    ``bare``: it is left out, because a picture stands beside the transcript.
    """
    if not bare:
        yield plain(f"# {provenance(played).words}")
    for run in played.runs:
        name = _named(run.scenario.name, run.revision)
        yield from entries_transcript(name, run.trace, run.revision.board, bare=bare)


def path_transcript_lines(play: PathPlay, *, bare: bool = False) -> Iterator[str]:
    """Yield a path like a run; it has an order and no times."""
    if not bare:
        yield plain(f"# {path_provenance(play).words}")
    for side in play.sides:
        entries = chain.from_iterable(choice.entries for choice in side.choices)
        name, board = _named(play.path.token, side.revision), side.revision.board
        yield from entries_transcript(name, entries, board, timed=False, bare=bare)


def pasted(lines: Iterable[str], width: int) -> list[str]:
    """Return lines that are broken between words, with an empty line after them, if there are any.

    A word that is longer than *width* is not broken, and no line begins with a blank.

    >>> pasted(['-> {"execute": "system_reset"}'], 20)
    ['-> {"execute":', '"system_reset"}', '']
    """
    broken = [
        part
        for line in lines
        for part in textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)
    ]
    return [*broken, ""] if broken else []


def _named(name: str, revision: Revision) -> str:
    return f"{name} at {revision.name} ({revision.label})"


def entries_transcript(
    name: str,
    entries: Iterable[TraceEntry],
    board: Board,
    *,
    timed: bool = True,
    bare: bool = False,
) -> Iterator[str]:
    """Yield the transcript of some entries after a line that names them.

    ``bare``: the monitor's messages only, and nothing if there are none.
    """
    head = plain(f"# {name}, -machine {board.machine}")
    if not bare:
        yield head
    for entry in entries:
        objects = list(qmp_objects(entry_json(entry), board.machine))
        if bare and objects and head:
            yield head
            head = ""
        for data in objects:
            yield plain(_line(data, entry.at_ns if timed else None))
        if not bare and not objects and not is_minor(entry.message):
            words = f"{seconds(entry.at_ns)}: {sentence(entry)}" if timed else path_sentence(entry)
            yield plain(f"# {words}")


def _line(data: dict[str, object], at_ns: int | None) -> str:
    """Write an object; only an event has a time."""
    if "event" in data and at_ns is not None:
        whole, rest = divmod(at_ns, NS_PER_S)
        data = {"timestamp": {"seconds": whole, "microseconds": rest // 1000}, **data}
    return f"{'->' if 'execute' in data else '<-'} {json.dumps(data)}"
