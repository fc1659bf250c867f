"""Commits, trees and files of a clone by their hashes, read without libgit2.

Most of what is asked about reverts is answered here.  What takes merges or patches is asked of
`Objects`, which loads libgit2: that takes longer than reading a small repository.
"""

from __future__ import annotations

import contextlib
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kit.git.repository.raw_commit import RawCommit, parse_commit
from kit.git.repository.reader import MissingObjectError, ObjectReader
from kit.git.repository.trees import Difference, TreeEntry, Trees, entry_in
from kit.git.values.patch import line_change

if TYPE_CHECKING:
    from kit.git.repository.objects import Objects

__all__ = ["Commits"]

_MAX_PARSED = 2000
_MAX_PATH_BYTES = 800  # of a name in a request
_MAX_CHANGES = 100  # of commits, that are remembered
_AT_ONCE = 300  # commits that are read for one question
_EMPTY_TREES = {
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
_HEX = frozenset("0123456789abcdef")


class Commits:
    """The objects below a clone's ``objects`` folder and those it borrows, read when asked for.

    Hashes have 40 digits, or 64 in a repository with SHA-256.
    """

    def __init__(self, folder: Path, reader: ObjectReader | None = None, digits: int = 40) -> None:
        self._folder, self.digits = folder, digits
        self._reader = reader or ObjectReader(folder, digits)
        self._trees = Trees(self._tree, digits, self.read_objects)
        self._parsed: OrderedDict[str, RawCommit] = OrderedDict()
        self._changes: OrderedDict[str, Difference] = OrderedDict()
        self._descends: OrderedDict[tuple[str, str], bool] = OrderedDict()
        self._range: Mapping[str, Sequence[str]] = {}
        self._objects: Objects | None = None

    def objects(self) -> Objects:
        """Return what merges and compares these objects.

        Raises:
            HistoryError: The repository has hashes by SHA-256, which libgit2 does not read.
        """
        if self._objects is None:
            from kit.git.repository.objects import Objects  # here: libgit2 takes a while

            self._objects = Objects(self._folder, self._reader, self.digits)
        return self._objects

    def find(self, name: str) -> str | None:
        """Return the hash of the one commit that a hash or its beginning names, or None.

        Raises:
            ValueError: More than one object begins so.
            MissingObjectError: It is damaged.
        """
        name = name.lower()
        return name if name in self._parsed else self._reader.find(name)

    def commit(self, sha: str) -> RawCommit:
        """Return a commit.

        Raises:
            MissingObjectError: It is not here.
        """
        found = self._parsed.get(sha)
        if found is None:
            found = parse_commit(sha, self._reader.read(sha, "commit").data)
            self._parsed[sha] = found
            if len(self._parsed) > _MAX_PARSED:
                self._parsed.popitem(last=False)
        return found

    def read_ahead(self, names: Iterable[str]) -> None:
        """Read commits that will be asked for, all at once; what is not here is passed over."""
        wanted = [each for each in map(str.lower, names) if each not in self._parsed]
        full = [each for each in wanted if len(each) == self.digits and _HEX.issuperset(each)]
        if not full:
            return
        for name, found in self._reader.read_ahead(full):
            if found.kind == "commit":
                self._parsed[name] = parse_commit(name, found.data)
        while len(self._parsed) > _MAX_PARSED:
            self._parsed.popitem(last=False)

    def line_before(self, commit: RawCommit, count: int) -> list[RawCommit]:
        """Return the commits before one by first parents, newest first, at most *count*."""
        line: list[RawCommit] = []
        while commit.parents and len(line) < count:
            if commit.parents[0] not in self._parsed:
                more = count - len(line)
                for name, found in self._reader.line_before(commit.sha, more):
                    self._parsed[name] = parse_commit(name, found.data)
            try:
                commit = self.commit(commit.parents[0])
            except MissingObjectError:
                break
            line.append(commit)
        return line

    def tree_before(self, commit: RawCommit, wanted: str | None = None) -> str:
        """Return the tree of the first parent, or of the parent called *wanted*.

        Raises:
            MissingObjectError: It is not here.
        """
        if not commit.parents:
            return _EMPTY_TREES[self.digits]  # git knows it, here or not
        sides = [each for each in commit.parents if wanted and each.startswith(wanted.lower())]
        return self.commit((sides or list(commit.parents))[0]).tree_name()

    def descends(self, sha: str, ancestor: str) -> bool:
        """Does a commit come after another one?  No commit-graph is asked: it may be forged.

        Raises:
            MissingObjectError: One between them is not here.
        """
        found = self._descends.get((sha, ancestor))
        if found is None:
            if sha in self._range and ancestor in self._range:
                found = _is_above(self._range, sha, ancestor)
            else:
                found = self._reader.descends(sha, ancestor)
            self._descends[sha, ancestor] = found
            if len(self._descends) > _MAX_PARSED:
                self._descends.popitem(last=False)
        return found

    def know_range(self, parents: Mapping[str, Sequence[str]]) -> None:
        """Take the commits of a range and their parents, so that git walks for others only.

        All that is between two commits of a range is in it.
        """
        self._range = parents

    def count_question(self) -> None:
        """Count a walk that git is to make; see `ObjectReader.count_question`."""
        self._reader.count_question()

    def difference(self, before: str, after: str) -> Difference:
        """Return what every file that differs is before and after, by path; no renames.

        Raises:
            MissingObjectError: A tree of theirs is not here.
        """
        return self._trees.changed(before, after)

    def changes(self, sha: str) -> Difference:
        """Return what a commit changes against its first parent.

        Raises:
            MissingObjectError: A tree of theirs is not here.
        """
        found = self._changes.get(sha)
        if found is None:
            commit = self.commit(sha)
            found = self._trees.changed(self.tree_before(commit), commit.tree_name())
            self._changes[sha] = found
            if len(self._changes) > _MAX_CHANGES:
                self._changes.popitem(last=False)
        return found

    def top_names(self, names: Sequence[str]) -> Iterator[set[bytes | None]]:
        """Yield the folders of the top in which each commit changes something; None: a file there.

        Against its first parent; of a commit that cannot be read there is nothing.
        """
        for start in range(0, len(names), _AT_ONCE):
            some = names[start : start + _AT_ONCE]
            known = self._read_with_parents(some)
            parents = [each for one in known for each in one.parents[:1] if each in self._parsed]
            both = [*known, *(self._parsed[each] for each in parents)]
            self.read_objects(each.tree for each in both if each.tree)
            for name in some:
                with contextlib.suppress(MissingObjectError):
                    commit = self.commit(name)
                    yield self._trees.top_names(self.tree_before(commit), commit.tree_name())

    def _read_with_parents(self, names: Sequence[str]) -> list[RawCommit]:
        """Read commits and their first parents; return the commits that are here."""
        self.read_ahead(names)
        found = [self._parsed[each] for each in names if each in self._parsed]
        self.read_ahead(parent for each in found for parent in each.parents[:1])
        return found

    def states_before(self, sha: str, path: bytes, count: int) -> list[str | None] | None:
        """Return the hashes of a file in the parent of a commit and *count* before it.

        None where there is no file, and for a path that cannot be asked for.  git answers, and
        nothing is hashed: only that it was not so saves anything.
        """
        if b"\n" in path or len(path) > _MAX_PATH_BYTES:
            return None
        names = [b"%s~%d:%s" % (sha.encode(), step, path) for step in range(1, count + 2)]
        return self._reader.hashes(names)

    def entry_at(self, tree: str, path: bytes) -> TreeEntry | None:
        """Return what a tree has at a path, or None: quick, as no tree is taken apart.

        Raises:
            MissingObjectError: A tree on the way there is not here.
        """
        *folders, last = path.split(b"/")
        for folder in folders:
            found = entry_in(self._tree(tree), folder, self.digits)
            if found is None or not found.is_tree:
                return None
            tree = found.name.hex()
        found = entry_in(self._tree(tree), last, self.digits)
        return None if found is None or found.is_tree else found

    def read_objects(self, names: Iterable[str]) -> None:
        """Read trees and files that will be asked for, all at once."""
        for _ in self._reader.read_ahead(names):
            pass

    def read_paths(self, trees: Iterable[str], paths: Iterable[bytes]) -> None:
        """Read the trees on the way to some paths, a folder's depth at once; see `entry_at`."""
        ways = [path.split(b"/")[:-1] for path in paths]
        todo = {(tree, tuple(way)) for tree in trees for way in ways}
        while todo:
            self.read_objects(sorted({tree for tree, _ in todo}))
            below = set()
            for tree, way in todo:
                found = entry_in(self._tree(tree), way[0], self.digits) if way else None
                if found is not None and found.is_tree:
                    below.add((found.name.hex(), way[1:]))
            todo = below

    def text(self, entry: TreeEntry | None) -> bytes:
        """Return the content of a file; of a submodule, and of none, there is nothing.

        Raises:
            MissingObjectError: It is not here.
        """
        if entry is None or entry.is_submodule:
            return b""
        return self._reader.read(entry.name.hex(), "blob").data

    def lines_changed(
        self, most_bytes: int, *changes: Difference
    ) -> list[dict[bytes, Counter[bytes]]] | None:
        """Return which lines the files of each change have more or less often, by path.

        None if the files of all changes have more than *most_bytes* together.

        Raises:
            MissingObjectError: One of them is not here.
        """
        sides = [each for change in changes for pair in change.values() for each in pair if each]
        names = [each.name.hex() for each in sides if not each.is_submodule]
        if sum(self.sizes(names).values()) > most_bytes:
            return None
        self.read_objects(names)
        return [
            {path: line_change(*map(self.text, pair)) for path, pair in change.items()}
            for change in changes
        ]

    def sizes(self, names: Iterable[str]) -> dict[str, int]:
        """Return how many bytes objects have, by hash; those that are not here are left out."""
        return self._reader.sizes(names)

    def _tree(self, name: str) -> bytes:
        return self._reader.read(name, "tree").data


def _is_above(parents: Mapping[str, Sequence[str]], sha: str, ancestor: str) -> bool:
    """Do the parents of a commit, and theirs, lead to another one?"""
    seen: set[str] = set()
    todo = list(parents[sha])
    while todo:
        each = todo.pop()
        if each == ancestor:
            return True
        if each in parents and each not in seen:
            seen.add(each)
            todo += parents[each]
    return False
