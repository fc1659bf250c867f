"""How many cases a run of the tests has, by KIT_TESTS.

``sample`` (`make test`): of a test with many cases those few that differ most.  ``all`` (CI), or
nothing: each case.  ``long`` (`make test-long`): with many more and larger inputs, for hours.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import TypeVar

__all__ = ["LONG", "SAMPLE", "in_turn", "sample", "some_of"]

T = TypeVar("T")
U = TypeVar("U")

# nbformat's validator would build a grammar of IRIs, 1.5 s in each process; no notebook has any
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # so Python says: absent

LONG = os.environ.get("KIT_TESTS") == "long"
SAMPLE = os.environ.get("KIT_TESTS") == "sample"
MAX_CASES = {"tests/browser/": 1, "": 2}
"""The cases of one test that a sample has, by the beginning of its place; the first that fits."""


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


def sample(names: Iterable[str]) -> set[str]:
    """Return which of the cases ``place::test[values]`` a sample has.

    Each that is taken has as many values that none before it had as any. Among equals a hash of the
    name decides, so that one more case changes little.
    """
    tests: dict[str, dict[str, set[str]]] = defaultdict(dict)
    for name in names:
        test, _, values = name.partition("[")
        tests[test][name] = set(values.rstrip("]").split("-"))
    taken: set[str] = set()
    for test, left in tests.items():
        known: set[str] = set()
        room = next(most for place, most in MAX_CASES.items() if test.startswith(place))
        for _ in range(min(room, len(left))):
            name = max(left, key=lambda each: (len(left[each] - known), _hash(each)))
            known |= left.pop(name)
            taken.add(name)
    return taken


def _hash(name: str) -> bytes:
    return sha256(name.encode()).digest()
