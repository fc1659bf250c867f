"""The lines of a diff, ready to show: which lines pair up, and what differs in a pair."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate, zip_longest

from kit.git.values.commit import DiffLine, Hunk, LineKind

__all__ = ["LinePair", "changed_parts", "line_pairs", "marks_of"]

ALIKE = 0.5
MAX_LINE = 1000  # a longer one is generated, and comparing takes quadratic time
_WORDS = re.compile(r"\w+|\W")


@dataclass(frozen=True, slots=True)
class LinePair:
    """An old line and the new line beside it. None where there is no such line."""

    old: DiffLine | None
    new: DiffLine | None


def line_pairs(hunk: Hunk) -> Iterator[LinePair]:
    """Yield the lines of a hunk side by side: context with itself, removed with added lines."""
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
    """Return the columns that differ in the old and in the new line.

    Whole words are marked. Nothing is marked if the lines are too different to be versions of one
    line.

    >>> changed_parts(LinePair(_line("a = 1"), _line("a = 15")))
    ((range(4, 5),), (range(4, 6),))
    """
    if pair.old is None or pair.new is None or pair.old is pair.new:
        return (), ()
    if max(len(pair.old.text), len(pair.new.text)) > MAX_LINE:
        return (), ()
    old, new = _WORDS.findall(pair.old.text), _WORDS.findall(pair.new.text)
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    same = sum(len("".join(old[a:b]).strip()) for kind, a, b, _, _ in codes if kind == "equal")
    if same < ALIKE * max(len(pair.old.text.strip()), len(pair.new.text.strip())):
        return (), ()
    changed = [code for code in codes if code[0] != "equal"]
    return (
        _columns(old, [(a, b) for _, a, b, _, _ in changed]),
        _columns(new, [(c, d) for _, _, _, c, d in changed]),
    )


def marks_of(hunk: Hunk) -> dict[int, tuple[range, ...]]:
    """Return the columns that differ, by the id of each line that has any."""
    return {
        id(line): parts
        for pair in line_pairs(hunk)
        for line, parts in zip((pair.old, pair.new), changed_parts(pair), strict=True)
        if parts
    }


def _columns(words: list[str], spans: list[tuple[int, int]]) -> tuple[range, ...]:
    starts = [0, *accumulate(map(len, words))]
    return tuple(range(starts[a], starts[b]) for a, b in spans if a < b)


def _line(text: str) -> DiffLine:
    return DiffLine(LineKind.CONTEXT, text, None, None)
