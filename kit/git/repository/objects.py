"""The objects of a clone, and merges of them in this process, by libgit2.

Only the folder of objects is opened, not the repository: its configuration, attributes, hooks and
drivers are never read, so that nothing of them can run, and files are never checked out.  What a
merge writes stays in memory and is thrown away; the clone is not touched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pygit2
from pygit2.enums import DeltaStatus, DiffOption, FileMode, MergeFlag, ObjectType

from kit.git.repository.history import HistoryError
from kit.git.values.patch import Fragment, line_change, lines_of

__all__ = ["Entry", "FileChange", "MissingObjectError", "Objects"]

# By default libgit2 keeps whole packs mapped, and a process seems to hold as much as was read.
pygit2.settings.mwindow_size = 1 << 20
pygit2.settings.mwindow_mapped_limit = 8 << 20

_SHA1_DIGITS = 40
_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_BINARY_BYTES = 8000  # git takes a file for binary if there is a NUL in so many of its first bytes


class MissingObjectError(HistoryError):
    """The clone lacks an object that a question needs, or holds it damaged."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in a tree."""

    mode: int
    blob: pygit2.Oid


_MODES = {FileMode.BLOB, FileMode.BLOB_EXECUTABLE, FileMode.LINK, FileMode.COMMIT}
Versions = tuple[Entry | None, Entry | None, Entry | None]


@dataclass(frozen=True, slots=True)
class FileChange:
    """What became of a file; ``fragments`` is None where lines mean nothing (binary and the like).

    ``old`` is None for a new file, ``new`` for one that is gone.
    """

    old_path: str
    path: str
    old: Entry | None
    new: Entry | None
    fragments: tuple[Fragment, ...] | None = None


class _Memory(pygit2.OdbBackend):
    """Takes what a merge writes, and reads all else from the disk.

    It stands alone before libgit2, which would else set the time of a file in the clone whenever a
    merge makes what is there already.
    """

    def __init__(self, disk: pygit2.Odb) -> None:
        super().__init__()
        self.disk = disk
        self.written: dict[pygit2.Oid, tuple[int, bytes]] = {}

    def read_cb(self, oid: pygit2.Oid) -> tuple[int, bytes]:
        found = self.written.get(oid)
        return self.disk.read(oid) if found is None else found

    def read_header_cb(self, oid: pygit2.Oid) -> tuple[int, int]:
        kind, data = self.read_cb(oid)
        return kind, len(data)

    def read_prefix_cb(self, name: str) -> tuple[int, bytes, pygit2.Oid]:
        found = pygit2.Oid(hex=name)
        if str(found) != name:
            raise KeyError(name)  # the disk alone is asked for what is abbreviated
        return *self.read_cb(found), found

    def exists_cb(self, oid: pygit2.Oid) -> bool:
        return oid in self.written or oid in self.disk

    def exists_prefix_cb(self, name: str) -> pygit2.Oid:
        raise KeyError(name)

    def write_cb(self, oid: pygit2.Oid, data: bytes, kind: int) -> None:
        self.written[oid] = (kind, bytes(data))

    def refresh_cb(self) -> None: ...

    def __iter__(self) -> Iterator[pygit2.Oid]:
        return iter(self.written)


class Objects:
    """The objects below a clone's ``objects`` folder and those it borrows."""

    def __init__(self, folder: Path) -> None:
        """Open the folder.

        Raises:
            HistoryError: It cannot be opened.
        """
        try:
            disk, odb = pygit2.Odb(str(folder)), pygit2.Odb()
            self._memory = _Memory(disk)
            odb.add_backend(self._memory, 1)
            self._disk, self._merging = pygit2.Repository(), pygit2.Repository()
            self._disk.set_odb(disk)
            self._merging.set_odb(odb)
        except (OSError, KeyError, pygit2.GitError) as error:
            raise HistoryError(f"{folder}: no folder of git objects: {error}") from error

    # -- commits -------------------------------------------------------------------------------

    def find(self, name: str) -> str | None:
        """Return the hash of the one commit that a hash or its beginning names, or None.

        Raises:
            ValueError: More than one object begins so.
            MissingObjectError: It is damaged.
        """
        with _told(name):
            found = self._disk.get(name.lower())
            if found is None or found.type not in (ObjectType.COMMIT, ObjectType.TAG):
                return None
            try:
                return str(found.peel(pygit2.Commit).id)
            except pygit2.InvalidSpecError:
                return None

    def commit(self, sha: str) -> pygit2.Commit:
        """Return a commit.

        Raises:
            MissingObjectError: It is not here.
        """
        if len(sha) != _SHA1_DIGITS:
            raise MissingObjectError(
                f"{sha} is of a repository with SHA-256, which is not read yet"
            )
        with _told(sha):
            found = self._disk[sha]
        if not isinstance(found, pygit2.Commit):
            raise MissingObjectError(f"{sha} is no commit")
        return found

    def parent(self, commit: pygit2.Commit, wanted: str | None = None) -> pygit2.Tree:
        """Return the tree of the first parent, or of the parent called *wanted*.

        Raises:
            MissingObjectError: It is not here.
        """
        ids = [str(each) for each in commit.parent_ids]
        if not ids:
            return self._empty
        sides = [each for each in ids if wanted and each.startswith(wanted.lower())]
        return self.tree(self.commit((sides or ids)[0]))

    def tree(self, commit: pygit2.Commit) -> pygit2.Tree:
        """Return the tree of a commit.

        Raises:
            MissingObjectError: It is not here.
        """
        with _told(str(commit.id)):
            return commit.tree

    def descends(self, sha: str, ancestor: str) -> bool:
        """Does a commit come after another one?  No commit-graph is asked: it may be forged.

        Raises:
            MissingObjectError: One between them is not here.
        """
        with _told(sha):
            return bool(self._merging.descendant_of(sha, ancestor))

    @property
    def _empty(self) -> pygit2.Tree:
        made = self._disk[_EMPTY_TREE]  # libgit2 knows it, here or not
        assert isinstance(made, pygit2.Tree)
        return made

    # -- trees ---------------------------------------------------------------------------------

    def merge(self, base: pygit2.Oid, ours: pygit2.Oid, theirs: pygit2.Oid) -> pygit2.Oid | None:
        """Merge three trees; None if they conflict.  The result is in memory only.

        Raises:
            MissingObjectError: A tree or a file that the merge has to look into is not here.
        """
        with _told("a merge"):
            index = self._merging.merge_trees(base, ours, theirs)
            return None if index.conflicts is not None else index.write_tree(self._merging)

    def merge_files(self, files: Sequence[Versions]) -> list[Entry | None] | None:
        """Merge files each by itself, as (base, ours, theirs); None if one of them conflicts.

        Much quicker than whole trees, and blind to renames.

        Raises:
            MissingObjectError: A file that the merge has to look into is not here.
        """
        with _told("a merge"):
            base, ours, theirs = (self._flat([each[side] for each in files]) for side in range(3))
            index = self._merging.merge_trees(base, ours, theirs, flags=MergeFlag(0))
            if index.conflicts is not None:
                return None
            merged = {each.path: Entry(int(each.mode), each.id) for each in index}
        return [merged.get(str(number)) for number in range(len(files))]

    def _flat(self, entries: Sequence[Entry | None]) -> pygit2.Oid:
        builder = self._merging.TreeBuilder()
        for number, entry in enumerate(entries):
            if entry is not None:
                builder.insert(str(number), entry.blob, entry.mode)
        return builder.write()

    def forget(self) -> None:
        """Throw away what merges wrote."""
        self._memory.written.clear()

    def changed(
        self, before: pygit2.Tree, after: pygit2.Tree
    ) -> dict[str, tuple[Entry | None, Entry | None]]:
        """Return what every file that differs is before and after, by path; no renames.

        Raises:
            MissingObjectError: A tree of theirs is not here.
        """
        found: dict[str, tuple[Entry | None, Entry | None]] = {}
        with _told("a diff"):
            for delta in before.diff_to_tree(after).deltas:
                old = _entry(delta.old_file) if delta.status is not DeltaStatus.ADDED else None
                new = _entry(delta.new_file) if delta.status is not DeltaStatus.DELETED else None
                path = _path(delta.new_file.raw_path)
                was, becomes = found.get(path, (None, None))  # another type is told as two
                found[path] = (old or was, new or becomes)
        return found

    def patches(self, before: pygit2.Tree, after: pygit2.Tree) -> list[FileChange]:
        """Return the changes as patches, with renames.

        Raises:
            MissingObjectError: A tree or a file of theirs is not here.
        """
        with _told("a diff"):
            diff = before.diff_to_tree(after, context_lines=3, flags=DiffOption.INCLUDE_TYPECHANGE)
            diff.find_similar()
            return [_file_change(patch) for patch in diff if patch is not None]

    def entry(self, tree: pygit2.Tree, path: str) -> Entry | None:
        """Return what a tree has at a path, or None.

        Raises:
            MissingObjectError: A tree on the way there is not here.
        """
        found: pygit2.Object = tree
        parts = path.split("/")
        for depth, part in enumerate(parts):
            if not isinstance(found, pygit2.Tree):
                return None
            with _told(path):
                child = _child(found, part)
                if child is None:
                    return None
                if depth == len(parts) - 1:
                    mode = int(child.filemode)
                    return None if mode == FileMode.TREE else _usual(mode, child.id)
                if int(child.filemode) != FileMode.TREE:
                    return None
                found = self._disk[child.id]
        return None

    # -- files ---------------------------------------------------------------------------------

    def size(self, entry: Entry) -> int:
        """Return how many bytes a file has; of what is not here, none."""
        with suppress(KeyError, pygit2.GitError):
            return self._memory.disk.read_header(entry.blob)[1]
        return 0

    def blob(self, name: pygit2.Oid) -> bytes:
        """Return the content of a file.

        Raises:
            MissingObjectError: It is not here.
        """
        with _told(str(name)):
            found = self._disk[name]
            if isinstance(found, pygit2.Blob):
                return found.data
        raise MissingObjectError(f"{name} is no file")

    def line_change(self, old: Entry | None, new: Entry | None) -> Counter[bytes]:
        """Return which lines a file has more or less often; what is no line is told as one.

        That is its mode if it is not the usual one, a binary file's hash, and that it is empty.

        Raises:
            MissingObjectError: One of the two is not here.
        """
        before, odd_before = self._text(old)
        after, odd_after = self._text(new)
        change = line_change(before, after)
        change.update(odd_after)
        change.subtract(odd_before)
        return Counter({line: count for line, count in change.items() if count})

    def likeness(self, one: Entry, other: Entry) -> float:
        """Return how much two files have in common: 0 nothing, 1 all their lines.

        Raises:
            MissingObjectError: One of the two is not here.
        """
        if FileMode.COMMIT in (one.mode, other.mode):
            return 0.0
        first, second = (Counter(lines_of(self.blob(each.blob))) for each in (one, other))
        return (first & second).total() / max(first.total(), second.total(), 1)

    def _text(self, entry: Entry | None) -> tuple[bytes, list[bytes]]:
        if entry is None:
            return b"", []
        odd = [] if entry.mode == FileMode.BLOB else [b"(mode %o)" % entry.mode]
        if entry.mode == FileMode.COMMIT:
            return b"", [b"(submodule at %s)" % str(entry.blob).encode()]
        text = self.blob(entry.blob)
        if b"\0" in text[:_BINARY_BYTES]:
            return b"", [*odd, b"(binary file %s)" % str(entry.blob).encode()]
        return text, odd if text else [*odd, b"(empty file)"]


def _child(tree: pygit2.Tree, name: str) -> pygit2.Object | None:
    try:
        return tree[name]
    except KeyError:
        return None


def _path(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _entry(file: pygit2.DiffFile) -> Entry:
    return _usual(int(file.mode), file.id)


def _usual(mode: int, blob: pygit2.Oid) -> Entry:
    if mode not in _MODES:  # git once wrote the permissions that a file happened to have
        mode = FileMode.BLOB_EXECUTABLE if mode & 0o100 else FileMode.BLOB
    return Entry(int(mode), blob)


def _file_change(patch: pygit2.Patch) -> FileChange:
    delta = patch.delta
    old = None if delta.status is DeltaStatus.ADDED else _entry(delta.old_file)
    new = None if delta.status is DeltaStatus.DELETED else _entry(delta.new_file)
    lines = not delta.is_binary and FileMode.COMMIT not in (
        old.mode if old else 0,
        new.mode if new else 0,
    )
    return FileChange(
        _path(delta.old_file.raw_path),
        _path(delta.new_file.raw_path),
        old,
        new,
        tuple(_fragment(hunk) for hunk in patch.hunks) if lines else None,
    )


def _fragment(hunk: pygit2.DiffHunk) -> Fragment:
    lines = [line for line in hunk.lines if line.origin in " +-"]
    return Fragment(
        # an empty side is told by the line before it
        hunk.new_start - 1 if hunk.new_lines else hunk.new_start,
        tuple(line.raw_content for line in lines if line.origin in " +"),
        tuple(line.raw_content for line in lines if line.origin in " -"),
        bool(lines) and lines[-1].origin != " ",
    )


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Tell what libgit2 cannot find or read as `MissingObjectError`."""
    try:
        yield
    except (KeyError, pygit2.GitError) as error:
        if isinstance(error, ValueError):  # of an abbreviation of two: `find` tells it
            raise
        words = " ".join(str(error).strip("'").split())[:200]
        raise MissingObjectError(f"{what} needs what is not here: {words}") from error
