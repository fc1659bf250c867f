"""Repositories of objects that git itself would not write: each is written byte by byte."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.git.upstream import git

__all__ = ["AUTHOR", "FILE", "FOLDER", "OddRepository"]

AUTHOR = b"A. Author <a@example.org> 1600000000 +0000"
FILE, FOLDER = 0o100644, 0o40000


class OddRepository:
    """A bare repository whose loose objects hold anything, under any name."""

    def __init__(self, folder: Path, form: str = "sha1") -> None:
        folder.mkdir()
        git(folder, "init", "-q", "--bare", "-b", "main", f"--object-format={form}")
        self.folder, self.form = folder, form

    def write(self, kind: str, data: bytes, under: str | None = None) -> str:
        """Write an object under its hash, or another, and return that."""
        whole = b"%s %d\0%s" % (kind.encode(), len(data), data)
        name = under or hashlib.new(self.form, whole).hexdigest()
        path = self.folder / "objects" / name[:2] / name[2:]
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(zlib.compress(whole, 9))
        return name

    def blob(self, data: bytes) -> str:
        return self.write("blob", data)

    def tree(self, entries: Iterable[tuple[int, bytes, str]]) -> str:
        order = sorted(entries, key=lambda each: each[1] + (b"/" if each[0] == FOLDER else b""))
        return self.write(
            "tree",
            b"".join(b"%o %s\0%s" % (m, name, bytes.fromhex(sha)) for m, name, sha in order),
        )

    def commit(
        self,
        tree: str,
        parents: Sequence[str] = (),
        message: bytes = b"change\n",
        head: Sequence[bytes] = (b"author " + AUTHOR, b"committer " + AUTHOR),
    ) -> str:
        """Write a commit; *head* are the lines after the parents."""
        lines = [b"tree " + tree.encode(), *(b"parent " + each.encode() for each in parents), *head]
        return self.write("commit", b"\n".join(lines) + b"\n\n" + message)

    def reverted(self, before: str, after: str) -> str:
        """Commit two trees and a revert; HEAD is the revert, v1.0.0 what was before."""
        first = self.commit(before)
        second = self.commit(after, [first])
        revert = self.commit(
            before, [second], b'Revert "change"\n\nThis reverts commit %s.\n' % second.encode()
        )
        self.head(first, revert)
        return revert

    def head(self, first: str, last: str) -> None:
        (self.folder / "refs" / "heads" / "main").write_text(f"{last}\n")
        (self.folder / "refs" / "tags" / "v1.0.0").write_text(f"{first}\n")

    def nested(self, leaf: str, depth: int = 15, width: int = 60) -> str:
        """Return a tree that holds the next one many times over, and so on."""
        tree = self.tree([(FILE, b"f", leaf)])
        for _ in range(depth - 1):
            tree = self.tree([(FOLDER, b"d%02d" % number, tree) for number in range(width)])
        return tree

    @property
    def size_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.folder.glob("objects/*/*"))
