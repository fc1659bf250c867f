"""Text as HTML or SVG: whatever it holds, it is shown and does nothing."""

from __future__ import annotations

from html import escape as escape_html

from kit.common.plain_text import printable

__all__ = ["escape"]


def escape(words: str) -> str:
    r"""Return a text for a page, as an element's content or an attribute in quotes; lines stay.

    >>> escape("<b>\u202e\n'")
    '&lt;b&gt;\\u202e\n&#x27;'
    """
    return escape_html("\n".join(map(printable, words.split("\n"))))
