r"""Logs of ``key="value"`` pairs in which a message is QMP: kata-runtime's.

Source: kata-containers src/runtime (logrus' text format; govmm's qmp.go logs what it sends).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from kit.logs.entries import LogFormat
from kit.logs.formats.base import (
    Format,
    Item,
    JsonObjectReader,
    LogLine,
    SkippedLine,
    by_line,
    by_pattern,
)
from kit.logs.timestamps import read_time

__all__ = ["FORMAT", "KATA"]

KATA = LogFormat("kata-runtime log", shows_every_event=True)
_MESSAGE = re.compile(r'\bmsg=(?P<msg>"(?:[^"\\]++|\\.)*+")')
_TIME = re.compile(r'\btime="?(?P<time>[^\s"]+)')
_QMP = re.compile(r'\bmsg="(?:[a-z ]*:? ?)?\{\\"')


def _read(line: LogLine) -> Iterator[Item]:
    match = _MESSAGE.search(line.text) if "{" in line.text else None
    if match is None:
        yield SkippedLine()
        return
    try:
        text = str(json.loads(match["msg"], strict=False))
    except ValueError:
        text = match["msg"]
    when = _TIME.search(line.text[:200])
    reader = JsonObjectReader()
    yield from reader.take(line.but(text), read_time(when["time"]) if when else None)
    yield from reader.cut_off()


FORMAT = Format(KATA, by_pattern(_QMP, 8, most=2000), by_line(_read))
