"""The points that an answer earned: a number for nbgrader, a sentence for a person."""

from __future__ import annotations

from typing import Self

from kit.course.labs import Points
from kit.views.escape import Html

__all__ = ["EarnedPoints"]


class EarnedPoints(int):
    """Points: as text the number alone, which nbgrader takes as the score of a cell."""

    found: Points

    def __new__(cls, found: Points) -> Self:
        """Return the number of points, with what it is of."""
        made = super().__new__(cls, found.points)
        made.found = found
        return made

    def _repr_html_(self) -> str:
        return Html("<p><strong>{} of {} points</strong>: {}</p>").format(
            self.found.points, self.found.of, self.found.reply
        )
