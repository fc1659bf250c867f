"""Where the lanes of a picture are, and which labels have room beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kit.actors.messages import Actor
from kit.trace.columns import Severity
from kit.views.diagram import svg_shapes as svg
from kit.views.diagram.label_rows import Flag, Shelf, flags_in
from kit.views.diagram.layout import Lane, LaneRow, Layout, Mark, PictureSide
from kit.views.diagram.spans import Bracket
from kit.views.diagram.time_axis import Axis

__all__ = ["BAR", "Label", "Lanes", "Rooms", "lanes_of", "reach"]

BAR, ROW, LINE, OVER, SIZE = 15.0, 18.0, 13.0, 15.0, 11.5
DROPPED_EDGE = (svg.PAPER, 3.0, "4 4")  # in the bar of a QEMU that no longer waits
HEADING, GAP = 19.0, 14.0


@dataclass(frozen=True, slots=True)
class Rooms:
    """How many rows of labels there may be over the first lane, over another, and at the bottom.

    ``kept``: a lane keeps its place whatever is done: its rows are there with no label in them,
    and so is a row for a bracket.
    """

    first: int = 3
    other: int = 3
    below: int = 3
    kept: bool = False

    def over(self, lane: Lane, layout: Layout) -> int:
        """Return how many rows of labels there may be over a lane: none if they are below it."""
        if lane is Actor.GUEST and lane is layout.lanes[-1]:
            return 0
        return self.first if lane is layout.lanes[0] else self.other


@dataclass(frozen=True, slots=True)
class Label:
    """The text beside an arrow, and its pole from ``foot`` to ``tip``.

    ``step`` is the step that it belongs to.
    """

    x: float
    y: float
    words: str
    tone: Severity
    step: int
    first: bool
    pole: float
    tip: float
    foot: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """Where everything of one run is, from ``top`` to ``bottom``.

    ``blocks`` holds the upper and lower edge of each lane, ``rows`` the middle of each row of bars,
    and ``brackets`` where each bracket is drawn. ``left_out`` are the marks whose label has no
    room.
    """

    top: float
    bottom: float
    blocks: Mapping[Lane, tuple[float, float]]
    rows: Mapping[LaneRow, float]
    brackets: tuple[tuple[Bracket, float], ...]
    labels: tuple[Label, ...]
    left_out: tuple[Mark, ...]

    def middle(self, lane: Lane) -> float:
        """The middle of a lane."""
        upper, lower = self.blocks[lane]
        return (upper + lower) / 2

    def between(self, src: Lane, dst: Lane) -> tuple[float, float]:
        """Return where an arrow starts and ends: at the edges that face each other."""
        (top, bottom), (other_top, other_bottom) = self.blocks[src], self.blocks[dst]
        return (bottom, other_top) if top < other_top else (top, other_bottom)


def lanes_of(layout: Layout, side: PictureSide, axis: Axis, top: float, rooms: Rooms) -> Lanes:
    """Lay out the lanes of a run, its labels and its brackets, from *top* down."""
    y = top + HEADING
    blocks: dict[Lane, tuple[float, float]] = {}
    rows: dict[LaneRow, float] = {}
    brackets: list[tuple[Bracket, float]] = []
    labels: list[Label] = []
    left_out: list[Mark] = []
    for lane in layout.lanes:
        zone = _Zone(layout, side, axis, lane, rooms.over(lane, layout))
        left_out += zone.left_out
        high = rooms.over(lane, layout) if rooms.kept else zone.high
        y += LINE * high
        labels_end = y
        over = list(_stack(side, lane, axis))
        several = max((n for _, n in over), default=-1) + 1
        if rooms.kept and lane in (Actor.QEMU, Actor.GUEST):
            several = max(several, 1)
        y += max(GAP - LINE * bool(high), OVER * several)
        labels += zone.labels(labels_end - 2, -LINE, y + 2)
        brackets += ((bracket, y - 7 - OVER * n) for bracket, n in over)
        start = y
        for row in layout.rows_of(lane):
            rows[row] = y + ROW / 2
            y += ROW
        y = max(y, start + ROW)
        blocks[lane] = (start + 2, y - 2)
    zone = _Zone(layout, side, axis, None, rooms.below)
    return Lanes(
        top=top,
        bottom=y + LINE * (rooms.below if rooms.kept else zone.high) + 6,
        blocks=blocks,
        rows=rows,
        brackets=tuple(brackets),
        labels=(*labels, *zone.labels(y + 10, LINE, y - 2)),
        left_out=(*left_out, *zone.left_out),
    )


class _Zone:
    """The labels above a lane, or below the guest: as many as have room in *most* rows."""

    def __init__(
        self, layout: Layout, side: PictureSide, axis: Axis, lane: Lane | None, most: int
    ) -> None:
        self._marks = [m for m in side.marks if not m.minor and _lane_of(m, layout) is lane]
        self._axis = axis
        crossed = () if lane is None else _crossing(side, axis, lane, layout)
        firsts = {mark.label: mark for mark in reversed(self._marks)}.values()
        flags = [
            Flag(
                axis.steps[mark.step],
                svg.text_width(mark.label, SIZE, bold=mark.first),
                _WEIGHT[mark.tone] + (mark in firsts) + 16 * mark.first,
            )
            for mark in self._marks
        ]
        self._places, self.high = flags_in(flags, axis.left - 4, axis.right + 4, most, crossed)

    @property
    def left_out(self) -> tuple[Mark, ...]:
        """The marks whose label has no room."""
        pairs = zip(self._marks, self._places, strict=True)
        return tuple(mark for mark, place in pairs if place is None)

    def labels(self, y: float, line: float, foot: float) -> Iterator[Label]:
        """Yield the labels; row 0 has its base line at *y*, the next *line* further."""
        for mark, place in zip(self._marks, self._places, strict=True):
            if place is not None:
                base = y + line * place.row
                yield Label(
                    x=place.start,
                    y=base,
                    words=mark.label,
                    tone=mark.tone,
                    step=mark.step,
                    first=mark.first,
                    pole=self._axis.steps[mark.step],
                    tip=base - 8 if line < 0 else base + 1,
                    foot=foot,
                )


def _lane_of(mark: Mark, layout: Layout) -> Lane | None:
    """Return the lane above which a mark's label stands; None: below the last lane, the guest."""
    if Actor.GUEST in (mark.src, mark.dst) and Actor.OPERATOR not in (mark.src, mark.dst):
        return None if layout.lanes[-1] is Actor.GUEST else Actor.GUEST
    return min(mark.src, mark.dst, key=layout.lanes.index)


_WEIGHT = {Severity.BAD: 8, Severity.GOOD: 8, Severity.PLAIN: 4, Severity.WAIT: 2}
"""How much a label matters. The first of a name matters a little more than the next ones."""


def _crossing(side: PictureSide, axis: Axis, lane: Lane, layout: Layout) -> tuple[float, ...]:
    """Return where arrows reach or cross a lane, and where the two sides first differ."""
    place = layout.lanes.index
    steps = [] if layout.first_step is None else [layout.first_step]
    for mark in side.marks:
        upper, lower = sorted((place(mark.src), place(mark.dst)))
        if upper < place(lane) <= lower:
            steps.append(mark.step)
    return tuple(axis.steps[step] for step in steps)


def _stack(side: PictureSide, lane: Lane, axis: Axis) -> Iterator[tuple[Bracket, int]]:
    """Yield the brackets of a lane, each with a row that has room for it."""
    shelf = Shelf(axis.left, axis.right, 6)
    for bracket in side.brackets:
        if bracket.lane is lane:
            start, end, _ = reach(bracket, axis)
            row = shelf.put_at(start, max(end, start), pad=6)
            if row is not None:
                yield bracket, row


def reach(bracket: Bracket, axis: Axis) -> tuple[float, float, bool]:
    """Return where a bracket begins and ends, and whether its end is known."""
    start = axis.after(bracket.first)
    if bracket.last is not None:
        return start, axis.steps[bracket.last], True
    if bracket.end_ns is not None and bracket.end_ns <= axis.end_ns:
        return start, axis.x(bracket.end_ns), True
    return start, axis.right, False
