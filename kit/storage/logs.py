"""Read logs from files and from stdin line by line, with a limit on the length of a line."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from kit.common.user_file import open_bounded
from kit.logs.json_stream import MAX_CHARACTERS

__all__ = ["log_lines"]

_MAX_READ = MAX_CHARACTERS + 2
MAX_BYTES = 256_000_000


def log_lines(name: str) -> Iterator[str]:
    """Yield the lines of a log; "-" is stdin; gzip, xz and zstd are unpacked.

    UTF-16 is recognised by its first bytes; bytes that are not UTF-8 become U+FFFD.  A line that is
    too long is cut just past the limit, so that the caller notices.  UserError if it cannot be
    read.
    """
    if name == "-":
        yield from _lines(sys.stdin.buffer)
        return
    with open_bounded(Path(name), "log that is read whole", MAX_BYTES) as file:
        yield from _lines(file)


_UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def _lines(file: BinaryIO) -> Iterator[str]:
    first = file.readline(_MAX_READ)
    encoding = _UTF_16.get(first[:2])
    rest = iter(lambda: file.readline(_MAX_READ), b"")
    if encoding is not None:
        yield from _wide_lines(chain([first], rest), encoding)
    else:
        yield from _plain_lines(chain([first.removeprefix(codecs.BOM_UTF8)], rest))


def _wide_lines(pieces: Iterator[bytes], encoding: str) -> Iterator[str]:
    """Yield the lines of UTF-16, which are cut anywhere between two bytes."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    begun = ""
    for piece in pieces:
        *lines, begun = (begun + decoder.decode(piece)).split("\n")
        yield from (line.removeprefix("\ufeff") + "\n" for line in lines)
        begun = begun[:_MAX_READ]
    if begun:
        yield begun.removeprefix("\ufeff")


def _plain_lines(pieces: Iterator[bytes]) -> Iterator[str]:
    for line in pieces:
        if not line:
            continue
        yield line.decode("utf-8", errors="replace")
        while not line.endswith(b"\n") and (line := next(pieces, b"")):
            pass  # the rest of a line that is too long
