"""A transcript of QMP: what goes over the socket, one object a line or over several lines.

Source: QEMU docs/interop/qmp-spec.rst.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from kit.logs.entries import LogFormat
from kit.logs.formats.base import (
    Format,
    Item,
    JsonObjectReader,
    LogLine,
    SkippedLine,
    check_length,
    unread,
)

__all__ = ["FORMAT", "QMP", "SHELL"]

QMP = LogFormat("QMP transcript", shows_every_event=True)
_ARROW = re.compile(r"\s*(?:->|<-|-->|<--|<|[CS]:)?\s*")
_JSON_LINE = re.compile(_ARROW.pattern + r"\{\s*(?:u?[\"']|$)")


def _sniff(lines: Sequence[str]) -> int:
    return 3 if any(_JSON_LINE.match(line[:200]) for line in lines) else 0


def _read(lines: Iterator[LogLine]) -> Iterator[Item]:
    reader = JsonObjectReader()
    for line in lines:
        text = line.text
        if not reader.is_open:
            match = _ARROW.match(text)
            text = text[match.end() :] if match else text
        too_long = check_length(line)
        if too_long is not None:
            yield too_long
        elif reader.is_open or text.startswith("{"):
            yield from reader.take(replace(line, text=text))
        elif text.strip():
            yield _without_object(replace(line, text=text))
    yield from reader.cut_off()


SHELL = re.compile(r"(\S+[@:]\S*)?\s?[$#]\s|rlwrap: |Trying |Connected to |Escape character ")


def _without_object(line: LogLine) -> Item:
    """What people type around it is no message: socat, nc, telnet."""
    if SHELL.match(line.text):
        return SkippedLine()
    return unread(line, "is neither JSON nor a command at the prompt (QEMU)")


FORMAT = Format(QMP, _sniff, _read)
