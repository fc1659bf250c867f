"""A run, or a pair of runs on one time axis, as SVG: lanes, bars, arrows, brackets.

Time goes to the right. Everything after the current place is faint. The state at that place is
written at the right end of each row.
"""

from __future__ import annotations

from collections.abc import Iterator

from kit.actors.messages import Actor
from kit.machine.clock import NS_PER_S
from kit.machine.revision import Revision
from kit.simulation.run import Pair, Run
from kit.simulation.story import in_words, where_they_part
from kit.simulation.timeline import Timeline
from kit.trace.columns import Severity
from kit.views.diagram import svg_shapes as svg
from kit.views.diagram.layout import Bar, LaneRow, LaneState, Layout, Mark, PictureSide, layout_of
from kit.views.diagram.spans import Bracket, Timed
from kit.views.diagram.svg_lanes import BAR, Lanes, lanes_of
from kit.views.diagram.time_axis import MIN_AXIS_S, Axis, axis_of, duration, when
from kit.views.escape import Html

__all__ = ["picture_svg"]

WIDTH, RIGHT = 876.0, 140.0
AXIS_Y, TOP = 32.0, 44.0
SIZE = 11.0
CLEAR = 7.0  # between an arrow or a sign and text
COLOURS = {
    Severity.PLAIN: svg.INK,
    Severity.GOOD: svg.GOOD,
    Severity.WAIT: svg.WAIT,
    Severity.BAD: svg.BAD,
}
LANE_NAMES = {lane: lane.value for lane in Actor} | {Actor.QEMU: "QEMU"}
SOLID = {LaneState.HOLDS, LaneState.USES, LaneState.LISTED}
DASHED = {LaneState.PENDING, LaneState.ASKED}


def picture_svg(played: Timeline | Run | Pair | Layout, *, future: bool = True) -> Html:
    """Draw a run or a pair at the current place of a timeline, by default at the end.

    ``future``: also draw what happens after that place, faintly.
    """
    layout = played if isinstance(played, Layout) else layout_of(played)
    left = 76.0 if len(layout.devices) == 1 else 118.0
    # in print nothing is clicked, so the axis need not leave room
    shortest_s = MIN_AXIS_S if future else min(MIN_AXIS_S, layout.end_ns // NS_PER_S + 2)
    axis = axis_of(layout, left, WIDTH - RIGHT, shortest_s)
    now_x = _now_x(layout, axis)
    groups, top = [], TOP
    for side in layout.sides:
        lanes = lanes_of(layout, side, axis, top)
        groups.append((side, lanes))
        top = lanes.bottom
    height = top + 16
    behind = [*_ticks(layout, axis, height), *_now(layout, now_x, height)]
    parts = [
        *_first_difference(layout, axis, height),
        *(part for side, lanes in groups for part in _group(layout, side, lanes, axis, now_x)),
    ]
    later = [part for part in parts if isinstance(part, LaterPart)]
    if later and future:
        behind.append(svg.faint(later))
    present = [part for part in parts if not isinstance(part, LaterPart)]
    return svg.picture(WIDTH, height, _label(layout), [*behind, *present])


class LaterPart(Html):
    """A part of the picture that is after the current place."""

    __slots__ = ()


def _part(drawn: Html, *, later: bool) -> Html:
    return LaterPart(drawn) if later else drawn


def _label(layout: Layout) -> str:
    runs = [side.run for side in layout.sides if side.run is not None]
    if layout.counted:
        place = f"Now choice {when(layout, layout.now_ns)} of {when(layout, layout.end_ns)}."
        return f"{layout.title}. {place} {layout.outcome}"
    if not runs:
        return f"{layout.title}. {layout.observed}"
    if len(runs) == 2:
        words = where_they_part(Pair(*runs)).replace("\n", " ")
    else:
        words = f"{_called(runs[0].revision)}: {in_words(runs[0])}"
    return f"{layout.title}. Now {duration(layout.now_ns)} of {duration(layout.end_ns)}. {words}"


def _called(revision: Revision) -> str:
    if revision.alias is None:
        return revision.name
    return f"{revision.name} ({revision.label})"


# -- the axis --------------------------------------------------------------------------------------


def _now_x(layout: Layout, axis: Axis) -> float:
    """Return the x of the current place: behind the last step, and behind its instant."""
    x = axis.x(layout.now_ns)
    if layout.place >= 0 and layout.stops[layout.place].at_ns == layout.now_ns:
        x = axis.steps[layout.place] + 3
    return x


def _ticks(layout: Layout, axis: Axis, height: float) -> Iterator[Html]:
    end = -10.0
    for x, words in _times(layout, axis):
        yield svg.line(x, AXIS_Y, x, height - 16, svg.LINE, 0.6, "1 4")
        half = svg.text_width(words, SIZE) / 2
        if x - half > end:
            end = x + half + 6
            yield svg.text(x, AXIS_Y - 6, words, fill=svg.SOFT, size=SIZE, anchor="middle")
    for knot, after in zip(axis.knots, axis.knots[1:], strict=False):
        if knot.cut:
            x = (knot.right + after.left) / 2
            yield svg.line(x - 6, AXIS_Y + 5, x, AXIS_Y - 5, svg.SOFT, 1.5)
            yield svg.line(x, AXIS_Y + 5, x + 6, AXIS_Y - 5, svg.SOFT, 1.5)
            yield svg.line(x, AXIS_Y + 6, x, height - 16, svg.LINE, 6, "1 3")


def _times(layout: Layout, axis: Axis) -> Iterator[tuple[float, str]]:
    """Yield where to write which time; "?" where it is unknown."""
    if layout.counted:
        for at_ns in sorted({stop.at_ns for stop in layout.stops}):
            yield axis.x(at_ns), when(layout, at_ns)
        return
    if not layout.timeless:
        yield from axis.ticks()
        return
    for step, (x, stop) in enumerate(zip(axis.steps, layout.stops, strict=True)):
        yield x, "?" if step in layout.timeless else duration(stop.at_ns)


def _now(layout: Layout, x: float, height: float) -> Iterator[Html]:
    if layout.observed:
        return
    yield svg.line(x, AXIS_Y - 2, x, height - 16, svg.INK, 1)
    words = f"now: {'choice ' * layout.counted}{when(layout, layout.now_ns)}"
    half = svg.text_width(words, SIZE, bold=True) / 2
    middle = max(x, half + 2)
    yield svg.text(middle, 12, words, size=SIZE, anchor="middle", bold=True)


def _first_difference(layout: Layout, axis: Axis, height: float) -> Iterator[Html]:
    step = layout.first_step
    if step is None:
        return
    x = axis.steps[step]
    parts = [
        svg.line(x, AXIS_Y, x, height - 12, svg.BAD, 1.5, "6 3"),
        svg.text(x - 5, height - 3, "first difference", fill=svg.BAD, size=SIZE, anchor="end")
        if x > WIDTH / 2
        else svg.text(x + 5, height - 3, "first difference", fill=svg.BAD, size=SIZE),
    ]
    yield from (_part(part, later=step > layout.place) for part in parts)


# -- a run -----------------------------------------------------------------------------------------


def _group(
    layout: Layout, side: PictureSide, lanes: Lanes, axis: Axis, now_x: float
) -> Iterator[Html]:
    yield svg.line(0, lanes.top, WIDTH, lanes.top, svg.LINE)
    called = layout.observed or _called(side.revision)
    heading = f"{side.name}: {called}" if side.name else called
    wide = svg.text_width(heading, 13, bold=True)
    yield svg.rect(0, lanes.top + 1, wide + 8, 22, svg.PAPER)  # hides the lines behind it
    yield svg.text(4, lanes.top + 17, heading, size=13, bold=True)
    if not layout.observed:
        yield svg.text(WIDTH - RIGHT + 8, lanes.top + 17, "now:", fill=svg.SOFT, size=SIZE)
    for lane in layout.lanes:
        yield from _lane(layout, side, lane, lanes, axis, now_x)
    crossed = _Crossed(side, lanes, axis)
    for bar in side.bars:
        start, end = axis.after(bar.first), axis.until(bar.last, layout.end_ns)
        yield from _split(bar, start, end, now_x, lanes, crossed.at(lanes.rows[bar.row]))
    for bracket, y in lanes.brackets:
        yield from _bracket(bracket, y, axis, now_x, crossed.at(y))
    for mark in side.marks:
        yield _part(_mark(mark, lanes, axis.steps[mark.step]), later=mark.seq > side.seen)
    for label in lanes.labels:
        drawn = svg.text(
            label.x, label.y, label.words, fill=COLOURS[label.tone], size=SIZE, bold=label.first
        )
        yield _part(drawn, later=label.seq > side.seen)
    for row, held in side.now:
        if row in lanes.rows:
            yield from _at_present(side, row, held, lanes)


def _lane(
    layout: Layout, side: PictureSide, lane: Actor, lanes: Lanes, axis: Axis, now_x: float
) -> Iterator[Html]:
    rows = layout.rows_of(lane)
    middle = lanes.middle(lane)
    several = len(layout.devices) > 1
    name_y = lanes.rows[rows[0]] if rows else middle
    x = 6 if several else axis.left - 10
    anchor = "start" if several else "end"
    yield svg.text(x, name_y + 4, LANE_NAMES[lane], fill=svg.SOFT, anchor=anchor)
    if not rows:
        yield svg.line(axis.left, middle, axis.right, middle, svg.LINE, 0.8)
    for row in rows:  # a line would show through a faint bar
        bars, y = side.bars_of(row), lanes.rows[row]
        starts = [axis.left, *(axis.until(bar.last, layout.end_ns) for bar in bars)]
        ends = [*(axis.after(bar.first) for bar in bars), axis.right]
        for start, end in zip(starts, ends, strict=True):
            drawn = svg.line(start, y, end, y, svg.LINE, 0.8)
            yield _part(drawn, later=start > now_x)
    if several:
        for row in rows:
            y = lanes.rows[row] + 4
            yield svg.text(axis.left - 8, y, row.device, fill=svg.SOFT, size=SIZE, anchor="end")


# -- bars: who believes what, from when to when ----------------------------------------------------


def _split(
    bar: Bar, start: float, end: float, now_x: float, lanes: Lanes, taken: tuple[float, ...]
) -> Iterator[Html]:
    """Draw a bar in two parts, before and after the current place; text avoids what is *taken*."""
    y = lanes.rows[bar.row]
    if start < now_x:
        yield from _bar(bar, start, min(end, now_x), y, taken)
    if end > now_x:
        yield from map(LaterPart, _bar(bar, max(start, now_x), end, y, taken, words=start >= now_x))


def _bar(
    bar: Bar, start: float, end: float, y: float, taken: tuple[float, ...], *, words: bool = True
) -> Iterator[Html]:
    box = (start, y - BAR / 2, end - start, BAR)
    colour, halo, bold = svg.BAD, svg.PAPER, True
    if bar.held in SOLID:
        yield svg.rect(*box, svg.HOLD)
        colour, halo, bold = svg.PAPER, svg.HOLD, False
    elif bar.held in DASHED:
        yield svg.rect(*box, svg.PAPER, svg.WAIT, "4 2")
        colour, bold = svg.WAIT, False
    elif bar.held in (LaneState.ORPHANED, LaneState.WRONGLY_LISTED):
        yield from _hatched(*box)
        colour = svg.BAD
    elif bar.held in (LaneState.TOLD_GONE, LaneState.TOLD_KEPT):
        colour = svg.GOOD if bar.held is LaneState.TOLD_GONE else svg.BAD
        yield svg.rect(*box, svg.PAPER, colour)
        bold = False
    elif bar.held is LaneState.UNKNOWN:
        yield svg.rect(*box, svg.PAPER, svg.LINE, "1 3")
        colour, bold = svg.SOFT, False
    else:
        yield svg.rect(*box, svg.PAPER, svg.BAD, "1 3")
    if words:
        yield _inside(start, end, y, bar.words, colour, halo, taken, bold=bold)


def _hatched(x: float, y: float, width: float, height: float) -> Iterator[Html]:
    yield svg.rect(x, y, width, height, svg.PAPER, svg.BAD)
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
                span = (y, y)
            else:
                span = lanes.between(mark.src, mark.dst)
            self._spans.append((axis.steps[mark.step], min(span), max(span)))

    def at(self, y: float) -> tuple[float, ...]:
        """Return each x that is crossed at height *y*."""
        half = BAR / 2 - 1
        return tuple(x for x, top, low in self._spans if top - half < y < low + half)


def _bracket(
    bracket: Bracket, y: float, axis: Axis, now_x: float, taken: tuple[float, ...]
) -> Iterator[Html]:
    """Draw a span of time: a line with a tick at its start and at its end."""
    start = axis.after(bracket.first)
    known = bracket.end_ns is not None and bracket.end_ns <= axis.end_ns
    end = axis.right
    if bracket.last is not None:
        end = axis.steps[bracket.last]
    elif known and bracket.end_ns is not None:
        end = axis.x(bracket.end_ns)
    timer = bracket.timed in (Timed.QEMU_TIMEOUT, Timed.LIBVIRT_WAIT)
    colour = svg.WAIT if timer else svg.SOFT
    begun, over = start <= now_x, end <= now_x
    passed = max(min(end, now_x), start)
    if begun:
        yield svg.line(start, y, passed, y, colour, 1.5)
    if not over:
        yield LaterPart(svg.line(passed, y, end, y, colour, 1.5))
    yield _part(svg.line(start, y - 1, start, y + 5, colour, 1.5), later=not begun)
    if bracket.last is not None or known:
        yield _part(svg.line(end, y - 1, end, y + 5, colour, 1.5), later=not over)
    several = f" ({bracket.device})" if bracket.device and axis.left > 80 else ""
    words = bracket.words + several
    said = _inside(start, passed, y, words, colour, svg.PAPER, taken)
    # if the past part has no room for it
    yield said or LaterPart(_inside(start, end, y, words, colour, svg.PAPER, taken))


# -- messages between the lanes --------------------------------------------------------------------


def _mark(mark: Mark, lanes: Lanes, x: float) -> Html:
    colour = COLOURS[mark.tone]
    if mark.src is mark.dst:
        y = lanes.rows.get(LaneRow(mark.src, mark.device), lanes.middle(mark.src))
        if mark.tone is Severity.PLAIN:
            return svg.rect(x - 2.5, y - 2.5, 5, 5, svg.PAPER, svg.INK)
        return svg.cross(x, y, colour)
    y1, y2 = lanes.between(mark.src, mark.dst)
    if mark.minor:
        return svg.line(x, y1, x, y2, svg.SOFT, 0.7)
    dash = "3 2" if mark.tone is Severity.WAIT else ""
    return svg.arrow(x, y1, y2, colour, dash)


# -- what is the case at the place -----------------------------------------------------------------


def _at_present(
    side: PictureSide, row: LaneRow, held: LaneState | None, lanes: Lanes
) -> Iterator[Html]:
    x, y = WIDTH - RIGHT + 8, lanes.rows[row]
    if held in (LaneState.ORPHANED, LaneState.ABORTED):
        words = "LIMBO" if held is LaneState.ORPHANED else "aborted"
        wide = svg.text_width(words, 12, bold=True) + 10
        yield svg.rect(x, y - 9, wide, 18, svg.BAD)
        yield svg.text(x + 5, y + 4, words, fill=svg.PAPER, bold=True, halo=svg.BAD)
        return
    words, colour = _PRESENT.get(held, ("", svg.SOFT)) if held else _absent(side, row)
    yield svg.text(x, y + 4, words, fill=colour, bold=colour is svg.BAD or colour is svg.GOOD)


_PRESENT = {
    LaneState.HOLDS: ("holds it", svg.HOLD),
    LaneState.PENDING: ("waits for guest", svg.WAIT),
    LaneState.USES: ("uses it", svg.HOLD),
    LaneState.LISTED: ("lists it", svg.HOLD),
    LaneState.WRONGLY_LISTED: ("lists it: wrong", svg.BAD),
    LaneState.WRONGLY_MISSING: ("lists none: wrong", svg.BAD),
    LaneState.ASKED: ("not told", svg.WAIT),
    LaneState.TOLD_GONE: ("told: gone", svg.GOOD),
    LaneState.TOLD_KEPT: ("told: failed", svg.BAD),
    LaneState.UNKNOWN: ("not in the log", svg.SOFT),
}


def _absent(side: PictureSide, row: LaneRow) -> tuple[str, str]:
    """Describe a row that has no bar now: did it have one before?"""
    had = any(bar.first < 0 for bar in side.bars_of(row))
    aborted = any(held is LaneState.ABORTED for _, held in side.now)
    match row.lane:
        case Actor.GUEST if aborted:
            return "gone with QEMU", svg.SOFT
        case Actor.QEMU:
            return ("released", svg.GOOD) if had else ("has none", svg.SOFT)
        case Actor.GUEST:
            return ("has let go" if had else "uses none"), svg.SOFT
        case Actor.LIBVIRT:
            return ("off its list" if had else "lists none"), svg.SOFT
    return "", svg.SOFT
