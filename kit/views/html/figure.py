"""A picture that shows itself in a notebook, follows its theme, and can stand alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from importlib import resources

from kit.views.escape import escape
from kit.views.html.print_base import RUN_PICTURE, PrintForm, aside, printed

__all__ = ["Figure", "Lines", "Note", "Rows", "pictured", "run_pictured", "scrolling", "stylesheet"]


def stylesheet() -> str:
    """Return the kit's one stylesheet."""
    return resources.files("kit.views.html").joinpath("style.css").read_text(encoding="utf-8")


def scrolling(drawn: str, called: str = "picture") -> str:
    """Wrap what is wide so that it stays legible in a narrow page: it scrolls, by keys as well."""
    return (
        f'<div class="kit-scroll" tabindex="0" role="group" aria-label="{escape(called)}"'
        f' data-lm-suppress-shortcuts="true">{drawn}</div>'
    )


def pictured(svg: str, *caption: str) -> str:
    """A picture with its caption, a line a part; a page break never goes through it."""
    words = "<br>".join(map(escape, caption))
    below = f"<figcaption>{words}</figcaption>" if words else ""
    return f'<figure class="kit-picture">{scrolling(svg)}{below}</figure>'


def run_pictured(svg: str, title: str = "") -> str:
    """A picture of a run below its title; a page break goes through neither."""
    above = f'<figcaption class="kit-title">{escape(title)}</figcaption>' if title else ""
    return f"{RUN_PICTURE}{above}{scrolling(svg)}</figure>"


@dataclass(frozen=True, slots=True)
class Figure:
    """An SVG: live in the notebook's colours, alone on its own light background, or as words."""

    svg: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {
            "text/html": f"<style>{stylesheet()}</style>"
            f'<div class="kit">{scrolling(self.svg)}</div>',
            "image/svg+xml": self.svg,
            "text/plain": repr(self),
        }

    def _repr_print_(self) -> PrintForm:
        return printed(pictured(self.svg))

    def __repr__(self) -> str:
        """Return what the picture says, in words."""
        label = re.search(r'aria-label="([^"]*)"', self.svg)
        return unescape(label[1]) if label else "a picture"


class Lines(str):
    """Text that a notebook shows with its lines as they are: a narrow page scrolls."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        lines = f'<pre style="white-space: pre; word-break: normal">{escape(self)}</pre>'
        return f'<style>{stylesheet()}</style><div class="kit">{scrolling(lines, "text")}</div>'

    def _repr_print_(self) -> PrintForm:
        return printed(f"<pre>{escape(self)}</pre>")


@dataclass(frozen=True, slots=True)
class Rows:
    """A small table that shows itself in a notebook, and as aligned text elsewhere.

    ``caption`` names what it is about; ``printed`` is a sentence that stands on paper in its
    place, where it is about the reader's own machine.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    printed: str = ""

    @property
    def _table(self) -> str:
        heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in self.heads)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
            for row in self.rows
        )
        named = f"<caption>{escape(self.caption)}</caption>" if self.caption else ""
        return (
            f'<table class="kit-rows">{named}<thead><tr>{heads}</tr></thead>'
            f"<tbody>{body}</tbody></table>"
        )

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {
            "text/html": f'<style>{stylesheet()}</style><div class="kit">{self._table}</div>',
            "text/plain": repr(self),
        }

    def _repr_print_(self) -> PrintForm:
        return printed(aside(self.printed) if self.printed else self._table)

    def __repr__(self) -> str:
        """Return the table as text, its columns aligned."""
        table = (self.heads, *self.rows)
        widths = [max(len(row[n]) for row in table) for n in range(len(self.heads))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in table
        ]
        return "\n".join([*([self.caption] if self.caption else []), *lines])


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence in the place of what cannot be shown, so that a lesson goes on."""

    words: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {
            "text/html": f"<style>{stylesheet()}</style>"
            f'<div class="kit"><p>{escape(self.words)}</p></div>',
            "text/plain": self.words,
        }

    def _repr_print_(self) -> PrintForm:
        return printed(f"<p>{escape(self.words)}</p>")

    def __repr__(self) -> str:
        """Return the sentence."""
        return self.words
