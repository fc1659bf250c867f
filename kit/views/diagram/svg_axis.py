"""The time axis of a picture as SVG: times, numbers of the steps, stretches and cuts."""

from __future__ import annotations

from collections.abc import Iterator

from kit.views.diagram import svg_shapes as svg
from kit.views.diagram.layout import Layout
from kit.views.diagram.time_axis import Axis, duration, when
from kit.views.escape import Html

__all__ = ["AXIS_Y", "TOP", "axis_parts", "now_line"]

AXIS_Y, TOP = 32.0, 52.0
SIZE = 11.5
STRIP = 15.0  # the height of the numbers below the times
STRETCHED = "shaded: one instant"
BUSY = 3.0  # an instant that is wider than this is stretched


def axis_parts(layout: Layout, axis: Axis, width: float, bottom: float) -> Iterator[Html]:
    """Yield times, stretched instants with the numbers of their steps, and cut gaps."""
    yield from _bands(layout, axis, width)
    yield from _ticks(layout, axis, bottom)
    for knot, after in zip(axis.knots, axis.knots[1:], strict=False):
        if knot.cut:
            x = (knot.right + after.left) / 2
            yield svg.line(x - 6, AXIS_Y + 5, x, AXIS_Y - 5, svg.SOFT, 1.5)
            yield svg.line(x, AXIS_Y + 5, x + 6, AXIS_Y - 5, svg.SOFT, 1.5)
            yield svg.line(x, AXIS_Y + 6, x, bottom, svg.LINE, 6, "1 3")
    yield from _numbers(layout, axis)


def _bands(layout: Layout, axis: Axis, width: float) -> Iterator[Html]:
    """Shade each instant that is stretched, and say what the shade means."""
    if layout.counted:  # every choice has the room that its messages need
        return
    stretched = [knot for knot in axis.knots if knot.right - knot.left > BUSY]
    for knot in stretched:
        wide = knot.right - knot.left
        yield svg.rect(knot.left - 8, AXIS_Y, wide + 16, STRIP + 3, svg.MARK)
    if stretched:
        at = width - svg.text_width(STRETCHED, SIZE) - 21
        yield svg.rect(at, AXIS_Y + 3, 12, 11, svg.MARK, svg.LINE)
        yield svg.text(at + 17, AXIS_Y + 13, STRETCHED, fill=svg.SOFT, size=SIZE)


def _ticks(layout: Layout, axis: Axis, bottom: float) -> Iterator[Html]:
    end = -10.0
    for x, words in _times(layout, axis):
        yield svg.line(x, AXIS_Y + STRIP + 4, x, bottom, svg.LINE, 0.6, "1 4")
        half = svg.text_width(words, SIZE) / 2
        if x - half > end:
            end = x + half + 6
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


def _numbers(layout: Layout, axis: Axis) -> Iterator[Html]:
    """Write the number of each step that has a name, where there is room."""
    if layout.counted:  # the choices are numbered already
        return
    named = {mark.step for side in layout.sides for mark in side.marks if not mark.minor}
    end = 0.0
    for step in sorted(named):
        x, words = axis.steps[step], str(step + 1)
        half = svg.text_width(words, SIZE) / 2
        if x - half > end:
            end = x + half + 2
            yield svg.text(x, AXIS_Y + 13, words, fill=svg.INK, size=SIZE, anchor="middle", halo="")


def now_line(layout: Layout, x: float, bottom: float) -> Html:
    """Draw the current place. A script moves the group, and writes the time."""
    words = f"now: {'choice ' * layout.counted}{when(layout, layout.now_ns)}"
    half = svg.text_width(words, SIZE, bold=True) / 2
    return svg.group(
        [
            svg.line(x, AXIS_Y - 18, x, bottom, svg.INK, 1),
            svg.text(max(x, half + 2), 12, words, size=SIZE, anchor="middle", bold=True),
        ],
        kit="now",
    )
