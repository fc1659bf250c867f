"""The two wires of a QEMU process, without I/O: QMP (JSON lines) and qtest (text lines).

A codec takes the bytes that arrived and returns the complete messages.  A build's output comes from
outside, so anything but a message of the protocol is a `WireError`.

Source: QEMU docs/interop/qmp-spec.txt; softmmu/qtest.c (the protocol's description).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

__all__ = [
    "QmpAnswer",
    "QmpCodec",
    "QmpEvent",
    "QmpFailure",
    "QmpGreeting",
    "QmpMessage",
    "QtestCodec",
    "QtestFail",
    "QtestIrq",
    "QtestMessage",
    "QtestOk",
    "WireError",
]

MAX_LINE_BYTES = 4 << 20
_SHOWN = 60
_NUMBER = re.compile(r"\d{1,9}")  # of an interrupt's line
_COMMAND = re.compile(r"[\x21-\x7e]+( [\x21-\x7e]+)*")


class WireError(Exception):
    """What arrived is not a message of the protocol; one line says what it is."""


@dataclass(frozen=True, slots=True)
class QmpGreeting:
    """QEMU's greeting on QMP: its version (major, minor, micro) and who packaged it."""

    version: tuple[int, int, int]
    package: str


@dataclass(frozen=True, slots=True)
class QmpAnswer:
    """A command succeeded."""

    value: Any
    id: int | None = None


@dataclass(frozen=True, slots=True)
class QmpFailure:
    """A command failed: QEMU's error class and text."""

    error_class: str
    desc: str
    id: int | None = None


@dataclass(frozen=True, slots=True)
class QmpEvent:
    """A QMP event; ``at_s`` is its time in seconds since 1970, if QEMU gives it."""

    name: str
    data: Mapping[str, Any]
    at_s: float | None = field(default=None, compare=False)


QmpMessage = QmpGreeting | QmpAnswer | QmpFailure | QmpEvent


@dataclass(frozen=True, slots=True)
class QtestOk:
    """A qtest command succeeded, with these words of answer."""

    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QtestFail:
    """A qtest command failed: the rest of the line, ``FAIL Unknown command 'x'``."""

    text: str


@dataclass(frozen=True, slots=True)
class QtestIrq:
    """An intercepted interrupt line changed."""

    raised: bool
    line: int


QtestMessage = QtestOk | QtestFail | QtestIrq
M = TypeVar("M", QmpMessage, QtestMessage)


class _Lines(Generic[M]):
    """Cuts a stream into lines; a subclass says what a line means."""

    _what: str

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[M]:
        """Take in *data* and yield the messages that are complete with it, or raise WireError."""
        self._rest += data
        while (end := self._rest.find(b"\n")) >= 0:
            line = bytes(self._rest[:end])
            del self._rest[: end + 1]
            if line.strip():
                yield self._message(line)
        if len(self._rest) > MAX_LINE_BYTES:
            raise self._error(bytes(self._rest), "is longer than any message")

    def _message(self, line: bytes) -> M:
        raise NotImplementedError

    def _error(self, line: bytes, why: str) -> WireError:
        shown = ascii(line[:_SHOWN].decode("latin-1"))
        cut = "…" if len(line) > _SHOWN else ""
        return WireError(f"{shown}{cut} {why}: it does not speak {self._what}")


class QmpCodec(_Lines[QmpMessage]):
    """Writes QMP commands and reads QMP's messages."""

    _what = "QMP"

    @staticmethod
    def command(name: str, arguments: Mapping[str, Any], number: int) -> bytes:
        """Write a command; its answer carries *number*.

        >>> QmpCodec.command("device_del", {"id": "core1"}, 7)
        b'{"execute": "device_del", "arguments": {"id": "core1"}, "id": 7}\\n'
        """
        more = {"arguments": dict(arguments)} if arguments else {}
        return json.dumps({"execute": name, **more, "id": number}).encode() + b"\n"

    def _message(self, line: bytes) -> QmpMessage:
        try:
            data = json.loads(line)
        except (ValueError, RecursionError):
            raise self._error(line, "is not JSON") from None
        try:
            message = _qmp_message(data) if isinstance(data, dict) else None
        except OverflowError:  # a time with more digits than a float has
            message = None
        if message is None:
            raise self._error(line, "is not a greeting, answer or event")
        return message


def _qmp_message(data: dict[str, Any]) -> QmpMessage | None:
    number = data.get("id")
    number = number if type(number) is int else None
    match data:
        case {"event": str(name)}:
            about = data.get("data", {})
            return QmpEvent(name, about, _time(data)) if isinstance(about, dict) else None
        case {"error": {"class": str(error_class), "desc": str(desc)}}:
            return QmpFailure(error_class, desc, number)
        case {"return": value}:
            return QmpAnswer(value, number)
        case {"QMP": {"version": {"qemu": dict(numbers), **rest}}}:
            parts = [numbers.get(part) for part in ("major", "minor", "micro")]
            if not all(type(part) is int for part in parts):
                return None
            major, minor, micro = (int(part or 0) for part in parts)
            return QmpGreeting((major, minor, micro), str(rest.get("package") or ""))
    return None


def _time(data: dict[str, Any]) -> float | None:
    match data.get("timestamp"):
        case {"seconds": int(seconds), "microseconds": int(micro)} if 0 <= seconds < 1 << 40:
            return seconds + micro / 1e6
    return None


class QtestCodec(_Lines[QtestMessage]):
    """Writes qtest commands and reads their answers."""

    _what = "qtest"

    @staticmethod
    def command(*words: str | int) -> bytes:
        """Write a command; numbers become hexadecimal.

        Raises:
            ValueError: A word would break the line.

        >>> QtestCodec.command("writel", 4096, 1)
        b'writel 0x1000 0x1\\n'
        """
        text = " ".join(f"{word:#x}" if isinstance(word, int) else word for word in words)
        if not _COMMAND.fullmatch(text):
            raise ValueError(f"{text!r} is not a line of qtest")
        return text.encode() + b"\n"

    def _message(self, line: bytes) -> QtestMessage:
        try:
            words = line.decode("ascii").split()
        except UnicodeDecodeError:
            raise self._error(line, "is not ASCII") from None
        match words:
            case ["OK", *rest]:
                return QtestOk(tuple(rest))
            case ["FAIL" | "ERR", *rest]:
                return QtestFail(" ".join(rest))
            case ["IRQ", ("raise" | "lower") as edge, number] if _NUMBER.fullmatch(number):
                return QtestIrq(edge == "raise", int(number))
        raise self._error(line, "is not an answer")
