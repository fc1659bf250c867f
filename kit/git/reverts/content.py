"""What a commit takes back, by content alone: no message is asked.

A commit reverts what lies between it and an earlier tree that it restores: the whole tree, or all
files that it changes, each as it once was.  The changes in between must be in those files only.

Where a message says that something is reverted and not what, the commits just before are looked at.
Silent reverts, whose message says nothing, are looked for in the whole log, as git prints the blobs
that each commit changes.  What goes back and forth is a toggle and no revert: a version, a flag.
"""

from __future__ import annotations

import os
import re
from collections import Counter, deque
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from io import BufferedReader
from itertools import pairwise
from typing import NamedTuple

from kit.git.repository.clone import CloneHistory
from kit.git.repository.commits import Commits
from kit.git.repository.log import CHANGES, NAP_S, LoggedChange, log_changes, subject_and_body
from kit.git.repository.raw_commit import RawCommit
from kit.git.repository.reader import MissingObjectError
from kit.git.repository.trees import Difference, TreeEntry

__all__ = [
    "LOGGED",
    "MAX_PATHS",
    "PastChanges",
    "inverse_before",
    "past_changes",
    "undone_before",
]

_BACK = 24  # commits of the same line that are looked at
MAX_PATHS = 40
_MAX_TARGETS = 20
_WITHIN_S = 366 * 86_400
_MAX_ALIKE = 200  # commits of the same files that one is compared with
_MAX_BYTES = 4 << 20  # of the files of one of them
_KEPT = 8  # changes of a file that are remembered
LOGGED = (*CHANGES, "--no-notes", "--no-show-signature")
"""The options of the log that `PastChanges` takes."""
_WALK = (*LOGGED, "--no-merges", "--full-diff")
_BLOCK_BYTES = 1 << 18
_ROW_BYTES = len(":100644 100644   M")  # and two hashes, of a file that git log --raw prints
_TOGGLE = re.compile(
    r"\b(?:bump|version|release|enable|disable|toggle|switch|turn(?:ed|s)? (?:on|off)|update"
    r"|upgrade|downgrade|pin|unpin|sync|snapshot|prepare|open|begin|start|post-release)\w*\b"
    r"|-rc\d|v?\d+\.\d+\.\d+",
    re.IGNORECASE,
)


def undone_before(clone: CloneHistory, commits: Commits, sha: str) -> tuple[str, ...]:
    """Return what a commit takes back among those before it in its line, newest first.

    What merges brought into the line counts commit by commit.
    """
    try:
        commit = commits.commit(sha)
        changed = commits.changes(sha)
        if len(commit.parents) != 1 or not 0 < len(changed) <= MAX_PATHS:
            return ()
        path, (_, new) = next(iter(changed.items()))
        states = commits.states_before(sha, path, _BACK)
        wanted = None if new is None else new.name.hex()
        if states is not None and wanted not in states[1:]:
            return _undone_in_a_merge(clone, commits, commit, changed, states)
        line = commits.line_before(commit, _BACK + 1)
        commits.read_objects(each.tree_name() for each in line)
        for place, each in enumerate(line[1 : _MAX_TARGETS + 1], start=1):
            if each.tree == commit.tree:
                changes = pairwise(line[: place + 1])
                return tuple(one.sha for one, before in changes if one.tree != before.tree)
        places = _places(commits, line, changed)
        if not 0 < len(places) <= _MAX_TARGETS:
            return ()
        targets = [line[place].sha for place in sorted(places)]
        if all(commits.changes(each).keys() <= changed.keys() for each in targets):
            return tuple(targets)
        if any(len(line[place].parents) > 1 for place in places):
            return _undone_on_sides(clone, commit, changed, line[-1].sha)
    except MissingObjectError:  # a shallow clone, or a partial one
        return ()
    return ()


def _places(
    commits: Commits, line: Sequence[RawCommit], changed: Mapping[bytes, tuple[object, object]]
) -> set[int]:
    """Return the places in a line of the commits that changed files since each last was as now."""
    places: set[int] = set()
    commits.read_paths([each.tree_name() for each in line], changed)
    for path, (last, wanted) in changed.items():
        for place, each in enumerate(line[1:]):
            entry = commits.entry_at(each.tree_name(), path)
            if entry != last:
                places.add(place)
            last = entry
            if entry == wanted:
                break
        else:
            return set()
    return places


def _undone_in_a_merge(
    clone: CloneHistory,
    commits: Commits,
    commit: RawCommit,
    changed: Difference,
    states: Sequence[str | None],
) -> tuple[str, ...]:
    """Return what a commit takes back of what the last merge of a file brought, if one did.

    *states* are the hashes of one of its files in the commits before it.
    """
    step = next((step for step, each in enumerate(states) if each != states[0]), None)
    if step is None:
        return ()
    line = commits.line_before(commit, step + 1)
    if len(line) <= step or len(line[step - 1].parents) < 2:
        return ()
    return _undone_on_sides(clone, commit, changed, line[step].sha)


def _undone_on_sides(
    clone: CloneHistory, commit: RawCommit, changed: Difference, oldest: str
) -> tuple[str, ...]:
    """Return what a commit takes back among those after *oldest*, those of merged sides, too."""
    wanted = {path: _as_printed(new) for path, (_, new) in changed.items()}
    states = {path: _as_printed(old) for path, (old, _) in changed.items()}
    options = (f"-{_MAX_TARGETS + 1}", "--end-of-options", commit.parents[0], f"^{oldest}")
    targets: list[str] = []
    with clone.stream("log", *_WALK, *options, "--", *_specs(changed), to_the_end=False) as log:
        for seen in _logged(log):
            files = seen.files()
            if not (files.keys() <= changed.keys() and len(targets) < _MAX_TARGETS):
                return ()
            for path, (old, new) in files.items():
                if states[path] != new:
                    return ()
                states[path] = old
            targets.append(seen.sha)
            if states == wanted:
                return tuple(targets)
    return ()


def _as_printed(entry: TreeEntry | None) -> bytes:
    """Return mode and hash as git log --raw prints them; see `_side`."""
    return b"" if entry is None else b"%06o%s" % (entry.mode, entry.name.hex().encode())


def _specs(paths: Iterable[bytes]) -> list[str]:
    return [f":(top,literal){os.fsdecode(path)}" for path in paths]


def inverse_before(clone: CloneHistory, commits: Commits, sha: str) -> tuple[str, ...]:
    """Return the last commit of the year before whose exact inverse one is, or nothing.

    Both change the same files, and each line of one is taken back by the other: as with git's
    patch-id, wherever in a file the lines stand, and whatever else was changed since.
    """
    own = _own_lines(commits, sha)
    if own is None:
        return ()
    commit = commits.commit(sha)
    since = f"--since=@{commit.committer.time_s - _WITHIN_S}"
    options = (f"-{_MAX_ALIKE}", since, "--end-of-options", commit.parents[0])
    with clone.stream("log", *_WALK, *options, "--", *_specs(own), to_the_end=False) as log:
        for seen in _logged(log):
            if own.keys() == set(seen.paths) and _is_inverse(commits, seen.sha, own):
                return (seen.sha,)
    return ()


def _own_lines(commits: Commits, sha: str) -> dict[bytes, Counter[bytes]] | None:
    """Return the lines that a commit changes, by path; None if it cannot be an exact inverse."""
    try:
        commit, changed = commits.commit(sha), commits.changes(sha)
        if len(commit.parents) != 1 or not 0 < len(changed) <= MAX_PATHS:
            return None
        own = commits.lines_changed(_MAX_BYTES, changed)
    except MissingObjectError:
        return None
    return own[0] if own is not None and any(own[0].values()) else None


def _is_inverse(commits: Commits, sha: str, own: Mapping[bytes, Counter[bytes]]) -> bool:
    try:
        found = commits.lines_changed(_MAX_BYTES, commits.changes(sha))
    except MissingObjectError:
        return False
    return found is not None and all(
        all(lines[line] == -found[0][path][line] for line in {*lines, *found[0][path]})
        for path, lines in own.items()
    )


class _FileStep(NamedTuple):
    """What a commit did with a file."""

    old: bytes
    new: bytes
    commit: _Logged


class _Logged(NamedTuple):
    """A commit as the log has it: taken apart when it is asked for, because few of many are."""

    name: bytes
    made_s: int
    rows: bytes  # modes and hashes of the files
    paths: tuple[bytes, ...]

    @property
    def sha(self) -> str:
        return self.name.decode()

    def hashes(self, *, after: bool) -> list[bytes]:
        """Return the hash of each file before the commit, or after it."""
        rows, width = self.rows, len(self.rows) // len(self.paths)
        digits = (width - _ROW_BYTES) // 2
        start = width - 2 - digits if after else _ROW_BYTES - 3
        return [rows[at : at + digits] for at in range(start, len(rows), width)]

    def files(self, some: Container[bytes] | None = None) -> dict[bytes, tuple[bytes, bytes]]:
        """Return mode and hash before and after, of each file or of some."""
        width = len(self.rows) // len(self.paths)
        return {
            path: _sides(self.rows[number * width : (number + 1) * width])
            for number, path in enumerate(self.paths)
            if some is None or path in some
        }


_Files = Mapping[bytes, tuple[bytes, bytes]]  # mode and hash before and after, by path
_Past = Mapping[bytes, deque[_FileStep]]


class PastChanges:
    """The changes of a log: which are taken back in silence, and which are alike.

    Of the past a year is looked at, as far as a revert looks back.
    """

    def __init__(self) -> None:
        self.silent: dict[str, tuple[str, ...]] = {}  # as far as dates tell what came before
        self._logged: list[_Logged] = []  # newest first, and when all have been taken oldest first
        self._known: dict[bytes, bytes] = {}  # each path once
        self._past: dict[bytes, deque[_FileStep]] = {}
        self._alike: dict[tuple[bytes, ...], list[int]] = {}  # places of those with the same files
        self._pruned_s = 0

    def keep(self, names: Iterable[bytes], changes: Iterable[LoggedChange]) -> None:
        """Take the next commits of a log, newest first."""
        once = self._known.setdefault
        for name, change in zip(names, changes, strict=True):
            if change.paths:
                paths = tuple(map(once, change.paths, change.paths))
                self._logged.append(_Logged(name, int(change.made_s), change.rows, paths))

    def settle(self) -> None:
        """Find what is taken back in silence, now that all have been taken."""
        self._logged.reverse()
        suspects = self._suspects()
        met = {path for place in suspects for path in self._logged[place].paths}
        for place, logged in enumerate(self._logged):
            self._alike.setdefault(logged.paths, []).append(place)
            if not met.isdisjoint(logged.paths):
                self._take(logged, met, is_suspect=place in suspects)
            if logged.made_s > self._pruned_s + _WITHIN_S:
                self._prune(logged.made_s)

    def _suspects(self) -> set[int]:
        """Return the places of commits all of whose files are as they once were, as it seems.

        Most commits are told by the first of their files: nothing else of them is looked at.
        """
        found: set[int] = set()
        before: set[int] = set()  # what a file was before a change: a number for it and its path
        for place, logged in enumerate(self._logged):
            paths = logged.paths
            if before.issuperset(map(hash, zip(paths, logged.hashes(after=True), strict=True))):
                found.add(place)
            before.update(map(hash, zip(paths, logged.hashes(after=False), strict=True)))
        return found

    def _take(self, logged: _Logged, met: set[bytes], *, is_suspect: bool) -> None:
        """Take the next commit, oldest first; remember it for files that are *met* again."""
        files = logged.files(None if is_suspect else met)
        if is_suspect and (targets := _taken_back(logged, files, self._past)):
            self.silent[logged.sha] = tuple(each.sha for each in targets)
        for path, (old, new) in files.items():
            self._past.setdefault(path, deque(maxlen=_KEPT)).append(_FileStep(old, new, logged))

    def taken_back(self, commits: Commits, sha: str) -> tuple[str, ...]:
        """Return what a commit takes back in silence, if all of it came before."""
        targets = self.silent.get(sha, ())
        if _are_toggles(commits, (sha, *targets)):
            return ()
        return targets if all(_comes_after(commits, sha, each) for each in targets) else ()

    def inverse(self, commits: Commits, sha: str) -> tuple[str, ...]:
        """Return the last commit of the year before whose exact inverse one is, or nothing."""
        own = _own_lines(commits, sha)
        if own is None:
            return ()
        made_s = commits.commit(sha).committer.time_s
        alike = (self._logged[place] for place in self._alike.get(tuple(sorted(own)), ()))
        near = [each for each in alike if made_s - _WITHIN_S <= each.made_s <= made_s]
        grown = {path: _bytes_of(lines) for path, lines in own.items()}
        for target in _that_grow(commits, near[: -_MAX_ALIKE - 1 : -1], grown):
            if target != sha and _is_inverse(commits, target, own):
                return (target,) if _comes_after(commits, sha, target) else ()
        return ()

    def _prune(self, now_s: int) -> None:
        """Forget what nobody looks back to any more, but for the names of what is alike."""
        self._pruned_s = now_s
        limit_s = now_s - _WITHIN_S
        for path in [p for p, steps in self._past.items() if steps[-1].commit.made_s < limit_s]:
            del self._past[path]


def _bytes_of(lines: Mapping[bytes, int]) -> int:
    return sum(len(line) * count for line, count in lines.items())


def _that_grow(
    commits: Commits, some: Sequence[_Logged], grown: Mapping[bytes, int]
) -> Iterator[str]:
    """Yield those that add to each file as many bytes as *grown* says that another takes away."""
    sides = [(*each.hashes(after=False), *each.hashes(after=True)) for each in some]
    sizes = commits.sizes({name.decode() for names in sides for name in names})
    for each, names in zip(some, sides, strict=True):
        bytes_of = [sizes.get(name.decode(), 0) for name in names]
        files = zip(each.paths, bytes_of, bytes_of[len(each.paths) :], strict=False)
        if all(grown[path] == before - after for path, before, after in files):
            yield each.sha


def past_changes(clone: CloneHistory, options: Sequence[str]) -> PastChanges:
    """Return what a log says of its changes; *options* are where it starts, and which paths."""
    found = PastChanges()
    with clone.stream("log", *LOGGED, *options, nap_s=NAP_S) as log:
        for block, changes in log_changes(log, MAX_PATHS, _BLOCK_BYTES):
            found.keep(block.names, changes)
    found.settle()
    return found


def _logged(log: BufferedReader) -> Iterator[_Logged]:
    """Yield the commits of a log that change some files, and not too many."""
    for block, changes in log_changes(log, MAX_PATHS):
        for name, change in zip(block.names, changes, strict=True):
            if change.paths:
                yield _Logged(name, int(change.made_s), change.rows, tuple(change.paths))


def _sides(row: bytes) -> tuple[bytes, bytes]:
    """Return mode and hash before and after, of a row as git prints it."""
    before, after, old, new, _ = row.split()
    return _side(before[1:], old), _side(after, new)


def _side(mode: bytes, name: bytes) -> bytes:
    return b"" if mode == b"000000" else mode + name


def _taken_back(seen: _Logged, files: _Files, past: _Past) -> list[_Logged]:
    """Return the commits that one takes back as a whole, newest first; none if files toggle."""
    alone = _undone_alone(seen, files, past)
    if alone is not None:
        is_toggle = any(
            sum(change.new == new for change in past[path]) > 1 for path, (_, new) in files.items()
        )
        return [] if is_toggle else [alone]
    targets: dict[bytes, _Logged] = {}
    for path, (old, new) in files.items():
        state, is_back = old, False
        before = past.get(path, ())
        for change in reversed(before):
            if change.new != state or seen.made_s - change.commit.made_s > _WITHIN_S:
                return []
            targets[change.commit.name] = change.commit
            state = change.old
            if state == new:
                is_back = True
                break
        if not is_back or sum(change.new == new for change in before) > 1:
            return []
    undone = sorted(targets.values(), key=lambda each: -each.made_s)
    if len(undone) > _MAX_TARGETS or not all(files.keys() >= set(each.paths) for each in undone):
        return []
    return undone


def _undone_alone(seen: _Logged, files: _Files, past: _Past) -> _Logged | None:
    """Return the last commit that changed just these files, the other way round."""
    path, (old, new) = next(iter(files.items()))
    for change in reversed(past.get(path, ())):
        commit = change.commit
        if change.old != new or change.new != old or seen.made_s - commit.made_s > _WITHIN_S:
            continue
        if commit.paths == seen.paths and all(
            any(each == (after, before, commit) for each in past[other])
            for other, (before, after) in files.items()
        ):
            return commit
    return None


def _are_toggles(commits: Commits, some: Sequence[str]) -> bool:
    """Does the title of one of them say that it goes back and forth?"""
    commits.read_ahead(some)
    try:
        titles = [subject_and_body(commits.commit(each).message)[0] for each in some]
    except MissingObjectError:
        return False
    return any(map(_TOGGLE.search, titles))


def _comes_after(commits: Commits, sha: str, target: str) -> bool:
    try:
        return commits.descends(sha, target)
    except MissingObjectError:
        return False
