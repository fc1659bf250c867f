"""The parts that all reports in plain text and Markdown share."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from kit.git.values.page import CommitReference
from kit.views.diagram.layout import Lane
from kit.views.diagram.text_glyphs import ASCII, BOXES, clean
from kit.views.markdown import fenced, plain_markdown

__all__ = ["blocks", "choice_line", "commit_items", "commit_lines", "event_line", "markdown"]
__all__ += ["paragraphs", "reply_lines", "wrapped"]

_TIME, _PARTIES = 9, 20


def blocks(*parts: Iterable[str]) -> Iterator[str]:
    """Yield the lines of some parts, with an empty line between two parts."""
    for number, part in enumerate(parts):
        if number:
            yield ""
        yield from part


def wrapped(head: str, after: str, words: str, width: int, unicode: bool) -> Iterator[str]:
    """Yield *words* in lines: *head* begins the first line, *after* the others."""
    words = clean(words, BOXES if unicode else ASCII)
    lines = textwrap.wrap(
        words,
        width,
        # stand-ins: blanks at the start of a line would be dropped
        initial_indent="." * len(head),
        subsequent_indent="." * len(after),
        break_on_hyphens=False,
    )
    first, *others = lines or [head]
    yield (head + first[len(head) :]).rstrip()
    yield from ((after + line[len(after) :]).rstrip() for line in others)


def paragraphs(sentences: Iterable[str], width: int, unicode: bool) -> Iterator[str]:
    """Yield sentences in lines, each from the start of a line."""
    for words in sentences:
        yield from wrapped("", "", words, width, unicode)


def event_line(
    mark: str, time: str, sides: tuple[Lane, Lane], words: str, width: int, unicode: bool
) -> Iterator[str]:
    """Yield an event in lines: a mark, its time, who sends it to whom, and a sentence."""
    src, dst = sides
    names = src.value if src is dst else f"{src.value} > {dst.value}"
    parties = f"{names:<{_PARTIES - 1}} "
    head = f"{mark} {time:<{_TIME}} {parties}" if time else f"{mark}     {parties}"
    indent = min(len(head), width - 24)
    yield from wrapped(head, mark.ljust(indent), words, width, unicode)


def choice_line(mark: str, number: int, name: str, width: int, unicode: bool) -> Iterator[str]:
    """Yield a choice of a path in lines: a mark, its number and its name."""
    head = f"{mark} {number:<3} "
    yield from wrapped(head, mark.ljust(len(head)), name, width, unicode)


def reply_lines(in_reply_to: str | None) -> Iterator[str]:
    """Yield the two header lines of a mail that answers another; none for a new mail."""
    if in_reply_to is not None:
        yield from (f"In-Reply-To: <{in_reply_to}>", f"References: <{in_reply_to}>", "")


def commit_lines(commits: Sequence[CommitReference], width: int, unicode: bool) -> Iterator[str]:
    """Yield commits and their links for a mail, and an empty line after them."""
    for commit in commits:
        yield from paragraphs([commit.reference], width, unicode)
        if commit.link:
            yield commit.link
    if commits:
        yield ""


def commit_items(commits: Sequence[CommitReference]) -> Iterator[str]:
    """Yield commits as Markdown, with their links."""
    for commit in commits:
        name = plain_markdown(commit.reference)
        yield f"[{name}]({commit.link})" if commit.link else name


def markdown(
    title: str,
    picture: Iterable[str],
    items: Iterable[str],
    events: Iterable[str],
    *,
    below: str = "",
    folded: str = "Every event",
) -> Iterator[str]:
    """Yield a report as Markdown: the picture in a fenced block, a list, the events folded.

    *title* and *below*, the line under it, are plain text, as are the lines of picture and events;
    *items* are Markdown. *folded* is the name of the fold.
    """
    heads = [f"**{plain_markdown(title)}**", *([plain_markdown(below)] if below else [])]
    listed = (f"- {item}" for item in items)
    fold = (f"<details><summary>{folded}</summary>",)
    yield from blocks(heads, fenced(picture), listed, fold, fenced(events), ("</details>",))
