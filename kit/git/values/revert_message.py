"""What a message says it reverts: the sentence, the trailer, the quoted subject, in any case.

git writes ``This reverts commit HASH.``; people add words, double them, name several commits in a
sentence or a list, or only part of one.  What was *reverted by* another commit is not a revert, and
neither is one that is to be avoided, that will come, or that another commit is.  A message that
names no hash may name a title, the number of a pull request or of a change, or a Change-Id.

A text may be hostile.  Each step takes time in proportion to the text: a pattern looks at most at
a few hundred characters, or gives nothing back once it has matched it.  The first 100,000
characters and 100 names of a message count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import chain, islice
from typing import NamedTuple

from kit.git.values.revert_denied import is_denied, is_supposed, is_told_of
from kit.git.values.revert_title import numbers_at, said_without_hash, undone_hash

__all__ = ["Form", "NamedTargets", "named", "reverted_title", "title_beside"]


class Form(Enum):
    """How a message says that it reverts something."""

    PHRASE = "phrase"  # reverts commit HASH
    TRAILER = "trailer"  # Reverts: HASH
    PROSE = "prose"  # any other sentence that names one
    SUBJECT = "subject"  # Revert "…", and no commit named
    SILENT = "silent"  # nothing is said: it is told by content


@dataclass(frozen=True, slots=True)
class NamedTargets:
    """What a message names, as written and in its order; where it has no hash, what else it says.

    ``made_to`` are pairs (merge, parent) from "reverts commit M, reversing changes made to P".
    ``titles`` and ``numbers`` are what it says beside hashes, or instead of them.  ``sure``: it
    can mean nothing but a revert, even if what it names is not found.
    """

    form: Form
    names: tuple[str, ...]
    made_to: tuple[tuple[str, str], ...] = ()
    titles: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    sure: bool = True

    @property
    def has_hashes(self) -> bool:
        """Are its names hashes, or ranges of them?"""
        return bool(self.names) and self.names[0] not in (*self.titles, *self.numbers)


# Subversion's numbers are names too: of commits that no git repository knows by them.
_HASH = r"(?<![\w/.@-])[0-9a-f]{7,64}(?![\w@-])"
# "Reverted" begins a sentence that says so; "reverted" tells of what others did.
_VERB = re.compile(r"(?<![\w/-])(?:revert(?:s|ing)?|(?-i:Reverted))(?![\w-])", re.IGNORECASE)
_TRAILER = re.compile(r"(?:this-)?reverts?(?:-commits?)?:[ \t]*(?=[0-9a-f]{7})", re.IGNORECASE)
_PARTLY = re.compile(
    r"\b(?:partial(?:ly)?|partly|in part|mostly|half|selectively)\s+$", re.IGNORECASE
)
_PARTLY_AFTER = re.compile(
    r"[\s,.(]{0,3}(?:partial(?:ly)?|partly|in part|except|but (?:keep|leave|not|only)"
    r"|apart from|only)\b",
    re.IGNORECASE,
)
_RANGE = re.compile(r"[0-9a-f]{7,64}\^?(\.\.\.?[0-9a-f]{7,64})(?![\w@-])", re.IGNORECASE)
# "A through B", and of several commits "A to B": both ends are meant
_UP_TO = re.compile(
    r"\s++(?:through|thru|up\s++to|to)\s++(?:and\s++including\s++)?(?:commit\s++)?"
    r"([0-9a-f]{7,64})(?![\w@-])",
    re.IGNORECASE,
)
_IN_WORDS = re.compile(r"([0-9a-f]+)\s.*\s([0-9a-f]+)", re.IGNORECASE | re.DOTALL)
_CONVENTIONAL = re.compile(r"revert(?:\([^()\n]{1,60}\))?!?:\s", re.IGNORECASE)
_REFERENCES = re.compile(r"Refs?:[ \t]*(?=[0-9a-f]{7})", re.IGNORECASE)
_INDENTED = ("    ", "\t")
_SET_APART = re.compile(r"\n(?:    |\t|[^\S\n]*+(?:>|\$ ))")
_SUBTREE = "git-subtree-split: "
_GAP = re.compile(r"[\s:]*+")
_ITEM = re.compile(rf"(?:(?:commits?|r)\s*+)*+({_HASH})", re.IGNORECASE)
_NUMBER = re.compile(r"commits?\s++(r?[0-9]{3,6})(?![\w-]|\.\d)", re.IGNORECASE)
_SUBVERSION = re.compile("[0-9]{3,6}")  # is written without its r, too
_WORD = re.compile(r"[\w'’./+-]++(?=[\s:])")
_ASIDE = re.compile(
    r"(?:'s)?\s*+(?:"
    r"\([^()\n]*+(?:\n[^()\n]*+)?(?:\([^()\n]*+\)[^()\n]*+)*+\)|\"[^\"]*+\")"
)
_BETWEEN = re.compile(
    r"\s*+(?:[,;&/*•-]|and\b)?+\s*+(?:(?:and|also|the|commits?"
    r"|(?:a\s++)?(?:parts?|pieces?|bits|some|half|most)\s++of)\s++)*+",
    re.IGNORECASE,
)
_PIECE = re.compile(r"\b(?:parts?|pieces?|bits|some|half|most)\s+of\s+$", re.IGNORECASE)
_MADE_TO = re.compile(rf",?\s*reversing\s+changes\s+made\s+to\s+({_HASH})", re.IGNORECASE)
_LIST = re.compile(r"([^.:]{0,400}+):\s*$", re.MULTILINE)
_LISTED = re.compile(r"\b(?:commits|patches|series|changes)\b")
# a list without a colon: its lines begin with a hash, and a title or the next line follows
_OPEN_LIST = re.compile(
    r"[^.:\n]{0,200}\b(?:commits|patches|changes)[ \t]*\n"
    r"(?=\s{0,20}(?:[-*•][ \t]*)?[0-9a-f]{7,64}"
    r"(?:[ \t]+(?!and\b|&)[\w(\"'“]|[ \t]*\n\s{0,20}[0-9a-f]{7}))"
)
_COMMIT = re.compile(r"\s*+commit\s++[0-9a-f]{7}", re.IGNORECASE)
_LINE = re.compile(
    rf"\s*+(?:[-*•]\s*+|\d{{1,9}}[.)]\s*+)?\(?(?:commits?\s++)?({_HASH})", re.IGNORECASE
)
_TITLE = re.compile(r'revert\s+"(.*)"', re.IGNORECASE)
# what stands beside a hash: ("title", 2001-01-01), "title", (title), or the rest of a list's line
_TITLE_BESIDE = re.compile(
    r"[0-9a-f]*[:,]?(?:[ \t]{0,4}|[ \t]{0,4}\n[ \t]{0,8})(?:"
    r"\(?[\"“]([^\n]{1,200}?(?:\n[^\n]{1,200}?)?)[\"”]\s{0,3}(?:[),.;]|$)"
    r"|\(([^()]{1,200}(?:\([^()]{0,60}\)[^()]{0,200})?)\)"
    r"|(?<=[ \t])([^\s(\"“][^\n]{3,200}))",
    re.IGNORECASE | re.MULTILINE,
)
_DATE_AFTER = re.compile(r",?\s(?:- )?\d{4}-\d\d-\d\d\Z")
_MAX_WORDS = 9
_MAX_LINES = 100
_MAX_NAMES = 100
_MAX_CHARACTERS = 100_000
_ASIDE_CHARACTERS = 1000  # a title in brackets that is longer is none
# After these a sentence speaks of something else than what is reverted.
_OTHER = {
    *("to", "as", "before", "after", "since", "because", "see", "for", "it", "avoid"),
    *("that", "which", "are", "is", "was", "were"),
}
_NOT_FIRST = {"in", "by", "at", "and", "on", "or"}


def named(subject: str, body: str) -> NamedTargets | None:
    """Return what a message says it reverts, or None if it says nothing of the kind.

    >>> named('Revert "x"', "This reverts commit commit 0123abc and 4567def.").names
    ('0123abc', '4567def')
    """
    body = body[:_MAX_CHARACTERS]
    if _SUBTREE in body:  # a squash: it lists the commits of another repository
        body = ""
    text = "\n".join([subject[:_MAX_CHARACTERS], *_own_lines(body)])
    found: dict[str, _Mention] = {}
    made_to: list[tuple[str, str]] = []
    for mention in chain(_trailers(text), _sentences(text), _undone(subject)):
        name = text[mention.start : mention.end]
        old = found.get(name)
        if old is None and len(found) == _MAX_NAMES:
            break
        found[name] = mention if old is None else old.with_(mention)
        if mention.made_to and len(made_to) < _MAX_NAMES:
            made_to.append((name, mention.made_to))
    said = said_without_hash(subject)
    titles = said.titles if said else ()
    numbers = tuple(dict.fromkeys((*(said.numbers if said else ()), *_numbered(text))))
    if found:
        form = min((each.form for each in found.values()), key=_RANKS.__getitem__)
        names = [_as_git_writes(each) for each in sorted(found, key=lambda name: found[name].start)]
        return NamedTargets(form, _once(names), tuple(made_to), titles, numbers[:_MAX_NAMES])
    if not titles and not numbers:
        return NamedTargets(Form.SUBJECT, (subject,)) if subject.startswith('Revert "') else None
    return NamedTargets(
        Form.PROSE if said and said.partial else Form.SUBJECT,
        titles or numbers[:_MAX_NAMES],
        titles=titles,
        numbers=numbers[:_MAX_NAMES],
        sure=bool(said and said.sure),
    )


def _own_lines(body: str) -> Iterator[str]:
    """Yield the lines that speak for themselves: no quotation, no command, no example.

    An example stands apart, further in, and the sentence before it goes on or ends in a colon.
    """
    if not _SET_APART.search(f"\n{body}"):
        yield body
        return
    goes_on = is_example = is_apart = False
    for line in body.split("\n"):
        words = line.strip()
        if not words:
            is_apart = True
        elif line.startswith(_INDENTED):
            is_example = (is_apart and goes_on) or (is_example and not is_apart)
            is_apart = False
        else:
            goes_on, is_example, is_apart = not words.endswith((".", "!", ")")), False, False
        is_quoted = is_example and "revert" in words.lower()
        if not (is_quoted or words.startswith((">", "$ "))):
            yield line


def reverted_title(subject: str) -> str | None:
    """Return the subject that a subject quotes as reverted.

    >>> reverted_title('Revert "spapr: time out"')
    'spapr: time out'
    """
    match = _TITLE.match(subject)
    return match[1] if match else None


def title_beside(body: str, name: str) -> str:
    """Return the title that a message writes beside a hash, or on the line above; else nothing.

    >>> title_beside('This reverts commit 0123abc ("tap: turn it").', "0123abc")
    'tap: turn it'
    """
    at = body[:_MAX_CHARACTERS].find(name)
    if at < 0:
        return ""
    above = body[:at].rpartition("\n")[0].rstrip().rpartition("\n")[2].strip()
    if title := reverted_title(above):
        return title
    match = _TITLE_BESIDE.match(body, at + len(name), at + len(name) + _ASIDE_CHARACTERS)
    words = " ".join(next(filter(None, match.groups()), "").split()) if match else ""
    return _DATE_AFTER.sub("", words)


def _numbered(text: str) -> Iterator[str]:
    """Yield the numbers of changes that sentences name as reverted."""
    for verb in _verbs(text):
        gap = _end(_GAP, text, verb.end(), len(text))
        found, end = numbers_at(text, gap)
        if found and not (is_denied(text, verb.start()) or is_told_of(text, verb[0], end)):
            yield from found


def _as_git_writes(name: str) -> str:
    """Return a name that may be a range in words, or a number of Subversion without its letter."""
    if ends := _IN_WORDS.fullmatch(name):
        return f"{ends[1]}^..{ends[2]}"
    return f"r{name}" if _SUBVERSION.fullmatch(name) else name


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
    if ".." in one or ".." in other:
        return one == other
    return one.startswith(other) or other.startswith(one)


_RANKS = {form: rank for rank, form in enumerate(Form)}


class _Mention(NamedTuple):
    """Where a text names what is reverted, how, and the parent that it goes back to."""

    form: Form
    start: int
    end: int
    made_to: str = ""

    def with_(self, other: _Mention) -> _Mention:
        """Return where the same name first stands, in the plainer form of the two."""
        form = min(self.form, other.form, key=_RANKS.__getitem__)
        return self._replace(form=form, start=min(self.start, other.start))


def _trailers(text: str) -> Iterator[_Mention]:
    is_conventional = _CONVENTIONAL.match(text) is not None
    lowered = text.lower()
    if not is_conventional and "\nrevert" not in lowered and "-revert" not in lowered:
        return
    start = text.find("\n") + 1  # the subject is not a trailer
    while start:
        end = text.find("\n", start)
        line_end = end if end >= 0 else len(text)
        match = _TRAILER.match(text, start, line_end)
        if match is None and is_conventional:
            match = _REFERENCES.match(text, start, line_end)
        if match is not None:
            for span in _names_from(text, match.end(), line_end):
                yield _Mention(Form.TRAILER, *span)
        start = end + 1


def _undone(subject: str) -> Iterator[_Mention]:
    """Yield the commits that a subject says to undo, back out or roll back."""
    found = undone_hash(subject)
    if found is not None:
        verb, start = found
        spans = list(_names_from(subject, start, min(len(subject), _MAX_CHARACTERS)))
        if spans and not is_supposed(subject, verb, _end(_ASIDE, subject, spans[-1][1], 500)):
            yield from (_Mention(Form.PHRASE, *span) for span in spans)


def _verbs(text: str) -> Iterator[re.Match[str]]:
    """Yield where a text speaks of reverting.

    A search for letters of any case looks at each of them; one for a word is much quicker.
    """
    lowered = text.lower()
    if len(lowered) != len(text):  # a letter has become two: places are not the same
        yield from _VERB.finditer(text)
        return
    start = lowered.find("revert")
    while start >= 0:
        if verb := _VERB.match(text, start):
            yield verb
        start = lowered.find("revert", start + 6)


def _sentences(text: str) -> Iterator[_Mention]:
    subject_end = text.find("\n")
    title = range(0)  # in brackets after a hash: what it says is of another commit
    for verb in _verbs(text):
        if verb.start() in title:
            continue
        listed = tuple(_listed(text, verb.end()))
        start, words = _object(text, verb.end())
        if not listed and start is None:
            continue
        if is_denied(text, verb.start()):
            continue
        if _is_trailer(text, verb.start()):
            continue
        for span in listed:
            yield _Mention(Form.PHRASE, *span)
        if listed or start is None:
            continue
        if text[verb.end() : verb.end() + 1] == ":" and verb.start() < subject_end < start:
            continue  # "revert: words" speaks of a part that is called so, or is a type
        form = Form.PHRASE if words and set(words) <= _PHRASE else Form.PROSE
        if _PARTLY.search(text, max(0, verb.start() - 20), verb.start()):
            form = Form.PROSE
        spans = list(islice(_names_from(text, start, len(text)), _MAX_NAMES))
        if spans:
            aside_end = min(len(text), spans[-1][1] + _ASIDE_CHARACTERS)
            title = range(spans[-1][1], _end(_ASIDE, text, spans[-1][1], aside_end))
        if spans and is_told_of(text, verb[0], title.stop):
            continue
        is_part = any(_PIECE.search(text, max(0, begin - 12), begin) for begin, _ in spans)
        if is_part or (spans and _PARTLY_AFTER.match(text, spans[-1][1])):
            form = Form.PROSE
        reversing = _MADE_TO.search(text, start, start + 200) if len(spans) == 1 else None
        for span in spans:
            yield _Mention(form, *span, reversing[1] if reversing else "")


def _is_trailer(text: str, position: int) -> bool:
    """Does a trailer begin the line that has a verb here?"""
    before = max(0, position - 80)
    line_end = text.rfind("\n", before, position)
    if line_end < 0 and before:
        return False  # the verb stands further within its line
    return _TRAILER.match(text, line_end + 1, line_end + 81) is not None


_PHRASE = {"commit", "commits", "the", "revert", "reverts"}


def _object(text: str, position: int) -> tuple[int | None, list[str]]:
    """Return where what is reverted is first named, and the words before it; None if nowhere."""
    words: list[str] = []
    while len(words) <= _MAX_WORDS:
        position = _end(_GAP, text, position, len(text))
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


def _names_from(text: str, position: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield where a name and those that follow it in the same list stand."""
    number = _NUMBER.match(text, position, end)
    if number and not _ITEM.match(text, position, end):
        yield number.span(1)
        return
    while item := _ITEM.match(text, position, end):
        spread = _RANGE.match(text, item.start(1), min(end, item.start(1) + 140))
        last = spread.end(1) if spread else item.end()
        if spread is None and (up_to := _UP_TO.match(text, last, min(end, last + 140))):
            is_plural = item[0][:7].lower() == "commits"
            last = up_to.end() if is_plural or up_to[0].split()[0].lower() != "to" else last
        yield item.start(1), last
        position = _end(_ASIDE, text, last, min(end, last + _ASIDE_CHARACTERS))
        position = _end(_BETWEEN, text, position, end)


def _listed(text: str, position: int) -> Iterator[tuple[int, int]]:
    """Yield where the names of a list stand: a line each, after a sentence that ends in a colon."""
    head = _LIST.match(text, position)
    if head and not (_LISTED.search(text, *head.span(1)) or _COMMIT.match(text, head.end())):
        head = None
    head = head or _OPEN_LIST.match(text, position)
    if head is None:
        return
    some = is_apart = goes_on = False
    position = head.end()
    for _ in range(_MAX_LINES):
        found = text.find("\n", position)
        end = found if found >= 0 else len(text)
        words = text[position:end].strip()
        item = None if is_apart else _LINE.match(text, position, end)
        if item is not None:
            some, goes_on = True, False
            yield item.span(1)
        elif words.lower() in ("and", "&"):
            is_apart, goes_on = False, True
        elif is_apart and words:
            return
        elif some and not words and not goes_on:
            is_apart = True
        if found < 0:
            return
        position = found + 1


def _end(pattern: re.Pattern[str], text: str, position: int, end: int) -> int:
    match = pattern.match(text, position, end)
    return match.end() if match else position
