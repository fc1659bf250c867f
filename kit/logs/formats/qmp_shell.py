"""A session of qmp-shell, as copied from a terminal, or its log file.

Source: qmp-shell(1) of qemu.qmp; QEMU python/qemu/qmp/qmp_shell.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kit.common.json_fields import FormatError
from kit.logs.entries import LogFormat
from kit.logs.formats.base import (
    Format,
    Item,
    JsonObjectReader,
    LogLine,
    SkippedLine,
    check_length,
    first_object,
    unread,
)
from kit.logs.json_stream import end_of_object, read_typed_command

__all__ = ["FORMAT", "QMP_SHELL"]

QMP_SHELL = LogFormat(
    "qmp-shell session",
    note="qmp-shell prints an event when somebody presses Enter, and none into its log file.",
)
_PROMPT = "(QEMU)"
_PROMPTS = re.compile(rf"\A(?:{re.escape(_PROMPT)}\s*+)++")
_WELCOME = "Welcome to the QMP low-level shell"
_BANNER = re.compile(
    rf"{_WELCOME}!|Connected( to QEMU .*)?|Disconnected"
    r"|Error while parsing command line: .*|command format: <command-name> .*"
)


def _sniff(lines: Sequence[str]) -> int:
    if any(line.startswith((_PROMPT, _WELCOME)) for line in lines):
        return 6
    return 5 if _begins_with_both("\n".join(lines[:60])) else 0


def _begins_with_both(text: str) -> bool:
    """Does a text begin as its log file does: command and reply in one object?"""
    at = len(text) - len(text.lstrip())
    end = end_of_object(text, at) if text.startswith("{", at) else None
    if end is None:
        return False
    try:
        keys = first_object(text[at:end]).keys()
    except FormatError:
        return False
    return bool(keys & {"execute", "exec-oob"} and keys & {"return", "error"})


def _read(lines: Iterator[LogLine]) -> Iterator[Item]:
    reader = JsonObjectReader()
    for line in lines:
        text = line.text
        if text.startswith(_PROMPT):
            yield from reader.cut_off()
            yield check_length(line) or _read_prompt(line) or SkippedLine()
        elif reader.is_open or text.lstrip().startswith("{"):
            yield from reader.take(line.but(text))
        elif _BANNER.fullmatch(text.strip()):
            yield _read_banner(line, text.strip())
        elif text.strip():
            yield unread(line, "is neither JSON nor a command at the prompt (QEMU)")
    yield from reader.cut_off()


def _read_banner(line: LogLine, text: str) -> Item:
    """Return a banner as a greeting: it names the version of QEMU."""
    match = re.fullmatch(r"Connected to QEMU (\d{1,4})\.(\d{1,4})\.(\d{1,4})", text)
    return line.greets(match) if match else SkippedLine()


def _read_prompt(line: LogLine) -> Item | None:
    """Return the command after the prompt; an empty one only shows events."""
    body = _PROMPTS.sub("", line.text).strip()
    if not body:
        return None
    if body.startswith("{"):  # a log may hold the reply without the command
        return next(iter(JsonObjectReader().take(line.but(body))), None)
    try:
        name, arguments = read_typed_command(body)
    except FormatError as error:
        return unread(line, error)
    return line.holds({"execute": name, "arguments": arguments, "typed": True})


FORMAT = Format(QMP_SHELL, _sniff, _read)
