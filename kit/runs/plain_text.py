"""Text that others wrote, made fit to be shown: nothing in it steers what shows it.

Characters that are not seen (control characters, marks of direction, line separators, halves of
surrogate pairs) are shown as what Python writes for them.  Whoever writes HTML escapes it besides.

Source: Unicode 15, general categories C*, Zl and Zp; Unicode Technical Report 36, 2.2.
"""

from __future__ import annotations

import unicodedata

__all__ = ["plain", "printable"]


def printable(words: str) -> str:
    r"""Return a text with all that is unseen made visible, tabs apart.

    >>> printable("core1\x1b[31m\t\u202e")
    'core1\\x1b[31m\t\\u202e'
    """
    if words.isprintable():
        return words
    return "".join(repr(char)[1:-1] if _is_unseen(char) else char for char in words)


def plain(words: str) -> str:
    r"""Return a text with all that is unseen made visible, tabs too: for a single line.

    >>> plain("core1\t\x07")
    'core1\\t\\x07'
    """
    return printable(words).replace("\t", "\\t")


def _is_unseen(char: str) -> bool:
    category = unicodedata.category(char)
    return char != "\t" and (category[0] == "C" or category in ("Zl", "Zp"))
