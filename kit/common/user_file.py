"""Read a file that a person names, up to a limit, and write files as a whole or not at all.

A pipe may be in the place of a file and never answer, a device never ends, and a small ``.gz`` or a
sparse file holds gigabytes.

The kit writes its files here and nowhere else; `kit.common.user_folder` builds its folders.
Somebody else may have filled the target folder, so no name that others can guess is opened for
writing: a new file gets a random name, must not exist yet, and is renamed once it is on the disk.
A process that is killed or runs out of room leaves the old file unchanged.
"""

from __future__ import annotations

import errno
import gzip
import io
import lzma
import os
import re
import stat
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from kit.common.errors import UserError

__all__ = [
    "MAX_BYTES",
    "copy_tree",
    "create_file",
    "make_folders",
    "name_beside",
    "open_bounded",
    "open_lock",
    "put_aside",
    "read_bounded",
    "sync_folder",
    "try_lock",
    "try_write",
    "write_atomic",
]

MAX_BYTES = 1_000_000
_HANDED_OVER = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")  # by a shell: <(zcat log) is a pipe
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def read_bounded(
    path: Path, what: str, most: int = MAX_BYTES, error: type[UserError] = UserError
) -> str:
    """Return the text of *path*; *what* names its content in messages, as in "scenario".

    Raises:
        UserError: It is not a file, too large, not UTF-8, or cannot be read.
    """
    with open_bounded(path, what, most, error) as file:
        data = file.read()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as caught:
        raise error(f"{path}: is not UTF-8 text: {caught.reason}") from None


@contextmanager
def open_bounded(
    path: Path, what: str, most: int, error: type[UserError] = UserError
) -> Iterator[io.BufferedReader]:
    """Yield an open file; gzip, xz and zstd are recognised by their first bytes and unpacked.

    Reading it raises the same error if it cannot be read to its end, or has more bytes.

    Args:
        path: The file.
        what: Its content, for a message.
        most: The largest number of bytes of such a file.
        error: The error to raise.

    Raises:
        UserError: It is not a file, too large, or cannot be read.
    """
    handle = _opened(path, error)
    with open(handle, "rb") as file:  # noqa: PTH123 - it has been opened
        kind = os.fstat(handle)
        source = _unpacked(file, path, error)
        if kind.st_size > most and source is file:
            raise error(f"{path}: is larger than {most:,} bytes; no {what} is")
        yield io.BufferedReader(_Bounded(source, path, what, most, error))


_XZ_BYTES = 100_000_000  # the memory that a file may make xz take
_PACKED = (  # first bytes, name, and the command that unpacks it
    (b"\x28\xb5\x2f\xfd", "zstd", "zstd -d"),
    (b"BZh", "bzip2", "bunzip2"),
    (b"\x04\x22\x4d\x18", "lz4", "lz4 -d"),
    (b"PK\x03\x04", "zip", "unzip"),
)


def _unpacked(file: io.BufferedReader, path: Path, error: type[UserError]) -> Any:  # noqa: ANN401 - what the decompressors return has no common type
    """Return *file*, or a reader that unpacks it."""
    begins = file.peek(6)[:6]
    if begins[:2] == b"\x1f\x8b" or path.suffix == ".gz":
        return gzip.GzipFile(fileobj=file)
    if begins == b"\xfd7zXZ\x00":
        return _Xz(file)
    for sign, name, command in _PACKED:
        if not begins.startswith(sign):
            continue
        if name == "zstd" and (opened := _zstd(file)) is not None:
            return opened
        raise error(f"{path}: is packed with {name}; unpack it first: {command} {path}")
    return file


class _Xz:
    """Unpacks xz piece by piece with bounded memory, which `lzma.LZMAFile` does not offer."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self._decoder = self._new()

    @staticmethod
    def _new() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_BYTES)

    def read1(self, size: int) -> bytes:
        """Return up to *size* bytes; none at the end."""
        while True:
            if self._decoder.eof:  # several streams may follow each other
                rest = self._decoder.unused_data.lstrip(b"\0") or self._file.read1(65_536)
                if not rest:
                    return b""
                self._decoder = self._new()
                packed = rest
            else:
                packed = self._file.read1(65_536) if self._decoder.needs_input else b""
                if self._decoder.needs_input and not packed:
                    raise EOFError("it ends in the middle")
            found = self._decoder.decompress(packed, size)
            if found:
                return found


def _zstd(file: io.BufferedReader) -> Any:  # noqa: ANN401 - see _unpacked
    """Return a reader of zstd: Python's own from 3.14 on, or the package's; None without either."""
    with suppress(ImportError):
        return import_module("compression.zstd").ZstdFile(file)
    with suppress(ImportError):
        package = import_module("zstandard")
        return io.BufferedReader(
            package.ZstdDecompressor(max_window_size=1 << 27).stream_reader(file)
        )
    return None


def _opened(path: Path, error: type[UserError]) -> int:
    """Open a regular file; anything else is refused without waiting for it."""
    try:
        # opening never waits, and the type is that of the opened file, not of a later one
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        mode = stat.S_IFMT(os.fstat(handle).st_mode)
    except FileNotFoundError:
        raise error(f"{path}: no such file") from None
    except (OSError, ValueError) as caught:
        if (kind := _kind_of(path)) in ("a socket", "a device"):  # which nobody can open
            raise error(f"{path}: is {kind}, no file; name a file") from None
        raise error(f"{path}: cannot be read: {_why(caught)}") from None
    if mode != stat.S_IFREG and not str(path).startswith(_HANDED_OVER):
        os.close(handle)
        advice = "name the files in it" if mode == stat.S_IFDIR else "name a file"
        raise error(f"{path}: is {_KINDS.get(mode, 'something else')}, no file; {advice}")
    if hasattr(os, "set_blocking"):
        os.set_blocking(handle, True)
    return handle


def _kind_of(path: Path) -> str:
    try:
        return _KINDS.get(stat.S_IFMT(path.stat().st_mode), "")
    except (OSError, ValueError):
        return ""


def _why(caught: Exception) -> str:
    return (caught.strerror if isinstance(caught, OSError) else None) or str(caught)


class _Bounded(io.RawIOBase):
    """Reads at most so many bytes of a file."""

    def __init__(
        self,
        source: Any,  # noqa: ANN401 - see _unpacked
        path: Path,
        what: str,
        most: int,
        error: type[UserError],
    ) -> None:
        super().__init__()
        self._source, self._left = source, most
        self._path, self._error = path, error
        self._too_large = f"{path}: is larger than {most:,} bytes; no {what} is"

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - as io has it
        try:
            data = self._source.read1(len(buffer))
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as caught:
            raise self._error(f"{self._path}: cannot be read: {_why(caught)}") from None
        self._left -= len(data)
        if self._left < 0:
            raise self._error(self._too_large)
        buffer[: len(data)] = data
        return len(data)


_TAKES = ("/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/self/fd/")  # handed over by a shell
_NEW = (
    os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
)  # fmt: skip
_LEFT_S = 3600  # a file that is being written is younger


def write_atomic(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Replace the file at *path*, or write to the pipe or terminal that is there.

    Args:
        path: The file.  A link is not followed, except a shell's own, such as /dev/stdout.
        data: The whole content.
        mode: The permissions; by default those of the replaced file.

    Raises:
        OSError: It cannot be written; the old file is unchanged.
    """
    found = _kept_mode(path)
    if found is None:
        _pour(path, data)
        return
    _sweep(path)
    new = name_beside(path, "new")
    try:
        with create_file(new) as file:
            if os.path.lexists(path) and not os.access(path, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            if (wanted := mode or found) != 0:
                new.chmod(wanted)  # before it holds anything to read
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def create_file(path: Path) -> BinaryIO:
    """Create a file and open it for writing; raise OSError if *path* exists, even as a link."""
    return open(os.open(path, _NEW, 0o666), "wb")  # noqa: PTH123 - the caller closes it


def try_write(folder: Path) -> None:
    """Create a file in *folder* and remove it, to raise OSError if that is impossible."""
    probe = name_beside(folder / "unplug-kit", "new")
    create_file(probe).close()
    probe.unlink()


def put_aside(path: Path) -> Path:
    """Rename an unreadable file to ``NAME.broken-1`` (or -2 …), and return the new name."""
    names = (path.with_name(f"{path.name}.broken-{n}") for n in range(1, 10_000))
    aside = next((name for name in names if not os.path.lexists(name)), path.with_suffix(".broken"))
    path.replace(aside)
    return aside


def _kept_mode(path: Path) -> int | None:
    """Return the replaced file's permissions; 0: there is none; None: write into what is there."""
    if str(path).startswith(_TAKES):
        return None
    try:
        found = path.lstat()
    except FileNotFoundError:
        return 0
    kind = stat.S_IFMT(found.st_mode)
    if kind in (stat.S_IFIFO, stat.S_IFCHR):
        return None
    if kind == stat.S_IFDIR:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if kind == stat.S_IFLNK:
        raise OSError(errno.ELOOP, "it is a link; name the file that it leads to", str(path))
    if kind != stat.S_IFREG:
        raise OSError(errno.EINVAL, f"it is {_KINDS.get(kind, 'no file')}; name a file", str(path))
    return stat.S_IMODE(found.st_mode)


def _pour(path: Path, data: bytes) -> None:
    """Write into a pipe or a device, without waiting for a reader of the pipe."""
    ours = str(path).startswith(_TAKES)
    wait = 0 if ours else getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
    flags = os.O_WRONLY | (os.O_TRUNC if ours else 0) | getattr(os, "O_NOCTTY", 0) | wait
    try:
        handle = os.open(path, flags | getattr(os, "O_BINARY", 0))
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        raise OSError(errno.ENXIO, "it is a pipe that nobody reads", str(path)) from None
    with open(handle, "wb") as file:  # noqa: PTH123 - it has been opened
        if hasattr(os, "set_blocking"):
            os.set_blocking(handle, True)
        file.write(data)


def name_beside(path: Path, kind: str) -> Path:
    """Return a path beside *path* whose name nobody can guess."""
    return path.with_name(f".{path.name[:50]}.{os.urandom(8).hex()}.{kind}")


def _sweep(path: Path) -> None:
    """Remove old temporary files of *path*, left by processes that were killed."""
    left = re.compile(rf"\.{re.escape(path.name[:50])}\.[0-9a-f]{{16}}\.new")
    with suppress(OSError), os.scandir(path.parent) as found:
        for each in found:
            if left.fullmatch(each.name):
                there = each.stat(follow_symlinks=False)
                if stat.S_ISREG(there.st_mode) and time.time() - there.st_mtime > _LEFT_S:
                    Path(each.path).unlink()


def sync_folder(folder: Path) -> None:
    """Write a rename to the disk, where the system can open a folder for that."""
    if hasattr(os, "O_DIRECTORY"):
        with suppress(OSError):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def make_folders(folder: Path, *below: str) -> Path:
    """Make *folder*, then the nested folders *below* in it; return the last.

    The user named *folder*, so links on the way to it are followed; below it none is.

    Raises:
        OSError: It cannot be made, or a link or a file is in its place.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in below:
        folder /= name
        with suppress(FileExistsError):
            folder.mkdir()
        if not stat.S_ISDIR(folder.lstat().st_mode):
            what = "a link or a file is in the place of a folder"
            raise NotADirectoryError(errno.ENOTDIR, what, str(folder))
    return folder


def copy_tree(source: Path, target: Path) -> None:
    """Copy a file, or a folder with its content, to *target*; existing files are replaced."""
    if source.is_file():
        write_atomic(target, source.read_bytes())
        return
    make_folders(target.parent, target.name)
    for path in sorted(source.iterdir()):
        copy_tree(path, target / path.name)


def open_lock(path: Path) -> int:
    """Open the file of a lock, made at first use; raise OSError for what is not a plain file."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o600)
    found = os.fstat(handle)
    if stat.S_ISREG(found.st_mode) and found.st_nlink <= 1:
        return handle
    os.close(handle)
    raise OSError(errno.EINVAL, "it is not the kit's own file; remove it", str(path))


if sys.platform == "win32":
    import msvcrt

    def try_lock(handle: int) -> bool:
        """Try to lock an open file; false where another process holds it."""
        try:
            os.lseek(handle, 1 << 20, os.SEEK_SET)  # away from the text, which others read
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def try_lock(handle: int) -> bool:
        """Try to lock an open file; false where another process holds it.

        Where locks are not known, as on some networks and in a browser, it counts as locked.
        """
        if not hasattr(fcntl, "flock"):
            return True
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True
