"""What a message reverts without a hash: a title, the number of a change, a Change-Id.

And the names that a commit is known by, to find it again.  Each step takes time in proportion to
the text: of a subject the first 500 characters count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kit.git.values.revert_denied import is_supposed

__all__ = [
    "REDO",
    "UNDO",
    "Unhashed",
    "bare_title",
    "is_squash_of_several",
    "keys_of",
    "leads_with_revert",
    "merged_title",
    "numbers_at",
    "plain_title",
    "said_without_hash",
    "undone_hash",
    "without_type",
]

_SUBJECT_CHARACTERS = 500
_OWN_NUMBER = re.compile(
    r"\s*\((?:pull request )?(?:[\w.-]{1,60}/[\w.-]{1,60})?([#!][0-9]{1,9})\)$"
)
_TYPE = re.compile(r"[\w./-]{1,40}(?:\([^()]{1,60}\))?!?:\s+")
# What may stand before the verb: prefixes of the kernel's kind, types, tags in brackets.
_BEFORE = r"(?:\[[^\]]{1,40}\]\s*)?(?:[^\s:\"'][^:\"']{0,60}:\s+){0,3}"
# No message without a sign of one is read: `may_revert` in kit/git/reverts/lookup.py.
UNDO = (
    r"revert(?:s|ed|ing)?|undo(?:es|ing)?|roll(?:s|ed|ing)?[ -]?back|back(?:s|ed|ing)?[ -]?out"
    r"|backout|rollback"
)
REDO = r"re-?appl(?:y|ies)|re-?land"
_VERB = re.compile(
    rf"{_BEFORE}(?:(partial(?:ly)?|partly)\s+)?"
    rf"(?:({UNDO})|({REDO}))(?:\([^()]{{1,60}}\))?!?(:?)\s+(.+)",
    re.IGNORECASE,
)
_LEADS = re.compile(rf"\(?{_BEFORE}(?:\w{{1,20}}ly\s+)?(?:{UNDO}|{REDO})\b", re.IGNORECASE)
_UNDOES_HASH = re.compile(
    rf"{_BEFORE}({UNDO})\s+(?:the\s+)?(?=(?:commits?\s+)?[0-9a-f]{{7,64}}\b)", re.IGNORECASE
)
_MERGE = re.compile(r"Merge (?:pull request #[0-9]{1,9} from |branch '[^']{1,200}' into ')")
_SQUASHED = re.compile(r"^\* \S", re.MULTILINE)
_PART_OF = re.compile(r"(?:a )?(?:parts?|pieces?|bits|some|half|most) of\s+", re.IGNORECASE)
_FILLER = re.compile(r"(?:(?:the|commit|change|changes|patch|of|from|in)\s+){0,3}", re.IGNORECASE)
_QUOTES = {'"': '"', "“": "”", "'": "'", "`": "`", "«": "»"}
_WORDS_OF_NUMBERS = re.compile(
    r"(?:(?:the|this|from|of|commits?|pull|merge|requests?|prs?|mrs?|patch(?:es)?|changes?)\s++){0,5}",
    re.IGNORECASE,
)
_OF_REVISIONS = re.compile(r"\bcommits?\s$", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?:pr|mr)?\s?(?:[\w.-]{1,60}/[\w.-]{1,60})?([#!][0-9]{1,9})(?![\w-])"
    r"|(?:cl|change)[ /]([0-9]{3,9})(?![\w-])"
    r"|(?:svn[ :]?|rev(?:ision)?\.? )?(r[0-9]{2,7})(?![\w-]|\.\d)"
    r"|(I[0-9a-f]{8,40})(?![\w-])"
    r"|https?://[^\s/]{1,80}/[^\s]{0,120}?/(?:pull|merge_requests)/([0-9]{1,9})(?![\w-])"
    r"|https?://(?:go-review|[^\s/]{1,60}review)[^\s]{0,80}?/([0-9]{3,9})(?![\w-])",
    re.IGNORECASE,
)
_AND = re.compile(r"\s*+(?:,|&|and\b|\s)\s*+(?:and\s++)?", re.IGNORECASE)
_BARE = re.compile(r"r?([0-9]{3,6})(?![\w-]|\.\d)", re.IGNORECASE)
_UP_TO = re.compile(r"\s*+(?:to|through|thru|until|[-–])\s*+(?=r?[0-9])", re.IGNORECASE)
# "reverts r1, r2 is better": what begins another sentence is no item of the list
_CLAUSE = re.compile(r"\s{1,3}(?:is|was|are|were|has|had|will|would|does|did|should|can)\b")
_NAMES = 100
_MERGED = (
    re.compile(r"(?:Merge pull request|Auto merge of|Merge PR|Merge) (#[0-9]{1,9})\b"),
    re.compile(r"PR-URL:\s*https?://[^\s]{1,120}/pull/([0-9]{1,9})(?![0-9])"),
    re.compile(r"See merge request [^\s]{0,120}?(![0-9]{1,9})(?![0-9])"),
    re.compile(r"^(?:Reviewed-on: )?https?://[^\s]{1,200}?/([0-9]{1,9})$", re.MULTILINE),
    re.compile(r"^Change-Id: (I[0-9a-f]{8,40})$", re.MULTILINE),
    re.compile(r"\(cherry picked from commit ([0-9a-f]{7,64})"),
    re.compile(r"^git-svn-id: [^\s@]{1,200}@([0-9]{1,9}) ", re.MULTILINE),
)


@dataclass(frozen=True, slots=True)
class Unhashed:
    """Titles and numbers that a subject says are reverted.

    ``sure``: it can mean nothing else.  ``partial``: it says that something is left.
    """

    titles: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    sure: bool = False
    partial: bool = False


def plain_title(subject: str) -> str:
    """Return a subject as two people would write it: no numbers of a forge, no case, no dot.

    >>> plain_title("fix(deps): Update  foo (#3850) (#3851)")
    'fix(deps): update foo'
    """
    title, _ = _split(subject[:_SUBJECT_CHARACTERS].strip())
    return " ".join(title.split()).rstrip(".…").casefold()


def bare_title(subject: str) -> str:
    """Return a subject without the number at its end; empty if it has none.

    >>> bare_title("x (#3) (#4)")
    'x (#3)'
    """
    match = _own_number(subject)
    return subject[: match.start()] if match else ""


def without_type(subject: str) -> str:
    """Return a subject without ``type(scope): ``.

    >>> without_type("fix(css): x")
    'x'
    """
    match = _TYPE.match(subject)
    return subject[match.end() :] if match else subject


def merged_title(subject: str, body: str) -> str:
    """Return the title of what a forge's merge brings, which is not in its subject; else nothing.

    >>> merged_title("Merge pull request #7 from us/tap", "Turn the tap")
    'Turn the tap'
    """
    if not _MERGE.match(subject[:_SUBJECT_CHARACTERS]):
        return ""
    return body[:_SUBJECT_CHARACTERS].strip().partition("\n")[0]


def leads_with_revert(subject: str) -> bool:
    """Does a subject begin with the verb, after prefixes?

    >>> leads_with_revert("docs(x): revert wrong words"), leads_with_revert("how to revert")
    (True, False)
    """
    return _LEADS.match(subject[:_SUBJECT_CHARACTERS]) is not None


def is_squash_of_several(subject: str, body: str) -> bool:
    """Does a forge's squash list the commits of a branch, and is led by none that reverts?

    >>> is_squash_of_several("Turn it (#3)", "* turn it\\n\\n* Revert \\"turn it\\"")
    True
    """
    return (
        _own_number(subject) is not None
        and _SQUASHED.search(body) is not None
        and not leads_with_revert(subject)
    )


def undone_hash(subject: str) -> tuple[str, int] | None:
    """Return the verb, and where a subject names the commit that it undoes or backs out, or None.

    >>> undone_hash("Backout commit 8f1bc284 as TFTP fails")
    ('Backout', 8)
    """
    match = _UNDOES_HASH.match(subject[:_SUBJECT_CHARACTERS])
    return (match[1], match.end()) if match else None


def said_without_hash(subject: str) -> Unhashed | None:
    """Return what a subject says that is reverted, or None.

    >>> said_without_hash('docs: revert "docs: x (#1)" (#2)')
    Unhashed(titles=('docs: x (#1)',), numbers=('#1',), sure=True, partial=False)
    >>> said_without_hash("revert: feat: x (#1) (#2)").numbers
    ('#1',)
    """
    match = _VERB.fullmatch(subject[:_SUBJECT_CHARACTERS].strip())
    if match is None:
        return None
    partly, undo, again, colon, rest = match.groups()
    part = _PART_OF.match(rest)
    rest = rest[part.end() :] if part else rest
    partial = bool(partly or part)
    numbers, end = numbers_at(rest, 0)
    if numbers and (again or is_supposed(rest, undo, end)):
        return None  # what reverted it has another number
    if numbers:
        partial = partial or _PART_OF.search(rest) is not None
        return Unhashed((), numbers, sure=True, partial=partial)
    quoted = _quoted(rest)
    if quoted is not None:
        title, is_double = quoted
        if undo and is_supposed(rest, undo, rest.rfind(title) + len(title) + 1):
            return None
        if again:
            return Unhashed((f'Revert "{title}"',), (), sure=False)
        # 'the "kind" field': a word of the text
        sure = (is_double and not rest.lower().startswith("the ")) or bool(colon)
        return Unhashed((title,), _split(title)[1][-1:], sure=sure, partial=partial)
    if again or undo.lower().startswith("undo"):
        return None
    title, numbers = _split(rest)
    found = Unhashed((title,), numbers[-2:-1], sure=False, partial=partial)
    return found if len(title.split()) > 1 else None


def _own_number(subject: str) -> re.Match[str] | None:
    return _OWN_NUMBER.search(subject, max(0, len(subject) - 140))


def _split(subject: str) -> tuple[str, tuple[str, ...]]:
    """Return a subject without the numbers at its end, and these."""
    found: list[str] = []
    while match := _own_number(subject):
        found.insert(0, match[1])
        subject = subject[: match.start()]
    return subject, tuple(found)


def _quoted(rest: str) -> tuple[str, bool] | None:
    """Return what stands in quotes up to the last one that ends them, and are they double?"""
    filler = _FILLER.match(rest)
    start = filler.end() if filler else 0
    if start >= len(rest) or rest[start] not in _QUOTES:
        return None
    end = rest.rfind(_QUOTES[rest[start]])
    if end <= start + 1:  # a title that is cut off
        return rest[start + 1 :], rest[start] in '"“'
    if rest[start] in "'`" and len(rest) - end > 40:
        return None  # a word of code, and a sentence after it
    return rest[start + 1 : end], rest[start] in '"“«'


def numbers_at(text: str, position: int) -> tuple[tuple[str, ...], int]:
    """Return the numbers of changes that a text names at a place, and where the last one ends.

    >>> numbers_at("revert PR owner/name#12 and #13", 7), numbers_at("commits 712 to 713", 0)
    ((('#12', '#13'), 31), (('r712', 'r713'), 18))
    """
    found: list[str] = []
    last = position
    words = _WORDS_OF_NUMBERS.match(text, position)
    position = words.end() if words else position
    is_revision = words is not None and bool(_OF_REVISIONS.search(words[0]))
    while len(found) < _NAMES:
        match = _NUMBER.match(text, position) or (is_revision and _BARE.match(text, position))
        if not match or (found and _CLAUSE.match(text, match.end())):
            break
        last = match.end()
        name = f"r{match[1]}" if match.re is _BARE else _name_of(match)
        found.append(name)
        up_to = name[0] == "r" and _UP_TO.match(text, last)
        if up_to and (other := _BARE.match(text, up_to.end())):
            found += _revisions(int(name[1:]), int(other[1]))
            last = other.end()
        between = _AND.match(text, last)
        part = _PART_OF.match(text, between.end()) if between else None
        position = part.end() if part else between.end() if between else last
    return tuple(dict.fromkeys(found))[:_NAMES], last


def _name_of(match: re.Match[str]) -> str:
    number, listed, subversion, change, pull, review = match.groups()
    if subversion:
        return subversion.lower()
    if number:
        return number
    return f"#{pull}" if pull else change or f"CL {listed or review}"


def _revisions(first: int, last: int) -> list[str]:
    """Return the numbers of a range of Subversion, if it is not too long."""
    return [f"r{each}" for each in range(first, last + 1)] if last - first < _NAMES else []


def keys_of(subject: str, body: str) -> frozenset[str]:
    """Return the numbers and identifiers that a commit is known by.

    >>> sorted(keys_of("x (#3)", "Reviewed-on: https://go-review.example.org/c/tools/+/402"))
    ['#3', 'CL 402']
    """
    found = set(_split(subject[-_SUBJECT_CHARACTERS:])[1][-1:])
    text = f"{subject[:_SUBJECT_CHARACTERS]}\n{body[-20_000:]}"
    pull, url, merge, review, change, picked, subversion = (
        pattern.findall(text) for pattern in _MERGED
    )
    found.update(pull[:1], (f"#{each}" for each in url[-1:]), merge[-1:], change[-1:], picked[-5:])
    found.update(f"CL {each}" for each in review[-1:])
    found.update(f"r{each}" for each in subversion[-1:])
    return frozenset(found)
