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
from kit.git.values.page import CommitReference
from kit.simulation.run import Pair, Run
from kit.simulation.token import token_of
from kit.trace.sentences import seconds
from kit.views.diagram.text import picture_lines
from kit.views.diagram.text_glyphs import ASCII, BOXES, clean
from kit.views.markdown import fenced, plain_markdown
from kit.views.reports.run import event_lines

__all__ = [
    "command_of",
    "mail_lines",
    "markdown_lines",
    "read_message_id",
]

_MESSAGE_ID = re.compile(r"<([!-;=?-~]+@[!-;=?-~]+)>|([!-;=?-~]+@[!-;=?-~]+)")


def read_message_id(text: str) -> str:
    """Read a Message-Id, with or without angle brackets; return it without.

    Raises:
        UserError: It is none.

    >>> read_message_id("<20210401000437.131140-2-danielhb413@gmail.com>")
    '20210401000437.131140-2-danielhb413@gmail.com'
    """
    match = _MESSAGE_ID.fullmatch(text.strip()) if len(text) <= 500 else None
    if match is None:
        raise UserError(f"{text[:60]!r} is no Message-Id; expected as in 20210401.1-2-me@host.org")
    return match[1] or match[2]


def command_of(played: Run | Pair) -> str:
    """Return the command that replays it."""
    run = played if isinstance(played, Run) else played.before
    if run.interventions:  # only the token holds the actions
        return f"kit open {token_of(played)}"
    if isinstance(played, Run):
        return f"kit run {run.scenario.name} --at {run.revision.name}"
    before, after = played.before.revision.name, played.after.revision.name
    return f"kit compare {run.scenario.name} --before {before} --after {after}"


def mail_lines(
    played: Run | Pair,
    commits: Sequence[CommitReference],
    width: int = 72,
    *,
    unicode: bool = False,
    in_reply_to: str | None = None,
) -> Iterator[str]:
    """Yield a run or a pair as the body of a mail, with two header lines if it is a reply.

    Args:
        played: What to show.
        commits: What it is about.
        width: Columns.
        unicode: Box drawing instead of ASCII.
        in_reply_to: The Message-Id that it answers, without angle brackets.
    """
    if in_reply_to is not None:
        yield f"In-Reply-To: <{in_reply_to}>"
        yield f"References: <{in_reply_to}>"
        yield ""
    signs = BOXES if unicode else ASCII
    yield from picture_lines(played, width, unicode=unicode)
    yield ""
    for line in _caption(played):
        yield from _wrapped(clean(line, signs), width)
    yield ""
    for commit in commits:
        yield from _wrapped(clean(commit.reference, signs), width)
        if commit.link:
            yield commit.link
    if commits:
        yield ""
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
    yield f"**{plain_markdown(first)}**"
    yield plain_markdown(second)
    yield ""
    yield from fenced(picture_lines(played, width, unicode=unicode))
    yield ""
    for commit in commits:
        name = plain_markdown(commit.reference)
        yield f"- [{name}]({commit.link})" if commit.link else f"- {name}"
    yield f"- `{command_of(played)}`"
    yield f"- token: `{token_of(played)}`"
    yield ""
    yield "<details><summary>Every event</summary>"
    yield ""
    yield from fenced(event_lines(played, width, unicode=unicode))
    yield ""
    yield "</details>"


def _caption(played: Run | Pair) -> tuple[str, str]:
    """Say in two sentences what the picture shows and how it ended."""
    if isinstance(played, Run):
        return (
            f"{played.scenario.title}, at {played.revision.name}.",
            f"In the end: {_outcome(played)}.",
        )
    before, after = played.before, played.after
    names = f"{before.revision.name} and {after.revision.name}"
    ends = f"before {_outcome(before)}, after {_outcome(after)}."
    first = played.first_difference
    if first == (None, None):
        return f"{before.scenario.title}, at {names}.", f"No difference: {_outcome(before)}."
    times = [
        run.trace[seq].at_ns
        for run, seq in zip((before, after), first, strict=True)
        if seq is not None
    ]
    return (
        f"{before.scenario.title}, at {names}.",
        f"They part at {seconds(min(times))}: {ends}",
    )


def _outcome(run: Run) -> str:
    """Say in a word or two how it ended for the device."""
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
