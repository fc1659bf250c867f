"""Rows of labels in which no two labels overlap: each is a flag on a pole.

A pole stands at its arrow, and goes from the lane through the rows below its label. A label is on
either side of its pole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product

__all__ = ["Flag", "FlagPlace", "Shelf", "flags_in"]

_APART = 6.0  # between two labels
_BESIDE = 4.0  # between a pole and a label


@dataclass(frozen=True, slots=True)
class Flag:
    """A label at *x*. The more it weighs, the more it matters that it is there."""

    x: float
    width: float
    weight: int = 1


@dataclass(frozen=True, slots=True)
class FlagPlace:
    """Where a label begins, and in which row; row 0 is next to the lane."""

    start: float
    row: int


@dataclass(slots=True)
class Shelf:
    """Rows of labels between ``left`` and ``right``. A label without room is left out.

    ``crossed`` are vertical lines through all rows. Labels avoid them if possible.
    """

    left: float
    right: float
    most: int
    crossed: tuple[float, ...] = ()
    rows: list[list[tuple[float, float]]] = field(default_factory=list)
    poles: list[tuple[float, int]] = field(default_factory=list)

    def put(self, flag: Flag, *, low: bool = True) -> FlagPlace | None:
        """Return a place for a label: to the right of its pole, to its left, or in another row.

        ``low``: rather on the other side than in another row.

        Returns:
            The place, or None if there is no room.
        """
        sides = (flag.x + _BESIDE, flag.x - _BESIDE - flag.width)
        rows = range(self.most)
        places = (
            [(row, start) for row in rows for start in sides]
            if low
            else [(row, start) for start in sides for row in rows]
        )
        best: tuple[int, float, int] | None = None
        for row, start in places:
            if self._has_room(flag, row, start):
                crossings = _crossings(start, flag.width, self.crossed)
                if best is None or crossings < best[0]:
                    best = crossings, start, row
                if not crossings:
                    break
        if best is None:
            return None
        _, start, row = best
        self.rows += [[] for _ in range(row + 1 - len(self.rows))]
        self.rows[row].append((start, start + flag.width))
        self.poles.append((flag.x, row))
        return FlagPlace(start, row)

    def _has_room(self, flag: Flag, row: int, start: float) -> bool:
        """Is there room for a label, with no pole through it and no label on its own pole?"""
        end = start + flag.width
        if not self._free(row, start, end):
            return False
        for x, other in self.poles:
            if other > row and start - _BESIDE < x < end + _BESIDE:
                return False
        for below in self.rows[:row]:
            for first, last in below:
                if first - _BESIDE < flag.x < last + _BESIDE:
                    return False
        return True

    def put_at(self, start: float, end: float, pad: float = 0.0) -> int | None:
        """Return a row that is free from *start* to *end*, or None."""
        for number in range(self.most):
            if self._free(number, start + pad, end - pad):
                self.rows += [[] for _ in range(number + 1 - len(self.rows))]
                self.rows[number].append((start, end))
                return number
        return None

    def _free(self, number: int, start: float, end: float) -> bool:
        if start < self.left or self.right < end:
            return False
        for other, after in self.rows[number] if number < len(self.rows) else ():
            if other < end + _APART and start < after + _APART:
                return False
        return True


def flags_in(
    flags: Sequence[Flag], left: float, right: float, most: int, crossed: tuple[float, ...] = ()
) -> tuple[tuple[FlagPlace | None, ...], int]:
    """Return a place for each label, None for one without room, and how many rows they take.

    Of a few orders in which to place them, the one that leaves out least is taken; of these, the
    one with fewest rows, and then the one in which labels are on fewest lines.
    """
    best: tuple[tuple[int, int, int], tuple[FlagPlace | None, ...]] | None = None
    for order, low, avoided in product(_orders(flags), (True, False), {crossed: None, (): None}):
        shelf = Shelf(left, right, most, avoided)
        found = {number: shelf.put(flags[number], low=low) for number in order}
        places = tuple(found[number] for number in range(len(flags)))
        pairs = list(zip(flags, places, strict=True))
        lost = sum(flag.weight for flag, place in pairs if place is None)
        over = sum(_crossings(place.start, flag.width, crossed) for flag, place in pairs if place)
        score = (lost, len(shelf.rows), over)
        if best is None or score < best[0]:
            best = score, places
        if score <= (0, 1, 0):
            break  # no order is better
    return (best[1], best[0][1]) if best else ((), 0)


def _crossings(start: float, width: float, crossed: tuple[float, ...]) -> int:
    return sum(start - 2 < x < start + width + 2 for x in crossed)


def _orders(flags: Sequence[Flag]) -> Iterable[tuple[int, ...]]:
    """Return orders, each once: from the right, from the left, and by weight."""
    numbers = sorted(range(len(flags)), key=lambda number: flags[number].x)
    if not numbers:
        return ()
    weighty = sorted(numbers, key=lambda number: -flags[number].weight)
    return dict.fromkeys((tuple(numbers[::-1]), tuple(numbers), tuple(weighty)))
