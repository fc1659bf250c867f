"""Which commit is meant where a message names a title or a number, or a hash of another line.

Whoever reads a log offers each commit to those reverts that look for such a name; nothing is kept
of commits that nobody looks for.  Of several with one title the last one counts whose undoing fits
the revert, else the last.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TypeVar

from kit.git.repository.log import subject_and_body
from kit.git.repository.objects import MissingObjectError, Objects
from kit.git.reverts.exactness import check_exactness, sides_of
from kit.git.values.revert_message import NamedTargets
from kit.git.values.revert_title import bare_title, keys_of, plain_title, without_type
from kit.git.values.verdict import By, RevertTarget, RevertVerdict, TargetStatus

__all__ = ["Offers", "Seeker", "Slot", "may_revert", "slots_of", "twin_slot"]

K = TypeVar("K", bytes, str)
_KEY = 24  # characters of a title by which it is looked up
_MAX_CHECKS = 8  # commits that one revert is compared with
_HINT = 24  # bytes of a title that tell most others from it


def may_revert(message: bytes) -> bool:
    """Can a message say that it reverts something?  Most cannot, and are not looked at closer."""
    if b"revert" in message.lower():
        return True
    subject = message.partition(b"\n")[0].lower()
    return (  # no loop: it is asked of every commit
        b"undo" in subject
        or b"roll" in subject
        or b"back" in subject
        or b"reappl" in subject
        or b"re-appl" in subject
        or b"reland" in subject
        or b"re-land" in subject
    )


@dataclass(frozen=True, slots=True)
class Slot:
    """A name, and by what a commit is known to be meant.

    ``sure``: whatever has the name is meant; else only what the revert undoes.
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
        return tuple(text for text in (without_type(title), *keys) if text)


def slots_of(says: NamedTargets) -> tuple[Slot, ...]:
    """Return what is to be looked for, for a message that names no hash."""
    if says.titles and len(says.numbers) < 2:
        (title, *_) = says.titles
        keys = frozenset(says.numbers)
        return (Slot(title, plain_title(title), keys, says.sure, title),)
    return tuple(Slot(number, keys=frozenset({number}), sure=says.sure) for number in says.numbers)


def twin_slot(named: str, title: str) -> Slot:
    """Return what is to be looked for where the named commit is of another line or not here."""
    return Slot(named, plain_title(title), frozenset({_picked(named)}), sure=False, raw=title)


def _picked(name: str) -> str:
    return f"picked {name[:7].lower()}"


@dataclass(slots=True)
class Seeker:
    """What one revert looks for."""

    sha: str
    slots: tuple[Slot, ...]
    found: dict[str, RevertTarget] = field(default_factory=dict)
    _first: dict[str, RevertTarget] = field(default_factory=dict)
    _checks: int = 0

    @property
    def is_done(self) -> bool:
        """Is everything found that fits?"""
        return len(self.found) == len(self.slots)

    @property
    def has_numbers(self) -> bool:
        """Does it look for a number of a change?  That is not given twice, however old it is."""
        return any(key[:1] in "#!CI" for slot in self.slots for key in slot.keys)

    def offer(
        self, objects: Objects, sha: str, subject: str, body: str, *, is_old: bool = False
    ) -> None:
        """Take a commit that comes before the revert, newest first, if it is meant."""
        title, keys = plain_title(subject), _all_keys(subject, body)
        untyped = plain_title(without_type(subject))
        for slot in self.slots:
            if slot.named in self.found or sha == self.sha:
                continue
            by = slot.how(title, untyped, keys)
            if by is None or (is_old and by is By.TITLE):
                continue
            target = RevertTarget(slot.named, sha, TargetStatus.OK, by=by)
            if self._fits(objects, target):
                self.found[slot.named] = target
            elif slot.sure:
                self._first.setdefault(slot.named, target)

    def target(self, named: str) -> RevertTarget | None:
        """Return what is meant by a name, or None."""
        return self.found.get(named) or self._first.get(named)

    def _fits(self, objects: Objects, target: RevertTarget) -> bool:
        """Does the revert undo it, as far as can be told?"""
        self._checks += 1
        if self._checks > _MAX_CHECKS:
            return False
        assert target.sha is not None
        try:
            objects.start()
            undone = _changed(objects, target.sha)
            done = _changed(objects, self.sha)
        except MissingObjectError:
            return True
        shared = undone.keys() & done.keys()
        if shared and all(
            path in done and done[path][1] == before for path, (before, _) in undone.items()
        ):
            return True
        if not shared:
            return False
        verdict = check_exactness(objects, self.sha, (target,)).verdict
        return verdict not in (None, RevertVerdict.DIFFERENT)


def _changed(objects: Objects, sha: str) -> dict[str, tuple[object, object]]:
    side = sides_of(objects, sha)
    return {**objects.changed(side.before, side.after)}


def _all_keys(subject: str, body: str) -> frozenset[str]:
    return frozenset(
        key if key[:1] in "#!I" or key.startswith("CL ") else _picked(key)
        for key in keys_of(subject, body)
    )


class Offers:
    """Who looks for which name, among the reverts whose targets may still go by in a log."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._by_title: dict[str, list[Seeker]] = {}
        self._by_key: dict[str, list[Seeker]] = {}
        self._hints: Counter[bytes] = Counter()
        self._lengths: tuple[int, ...] = ()  # of the hints
        self._kinds: Counter[str] = Counter()

    def add(self, seeker: Seeker) -> None:
        """Let a revert look for its names."""
        for slot in seeker.slots:
            if slot.title:
                self._by_title.setdefault(slot.title[:_KEY], []).append(seeker)
                self._hints[_hint(slot.title)] += 1
            for key in slot.keys:
                self._by_key.setdefault(key, []).append(seeker)
                self._kinds[key[0]] += 1
        self._lengths = tuple({len(hint) for hint in self._hints})

    def drop(self, seeker: Seeker) -> None:
        """Let it look no more."""
        for slot in seeker.slots:
            if slot.title:
                _take(self._by_title, slot.title[:_KEY], seeker)
                _less(self._hints, _hint(slot.title))
            for key in slot.keys:
                _take(self._by_key, key, seeker)
                _less(self._kinds, key[0])
        self._lengths = tuple({len(hint) for hint in self._hints})

    def seekers(self, message: bytes) -> list[Seeker]:
        """Return who looks for what a message's commit may be known by."""
        found: list[Seeker] = []
        first = message.partition(b"\n")[0]
        if self._may_be_titled(first):
            subject = first.decode("utf-8", "replace")
            for title in (plain_title(subject), plain_title(without_type(subject))):
                found += self._by_title.get(title[:_KEY], ())
        if self._kinds and self._may_have_key(first, message):
            for key in _all_keys(*subject_and_body(message.decode("utf-8", "replace"))):
                found += self._by_key.get(key, ())
        return list({id(seeker): seeker for seeker in found}.values())

    def _may_be_titled(self, subject: bytes) -> bool:
        """Can somebody look for a title?  Quick, as it is asked of every commit."""
        hints = self._hints
        untyped = subject.partition(b": ")[2].lstrip()[:_HINT].lower()
        first = subject[:_HINT].lower()
        return (
            any(first[:length] in hints or untyped[:length] in hints for length in self._lengths)
            or not first.isascii()  # casefold may make ASCII of it
            or not untyped.isascii()
            or b"  " in first
            or b"  " in untyped
        )

    def _may_have_key(self, subject: bytes, message: bytes) -> bool:
        kinds = self._kinds
        return (
            ("p" in kinds and b"(cherry picked from " in message)
            or (
                "#" in kinds and (subject.endswith(b")") or b"#" in subject or b"PR-URL" in message)
            )
            or ("!" in kinds and (subject.endswith(b")") or b"See merge " in message))
            or ("C" in kinds and (b"Reviewed-on: " in message or b"/cl/" in message))
            or ("I" in kinds and b"Change-Id: " in message)
        )


def _hint(title: str) -> bytes:
    """Return the first bytes of a title, as far as they are written in one way only."""
    head = title[:_HINT]
    while not head.isascii():
        head = head[:-1]
    return head.encode()


def _less(counted: Counter[K], key: K) -> None:
    counted[key] -= 1
    if not counted[key]:
        del counted[key]


def _take(index: dict[str, list[Seeker]], key: str, seeker: Seeker) -> None:
    rest = [each for each in index.get(key, ()) if each is not seeker]
    if rest:
        index[key] = rest
    else:
        index.pop(key, None)
