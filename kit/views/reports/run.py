"""A run, or a pair of runs on one time axis, in plain text: picture, meaning, token, events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kit.simulation.provenance import provenance
from kit.simulation.run import Pair, Run
from kit.simulation.story import in_words, where_they_part, who_knows_what
from kit.simulation.timeline import stops
from kit.simulation.token import token_of
from kit.trace.entry import TraceEntry, entry_json
from kit.trace.sentences import seconds, sentence
from kit.views.diagram.text import picture_lines
from kit.views.reports.blocks import blocks, event_line, paragraphs, wrapped

__all__ = ["event_lines", "meaning_lines", "pair_json", "run_json", "text_lines"]


def text_lines(played: Run | Pair, width: int, *, unicode: bool = False) -> Iterator[str]:
    """Yield a run or a pair in at most *width* columns, in ASCII unless *unicode* is allowed.

    Like in the picture, no line begins with a blank or with ">".
    """
    yield from blocks(
        picture_lines(played, width, unicode=unicode),
        [*meaning_lines(played, width, unicode=unicode), f"token: {token_of(played)}"],
        event_lines(played, width, unicode=unicode),
    )


def meaning_lines(played: Run | Pair, width: int, *, unicode: bool = False) -> Iterator[str]:
    """Yield a few lines on how it ended for the device, and where two runs part."""
    if isinstance(played, Run):
        found = [*_knowledge(played)]
    else:
        found = where_they_part(played).split("\n")
        if played.first_difference == (None, None):
            found.append(f"Both: {in_words(played.after)}")
    yield from paragraphs(found, width, unicode)


def event_lines(played: Run | Pair, width: int, *, unicode: bool = False) -> Iterator[str]:
    """Yield each event with a sentence; "=" in both runs, "-" only before, "+" only after."""
    if isinstance(played, Run):
        for entry in played.trace:
            yield from _event("|", entry, width, unicode)
        if not played.trace:
            yield "Nothing happens."
        return
    before, after = played.before, played.after
    for mark, name, run in (("-", "before", before), ("+", "after", after)):
        revision = run.revision
        head = f"{mark} only {name}: {revision.name} ({revision.build}): "
        yield from wrapped("", f"{mark}  ", f"{head}{revision.summary}", width, unicode)
    yield "= both"
    yield ""
    for stop in stops((before, after)):
        mark = "=" if not stop.differs else "-" if stop.moved[0] else "+"
        run, seq = (before, stop.seqs[0]) if stop.moved[0] else (after, stop.seqs[1])
        yield from _event(mark, run.trace[seq], width, unicode)


def _event(mark: str, entry: TraceEntry, width: int, unicode: bool) -> Iterator[str]:
    sides, time = (entry.src, entry.dst), seconds(entry.at_ns)
    yield from event_line(mark, time, sides, sentence(entry), width, unicode)


def _knowledge(run: Run) -> Iterator[str]:
    for device in run.devices:
        if len(run.devices) > 1:
            yield f"{device.id}:"
        yield from (f"{party}: {words}" for party, words in who_knows_what(run, device))
        if run.belief(device).orphaned:
            yield "Limbo: the guest has released it, QEMU still holds it, and no event reports it."


def run_json(run: Run) -> dict[str, Any]:
    """Return a run as JSON data."""
    return {
        "version": 1,
        "scenario": run.scenario.name,
        "revision": run.revision.label,
        "token": token_of(run),
        "provenance": provenance(run).json(),
        **({"notes": list(run.notes)} if run.notes else {}),
        "entries": [entry_json(entry) for entry in run.trace],
    }


def pair_json(pair: Pair) -> dict[str, Any]:
    """Return a pair as JSON data."""
    before, after = pair.first_difference
    parted = None if before is after is None else {"before": before, "after": after}
    return {
        "version": 1,
        "scenario": pair.before.scenario.name,
        "token": token_of(pair),
        "provenance": provenance(pair).json(),
        "before": run_json(pair.before),
        "after": run_json(pair.after),
        "first_difference": parted,
    }
