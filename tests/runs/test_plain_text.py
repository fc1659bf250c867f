"""Text of others is shown and does nothing: what is unseen becomes visible."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from kit.runs.plain_text import plain, printable

UNSEEN = [
    *("\x00", "\x07", "\n", "\r", "\x1b", "\x7f", "\x80", "\x9b", "\xad"),
    *("\u061c", "\u200b", "\u200e", "\u2028", "\u2029", "\u202e", "\u2066", "\u2069", "\ufeff"),
    *("\ud800", "\U000e0041"),
]


@pytest.mark.parametrize("char", UNSEEN, ids=ascii)
def test_what_is_unseen_is_shown_as_python_writes_it(char: str) -> None:
    assert printable(f"a{char}b") == plain(f"a{char}b") == f"a{ascii(char)[1:-1]}b"


@pytest.mark.parametrize(
    "words", ["", "a b", "Grüße", "חומר", "日本語", "🙂", "a\N{NO-BREAK SPACE}b"]
)
def test_what_is_seen_stays(words: str) -> None:
    assert printable(words) == plain(words) == words


def test_tabs_stay_where_lines_are_shown_and_not_in_a_message() -> None:
    assert (printable("\ta"), plain("\ta")) == ("\ta", "\\ta")


def test_nothing_that_steers_a_terminal_or_turns_a_line_is_left() -> None:
    """Each character that has a name: no control, no format, no separator of lines."""
    everything = "".join(map(chr, (*range(0x30000), *range(0xE0000, 0xE0200), sys.maxunicode)))
    left = {unicodedata.category(char) for char in plain(everything)}

    assert left & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} == set()
    plain(everything).encode()  # no half of a pair, which no page could carry
