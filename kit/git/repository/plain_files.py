"""Check that what git and libgit2 would open in a repository is a plain file, wherever it lies.

Opening a pipe, a device or a file of /proc may wait for ever.  So every file is looked at first: in
the repository's folders, in those that a file of it names (``.git``, ``commondir``, ``alternates``,
``include.path``), and behind each link.

Where git and libgit2 read a name in two ways, both are followed.  A file may be replaced after the
look; docs/trust.md says what holds then.

Source: git 2.39, setup.c, object-file.c (link_alt_odb_entries), config.c; libgit2 1.9, odb.c
(load_alternates); gitrepository-layout(5).
"""

# Paths are text here, joined as git joins them; of a million entries none needs to be a Path.
# ruff: noqa: PTH109, PTH115, PTH117, PTH118, PTH120, PTH121, PTH206

from __future__ import annotations

import contextlib
import os
import re
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

__all__ = ["Includes", "PlainFiles", "UnreadableError"]

MAX_ENTRIES = 1_000_000
MAX_STORES = 100
MAX_CONFIGS = 100
_SMALL = 64 << 10  # of files that hold one name or a few: git reads each as a whole
_SETTINGS = 4 << 20
_LISTS = 16 << 20
_MAX_LINKS = 40  # as many as Linux follows
# Where a file holds more than its size says, or where reading it waits.
_PSEUDO = frozenset(
    {"binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "efivarfs"}
    | {"fusectl", "hugetlbfs", "mqueue", "nsfs", "proc", "pstore", "rpc_pipefs", "securityfs"}
    | {"selinuxfs", "sysfs", "tracefs"}
)
_WHOLE = re.compile(r".*HEAD|commondir|gitdir|shallow|attributes")

Includes = Callable[[str], Iterable[str]]
"""Returns the files that a configuration file includes, as its lines name them, or raises."""


class _Within(Enum):
    """What the files of a folder are to git."""

    REFS = auto()  # read as a whole, and short
    LOGS = auto()  # of refs: as long as a repository was used, and read from the end, if at all
    ANY = auto()


class UnreadableError(Exception):
    """git cannot open a folder; the text is git's reason."""


@dataclass(slots=True)
class PlainFiles:
    """Looks at the files of one repository, each folder once.

    Its methods raise UnreadableError for what git must not open, and pass over what is absent,
    because git reports that itself.  ``includes`` is called only with plain files; ``timeout_s`` is
    the limit for the whole look.
    """

    includes: Includes
    timeout_s: float
    _end: float = 0
    _entries: int = 0
    _pseudo: frozenset[int] = frozenset()
    _folders: set[tuple[int, int, _Within]] = field(default_factory=set)
    _stores: set[str] = field(default_factory=set)
    _configs: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Start the clock."""
        self._end = time.monotonic() + self.timeout_s
        self._pseudo = _pseudo_devices()

    def check_place(self, place: Path) -> None:
        """Check the repository that a folder is: bare, with ``.git``, or a linked worktree."""
        dot = str(place / ".git")
        if not os.path.lexists(dot):
            if os.path.lexists(place / "HEAD"):
                self.check_git_dir(str(place))
            return
        kind = self._kind(dot)
        if kind is not None and stat.S_ISDIR(kind.st_mode):
            self.check_git_dir(dot)
        elif named := self._name_in(dot, b"gitdir: "):
            self.check_git_dir(os.path.join(place, named))

    def check_git_dir(self, folder: str) -> None:
        """Check a folder with HEAD and its settings, and its common folder."""
        self._walk(folder)
        for name in ("config", "config.worktree"):
            self._check_config(os.path.join(folder, name))
        self.check_objects(os.path.join(folder, "objects"))
        if (common := self._name_in(os.path.join(folder, "commondir"))) and common != ".":
            shared = os.path.join(folder, common)
            if not _is_same(shared, folder):
                self.check_git_dir(shared)

    def check_objects(self, folder: str) -> None:
        """Check a folder of objects, and all those that it borrows from."""
        todo = [folder]
        while todo:
            store = todo.pop()
            real = self._real(store)
            if real is None or real in self._stores:
                continue
            self._stores.add(real)
            if len(self._stores) > MAX_STORES:
                raise UnreadableError(f"it borrows objects from more than {MAX_STORES} folders")
            self._walk(real)
            listed = self._content(os.path.join(store, "info", "alternates"), _SMALL)
            todo += _borrowed(listed, store, real)

    def _check_config(self, path: str, depth: int = 0) -> int:
        """Check a file of settings and those that it includes; return their number."""
        if path in self._configs:
            return self._configs[path]
        self._configs[path] = 1  # while it is open: git ends a circle by itself, at a depth of 10
        content = self._content(path, _SETTINGS)
        count = 1
        if b"include" in content.lower() and depth < 10:
            for named in self.includes(path):
                count += self._check_config(os.path.join(os.path.dirname(path), named), depth + 1)
                if count > MAX_CONFIGS:
                    raise UnreadableError(f"its settings include more than {MAX_CONFIGS} files")
        self._configs[path] = count
        return count

    def _walk(self, top: str) -> None:
        """Check every file below a folder, and below those that a link in it leads to."""
        todo = [(top, _Within.ANY)]
        while todo:
            folder, within = todo.pop()
            if not self._is_new(folder, within):
                continue
            for entry in _listed(folder):
                self._count(top)
                mode = self._mode(entry)
                if stat.S_ISREG(mode):
                    _check_size(entry, within)
                elif stat.S_ISDIR(mode):
                    # git would enter a circle, or a maze
                    if within is _Within.REFS and entry.is_symlink():
                        raise UnreadableError(f"{entry.path!r} is a link to a folder of refs")
                    todo.append((entry.path, _within(within, folder, entry.name)))

    def _count(self, top: str) -> None:
        self._entries += 1
        if self._entries > MAX_ENTRIES:
            raise UnreadableError(f"there are more than {MAX_ENTRIES:,} files in {top!r}")
        if self._entries % 1000 == 0 and time.monotonic() > self._end:
            raise UnreadableError(f"looking at its files takes more than {self.timeout_s:g} s")

    def _is_new(self, folder: str, within: _Within) -> bool:
        kind = self._kind(folder)
        if kind is None or not stat.S_ISDIR(kind.st_mode):
            return False
        key = (kind.st_dev, kind.st_ino, within)
        is_new = key not in self._folders
        self._folders.add(key)
        return is_new

    def _mode(self, entry: os.DirEntry[str]) -> int:
        """Return the type of an entry, or of what its link leads to; 0 if that is nothing."""
        if entry.is_dir(follow_symlinks=False):
            return stat.S_IFDIR
        if entry.is_file(follow_symlinks=False):
            return stat.S_IFREG
        kind = self._kind(entry.path)
        return 0 if kind is None else kind.st_mode

    def _name_in(self, path: str, start: bytes = b"") -> str:
        """Return the path that a file holds after *start*; empty if it holds none."""
        content = self._content(path, _SMALL)
        if not content.startswith(start):
            return ""
        return os.fsdecode(content[len(start) :].rstrip(b"\r\n").split(b"\0")[0])

    def _content(self, path: str, most: int) -> bytes:
        """Return the content of a plain file; empty if there is none."""
        kind = self._kind(path)
        if kind is None or not stat.S_ISREG(kind.st_mode):
            return b""
        try:
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        except OSError:
            return b""
        with open(handle, "rb") as file:  # noqa: PTH123 - it has been opened
            content = file.read(most + 1)
        if len(content) > most:
            raise UnreadableError(f"{path!r} is larger than {most:,} bytes")
        return content

    def _kind(self, path: str) -> os.stat_result | None:
        """Return what a path leads to, if that may be opened; None if it leads nowhere."""
        real = self._real(path)
        try:
            kind = None if real is None else os.lstat(real)
        except OSError:
            return None
        if kind is not None and (
            stat.S_ISFIFO(kind.st_mode) or stat.S_ISCHR(kind.st_mode) or stat.S_ISBLK(kind.st_mode)
        ):
            raise UnreadableError(f"{path!r} is a pipe or a device, not a file")
        return kind

    def _real(self, path: str) -> str | None:
        """Follow each link of a path; return None if one leads nowhere or to itself.

        The system's own way would resolve ``/proc/self`` for this process, not for git.
        """
        try:
            at, todo = _parts(os.path.join(os.getcwd(), path) if not os.path.isabs(path) else path)
        except OSError:  # the current folder is gone
            return None
        links = 0
        while todo:
            part = todo.pop()
            if part == os.pardir:
                at = os.path.dirname(at)
                continue
            here = os.path.join(at, part)
            try:
                found = os.lstat(here)
                target = os.readlink(here) if stat.S_ISLNK(found.st_mode) else None
            except (OSError, ValueError):
                return None
            if found.st_dev in self._pseudo:
                raise UnreadableError(f"{path!r} is a system file, {here!r}")
            if target is None:
                at = here
                continue
            links += 1
            if links > _MAX_LINKS:
                return None
            root, more = _parts(target)
            at = root or at
            todo += more
        return at


def _parts(path: str) -> tuple[str, list[str]]:
    """Return the root of a path, empty if it has none, and its parts, the last first."""
    drive, rest = os.path.splitdrive(path.replace(os.altsep or os.sep, os.sep))
    root = drive + os.sep if rest.startswith(os.sep) else ""
    return root, [part for part in reversed(rest.split(os.sep)) if part not in ("", os.curdir)]


def _listed(folder: str) -> Iterator[os.DirEntry[str]]:
    """Yield the entries of a folder; none if it cannot be read, because git reports that itself."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        yield from entries


def _within(outer: _Within, folder: str, name: str) -> _Within:
    """Return what the files of a folder in another one are."""
    if outer is not _Within.ANY:
        return outer
    if name == "logs" and os.path.lexists(os.path.join(folder, "HEAD")):  # else a worktree's name
        return _Within.LOGS
    return _Within.REFS if name == "refs" else _Within.ANY


def _check_size(entry: os.DirEntry[str], within: _Within) -> None:
    """Refuse a file that git would read as a whole and that is too large for its purpose."""
    most = _SMALL if within is _Within.REFS else _LISTS
    if within is _Within.REFS or (within is _Within.ANY and _WHOLE.fullmatch(entry.name)):
        try:
            size = entry.stat().st_size
        except OSError:
            return
        if size > most:
            raise UnreadableError(f"{entry.path!r} is larger than {most:,} bytes")


def _is_same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def _pseudo_devices() -> frozenset[int]:
    """Return the numbers of the mounted file systems that the kernel itself fills."""
    try:
        mounts = Path("/proc/self/mountinfo").read_text(errors="replace").splitlines()
    except OSError:
        return frozenset()
    found = set()
    for mount in mounts:
        left, _, right = mount.partition(" - ")
        if right.split(" ", 1)[0] in _PSEUDO:
            major, minor = left.split(" ")[2].split(":")
            found.add(os.makedev(int(major), int(minor)))
    return frozenset(found)


def _borrowed(listed: bytes, store: str, real: str) -> list[str]:
    """Return the folders that ``info/alternates`` names, as git and as libgit2 read it.

    *store* is its folder of objects, as it is named, and *real* the same without links.
    """
    lines = [*listed.split(b"\n"), *re.split(rb"[\r\n\0]", listed)]
    found: dict[str, None] = {}
    for line in lines:
        if not line or line.startswith(b"#"):
            continue
        for name in {line, _unquoted(line)}:
            named = os.fsdecode(name.split(b"\0")[0])
            found[os.path.join(store, named)] = None
            found[os.path.normpath(os.path.join(real, named))] = None  # git
            if not named.startswith("."):
                found[named] = None  # libgit2, below the current folder
    return list(found)


_ESCAPES = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t",
            b"v": b"\v"}  # fmt: skip


def _unquoted(line: bytes) -> bytes:
    """Return what git reads from a line in double quotes."""
    match = re.match(rb'"((?:[^"\\]|\\.)*)"', line)
    if match is None:
        return line
    return re.sub(rb"\\([0-7]{3}|.)", _unescaped, match[1])


def _unescaped(match: re.Match[bytes]) -> bytes:
    said = match[1]
    if len(said) == 3:
        return bytes([int(said, 8) & 255])
    return _ESCAPES.get(said, said)
