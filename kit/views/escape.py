"""HTML and SVG as a type of their own, so that text never passes for HTML.

`Html` escapes every text that is put into it and makes its unseen characters visible. Only `Html`
goes in unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape as escape_html
from typing import Any, Self

from markupsafe import Markup

from kit.common.plain_text import printable

__all__ = ["Html"]


class Html(Markup):
    r"""HTML. ``format``, ``join`` and ``+`` escape the text that they put into it.

    >>> str(Html("<p>{}</p>").format("<b>\u202e\n'"))
    '<p>&lt;b&gt;\\u202e\n&#x27;</p>'
    >>> str(Html("<br>").join([Html("<i>1</i>"), "<i>"]))
    '<i>1</i><br>&lt;i&gt;'
    """

    __slots__ = ()

    @classmethod
    def escape(cls, s: Any, /) -> Self:  # noqa: ANN401 - as Markup has it
        """Return text or a number as HTML that shows it, and HTML unchanged.

        Raises:
            TypeError: It is neither, such as None: a page would show its name.
        """
        if isinstance(s, Markup):
            return s if isinstance(s, cls) else cls(s)
        if isinstance(s, str):
            return str.__new__(cls, _shown(s))
        if isinstance(s, int | float):
            return cls(s)
        raise TypeError(f"{type(s).__name__} is neither HTML, nor text, nor a number")

    def format(self, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401 - as Markup has it
        """Return this HTML with values filled in. Markup's own method is several times slower."""
        named = {name: _safe(value) for name, value in kwargs.items()}
        return str.__new__(type(self), str.format(self, *map(_safe, args), **named))

    @classmethod
    def coded(cls, words: str) -> Self:
        """Return text as HTML, with what stands between backticks as code.

        >>> str(Html.coded("`kit fetch` gets <it>"))
        '<code>kit fetch</code> gets &lt;it&gt;'
        """
        parts = words.split("`")
        if len(parts) % 2 == 0:  # the last one has no end
            parts[-2:] = ["`".join(parts[-2:])]
        return cls().join(
            Html("<code>{}</code>").format(part) if place % 2 else part
            for place, part in enumerate(parts)
        )

    def each(self, values: Iterable[object]) -> Self:
        """Fill in each value, several for a tuple, and return the results one after the other.

        >>> str(Html("<li>{}</li>").each(["a", "<"]))
        '<li>a</li><li>&lt;</li>'
        """
        rows = (value if isinstance(value, tuple) else (value,) for value in values)
        return type(self)().join(self.format(*row) for row in rows)

    def around(self, inner: str) -> Self:
        """Fill in *inner*; return nothing if there is nothing in it."""
        return self.format(inner) if inner else type(self)()


def _safe(value: object) -> object:
    """Escape everything except numbers, which may have a format specification such as ``:,``."""
    return value if isinstance(value, Html | int | float) else Html.escape(value)


def _shown(words: str) -> str:
    if words.isascii() and words.isprintable():
        return words if words.isalnum() else escape_html(words)
    return escape_html("\n".join(map(printable, words.split("\n"))))
