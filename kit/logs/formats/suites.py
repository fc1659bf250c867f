"""Logs of test suites that talk QMP: QEMU's own functional tests, and avocado-vt.

Both write Python's dictionaries behind a prefix.

Source: QEMU python/qemu/qmp/legacy.py and qmp_client.py (``>>>``, ``<<<``, ``-->``, ``<--``);
avocado-vt virttest/qemu_monitor.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kit.logs.entries import LogFormat
from kit.logs.formats.base import Format, Item, JsonObjectReader, LogLine, SkippedLine, by_pattern
from kit.logs.timestamps import read_time

__all__ = ["AVOCADO_VT", "FORMATS", "TEST_LOG"]

TEST_LOG = LogFormat("log of QEMU's tests", shows_every_event=True)
AVOCADO_VT = LogFormat("avocado-vt log", note="avocado-vt logs few events of QEMU.")
_TIME = r"(?P<time>(?:\d{4}-\d\d-\d\d[ T])?\d\d:\d\d:\d\d(?:[.,]\d+)?)"
_PREFIX = re.compile(rf"\s*(?:{_TIME}\W)?")
_ARROW = re.compile(r"(?:^|[\s|:])(?:>>>|<<<|-->|<--)\s*(?=\{|$)")
_VT = re.compile(
    r"\bSend command: (?=\{)|\(monitor [^)]*\)\s*(?=[{}\[\]'\"])"
    r"|\(monitor (?P<monitor>[^)]*)\) (?:Sending command|Response to|Received)"
)


def _sniff_test(lines: Sequence[str]) -> int:
    return 8 if any((m := _ARROW.search(line[:400])) and m.start() > 8 for line in lines) else 0


def _read_test(lines: Iterator[LogLine]) -> Iterator[Item]:
    reader = JsonObjectReader()
    for line in lines:
        match = _ARROW.search(line.text[:400])
        if match:
            yield from reader.cut_off()
            yield from reader.take(line.but(line.text[match.end() :]), _time(line))
        elif reader.is_open and not _prefixed_time(line):
            yield from reader.take(line)
        else:
            yield SkippedLine()
    yield from reader.cut_off()


def _read_vt(lines: Iterator[LogLine]) -> Iterator[Item]:
    reader = JsonObjectReader()
    for line in lines:
        match = _VT.search(line.text[:400])
        if match and match["monitor"] is None:
            if "Send command" in match[0]:
                yield from reader.cut_off()
            yield from reader.take(line.but(line.text[match.end() :]), _time(line))
        else:
            yield SkippedLine()
    yield from reader.cut_off()


def _prefixed_time(line: LogLine) -> str:
    match = _PREFIX.match(line.text[:60])
    return match["time"] or "" if match else ""


def _time(line: LogLine) -> int | None:
    return read_time(_prefixed_time(line).replace(",", "."))


FORMATS = (
    Format(AVOCADO_VT, by_pattern(_VT, 8, most=400), _read_vt),
    Format(TEST_LOG, _sniff_test, _read_test),
)
