"""Rows of labels in which no two labels overlap."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Shelf"]

_APART = 6.0


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

    def put(self, x: float, width: float, *, beside: float = 4.0) -> tuple[float, int] | None:
        """Return a place for a label at *x*: to its right, else to its left, else in another row.

        Returns:
            Where the label begins, and in which row, or None.
        """
        places = [
            (start, number)
            for number in range(self.most)
            for start in (x + beside, x - beside - width)
            if self._free(number, start, start + width)
        ]
        if not places:
            return None
        start, number = min(places, key=lambda place: self._crossings(place[0], width))
        self.rows += [[] for _ in range(number + 1 - len(self.rows))]
        self.rows[number].append((start, start + width))
        return start, number

    def _crossings(self, start: float, width: float) -> int:
        return sum(start - 2 < x < start + width + 2 for x in self.crossed)

    def put_at(self, start: float, end: float, pad: float = 0.0) -> int | None:
        """Return a row that is free from *start* to *end*, or None."""
        for number in range(self.most):
            if self._free(number, start + pad, end - pad):
                self.rows += [[] for _ in range(number + 1 - len(self.rows))]
                self.rows[number].append((start, end))
                return number
        return None

    def _free(self, number: int, start: float, end: float) -> bool:
        within = self.left <= start and end <= self.right
        there = self.rows[number] if number < len(self.rows) else []
        return within and all(
            end + _APART <= other or after + _APART <= start for other, after in there
        )
