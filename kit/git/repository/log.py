"""What git log prints of each commit, as it comes, and messages as text."""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader
from typing import NamedTuple

__all__ = [
    "COMMITS",
    "NAP_S",
    "LogBlock",
    "log_blocks",
    "log_commits",
    "log_messages",
    "shown",
    "subject_and_body",
]

COMMITS = ("-z", "--format=%H%x00%P%x00%e%x00%B", "--encoding=UTF-8")
"""The options of git log that `log_commits` reads."""
NAP_S = 0.004
"""How long to gather a log that is read whole; see `CloneHistory.stream`."""
_CHUNK_BYTES = 1 << 19
MAX_BYTES = 1 << 20


class LogBlock(NamedTuple):
    """Commits as git log prints them, many at once: a value of each list for each commit."""

    names: list[bytes]
    parents: list[bytes]  # their hashes, with spaces between
    encodings: list[bytes]  # empty for UTF-8
    messages: list[bytes]


def log_commits(log: BufferedReader, at_least: int = 0) -> Iterator[LogBlock]:
    """Give the commits that git log prints with `COMMITS`; see `log_blocks`."""
    left: list[bytes] = []
    for fields in log_blocks(log, at_least):
        left += fields
        whole = len(left) // 4 * 4
        if whole:
            yield LogBlock(*(left[place:whole:4] for place in range(4)))
            left = left[whole:]
    if len(left) == 3:  # the last message is empty
        yield LogBlock(left[:1], left[1:2], left[2:], [b""])


def log_messages(log: BufferedReader) -> Iterator[tuple[bytes, bytes]]:
    """Give the first line and the rest of each record that `git log -z` prints, as it comes."""
    for records in log_blocks(log):
        for record in records:
            head, _, message = record.partition(b"\n")
            yield head, message


def log_blocks(log: BufferedReader, at_least: int = 0) -> Iterator[list[bytes]]:
    """Give the records that `git log -z` prints, as many at once as have come.

    Of a record that is longer than any message the beginning is given.

    Args:
        log: What git prints.
        at_least: Bytes that are waited for, if git prints so many.
    """
    pieces: list[bytes] = []
    records: list[bytes] = []
    size = got = 0
    while chunk := log.read1(_CHUNK_BYTES):
        got += len(chunk)
        *ends, rest = chunk.split(b"\0")
        if ends:
            if size:
                ends[0] = b"".join((*pieces, ends[0]))[:MAX_BYTES]
            records += ends
            pieces, size = [], 0
        if size < MAX_BYTES:
            pieces.append(rest)
            size += len(rest)
        if got >= at_least and records:
            yield records
            records, got = [], 0
    if last := b"".join(pieces)[:MAX_BYTES]:  # -z separates records, and does not end them
        records.append(last)
    if records:
        yield records


def shown(raw: bytes) -> str:
    """Return bytes of a commit as text, whatever they are."""
    return raw.decode("utf-8", "replace")


def subject_and_body(message: str) -> tuple[str, str]:
    """Split a message as git does: its first paragraph is the subject, in one line."""
    head, _, body = message.lstrip("\n").partition("\n\n")
    return " ".join(line.strip() for line in head.split("\n")).strip(), body.strip("\n")
