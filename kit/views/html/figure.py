"""A picture that shows itself in a notebook, follows its theme, and can stand alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from kit.views.escape import Html
from kit.views.html.print_form import RUN_PICTURE, PrintForm, aside, printed, table
from kit.views.tokens import stylesheet

__all__ = [
    "Figure",
    "HtmlBlock",
    "Lines",
    "Note",
    "Rows",
    "in_notebook",
    "pictured",
    "run_pictured",
    "scrolling",
    "style_html",
]


def style_html() -> Html:
    """Return the kit's one stylesheet as a ``<style>`` element."""
    return Html("<style>{}</style>").format(stylesheet())


def in_notebook(html: Html) -> Html:
    """Return HTML with the kit's styles, for the output of a cell."""
    return Html('{}<div class="kit">{}</div>').format(style_html(), html)


def scrolling(drawn: Html, called: str = "picture") -> Html:
    """Wrap wide content so that it stays legible on a narrow page: it scrolls, by keyboard too."""
    return Html(
        '<div class="kit-scroll" tabindex="0" role="group" aria-label="{}"'
        ' data-lm-suppress-shortcuts="true">{}</div>'
    ).format(called, drawn)


def pictured(svg: Html, *caption: str) -> Html:
    """Return a picture with its caption, one line for each part. No page breaks inside it."""
    below = Html("<figcaption>{}</figcaption>").around(Html("<br>").join(caption))
    return Html('<figure class="kit-picture">{}{}</figure>').format(scrolling(svg), below)


def run_pictured(svg: Html, title: str = "") -> Html:
    """Return a picture of a run below its title. No page breaks inside it."""
    above = Html('<figcaption class="kit-title">{}</figcaption>').around(title)
    return Html("{}{}{}</figure>").format(RUN_PICTURE, above, scrolling(svg))


@dataclass(frozen=True, slots=True)
class Figure:
    """An SVG. A notebook shows it in its own colours, and a page without HTML as words."""

    svg: Html

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        shown = {"text/html": in_notebook(scrolling(self.svg)), "text/plain": repr(self)}
        return shown | {"image/svg+xml": self.svg}

    def _repr_print_(self) -> PrintForm:
        return printed(pictured(self.svg))

    def __repr__(self) -> str:
        """Return the picture's description."""
        label = re.search(r'aria-label="([^"]*)"', self.svg)
        return unescape(label[1]) if label else "a picture"


@dataclass(frozen=True, slots=True)
class HtmlBlock:
    """HTML in a notebook and in print; ``words`` stand for it elsewhere."""

    html: Html
    words: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": in_notebook(self.html), "text/plain": self.words}

    def _repr_print_(self) -> PrintForm:
        return printed(self.html)

    def __repr__(self) -> str:
        """Return the words."""
        return self.words


class Lines(str):
    """Text that keeps its lines in a notebook. A narrow page scrolls."""

    __slots__ = ()

    def _repr_html_(self) -> Html:
        lines = Html('<pre style="white-space: pre; word-break: normal">{}</pre>').format(self)
        return in_notebook(scrolling(lines, "text"))

    def _repr_print_(self) -> PrintForm:
        return printed(Html("<pre>{}</pre>").format(self))


@dataclass(frozen=True, slots=True)
class Rows:
    """A small table, for notebooks as HTML and elsewhere as aligned text.

    ``caption`` names the subject. ``printed`` is a sentence that replaces the table in print, for
    tables about the reader's own machine.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    printed: str = ""

    @property
    def _table(self) -> Html:
        return table(self.caption, self.heads, self.rows)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": in_notebook(self._table), "text/plain": repr(self)}

    def _repr_print_(self) -> PrintForm:
        return printed(aside(self.printed) if self.printed else self._table)

    def __repr__(self) -> str:
        """Return the table as text, its columns aligned."""
        every = (self.heads, *self.rows)
        widths = [max(len(row[n]) for row in every) for n in range(len(self.heads))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in every
        ]
        return "\n".join([*([self.caption] if self.caption else []), *lines])


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence in place of something that cannot be shown, so that a lesson can go on."""

    words: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        html = in_notebook(Html("<p>{}</p>").format(self.words))
        return {"text/html": html, "text/plain": self.words}

    def _repr_print_(self) -> PrintForm:
        return printed(Html("<p>{}</p>").format(self.words))

    def __repr__(self) -> str:
        """Return the sentence."""
        return self.words
