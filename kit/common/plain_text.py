"""Make other people's text safe to show: nothing in it controls the program that shows it.

A character that nobody sees (a control character, a mark of direction, a separator of lines, half
of a surrogate pair, a filler, a selector of variants, a space other than U+0020) is shown as
Python writes it: ``\\u202e``.  Terminal, HTML, SVG, mail and Markdown all use this module.

Source: ``str.isprintable`` of Python, which is False for the general categories Cc, Cf, Cs, Co, Cn,
Zl and Zp, and for Zs other than U+0020; the property Default_Ignorable_Code_Point of Unicode 16.0,
DerivedCoreProperties.txt (the same 4174 code points since Unicode 14.0); Unicode Technical Report
36, 2.2.
"""

from __future__ import annotations

from functools import lru_cache

__all__ = ["is_seen", "plain", "printable", "short", "spreadsheet_cell"]

_IGNORABLE = (
    *((0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5)),
    *((0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164)),
    *((0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3)),
    *((0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
)
"""Default_Ignorable_Code_Point: the first and the last of each range."""

_BLANK = "\u2800\U00013441\U00013442\U00016fe4\U0001d159"
"""Signs whose glyph is empty: of Braille, Egypt (two), Khitan (a filler) and music (a notehead)."""

_HIDDEN = frozenset(
    (*(chr(code) for first, last in _IGNORABLE for code in range(first, last + 1)), *_BLANK)
)
"""What Python calls printable or not, and nobody sees."""


def is_seen(char: str) -> bool:
    """Can a person see the character?  Of the spaces only U+0020 counts."""
    return char.isprintable() and char not in _HIDDEN


def printable(words: str) -> str:
    r"""Return a text with every unseen character made visible, except for tabs.

    >>> printable("core1\x1b[31m\t\u202e\u3164")
    'core1\\x1b[31m\t\\u202e\\u3164'
    """
    if words.isprintable() and (words.isascii() or _HIDDEN.isdisjoint(words)):
        return words
    return "".join(map(_shown, words))


def plain(words: str) -> str:
    r"""Return a text with every unseen character made visible, tabs too: for a single line.

    >>> plain("core1\t\x07")
    'core1\\t\\x07'
    """
    return printable(words).replace("\t", "\\t")


def short(value: object) -> str:
    """Return the repr of a value for a message, cut if it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def spreadsheet_cell(text: str) -> str:
    """Return a text as a cell that no spreadsheet takes for a formula.

    >>> spreadsheet_cell("=1+1"), spreadsheet_cell("")
    ("'=1+1", '')
    """
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text


@lru_cache(maxsize=10_000)  # more letters than most languages have
def _shown(char: str) -> str:
    return char if char == "\t" or is_seen(char) else ascii(char)[1:-1]
