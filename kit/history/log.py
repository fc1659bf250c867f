"""What git log prints of each commit, as it comes, and messages and dates as text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from io import BufferedReader

import pygit2

__all__ = ["iso_date", "log_messages", "message_of", "shown", "subject_and_body"]

_CHUNK_BYTES = 1 << 16


def log_messages(log: BufferedReader) -> Iterator[tuple[bytes, bytes]]:
    """Give the first line and the rest of each record that `git log -z` prints, as it comes."""
    rest = b""
    while chunk := log.read1(_CHUNK_BYTES):
        *whole, rest = (rest + chunk).split(b"\0")
        for record in whole:
            head, _, message = record.partition(b"\n")
            yield head, message
    if rest:  # -z separates records, and does not end them
        head, _, message = rest.partition(b"\n")
        yield head, message


def shown(raw: bytes) -> str:
    """Return bytes of a commit as text, whatever they are."""
    return raw.decode("utf-8", "replace")


def message_of(commit: pygit2.Commit) -> str:
    """Return the message as text; in an encoding that nobody knows it is taken for UTF-8."""
    try:
        return commit.raw_message.decode(commit.message_encoding or "utf-8", "replace")
    except LookupError:
        return shown(commit.raw_message)


def subject_and_body(message: str) -> tuple[str, str]:
    """Split a message as git does: its first paragraph is the subject, in one line."""
    head, _, body = message.lstrip("\n").partition("\n\n")
    return " ".join(line.strip() for line in head.split("\n")).strip(), body.strip("\n")


def iso_date(seconds: int, offset_min: int) -> str:
    """Return a date as ISO 8601 with its time zone; one that nobody could have meant as UTC."""
    try:
        zone = timezone(timedelta(minutes=offset_min))
        return datetime.fromtimestamp(seconds, zone).isoformat()
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC).isoformat()
