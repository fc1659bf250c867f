"""A transcript of QMP: what goes over the socket, one object a line or over several lines.

Source: QEMU docs/interop/qmp-spec.rst.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kit.logs.entries import LogFormat
from kit.logs.formats.base import (
    Format,
    Item,
    JsonObjectReader,
    LogLine,
    SkippedLine,
    by_pattern,
    check_length,
    unread,
)
from kit.logs.formats.dull import DullMessages

__all__ = ["FORMAT", "QMP", "SHELL"]

SHELL = re.compile(r"(\S+[@:]\S*)?\s?[$#]\s|rlwrap: |Trying |Connected to |Escape character ")
"""What people type around a transcript: socat, nc, telnet."""
_NEITHER = "is neither JSON nor a command at the prompt (QEMU)"

QMP = LogFormat("QMP transcript", shows_every_event=True)
_ARROW = re.compile(r"\s*(?:->|<-|-->|<--|<|[CS]:)?\s*")
_JSON_LINE = re.compile("^" + _ARROW.pattern + r"\{\s*(?:u?[\"']|$)")


def _read(lines: Iterator[LogLine]) -> Iterator[Item]:
    reader, dull = JsonObjectReader(), DullMessages()
    for line in lines:
        text = line.text
        if not reader.is_open and (data := dull.read(text)) is not None:
            yield line.holds(data)
            continue
        if not reader.is_open:
            match = _ARROW.match(text)
            text = text[match.end() :] if match else text
        too_long = check_length(line)
        if too_long is not None:
            yield too_long
        elif reader.is_open or text.startswith("{"):
            yield from reader.take(line.but(text))
        elif text.strip():
            yield SkippedLine() if SHELL.match(text) else unread(line.but(text), _NEITHER)
    yield from reader.cut_off()


FORMAT = Format(QMP, by_pattern(_JSON_LINE, 3, most=200), _read)
