"""What lasts in a picture: bars of beliefs, and brackets of timers. Each is drawn whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kit.trace.columns import Severity
from kit.views.diagram import svg_shapes as svg
from kit.views.diagram.layout import Bar, LaneRow, LaneState, Layout, PictureSide, StateShown
from kit.views.diagram.spans import Bracket, Timed
from kit.views.diagram.svg_chips import TONES
from kit.views.diagram.svg_lanes import BAR, DROPPED_EDGE, Lanes, reach
from kit.views.diagram.time_axis import Axis
from kit.views.escape import Html

__all__ = ["Span", "spans_of"]

SIZE = 11.5
SIGN = 5.0  # half of the height of a sign: of what a party does on its own
CLEAR = 7.0  # between an arrow or a sign and text
# What its box looks like: ground, edge and dash; then the words on it: colour, and whether bold.
_BOXES = {
    **dict.fromkeys(
        (LaneState.HOLDS, LaneState.DROPPED, LaneState.USES, LaneState.LISTED),
        ((svg.HOLD,), svg.PAPER, False),
    ),
    **dict.fromkeys(
        (LaneState.PENDING, LaneState.ASKED), ((svg.PAPER, svg.WAIT, "4 2"), svg.WAIT, False)
    ),
    **dict.fromkeys(
        (LaneState.ORPHANED, LaneState.WRONGLY_LISTED), ((svg.PAPER, svg.BAD), svg.BAD, True)
    ),
    LaneState.TOLD_GONE: ((svg.PAPER, svg.GOOD), svg.GOOD, False),
    LaneState.TOLD_KEPT: ((svg.PAPER, svg.BAD), svg.BAD, False),
    LaneState.DOES_NOT_KNOW: ((svg.PAPER, svg.WAIT), svg.WAIT, False),
    LaneState.UNKNOWN: ((svg.PAPER, svg.LINE, "1 3"), svg.SOFT, False),
    LaneState.ABORTED: ((svg.PAPER, svg.BAD, "1 3"), svg.BAD, True),
    LaneState.WRONGLY_MISSING: ((svg.PAPER, svg.BAD, "1 3"), svg.BAD, True),
}


@dataclass(frozen=True, slots=True)
class Span:
    """A bar or a bracket: where it begins and ends, its shapes, and the words on it."""

    start: float
    end: float
    drawn: Html
    words: Html


def spans_of(layout: Layout, side: PictureSide, lanes: Lanes, axis: Axis) -> Iterator[Span]:
    """Yield the bars and the brackets of a side."""
    crossed = _Crossed(side, lanes, axis)
    for bar in side.bars:
        start, end = axis.after(bar.first), axis.until(bar.last, layout.end_ns)
        y = lanes.rows[bar.row]
        yield _span(start, end, list(_bar(bar, start, end, y, crossed.at(y))))
    for bracket, y in lanes.brackets:
        start, end, ended = reach(bracket, axis)
        parts = _bracket(bracket, start, end, y, axis, crossed.at(y), ended=ended)
        yield _span(start, end, list(parts))


def _span(start: float, end: float, parts: list[Html]) -> Span:
    return Span(start, end, Html().join(parts[:-1]), parts[-1])


def _bar(bar: Bar, start: float, end: float, y: float, taken: tuple[float, ...]) -> Iterator[Html]:
    box = (start, y - BAR / 2, end - start, BAR)
    if isinstance(bar.held, StateShown):
        tone = bar.held.tone
        colour, bold = TONES[tone], tone is Severity.BAD
        shape: tuple[str, ...] = (svg.PAPER, colour, "4 2" if tone is Severity.WAIT else "")
    else:
        shape, colour, bold = _BOXES[bar.held]
    yield svg.rect(*box, *shape)
    if bar.held is LaneState.DROPPED:
        yield svg.line(start, y + BAR / 2 - 3, end, y + BAR / 2 - 3, *DROPPED_EDGE)
    elif bar.held in (LaneState.ORPHANED, LaneState.WRONGLY_LISTED):
        yield from _hatches(*box)
    yield _inside(start, end, y, bar.words, colour, shape[0], taken, bold=bold)


def _hatches(x: float, y: float, width: float, height: float) -> Iterator[Html]:
    at = x + 3
    while at < x + width - height:
        yield svg.line(at, y + height, at + height, y, svg.BAD, 1)
        at += 7


def _inside(
    start: float,
    end: float,
    y: float,
    words: str,
    fill: str,
    paper: str,
    taken: tuple[float, ...],
    *,
    bold: bool = False,
) -> Html:
    """Return text in the middle of a bar, or beside what covers it; nothing if there is no room."""
    inside = sorted(x for x in taken if start - CLEAR < x < end + CLEAR)
    edges = [start, *(e for x in inside for e in (x - CLEAR, x + CLEAR)), end]
    free = [(start, end)] if not inside else list(zip(edges[::2], edges[1::2], strict=True))
    left, right = max(free, key=lambda room: room[1] - room[0])
    wide = svg.text_width(words, SIZE, bold=bold)
    if wide + 6 > right - left:
        return Html()
    middle = (start + end) / 2
    if any(abs(middle - x) < wide / 2 + CLEAR for x in inside):
        middle = (left + right) / 2
    behind = svg.rect(middle - wide / 2 - 2, y - BAR / 2 + 1, wide + 4, BAR - 2, paper)
    return behind + svg.text(
        middle, y + 4, words, fill=fill, size=SIZE, anchor="middle", bold=bold, halo=""
    )


class _Crossed:
    """Where arrows and signs cross a given height of the picture."""

    def __init__(self, side: PictureSide, lanes: Lanes, axis: Axis) -> None:
        self._spans = []
        for mark in side.marks:
            if mark.src is mark.dst:
                y = lanes.rows.get(LaneRow(mark.src, mark.device), lanes.middle(mark.src))
                span = (y - SIGN, y + SIGN)
            else:
                span = lanes.between(mark.src, mark.dst)
            self._spans.append((axis.steps[mark.step], min(span), max(span)))

    def at(self, y: float) -> tuple[float, ...]:
        """Return each x that is crossed at height *y*."""
        half = BAR / 2 - 1
        return tuple(x for x, top, low in self._spans if top - half < y < low + half)


def _bracket(
    bracket: Bracket,
    start: float,
    end: float,
    y: float,
    axis: Axis,
    taken: tuple[float, ...],
    *,
    ended: bool,
) -> Iterator[Html]:
    """Draw a span of time: a line with a tick at its start and at its end."""
    timer = bracket.timed in (Timed.QEMU_TIMEOUT, Timed.LIBVIRT_WAIT)
    colour = svg.WAIT if timer else svg.SOFT
    yield svg.line(start, y, end, y, colour, 1.5)
    yield svg.line(start, y - 1, start, y + 5, colour, 1.5)
    if ended:
        yield svg.line(end, y - 1, end, y + 5, colour, 1.5)
    several = f" ({bracket.device})" if bracket.device and axis.left > 80 else ""
    called = (
        _inside(start, end, y, w, colour, svg.PAPER, taken)
        for w in (bracket.words + several, bracket.short)
    )
    yield next(filter(None, called), Html())
