"""The commits that the hashes of a message mean: one each, or those of a range."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from kit.git.repository.clone import CloneHistory
from kit.git.repository.commits import Commits
from kit.git.repository.history import HistoryError
from kit.git.repository.log import subject_and_body
from kit.git.repository.raw_commit import RawCommit
from kit.git.repository.reader import MissingObjectError
from kit.git.reverts.lookup import Seeker, verdict_of
from kit.git.values.revert_message import NamedTargets
from kit.git.values.revert_title import plain_title
from kit.git.values.verdict import By, RevertTarget, RevertVerdict, TargetStatus

__all__ = ["beside", "dated", "mentioned", "targets_of"]

_MENTIONED = re.compile(r"(?<![\w/.@-])#?([0-9a-f]{7,64})(?![\w@-])")
_MAX_TEXT = 20_000  # characters of a message in which hashes are looked for
_MIN_DIGITS = 7  # of a hash
_MAX_OF_A_RANGE = 100
_MAX_TRIED = 12  # commits of a range that are undone to tell where it begins


def _resolve(commits: Commits, name: str) -> tuple[str | None, TargetStatus]:
    """Return the commit that a hash or its beginning names, if there is one; else why not."""
    # shorter ones are numbers of Subversion
    if not re.fullmatch("[0-9a-f]{7,64}", name, re.IGNORECASE):
        return None, TargetStatus.UNKNOWN
    try:
        sha = commits.find(name)
    except ValueError:
        return None, TargetStatus.AMBIGUOUS
    except MissingObjectError:
        return None, TargetStatus.UNKNOWN
    return sha, TargetStatus.UNKNOWN if sha is None else TargetStatus.OK


def targets_of(
    clone: CloneHistory, commits: Commits, commit: RawCommit, says: NamedTargets
) -> tuple[RevertTarget, ...]:
    """Return the targets that the hashes of a message mean."""
    parents = dict(says.made_to)
    found: list[RevertTarget] = []
    for name in says.names:
        if ".." in name:
            found += _of_a_range(clone, commits, commit, name)
            continue
        target = RevertTarget(name, *_named_commit(clone, commits, name), parent=parents.get(name))
        found.append(dated(commits, commit, target))
    return tuple(found)


def _named_commit(
    clone: CloneHistory, commits: Commits, name: str
) -> tuple[str | None, TargetStatus]:
    sha, status = _resolve(commits, name)
    if status is TargetStatus.AMBIGUOUS:
        with contextlib.suppress(HistoryError):  # git ignores the trees and files that begin so too
            return clone.commit(name).hash, TargetStatus.OK
    return sha, status


def _of_a_range(
    clone: CloneHistory, commits: Commits, commit: RawCommit, name: str
) -> Iterable[RevertTarget]:
    """Return the commits of ``A..B`` or ``A^..B``.

    People write ``A..B`` and mean A, too: then undoing all of them gives the revert.
    """
    ends = re.match(r"([0-9a-f]+)(\^?)\.\.\.?([0-9a-f]+)", name, re.IGNORECASE)
    assert ends is not None
    first, last = (_named_commit(clone, commits, ends[each])[0] for each in (1, 3))
    unknown = (RevertTarget(name, None, TargetStatus.UNKNOWN),)
    if first is None or last is None:
        return unknown
    names = _between(clone, first, last)
    if ends[2] and not names:  # people write the last one first, too
        first, last = last, first
        names = _between(clone, first, last)
    if not names or len(names) > _MAX_OF_A_RANGE:
        return unknown
    inner = [dated(commits, commit, RevertTarget(sha, sha, TargetStatus.OK)) for sha in names]
    both = [*inner, dated(commits, commit, RevertTarget(first, first, TargetStatus.OK))]
    if ends[2] or (
        len(both) <= _MAX_TRIED and verdict_of(commits, commit.sha, both) is RevertVerdict.EXACT
    ):
        return both
    return inner


def _between(clone: CloneHistory, first: str, last: str) -> list[str]:
    walk = ("rev-list", f"--max-count={_MAX_OF_A_RANGE + 1}", "--no-merges", last, f"^{first}")
    with clone.stream(*walk, "--") as listed:
        return [line.decode().strip() for line in listed]


def beside(commits: Commits, commit: RawCommit) -> tuple[str, ...]:
    """Return the commits whose hashes stand in a message, whatever it says of them."""
    names = dict.fromkeys(_MENTIONED.findall(commit.message[:_MAX_TEXT]))
    found = (_resolve(commits, name)[0] for name in list(names)[:_MAX_TRIED])
    return tuple(sha for sha in found if sha is not None and sha != commit.sha)


def mentioned(
    commits: Commits,
    commit: RawCommit,
    seeker: Seeker,
    some: Sequence[str],
    is_before: Callable[[str], bool],
) -> tuple[RevertTarget, ...]:
    """Return the one of *some* commits that a revert mentions and means, if it means one.

    That has the title that *seeker* looks for, or the revert undoes it.
    """
    if len(seeker.slots) != 1:
        return ()
    (slot,) = seeker.slots
    for sha in some:
        try:
            title = subject_and_body(commits.commit(sha).message)[0]
            is_named = len(slot.named) > _MIN_DIGITS and sha.startswith(slot.named[1:])
            is_meant = is_named or plain_title(title) == slot.title or seeker.undoes(commits, sha)
            if is_meant and is_before(sha):
                target = RevertTarget(slot.named, sha, TargetStatus.OK, by=By.HASH)
                return (dated(commits, commit, target),)
        except MissingObjectError:
            continue
    return ()


def dated(commits: Commits, revert: RawCommit, target: RevertTarget) -> RevertTarget:
    """Return a target and the time from it to its revert; no hash if it is not here."""
    if target.sha is None:
        return target
    if target.sha == revert.sha:  # nothing can name itself by its hash
        return replace(target, sha=None, status=TargetStatus.UNKNOWN)
    try:
        commit = commits.commit(target.sha)
    except MissingObjectError:
        return replace(target, sha=None, status=TargetStatus.UNKNOWN)
    return replace(
        target,
        committed_s=revert.committer.time_s - commit.committer.time_s,
        authored_s=revert.author.time_s - commit.author.time_s,
        by=target.by or By.HASH,
    )
