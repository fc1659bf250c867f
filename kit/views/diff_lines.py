"""Lines of a diff made ready to show: pairs that belong together, and what differs within them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from kit.runs.commit import DiffLine, Hunk, LineKind

__all__ = ["LinePair", "changed_parts", "line_pairs"]

ALIKE = 0.5


@dataclass(frozen=True, slots=True)
class LinePair:
    """A line before and the line after that stands beside it; None where there is none."""

    old: DiffLine | None
    new: DiffLine | None


def line_pairs(hunk: Hunk) -> Iterator[LinePair]:
    """Put the lines of a hunk side by side: context with itself, removed with added lines."""
    removed: list[DiffLine] = []
    added: list[DiffLine] = []
    for line in hunk.lines:
        if line.kind is LineKind.REMOVED and not added:
            removed.append(line)
        elif line.kind is LineKind.ADDED:
            added.append(line)
        else:
            yield from _flush(removed, added)
            removed, added = ([line], []) if line.kind is LineKind.REMOVED else ([], [])
            if line.kind is LineKind.CONTEXT:
                yield LinePair(line, line)
    yield from _flush(removed, added)


def _flush(removed: list[DiffLine], added: list[DiffLine]) -> Iterator[LinePair]:
    for old, new in zip_longest(removed, added):
        yield LinePair(old, new)


def changed_parts(pair: LinePair) -> tuple[tuple[range, ...], tuple[range, ...]]:
    """Return which columns differ in the old and in the new line.

    Nothing is marked where the lines are too unlike to be versions of one another.

    >>> changed_parts(LinePair(_line("a = 1"), _line("a = 15")))
    ((), (range(5, 6),))
    """
    if pair.old is None or pair.new is None or pair.old is pair.new:
        return (), ()
    matcher = SequenceMatcher(None, pair.old.text, pair.new.text, autojunk=False)
    if matcher.ratio() < ALIKE:
        return (), ()
    codes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    return (
        tuple(range(a, b) for _, a, b, _, _ in codes if a < b),
        tuple(range(c, d) for _, _, _, c, d in codes if c < d),
    )


def _line(text: str) -> DiffLine:
    return DiffLine(LineKind.CONTEXT, text, None, None)
