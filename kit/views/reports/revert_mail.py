"""What a history says about a revert, ready to paste into a plain-text mail. Nothing is sent."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from kit.common.plain_text import plain
from kit.git.values.case import EXACT_WORDS, RevertCase, lasted_words, shipped_words

__all__ = ["revert_mail_lines"]

_MAX_AFTER = 5


def revert_mail_lines(case: RevertCase, width: int = 72) -> Iterator[str]:
    """Yield the body of a mail about a revert, with a place for its author's own sentence."""
    revert = case.revert
    yield from _wrapped(f"Commit {_reference(revert.sha, revert.subject, revert.committed)}", width)
    yield "takes back"
    for target in case.targets:
        yield from _wrapped(_reference(target.sha, target.subject, target.committed), width, "  ")
    yield ""
    yield "[Write here why you write, in one sentence.]"
    yield ""
    yield from _wrapped(EXACT_WORDS[case.finding.verdict], width)
    yield from _wrapped(lasted_words(revert), width)
    yield from _wrapped(shipped_words(case.versions), width)
    if case.after:
        yield ""
        yield "What came after:"
        for later in case.after[:_MAX_AFTER]:
            words = f"{later.how}: {_reference(later.sha, later.subject, later.committed)}"
            yield from _wrapped(words, width, "  ")
    yield ""
    yield from _wrapped(
        f"Read up to {case.read_until[:10]} with: kit revert {revert.sha[:12]}", width
    )


def _reference(sha: str, subject: str, date: str) -> str:
    """Return a commit as ``git log --format=reference`` has it."""
    return f"{sha[:10]} ({subject}, {date[:10]})"


def _wrapped(words: str, width: int, indent: str = "") -> Iterator[str]:
    yield from textwrap.wrap(
        plain(words),
        width,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
