"""How much a run of the tests tries: `make test` takes minutes, `make test-long` hours."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TypeVar

__all__ = ["LONG", "in_turn", "some_of"]

T = TypeVar("T")
U = TypeVar("U")

# nbformat's validator would build a grammar of IRIs, 1.5 s in each process; no notebook has any
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # so Python says: absent

LONG = os.environ.get("KIT_TESTS") == "long"


def some_of(cases: Sequence[T], step: int, first: int = 0) -> Sequence[T]:
    """Return every *step*-th case from the first on; all of them in a long run."""
    return cases if LONG else cases[first % step :: step]


def in_turn(rows: Iterable[T], columns: Sequence[U]) -> list[tuple[T, U]]:
    """Return each row with one of the columns, the next each time; with all in a long run."""
    return [
        (row, column)
        for number, row in enumerate(rows)
        for column in (columns if LONG else [columns[number % len(columns)]])
    ]
