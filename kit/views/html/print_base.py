"""What stands on paper in the place of a widget: HTML that needs no script, no click, no network.

Whatever a lesson shows may have a method ``_repr_print_``; the hand-outs ask for it (see
`kit.handout.kernel_extension`), notebooks do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kit.views.escape import escape

__all__ = ["PAPER", "RUN_PICTURE", "PrintForm", "aside", "hunks_kept", "opened", "printed"]
__all__ += ["table", "wide"]

PAPER = "text/vnd.unplug-kit.paper+html"
"""The MIME type under which a lesson's output carries it."""

RUN_PICTURE = '<figure class="kit-picture kit-run">'
"""How a picture of a run begins: a page that has one explains what is drawn."""

_TABLE = re.compile(r'<table class="kit-rows">.*?</table>', re.DOTALL)  # in text < is escaped


_HUNK = re.compile(r'(?=<span class="kit-hunk">)')
_DIFF = re.compile(r'(<pre class="kit-diff"[^>]*>)(.*?)(</pre>)', re.DOTALL)


@dataclass(frozen=True, slots=True)
class PrintForm:
    """HTML for paper; ``hints`` are kept apart as text, to stand at the end of what is printed."""

    html: str
    title: str = ""
    hints: tuple[str, ...] = ()


def printed(*parts: str) -> PrintForm:
    """Put parts, which must be HTML already, below each other."""
    html = _TABLE.sub(lambda found: wide(found[0]), "".join(parts))
    return PrintForm(f'<div class="kit kit-paper">{html}</div>')


def wide(table: str) -> str:
    """Let a table scroll where a page is narrow, by keys as well."""
    return f'<div class="kit-wide" tabindex="0" role="group" aria-label="table">{table}</div>'


def aside(words: str) -> str:
    """A sentence on what a screen would do here, and what to do in its place."""
    return f'<p class="kit-soft kit-aside">{escape(words)}</p>'


def opened(html: str) -> str:
    """Open what is folded: paper has no fold.  In text a tag is escaped, so only tags change."""
    return html.replace("<details>", "<details open>")


def hunks_kept(html: str) -> str:
    """Put each hunk of the diffs in a block of its own: a page breaks between them."""
    return _DIFF.sub(_hunks, html)


def _hunks(found: re.Match[str]) -> str:
    hunks = (part for part in _HUNK.split(found[2]) if part)
    blocks = "".join(f'<span class="kit-whole">{hunk}</span>' for hunk in hunks)
    return f"{found[1]}{blocks}{found[3]}"


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of text."""
    top = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return (
        f'<table class="kit-rows"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
    )
