"""Repositories below a megabyte that unfold to far more than they take themselves."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.git.odd_objects import FILE, FOLDER, OddRepository

__all__ = ["COMMANDS", "LARGE", "MADE"]

COMMANDS = (
    ("show", "HEAD", "--format", "text"),
    ("revert", "HEAD"),
    ("reverts",),
    ("reverts", "--check"),
    ("changelog", "v1.0.0..HEAD"),
)


def _of_files(folder: Path, one: bytes, other: bytes) -> OddRepository:
    made = OddRepository(folder)
    made.reverted(*(made.tree([(FILE, b"f", made.blob(each))]) for each in (one, other)))
    return made


def _nested(folder: Path) -> OddRepository:
    made = OddRepository(folder)
    made.reverted(*(made.nested(made.blob(each)) for each in (b"1\n", b"2\n")))
    return made


def _nested_beside(folder: Path) -> OddRepository:
    """The same before and after: whoever looks for renames walks through it."""
    made = OddRepository(folder)
    same = (FOLDER, b"n", made.nested(made.blob(b"1\n")))
    old, new = made.blob(b"1\n2\n3\n"), made.blob(b"1\n2\n3\n4\n")
    made.reverted(made.tree([same, (FILE, b"f", old)]), made.tree([same, (FILE, b"g", new)]))
    return made


def _nothing(folder: Path) -> OddRepository:
    made = OddRepository(folder)
    trees = [made.tree([]), made.tree([(FOLDER, b"x", made.tree([]))])]
    for _ in range(14):
        trees = [made.tree([(FOLDER, b"d%02d" % n, tree) for n in range(60)]) for tree in trees]
    made.reverted(*trees)
    return made


def _wide(count: int) -> Callable[[Path], OddRepository]:
    def make(folder: Path) -> OddRepository:
        made = OddRepository(folder)
        one, other = (
            made.tree([(FILE, b"f%05d" % n, blob) for n in range(count)])
            for blob in (made.blob(b"1\n"), made.blob(b"2\n"))
        )
        made.reverted(one, other)
        return made

    return make


def _renamed(folder: Path) -> OddRepository:
    made = OddRepository(folder)
    one, other = (
        made.tree(
            [(FILE, b"%s%05d" % (name, n), made.blob(b"%s%d\n" % (name, n))) for n in range(1500)]
        )
        for name in (b"a", b"b")
    )
    made.reverted(one, other)
    return made


def _zeros(folder: Path) -> OddRepository:
    return _of_files(folder, bytes(400 << 20), bytes(401 << 20))


def _line_ends(folder: Path) -> OddRepository:
    return _of_files(folder, b"\n" * (15 << 20), b"\n" * ((15 << 20) - 5))


def _two_letters(count: int) -> Callable[[Path], OddRepository]:
    def make(folder: Path) -> OddRepository:
        chance = random.Random(1)
        one, other = (b"".join(chance.choices((b"a\n", b"b\n"), k=count)) for _ in range(2))
        return _of_files(folder, one, other)

    return make


def _shuffled(folder: Path) -> OddRepository:
    chance, lines = random.Random(1), [b"%d\n" % number for number in range(100_000)]
    return _of_files(folder, b"".join(lines), b"".join(chance.sample(lines, len(lines))))


def _long_message(folder: Path) -> OddRepository:
    made = OddRepository(folder)
    tree = made.tree([])
    first = made.commit(tree)
    second = made.commit(tree, [first], b"revert " + b"a" * (400 << 20))
    last = made.commit(tree, [second], b"This reverts commit %s.\n" % second.encode())
    made.head(first, last)
    return made


def _hashes(folder: Path) -> OddRepository:
    made, chance = OddRepository(folder), random.Random(1)
    tree = made.tree([])
    first = last = made.commit(tree)
    for _ in range(4):
        names = b", ".join(b"%07x" % chance.getrandbits(28) for _ in range(40_000))
        last = made.commit(tree, [last], b"This reverts commits " + names + b".\n")
    made.head(first, last)
    return made


def _titles(count: int) -> Callable[[Path], OddRepository]:
    """Each quotes a title that no commit has: a search through the year before it."""

    def make(folder: Path) -> OddRepository:
        made = OddRepository(folder)
        tree = made.tree([])
        first = last = made.commit(tree)
        for number in range(count):
            last = made.commit(tree, [last], b'Revert "no such title %d"\n' % number)
        made.head(first, last)
        return made

    return make


def _orders(folder: Path) -> OddRepository:
    made, chance = OddRepository(folder), random.Random(1)
    trees = [
        made.tree([(FILE, b"f", made.blob(b"".join(chance.choices((b"a\n", b"b\n"), k=60_000))))])
        for _ in range(5)
    ]
    first = last = made.commit(trees[0])
    named = []
    for tree in trees[1:]:
        last = made.commit(tree, [last])
        named.append(last.encode())
    last = made.commit(trees[0], [last], b"This reverts commits " + b", ".join(named) + b".\n")
    made.head(first, last)
    return made


def _many_reverts(folder: Path) -> OddRepository:
    """A hundred, each of which takes seconds by itself."""
    made, chance = OddRepository(folder), random.Random(1)
    trees = [
        made.tree([(FILE, b"f", made.blob(b"".join(chance.choices((b"a\n", b"b\n"), k=290_000))))])
        for _ in range(2)
    ]
    first = last = made.commit(trees[0])
    for _ in range(100):
        change = made.commit(trees[1], [last])
        last = made.commit(trees[0], [change], b"This reverts commit %s.\n" % change.encode())
    made.head(first, last)
    return made


def _chain(folder: Path) -> OddRepository:
    made = OddRepository(folder)
    long = made.chain(10_000, 15 << 20)
    made.reverted(*(made.tree([(FILE, b"f", blob)]) for blob in (long, made.blob(b"1\n"))))
    return made


MADE: Mapping[str, Callable[[Path], OddRepository]] = {
    "trees that hold each other": _nested,
    "such trees beside a renamed file": _nested_beside,
    "such trees of nothing": _nothing,
    "4,000 files": _wide(4_000),
    "19,000 files": _wide(19_000),
    "1,500 files that may be renamed": _renamed,
    "400 MiB of zeros": _zeros,
    "15 MiB of line ends": _line_ends,
    "two million lines of two letters": _two_letters(2_000_000),
    "290,000 lines of two letters": _two_letters(290_000),
    "100,000 lines in another order": _shuffled,
    "a message of 400 MiB": _long_message,
    "messages of 160,000 hashes": _hashes,
    "600 titles that no commit has": _titles(600),
    "3,000 titles that no commit has": _titles(3000),
    "four targets in 24 orders": _orders,
    "a hundred reverts of such lines": _many_reverts,
    "a file of 10,000 differences": _chain,
}
LARGE = ("19,000 files", "two million lines of two letters", "3,000 titles that no commit has")
"""Those that only take longer than others here: an ordinary run of the tests leaves them out."""
