"""Undo a patch on lines that may have moved, and what two texts differ in: pure, in bytes.

A patch is undone as ``git apply --reverse`` does it: the context must be there unchanged, at the
line where it is expected or as near to it as possible.

Source: git 2.39, apply.c, find_pos() and apply_one_fragment().
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

__all__ = ["Fragment", "line_change", "lines_of", "undo"]

_AT_MOST_LINES_AWAY = 100_000  # a hostile file could ask for more


@dataclass(frozen=True, slots=True)
class Fragment:
    """A hunk: what a text has from line ``start`` (0 is the first) with the patch, and without.

    ``at_end``: no context follows, so that it can only stand at the end of a text.
    """

    start: int
    patched: tuple[bytes, ...]
    unpatched: tuple[bytes, ...]
    at_end: bool


def lines_of(text: bytes) -> list[bytes]:
    """Split a text at its line feeds, which stay: white space and a missing last one count."""
    lines = text.split(b"\n")
    last = lines.pop()
    return [line + b"\n" for line in lines] + ([last] if last else [])


def undo(lines: Sequence[bytes], fragments: Sequence[Fragment]) -> list[bytes] | None:
    """Return *lines* without the patch, or None if it cannot be taken away.

    >>> undo([b"new\\n", b"b\\n"], [Fragment(0, (b"b\\n",), (b"a\\n",), 0, 0)]) is None
    True
    """
    result: list[bytes] = []
    done = shift = 0
    for fragment in fragments:
        place = _place(lines, fragment, done, fragment.start + shift)
        if place is None:
            return None
        shift = place - fragment.start
        result += lines[done:place]
        result += fragment.unpatched
        done = place + len(fragment.patched)
    return result + list(lines[done:])


def _place(lines: Sequence[bytes], fragment: Fragment, first: int, expected: int) -> int | None:
    """Return the line nearest to *expected* where the fragment's text stands."""
    wanted, size = list(fragment.patched), len(fragment.patched)
    last = len(lines) - size
    if fragment.start == 0:  # at the start of the file: there only
        last = min(last, 0)
    if fragment.at_end:
        first = max(first, len(lines) - size)
    return next(
        (
            place
            for place in _outwards(expected, first, last)
            if list(lines[place : place + size]) == wanted
        ),
        None,
    )


def _outwards(expected: int, first: int, last: int) -> Iterator[int]:
    """Give the lines from *first* to *last*, those nearest to *expected* first."""
    if last < first:
        return
    middle = min(max(expected, first), last)
    yield middle
    for away in range(1, min(last - first, _AT_MOST_LINES_AWAY) + 1):
        if middle - away >= first:
            yield middle - away
        if middle + away <= last:
            yield middle + away


def line_change(before: bytes, after: bytes) -> Counter[bytes]:
    """Return which lines *after* has more often (positive) or less often than *before*."""
    change = Counter(lines_of(after))
    change.subtract(Counter(lines_of(before)))
    return Counter({line: count for line, count in change.items() if count})
