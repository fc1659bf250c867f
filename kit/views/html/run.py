"""HTML of runs: event logs, and who knows what.  Whatever comes from outside is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from kit.machine.events import (
    Aborted,
    QmpError,
)
from kit.simulation.knowledge import Knowledge
from kit.simulation.run import Run
from kit.simulation.story import who_knows_what
from kit.simulation.timeline import Timeline, TimelineStop
from kit.trace.columns import MANAGEMENT, NOBODY, Severity
from kit.trace.entry import TraceEntry
from kit.trace.kinds import kind_of, severity_of
from kit.trace.sentences import seconds, sentence
from kit.views.escape import escape

__all__ = ["beliefs_html", "events_html", "log_html", "state_html", "steps_html"]

MOST_ROWS = 25  # of the events around the present one

# -- who knows what ------------------------------------------------------------------------------


def state_html(run: Run, seq: int | None = None) -> str:
    """Who takes what to be the case at entry *seq*, else at the end, as a list of descriptions."""
    limbo = ' <span class="kit-error">LIMBO</span>' if run.belief(seq=seq).orphaned else ""
    items = "".join(
        f"<dt>{escape(party)}</dt><dd>{escape(words)}{limbo if party == 'QEMU' else ''}</dd>"
        for party, words in who_knows_what(run, seq=seq)
    )
    return f"<dl>{items}</dl>"


def beliefs_html(heads: Sequence[str], known: Sequence[tuple[Knowledge, ...]]) -> str:
    """Who believes what now: a row for each party, a column for each run, a block a device."""
    top = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    devices = list(dict.fromkeys(one.device for side in known for one in side))
    body = "".join(_block(device, known, len(devices) > 1) for device in devices)
    return (
        '<table class="kit-beliefs"><caption>Who believes what now</caption>'
        f'<thead><tr><th scope="col">party</th>{top}</tr></thead>{body}</table>'
    )


def _block(device: str, known: Sequence[tuple[Knowledge, ...]], named: bool) -> str:
    sides = [next((one for one in side if one.device == device), None) for side in known]
    parties = list(dict.fromkeys(party for one in sides if one for party, _ in one.rows))
    rows = [_head(device, len(sides))] if named else []
    for party in parties:
        cells = "".join(_cell(one, party) for one in sides)
        rows.append(f'<tr><th scope="row">{escape(party)}</th>{cells}</tr>')
    verdicts = "".join(_verdict(one) for one in sides)
    rows.append(f'<tr class="kit-together"><th scope="row">together</th>{verdicts}</tr>')
    return f"<tbody>{''.join(rows)}</tbody>"


def _head(device: str, columns: int) -> str:
    return f'<tr><th scope="rowgroup" colspan="{columns + 1}">{escape(device)}</th></tr>'


def _cell(one: Knowledge | None, party: str) -> str:
    words = "" if one is None else dict(one.rows).get(party, "")
    wrong = one is not None and one.wrong and party == "libvirt"
    mark = '<strong class="kit-error">WRONG</strong> ' if wrong else ""
    return f"<td>{mark}{escape(words)}</td>"


def _verdict(one: Knowledge | None) -> str:
    if one is None:
        return "<td></td>"
    bad = one.orphaned or one.wrong
    style = "kit-bad" if bad else "kit-fine" if one.agreed else "kit-soft"
    return f'<td class="{style}">{escape(one.verdict)}</td>'


# -- logs ----------------------------------------------------------------------------------------


def log_html(
    caption: str, run: Run, first_difference: int | None, here: tuple[int, ...] = ()
) -> str:
    """The event log of a run as a table, the first difference marked by colour and by word.

    ``here``: seq of the present entry, if one stands in the past: it is marked, later ones faint.
    """
    rows = "".join(_row(entry, entry.seq == first_difference, here) for entry in run.trace)
    empty = '<tr><td colspan="2" class="kit-soft">Nothing has happened yet.</td></tr>'
    return (
        f'<table class="kit-log"><caption>{escape(caption)}</caption><tbody>'
        f"{rows or empty}</tbody></table>"
    )


def _row(entry: TraceEntry, first: bool, here: tuple[int, ...]) -> str:
    mark = "<strong>First difference.</strong> " if first else ""
    if here and entry.seq == here[0]:
        mark = f"<strong>▶ Here.</strong> {mark}"
    styles = ["kit-first"] * first + ["kit-later"] * bool(here and entry.seq > here[0])
    row = f' class="{" ".join(styles)}"' if styles else ""
    return (
        f"<tr{row}><th scope='row'>{seconds(entry.at_ns)}</th><td>{mark}{_words(entry)}</td></tr>"
    )


def events_html(timeline: Timeline, heads: Sequence[str]) -> str:
    """The events of a run or a pair, one a row, the present one marked by colour and by word.

    What both runs have goes over both columns.  Of many events those around the present one.
    """
    found = timeline.stops
    start = max(0, min(timeline.place - MOST_ROWS // 2, len(found) - MOST_ROWS))
    shown = range(start, min(start + MOST_ROWS, len(found)))
    top = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    span = len(heads) + 1
    return (
        '<table class="kit-log kit-events"><caption>Events</caption>'
        f'<thead><tr><th scope="col">time</th>{top}</tr></thead><tbody>'
        + _more(start, "earlier", span)
        + "".join(_event(timeline, place, found[place]) for place in shown)
        + _more(len(found) - shown.stop, "later", span)
        + "</tbody></table>"
    )


def _more(count: int, which: str, span: int) -> str:
    if count <= 0:
        return ""
    return f'<tr><td colspan="{span}" class="kit-soft">… {count} {which}</td></tr>'


def _event(timeline: Timeline, place: int, stop: TimelineStop) -> str:
    now = place == timeline.place
    styles = ["kit-now"] * now + ["kit-later"] * (place > timeline.place)
    row = f' class="{" ".join(styles)}"' if styles else ""
    mark = "<strong>▶ now:</strong> " if now else ""
    cells = "".join(_cells(timeline.runs, stop, mark))
    return f"<tr{row}><th scope='row'>{seconds(stop.at_ns)}</th>{cells}</tr>"


def steps_html(timeline: Timeline, heads: Sequence[str]) -> str:
    """Every event of a run or a pair, numbered, none marked as the present one.

    What both have at one instant is one row.
    """
    top = "".join(f'<th scope="col">{escape(head)}</th>' for head in ("", "time", *heads))
    first = next((n for n, stop in enumerate(timeline.stops) if stop.differs), None)
    together = groupby(enumerate(timeline.stops), lambda one: _alike(*one))
    rows = "".join(_step(timeline, [place for place, _ in group], first) for _, group in together)
    return (
        '<table class="kit-log kit-events kit-steps-table"><caption>Every step</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _alike(place: int, stop: TimelineStop) -> tuple[int, int]:
    """What is one row: the steps of one instant that both runs have."""
    return stop.at_ns, place if stop.differs else -1


def _step(timeline: Timeline, places: Sequence[int], first: int | None) -> str:
    stop = timeline.stops[places[0]]
    number = str(places[0] + 1) + (f"–{places[-1] + 1}" if len(places) > 1 else "")
    mark, row = "", ""
    if first in places:
        mark, row = "<strong>First difference.</strong> ", ' class="kit-first"'
    cells = "".join(_cells(timeline.runs, stop, mark))
    if len(places) > 1:
        trace = timeline.runs[0].trace
        words = " ".join(_words(trace[timeline.stops[place].seqs[0]]) for place in places)
        cells = f'<td colspan="{len(timeline.runs)}">{words}</td>'
    return f"<tr{row}><th scope='row'>{number}</th><td>{seconds(stop.at_ns)}</td>{cells}</tr>"


def _cells(runs: tuple[Run, ...], stop: TimelineStop, mark: str) -> Iterator[str]:
    if not stop.differs:
        words = _words(runs[0].trace[stop.seqs[0]])
        yield f'<td colspan="{len(runs)}">{mark}{words}</td>'
        return
    for run, seq, moved in zip(runs, stop.seqs, stop.moved, strict=True):
        yield f"<td>{mark}{_words(run.trace[seq])}</td>" if moved else '<td class="kit-none">–</td>'


def _words(entry: TraceEntry) -> str:
    words = escape(sentence(entry))
    style = _style(entry)
    return f'<span class="{style}">{words}</span>' if style else words


def _style(entry: TraceEntry) -> str:
    message, heard_by = entry.message, kind_of(entry.message).heard_by
    if isinstance(message, QmpError | Aborted):
        return "kit-error"
    if heard_by == NOBODY:
        return "kit-silent"
    return _EVENT_STYLES.get(severity_of(message), "") if heard_by == MANAGEMENT else ""


_EVENT_STYLES = {Severity.GOOD: "kit-told", Severity.BAD: "kit-error"}
