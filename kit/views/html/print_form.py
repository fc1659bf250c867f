"""The print form of a widget: HTML without script, buttons or network access.

Any object in a lesson may have a method ``_repr_print_``. Hand-outs call it (see
`kit.handout.in_kernel`), notebooks do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import unescape

from kit.views.escape import Html

__all__ = [
    "LIVE_MIME",
    "ONCE",
    "PRINT_MIME",
    "RUN_PICTURE",
    "PrintForm",
    "aside",
    "diffs_once",
    "heads_html",
    "hunks_kept",
    "once",
    "opened",
    "printed",
]
__all__ += ["table", "wide"]

PRINT_MIME = "text/vnd.unplug-kit.paper+html"
"""The MIME type under which a lesson's output carries it."""

LIVE_MIME = "application/vnd.unplug-kit.live"
"""The MIME type of what plays in a live hand-out: data for its script, packed."""

RUN_PICTURE = Html('<figure class="kit-picture kit-run">')
"""How a picture of a run begins: a page that has one explains what is drawn."""

# these match only our tags: text has no <
_TABLE = re.compile(r'<table class="kit-rows">.*?</table>', re.DOTALL)
ONCE = re.compile(r"<!--once (?P<what>[^<>]*)-->(?P<html>.*?)<!--/once-->", re.DOTALL)
"""A block that `once` marked."""

_HUNK = re.compile(r'(?=<span class="kit-hunk">)')
_FILE = re.compile(r"<details open><summary><code>([^<]*)</code>.*?</details>", re.DOTALL)
_DIFF = re.compile(r'(<pre class="kit-diff"[^>]*>)(.*?)(</pre>)', re.DOTALL)


@dataclass(frozen=True, slots=True)
class PrintForm:
    """HTML for print. ``hints`` are kept apart as text, because they are printed at the end."""

    html: Html
    title: str = ""
    hints: tuple[str, ...] = ()


def printed(*parts: Html) -> PrintForm:
    """Return a print form of these parts, in this order."""
    html = Html(_TABLE.sub(lambda found: wide(Html(found[0])), Html().join(parts)))
    return PrintForm(Html('<div class="kit kit-paper">{}</div>').format(html))


def once(what: str, html: Html) -> Html:
    """Return a block that a set of pages prints once; *what* names it where it is left out."""
    return Html("<!--once {}-->{}<!--/once-->").format(what, html)


def wide(table: Html) -> Html:
    """Return a wide table that scrolls, by keyboard as well."""
    return Html(
        '<div class="kit-wide" tabindex="0" role="group" aria-label="table">{}</div>'
    ).format(table)


def aside(words: str) -> Html:
    """Return a sentence on what the screen version does, and what to do on paper instead."""
    return Html('<p class="kit-soft kit-aside">{}</p>').format(words)


def opened(html: Html) -> Html:
    """Return HTML with every fold open."""
    return html.replace(Html("<details>"), Html("<details open>"))


def hunks_kept(html: Html) -> Html:
    """Return HTML with each hunk in its own block, so that pages break only between hunks."""
    return Html(_DIFF.sub(_hunks, html))


def diffs_once(html: Html) -> Html:
    """Return HTML whose diffs, file by file, a set of pages prints once."""
    return Html(
        _FILE.sub(lambda found: once(f"The diff of {unescape(found[1])}", Html(found[0])), html)
    )


def _hunks(found: re.Match[str]) -> str:
    hunks = (part for part in _HUNK.split(found[2]) if part)
    blocks = Html('<span class="kit-whole">{}</span>').each(Html(hunk) for hunk in hunks)
    return f"{found[1]}{blocks}{found[3]}"


def heads_html(heads: Iterable[str]) -> Html:
    """Return the heads of columns."""
    return Html('<th scope="col">{}</th>').each(heads)


def table(
    caption: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    styles: Sequence[str] = (),
) -> Html:
    """Return a table. A cell is text or HTML; *styles* are the classes of the rows, if any."""
    named = list(map(Html(' class="{}"').around, styles))
    body = Html("<tr{}>{}</tr>").each(
        (style, Html("<td>{}</td>").each(row))
        for row, style in zip(rows, named or [Html()] * len(rows), strict=True)
    )
    return Html(
        '<table class="kit-rows">{}<thead><tr>{}</tr></thead><tbody>{}</tbody></table>'
    ).format(Html("<caption>{}</caption>").around(caption), heads_html(heads), body)
