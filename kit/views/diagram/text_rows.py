"""The rows of a picture in plain text, from the first to the last: time runs downward."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from kit.machine.clock import NS_PER_MS, NS_PER_S
from kit.views.diagram.layout import Layout, PictureSide
from kit.views.diagram.time_axis import duration, when

__all__ = ["Lined", "TextRow", "lines_of", "time_words"]

LONG_NS = 4 * NS_PER_S


class Lined(Enum):
    """What a row shows."""

    EVENT = auto()
    MORE = auto()  # of a name that is too long for one row
    GAP = auto()
    DIFFERENCE = auto()
    NOW = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class TextRow:
    """A row named ``words``, after a step; ``time`` is empty where it is that of the row above."""

    lined: Lined
    step: int
    at_ns: int
    time: str
    words: str = ""


def time_words(at_ns: int) -> str:
    """Return a time in at most 13 characters, cut to the millisecond.

    >>> time_words(15_000_000_000), time_words(14_999_999_999)
    ('15 s', '14.999 s')
    """
    words = duration(at_ns // NS_PER_MS * NS_PER_MS)
    return words if len(words) <= 13 else " ".join(words.split()[:4])


def lines_of(layout: Layout, sides: tuple[PictureSide, ...]) -> Iterator[TextRow]:
    """Yield the rows of some sides of a layout."""
    names = {mark.step: mark.label for side in sides for mark in side.marks}
    whole = layout.place == len(layout.stops) - 1 and layout.now_ns == layout.end_ns
    firsts = [m.step for side in sides for m in side.marks if m.step >= (layout.first_step or 0)]
    first = min(firsts, default=None) if layout.first_step is not None else None
    at_ns, last = 0, -1
    now: int | None = None if whole else layout.now_ns
    shown = ""
    for step, name in sorted(names.items()):
        stop_ns = layout.stops[step].at_ns
        if now is not None and step > layout.place:
            yield from _gap(layout, last, at_ns, now)
            yield TextRow(Lined.NOW, last, now, _time(layout, now))
            at_ns, shown, now = now, _time(layout, now), None
        yield from _gap(layout, last, at_ns, stop_ns)
        time = "?" if step in layout.timeless else _time(layout, stop_ns)
        if step == first:
            yield TextRow(Lined.DIFFERENCE, last, stop_ns, "" if time == shown else time)
            shown = time
        shown_time = "" if time == shown and time != "?" else time
        yield TextRow(Lined.EVENT, step, stop_ns, shown_time, name)
        at_ns, last, shown = stop_ns, step, time
    if now is not None:
        yield from _gap(layout, last, at_ns, now)
        yield TextRow(Lined.NOW, last, now, _time(layout, now))
        at_ns, shown = now, _time(layout, now)
    yield from _gap(layout, last, at_ns, layout.end_ns)
    end = "" if layout.place in layout.timeless else _time(layout, layout.end_ns)
    yield TextRow(Lined.END, last, layout.end_ns, "" if end == shown else end, "end")


def _time(layout: Layout, at_ns: int) -> str:
    return when(layout, at_ns) if layout.counted else time_words(at_ns)


def _gap(layout: Layout, step: int, from_ns: int, to_ns: int) -> Iterator[TextRow]:
    if to_ns > from_ns and not layout.counted:  # between two choices is nothing
        for _ in range(2 if to_ns - from_ns > LONG_NS else 1):
            yield TextRow(Lined.GAP, step, from_ns, "")
