"""A run, or a pair of runs on one time axis, as SVG: lanes, bars, arrows, brackets.

Time goes to the right. What each party believes now is a chip at the right end of its row. What is
still to come is drawn in one quiet colour.

A picture that moves is the same drawing with ``data-`` attributes: which shapes belong to which
step, and where the current place is. A script that moves it needs to know nothing of what is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kit.common.package import drawn_by
from kit.machine.clock import NS_PER_S
from kit.machine.revision import Revision
from kit.simulation.run import Pair, Run
from kit.simulation.story import in_words, where_they_part
from kit.simulation.timeline import Timeline
from kit.trace.columns import Severity
from kit.views.diagram import svg_shapes as svg
from kit.views.diagram.layout import (
    Lane,
    LaneRow,
    Layout,
    Mark,
    PictureSide,
    lane_name,
    layout_of,
)
from kit.views.diagram.left_out import LeftOut, left_out
from kit.views.diagram.legend import legend_parts
from kit.views.diagram.svg_axis import (
    NOW_Y,
    Numbers,
    axis_back,
    axis_words,
    now_line,
    now_words,
    numbers_of,
)
from kit.views.diagram.svg_chips import TONES, chips_of
from kit.views.diagram.svg_lanes import Label, Lanes, Rooms, lanes_of
from kit.views.diagram.svg_spans import Span, spans_of
from kit.views.diagram.time_axis import MIN_AXIS_S, Axis, axis_of, duration, when
from kit.views.escape import Html

__all__ = ["WIDTH", "Drawing", "draw", "lone_svg", "picture_svg"]

WIDTH, RIGHT = 940.0, 140.0  # a page of a hand-out has room for it as it is
SIZE = 11.5
HEAD = 26.0  # for the title of a picture that travels alone
SMALL, LINE = 11.0, 14.0  # of the words below the picture
BELOW = 14.0  # for the words at the first difference
MAX_LEFT = 180.0  # for the names of lanes
ROOMS = (Rooms(), Rooms(first=2, other=2, below=2), Rooms(first=1, other=1, below=1))
KEPT = (Rooms(2, 1, 2, kept=True), Rooms(1, 1, 1, kept=True))
KEPT_NUMBERS = 2  # rows of numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A picture, and where its places are.

    ``start`` and ``end`` are where nothing has happened and where the time is over, ``steps`` where
    the current place is after each step, ``now`` where it is in the picture, ``right`` where the
    axis ends.
    """

    svg: Html
    parts: tuple[Html, ...]
    width: float
    height: float
    start: float
    steps: tuple[float, ...]
    end: float
    now: float
    right: float


def picture_svg(
    played: Timeline | Run | Pair | Layout, *, future: bool = True, width: float = WIDTH
) -> Html:
    """Draw a run or a pair at the current place of a timeline, by default at the end.

    ``future``: also draw what happens after that place, in a quiet colour.
    """
    return draw(played, future=future, width=width).svg


def lone_svg(played: Run | Pair | Layout, *, titled: bool = True) -> Html:
    """Draw a picture that travels alone: with its title, a legend, and how to draw it."""
    layout = played if isinstance(played, Layout) else layout_of(played)
    drawn, head = draw(layout, shortest_s=1), HEAD * titled
    title = svg.text(4, 18, f"{layout.name}: {layout.title}"[:120], size=14, bold=True)
    legend, bottom = legend_parts(drawn.svg, head + drawn.height + 6, WIDTH, own=layout.own)
    lines = _wrapped(f"{drawn_by()} {layout.command}".strip(), WIDTH)
    inner = Html('<svg y="{:g}" width="{:g}" height="{:g}" viewBox="0 0 {:g} {:g}">{}</svg>')
    size = drawn.width, drawn.height
    return svg.picture(
        WIDTH,
        bottom + LINE * len(lines) + 4,
        f"{_label(layout)} {layout.origin}".strip(),
        [
            *([title] if titled else []),
            inner.format(head, *size, *size, Html().join(drawn.parts)),
            *legend,
            *_origin(lines, bottom),
        ],
    )


def draw(
    played: Timeline | Run | Pair | Layout,
    *,
    future: bool = True,
    moves: bool = False,
    width: float = WIDTH,
    highest: float = 0,
    kept: bool = False,
    shortest_s: int | None = None,
) -> Drawing:
    """Draw a picture; one that ``moves`` has all steps in it, and names them.

    ``highest``: fewer rows of labels where the picture would be higher; 0 for no limit. A label
    without room stands below the lanes, with its number.
    ``kept``: lanes are where they would be in any other picture of this size.
    ``shortest_s``: how long the axis is at least; by default pictures of a page can be compared.
    """
    layout = played if isinstance(played, Layout) else layout_of(played)
    left = _left(layout)
    if shortest_s is None:
        # where nothing is clicked the axis need not leave room
        still = not future and not moves
        shortest_s = min(MIN_AXIS_S, layout.end_ns // NS_PER_S + 2) if still else MIN_AXIS_S
    axis = axis_of(layout, left, width - RIGHT, shortest_s)
    numbers = numbers_of(layout, axis, KEPT_NUMBERS if kept else 1)
    origin = _wrapped(layout.origin, width)
    placed = _placed(
        layout, axis, numbers, width, highest and highest - LINE * len(origin), kept=kept
    )
    height = placed.groups[-1][1].bottom + BELOW
    picture = _PictureParts(layout, axis, numbers, width, height, future=future, moves=moves)
    whole = height + placed.legend.height
    parts = (*picture.parts(placed), *_origin(origin, whole))
    at_end = layout.now_ns >= layout.end_ns and layout.place == len(layout.stops) - 1
    shown = not moves and (future or at_end)  # else the label must not tell what is hidden
    label = _label(layout) if shown else "A picture of a run, up to the current place."
    return Drawing(
        svg=svg.picture(
            width, whole + LINE * len(origin), f"{label} {layout.origin}".strip(), parts
        ),
        parts=parts,
        width=width,
        height=whole + LINE * len(origin),
        start=axis.left,
        steps=tuple(x + 3 for x in axis.steps),
        end=max([axis.until(None, layout.end_ns), *(x + 3 for x in axis.steps[-1:])]),
        now=_now_x(layout, axis),
        right=axis.right,
    )


def _left(layout: Layout) -> float:
    """Return where the axis begins: behind the names of the lanes."""
    left = 76.0 if len(layout.devices) == 1 else 118.0
    names = [lane_name(lane) for lane in layout.lanes if layout.own]
    return max([left, *(min(svg.text_width(name, 12) + 20, MAX_LEFT) for name in names)])


@dataclass(frozen=True, slots=True)
class _Placed:
    """The lanes of each side, and the labels that have no room beside them."""

    groups: list[tuple[PictureSide, Lanes]]
    legend: LeftOut


def _placed(
    layout: Layout, axis: Axis, numbers: Numbers, width: float, highest: float, *, kept: bool
) -> _Placed:
    """Place the lanes, with as many rows of labels as there is room for."""
    found: list[_Placed] = []
    for rooms in KEPT if kept else ROOMS:
        groups, top = [], numbers.bottom + 2
        for side in layout.sides:
            lanes = lanes_of(layout, side, axis, top, rooms)
            groups.append((side, lanes))
            top = lanes.bottom
        found.append(
            _Placed(groups, left_out(layout, [lanes for _, lanes in groups], width, top + BELOW))
        )
        below = LINE if kept else found[-1].legend.height
        if not highest or top + BELOW + below <= highest:
            break
    return found[-1]


def _wrapped(words: str, width: float) -> list[str]:
    """Break words into lines that fit below a picture."""
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and svg.text_width(longer, SMALL) > width - 8:
            lines.append(word)
        else:
            lines[-1:] = [longer]
    return lines


def _origin(lines: list[str], top: float) -> Iterator[Html]:
    for number, words in enumerate(lines):
        yield svg.text(4, top + LINE * (number + 1) - 4, words, fill=svg.SOFT, size=SMALL)


def _label(layout: Layout) -> str:
    runs = [side.run for side in layout.sides if side.run is not None]
    if layout.counted:
        at = when(layout, layout.now_ns)
        place = f"{_place_word(layout)}: choice {at} of {when(layout, layout.end_ns)}."
        return f"{layout.title}. {place} {layout.outcome}"
    if not runs:
        return f"{layout.title}. {layout.observed}"
    if len(runs) == 2:
        words = where_they_part(Pair(*runs)).replace("\n", " ")
    else:
        words = f"{_called(runs[0].revision)}: {in_words(runs[0])}"
    place = f"{_place_word(layout)}: {duration(layout.now_ns)} of {duration(layout.end_ns)}."
    return f"{layout.title}. {place} {words}"


def _place_word(layout: Layout) -> str:
    """Return "End" for a picture of a whole run, "Now" for one with something to come."""
    return "End" if layout.now_ns >= layout.end_ns else "Now"


def _called(revision: Revision) -> str:
    if revision.alias is None:
        return revision.name
    return f"{revision.name} ({revision.build})"


def _now_x(layout: Layout, axis: Axis) -> float:
    """Return the x of the current place: behind the last step, and behind its instant."""
    x = axis.x(layout.now_ns)
    return x if layout.place < 0 else max(x, axis.steps[layout.place] + 3)


class _PictureParts:
    """Puts the parts of a picture one over the other."""

    def __init__(
        self,
        layout: Layout,
        axis: Axis,
        numbers: Numbers,
        width: float,
        height: float,
        *,
        future: bool,
        moves: bool,
    ) -> None:
        self._layout, self._axis, self._numbers = layout, axis, numbers
        self._width, self._height = width, height
        self._future, self._moves = future, moves
        self._now = _now_x(layout, axis)
        self._at_end = layout.now_ns >= layout.end_ns and layout.place == len(layout.stops) - 1

    def parts(self, placed: _Placed) -> Iterator[Html]:
        """Yield all parts, those at the back first: lines, and the words over them."""
        layout, axis, groups = self._layout, self._axis, placed.groups
        bottom, top = self._height - BELOW, self._numbers.bottom
        yield from axis_back(layout, axis, self._numbers, bottom)
        yield from self._now_line(NOW_Y, top)
        yield from axis_words(layout, axis, self._numbers)
        for _, lanes in groups:
            yield from self._back(lanes)
        spans = [part for side, lanes in groups for part in spans_of(layout, side, lanes, axis)]
        yield from self._in_time([(span, span.drawn) for span in spans])
        yield from self._now_line(top, bottom)
        yield from self._first_difference(top)
        for _, lanes in groups:
            for label in lanes.labels:
                yield from self._at_step(label.step, _pole(label))
        yield from self._in_time([(span, span.words) for span in spans])
        for side, lanes in groups:
            yield from self._heading(side, lanes)
            for mark in side.marks:
                yield from self._at_step(mark.step, _mark(mark, lanes, axis.steps[mark.step]))
        for side, lanes in groups:
            for label in lanes.labels:
                yield from self._at_step(label.step, _words(label))
            yield from self._chips(side, lanes)
        for step, drawn in placed.legend.words:
            yield from self._at_step(step, drawn)
        if self._has_now:
            yield now_words(layout, self._now)

    @property
    def _has_now(self) -> bool:
        return self._moves or not (self._at_end or bool(self._layout.observed))

    def _now_line(self, top: float, bottom: float) -> Iterator[Html]:
        if self._has_now:
            yield now_line(self._now, top, bottom)

    def _in_time(self, spans: list[tuple[Span, Html]]) -> Iterator[Html]:
        """Yield what lasts: what is over in its colours, what is to come in the quiet one."""
        if self._at_end and not self._moves:
            yield from (drawn for _, drawn in spans)
            return
        now, moves = self._now, self._moves
        past = [drawn for span, drawn in spans if moves or span.start < now]
        yield svg.cut(0, now, self._height, past, kit="past" * moves)
        if self._future or moves:
            rest = [drawn for span, drawn in spans if moves or span.end > now]
            yield svg.cut(now, self._width - now, self._height, rest, svg.DIMMED, "then" * moves)

    def _at_step(self, step: int, drawn: Html) -> Iterator[Html]:
        """Yield what a step brings: quietly or not at all while it is to come."""
        later = step > self._layout.place
        style = svg.DIMMED if later else ""
        if self._moves:
            yield svg.group([drawn], style, at=step)
        elif later and self._future:
            yield svg.group([drawn], style)
        elif not later:
            yield drawn

    def _first_difference(self, top: float) -> Iterator[Html]:
        step = self._layout.first_step
        if step is None:
            return
        x, height = self._axis.steps[step], self._height
        left = x > self._width / 2
        anchor = "end" if left else "start"
        at, words = x - 5 if left else x + 5, "first difference"
        said = svg.text(at, height - 3, words, fill=svg.BAD, size=SIZE, anchor=anchor)
        line = svg.line(x, top, x, height - 12, svg.BAD, 1.5, "6 3")
        yield from self._at_step(step, line + said)

    def _chips(self, side: PictureSide, lanes: Lanes) -> Iterator[Html]:
        x, place = self._width - RIGHT + 8, self._layout.place
        for chip in chips_of(self._layout, side):
            shown = chip.first <= place and (chip.last is None or place < chip.last)
            drawn = chip.drawn(x, lanes.rows[chip.row])
            if self._moves:
                last = len(self._layout.stops) if chip.last is None else chip.last
                style = "" if shown else "display:none"
                yield svg.group([drawn], style, since=chip.first, until=last)
            elif shown:
                yield drawn

    def _back(self, lanes: Lanes) -> Iterator[Html]:
        layout = self._layout
        yield svg.line(0, lanes.top, self._width, lanes.top, svg.LINE)
        if not layout.observed:
            now = "shows now" if layout.own else "believes now"
            words = now if self._moves or not self._at_end else "at the end"
            x = self._width - RIGHT + 8
            yield svg.text(x, lanes.top + 16, words, fill=svg.SOFT, size=SIZE)
        for lane in layout.lanes:
            yield from self._lane(lane, lanes)

    def _heading(self, side: PictureSide, lanes: Lanes) -> Iterator[Html]:
        layout = self._layout
        called = layout.observed or side.heading
        heading = f"{side.name}: {called}" if side.name else called
        wide = svg.text_width(heading, 13, bold=True)
        drawn = svg.text(4, lanes.top + 16, heading, size=13, bold=True)
        yield svg.rect(0, lanes.top + 1, wide + 8, 20, svg.PAPER)  # hides the lines behind it
        yield self._named(drawn)

    def _lane(self, lane: Lane, lanes: Lanes) -> Iterator[Html]:
        layout, axis = self._layout, self._axis
        rows = layout.rows_of(lane)
        middle = lanes.middle(lane)
        several = len(layout.devices) > 1
        name_y = lanes.rows[rows[0]] if rows else middle
        x = 6 if several else axis.left - 10
        anchor = "start" if several else "end"
        names = [svg.text(x, name_y + 4, lane_name(lane), fill=svg.SOFT, anchor=anchor)]
        for y in [lanes.rows[row] for row in rows] or [middle]:
            yield svg.line(axis.left, y, axis.right, y, svg.LINE, 0.8)
        for row in rows if several else ():
            y = lanes.rows[row] + 4
            device = svg.text(axis.left - 8, y, row.device, fill=svg.SOFT, size=SIZE, anchor="end")
            names.append(device)
        yield self._named(*names)

    def _named(self, *drawn: Html) -> Html:
        """Mark a name, which stays in sight where a script scrolls the picture."""
        return svg.group(drawn, kit="name") if self._moves else Html().join(drawn)


def _pole(label: Label) -> Html:
    """Draw the pole that joins a label to its arrow."""
    return svg.line(label.pole, label.tip, label.pole, label.foot, TONES[label.tone], 0.8)


def _words(label: Label) -> Html:
    """Draw the words of a label."""
    colour = TONES[label.tone]
    return svg.text(label.x, label.y, label.words, fill=colour, size=SIZE, bold=label.first)


def _mark(mark: Mark, lanes: Lanes, x: float) -> Html:
    colour = TONES[mark.tone]
    if mark.src is mark.dst:
        y = lanes.rows.get(LaneRow(mark.src, mark.device), lanes.middle(mark.src))
        if mark.tone is Severity.PLAIN:
            return svg.rect(x - 2.5, y - 2.5, 5, 5, svg.PAPER, svg.INK)
        return svg.cross(x, y, colour)
    y1, y2 = lanes.between(mark.src, mark.dst)
    if mark.minor:
        return svg.line(x, y1, x, y2, svg.SOFT, 0.7)
    return svg.arrow(x, y1, y2, colour, "3 2" if mark.tone is Severity.WAIT else "")
