"""Taking a patch away from lines that may have moved."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.git.values.patch import Fragment, line_change, lines_of, undo

# a -> b between two lines of context, at line 2 of the patched text
PATCH = Fragment(1, (b"1\n", b"b\n", b"2\n"), (b"1\n", b"a\n", b"2\n"), at_end=False)


@pytest.mark.parametrize(
    ("text", "without"),
    [
        (b"0\n1\nb\n2\n3\n", b"0\n1\na\n2\n3\n"),
        (b"new\nnew\n0\n1\nb\n2\n", b"new\nnew\n0\n1\na\n2\n"),
        (b"0\n1\nb\n2\n9\n1\nb\n2\n", b"0\n1\na\n2\n9\n1\nb\n2\n"),
    ],
    ids=["in place", "moved", "the nearest of two"],
)
def test_a_patch_is_taken_away_where_its_context_is(text: bytes, without: bytes) -> None:
    undone = undo(lines_of(text), [PATCH])

    assert undone is not None
    assert b"".join(undone) == without


LETTERS = st.lists(st.sampled_from((b"a\n", b"b\n")), max_size=12)


def nearest(lines: list[bytes], wanted: list[bytes], first: int, expected: int) -> int | None:
    """Return the place by the rule: nearest to what is expected, the earlier of two."""
    last = len(lines) - len(wanted)
    places = [p for p in range(first, last + 1) if lines[p : p + len(wanted)] == wanted]
    middle = min(max(expected, first), last)
    return min(places, key=lambda place: (abs(place - middle), place), default=None)


@given(LETTERS, st.lists(st.sampled_from((b"a\n", b"b\n")), max_size=3), st.integers(1, 14))
def test_a_patch_is_taken_away_where_it_is_nearest(
    lines: list[bytes], wanted: list[bytes], start: int
) -> None:
    place = nearest(lines, wanted, 0, start)
    expected = None if place is None else [*lines[:place], b"x\n", *lines[place + len(wanted) :]]

    assert undo(lines, [Fragment(start, tuple(wanted), (b"x\n",), at_end=False)]) == expected


def test_a_place_is_looked_for_in_time_in_proportion_to_the_text() -> None:
    """Compared line by line at each place it would take the product of the two lengths."""
    lines = [b"a\n"] * 150_000
    patch = Fragment(75_000, (*lines[:50_000], b"b\n"), (), at_end=False)
    start = time.process_time()

    assert undo([*lines, b"b\n", *lines], [patch]) == [b"a\n"] * 250_000
    assert undo([b"b\n", *lines], [patch]) is None
    assert time.process_time() - start < 5


@pytest.mark.parametrize("text", [b"0\n1\nb \n2\n", b"0\nx\nb\n2\n", b"", b"1\n"])
def test_where_its_context_is_not_it_cannot_be(text: bytes) -> None:
    assert undo(lines_of(text), [PATCH]) is None


def test_a_patch_at_the_start_of_a_file_fits_there_only() -> None:
    patch = Fragment(0, (b"b\n", b"1\n"), (b"1\n",), at_end=False)

    assert undo([b"0\n", b"b\n", b"1\n"], [patch]) is None


def test_a_patch_at_the_end_of_a_file_fits_there_only() -> None:
    patch = Fragment(1, (b"1\n", b"b\n"), (b"1\n",), at_end=True)

    assert undo([b"0\n", b"1\n", b"b\n", b"2\n"], [patch]) is None


def test_the_second_of_two_hunks_is_looked_for_after_the_first() -> None:
    second = Fragment(4, (b"b\n",), (b"c\n",), at_end=False)

    assert undo([b"0\n", b"1\n", b"b\n", b"2\n", b"b\n"], [PATCH, second]) == [
        *(b"0\n", b"1\n", b"a\n", b"2\n", b"c\n")
    ]


def test_white_space_and_a_missing_last_line_feed_are_changes() -> None:
    assert dict(line_change(b"a\nb", b"a \nb\n")) == {
        b"a\n": -1,
        b"a \n": 1,
        b"b": -1,
        b"b\n": 1,
    }


TEXTS = st.lists(st.sampled_from((b"a\n", b"b\n", b"\n", b"ab\n", b"a")), max_size=12)


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_what_two_texts_share_at_their_ends_counts_for_nothing(
    start: list[bytes], one: list[bytes], other: list[bytes], end: list[bytes]
) -> None:
    """Only what lies between is counted, and the result is that of counting all lines."""
    before, after = (b"".join((*start, *each, *end)) for each in (one, other))
    expected = Counter(lines_of(after))
    expected.subtract(lines_of(before))

    assert line_change(before, after) == {line: n for line, n in expected.items() if n}
