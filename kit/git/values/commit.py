"""A commit and its diff as values, and what its message says of other commits.

Text is as it came from a clone and may hold anything: the view escapes it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from kit.git.values.revert_message import Form, named

__all__ = [
    "ChangeKind",
    "Commit",
    "DiffLine",
    "FileDiff",
    "Hunk",
    "LineKind",
    "Person",
    "fixed_by",
    "fixes",
    "lore_link",
    "message_id",
    "net_lines",
    "quoted_list_links",
    "reference",
    "refers_to",
    "reverts",
    "series_of",
    "siblings",
]


@dataclass(frozen=True, slots=True)
class Person:
    """Name and address of a person."""

    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit without its diff.

    ``authored`` and ``committed`` are ISO 8601 with the time zone as written; ``body`` is the
    message after the subject, trailers included; ``trailers`` are (key, value) as git parses them.
    """

    hash: str
    subject: str
    body: str
    author: Person
    committer: Person
    authored: str
    committed: str
    parents: tuple[str, ...] = ()
    trailers: tuple[tuple[str, str], ...] = ()

    @property
    def is_merge(self) -> bool:
        """Has it more than one parent, and so no diff of its own?"""
        return len(self.parents) > 1

    def trailer(self, key: str) -> str | None:
        """Return the last trailer called *key*, whatever its case, or None."""
        found = [value for name, value in self.trailers if name.lower() == key.lower()]
        return found[-1] if found else None


class LineKind(Enum):
    """What a line of a diff is; the value is its sign."""

    CONTEXT = " "
    ADDED = "+"
    REMOVED = "-"


class ChangeKind(Enum):
    """What happened to a file."""

    MODIFIED = "modified"
    ADDED = "added"
    DELETED = "deleted"
    RENAMED = "renamed"
    RETYPED = "of another type"  # a file where there was a symbolic link, or the like


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line without its sign, and its number before and after (None where it is absent)."""

    kind: LineKind
    text: str
    old: int | None
    new: int | None


# Possessive: each run of letters is looked at once, however long it is.
_CALLED = re.compile(r"\b(\w++)\s*+\(")


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that belong together, and the head of the function they are in, if git knows it."""

    function: str
    lines: tuple[DiffLine, ...]

    @property
    def function_name(self) -> str:
        """The name in the function's head: the last word before its parenthesis."""
        match = _CALLED.search(self.function)
        return match[1] if match else self.function


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDiff:
    """What a commit changes in one file; ``hunks`` is empty for a binary file.

    ``left_out``: it is text, but too much to be read; then ``hunks`` is empty, too.
    """

    path: str
    old_path: str
    kind: ChangeKind
    binary: bool = False
    hunks: tuple[Hunk, ...] = ()
    left_out: bool = False

    def count(self, kind: LineKind) -> int:
        """Return the number of lines of *kind*."""
        return sum(line.kind is kind for hunk in self.hunks for line in hunk.lines)


def net_lines(*diffs: tuple[FileDiff, ...]) -> dict[tuple[str, str], int]:
    """Return what some diffs together add (positive) and remove (negative), by file and line.

    Lines that one adds and another removes cancel out; a revert's own diff is the negative of the
    net of what it reverts if it is exact, line by line.
    """
    net: Counter[tuple[str, str]] = Counter()
    for files in diffs:
        for file in files:
            for hunk in file.hunks:
                for line in hunk.lines:
                    sign = {LineKind.ADDED: 1, LineKind.REMOVED: -1, LineKind.CONTEXT: 0}[line.kind]
                    net[file.path, line.text] += sign
    return {key: count for key, count in net.items() if count}


_HASH = r"[0-9a-f]{7,40}"
_MENTION = re.compile(rf"(?<![\w/.@-])({_HASH})(?![\w@-])")
_FIXES = re.compile(r"^fixes:\s*(?:commit\s+)?([0-9a-f]{7,64})\b", re.IGNORECASE | re.MULTILINE)
_LIST_LINK = re.compile(r"https?://lists\.(?:non)?gnu\.org/\S+?(?=[\s>)\]]|$)")
_MESSAGE_ID = re.compile(r"<?([^<>\s@]++@[^<>\s]++)>?")


def reverts(commit: Commit) -> tuple[str, ...]:
    """Return the hashes, as written, that the message says it reverts, in order, once each."""
    found = named(commit.subject, commit.body)
    return found.names if found is not None and found.form is not Form.SUBJECT else ()


def fixes(commit: Commit) -> tuple[str, ...]:
    """Return the values of its Fixes trailers: a commit, or the address of a report."""
    return tuple(value for key, value in commit.trailers if key.lower() == "fixes")


def fixed_by(body: str) -> list[str]:
    """Return the hashes, in small letters, that the lines ``Fixes:`` of a message name.

    >>> fixed_by("Fixes: 0123abc (x)")
    ['0123abc']
    """
    return [found.lower() for found in _FIXES.findall(body)]


def refers_to(commit: Commit) -> tuple[str, ...]:
    """Return the hashes that the body mentions beside those it reverts."""
    wanted = set(reverts(commit))
    found = [word for word in _MENTION.findall(commit.body) if not word.isdigit()]
    return tuple(word for word in dict.fromkeys(found) if word not in wanted)


def message_id(commit: Commit) -> str | None:
    """Return the Message-Id of the posting, without its brackets, or None.

    A commit of the re-enactment has that of the commit that it plays.
    """
    found = commit.trailer("Message-Id") or commit.trailer("Original-message-id") or ""
    match = _MESSAGE_ID.fullmatch(found.strip())
    return match[1] if match else None


def lore_link(commit: Commit) -> str | None:
    """Return where the posting can be read, or None if the commit names no Message-Id."""
    found = message_id(commit)
    return f"https://lore.kernel.org/qemu-devel/{found}/" if found else None


def quoted_list_links(commit: Commit) -> tuple[str, ...]:
    """Return the links to the lists at gnu.org that the message quotes."""
    return tuple(dict.fromkeys(_LIST_LINK.findall(commit.body)))


def series_of(posting: str) -> tuple[str, int] | None:
    """Return the series and the number in it of a Message-Id of git send-email.

    >>> series_of("20210401000437.131140-2-danielhb413@gmail.com")
    ('20210401000437.131140-danielhb413@gmail.com', 2)
    """
    match = re.fullmatch(r"(\d+\.\d+)-(\d+)-(.+@.+)", posting)
    return (f"{match[1]}-{match[3]}", int(match[2])) if match else None


def siblings(commit: Commit, others: Iterable[Commit]) -> tuple[Commit, ...]:
    """Return the commits of the same series, *commit* too, in the order of their posting.

    Message-Ids show a series; a commit without one has none.
    """
    posting = series_of(message_id(commit) or "")
    if posting is None:
        return (commit,)
    found = {}
    for other in (*others, commit):
        theirs = series_of(message_id(other) or "")
        if theirs is not None and theirs[0] == posting[0]:
            found[other.hash] = (theirs[1], other)
    return tuple(other for _, other in sorted(found.values(), key=lambda pair: pair[0]))


def reference(commit: Commit) -> str:
    """Return a commit's name as in ``git log --format=reference``: hash, subject, author's date.

    A commit of the re-enactment names the one that it re-enacts.
    """
    digits = commit.trailer("Re-enacts") or commit.hash
    subject = commit.trailer("Original-subject") or commit.subject
    date = commit.trailer("Original-authored") or commit.authored[:10]
    return f"{digits[:10]} ({subject}, {date})"
