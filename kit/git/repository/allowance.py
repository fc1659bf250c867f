"""How much memory, time and how many questions a repository may take: more if it is larger.

A small repository can unfold to anything: trees that hold each other, files of zeros, chains of
deltas.  So the limits grow with the room that it takes on the disk.  The system ends a git that
takes more; elsewhere than on Linux nothing does.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import stat
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

__all__ = ["Allowance", "allowance", "limit", "limit_minute"]

_MEMORY_BYTES = 384 << 20
_CPU_S = 4
_QUESTIONS = 100
_WORK = 1_000_000_000
_BYTES_A_SECOND = 4 << 20  # so many bytes on disk are worth a second more
_BYTES_A_QUESTION = 20_000
_WORK_A_BYTE = 100
_MAX_FOLDERS = 100  # that lend objects to each other
_MAX_LINES = 1 << 16  # bytes of the file that names them


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one git process may take, and what a command may ask of a repository in all."""

    memory_bytes: int
    cpu_s: int
    questions: int
    work: int  # of all comparisons; see `kit.git.repository.objects`

    @property
    def reader_cpu_s(self) -> int:
        """The seconds a minute of a git that reads single objects."""
        return max(self.cpu_s // 2, 2)

    def exceeded(self, status: int, said: str) -> str:
        """Return what a git that ended took too much of; empty if it did not.

        Args:
            status: Its exit status; -N if signal N ended it.
            said: Its complaints.
        """
        if status in (-getattr(signal, "SIGXCPU", 0), -getattr(signal, "SIGKILL", 0)) and status:
            return f"that takes more than {self.cpu_s} s"
        if re.search("[Oo]ut of memory|Cannot allocate memory", said):
            return f"that takes more than {self.memory_bytes >> 20} MiB of memory"
        return ""


@lru_cache(maxsize=64)
def allowance(objects: Path) -> Allowance:
    """Return what the repository that keeps its objects in a folder may take.

    >>> allowance(Path("no such folder"))
    Allowance(memory_bytes=402653184, cpu_s=4, questions=100, work=1000000000)
    """
    size = sum(map(_disk_bytes, _lenders(objects)))
    return Allowance(
        _MEMORY_BYTES + size,
        _CPU_S + size // _BYTES_A_SECOND,
        _QUESTIONS + size // _BYTES_A_QUESTION,
        _WORK + size * _WORK_A_BYTE,
    )


def limit(process_id: int, allowed: Allowance) -> None:
    """Let the system end a git process that takes more; files that it maps are not memory."""
    _limit(process_id, allowed.memory_bytes, allowed.cpu_s)


def limit_minute(process_id: int, allowed: Allowance) -> None:
    """Limit a git that answers questions; call it once a minute, because it may live for hours."""
    spent_s = 0
    with contextlib.suppress(OSError, ValueError):
        fields = Path(f"/proc/{process_id}/stat").read_bytes().rpartition(b")")[2].split()
        spent_s = sum(map(int, fields[11:13])) // os.sysconf("SC_CLK_TCK")
    _limit(process_id, allowed.memory_bytes, spent_s + allowed.reader_cpu_s)


def _limit(process_id: int, memory_bytes: int, cpu_s: int) -> None:
    if sys.platform != "linux":
        return
    import resource

    for what, most in ((resource.RLIMIT_DATA, memory_bytes), (resource.RLIMIT_CPU, cpu_s)):
        with contextlib.suppress(ProcessLookupError, PermissionError, ValueError):
            _, hard = resource.prlimit(process_id, what)
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.prlimit(process_id, what, (most, hard))


def _lenders(objects: Path) -> list[Path]:
    """Return a folder of objects and those that it borrows from, to any depth."""
    found = [objects]
    for folder in found:
        for line in _lines(folder / "info" / "alternates"):
            other = Path(os.path.normpath(folder / os.fsdecode(line)))
            if line[:1] not in (b"", b"#") and other not in found and len(found) < _MAX_FOLDERS:
                found.append(other)
    return found


def _lines(path: Path) -> list[bytes]:
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            if stat.S_ISREG(os.fstat(handle).st_mode):
                return os.read(handle, _MAX_LINES).split(b"\n")
        finally:
            os.close(handle)
    return []


def _disk_bytes(objects: Path) -> int:
    """Return how many bytes of the disk the objects take: few for a file with holes."""
    total, todo = 0, [str(objects)]
    while todo:
        with contextlib.suppress(OSError), os.scandir(todo.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    todo.append(entry.path)
                elif entry.is_file():
                    found = entry.stat()
                    blocks = getattr(found, "st_blocks", None)
                    taken = found.st_size if blocks is None else blocks * 512
                    total += min(found.st_size, taken)
    return total
