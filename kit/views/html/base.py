"""The small pieces of HTML that several widgets and pages share."""

from __future__ import annotations

from collections.abc import Iterable

from kit.machine.revision import Revision
from kit.views.escape import Html

__all__ = ["label_code", "revision_head", "said_html", "sides_line", "status"]


def status(words: str, style: str = "") -> Html:
    """Return a box that a screen reader reads out when it changes. Its first line is strong."""
    first, *others = words.split("\n")
    return Html('<div class="kit-verdict{}" role="status" aria-live="polite">{}</div>').format(
        style, Html("<br>").join((Html("<strong>{}</strong>").format(first), *others))
    )


def said_html(lines: Iterable[str]) -> Html:
    """Return sentences, a paragraph each."""
    return Html("<p>{}</p>").each(lines)


def revision_head(name: str, revision: Revision) -> Html:
    """Return the heading of a side: its revision, and what that is."""
    return Html('<h4><span class="kit-soft">{}:</span> {}{}</h4><p class="kit-soft">{}</p>').format(
        name, revision.name, label_code(revision), revision.summary
    )


def label_code(revision: Revision) -> Html:
    """Return the hash or tag that stands beside a revision's name, if that is another one."""
    return Html(" <code>{}</code>").format(revision.build) if revision.alias else Html()


def sides_line(sides: Iterable[tuple[str, Revision]]) -> Html:
    """Return the headings of all sides as one paragraph, for print."""
    return Html('<p class="kit-sides-line">{}</p>').format(
        Html("; ").join(
            Html(
                '<span class="kit-soft">{}:</span> <strong>{}</strong>{}'
                '<span class="kit-soft kit-about">: {}</span>'
            ).format(name, revision.name, label_code(revision), revision.summary)
            for name, revision in sides
        )
    )
