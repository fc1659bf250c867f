"""The time axis of a picture as SVG: times, numbers of the steps, stretches and cuts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kit.views.diagram import svg_shapes as svg
from kit.views.diagram.layout import Layout
from kit.views.diagram.time_axis import Axis, Knot, duration, when
from kit.views.escape import Html

__all__ = ["AXIS_Y", "NOW_Y", "Numbers", "axis_back", "axis_words", "now_line", "now_words"]
__all__ += ["numbers_of"]

AXIS_Y, NOW_Y = 32.0, 14.0
SIZE = 11.5
STRIP, LINE = 15.0, 12.0  # the height of the numbers below the times: of one row, of another
MAX_ROWS = 4  # of numbers
APART = 4.0  # between two numbers
STRETCHED = "shaded: one instant"
BUSY = 3.0  # an instant that is wider than this is stretched


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of the steps that have a name: where they are, each with its row."""

    places: tuple[tuple[int, float, int], ...]
    rows: int

    @property
    def bottom(self) -> float:
        """Where the strip with the numbers ends."""
        return AXIS_Y + STRIP + LINE * (self.rows - 1) + 3


def numbers_of(layout: Layout, axis: Axis, rows: int = 1) -> Numbers:
    """Return where the numbers are: in as many rows as it takes, and in *rows* at least."""
    if layout.counted:  # the choices are numbered already
        return Numbers((), rows)
    named = {mark.step for side in layout.sides for mark in side.marks if not mark.minor}
    ends: list[float] = []
    places = []
    for step in sorted(named):
        half = svg.text_width(str(step + 1), SIZE) / 2
        x = min(axis.steps[step], axis.right + 2 - half)
        row = next((n for n, end in enumerate(ends) if end + APART <= x - half), len(ends))
        if row < MAX_ROWS:
            ends[row:] = [x + half, *ends[row + 1 :]]
            places.append((step, x, row))
    return Numbers(tuple(places), max(rows, len(ends)))


def axis_back(layout: Layout, axis: Axis, numbers: Numbers, bottom: float) -> Iterator[Html]:
    """Yield what lies behind all else: stretched instants, a line at each time, and cut gaps."""
    for knot in _stretched(layout, axis):
        wide, high = knot.right - knot.left + 16, numbers.bottom - AXIS_Y
        yield svg.rect(knot.left - 8, AXIS_Y, wide, high, svg.MARK)
    for x, _ in _times(layout, axis):
        yield svg.line(x, numbers.bottom + 1, x, bottom, svg.LINE, 0.6, "1 4")
    for knot, after in zip(axis.knots, axis.knots[1:], strict=False):
        if knot.cut:
            x = (knot.right + after.left) / 2
            yield svg.line(x, AXIS_Y + 6, x, bottom, svg.LINE, 6, "1 3")


def axis_words(layout: Layout, axis: Axis, numbers: Numbers) -> Iterator[Html]:
    """Yield the times, the numbers of the steps, and what the shade means."""
    for knot, after in zip(axis.knots, axis.knots[1:], strict=False):
        if knot.cut:
            x = (knot.right + after.left) / 2
            yield svg.line(x - 6, AXIS_Y + 5, x, AXIS_Y - 5, svg.SOFT, 1.5)
            yield svg.line(x, AXIS_Y + 5, x + 6, AXIS_Y - 5, svg.SOFT, 1.5)
    yield from _ticks(layout, axis)
    stretched = _stretched(layout, axis)
    for step, x, row in numbers.places:
        shaded = any(knot.left - 8 <= x <= knot.right + 8 for knot in stretched)
        yield svg.text(
            x,
            AXIS_Y + 13 + LINE * row,
            str(step + 1),
            size=SIZE,
            anchor="middle",
            halo=svg.MARK if shaded else svg.PAPER,
        )
    if stretched:
        at = axis.right + 4
        yield svg.rect(at, AXIS_Y + 3, 9, 11, svg.MARK, svg.LINE)
        yield svg.text(at + 13, AXIS_Y + 13, STRETCHED, fill=svg.SOFT, size=SIZE)


def _stretched(layout: Layout, axis: Axis) -> list[Knot]:
    """Return the instants that are wider than their time, which are shaded."""
    if layout.counted:  # every choice has the room that its messages need
        return []
    return [knot for knot in axis.knots if knot.right - knot.left > BUSY]


def _ticks(layout: Layout, axis: Axis) -> Iterator[Html]:
    """Yield the times that have room; those at which something happens go before the others."""
    happens = {knot.middle for knot in axis.knots}
    written: list[tuple[float, float, str]] = []
    for x, words in sorted(_times(layout, axis), key=lambda time: time[0] not in happens):
        half = svg.text_width(words, SIZE) / 2
        if all(abs(x - other) > half + theirs + 6 for other, theirs, _ in written):
            written.append((x, half, words))
    for x, _, words in sorted(written):
        yield svg.text(x, AXIS_Y - 5, words, fill=svg.SOFT, size=SIZE, anchor="middle")


def _times(layout: Layout, axis: Axis) -> Iterator[tuple[float, str]]:
    """Yield where to write which time; "?" where it is unknown."""
    if layout.counted:
        for knot in axis.knots:
            if any(stop.at_ns == knot.at_ns for stop in layout.stops):
                yield knot.middle, when(layout, knot.at_ns)
        return
    if not layout.timeless:
        yield from axis.ticks()
        return
    for step, (x, stop) in enumerate(zip(axis.steps, layout.stops, strict=True)):
        yield x, "?" if step in layout.timeless else duration(stop.at_ns)


def now_line(x: float, top: float, bottom: float) -> Html:
    """Draw a part of the line at the current place. A script moves the group."""
    return svg.group([svg.line(x, top, x, bottom, svg.INK, 1)], kit="now")


def now_words(layout: Layout, x: float) -> Html:
    """Say when the current place is. A script moves the group, and writes the time."""
    words = f"now: {'choice ' * layout.counted}{when(layout, layout.now_ns)}"
    half = svg.text_width(words, SIZE, bold=True) / 2
    said = svg.text(max(x, half + 2), 12, words, size=SIZE, anchor="middle", bold=True)
    return svg.group([said], kit="now")
