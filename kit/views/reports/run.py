"""A run, or a pair of runs on one time axis, in plain text: picture, meaning, token, events."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from kit.simulation.run import Pair, Run
from kit.simulation.story import in_words, where_they_part, who_knows_what
from kit.simulation.timeline import stops
from kit.simulation.token import token_of
from kit.trace.entry import TraceEntry, entry_json
from kit.trace.sentences import seconds, sentence
from kit.views.diagram.text import picture_lines
from kit.views.diagram.text_glyphs import ASCII, BOXES, clean

__all__ = ["event_lines", "meaning_lines", "pair_json", "run_json", "text_lines", "wrapped"]

_TIME, _PARTIES = 9, 20


def text_lines(played: Run | Pair, width: int, *, unicode: bool = False) -> Iterator[str]:
    """Yield a run or a pair in at most *width* columns, in ASCII unless *unicode* is allowed.

    Like in the picture, no line begins with a blank or with ">".
    """
    yield from picture_lines(played, width, unicode=unicode)
    yield ""
    yield from meaning_lines(played, width, unicode=unicode)
    yield f"token: {token_of(played)}"
    yield ""
    yield from event_lines(played, width, unicode=unicode)


def meaning_lines(played: Run | Pair, width: int, *, unicode: bool = False) -> Iterator[str]:
    """Say in a few lines how it ended for the device, and where two runs part."""
    if isinstance(played, Run):
        told = [*_knowledge(played)]
    else:
        told = where_they_part(played).split("\n")
        if played.first_difference == (None, None):
            told.append(f"Both: {in_words(played.after)}")
    for words in told:
        yield from wrapped("", "", words, width, unicode)


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
        head = f"{mark} only {name}: {revision.name} ({revision.label}): "
        yield from wrapped("", f"{mark}  ", f"{head}{revision.summary}", width, unicode)
    yield "= both"
    yield ""
    for stop in stops((before, after)):
        mark = "=" if not stop.differs else "-" if stop.moved[0] else "+"
        run, seq = (before, stop.seqs[0]) if stop.moved[0] else (after, stop.seqs[1])
        yield from _event(mark, run.trace[seq], width, unicode)


def _event(mark: str, entry: TraceEntry, width: int, unicode: bool) -> Iterator[str]:
    parties = f"{entry.src.value} > {entry.dst.value}"
    if entry.src is entry.dst:
        parties = entry.src.value
    head = f"{mark} {seconds(entry.at_ns):<{_TIME}} {parties:<{_PARTIES}}"
    indent = min(len(head), width - 24)
    yield from wrapped(head, mark.ljust(indent), sentence(entry), width, unicode)


def wrapped(head: str, after: str, words: str, width: int, unicode: bool) -> Iterator[str]:
    """Yield *words* in lines: *head* begins the first line, *after* the others."""
    words = clean(words, BOXES if unicode else ASCII)
    lines = textwrap.wrap(
        words,
        width,
        # stand-ins: blanks at the start of a line would be dropped
        initial_indent="." * len(head),
        subsequent_indent="." * len(after),
        break_on_hyphens=False,
    )
    first, *others = lines or [head]
    yield (head + first[len(head) :]).rstrip()
    yield from ((after + line[len(after) :]).rstrip() for line in others)


def _knowledge(run: Run) -> Iterator[str]:
    for device in run.devices:
        if len(run.devices) > 1:
            yield f"{device.id}:"
        yield from (f"{party}: {words}" for party, words in who_knows_what(run, device))
        if run.belief(device).orphaned:
            yield "Limbo: the guest has let go of it, QEMU still holds it, and nobody is told."


# -- JSON ----------------------------------------------------------------------------------------


def run_json(run: Run) -> dict[str, Any]:
    """Return a run as JSON data."""
    return {
        "version": 1,
        "scenario": run.scenario.name,
        "revision": run.revision.label,
        "token": token_of(run),
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
        "before": run_json(pair.before),
        "after": run_json(pair.after),
        "first_difference": parted,
    }
