"""Read logs from files and from stdin line by line, with a limit on the length of a line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from kit.common.user_file import open_own
from kit.logs.json_stream import MAX_CHARACTERS

__all__ = ["log_lines"]

_MAX_READ = MAX_CHARACTERS + 2
MAX_BYTES = 256_000_000


def log_lines(name: str) -> Iterator[str]:
    """Yield the lines of a log; "-" is stdin, ``.gz`` is unpacked.

    Bytes that are not UTF-8 become U+FFFD.  A line that is too long is cut just past the limit, so
    that the caller can tell.

    Raises:
        UserError: The file cannot be read.
    """
    if name == "-":
        yield from _lines(sys.stdin.buffer)
        return
    with open_own(Path(name), "log that is read whole", MAX_BYTES) as file:
        yield from _lines(file)


def _lines(file: BinaryIO) -> Iterator[str]:
    while line := file.readline(_MAX_READ):
        text = line.decode("utf-8", errors="replace")
        while not line.endswith(b"\n") and (line := file.readline(_MAX_READ)):
            pass  # the rest of a line that is too long
        yield text
