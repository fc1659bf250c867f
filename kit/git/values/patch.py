"""Undo a patch on lines that may have moved, and compare two texts: pure, in bytes.

A patch is undone as by ``git apply --reverse``: the context must be unchanged, at the expected line
or as near to it as possible.

Source: git 2.39, apply.c, find_pos() and apply_one_fragment().
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Fragment", "line_change", "lines_of", "undo"]

_MAX_LINES_AWAY = 100_000  # a hostile file could ask for more


@dataclass(frozen=True, slots=True)
class Fragment:
    """A hunk: the lines of a text from ``start`` (0 is the first) with the patch, and without.

    ``at_end``: no context follows, so that it only fits at the end of a text.
    """

    start: int
    patched: tuple[bytes, ...]
    unpatched: tuple[bytes, ...]
    at_end: bool


def lines_of(text: bytes) -> list[bytes]:
    """Split a text after its line feeds: white space and a missing last one count."""
    lines = text.split(b"\n")
    last = lines.pop()
    return [line + b"\n" for line in lines] + ([last] if last else [])


def undo(lines: Sequence[bytes], fragments: Sequence[Fragment]) -> list[bytes] | None:
    """Return *lines* without the patch, or None if it cannot be taken away.

    >>> undo([b"new\\n", b"b\\n"], [Fragment(0, (b"b\\n",), (b"a\\n",), False)]) is None
    True
    """
    result: list[bytes] = []
    done = shift = 0
    text = _Text(lines)
    for fragment in fragments:
        place = text.place(fragment, done, fragment.start + shift)
        if place is None:
            return None
        shift = place - fragment.start
        result += lines[done:place]
        result += fragment.unpatched
        done = place + len(fragment.patched)
    return result + list(lines[done:])


class _Text:
    """Lines as a string with a character for each: Python finds strings in linear time."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self._codes: dict[bytes, str] = {}
        self._forwards = "".join(
            self._codes.setdefault(line, chr(len(self._codes))) for line in lines
        )
        self._backwards = self._forwards[::-1]

    def place(self, fragment: Fragment, first: int, expected: int) -> int | None:
        """Return the line nearest to *expected* where the fragment's text stands."""
        codes = [self._codes.get(line) for line in fragment.patched]
        if None in codes:
            return None
        wanted, size, count = "".join(filter(None, codes)), len(codes), len(self._forwards)
        last = count - size
        if fragment.start == 0:  # at the start of the file: there only
            last = min(last, 0)
        if fragment.at_end:
            first = max(first, count - size)
        if last < first:
            return None
        middle = min(max(expected, first), last)
        farthest = _MAX_LINES_AWAY
        lowest = max(first, middle - farthest)
        start = count - size - middle  # of the reversed lines, where *middle* is
        found = self._backwards.find(wanted[::-1], start, count - lowest)
        before = None if found < 0 else count - size - found
        if before is not None:
            farthest = middle - before - 1
        highest = min(last, middle + farthest)
        after = self._forwards.find(wanted, middle, highest + size) if highest >= middle else -1
        return after if after >= 0 else before


def line_change(before: bytes, after: bytes) -> Counter[bytes]:
    """Return which lines *after* has more often (positive) or less often than *before*."""
    start = before.rfind(b"\n", 0, _common(before, after)) + 1
    before, after = before[start:], after[start:]
    line_end = before.find(b"\n", len(before) - _common(before[::-1], after[::-1]))
    end = len(before) - line_end - 1 if line_end >= 0 else 0  # bytes of whole lines
    change = Counter(lines_of(after[: len(after) - end]))
    change.subtract(Counter(lines_of(before[: len(before) - end])))
    return Counter({line: count for line, count in change.items() if count})


def _common(one: bytes, other: bytes) -> int:
    """Return how many bytes two texts begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
