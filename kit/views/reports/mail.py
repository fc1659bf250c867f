"""A run or a pair, ready to paste into a plain-text mail or into an issue tracker.

Nothing is sent. A line is wider than asked only if it is a single word: tokens and links are never
broken.

Source: RFC 5322 (In-Reply-To, References), RFC 3676 (format=flowed); git log --format=reference.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

from kit.common.errors import UserError
from kit.common.package import drawn_by
from kit.git.values.page import CommitReference
from kit.simulation.provenance import command_of
from kit.simulation.run import Pair, Run
from kit.simulation.token import token_of
from kit.trace.sentences import seconds
from kit.views.diagram.text import picture_lines
from kit.views.diagram.text_glyphs import ASCII, BOXES, clean
from kit.views.markdown import plain_markdown
from kit.views.reports.blocks import commit_items, markdown, reply_lines
from kit.views.reports.run import event_lines
from kit.views.reports.transcript import pasted, transcript_lines

__all__ = ["mail_lines", "markdown_lines", "read_message_id"]

_MESSAGE_ID = re.compile(r"<([!-;=?-~]+@[!-;=?-~]+)>|([!-;=?-~]+@[!-;=?-~]+)")


def read_message_id(text: str) -> str:
    """Return a Message-Id without its angle brackets, if it has any.

    Raises:
        UserError: It is none.

    >>> read_message_id("<20210401000437.131140-2-danielhb413@gmail.com>")
    '20210401000437.131140-2-danielhb413@gmail.com'
    """
    match = _MESSAGE_ID.fullmatch(text.strip()) if len(text) <= 500 else None
    if match is None:
        raise UserError(f"{text[:60]!r} is not a Message-Id; example: 20210401.1-2-me@host.org")
    return match[1] or match[2]


def mail_lines(
    played: Run | Pair,
    commits: Sequence[CommitReference],
    width: int = 72,
    *,
    unicode: bool = False,
    in_reply_to: str | None = None,
) -> Iterator[str]:
    """Yield a run or a pair as the body of a mail about *commits*.

    The monitor's messages stand under the picture.  With *in_reply_to*, a Message-Id without angle
    brackets, two header lines stand before it.
    """
    signs = BOXES if unicode else ASCII
    yield from reply_lines(in_reply_to)
    yield from picture_lines(played, width, unicode=unicode)
    yield ""
    for line in _caption(played):
        yield from _wrapped(clean(line, signs), width)
    yield ""
    yield from pasted(transcript_lines(played, bare=True), width)
    for commit in commits:
        yield from _wrapped(clean(commit.reference, signs), width)
        if commit.link:
            yield commit.link
    if commits:
        yield ""
    yield from _wrapped(drawn_by(), width)
    yield from _wrapped(f"Replay: {command_of(played)}", width)
    yield token_of(played)


def markdown_lines(
    played: Run | Pair,
    commits: Sequence[CommitReference],
    width: int = 72,
    *,
    unicode: bool = False,
) -> Iterator[str]:
    """Yield a run or a pair as Markdown: the picture in a fenced block, the events folded."""
    first, second = _caption(played)
    picture = picture_lines(played, width, unicode=unicode)
    replay = (
        f"`{command_of(played)}`",
        f"token: `{token_of(played)}`",
        plain_markdown(drawn_by()),
    )
    events = event_lines(played, width, unicode=unicode)
    yield from markdown(first, picture, (*commit_items(commits), *replay), events, below=second)


def _caption(played: Run | Pair) -> tuple[str, str]:
    """Return two sentences: what the picture shows, and how it ended."""
    if isinstance(played, Run):
        title = f"{played.scenario.title}, at {played.revision.name}."
        return title, f"In the end: {_outcome(played)}."
    before, after = played.before, played.after
    title = f"{before.scenario.title}, at {before.revision.name} and {after.revision.name}."
    sides = zip((before, after), played.first_difference, strict=True)
    times = [run.trace[seq].at_ns for run, seq in sides if seq is not None]
    if not times:
        return title, f"No difference: {_outcome(before)}."
    ends = f"before {_outcome(before)}, after {_outcome(after)}."
    return title, f"They part at {seconds(min(times))}: {ends}"


def _outcome(run: Run) -> str:
    """Return how it ended for the device, in a word or two."""
    belief = run.belief()
    if run.ended.machine.aborted is not None:
        return "QEMU aborts"
    if belief.orphaned:
        return "LIMBO"
    if belief.pending:
        return "pending"
    if belief.qemu:
        return "plugged"
    return "DEVICE_DELETED" if run.times("DEVICE_DELETED") else "gone"


def _wrapped(words: str, width: int) -> list[str]:
    return textwrap.wrap(words, width, break_long_words=False, break_on_hyphens=False)
