"""Which commit is meant where a message names a title or a number, or a hash of another line.

Whoever reads a log offers each commit to those reverts that look for such a name; nothing is kept
of commits that nobody looks for.  Of several with one title the last one counts whose undoing fits
the revert, else the last.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain
from typing import TypeVar

from kit.git.repository.commits import Commits
from kit.git.repository.history import HistoryError
from kit.git.repository.log import subject_and_body
from kit.git.repository.reader import MissingObjectError
from kit.git.repository.trees import Difference
from kit.git.values.revert_message import NamedTargets, title_beside
from kit.git.values.revert_title import (
    bare_title,
    keys_of,
    merged_title,
    plain_title,
    without_type,
)
from kit.git.values.verdict import By, RevertTarget, RevertVerdict, TargetStatus

__all__ = [
    "Offers",
    "Seeker",
    "Slot",
    "Texts",
    "may_revert",
    "places_that_may_revert",
    "slots_of",
    "twin_slots",
    "undone_by_squash",
    "verdict_of",
]

K = TypeVar("K", bytes, str)
_Lines = Mapping[bytes, Counter[bytes]]  # which lines a change adds and removes, by path
_NO_LINES: Counter[bytes] = Counter()
_NO_KEYS: frozenset[str] = frozenset()
_KEY = 24  # characters of a title by which it is looked up
_MAX_CHECKS = 8  # commits that one revert is compared with
_MAX_BYTES = 4 << 20  # of the files of both, if they are compared line by line
_MAX_SQUASH_BYTES = 64 << 20  # of the files of a target and a squash that says it reverts it
_HINT = 24  # bytes of a title that tell most others from it
_HEAD = 4  # bytes of a shorter title
_NUMBERS = re.compile(rb"[#!/@]([0-9]{1,9})(?![0-9])")
_CHANGES = re.compile(rb"Change-Id: I([0-9a-f]{8,40})")
_PICKED = b"(cherry picked from "
_MAX_FINDS = 4  # numbers that are looked for one by one
_SIGNS = {  # what a message holds that has a key of a kind, where that is not in its subject
    "p": (_PICKED,),
    "#": (b"PR-URL", b"See merge "),
    "!": (b"PR-URL", b"See merge "),
    "C": (b"Reviewed-on: ", b"/cl/"),
    "I": (b"Change-Id: ",),
    "r": (b"git-svn-id: ",),
}
_MERGES = (b"merge pull request #", b"merge branch '")
# What a first line has whose verb is another of those in kit/git/values/revert_title.py.
_UNDOING = (b"undo", b"reappl", b"re-appl", b"reland", b"re-land")
_BACK = b"back"  # of "back out" and "roll back", and of many a word that means neither
_WITH_BACK = (b"out", b"roll")


class Texts:
    """Many texts as one: a search takes a step for each hit, and none for each text."""

    def __init__(self, texts: Sequence[bytes]) -> None:
        self.each = texts
        self.joined = b"\0".join(texts)
        self._ends = [end + place for place, end in enumerate(accumulate(map(len, texts)), start=1)]

    def place(self, at: int) -> int:
        """Return which of the texts is at a place of all of them."""
        return bisect_right(self._ends, at)

    def places_of(self, word: bytes, *, in_any_case: bool = False) -> Iterator[tuple[int, int]]:
        """Yield which texts hold a word, and where the first one stands in each.

        With *in_any_case* the word is in small letters, whatever letters the texts have.
        """
        joined = self.joined.lower() if in_any_case else self.joined
        at = joined.find(word)
        while at >= 0:
            place = bisect_right(self._ends, at)
            yield place, at - (self._ends[place - 1] if place else 0)
            at = joined.find(word, self._ends[place])


def may_revert(message: bytes, subject: bytes) -> bool:
    """Can a message in lower case, with such a first line, say that it reverts something?"""
    return (
        b"revert" in message
        or any(word in subject for word in _UNDOING)
        or (_BACK in subject and any(word in subject for word in _WITH_BACK))
    )


def places_that_may_revert(messages: Texts, subjects: Texts) -> set[int]:
    """Return which of many messages `may_revert`; *subjects* are first lines in lower case."""
    found = {place for place, _ in messages.places_of(b"revert", in_any_case=True)}
    found.update(place for word in _UNDOING for place, _ in subjects.places_of(word))
    for place, _ in subjects.places_of(_BACK):
        if any(word in subjects.each[place] for word in _WITH_BACK):
            found.add(place)
    return found


@dataclass(frozen=True, slots=True)
class Slot:
    """A name, and by what a commit is known to be meant.

    ``sure``: whatever has the name is meant; else only what the revert undoes, or what has both the
    title and the number.
    """

    named: str
    title: str = ""  # as `plain_title` gives it
    keys: frozenset[str] = frozenset()
    sure: bool = True
    raw: str = ""  # the title as written

    def how(self, title: str, untyped: str, keys: frozenset[str]) -> By | None:
        """Return by what a commit is known, or None."""
        if hit := self.keys & keys:
            return By.CHANGE_ID if min(hit)[:1] == "I" else By.NUMBER
        if not self.title:
            return None
        whole = title == self.title or (len(self.title) > _KEY and title.startswith(self.title))
        return By.TITLE if whole or (not self.sure and untyped == self.title) else None

    @property
    def texts(self) -> tuple[str, ...]:
        """What a message holds that may be meant, for git to search."""
        title = " ".join(self.raw.split()).rstrip(".…")
        while shorter := bare_title(title):
            title = shorter
        keys = [key.replace("CL ", "/").removeprefix("picked ") for key in self.keys]
        keys = [f"@{key[1:]} " if key[:1] == "r" else key for key in keys]
        return tuple(text for text in (without_type(title), *keys) if text)


def slots_of(says: NamedTargets) -> tuple[Slot, ...]:
    """Return what is to be looked for, for a message that names no hash."""
    if says.titles and len(says.numbers) < 2:
        (title, *_) = says.titles
        keys = frozenset(says.numbers)
        return (Slot(title, plain_title(title), keys, says.sure, title),)
    return tuple(Slot(number, keys=frozenset({number}), sure=says.sure) for number in says.numbers)


def twin_slots(
    commits: Commits, says: NamedTargets, body: str, targets: Sequence[RevertTarget]
) -> tuple[Slot, ...]:
    """Return what is to be looked for where a named commit is of another line or not here."""
    slots = []
    for target in targets:
        written = ""
        if target.sha is not None:
            title = subject_and_body(commits.commit(target.sha).message)[0]
        elif says.titles and len(targets) == 1:
            title = says.titles[0]
        else:
            title = written = title_beside(body, target.named)
        keys = frozenset({_picked(target.named)})
        slots.append(Slot(target.named, plain_title(title), keys, sure=bool(written), raw=title))
    return tuple(slots)


def _picked(name: str) -> str:
    return f"picked {name[:7].lower()}"


@dataclass(slots=True)
class Seeker:
    """What one revert looks for."""

    sha: str
    slots: tuple[Slot, ...]
    found: dict[str, RevertTarget] = field(default_factory=dict)
    _maybe: dict[str, list[RevertTarget]] = field(default_factory=dict)
    _not: dict[str, RevertTarget] = field(default_factory=dict)  # named so, and not undone
    _merged: dict[str, RevertTarget] = field(default_factory=dict)  # what brings a change so named
    _checks: int = 0

    @property
    def is_done(self) -> bool:
        """Is everything found that fits?"""
        return len(self.found) == len(self.slots)

    @property
    def has_numbers(self) -> bool:
        """Does it look for a number of a change?  That is not given twice, however old it is."""
        return any(key[:1] in "#!CIr" for slot in self.slots for key in slot.keys)

    def offer(
        self, commits: Commits, sha: str, subject: str, body: str, *, is_old: bool = False
    ) -> None:
        """Take a commit that comes before the revert, newest first, if it is meant."""
        title, keys = plain_title(subject), _all_keys(subject, body)
        untyped = plain_title(without_type(subject))
        brought = plain_title(merged_title(subject, body))
        for slot in self.slots:
            if slot.named in self.found or sha == self.sha:
                continue
            by = slot.how(title, untyped, keys)
            if by is None and brought and not is_old and slot.how(brought, brought, _NO_KEYS):
                merge = RevertTarget(slot.named, sha, TargetStatus.OK, by=By.TITLE)
                self._merged.setdefault(slot.named, merge)
            if by is None or (is_old and by is By.TITLE):
                continue
            target = RevertTarget(slot.named, sha, TargetStatus.OK, by=by)
            # a number is given once
            sure = slot.sure or (bool(slot.title) and slot.title in (title, untyped))
            fits = True if sure and by is not By.TITLE else self._fits(commits, sha)
            if fits:
                self.found[slot.named] = target
            elif fits is None:
                self._maybe.setdefault(slot.named, []).append(target)
            else:
                self._not.setdefault(slot.named, target)

    def undoes(self, commits: Commits, sha: str) -> bool:
        """Does the revert surely undo a commit, and nothing else where its message is vague?"""
        is_sure = all(slot.sure for slot in self.slots)
        return self._fits(commits, sha, alone=not is_sure) is True

    def slot(self, named: str) -> Slot:
        """Return what is to be looked for where a name is written."""
        return next(each for each in self.slots if each.named == named)

    def target(self, commits: Commits, slot: Slot) -> RevertTarget | None:
        """Return what is meant by a name, or None."""
        fits = self.found.get(slot.named)
        maybe = self._maybe.pop(slot.named, [])  # all of them newer than what fits
        others = [self._not[slot.named]] if slot.named in self._not else []
        if maybe and (fits or others or not slot.sure or len(maybe) > 1):
            undone = (
                each
                for each in maybe
                if verdict_of(commits, self.sha, (each,)) not in (None, RevertVerdict.DIFFERENT)
            )
            fits = next(undone, fits)
        merges = [self._merged[slot.named]] if slot.named in self._merged else []
        if fits is None and slot.sure:
            fits = next(iter([*maybe, *merges, *others]), None)
        elif fits is None:
            fits = next((each for each in merges if self._fits(commits, each.sha or "")), None)
        if fits is not None:
            self.found[slot.named] = fits
        return fits

    def _fits(self, commits: Commits, sha: str, *, alone: bool = False) -> bool | None:
        """Does the revert undo a commit, and that *alone*?  None: only a merge can tell.

        False after eight comparisons; True if an object is absent.
        """
        self._checks += 1
        if self._checks > _MAX_CHECKS:
            return False
        try:
            undone, done = commits.changes(sha), commits.changes(self.sha)
        except MissingObjectError:
            return True
        shared = undone.keys() & done.keys()
        if not shared:
            return False
        if all(path in done and done[path][1] == before for path, (before, _) in undone.items()):
            return True
        return _is_undone_by_lines(commits, undone, done, alone=alone)


def verdict_of(commits: Commits, sha: str, targets: Sequence[RevertTarget]) -> RevertVerdict | None:
    """Return how a revert compares with undoing its targets; None where that cannot be told."""
    from kit.git.reverts.exactness import check_exactness  # here: libgit2 takes a while

    try:
        objects = commits.objects()
    except HistoryError:  # SHA-256
        return None
    return check_exactness(objects, sha, targets, packages=False).verdict


def undone_by_squash(
    commits: Commits, sha: str, targets: Sequence[RevertTarget]
) -> tuple[RevertTarget, ...]:
    """Return the targets that a squash undoes for the most part.

    It lists the reverts of its branch; they may be of each other, and undone again.
    """
    return tuple(
        each
        for each in targets
        if each.sha is not None
        and each.status is TargetStatus.OK
        and _takes_back_most(commits, sha, each.sha)
    )


def _takes_back_most(commits: Commits, sha: str, target: str) -> bool:
    """Does a commit take back half or more of the lines that another changed, in its files?"""
    try:
        undone, done = commits.changes(target), commits.changes(sha)
        shared = undone.keys() & done.keys()
        both = ({path: each[path] for path in shared} for each in (undone, done))
        lines = commits.lines_changed(_MAX_SQUASH_BYTES, *both)
    except MissingObjectError:
        return True  # nobody can tell
    if lines is None:
        return True  # it says so
    meant = taken = 0
    for path, theirs in lines[0].items():
        own = lines[1][path]
        meant += sum(map(abs, theirs.values()))
        taken += sum(min(abs(n), abs(own[line])) for line, n in theirs.items() if n * own[line] < 0)
    return 0 < meant <= 2 * taken


def _is_undone_by_lines(
    commits: Commits, undone: Difference, done: Difference, *, alone: bool
) -> bool | None:
    """Does one change take back lines of another, and either all of them or nothing else?

    None: the files are too large to be compared here, or not here.  *alone*: nothing else.
    """
    try:
        lines = commits.lines_changed(_MAX_BYTES, undone, done)
    except MissingObjectError:
        return None
    if lines is None:
        return None
    theirs, own = lines
    found = _takes_back(theirs, own, alone=alone)
    may_be_renamed = theirs.keys() - own.keys() and own.keys() - theirs.keys()
    if found or not may_be_renamed:
        return found
    in_all = [Counter[bytes](), Counter[bytes]()]
    for total, change in zip(in_all, lines, strict=True):
        for each in change.values():
            total.update(each)
    return _takes_back({b"": in_all[0]}, {b"": in_all[1]}, alone=alone)


def _takes_back(theirs: _Lines, own: _Lines, *, alone: bool) -> bool | None:
    """Does one take back lines of the other; None: they differ in the order of lines only."""
    left = more = taken = False
    for path in {*theirs, *own}:
        meant, did = theirs.get(path, _NO_LINES), own.get(path, _NO_LINES)
        for line in {*meant, *did}:
            rest = meant[line] + did[line]
            behind = sorted((0, rest, meant[line]))[1]
            taken = taken or meant[line] * did[line] < 0
            left, more = left or behind != 0, more or rest != behind
    if not taken and any(not theirs[path] for path in theirs.keys() & own.keys()):
        return None
    return taken and not ((left or alone) and more)


def _all_keys(subject: str, body: str) -> frozenset[str]:
    return frozenset(
        key if key[:1] in "#!Ir" or key.startswith("CL ") else _picked(key)
        for key in keys_of(subject, body)
    )


class Offers:
    """Who looks for which name, among the reverts whose targets may still go by in a log."""

    def __init__(self) -> None:
        self._by_title: dict[str, list[Seeker]] = {}
        self._by_key: dict[str, list[Seeker]] = {}
        self._hints: Counter[bytes] = Counter()
        self._short: tuple[int, ...] = ()  # lengths of the hints that are whole titles
        self._heads: set[bytes] = set()  # how these begin
        self._tiny = False  # is one of them shorter than that?
        self._is_indexed = True
        self._untyped = 0  # how many titles may lack their type
        self._kinds: Counter[str] = Counter()
        self._numbers: Counter[bytes] = Counter()

    def add(self, seeker: Seeker) -> None:
        """Let a revert look for its names."""
        self._count(seeker, 1)

    def drop(self, seeker: Seeker) -> None:
        """Let it look no more."""
        self._count(seeker, -1)

    def _count(self, seeker: Seeker, step: int) -> None:
        for slot in seeker.slots:
            if slot.title:
                _enlist(self._by_title, slot.title[:_KEY], seeker, step)
                _add(self._hints, _hint(slot.title), step)
                self._untyped += 0 if slot.sure else step
            for key in slot.keys:
                _enlist(self._by_key, key, seeker, step)
                _add(self._kinds, key[0], step)
                _add(self._numbers, _digits(key), step)
        self._is_indexed = False

    def _index_short_titles(self) -> None:
        if self._is_indexed:
            return
        self._is_indexed = True
        short = [hint for hint in self._hints if len(hint) < _HINT]
        self._short = tuple({len(hint) for hint in short})
        self._heads = {hint[:_HEAD] for hint in short}
        self._tiny = any(len(hint) < _HEAD for hint in short)

    def places(self, messages: Texts, subjects: Texts) -> set[int]:
        """Return which of many commits somebody can look for; see `places_that_may_revert`."""
        found = self._places_of_keys(messages, subjects)
        if not self._by_title:
            return found
        self._index_short_titles()
        merged = [p for word in _MERGES for p, at in subjects.places_of(word) if not at]
        brought = [_body_line(messages.each[place]) for place in merged]
        found.update(merged[place] for place in self._places_of_titles(brought))
        found |= self._places_of_titles(subjects.each)
        if self._untyped:
            untyped = [each.partition(b": ")[2].lstrip() for each in subjects.each]
            found |= self._places_of_titles(untyped)
        # casefold may make ASCII of it; spaces are written as one
        if not subjects.joined.isascii():
            found.update(p for p, text in enumerate(subjects.each) if not text.isascii())
        found.update(place for place, _ in subjects.places_of(b"  "))
        return found

    def _places_of_titles(self, texts: Sequence[bytes]) -> set[int]:
        """Return which texts may be titles that somebody looks for."""
        hints, heads, tiny = self._hints, self._heads, self._tiny
        found = {place for place, text in enumerate(texts) if text[:_HINT] in hints}
        if heads or tiny:
            found.update(
                place
                for place, text in enumerate(texts)
                if (text[:_HEAD] in heads or tiny) and self._is_short(text)
            )
        return found

    def _places_of_keys(self, messages: Texts, subjects: Texts) -> set[int]:
        """Return which commits may have a number or an identifier that somebody looks for."""
        kinds = self._kinds
        words = {word for kind, each in _SIGNS.items() if kind in kinds for word in each}
        near: dict[int, int] = {}  # where the first sign stands: what is meant comes after it
        picked: set[int] = set()
        for word in words:
            for place, at in messages.places_of(word):
                near[place] = min(at, near.get(place, at))
                if word == _PICKED:
                    picked.add(place)
        places = list(near)
        tails = Texts([messages.each[place][at:] for place, at in near.items()])
        found = {places[each] for each in self._places_of_numbers(tails)} | picked
        found = {
            each for each in found if self._may_have_key(subjects.each[each], messages.each[each])
        }
        if "#" in kinds or "!" in kinds:
            found |= self._places_of_numbers(subjects)
        return found

    def _places_of_numbers(self, texts: Texts) -> set[int]:
        """Return which texts hold one of the numbers that somebody looks for."""
        numbers = self._numbers
        if len(numbers) > _MAX_FINDS:
            hits = chain(_NUMBERS.finditer(texts.joined), _CHANGES.finditer(texts.joined))
            return {texts.place(hit.start()) for hit in hits if hit[1] in numbers}
        signs = (b"#", b"!", b"/", b"@", b"I")
        names = (sign + number for number in numbers for sign in signs)
        return {place for name in names for place, _ in texts.places_of(name)}

    def _is_short(self, subject: bytes) -> bool:
        """Can it be a title that is shorter than a hint, with or without a number of a forge?"""
        if len(subject) > _HINT + 3 and b"(" not in subject[: _HINT + 3]:
            return False
        return any(subject[:length] in self._hints for length in self._short)

    def seekers(self, message: bytes) -> list[Seeker]:
        """Return who looks for what a message's commit may be known by."""
        found: list[Seeker] = []
        first = message.partition(b"\n")[0]
        if self._by_title:
            subject = first.decode("utf-8", "replace")
            titles = [subject, without_type(subject)]
            if first.lower().startswith(_MERGES):
                titles.append(
                    merged_title(
                        subject, _body_line(message, lower=False).decode("utf-8", "replace")
                    )
                )
            for title in map(plain_title, titles):
                found += self._by_title.get(title[:_KEY], ())
        if self._may_have_key(first, message):
            for key in _all_keys(*subject_and_body(message.decode("utf-8", "replace"))):
                found += self._by_key.get(key, ())
        return list({id(seeker): seeker for seeker in found}.values())

    def _may_have_key(self, subject: bytes, message: bytes) -> bool:
        """Can somebody look for one of its numbers or identifiers?"""
        kinds, numbers = self._kinds, self._numbers
        if "p" in kinds and _PICKED in message:
            return True
        signs = (sign for kind in "#!Cr" if kind in kinds for sign in _SIGNS[kind])
        text = subject if "#" in kinds or "!" in kinds else b""
        if any(sign in message for sign in signs):
            text = message
        if text and any(number in numbers for number in _NUMBERS.findall(text)):
            return True
        return "I" in kinds and any(each in numbers for each in _CHANGES.findall(message))


def _body_line(message: bytes, *, lower: bool = True) -> bytes:
    """Return the first line of a message's body."""
    line = message[:2000].partition(b"\n\n")[2].lstrip(b"\n").partition(b"\n")[0].strip()
    return line.lower() if lower else line


def _hint(title: str) -> bytes:
    """Return the first bytes of a title, as far as they are written in one way only."""
    head = title[:_HINT]
    while not head.isascii():
        head = head[:-1]
    return head.encode()


def _digits(key: str) -> bytes:
    return key.lstrip("#!CLIr ").encode()


def _add(counted: Counter[K], key: K, step: int) -> None:
    counted[key] += step
    if not counted[key]:
        del counted[key]


def _enlist(index: dict[str, list[Seeker]], key: str, seeker: Seeker, step: int) -> None:
    """Add a seeker, or take it out if *step* is negative."""
    if step > 0:
        index.setdefault(key, []).append(seeker)
    elif rest := [each for each in index.pop(key, ()) if each is not seeker]:
        index[key] = rest
