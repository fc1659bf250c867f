"""Compare and count trees while they are read: they can hold each other many times over.

Fifteen trees that each hold the next one a hundred times stand for more files than there are atoms,
and unfolding them never ends.  Here each entry counts when it is met.

Source: git 2.39, tree-walk.c decode_tree_entry(), tree.c base_name_compare().
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from itertools import islice
from operator import lt
from typing import NamedTuple

from kit.git.repository.reader import MissingObjectError

__all__ = ["MAX_CHANGED", "MAX_SHOWN", "Difference", "TreeEntry", "Trees", "entry_in"]

MAX_CHANGED = 20_000  # files that are compared in this process
MAX_SHOWN = 200_000  # files that are named
MAX_HELD = 300_000  # files of a tree that is merged
_MAX_READ = 2_000_000  # entries of all trees that one question reads
_MAX_PATH_BYTES = 4096  # as Linux has it
_MAX_PATHS_BYTES = 64 << 20
_MAX_DEPTH = 500  # libgit2 writes a tree by calling itself for each below it
_KEPT_ENTRIES = 200_000  # of trees that were read last
_TREE = 0o40000
_TREES = (b"40000", b"040000")  # as git writes it, and as some others do
_SYMLINK, _SUBMODULE, _FILE, _PROGRAM = 0o120000, 0o160000, 0o100644, 0o100755


class TreeEntry(NamedTuple):
    """What a tree has under a name: a mode as git writes it, and a hash in bytes."""

    mode: int
    name: bytes

    @property
    def is_tree(self) -> bool:
        """Is it a folder?"""
        return self.mode == _TREE

    @property
    def is_submodule(self) -> bool:
        """Is it a commit of another repository?"""
        return self.mode == _SUBMODULE


_new_entry = partial(tuple.__new__, TreeEntry)  # without a step in Python for each entry
Entries = Mapping[bytes, TreeEntry]
Difference = dict[bytes, tuple[TreeEntry | None, TreeEntry | None]]
_NOTHING: Entries = {}


class _Held(NamedTuple):
    """How many files a tree holds to any depth, the bytes of their paths, and how deep."""

    files: int
    path_bytes: int
    depth: int


class Trees:
    """The trees of a repository; MissingObjectError for one that is absent or damaged.

    Args:
        read: Returns a tree as it is stored.
        digits: The length of a hash.
        ahead: Reads trees that will be asked for, all at once.
    """

    def __init__(
        self,
        read: Callable[[str], bytes],
        digits: int = 40,
        ahead: Callable[[list[str]], None] = lambda _names: None,
    ) -> None:
        self._read, self._width, self._ahead = read, digits // 2, ahead
        # mode, name, hash
        self._row = re.compile(rb"([0-7]{1,7}) ([^\0/]+)\0(.{%d})" % self._width, re.DOTALL)
        self._known: OrderedDict[str, Entries] = OrderedDict()
        self._kept = 0
        self._held: dict[str, _Held] = {}

    def entries(self, name: str) -> Entries:
        """Return what a tree has, by name."""
        found = self._known.get(name)
        if found is None:
            found = self._parsed(name, self._read(name))
            self._known[name] = found
            self._kept += len(found)
            while self._kept > _KEPT_ENTRIES:
                self._kept -= len(self._known.popitem(last=False)[1])
        return found

    def entry(self, name: str, path: bytes) -> TreeEntry | None:
        """Return the entry of a tree at a path; None if there is none, or a folder."""
        *folders, last = path.split(b"/")
        for folder in folders:
            found = self.entries(name).get(folder)
            if found is None or not found.is_tree:
                return None
            name = found.name.hex()
        found = self.entries(name).get(last)
        return None if found is None or found.is_tree else found

    def changed(self, before: str | None, after: str | None, most: int = MAX_CHANGED) -> Difference:
        """Return each differing file before and after, by path, without renames.

        Args:
            before: A tree, or None for an empty one.
            after: The same.
            most: How many files and folders may differ; more raise MissingObjectError.
        """
        found: Difference = {}
        todo: list[tuple[bytes, str | None, str | None]] = [(b"", before, after)]
        met = read = paths = 0
        asked = 0  # of those that are still to do, from the left
        while todo:
            if len(todo) > asked:
                sides_to_do = [each for _, *sides in todo[asked:] for each in sides]
                self._ahead([each for each in sides_to_do if each and each not in self._known])
            folder, left, right = todo.pop()
            asked = len(todo)
            olds = self.entries(left) if left else _NOTHING
            news = self.entries(right) if right else _NOTHING
            read += len(olds) + len(news)
            if read > _MAX_READ:
                raise MissingObjectError(f"its folders have more than {_MAX_READ:,} entries")
            for name in sorted(olds.keys() | news.keys()):
                old, new = olds.get(name), news.get(name)
                if old == new:
                    continue
                path = folder + name
                met, paths = met + 1, paths + len(path)
                if met > most:
                    raise MissingObjectError(f"it changes more than {most:,} files")
                if len(path) > _MAX_PATH_BYTES or paths > _MAX_PATHS_BYTES:
                    raise MissingObjectError("the paths that it changes are too long")
                sides = tuple(each if each and not each.is_tree else None for each in (old, new))
                if sides != (None, None):
                    found[path] = (sides[0], sides[1])
                within = [each.name.hex() if each and each.is_tree else None for each in (old, new)]
                if any(within):
                    todo.append((path + b"/", within[0], within[1]))
        return dict(sorted(found.items()))

    def top_names(self, before: str | None, after: str | None) -> set[bytes | None]:
        """Return the folders in which something differs; None: a file beside them."""
        olds = self.entries(before) if before else _NOTHING
        news = self.entries(after) if after else _NOTHING
        pairs = {name: (olds.get(name), news.get(name)) for name in olds.keys() | news.keys()}
        return {
            name if each.is_tree else None
            for name, (old, new) in pairs.items()
            if old != new
            for each in (old, new)
            if each is not None
        }

    def check_held(self, name: str) -> int:
        """Return how many files a tree holds to any depth, or raise if they are too many."""
        todo = [name]
        read = 0
        while todo:
            if todo[-1] in self._held:
                todo.pop()
                continue
            entries = self.entries(todo[-1])
            within = [(len(each), e.name.hex()) for each, e in entries.items() if e.is_tree]
            missing = [each for _, each in within if each not in self._held]
            if missing:
                read += len(entries)
                if read > _MAX_READ:
                    raise MissingObjectError(f"its folders have more than {_MAX_READ:,} entries")
                todo += dict.fromkeys(missing)
                continue
            self._held[todo.pop()] = self._sum(entries, within)
        return self._held[name].files

    def _sum(self, entries: Entries, within: list[tuple[int, str]]) -> _Held:
        files = len(entries) - len(within)
        path_bytes = sum(len(each) for each in entries)
        depth = 1
        for length, name in within:
            held = self._held[name]
            files += held.files
            path_bytes += held.path_bytes + (length + 1) * held.files
            depth = max(depth, held.depth + 1)
            if files > MAX_HELD or path_bytes > _MAX_PATHS_BYTES or depth > _MAX_DEPTH:
                raise MissingObjectError(
                    f"the kit does not merge a tree of more than {MAX_HELD:,} files,"
                    " or of paths too long"
                )
        return _Held(max(files, 1), path_bytes, depth)

    def _parsed(self, name: str, data: bytes) -> Entries:
        rows = self._row.findall(data)
        modes, names, hashes = zip(*rows, strict=True) if rows else ((), (), ())
        # git pairs the entries of two trees by this order
        keys = [entry + b"/" if mode in _TREES else entry for mode, entry, _ in rows]
        size = sum(map(len, modes)) + sum(map(len, names)) + len(rows) * (self._width + 2)
        entries = map(_new_entry, zip(map(_usual, modes), hashes, strict=True))
        found = dict(zip(names, entries, strict=True))
        is_whole = size == len(data) and len(found) == len(rows)
        if not (is_whole and all(map(lt, keys, islice(keys, 1, None)))):
            raise MissingObjectError(f"the tree {name} is damaged")
        return found


_ENTRY = re.compile(rb"(?:4|10|12|16)[0-7]{4}\Z")


def entry_in(data: bytes, name: bytes, digits: int = 40) -> TreeEntry | None:
    """Return what a tree, as it is stored, has under a name, or None."""
    wanted, place = b" %s\0" % name, 0
    while (place := data.find(wanted, place)) >= 0:
        mode = _ENTRY.search(data, max(place - 6, 0), place)
        end = place + len(wanted)
        if mode and end + digits // 2 <= len(data):  # else it is within a hash
            return TreeEntry(_usual(mode[0]), data[end : end + digits // 2])
        place += 1
    return None


@lru_cache(maxsize=100)
def _usual(written: bytes) -> int:
    """Return a mode as git reads it; old versions wrote the file's own permissions."""
    mode = int(written, 8)
    kind = mode & 0o170000
    if kind == 0o100000:
        return _PROGRAM if mode & 0o100 else _FILE
    return kind if kind in (_SYMLINK, _TREE) else _SUBMODULE
