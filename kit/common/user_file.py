"""A file that a person names: read no further than it may be large, and written whole or not.

Anything may stand where a file is expected: a pipe would be waited for, a device never ends, a
small ``.gz`` holds gigabytes, and a sparse file too.  What is written stands in its place only when
all of it is on the disk: who is killed or runs out of room leaves what was there.
"""

from __future__ import annotations

import errno
import gzip
import io
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kit.common.errors import UserError

__all__ = ["MOST_BYTES", "open_own", "read_own", "write_own"]

MOST_BYTES = 1_000_000
_HANDED_OVER = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")  # by a shell: <(zcat log) is a pipe
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def read_own(
    path: Path, what: str, most: int = MOST_BYTES, error: type[UserError] = UserError
) -> str:
    """Return the text of *path*, a file that says *what*, as in "scenario".

    Raises:
        UserError: It is no file, too large to be one, no UTF-8 text, or cannot be read.
    """
    with open_own(path, what, most, error) as file:
        data = file.read()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as caught:
        raise error(f"{path}: is not UTF-8 text: {caught.reason}") from None


def write_own(path: Path, data: bytes, *, alone: bool = False) -> None:
    """Put a file in the place of *path*, or what a device or a pipe takes into it.

    Args:
        path: The file.
        data: All that shall be in it.
        alone: Nobody else writes it now; then what a killed process left beside it is used again.

    Raises:
        OSError: It cannot be written; what was there is there.
    """
    if str(path).startswith(("/dev/", "/proc/")) or (path.exists() and not path.is_file()):
        path.write_bytes(data)
        return
    target = Path(os.path.realpath(path))  # a link stays one
    new = target.with_name(f".{target.name[:200]}{'' if alone else f'.{os.getpid()}'}.new")
    try:
        with new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            if not os.access(target, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            new.chmod(stat.S_IMODE(target.stat().st_mode))
        new.replace(target)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


@contextmanager
def open_own(
    path: Path, what: str, most: int, error: type[UserError] = UserError
) -> Iterator[io.BufferedReader]:
    """Open a file that says *what*; one that is called ``.gz`` is unpacked.

    Whoever reads it is told the same way if it cannot be read to its end, or has more bytes.

    Args:
        path: The file.
        what: What is in it, for a message.
        most: More bytes than such a file has.
        error: What is raised.

    Raises:
        UserError: It is no file, too large, or cannot be read.
    """
    handle = _opened(path, error)
    with open(handle, "rb") as file:  # noqa: PTH123 - it has been opened
        kind = os.fstat(handle)
        if kind.st_size > most and path.suffix != ".gz":
            raise error(f"{path}: is larger than {most:,} bytes; no {what} is")
        source = gzip.GzipFile(fileobj=file) if path.suffix == ".gz" else file
        yield io.BufferedReader(_Bounded(source, path, what, most, error))


def _opened(path: Path, error: type[UserError]) -> int:
    """Open a file, and nothing else: not even for a moment, since that may wait."""
    try:
        # what waits does not, and what has been put in its place since is looked at as it is
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
    """Reads from a file as much as it may have."""

    def __init__(
        self, source: io.BufferedReader | gzip.GzipFile, path: Path, what: str, most: int,
        error: type[UserError],
    ) -> None:  # fmt: skip
        super().__init__()
        self._source, self._left = source, most
        self._path, self._error = path, error
        self._too_large = f"{path}: is larger than {most:,} bytes; no {what} is"

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - as io has it
        try:
            data = self._source.read1(len(buffer))
        except (OSError, EOFError, zlib.error) as caught:
            raise self._error(f"{self._path}: cannot be read: {_why(caught)}") from None
        self._left -= len(data)
        if self._left < 0:
            raise self._error(self._too_large)
        buffer[: len(data)] = data
        return len(data)
