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
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from kit.git.repository.clone import CloneHistory
from kit.git.repository.commits import Commits
from kit.git.repository.history import HistoryError
from kit.git.repository.log import NAP_S, log_blocks
from kit.git.repository.raw_commit import RawCommit
from kit.git.repository.reader import MissingObjectError
from kit.git.repository.trees import Difference, TreeEntry
from kit.git.values.patch import line_change

__all__ = [
    "ChangesAside",
    "PastChanges",
    "inverse_before",
    "past_changes",
    "undone_before",
]

_BACK = 24  # commits of the same line that are looked at
_MAX_PATHS = 40
_MAX_TARGETS = 20
_WITHIN_S = 366 * 86_400
_MAX_ALIKE = 200  # commits of the same files that one is compared with
_MAX_BYTES = 4 << 20  # of the files of one of them
_KEPT = 8  # changes of a file that are remembered
_RAW = (
    *("-z", "--raw", "--no-abbrev", "--no-renames", "--no-merges"),
    *("--format=%x01%H %ct %s", "--encoding=UTF-8", "--no-notes", "--no-show-signature"),
)
_BLOCK_BYTES = 1 << 18
_TOGGLE = re.compile(
    r"\b(?:bump|version|release|enable|disable|toggle|switch|turn(?:ed|s)? (?:on|off)|update"
    r"|upgrade|downgrade|pin|unpin|sync|snapshot|prepare|open|begin|start|post-release)\w*\b"
    r"|-rc\d|v?\d+\.\d+\.\d+",
    re.IGNORECASE,
)


# -- the commits just before -------------------------------------------------------------------


def undone_before(clone: CloneHistory, commits: Commits, sha: str) -> tuple[str, ...]:
    """Return what a commit takes back among those before it in its line, newest first.

    What merges brought into the line counts commit by commit.
    """
    try:
        commit = commits.commit(sha)
        changed = commits.changes(sha)
        if len(commit.parents) != 1 or not 0 < len(changed) <= _MAX_PATHS:
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
    """Return which commits of a line changed some files since they were as they are again."""
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

    Args:
        clone: Where they are read.
        commits: Who reads.
        commit: The commit.
        changed: What it changes.
        states: The hashes of one of its files in those before it.
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
    options = (*_RAW, "--full-diff", f"-{_MAX_TARGETS + 1}", "--end-of-options")
    span = (commit.parents[0], f"^{oldest}", "--", *_specs(changed))
    targets: list[str] = []
    with clone.stream("log", *options, *span, to_the_end=False) as log:
        for seen, files in _changes(_fields(log_blocks(log))):
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
    """Return mode and hash as git log --raw prints them; see `_changes`."""
    return b"" if entry is None else b"%06o%s" % (entry.mode, entry.name.hex().encode())


def _specs(paths: Iterable[bytes]) -> list[str]:
    return [f":(top,literal){os.fsdecode(path)}" for path in paths]


# -- the exact inverse -------------------------------------------------------------------------


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
    options = (*_RAW, "--full-diff", f"-{_MAX_ALIKE}", since, "--end-of-options")
    with clone.stream(
        "log", *options, commit.parents[0], "--", *_specs(own), to_the_end=False
    ) as log:
        for seen, files in _changes(_fields(log_blocks(log))):
            if files.keys() == own.keys() and _is_inverse(commits, seen.sha, own):
                return (seen.sha,)
    return ()


def _own_lines(commits: Commits, sha: str) -> dict[bytes, Counter[bytes]] | None:
    """Return the lines that a commit changes, by path; None if it cannot be an exact inverse."""
    try:
        commit, changed = commits.commit(sha), commits.changes(sha)
        if len(commit.parents) != 1 or not 0 < len(changed) <= _MAX_PATHS:
            return None
        own = _lines_of(commits, list(changed.items()))
    except MissingObjectError:
        return None
    return own if own is not None and any(own.values()) else None


def _is_inverse(commits: Commits, sha: str, own: Mapping[bytes, Counter[bytes]]) -> bool:
    try:
        theirs = _lines_of(commits, list(commits.changes(sha).items()))
    except MissingObjectError:
        return False
    return theirs is not None and all(
        all(own[path][line] == -theirs[path][line] for line in {*own[path], *theirs[path]})
        for path in own
    )


def _lines_of(
    commits: Commits, changed: Sequence[tuple[bytes, tuple[TreeEntry | None, TreeEntry | None]]]
) -> dict[bytes, Counter[bytes]] | None:
    """Return which lines a change adds and removes, by path; None if its files are too large."""
    entries = [each for _, sides in changed for each in sides if each]
    if sum(commits.sizes(entries).values()) > _MAX_BYTES:
        return None
    commits.read_objects(each.name.hex() for each in entries if not each.is_submodule)
    return {path: line_change(commits.text(old), commits.text(new)) for path, (old, new) in changed}


# -- the whole log -----------------------------------------------------------------------------


class _FileStep(NamedTuple):
    """What a commit did with a file."""

    old: bytes
    new: bytes
    commit: _Seen


class _Seen(NamedTuple):
    """A commit that went by."""

    sha: str
    made_s: int
    subject: str
    paths: frozenset[bytes]


class _StoppedError(Exception):
    """Whoever asked for the changes of a log does not need them any more."""


class PastChanges:
    """The changes of a log, oldest first: which are taken back in silence, and which are alike.

    Of the past a year is kept, as long as a revert looks back.
    """

    def __init__(self) -> None:
        """Start with none."""
        self.silent: dict[str, tuple[str, ...]] = {}  # as far as dates tell what came before
        self._past: dict[bytes, deque[_FileStep]] = {}
        self._alike: dict[int, list[tuple[int, bytes]]] = {}  # by their files
        self._pruned_s = 0

    def take(self, seen: _Seen, files: Mapping[bytes, tuple[bytes, bytes]]) -> None:
        """Take the next commit."""
        if targets := _taken_back(seen, files, self._past):
            self.silent[seen.sha] = tuple(each.sha for each in targets)
        for path, (old, new) in files.items():
            self._past.setdefault(path, deque(maxlen=_KEPT)).append(_FileStep(old, new, seen))
        alike = self._alike.setdefault(hash(seen.paths), [])
        alike.append((seen.made_s, bytes.fromhex(seen.sha)))
        if seen.made_s > self._pruned_s + _WITHIN_S:
            self._prune(seen.made_s)

    def taken_back(self, commits: Commits, sha: str) -> tuple[str, ...]:
        """Return what a commit takes back in silence, if all of it came before."""
        targets = self.silent.get(sha, ())
        return targets if all(_comes_after(commits, sha, each) for each in targets) else ()

    def inverse(self, commits: Commits, sha: str) -> tuple[str, ...]:
        """Return the last commit of the year before whose exact inverse one is, or nothing."""
        own = _own_lines(commits, sha)
        if own is None:
            return ()
        made_s = commits.commit(sha).committer.time_s
        alike = self._alike.get(hash(frozenset(own)), [])
        near = [name for at_s, name in alike if made_s - _WITHIN_S <= at_s <= made_s]
        for name in near[: -_MAX_ALIKE - 1 : -1]:
            target = name.hex()
            if target != sha and _is_inverse(commits, target, own):
                return (target,) if _comes_after(commits, sha, target) else ()
        return ()

    def _prune(self, now_s: int) -> None:
        """Forget what nobody looks back to any more, but for the names of what is alike."""
        self._pruned_s = now_s
        limit_s = now_s - _WITHIN_S
        for path in [p for p, steps in self._past.items() if steps[-1].commit.made_s < limit_s]:
            del self._past[path]


def past_changes(
    clone: CloneHistory, options: Sequence[str], is_stopped: Callable[[], bool] = lambda: False
) -> PastChanges:
    """Return what a log says of its changes.

    Args:
        clone: Where they are read.
        options: Where git log starts, and which paths.
        is_stopped: Is the answer no longer needed?

    """
    found = PastChanges()
    with clone.stream("log", *_RAW, "--reverse", *options, nap_s=NAP_S) as log:
        for seen, files in _changes(_fields(log_blocks(log, _BLOCK_BYTES))):
            if is_stopped():
                raise _StoppedError
            found.take(seen, files)
    return found


class ChangesAside:
    """Reads the changes of a log in a thread, and stops when the block is left."""

    def __init__(self, clone: CloneHistory, options: Sequence[str]) -> None:
        """Take what `past_changes` takes."""
        self._clone, self._options = clone, options
        self._stop = threading.Event()
        self._found: PastChanges | None = None
        self._why: HistoryError | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> ChangesAside:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def result(self) -> PastChanges:
        """Wait, and return them.

        Raises:
            HistoryError: git fails.
        """
        self._thread.join()
        if self._found is None:
            raise self._why or HistoryError(f"{self._clone.place}: its changes cannot be read")
        return self._found

    def _run(self) -> None:
        try:
            self._found = past_changes(self._clone, self._options, self._stop.is_set)
        except HistoryError as error:
            self._why = error
        except _StoppedError:
            pass


def _fields(blocks: Iterator[list[bytes]]) -> Iterator[bytes]:
    for block in blocks:
        yield from block


def _changes(
    fields: Iterator[bytes],
) -> Iterator[tuple[_Seen, dict[bytes, tuple[bytes, bytes]]]]:
    """Give each commit that git log --raw prints, and the blobs of its files before and after."""
    head, files = b"", dict[bytes, tuple[bytes, bytes]]()
    for field in fields:
        if field.startswith(b"\x01"):
            if head and 0 < len(files) <= _MAX_PATHS:
                yield _seen(head, files), files
            head, files = field, {}
        elif field.startswith((b":", b"\n:")):
            _, mode, old, new, _ = field.split()
            path = next(fields, b"")
            if len(files) <= _MAX_PATHS:
                mode_before = field.lstrip(b"\n")[1:7]
                files[path] = _side(mode_before, old), _side(mode, new)
    if head and 0 < len(files) <= _MAX_PATHS:
        yield _seen(head, files), files


def _side(mode: bytes, name: bytes) -> bytes:
    return b"" if mode == b"000000" else mode + name


def _seen(head: bytes, files: Mapping[bytes, object]) -> _Seen:
    sha, made_s, subject = head[1:].decode("utf-8", "replace").split(" ", 2)
    return _Seen(sha, int(made_s), subject.strip(), frozenset(files))


def _taken_back(
    seen: _Seen, files: Mapping[bytes, tuple[bytes, bytes]], past: Mapping[bytes, deque[_FileStep]]
) -> list[_Seen]:
    """Return the commits that one takes back as a whole, newest first; none if it is a toggle."""
    alone = _undone_alone(seen, files, past)
    if alone is not None:
        is_toggle = any(
            sum(change.new == new for change in past[path]) > 1 for path, (_, new) in files.items()
        )
        return [] if is_toggle or _are_toggles([seen, alone]) else [alone]
    targets: dict[str, _Seen] = {}
    for path, (old, new) in files.items():
        state, is_back = old, False
        before = past.get(path, ())
        for change in reversed(before):
            if change.new != state or seen.made_s - change.commit.made_s > _WITHIN_S:
                return []
            targets[change.commit.sha] = change.commit
            state = change.old
            if state == new:
                is_back = True
                break
        if not is_back or sum(change.new == new for change in before) > 1:
            return []
    undone = sorted(targets.values(), key=lambda each: -each.made_s)
    if len(undone) > _MAX_TARGETS or not all(each.paths <= seen.paths for each in undone):
        return []
    return [] if _are_toggles([seen, *undone]) else undone


def _undone_alone(
    seen: _Seen, files: Mapping[bytes, tuple[bytes, bytes]], past: Mapping[bytes, deque[_FileStep]]
) -> _Seen | None:
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


def _are_toggles(some: Sequence[_Seen]) -> bool:
    return any(_TOGGLE.search(each.subject) for each in some)


def _comes_after(commits: Commits, sha: str, target: str) -> bool:
    try:
        return commits.descends(sha, target)
    except MissingObjectError:
        return False
