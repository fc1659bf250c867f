"""Read recordings from disk, and replay them on the embedded machine."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from kit.common.errors import RecordingError
from kit.common.user_file import open_bounded
from kit.recordings.conformance import ConformanceReport, conform
from kit.recordings.format import read_transcripts

__all__ = ["MAX_LINE_BYTES", "MAX_RECORDED_BYTES", "conform_file", "lines_of_file"]

MAX_RECORDED_BYTES = 256_000_000
MAX_LINE_BYTES = 10_000_000


def conform_file(path: Path) -> ConformanceReport:
    """Replay the recording at *path* (``.jsonl``, ``.jsonl.gz``), or raise RecordingError."""
    return conform(read_transcripts(lines_of_file(path), str(path)), str(path))


def lines_of_file(path: Path) -> Iterator[str]:
    """Yield the lines of a recording (``.jsonl``, ``.jsonl.gz``), or raise RecordingError."""
    with open_bounded(path, "recording", MAX_RECORDED_BYTES, RecordingError) as file:
        for number in count(1):
            line = file.readline(MAX_LINE_BYTES + 1)
            if len(line) > MAX_LINE_BYTES:
                raise RecordingError(f"{path}:{number}: is longer than {MAX_LINE_BYTES:,} bytes")
            if not line:
                return
            try:
                yield line.decode("utf-8")
            except UnicodeDecodeError as error:
                raise RecordingError(f"{path}: is not UTF-8 text: {error.reason}") from None
