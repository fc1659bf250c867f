"""Which tags have the code that a revert removed: by the content of their files, not by ancestry.

A release after a commit and after its revert lists both among its ancestors and has the code of
neither.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from kit.git.repository.objects import MissingObjectError, Objects, TreeEntry
from kit.git.reverts.exactness import CommitTrees, changed_in, net_of, sides_of, todays_paths
from kit.git.values.verdict import RevertTarget

__all__ = ["is_version", "releases_among", "tags_with_code"]

_RELEASE = re.compile(r"v?\d+(\.\d+)+")
_VERSION = re.compile(rf"{_RELEASE.pattern}(-rc\d+)?")


def releases_among(tags: Iterable[str]) -> tuple[str, ...]:
    """Return the tags that name a release.

    >>> releases_among(["v6.0.0-rc2", "v6.0.0", "ppc-for-6.0"])
    ('v6.0.0',)
    """
    return tuple(tag for tag in tags if _RELEASE.fullmatch(tag))


def is_version(tag: str) -> bool:
    """Does a tag name a release, or a candidate for one?"""
    return _VERSION.fullmatch(tag) is not None


@dataclass(frozen=True, slots=True)
class _Sign:
    """The lines of a file that show that the code is there; ``paths`` are its names."""

    paths: tuple[str, ...]
    present: frozenset[bytes]
    absent: frozenset[bytes]
    deleted: bool  # the code is that there is no such file


def tags_with_code(
    objects: Objects,
    sha: str,
    targets: Sequence[RevertTarget],
    tags: Iterable[tuple[str, str]],
    untold: Callable[[str], None] = lambda _tag: None,
) -> tuple[str, ...]:
    """Return the tags that have what the targets did and the revert took back, by date.

    That is: every line that a target added and the revert removed is in the same file, and none
    that a target removed and the revert restored.  ``untold`` gets each tag whose files are not
    here.
    """
    objects.start()
    revert = sides_of(objects, sha)
    undone = [
        sides_of(objects, target.sha, target.parent) for target in targets if target.sha is not None
    ]
    signs = _signs(objects, revert, undone)
    # a file may have had the same lines before the change was written: that is not the change
    earliest = min((side.commit.author.time_s for side in undone), default=None)
    known: dict[tuple[_Sign, tuple[TreeEntry | None, ...]], bool] = {}
    found = []
    for name, commit_name in tags if signs else ():
        try:
            commit = objects.commit(commit_name)
            tree = commit.tree_name()
            committed_s = commit.committer.time_s
            if earliest is not None and committed_s < earliest:
                continue
            for sign in signs:
                there = tuple(objects.entry(tree, path) for path in sign.paths)
                if (sign, there) not in known:
                    known[sign, there] = _shows(objects, sign, there)
                if not known[sign, there]:
                    break
            else:
                found.append((committed_s, name))
        except MissingObjectError:
            untold(name)  # a tag of a tree, or of what the clone has not
    return tuple(name for _, name in sorted(found))


def _signs(objects: Objects, revert: CommitTrees, undone: Sequence[CommitTrees]) -> list[_Sign]:
    """Return what to look for."""
    mine = changed_in(objects, revert)
    theirs = [changed_in(objects, side) for side in undone]
    own = net_of(objects, mine)
    names = {path: {path} for path in own}
    present, absent = defaultdict[str, set[bytes]](set), defaultdict[str, set[bytes]](set)
    gone: set[str] = set()
    for side, changed in zip(undone, theirs, strict=True):
        todays = todays_paths(objects, side, revert, mine)
        for old_path, (old, new) in changed.items():
            path = todays.get(old_path, old_path)
            if path not in own:
                continue
            names[path].add(old_path)
            after = objects.line_change(None, new)
            net = objects.line_change(old, new)
            present[path] |= {line for line in net if net[line] > 0 > own[path][line]}
            # one that stays elsewhere in the file tells nothing by being there
            removed = {line for line in net if net[line] < 0 < own[path][line]}
            absent[path] |= removed - after.keys()
            if new is None:
                gone.add(path)
    return [
        _Sign(
            tuple(sorted(names[path])),
            frozenset(present[path]),
            frozenset(absent[path]),
            path in gone,
        )
        for path in own
        if present[path] or absent[path]
    ]


def _shows(objects: Objects, sign: _Sign, there: Sequence[TreeEntry | None]) -> bool:
    entry = next((each for each in there if each is not None), None)
    if entry is None:
        return sign.deleted and not sign.present
    lines = objects.line_change(None, entry)
    return sign.present <= lines.keys() and not sign.absent & lines.keys()
