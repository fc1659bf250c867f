"""The objects of a clone, and merges of them in this process, by libgit2.

libgit2 opens nothing of the clone: `ObjectReader` supplies each object, of a bounded size and with
the hash that it has.  Configuration, attributes, hooks and drivers are never read, and files are
never checked out.  The result of a merge stays in memory and is discarded.

libgit2 cannot be interrupted.  So its work is counted before, and what one question reads is
charged as it is read.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pygit2
from pygit2.enums import DeltaStatus, DiffOption, FileMode, MergeFlag, ObjectType

from kit.git.repository.allowance import allowance
from kit.git.repository.commits import Commits
from kit.git.repository.history import HistoryError
from kit.git.repository.reader import MissingObjectError, ObjectReader
from kit.git.repository.trees import TreeEntry
from kit.git.values.patch import Fragment, line_change, lines_of

__all__ = ["FileChange", "MissingObjectError", "Objects", "TreeEntry"]

_SHA1_DIGITS = 40
_BINARY_BYTES = 8000  # git takes a file for binary if there is a NUL in so many of its first bytes
MAX_COMPARED_BYTES = 32 << 20  # held several times: as bytes, lines and counts of lines
_MAX_LINES = 300_000  # of a file that is compared
_MAX_WORK = 500_000_000  # bytes that one question reads; a line and a file count as more
_LINE_WORK, _FILE_WORK, _ENTRY_WORK = 50, 500, 30
_KINDS = {
    "commit": ObjectType.COMMIT,
    "tree": ObjectType.TREE,
    "blob": ObjectType.BLOB,
    "tag": ObjectType.TAG,
}


_MODES = {FileMode.BLOB, FileMode.BLOB_EXECUTABLE, FileMode.LINK, FileMode.COMMIT}
Versions = tuple[TreeEntry | None, TreeEntry | None, TreeEntry | None]
Changed = Mapping[str, tuple[TreeEntry | None, TreeEntry | None]]


@dataclass(frozen=True, slots=True)
class FileChange:
    """The change of a file; ``fragments`` is None where lines mean nothing (binary and the like).

    ``old`` is None for a new file, ``new`` for a deleted one.
    """

    old_path: str
    path: str
    old: TreeEntry | None
    new: TreeEntry | None
    fragments: tuple[Fragment, ...] | None = None


class _Memory(pygit2.OdbBackend):
    """Keeps what a merge writes, and reads everything else."""

    def __init__(self, reader: ObjectReader, all_work: int) -> None:
        super().__init__()
        self.reader = reader
        self.written: dict[pygit2.Oid, tuple[int, bytes]] = {}
        self.trouble: MissingObjectError | None = None
        self.work_left = _MAX_WORK
        self.all_work_left = all_work

    def content(self, name: str, kind: str | None = None) -> tuple[int, bytes]:
        """Return kind and content of an object, written here or not."""
        if self.written and (found := self.written.get(pygit2.Oid(hex=name))):
            return found
        read = self.reader.read(name, kind)
        work = len(read.data)
        if read.kind == "blob":
            lines = read.data.count(b"\n")
            if lines > _MAX_LINES:
                raise MissingObjectError(
                    f"{name} has more than {_MAX_LINES:,} lines, so the kit does not compare it"
                )
            # two long files that have hardly a line at the same place take more than two short ones
            work += _FILE_WORK + lines * (_LINE_WORK + lines // 1000)
        self.charge(work)
        return int(_KINDS[read.kind]), read.data

    def charge(self, work: int) -> None:
        """Count the work of a question, or raise MissingObjectError if it is too much."""
        self.work_left -= work
        self.all_work_left -= work
        if self.all_work_left < 0:
            raise MissingObjectError(
                "the comparison exceeds the limit for a repository of this size"
            )
        if self.work_left < 0:
            raise MissingObjectError(
                f"the kit would read more than {_MAX_WORK // 1_000_000} MB to compare it,"
                " and does not"
            )

    def read_cb(self, oid: pygit2.Oid) -> tuple[int, bytes]:
        try:
            return self.content(str(oid))
        except MissingObjectError as error:  # libgit2 would hand on no words of it
            self.trouble = error
            raise KeyError(str(oid)) from None

    def read_header_cb(self, oid: pygit2.Oid) -> tuple[int, int]:
        kind, data = self.read_cb(oid)
        return kind, len(data)

    def read_prefix_cb(self, name: str) -> tuple[int, bytes, pygit2.Oid]:
        found = pygit2.Oid(hex=name)
        if str(found) != name:
            raise KeyError(name)  # the reader is asked for what is abbreviated
        return *self.read_cb(found), found

    def exists_cb(self, oid: pygit2.Oid) -> bool:
        return oid in self.written or bool(self.reader.sizes([str(oid)]))

    def exists_prefix_cb(self, name: str) -> pygit2.Oid:
        raise KeyError(name)

    def write_cb(self, oid: pygit2.Oid, data: bytes, kind: int) -> None:
        self.written[oid] = (kind, bytes(data))

    def refresh_cb(self) -> None: ...

    def __iter__(self) -> Iterator[pygit2.Oid]:
        return iter(self.written)


class Objects(Commits):
    """The objects of a clone, compared and merged by libgit2.

    The methods raise MissingObjectError for a tree or file that is absent, damaged or too large to
    compare.
    """

    def __init__(self, folder: Path, reader: ObjectReader | None = None, digits: int = 40) -> None:
        """Remember the folder; it is read when it is asked.

        Raises:
            HistoryError: The repository has hashes by SHA-256.
        """
        if digits != _SHA1_DIGITS:
            raise HistoryError(
                "this needs merges by libgit2, which cannot read a repository with SHA-256;"
                " `kit reverts` without --check lists its reverts"
            )
        super().__init__(folder, reader, digits)
        self._memory = _Memory(self._reader, allowance(folder).work)
        odb = pygit2.Odb()
        odb.add_backend(self._memory, 1)
        self._merging = pygit2.Repository()
        self._merging.set_odb(odb)

    def objects(self) -> Objects:
        """Return itself."""
        return self

    def start(self) -> None:
        """Start another question: its work is counted anew, and merges are forgotten."""
        self._memory.written.clear()
        self._memory.work_left = _MAX_WORK

    def _tree(self, name: str) -> bytes:
        return self._memory.content(name, "tree")[1]

    def merge(self, base: str, ours: str, theirs: str) -> str | None:
        """Merge three trees in memory; None if they conflict."""
        with self._libgit2_errors("a merge"):
            for each in (base, ours, theirs):
                self._memory.charge(_ENTRY_WORK * self._trees.check_held(each))
            first, mine, other = (pygit2.Oid(hex=each) for each in (base, ours, theirs))
            index = self._merging.merge_trees(first, mine, other)
            return None if index.conflicts is not None else str(index.write_tree(self._merging))

    def merge_files(self, files: Sequence[Versions]) -> list[TreeEntry | None] | None:
        """Merge files one by one, as (base, ours, theirs); None if one of them conflicts.

        This is much quicker than whole trees, and blind to renames.
        """
        with self._libgit2_errors("a merge"):
            self._check_here(entry for each in files for entry in each if entry is not None)
            base, ours, theirs = (self._flat([each[side] for each in files]) for side in range(3))
            index = self._merging.merge_trees(base, ours, theirs, flags=MergeFlag(0))
            if index.conflicts is not None:
                return None
            merged = {each.path: TreeEntry(int(each.mode), each.id.raw) for each in index}
        return [merged.get(_number(place)) for place in range(len(files))]

    def _check_here(self, entries: Iterable[TreeEntry]) -> None:
        """Raise MissingObjectError for an absent file, which some conflicts do not need."""
        names = [each.name.hex() for each in entries if not each.is_submodule]
        written = {str(oid) for oid in self._memory.written}
        wanted = [name for name in names if name not in written]
        sizes = self._reader.sizes(wanted)
        if lacking := [name for name in wanted if name not in sizes]:
            raise MissingObjectError(f"{lacking[0]} is not in this repository", lacking[0])

    def _flat(self, entries: Iterable[TreeEntry | None]) -> pygit2.Oid:
        """Write a tree of the files by number, because libgit2 would walk through whole trees."""
        data = b"".join(
            b"%o %s\0%s" % (entry.mode, _number(place).encode(), entry.name)
            for place, entry in enumerate(entries)
            if entry is not None
        )
        name = hashlib.sha1(b"tree %d\0%s" % (len(data), data), usedforsecurity=False).digest()
        self._memory.written[oid := pygit2.Oid(raw=name)] = (int(ObjectType.TREE), data)
        return oid

    def changed(self, before: str, after: str) -> Changed:
        """Return each differing file before and after, by path, without renames."""
        found = self.difference(before, after)
        return {path.decode("utf-8", "surrogateescape"): sides for path, sides in found.items()}

    def patches(self, before: str, after: str) -> list[FileChange]:
        """Return the changes as patches, with renames."""
        with self._libgit2_errors("a diff"):
            changed = self.changed(before, after)
            old, new = (
                self._merging[self._flat(sides[which] for sides in changed.values())]
                for which in (0, 1)
            )
            assert isinstance(old, pygit2.Tree)
            assert isinstance(new, pygit2.Tree)
            diff = old.diff_to_tree(new, context_lines=3, flags=DiffOption.INCLUDE_TYPECHANGE)
            diff.find_similar()
            paths = list(changed)
            return [_file_change(patch, paths) for patch in diff if patch is not None]

    def entry(self, tree: str, path: str) -> TreeEntry | None:
        """Return the file of a tree at a path, or None."""
        self._memory.charge(_FILE_WORK)
        return self._trees.entry(tree, path.encode("utf-8", "surrogateescape"))

    def check_size(self, changed: Changed) -> None:
        """Raise MissingObjectError if a commit's files together are too large to be compared."""
        entries = [entry for sides in changed.values() for entry in sides if entry is not None]
        names = [each.name.hex() for each in entries if not each.is_submodule]
        sizes = self._reader.sizes(names)
        if sum(sizes.get(name, 0) for name in names) > MAX_COMPARED_BYTES:
            raise MissingObjectError(
                f"its files have more than {MAX_COMPARED_BYTES >> 20} MiB,"
                " so the kit does not compare them"
            )

    def content(self, entry: TreeEntry) -> bytes:
        """Return the content of a file; of a submodule the hash of its commit."""
        name = entry.name.hex()
        return name.encode() if entry.is_submodule else self._memory.content(name, "blob")[1]

    def line_change(self, old: TreeEntry | None, new: TreeEntry | None) -> Counter[bytes]:
        """Return which lines a file has more or less often.

        Counted as a line: a mode that is not the usual one, a binary file's hash, and that it is
        empty.
        """
        before, odd_before = self._text(old)
        after, odd_after = self._text(new)
        change = line_change(before, after)
        change.update(odd_after)
        change.subtract(odd_before)
        return Counter({line: count for line, count in change.items() if count})

    def likeness(self, one: TreeEntry, other: TreeEntry) -> float:
        """Return what two files have in common: from 0, nothing, to 1, all their lines."""
        if one.is_submodule or other.is_submodule:
            return 0.0
        first, second = (Counter(lines_of(self.content(each))) for each in (one, other))
        return (first & second).total() / max(first.total(), second.total(), 1)

    @contextmanager
    def _libgit2_errors(self, what: str) -> Iterator[None]:
        """Raise what libgit2 cannot find or read as `MissingObjectError`."""
        self._memory.trouble = None
        try:
            yield
        except (KeyError, ValueError, pygit2.GitError) as error:
            if self._memory.trouble is not None:
                raise self._memory.trouble from None
            words = " ".join(str(error).strip("'").split())[:200]
            raise MissingObjectError(
                f"{what} needs an object that the clone lacks: {words}"
            ) from error

    def _text(self, entry: TreeEntry | None) -> tuple[bytes, list[bytes]]:
        if entry is None:
            return b"", []
        odd = [] if entry.mode == FileMode.BLOB else [b"(mode %o)" % entry.mode]
        text = self.content(entry)
        if entry.is_submodule:
            return b"", [b"(submodule at %s)" % text]
        if b"\0" in text[:_BINARY_BYTES]:
            return b"", [*odd, b"(binary file %s)" % entry.name.hex().encode()]
        return text, odd if text else [*odd, b"(empty file)"]


def _entry(file: pygit2.DiffFile) -> TreeEntry:
    mode = int(file.mode)
    if mode not in _MODES:  # git once wrote the permissions that a file happened to have
        mode = int(FileMode.BLOB_EXECUTABLE if mode & 0o100 else FileMode.BLOB)
    return TreeEntry(mode, file.id.raw)


def _number(place: int) -> str:
    return f"{place:08}"  # so that they are in order


def _file_change(patch: pygit2.Patch, paths: Sequence[str]) -> FileChange:
    delta = patch.delta
    old = None if delta.status is DeltaStatus.ADDED else _entry(delta.old_file)
    new = None if delta.status is DeltaStatus.DELETED else _entry(delta.new_file)
    has_lines = not (delta.is_binary or any(each and each.is_submodule for each in (old, new)))
    return FileChange(
        paths[int(delta.old_file.raw_path)],
        paths[int(delta.new_file.raw_path)],
        old,
        new,
        tuple(_fragment(hunk) for hunk in patch.hunks) if has_lines else None,
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
