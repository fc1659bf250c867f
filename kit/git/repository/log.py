"""What git log prints of each commit, as it comes, and messages as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BufferedReader
from typing import NamedTuple

__all__ = [
    "CHANGES",
    "COMMITS",
    "NAP_S",
    "LogBlock",
    "LoggedChange",
    "log_blocks",
    "log_changes",
    "log_commits",
    "log_messages",
    "shown",
    "subject_and_body",
]

COMMITS = ("-z", "--format=%H%x00%P%x00%e%x00%B", "--encoding=UTF-8")
"""The options of git log that `log_commits` reads."""
CHANGES = (
    *("-z", "--raw", "--no-abbrev", "--no-renames", "--diff-merges=off", "--encoding=UTF-8"),
    "--format=%H%x00%P%x00%e%x00%ct%x00%B",
)
"""The options of git log that `log_changes` reads."""
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
    """Yield the commits that git log prints with `COMMITS`; see `log_blocks`."""
    left: list[bytes] = []
    for fields in log_blocks(log, at_least):
        left += fields
        whole = len(left) // 4 * 4
        if whole:
            yield LogBlock(*(left[place:whole:4] for place in range(4)))
            left = left[whole:]
    if len(left) == 3:  # the last message is empty
        yield LogBlock(left[:1], left[1:2], left[2:], [b""])


class LoggedChange(NamedTuple):
    """What a commit does with its files, as git log prints it."""

    made_s: bytes  # when it was committed
    rows: bytes  # modes and hashes before and after, and a letter: all rows are as long
    paths: Sequence[bytes]


_ROW = (b":", b"\n:")  # git ends a message with a line end


def log_changes(
    log: BufferedReader, most: int, at_least: int = 0
) -> Iterator[tuple[LogBlock, list[LoggedChange]]]:
    """Yield the commits of a git log with `CHANGES`, and what each changes; a merge: nothing.

    Args:
        log: What git prints.
        most: Files; of a commit that changes more no file is given.
        at_least: See `log_blocks`.
    """
    head: list[bytes] = []
    rows: list[bytes] = []
    paths: list[bytes] = []
    heads: list[list[bytes]] = []
    changes: list[LoggedChange] = []
    has_path = True  # of the last row
    for fields in log_blocks(log, at_least):
        place, count = 0, len(fields)
        while place < count:
            if len(head) < 5:
                more = 5 - len(head)
                head += fields[place : place + more]
                place += more
            elif not has_path:
                paths.append(fields[place])
                has_path, place = True, place + 1
            elif fields[place].startswith(_ROW):
                end = place
                while end < count and fields[end].startswith(_ROW):
                    end += 2
                rows += fields[place:end:2]
                paths += fields[place + 1 : end : 2]
                del rows[most + 1 :], paths[most + 1 :]
                has_path, place = end <= count, end
            else:
                heads.append(head)
                changes.append(_change(head, rows, paths, most))
                head, rows, paths = [], [], []
        if heads:
            yield _log_block(heads), changes
            heads, changes = [], []
    if head:
        head += [b""] * (5 - len(head))  # the last message is empty
        yield _log_block([head]), [_change(head, rows, paths, most)]


def _log_block(heads: list[list[bytes]]) -> LogBlock:
    names, parents, encodings, _, messages = map(list, zip(*heads, strict=True))
    return LogBlock(names, parents, encodings, messages)


def _change(head: list[bytes], rows: list[bytes], paths: list[bytes], most: int) -> LoggedChange:
    if not 0 < len(paths) <= most:
        return LoggedChange(head[3], b"", ())
    return LoggedChange(head[3], b"".join(rows).lstrip(b"\n"), paths)


def log_messages(log: BufferedReader) -> Iterator[tuple[bytes, bytes]]:
    """Yield the first line and the rest of each record that `git log -z` prints, as it comes."""
    for records in log_blocks(log):
        for record in records:
            head, _, message = record.partition(b"\n")
            yield head, message


def log_blocks(log: BufferedReader, at_least: int = 0) -> Iterator[list[bytes]]:
    """Yield the records that `git log -z` prints, as many at once as have come.

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
