"""Repositories of objects that git itself would not write: each is written byte by byte."""

from __future__ import annotations

import hashlib
import struct
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
        path.write_bytes(zlib.compress(whole))
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

    def chain(self, depth: int, size: int) -> str:
        """Write a pack in which a file of zeros is a difference of itself, *depth* times over.

        Its other objects are never named, so that any name will do.
        """
        pack, places = b"PACK" + struct.pack(">II", 2, depth + 1), []
        whole, at = _copy_of_all(size), 0
        for number in range(depth + 1):
            back = len(pack) - at
            at = len(pack)
            head = _head(6, len(whole)) + _backwards(back) if number else _head(3, size)
            pack += head + zlib.compress(whole if number else bytes(size), 9)
            places.append((at, zlib.crc32(pack[at:])))
        pack += hashlib.sha1(pack).digest()
        zeros = hashlib.sha1(b"blob %d\0%s" % (size, bytes(size))).digest()
        names = [hashlib.sha1(b"%d" % number).digest() for number in range(depth)] + [zeros]
        rows = sorted(zip(names, places, strict=True))
        index = b"\377tOc" + struct.pack(">I", 2)
        index += b"".join(
            struct.pack(">I", sum(name[0] <= first for name in names)) for first in range(256)
        )
        index += b"".join(name for name, _ in rows)
        index += b"".join(struct.pack(">I", check) for _, (_, check) in rows)
        index += b"".join(struct.pack(">I", place) for _, (place, _) in rows) + pack[-20:]
        path = self.folder / "objects" / "pack" / f"pack-{pack[-20:].hex()}.pack"
        path.write_bytes(pack)
        path.with_suffix(".idx").write_bytes(index + hashlib.sha1(index).digest())
        return zeros.hex()


# -- packs: gitformat-pack(5) ------------------------------------------------------------------


def _head(kind: int, size: int) -> bytes:
    found, size = [kind << 4 | size & 15], size >> 4
    while size:
        found[-1] |= 128
        found.append(size & 127)
        size >>= 7
    return bytes(found)


def _backwards(distance: int) -> bytes:
    found = [distance & 127]
    while distance := distance >> 7:
        distance -= 1
        found.append(128 | distance & 127)
    return bytes(reversed(found))


def _copy_of_all(size: int) -> bytes:
    """Return a difference that changes nothing: both sizes, and copies of up to 16 MB."""
    found = (_number(size)) * 2
    for start in range(0, size, 0xFFFF00):
        count = min(0xFFFF00, size - start)
        parts = [start >> 8 * n & 255 for n in range(4)] + [count >> 8 * n & 255 for n in range(3)]
        found += bytes([128 | sum(1 << n for n, part in enumerate(parts) if part)])
        found += bytes(filter(None, parts))
    return found


def _number(value: int) -> bytes:
    found = [value & 127]
    while value := value >> 7:
        found[-1] |= 128
        found.append(value & 127)
    return bytes(found)


def complaints(err: str) -> int:
    """Count the lines on stderr that complain; with --json one says what is read, too."""
    return len([line for line in err.splitlines() if not line.startswith("read from ")])
