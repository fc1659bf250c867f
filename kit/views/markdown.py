"""Text as Markdown that shows itself, makes no link and notifies nobody.

A forge looks for names, links and references in rendered Markdown, where a backslash is gone. It
leaves code alone, so a word with a meaning is written as code. The hash of a commit may stay: it
can only link to that commit.

Source: CommonMark 0.31.2, 2.4 and 6.1; GitHub Flavored Markdown, 6.9 (autolinks) and GitHub's
``@name``, ``#1``, ``GH-1``; GitLab's references (``!1``, ``$1``, ``~label``, ``%milestone``,
``&epic``); hosts without a scheme as linkify-it finds them.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import partial
from itertools import pairwise

from kit.common.plain_text import plain, printable

__all__ = ["fenced", "markdown_code", "markdown_table", "plain_markdown"]

_MEANING = re.compile(
    r"@|://|www\.|[#!$%&~^]\w|GH-\d"  # a person, a link, an issue, a label, …
    r"|[a-z\d+.-]:[^\s:]"  # mailto:x
    r"|\w\.[^\W\d_]{2,}",  # example.org
    re.IGNORECASE,
)
_OWN_NUMBER = re.compile(r"([\"'“(\[]{0,3})(#\d{1,9})([\"'”)\].,;:!?]{0,4})")
# code that stands apart, as in "fix `x` (`y`)"
_SPAN = re.compile(r"(?:(?<=[ (])|^)`([^`\s](?:[^`]{0,200}[^`\s])?)`(?=[ ),.:;]|$)")
_SIGNS = re.compile(r"([\\`*_{}\[\]<>&#~|$^])")
_ESCAPED = r"\\\1"
_AT_THE_START = re.compile(r"([-+=:]|\d{1,9}(?=[.)]))")


def plain_markdown(
    words: str, *, numbers: bool = False, spans: bool = False, starts: bool = True
) -> str:
    r"""Return words as one line of Markdown that shows them and does nothing.

    Args:
        words: What is shown.
        numbers: Leave ``#1`` to the forge, which links it to its own.
        spans: Show as code what the words have as code.
        starts: They may start a line, where a dash or a number has a meaning.

    >>> plain_markdown("*x* <b>: thanks @all, see https://example.org")
    '\\*x\\* \\<b\\>: thanks `@all,` see `https://example.org`'
    """
    shown = plain(" ".join(words.split()))
    line = _with_spans(shown, numbers=numbers) if spans else _line(shown, numbers=numbers)
    if not starts:
        return line
    if line.startswith("#"):  # of a heading, else
        line = f"\\{line}"
    start = _AT_THE_START.match(line)
    if start is None:
        return line
    return f"{start[0]}\\{line[start.end() :]}" if start[0].isdigit() else f"\\{line}"


def _line(shown: str, *, numbers: bool) -> str:
    return " ".join(_word(each, numbers=numbers) for each in shown.split(" "))


def _with_spans(shown: str, *, numbers: bool) -> str:
    parts = _SPAN.split(shown)  # words, code, words, …
    pieces = [
        _code(each) if place % 2 else _line(each, numbers=numbers)
        for place, each in enumerate(parts)
    ]
    if any(one.endswith("`") and other.startswith("`") for one, other in pairwise(pieces)):
        return _line(shown, numbers=numbers)  # two spans side by side would be one
    return "".join(pieces)


def _code(words: str) -> str:
    """Return words as code without ``]:``, which behind a line's ``[`` would define a link."""
    parts = re.split(r"(?<=\]):", words)
    return ":".join(markdown_code(each) if each else "" for each in parts)


def markdown_code(words: str) -> str:
    """Return words as code that they cannot end."""
    shown = plain(words)
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    space = " " * ("`" in shown or shown[:1] == " " or shown[-1:] == " ")
    return f"{fence}{space}{shown}{space}{fence}"


def fenced(lines: Iterable[str]) -> Iterator[str]:
    """Put lines into a block that none of them can end."""
    found = list(map(printable, lines))
    longest = max((len(run) for line in found for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}text"
    yield from found
    yield fence


def markdown_table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], numeric: Container[int] = ()
) -> Iterator[str]:
    """Yield the lines of a table; every cell is text that shows itself.

    The columns at the places in *numeric* are set at the right.

    >>> list(markdown_table(["a", "b"], [["1", "x|y"]]))
    ['| a | b |', '|---|---|', '| 1 | x\\\\|y |']
    """
    cell = partial(plain_markdown, starts=False)
    yield f"| {' | '.join(map(cell, heads))} |"
    yield "|" + "".join("---:|" if place in numeric else "---|" for place in range(len(heads)))
    for row in rows:
        yield f"| {' | '.join(map(cell, row))} |"


def _word(word: str, *, numbers: bool) -> str:
    if numbers and (own := _OWN_NUMBER.fullmatch(word)):
        before, number, after = own.groups()
        return f"{_SIGNS.sub(_ESCAPED, before)}{number}{_SIGNS.sub(_ESCAPED, after)}"
    return _code(word) if _MEANING.search(word) else _SIGNS.sub(_ESCAPED, word)
