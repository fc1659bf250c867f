"""What git log prints of each commit, as it comes, and messages as text."""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader

__all__ = ["log_messages", "shown", "subject_and_body"]

_CHUNK_BYTES = 1 << 16
MAX_BYTES = 1 << 20


def log_messages(log: BufferedReader) -> Iterator[tuple[bytes, bytes]]:
    """Give the first line and the rest of each record that `git log -z` prints, as it comes.

    Of a record that is longer than any message the beginning is given.
    """
    pieces: list[bytes] = []
    size = 0
    while chunk := log.read1(_CHUNK_BYTES):
        *ends, rest = chunk.split(b"\0")
        for end in ends:
            yield _record(b"".join((*pieces, end)))
            pieces, size = [], 0
        if size < MAX_BYTES:
            pieces.append(rest)
            size += len(rest)
    if pieces and (record := b"".join(pieces)):  # -z separates records, and does not end them
        yield _record(record)


def _record(record: bytes) -> tuple[bytes, bytes]:
    head, _, message = record[:MAX_BYTES].partition(b"\n")
    return head, message


def shown(raw: bytes) -> str:
    """Return bytes of a commit as text, whatever they are."""
    return raw.decode("utf-8", "replace")


def subject_and_body(message: str) -> tuple[str, str]:
    """Split a message as git does: its first paragraph is the subject, in one line."""
    head, _, body = message.lstrip("\n").partition("\n\n")
    return " ".join(line.strip() for line in head.split("\n")).strip(), body.strip("\n")
