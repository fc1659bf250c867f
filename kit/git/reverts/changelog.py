"""The commits of a range with their groups, which of them cancel others, and its releases."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import overload

from kit.common.errors import UserError
from kit.git.repository.clone import CloneHistory
from kit.git.repository.history import History
from kit.git.repository.log import subject_and_body
from kit.git.repository.objects import MissingObjectError, Objects
from kit.git.repository.raw_commit import RawCommit
from kit.git.repository.reenacted import ReenactmentHistory, clone_of
from kit.git.reverts.content import past_changes
from kit.git.reverts.exactness import check_exactness, sides_of
from kit.git.reverts.lookup import may_revert
from kit.git.reverts.releases import releases_among
from kit.git.reverts.scan import said_by, silent_revert
from kit.git.values.changelog import MERGES, ChangelogEntry, directory_of, judged, prefix_of
from kit.git.values.revert_message import Form
from kit.git.values.sections import (
    Grouping,
    NextVersion,
    Section,
    conventional,
    habit_of,
    highest_version,
    next_version,
    sections_of,
)
from kit.git.values.verdict import Revert

__all__ = ["RangeRead", "changelog_of", "since_release"]

_FORMAT = ("--format=%H %P", "--no-notes")
_TRAILER = re.compile(r"([A-Za-z][A-Za-z0-9-]*):\s*(\S.*)")
_AT_ONCE = 400  # commits
_MAX_TEXT = 20_000  # characters of a message in which words are looked for
_BREAKING = re.compile(r"^BREAKING[ -]CHANGE: ", re.MULTILINE)
_OF_A_PART = re.compile(
    r"\b(?:partial(?:ly)?|partly|in part)\s+(?:revert|undo|roll|back)"
    r"|\brevert(?:s|ed|ing)?\s+(?:[\w\"]{1,40}\s+){0,4}?"
    r"(?:partial(?:ly)?|partly|in part|(?:a )?parts? of)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class RangeRead(Sequence[ChangelogEntry]):
    """A range as it was read: a sequence of its entries, newest first, and what follows from them.

    ``by`` is what sections go by.
    ``releases`` are the tags within the range that are a number, with their dates, newest first.
    ``before`` is the highest version that is older than the range.
    """

    entries: tuple[ChangelogEntry, ...]
    by: Grouping
    releases: tuple[tuple[str, str], ...] = ()
    before: str | None = None

    def __len__(self) -> int:
        """Return how many commits it has."""
        return len(self.entries)

    @overload
    def __getitem__(self, place: int) -> ChangelogEntry: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[ChangelogEntry, ...]: ...

    def __getitem__(self, place: int | slice) -> ChangelogEntry | tuple[ChangelogEntry, ...]:
        """Return entries by their place."""
        return self.entries[place]

    @property
    def news(self) -> tuple[ChangelogEntry, ...]:
        """The entries that are not cancelled, but for merges."""
        return tuple(e for e in self.entries if e.cancelled_by is None and not e.is_merge)

    @property
    def sections(self) -> tuple[Section, ...]:
        """The news in sections, as `by` says."""
        return sections_of(self.news, self.by)

    @property
    def next_version(self) -> NextVersion | None:
        """The version that follows from what no release has yet, or else from all."""
        unreleased = [each for each in self.entries if each.tag is None]
        if not self.releases or not unreleased:
            return next_version(self.before, self.entries)
        return next_version(highest_version(tag for tag, _ in self.releases), unreleased)


def changelog_of(
    history: History,
    *words: str,
    check: bool = True,
    by: Grouping | None = None,
    content: bool = False,
) -> RangeRead:
    """Return the commits of a range, each once, and what a changelog says of them.

    Args:
        history: A clone, or the re-enactment.
        words: The range as git has it: ``A..B``, ``A..``, ``..B``, ``A...B``, one commit and all
            before, or several words, as ``B ^A ^C``.
        check: Check whether the reverts among them are exact, instead of believing them.
        by: What sections go by; None: the project's own habit.
        content: Also look for reverts that do not say so.

    Raises:
        UserError: The words are not a range.
    """
    span, older = _span(history, words)
    clone = clone_of(history)
    objects = clone.commits().objects()
    parents = dict(_commits(clone, span))
    objects.know_range(parents)
    commits, found = _read(clone, objects, list(parents))
    if content:
        found |= _silent(clone, objects, span, commits, found)
    by = by or _habit(commits.values())
    released, dates = _released(clone, parents)
    entries = [
        replace(_entry(objects, sha, commit, found, by), tag=released.get(sha))
        for sha, commit in commits.items()
    ]
    for sha, revert in found.items():
        found[sha] = _as_said(revert, commits[sha])
        if check:
            found[sha] = replace(revert, finding=check_exactness(objects, sha, revert.targets))
    merges = {
        target.sha: _brought(parents, target.sha)
        for revert in found.values()
        for target in revert.resolved
        if target.sha is not None and len(parents.get(target.sha, ())) > 1
    }
    before = _last_release(clone, older) if older is not None else None
    return RangeRead(judged(entries, found, merges), by, dates, before)


def _habit(commits: Iterable[RawCommit | str]) -> Grouping:
    return habit_of(
        subject_and_body(each.message)[0]
        for each in commits
        if not isinstance(each, str) and len(each.parents) < 2
    )


def since_release(history: History, end: str = "") -> str:
    """Return the range from the last release before a commit, HEAD by default, to it.

    UserError if there is no tag of a release.
    """
    newer = end or _tip(history)
    tag = _last_release(clone_of(history), history.commit(newer).hash)
    if tag is None:
        raise UserError(
            f"{history.source}: no tag before {newer} is a version, such as v1.2.0;"
            " give a range instead of --since-tag"
        )
    return f"{tag}..{newer}"


def _tip(history: History) -> str:
    if isinstance(history, ReenactmentHistory):
        return history.clone.commit("HEAD").hash
    return "HEAD"


def _span(history: History, words: Sequence[str]) -> tuple[list[str], str | None]:
    """Return a range as arguments of git log, and the commit after which it starts, if any."""
    dots, tips, before = "", list[str](), list[str]()
    for word in words:
        match = re.fullmatch(r"(.*?)(\.{2,3})(.*)", word)
        older, found, newer = match.groups() if match else ("", "", word)
        if word.startswith("^") and not found:
            before.append(word[1:])
            continue
        is_plain = not newer.startswith(".") and ".." not in newer and not older.startswith("^")
        if not (older or newer) or not is_plain or (found == "..." and len(words) > 1):
            raise UserError(
                f"{word} is not a range; give two commits or tags, such as v5.2.0..v6.0.0"
            )
        dots = found or dots
        tips.append(newer or _tip(history))
        if found:
            before.append(older or _tip(history))
    newest = [history.commit(each).hash for each in tips or [_tip(history)]]
    oldest = [history.commit(each).hash for each in before]
    if dots == "...":
        return [f"{oldest[0]}...{newest[0]}"], oldest[0]
    return [*newest, *(f"^{each}" for each in oldest)], oldest[0] if oldest else None


def _read(
    clone: CloneHistory, objects: Objects, names: Sequence[str]
) -> tuple[dict[str, RawCommit | str], dict[str, Revert]]:
    """Return the commits, or why they cannot be read, and those that say that they revert."""
    commits: dict[str, RawCommit | str] = {}
    found: dict[str, Revert] = {}
    for place, sha in enumerate(names):
        if not place % _AT_ONCE:
            objects.read_ahead(names[place : place + _AT_ONCE])
        try:
            commits[sha] = commit = objects.commit(sha)
        except MissingObjectError as error:
            commits[sha] = f"cannot be read: {error}"
            continue
        lowered = commit.message.encode("utf-8", "replace").lower()
        if may_revert(lowered, lowered.partition(b"\n")[0]):
            revert = said_by(clone, objects, commit)
            if revert is not None:
                found[sha] = revert
    return commits, found


def _silent(
    clone: CloneHistory,
    objects: Objects,
    span: Sequence[str],
    commits: Mapping[str, RawCommit | str],
    said: Mapping[str, Revert],
) -> dict[str, Revert]:
    """Return the reverts that do not say so, or not of what."""
    past = past_changes(clone, ("--end-of-options", *span, "--"))
    found = {}
    for sha in past.silent:
        commit = commits.get(sha)
        if not isinstance(commit, RawCommit) or (sha in said and said[sha].resolved):
            continue
        if targets := past.taken_back(objects, sha):
            found[sha] = silent_revert(objects, commit, targets)
    return found


def _as_said(revert: Revert, commit: RawCommit | str) -> Revert:
    """Return a revert as prose if its message speaks of a part anywhere."""
    is_of_a_part = not isinstance(commit, str) and _OF_A_PART.search(commit.message[:_MAX_TEXT])
    return replace(revert, form=Form.PROSE) if is_of_a_part else revert


def _released(
    clone: CloneHistory, parents: dict[str, list[str]]
) -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    """Return the first release that has each commit, and the releases with their dates."""
    tags = dict(clone.tags())
    here = {tag: tags[tag] for tag in releases_among(tags) if tags[tag] in parents}
    places = {sha: place for place, sha in enumerate(parents)}
    ordered = sorted(here, key=lambda tag: (-places[here[tag]], tag))  # oldest first
    found: dict[str, str] = {}
    for tag in ordered:
        for sha in _ancestors(parents, [here[tag]], found):
            found[sha] = tag
    dates = [(tag, clone.commits().commit(here[tag]).committer.date[:10]) for tag in ordered]
    return found, tuple(reversed([each for each in dates if each[0] in found.values()]))


def _last_release(clone: CloneHistory, sha: str) -> str | None:
    """Return the highest version among the tags that a commit comes after, or that are on it."""
    asked = ("for-each-ref", f"--merged={sha}", "--format=%(refname:strip=2)", "refs/tags")
    with clone.stream(*asked, of="tags") as printed:
        tags = printed.read().decode("utf-8", "replace").splitlines()
    return highest_version(releases_among(tags))


def _entry(
    objects: Objects, sha: str, commit: RawCommit | str, found: dict[str, Revert], by: Grouping
) -> ChangelogEntry:
    if isinstance(commit, str):
        return ChangelogEntry(sha=sha, subject=commit, group="(cannot be read)", author="")
    subject, body = subject_and_body(commit.message)
    said, is_revert = conventional(subject), sha in found
    is_merge = len(commit.parents) > 1 and not is_revert
    prefix = prefix_of(subject)
    wants_folder = by is Grouping.DIRECTORY or prefix is None
    folder = _folder(objects, sha) if wants_folder and not is_merge else ""
    if commit.faults:
        gap = " " if subject else ""
        subject += f"{gap}(cannot be read: {'; '.join(commit.faults)})"
    is_breaking = bool((said and said.breaking) or _BREAKING.search(body[-_MAX_TEXT:]))
    return ChangelogEntry(
        sha=sha,
        subject=subject,
        group=MERGES if is_merge else prefix or folder,
        is_merge=is_merge,
        author=str(commit.author),
        trailers=_trailers(body),
        breaking=is_breaking and not is_revert and not is_merge,
        directory=folder if by is Grouping.DIRECTORY else "",
    )


def _commits(clone: CloneHistory, span: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield hash and parents, newest first."""
    with clone.stream("log", *_FORMAT, "--end-of-options", *span, "--") as log:
        for line in log:
            sha, *parents = line.decode().split()
            yield sha, parents


def _folder(objects: Objects, sha: str) -> str:
    try:
        objects.start()
        side = sides_of(objects, sha)
        return directory_of(objects.changed(side.before, side.after))
    except MissingObjectError:
        return "(several)"


def _trailers(body: str) -> tuple[tuple[str, str], ...]:
    lines = body.rsplit("\n\n", 1)[-1].split("\n")
    return tuple((match[1], match[2]) for line in lines if (match := _TRAILER.fullmatch(line)))


def _brought(parents: dict[str, list[str]], merge: str) -> tuple[str, ...]:
    """Return the commits of the range that came with a merge, and the merge itself."""
    first, *others = parents[merge]
    before = _ancestors(parents, [first])
    return (*(sha for sha in _ancestors(parents, others) if sha not in before), merge)


def _ancestors(
    parents: dict[str, list[str]], start: list[str], beyond: Container[str] = ()
) -> dict[str, None]:
    """Return commits of the range and those before them in it, but for what lies *beyond*."""
    seen: dict[str, None] = {}
    todo = [sha for sha in start if sha in parents]
    while todo:
        sha = todo.pop()
        if sha not in seen and sha not in beyond:
            seen[sha] = None
            todo += [each for each in parents[sha] if each in parents]
    return seen
