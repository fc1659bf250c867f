"""A commit and its diff as HTML.  Text from a clone is hostile: all of it is escaped."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

__all__ = ["DiffPage", "PageFile", "commit_html"]

MOST_LINES = 2000


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file of a diff: its lines as (kind, text), kind one of hunk, context, added, removed."""

    path: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DiffPage:
    """What is shown of a commit: a heading, a line about it, the files it changes.

    ``note`` stands where there is no diff, or says which part of it is left out.
    """

    heading: str
    about: str = ""
    files: tuple[PageFile, ...] = ()
    note: str = ""


_SIGNS = {"added": "+", "removed": "-", "context": " ", "hunk": "@ "}


def commit_html(page: DiffPage) -> str:
    """Write a page: heading, then one block a file that opens and closes by mouse and by key."""
    parts = [f"<h4>{escape(page.heading)}</h4>"]
    if page.about:
        parts.append(f'<p class="kit-soft">{escape(page.about)}</p>')
    if page.note:
        parts.append(f"<p>{escape(page.note)}</p>")
    left = MOST_LINES
    for file in page.files:
        shown = file.lines[: max(left, 0)]
        left -= len(shown)
        parts.append(_file(file, shown))
    return "".join(parts)


def _file(file: PageFile, shown: tuple[tuple[str, str], ...]) -> str:
    added = sum(kind == "added" for kind, _ in file.lines)
    removed = sum(kind == "removed" for kind, _ in file.lines)
    rows = "".join(
        f'<span class="kit-{kind}">{_SIGNS[kind]}{escape(text) or " "}</span>'
        for kind, text in shown
    )
    hidden = len(file.lines) - len(shown)
    more = f'<span class="kit-soft">… {hidden} more lines</span>' if hidden else ""
    return (
        f"<details open><summary><code>{escape(file.path)}</code>"
        f" <span class='kit-soft'>+{added} −{removed}</span></summary>"
        f'<pre class="kit-diff" tabindex="0" role="region" aria-label="{escape(file.path)}">'
        f"{rows}{more}</pre></details>"
    )
