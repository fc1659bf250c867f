"""What a message says it reverts: the sentence, the trailer, the quoted subject, in any case.

git writes ``This reverts commit HASH.``; people add words, double them, name several commits in a
sentence or a list, or only part of one.  What was *reverted by* another commit is no revert, and
neither is one that is to be avoided.  A text may be hostile: each step looks at it once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

__all__ = ["Form", "Named", "named", "reverted_title"]


class Form(Enum):
    """How a message says that it reverts something."""

    PHRASE = "phrase"  # reverts commit HASH
    TRAILER = "trailer"  # Reverts: HASH
    PROSE = "prose"  # any other sentence that names one
    SUBJECT = "subject"  # Revert "…", and no commit named


@dataclass(frozen=True, slots=True)
class Named:
    """What a message names, as written and in its order; for a bare subject the quoted title.

    ``made_to`` are pairs (merge, parent) from "reverts commit M, reversing changes made to P".
    """

    form: Form
    names: tuple[str, ...]
    made_to: tuple[tuple[str, str], ...] = ()


# Subversion's numbers are names too: of commits that no git repository knows by them.
_HASH = r"(?<![\w/.@-])[0-9a-f]{7,64}(?![\w@-])"
# "Reverted" begins a sentence that says so; "reverted" tells of what others did.
_VERB = re.compile(r"(?<![\w-])(?:revert(?:s|ing)?|(?-i:Reverted))(?![\w-])", re.IGNORECASE)
_TRAILER = re.compile(r"^(?:this-)?reverts?(?:-commits?)?:[ \t]*(?=[0-9a-f]{7})", re.IGNORECASE)
_DENIED = re.compile(
    r"(?:\b(?:avoid|not|never|without|cannot|can|could|may|might|would|if)|n't)"
    r"\s+(?:(?:a|the|we|to|just|simply)\s+)?$",
    re.IGNORECASE,
)
_GAP = re.compile(r"[\s:]*")
_ITEM = re.compile(rf"(?:(?:commits?|r)\s*)*({_HASH})", re.IGNORECASE)
_NUMBER = re.compile(r"commits?\s+(r?[0-9]{3,6})(?![\w-]|\.\d)", re.IGNORECASE)
_WORD = re.compile(r"[\w'’./+-]+(?=[\s:])")
_ASIDE = re.compile(
    r"(?:'s)?\s*(?:\([^()\n]*(?:\n[^()\n]*)?(?:\([^()\n]*\)[^()\n]*)*\)|\"[^\"]*\")"
)
_BETWEEN = re.compile(
    r"\s*+(?:[,;&/*•-]|and\b)?+\s*+(?:(?:and|also|the|commits?)\s++)*+", re.IGNORECASE
)
_MADE_TO = re.compile(rf",?\s*reversing\s+changes\s+made\s+to\s+({_HASH})", re.IGNORECASE)
_LIST = re.compile(
    r"[^.:]{0,200}\b(?:commits|patches|series|changes)\b[^.:]{0,200}:\s*$", re.MULTILINE
)
_LINE = re.compile(rf"\s*(?:[-*•]\s*|\d+[.)]\s*)?\(?(?:commits?\s+)?({_HASH})", re.IGNORECASE)
_TITLE = re.compile(r'revert\s+"(.*)"', re.IGNORECASE)
_AT_MOST_WORDS = 9
_AT_MOST_LINES = 100
# After these a sentence speaks of something else than what is reverted.
_OTHER = {
    *("to", "as", "before", "after", "since", "because", "see", "for", "it", "avoid"),
    *("that", "which", "are", "is", "was", "were"),
}
_NOT_FIRST = {"in", "by", "at", "and", "on", "or"}


def named(subject: str, body: str) -> Named | None:
    """Return what a message says it reverts, or None if it says nothing of the kind.

    >>> named('Revert "x"', "This reverts commit commit 0123abc and 4567def.").names
    ('0123abc', '4567def')
    """
    lines = [line for line in body.split("\n") if not line.startswith(">")]
    text = "\n".join([subject, *lines])
    found: dict[str, Form] = {}
    made_to = []
    for form, name, parent in (*_trailers(lines), *_sentences(text)):
        found[name] = min(found.get(name, form), form, key=list(Form).index)
        if parent:
            made_to.append((name, parent))
    if found:
        form = min(found.values(), key=list(Form).index)
        names = sorted(found, key=text.find)
        return Named(form, _once(names), tuple(made_to))
    title = reverted_title(subject)
    if title is None and not subject.startswith('Revert "'):
        return None
    return Named(Form.SUBJECT, (title or subject,))


def reverted_title(subject: str) -> str | None:
    """Return the subject that a subject quotes as reverted.

    >>> reverted_title('Revert "spapr: time out"')
    'spapr: time out'
    """
    match = _TITLE.match(subject)
    return match[1] if match else None


def _once(names: list[str]) -> tuple[str, ...]:
    """Leave out what abbreviates another name, which then stands where the first of them stood."""
    kept: list[str] = []
    for name in names:
        same = next((old for old in kept if _same(old, name)), None)
        if same is None:
            kept.append(name)
        elif len(name) > len(same):
            kept[kept.index(same)] = name
    return tuple(kept)


def _same(one: str, other: str) -> bool:
    one, other = one.lower(), other.lower()
    return one.startswith(other) or other.startswith(one)


def _trailers(lines: list[str]) -> Iterator[tuple[Form, str, str]]:
    for line in lines:
        if match := _TRAILER.match(line):
            for name in _names_from(line, match.end()):
                yield Form.TRAILER, name, ""


def _sentences(text: str) -> Iterator[tuple[Form, str, str]]:
    for verb in _VERB.finditer(text):
        if _DENIED.search(text, max(0, verb.start() - 40), verb.start()):
            continue
        if _TRAILER.match(text[text.rfind("\n", 0, verb.start()) + 1 :][:80]):
            continue
        listed = tuple(_listed(text, verb.end()))
        for name in listed:
            yield Form.PHRASE, name, ""
        start, words = _object(text, verb.end())
        if listed or start is None:
            continue
        form = Form.PHRASE if words and set(words) <= _PHRASE else Form.PROSE
        names = list(_names_from(text, start))
        reversing = _MADE_TO.search(text, start, start + 200)
        for name in names:
            yield form, name, reversing[1] if reversing and len(names) == 1 else ""


_PHRASE = {"commit", "commits", "the", "revert", "reverts"}


def _object(text: str, position: int) -> tuple[int | None, list[str]]:
    """Return where what is reverted is first named, and the words before it; None if nowhere."""
    words: list[str] = []
    while len(words) <= _AT_MOST_WORDS:
        position = _end(_GAP, text, position)
        if (_ITEM.match(text, position)) or _NUMBER.match(text, position):
            near = text[position : position + 8].lower()
            return position, [*words, "commit"] if near.startswith("commit") else words
        word = _WORD.match(text, position)
        if word is None:
            return None, words
        said = word[0].lower()
        if said in _OTHER or (not words and said in _NOT_FIRST) or said.endswith("."):
            return None, words
        words.append(said)
        position = word.end()
    return None, words


def _names_from(text: str, position: int) -> Iterator[str]:
    """Give a name and those that follow it in the same list."""
    number = _NUMBER.match(text, position)
    if number and not _ITEM.match(text, position):
        yield number[1]
        return
    while item := _ITEM.match(text, position):
        yield item[1]
        position = _end(_ASIDE, text, item.end())
        position = _end(_BETWEEN, text, position)


def _listed(text: str, position: int) -> Iterator[str]:
    """Give the names of a list: a line each, after a sentence that ends in a colon."""
    head = _LIST.match(text, position)
    if head is None:
        return
    some, position = False, head.end()
    for _ in range(_AT_MOST_LINES):
        end = text.find("\n", position)
        line = text[position : end if end >= 0 else len(text)]
        if item := _LINE.match(line):
            some = True
            yield item[1]
        elif some and not line.strip():
            return
        if end < 0:
            return
        position = end + 1


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position
