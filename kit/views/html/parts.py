"""The few pieces of HTML that several widgets and pages share."""

from __future__ import annotations

from collections.abc import Iterable

from kit.machine.revision import Revision
from kit.views.escape import escape

__all__ = ["revision_head", "sides_line", "status"]


def status(words: str, style: str = "") -> str:
    """A box that a screen reader reads out when it changes: its first line strong."""
    first, *others = (escape(line) for line in words.split("\n"))
    return (
        f'<div class="kit-verdict{style}" role="status" aria-live="polite">'
        f"{'<br>'.join((f'<strong>{first}</strong>', *others))}</div>"
    )


def revision_head(name: str, revision: Revision) -> str:
    """Which revision stands on a side, and what it is."""
    code = "" if revision.alias is None else f" <code>{escape(revision.label)}</code>"
    return (
        f'<h4><span class="kit-soft">{name}:</span> {escape(revision.name)}{code}</h4>'
        f'<p class="kit-soft">{escape(revision.summary)}</p>'
    )


def sides_line(sides: Iterable[tuple[str, Revision]]) -> str:
    """The same of all sides in one paragraph, for paper."""
    return f'<p class="kit-sides-line">{"; ".join(_side(*one) for one in sides)}</p>'


def _side(name: str, revision: Revision) -> str:
    code = "" if revision.alias is None else f" <code>{escape(revision.label)}</code>"
    return (
        f'<span class="kit-soft">{name}:</span> <strong>{escape(revision.name)}</strong>{code}'
        f'<span class="kit-soft kit-about">: {escape(revision.summary)}</span>'
    )
