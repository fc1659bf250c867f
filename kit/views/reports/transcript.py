"""A run or a path as the QMP transcript that maintainers paste; the guest's side is in comments."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain

from kit.common.plain_text import plain
from kit.explorer.comparison import PathPlay
from kit.explorer.paths import path_sentence
from kit.machine.clock import NS_PER_S
from kit.machine.revision import Revision
from kit.simulation.provenance import provenance
from kit.simulation.run import Pair, Run
from kit.trace.entry import TraceEntry, entry_json
from kit.trace.kinds import is_minor
from kit.trace.qmp import qmp_objects
from kit.trace.sentences import seconds, sentence
from kit.views.diagram.from_path import path_provenance

__all__ = ["path_transcript_lines", "transcript_lines"]


def transcript_lines(played: Run | Pair) -> Iterator[str]:
    """Yield commands (->), replies and events (<-) of a run, or of the runs of a pair.

    Times count from the start of the run.  What passes between guest and QEMU is a comment.
    """
    yield plain(f"# {provenance(played).words}")
    for run in (played,) if isinstance(played, Run) else (played.before, played.after):
        yield from _part(run.scenario.name, run.revision, run.trace, timed=True)


def path_transcript_lines(play: PathPlay) -> Iterator[str]:
    """Yield a path like a run; it has an order and no times."""
    yield plain(f"# {path_provenance(play).words}")
    for side in play.sides:
        entries = chain.from_iterable(choice.entries for choice in side.choices)
        yield from _part(play.path.token, side.revision, entries, timed=False)


def _part(
    name: str, revision: Revision, entries: Iterable[TraceEntry], *, timed: bool
) -> Iterator[str]:
    yield plain(f"# {name} at {revision.name} ({revision.label}), -machine {revision.board.value}")
    for entry in entries:
        objects = list(qmp_objects(entry_json(entry), revision.board.value))
        for data in objects:
            yield plain(_line(data, entry.at_ns if timed else None))
        if not objects and not is_minor(entry.message):
            words = f"{seconds(entry.at_ns)}: {sentence(entry)}" if timed else path_sentence(entry)
            yield plain(f"# {words}")


def _line(data: dict[str, object], at_ns: int | None) -> str:
    """Write an object; only an event has a time."""
    if "event" in data and at_ns is not None:
        whole, rest = divmod(at_ns, NS_PER_S)
        data = {"timestamp": {"seconds": whole, "microseconds": rest // 1000}, **data}
    return f"{'->' if 'execute' in data else '<-'} {json.dumps(data)}"
