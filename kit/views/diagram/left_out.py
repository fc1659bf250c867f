"""The labels of a picture that have no room beside their arrows: below the lanes, with numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kit.trace.columns import Severity
from kit.views.diagram import svg_shapes as svg
from kit.views.diagram.layout import Layout, Mark
from kit.views.diagram.svg_chips import TONES
from kit.views.diagram.svg_lanes import Lanes
from kit.views.diagram.time_axis import when
from kit.views.escape import Html

__all__ = ["LeftOut", "left_out"]

SIZE, LINE = 11.5, 14.0
LEFT, RIGHT, SPACE, APART = 4.0, 8.0, 5.0, 16.0
HEAD = "also:"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The words, each with the step that it belongs to, and how high they are together."""

    words: tuple[tuple[int, Html], ...]
    height: float


@dataclass(frozen=True, slots=True)
class _Word:
    step: int
    words: str
    colour: str
    bold: bool

    @property
    def wide(self) -> float:
        return svg.text_width(self.words, SIZE, bold=self.bold)


def left_out(layout: Layout, sides: Sequence[Lanes], width: float, top: float) -> LeftOut:
    """Return the labels without room, those of one name together, in lines below *top*."""
    marks = {mark.step: mark for lanes in sides for mark in lanes.left_out}
    if not marks:
        return LeftOut((), 0.0)
    named: dict[tuple[str, Severity], list[Mark]] = {}
    for step in sorted(marks):
        named.setdefault((marks[step].label, marks[step].tone), []).append(marks[step])
    found: list[tuple[int, Html]] = []
    first = min(marks)
    x, y = LEFT, top + LINE - 4
    found.append((first, svg.text(x, y, HEAD, fill=svg.SOFT, size=SIZE)))
    x += svg.text_width(HEAD, SIZE) + SPACE
    for together in named.values():
        words = list(_entry(layout, together))
        wide = sum(word.wide + SPACE for word in words)
        if x > LEFT and x + wide > width - RIGHT:
            x, y = LEFT, y + LINE
        for word in words:
            if x > LEFT and x + word.wide > width - RIGHT:
                x, y = LEFT, y + LINE
            drawn = svg.text(x, y, word.words, fill=word.colour, size=SIZE, bold=word.bold)
            found.append((word.step, drawn))
            x += word.wide + SPACE
        x += APART - SPACE
    return LeftOut(tuple(found), y + 4 - top)


def _entry(layout: Layout, marks: list[Mark]) -> Iterator[_Word]:
    """Yield the numbers at which a message is sent, and its name."""
    seen: set[str] = set()
    for mark in marks:
        number = when(layout, mark.at_ns) if layout.counted else str(mark.step + 1)
        if number not in seen:
            seen.add(number)
            yield _Word(mark.step, number, svg.INK, bold=False)
    yield _Word(marks[0].step, marks[0].label, TONES[marks[0].tone], bold=marks[0].first)
