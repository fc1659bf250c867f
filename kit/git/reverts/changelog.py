"""The commits of a range with their groups, and which of them cancel others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from kit.git.repository.clone import CloneHistory
from kit.git.repository.log import subject_and_body
from kit.git.repository.objects import MissingObjectError, Objects
from kit.git.repository.raw_commit import RawCommit
from kit.git.reverts.exactness import check_exactness, sides_of
from kit.git.reverts.lookup import may_revert
from kit.git.reverts.scan import said_by
from kit.git.values.changelog import MERGES, ChangelogEntry, directory_of, judged, prefix_of
from kit.git.values.verdict import Revert

__all__ = ["read_changelog"]

_FORMAT = ("--format=%H %P", "--no-notes")
_TRAILER = re.compile(r"([A-Za-z][A-Za-z0-9-]*):\s*(\S.*)")


def read_changelog(
    clone: CloneHistory, older: str | None, newer: str, *, check: bool = True, both: bool = False
) -> tuple[ChangelogEntry, ...]:
    """Return the commits of *older*..*newer*, newest first, each once.

    Args:
        clone: The clone.
        older: The commit after which the range starts; None: the first commit.
        newer: The commit that it ends with.
        both: Also the commits of *older* that *newer* lacks, as with git's three dots.
        check: Check whether the reverts among them are exact, instead of believing them.
    """
    objects = clone.commits().objects()
    entries: list[ChangelogEntry] = []
    parents: dict[str, list[str]] = {}
    found: dict[str, Revert] = {}
    for sha, above in _commits(clone, older, newer, both=both):
        parents[sha] = above
        try:
            commit = objects.commit(sha)
        except MissingObjectError as error:
            why = f"cannot be read: {error}"
            entries.append(
                ChangelogEntry(sha=sha, subject=why, group="(cannot be read)", author="")
            )
            continue
        lowered = commit.message.encode("utf-8", "replace").lower()
        if may_revert(lowered, lowered.partition(b"\n")[0]):
            revert = said_by(clone, objects, commit)
            if revert is not None:
                found[sha] = revert
        is_merge = len(above) > 1 and sha not in found
        entries.append(_entry(objects, commit, is_merge=is_merge))
    if check:
        found = {
            sha: replace(revert, finding=check_exactness(objects, sha, revert.targets))
            for sha, revert in found.items()
        }
    merges = {
        target.sha: _brought(parents, target.sha)
        for revert in found.values()
        for target in revert.resolved
        if target.sha is not None and len(parents.get(target.sha, ())) > 1
    }
    return judged(entries, found, merges)


def _entry(objects: Objects, commit: RawCommit, *, is_merge: bool) -> ChangelogEntry:
    subject, body = subject_and_body(commit.message)
    if commit.faults:
        gap = " " if subject else ""
        subject += f"{gap}(cannot be read: {'; '.join(commit.faults)})"
    return ChangelogEntry(
        sha=commit.sha,
        subject=subject,
        group=MERGES if is_merge else prefix_of(subject) or _folder(objects, commit.sha),
        is_merge=is_merge,
        author=str(commit.author),
        trailers=_trailers(body),
    )


def _commits(
    clone: CloneHistory, older: str | None, newer: str, *, both: bool
) -> Iterator[tuple[str, list[str]]]:
    """Yield hash and parents, newest first."""
    span = [clone.commit(newer).hash]
    if older is not None:
        first = clone.commit(older).hash
        span = [f"{first}...{span[0]}"] if both else [*span, f"^{first}"]
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


def _ancestors(parents: dict[str, list[str]], start: list[str]) -> dict[str, None]:
    seen: dict[str, None] = {}
    todo = [sha for sha in start if sha in parents]
    while todo:
        sha = todo.pop()
        if sha not in seen:
            seen[sha] = None
            todo += [each for each in parents[sha] if each in parents]
    return seen
