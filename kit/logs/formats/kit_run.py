"""What ``kit run --format json`` writes, read as a log of the machine that it played.

Source: docs of ``kit run``: `kit.trace.entry.entry_json`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kit.common import json_fields
from kit.common.json_fields import FormatError, Json
from kit.logs.entries import LogFormat
from kit.logs.formats.base import Format, Item, LogLine, MachineNamed, unread
from kit.machine.catalogue import REVISIONS
from kit.trace.qmp import qmp_objects

__all__ = ["FORMAT", "KIT_RUN"]

KIT_RUN = LogFormat("run of the kit", shows_every_event=True)
_MAX_CHARACTERS = 30_000_000
_SIGN = re.compile(r'"(entries|revision|scenario|token|guest_ns)": ')


def _sniff(lines: Sequence[str]) -> int:
    text = "".join(lines[:400])
    return 9 if {"entries", "revision", "guest_ns"} <= set(_SIGN.findall(text)) else 0


def _read(lines: Iterator[LogLine]) -> Iterator[Item]:
    first: LogLine | None = None
    parts: list[str] = []
    size = 0
    for line in lines:
        first = first or line
        size += len(line.text)
        if size > _MAX_CHARACTERS:
            yield unread(first, f"is longer than {_MAX_CHARACTERS:,} characters")
            return
        parts.append(line.text)
    if first is None:
        return
    try:
        data = json_fields.load("\n".join(parts))
    except (FormatError, ValueError, RecursionError) as error:
        yield unread(first, f"is not a run of the kit: {error}")
        return
    data = data if isinstance(data, dict) else {}
    entries, board = data.get("entries"), _board(data.get("revision"))
    yield MachineNamed(first.source, first.line, board)
    for number, entry in enumerate(entries if isinstance(entries, list) else [], 1):
        if isinstance(entry, dict):
            yield from _entry(LogLine(first.source, number, ""), entry, board)


def _board(label: object) -> str:
    """Return the board of the revision of that label; the case study's for any other text."""
    boards = (revision.board for revision in REVISIONS if revision.label == label)
    return next(boards, REVISIONS[0].board).value


def _entry(line: LogLine, entry: dict[str, Json], board: str) -> Iterator[Item]:
    at_ns = entry.get("at_ns")
    when = at_ns if type(at_ns) is int and at_ns >= 0 else None
    for data in qmp_objects(entry, board):
        yield line.holds(data, when)


FORMAT = Format(KIT_RUN, _sniff, _read)
