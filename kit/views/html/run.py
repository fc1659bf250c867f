"""Runs as HTML: event logs, and who believes what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from kit.common.english import counted
from kit.machine.events import Aborted, QmpError
from kit.simulation.knowledge import Knowledge
from kit.simulation.run import Run
from kit.simulation.timeline import Timeline, TimelineStop
from kit.trace.columns import MANAGEMENT, NOBODY, Severity
from kit.trace.entry import TraceEntry
from kit.trace.kinds import kind_of, severity_of
from kit.trace.sentences import seconds, sentence
from kit.views.escape import Html
from kit.views.html.print_form import heads_html

__all__ = ["beliefs_html", "events_html", "steps_html"]

MAX_ROWS = 300  # of events


def beliefs_html(heads: Sequence[str], known: Sequence[tuple[Knowledge, ...]]) -> Html:
    """Return who believes what now: a row a party, a column a run, a block a device."""
    devices = list(dict.fromkeys(one.device for side in known for one in side))
    body = Html().join(_block(device, known, len(devices) > 1) for device in devices)
    return Html(
        '<table class="kit-beliefs"><caption>Who believes what now</caption><thead>'
        "<tr>{}</tr></thead>{}</table>"
    ).format(heads_html(("party", *heads)), body)


def _block(device: str, known: Sequence[tuple[Knowledge, ...]], named: bool) -> Html:
    sides = [next((one for one in side if one.device == device), None) for side in known]
    parties = list(dict.fromkeys(party for one in sides if one for party, _ in one.rows))
    head = Html('<tr><th scope="rowgroup" colspan="{}">{}</th></tr>')
    rows = [head.format(len(sides) + 1, device)] if named else []
    for party in parties:
        cells = Html().join(_cell(one, party) for one in sides)
        rows.append(Html('<tr><th scope="row">{}</th>{}</tr>').format(party, cells))
    verdicts = Html().join(_verdict(one) for one in sides)
    rows.append(
        Html('<tr class="kit-together"><th scope="row">together</th>{}</tr>').format(verdicts)
    )
    return Html("<tbody>{}</tbody>").format(Html().join(rows))


def _cell(one: Knowledge | None, party: str) -> Html:
    words = "" if one is None else dict(one.rows).get(party, "")
    wrong = one is not None and one.wrong and party == "libvirt"
    mark = Html('<strong class="kit-error">WRONG</strong> ') if wrong else ""
    return Html("<td>{}{}</td>").format(mark, words)


def _verdict(one: Knowledge | None) -> Html:
    if one is None:
        return Html("<td></td>")
    bad = one.orphaned or one.wrong
    style = "kit-bad" if bad else "kit-fine" if one.agreed else "kit-soft"
    return Html('<td class="{}">{}</td>').format(style, one.verdict)


def events_html(timeline: Timeline, heads: Sequence[str]) -> Html:
    """Return the events of a run or a pair, one a row, each with its number and its place.

    Which of them is the current one, and which are still to come, is for the browser to mark. An
    event of both runs spans both columns.
    """
    found = timeline.stops
    shown = found[:MAX_ROWS]
    rows = Html().join(_event(timeline, place, stop) for place, stop in enumerate(shown))
    more = Html()
    if len(found) > len(shown):
        more = Html('<tr><td colspan="{}" class="kit-soft">… {}</td></tr>').format(
            len(heads) + 2, counted(len(found) - len(shown), "more event")
        )
    return Html(
        '<table class="kit-log kit-events"><thead><tr>{}</tr></thead><tbody>{}{}</tbody></table>'
    ).format(heads_html(("no.", "time", *heads)), rows, more)


def _event(timeline: Timeline, place: int, stop: TimelineStop) -> Html:
    cells = Html().join(_cells(timeline.runs, stop, Html()))
    return Html('<tr data-place="{}"><td>{}</td><th scope="row">{}</th>{}</tr>').format(
        place, place + 1, seconds(stop.at_ns), cells
    )


def steps_html(timeline: Timeline, heads: Sequence[str]) -> Html:
    """Return every event of a run or a pair, numbered, with no current event.

    Events that both runs have at the same instant share a row.
    """
    first = next((n for n, stop in enumerate(timeline.stops) if stop.differs), None)
    # events of one instant that both runs have share a row
    together = groupby(
        enumerate(timeline.stops), lambda one: (one[1].at_ns, one[0] if one[1].differs else -1)
    )
    rows = Html().join(
        (_step(timeline, [place for place, _ in group], first) for _, group in together)
    )
    return Html(
        '<table class="kit-log kit-events kit-steps-table"><caption>Every step'
        "</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>"
    ).format(heads_html(("", "time", *heads)), rows)


def _step(timeline: Timeline, places: Sequence[int], first: int | None) -> Html:
    stop = timeline.stops[places[0]]
    number = str(places[0] + 1) + (f"–{places[-1] + 1}" if len(places) > 1 else "")
    mark, row = Html(), Html()
    if first in places:
        mark, row = Html("<strong>First difference.</strong> "), Html(' class="kit-first"')
    cells = Html().join(_cells(timeline.runs, stop, mark))
    if len(places) > 1:
        trace = timeline.runs[0].trace
        words = Html(" ").join(
            _sentence_html(trace[timeline.stops[place].seqs[0]]) for place in places
        )
        cells = Html('<td colspan="{}">{}</td>').format(len(timeline.runs), words)
    return Html("<tr{}><th scope='row'>{}</th><td>{}</td>{}</tr>").format(
        row, number, seconds(stop.at_ns), cells
    )


def _cells(runs: tuple[Run, ...], stop: TimelineStop, mark: Html) -> Iterator[Html]:
    if not stop.differs:
        words = _sentence_html(runs[0].trace[stop.seqs[0]])
        yield Html('<td colspan="{}">{}{}</td>').format(len(runs), mark, words)
        return
    for run, seq, moved in zip(runs, stop.seqs, stop.moved, strict=True):
        yield (
            Html("<td>{}{}</td>").format(mark, _sentence_html(run.trace[seq]))
            if moved
            else Html('<td class="kit-none">–</td>')
        )


def _sentence_html(entry: TraceEntry) -> Html:
    words = Html.escape(sentence(entry))
    style = _style(entry)
    return Html('<span class="{}">{}</span>').format(style, words) if style else words


def _style(entry: TraceEntry) -> str:
    message, heard_by = entry.message, kind_of(entry.message).heard_by
    if isinstance(message, QmpError | Aborted):
        return "kit-error"
    if heard_by == NOBODY:
        return "kit-silent"
    return _EVENT_STYLES.get(severity_of(message), "") if heard_by == MANAGEMENT else ""


_EVENT_STYLES = {Severity.GOOD: "kit-told", Severity.BAD: "kit-error"}
