"""Where the lanes of a picture are, and which labels have room beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from kit.actors.messages import Actor
from kit.trace.columns import Severity
from kit.views.diagram import svg_shapes as svg
from kit.views.diagram.label_rows import Shelf
from kit.views.diagram.layout import Lane, LaneRow, Layout, Mark, PictureSide
from kit.views.diagram.spans import Bracket
from kit.views.diagram.time_axis import Axis

__all__ = ["BAR", "Label", "Lanes", "lanes_of"]

BAR, ROW, LINE, OVER, SIZE = 15.0, 19.0, 13.0, 15.0, 11.5
DROPPED_EDGE = (svg.PAPER, 3.0, "4 4")  # in the bar of a QEMU that no longer waits
HEADING, GAP = 22.0, 14.0
MAX_ROWS, MAX_BELOW = 3, 2


@dataclass(frozen=True, slots=True)
class Label:
    """The text beside an arrow. ``step`` is the step that it belongs to."""

    x: float
    y: float
    words: str
    tone: Severity
    step: int
    first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """Where everything of one run is, from ``top`` to ``bottom``.

    ``blocks`` holds the upper and lower edge of each lane, ``rows`` the middle of each row of bars,
    and ``brackets`` where each bracket is drawn.
    """

    top: float
    bottom: float
    blocks: Mapping[Lane, tuple[float, float]]
    rows: Mapping[LaneRow, float]
    brackets: tuple[tuple[Bracket, float], ...]
    labels: tuple[Label, ...]

    def middle(self, lane: Lane) -> float:
        """The middle of a lane."""
        upper, lower = self.blocks[lane]
        return (upper + lower) / 2

    def between(self, src: Lane, dst: Lane) -> tuple[float, float]:
        """Return where an arrow starts and ends: at the edges that face each other."""
        (top, bottom), (other_top, other_bottom) = self.blocks[src], self.blocks[dst]
        return (bottom, other_top) if top < other_top else (top, other_bottom)


@dataclass(frozen=True, slots=True)
class _LabelText:
    """The text of one arrow, or of all arrows of one instant."""

    x: float
    words: str
    tone: Severity
    step: int
    first: bool


def lanes_of(
    layout: Layout, side: PictureSide, axis: Axis, top: float, most: int = MAX_ROWS
) -> Lanes:
    """Lay out the lanes of a run, its labels and its brackets, from *top* down.

    There are *most* rows of labels over a lane.
    """
    y = top + HEADING
    blocks: dict[Lane, tuple[float, float]] = {}
    rows: dict[LaneRow, float] = {}
    brackets: list[tuple[Bracket, float]] = []
    labels: list[Label] = []
    for lane in layout.lanes:
        shelf = Shelf(axis.left - 4, axis.right + 118, most, _crossing(side, axis, lane, layout))
        placed = list(_place(shelf, _gather_labels(side, layout, axis, lane)))
        y += LINE * len(shelf.rows)
        labels += (Label(x, y - 2 - LINE * row, *_label_fields(w)) for x, row, w in placed)
        over = list(_stack(side, lane, axis))
        y += max(GAP - LINE * bool(placed), OVER * (1 + max((n for _, n in over), default=-1)))
        brackets += ((bracket, y - 7 - OVER * n) for bracket, n in over)
        start = y
        for row in layout.rows_of(lane):
            rows[row] = y + ROW / 2
            y += ROW
        y = max(y, start + ROW)
        blocks[lane] = (start + 2, y - 2)
    shelf = Shelf(axis.left - 4, axis.right + 118, min(most, MAX_BELOW))
    placed = list(_place(shelf, _gather_labels(side, layout, axis, None)))
    labels += (Label(x, y + 10 + LINE * row, *_label_fields(w)) for x, row, w in placed)
    return Lanes(
        top=top,
        bottom=y + LINE * len(shelf.rows) + 6,
        blocks=blocks,
        rows=rows,
        brackets=tuple(brackets),
        labels=tuple(labels),
    )


def _label_fields(one: _LabelText) -> tuple[str, Severity, int, bool]:
    return one.words, one.tone, one.step, one.first


# -- labels ----------------------------------------------------------------------------------------


def _lane_of(mark: Mark, layout: Layout) -> Lane | None:
    """Return the lane above which a mark's label stands; None: below the last lane, the guest."""
    if Actor.GUEST in (mark.src, mark.dst) and Actor.OPERATOR not in (mark.src, mark.dst):
        return None if layout.lanes[-1] is Actor.GUEST else Actor.GUEST
    return min(mark.src, mark.dst, key=layout.lanes.index)


def _gather_labels(
    side: PictureSide, layout: Layout, axis: Axis, lane: Lane | None
) -> list[_LabelText]:
    """Return the labels above a lane, or below the guest, most important first."""
    marks = [m for m in side.marks if not m.minor and _lane_of(m, layout) is lane]
    found = []
    for _, group in groupby(marks, key=lambda m: (m.at_ns, m.tone)):
        together = list(group)
        found.append(
            _LabelText(
                x=axis.steps[together[0].step],
                words=_joined([mark.label for mark in together]),
                tone=together[0].tone,
                step=together[0].step,
                first=any(mark.first for mark in together),
            )
        )
    return sorted(found, key=lambda one: (not one.first, _RANK[one.tone]))


_RANK = {Severity.BAD: 0, Severity.GOOD: 0, Severity.PLAIN: 1, Severity.WAIT: 2}


def _crossing(side: PictureSide, axis: Axis, lane: Lane, layout: Layout) -> tuple[float, ...]:
    """Return where arrows reach or cross a lane, and where the two sides first differ."""
    place = layout.lanes.index
    steps = [] if layout.first_step is None else [layout.first_step]
    for mark in side.marks:
        upper, lower = sorted((place(mark.src), place(mark.dst)))
        if upper < place(lane) <= lower:
            steps.append(mark.step)
    return tuple(axis.steps[step] for step in steps)


def _joined(labels: list[str]) -> str:
    """Name each label once, with its count."""
    counts = {label: labels.count(label) for label in labels}
    return ", ".join(label if n == 1 else f"{label} ×{n}" for label, n in counts.items())


def _place(shelf: Shelf, found: list[_LabelText]) -> Iterator[tuple[float, int, _LabelText]]:
    for one in found:
        wide = svg.text_width(one.words, SIZE, bold=one.first)
        place = shelf.put(one.x, wide)
        if place is not None:
            yield *place, one


# -- brackets --------------------------------------------------------------------------------------


def _stack(side: PictureSide, lane: Lane, axis: Axis) -> Iterator[tuple[Bracket, int]]:
    """Yield the brackets of a lane, each with a row that has room for it."""
    shelf = Shelf(axis.left, axis.right, 6)
    for bracket in side.brackets:
        if bracket.lane is lane:
            start = axis.after(bracket.first)
            end = axis.right
            if bracket.last is not None:
                end = axis.steps[bracket.last]
            elif bracket.end_ns is not None and bracket.end_ns <= axis.end_ns:
                end = axis.x(bracket.end_ns)
            row = shelf.put_at(start, max(end, start), pad=6)
            if row is not None:
                yield bracket, row
