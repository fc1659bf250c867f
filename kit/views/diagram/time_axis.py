"""The time axis of a picture: from times and steps to x.

It is linear with two exceptions. Messages of one instant are fanned out, so that each is visible. A
gap that would take nearly all the room is cut short.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

from kit.machine.clock import NS_PER_S
from kit.trace.sentences import seconds
from kit.views.diagram.layout import Layout

__all__ = ["Axis", "Knot", "axis_of", "duration", "when"]

MIN_AXIS_S = 20
MAJOR, MINOR = 17.0, 4.0  # the width of a step in a fan
DIGIT = 8.0  # of a number of a step; what is left of MAJOR keeps two apart
MAX_FANS = 0.6  # of the width
STRETCHED = 6.0  # how much wider fans may be if only the order is known
CUT = 20  # a gap is cut if it is this many times as long as all others together


@dataclass(frozen=True, slots=True)
class Knot:
    """An instant, and the range it covers. ``cut``: the gap after it is cut short."""

    at_ns: int
    left: float
    right: float
    cut: bool

    @property
    def middle(self) -> float:
        """Where its time is written."""
        return (self.left + self.right) / 2


@dataclass(frozen=True, slots=True)
class Axis:
    """Where times and steps are. ``steps`` has an x for each step of the layout."""

    left: float
    right: float
    knots: tuple[Knot, ...]
    steps: tuple[float, ...]

    @property
    def end_ns(self) -> int:
        """Where the axis ends."""
        return self.knots[-1].at_ns

    def x(self, at_ns: int) -> float:
        """Return where a time is; for an instant with messages, where it begins."""
        number = bisect_right([knot.at_ns for knot in self.knots], at_ns) - 1
        knot = self.knots[number]
        if at_ns == knot.at_ns or number + 1 == len(self.knots):
            return knot.left
        after = self.knots[number + 1]
        part = (at_ns - knot.at_ns) / (after.at_ns - knot.at_ns)
        return knot.right + (after.left - knot.right) * part

    def after(self, step: int) -> float:
        """Return where a step is; the left end for -1."""
        return self.steps[step] if step >= 0 else self.left

    def until(self, step: int | None, at_ns: int) -> float:
        """Return where a step is; for None the later of *at_ns* and the last step."""
        if step is not None:
            return self.steps[step]
        return max(self.x(min(at_ns, self.end_ns)), *self.steps[-1:], self.left)

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Yield where to write which time: at round ones, and where something happens."""
        if any(knot.cut for knot in self.knots):
            yield from ((knot.middle, duration(knot.at_ns)) for knot in self.knots)
            return
        every = next(every for every in _EVERY_S if self.end_ns / NS_PER_S / every <= 10.5)
        found = {knot.at_ns: knot.middle for knot in self.knots}
        for at_ns in range(0, self.end_ns + 1, every * NS_PER_S):
            found.setdefault(at_ns, self.x(at_ns))
        yield from ((there, duration(at_ns)) for at_ns, there in sorted(found.items()))


_DAYS_S = tuple(86_400 * days for days in (1, 5, 10, 30, 10**6))
_EVERY_S = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 6 * 3600, *_DAYS_S)


def duration(at_ns: int) -> str:
    """Write a time as short as it is exact, in seconds up to two minutes.

    >>> duration(16_000_000_000), duration(150_000_000_000), duration(172_801_000_000_000)
    ('16 s', '2 min 30 s', '2 d 1 s')
    """
    whole, rest = divmod(at_ns, NS_PER_S)
    if whole < 120:
        return seconds(at_ns)
    days, whole = divmod(whole, 86_400)
    hours, whole = divmod(whole, 3600)
    minutes, whole = divmod(whole, 60)
    last = seconds(whole * NS_PER_S + rest)
    parts = [f"{n} {unit}" for n, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if n]
    return " ".join([*parts, last] if last != "0 s" else parts)


def when(layout: Layout, at_ns: int) -> str:
    """Return a time of a layout, or the number of a choice."""
    return str(at_ns // NS_PER_S) if layout.counted else duration(at_ns)


def axis_of(layout: Layout, left: float, right: float, shortest_s: int = MIN_AXIS_S) -> Axis:
    """Return the axis of a layout, from *left* to *right*, of *shortest_s* at least."""
    minor = _minor_steps(layout)
    fans = {
        at_ns: [_wide(step, minor) for step, _ in group]
        for at_ns, group in groupby(enumerate(layout.stops), lambda stop: stop[1].at_ns)
    }
    end_ns = max(NS_PER_S * (1 if layout.counted else shortest_s), layout.end_ns)
    times = sorted({0, end_ns, *fans})
    gaps, cut = _gaps(times)
    wanted = sum(sum(fan) for fan in fans.values())
    widest = STRETCHED if layout.timeless or layout.counted else 1.0
    scale = min(widest, (right - left) * MAX_FANS / wanted) if wanted else 1.0
    per_ns = (right - left - wanted * scale) / sum(gaps)
    knots, steps, x = [], [], left
    for at_ns, gap, is_cut in zip(times, [*gaps, 0], [*cut, False], strict=True):
        start = x
        for number, width in enumerate(fans.get(at_ns, ())):
            x += width * scale if number else 0.0
            steps.append(x)
        knots.append(Knot(at_ns, start, x, is_cut))
        # the first step of each fan leaves room, which keeps it from the gap's end
        x += gap * per_ns + (fans[at_ns][0] * scale if at_ns in fans else 0.0)
    return Axis(left, right, tuple(knots), tuple(steps))


def _wide(step: int, minor: set[int]) -> float:
    """Return the width of a step in a fan: room for its number, if it has one."""
    return MINOR if step in minor else max(MAJOR, 4 + DIGIT * len(str(step + 1)))


def _minor_steps(layout: Layout) -> set[int]:
    """Return the minor steps at which there is no label."""
    marks = [mark for side in layout.sides for mark in side.marks]
    return {mark.step for mark in marks if mark.minor} - {m.step for m in marks if not m.minor}


def _gaps(times: list[int]) -> tuple[list[float], list[bool]]:
    """Return the gaps between times as drawn, and which of them are cut."""
    gaps = [float(after - before) for before, after in pairwise(times)]
    cut = [False] * len(gaps)
    for number in sorted(range(len(gaps)), key=lambda n: -gaps[n]):
        others = sum(gaps) - gaps[number]
        if not others or gaps[number] <= CUT * others:
            break
        gaps[number], cut[number] = others, True
    return gaps, cut
