"""What mail, terminals and web pages put around the lines of a log, and how it is taken off.

Quoting (``> `` at any depth), quoted-printable and base64 of a whole mail, the editing of a
terminal, ``^M``, and numbers of lines.

Source: RFC 2045 6.7 and 6.8; RFC 3676 4.5; ECMA-48 (CUB, EL).
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from kit.logs.formats.base import LogLine

__all__ = ["Wrapping"]

_MAX_JOINED = 1_000_001
_ENCODING = re.compile(r"content-transfer-encoding: *(quoted-printable|base64)\s*$", re.IGNORECASE)
_QP_SIGN = re.compile(r'=3D(\{|0x|")|\w=3D\w')
_QUOTE = re.compile(r"(?:[>|] ?)*>[ \t]?")
_EDITING = re.compile(r"\x1b\[\d*[KDC]|\x08")
_NUMBER = re.compile(r"\s*(\d{1,9})(?:[:|\t] ?| {1,3})(?=\S|$)")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{4,}={0,2}")


class Wrapping:
    """How the lines of a log are wrapped, as its first lines show."""

    def __init__(self, sample: Sequence[str]) -> None:
        heads = [match[1].lower() for line in sample[:400] if (match := _ENCODING.match(line))]
        self._base64 = "base64" in heads
        soft = sum(line.rstrip("\r\n").endswith("=") for line in sample)
        signs = sum(bool(_QP_SIGN.search(line[:2000])) for line in sample)
        self._quoted_printable = "quoted-printable" in heads or (soft > 0 and signs > 1)
        self._numbered = _are_numbered(sample)

    def unwrap(self, lines: Iterator[LogLine]) -> Iterator[LogLine]:
        """Yield the lines as they were before."""
        if self._base64:
            lines = _decode_base64(lines)
        elif self._quoted_printable:
            lines = _decode_quoted_printable(lines)
        return map(self._clean, lines)

    def _clean(self, line: LogLine) -> LogLine:
        text = line.text
        if text[:1] == ">" or (text[:2] in (" >", "| ") and text.lstrip(" |")[:1] == ">"):
            match = _QUOTE.match(text.lstrip())
            text = text.lstrip()[match.end() :] if match else text
        if text.endswith("^M"):
            text = text[:-2]
        if ("\x1b" in text or "\x08" in text) and _EDITING.search(text):
            text = _as_shown(text[:20_000])
        if self._numbered and (match := _NUMBER.match(text)):
            text = text[match.end() :]
        return line if text is line.text else line.but(text)


def _are_numbered(sample: Sequence[str]) -> bool:
    """Do nearly all lines begin with numbers that grow by one?"""
    numbers = []
    filled = [line for line in sample[:500] if line.strip()]
    for line in filled:
        if (match := _NUMBER.match(line)) and not re.match(r"\s*\d{4}-\d\d", line):
            numbers.append(int(match[1]))
    grows = sum(0 < b - a < 3 for a, b in pairwise(numbers))
    return len(filled) > 2 and grows >= 0.7 * (len(filled) - 1)


def _as_shown(text: str) -> str:
    """Return a line as a terminal shows it after editing."""
    shown: list[str] = []
    at = 0
    place = 0
    for match in _EDITING.finditer(text):
        for character in text[place : match.start()]:
            shown[at : at + 1] = [character]
            at += 1
        place = match.end()
        count = int(re.sub(r"\D", "", match[0][2:]) or 1) if match[0] != "\x08" else 1
        if match[0] == "\x08" or match[0].endswith("D"):
            at = max(at - count, 0)
        elif match[0].endswith("C"):
            at = min(at + count, len(shown))
        else:
            del shown[at:]
    for character in text[place:]:
        shown[at : at + 1] = [character]
        at += 1
    return "".join(shown)


def _decode_quoted_printable(lines: Iterator[LogLine]) -> Iterator[LogLine]:
    """Yield decoded lines, which soft line breaks had cut."""
    first: LogLine | None = None
    parts: list[str] = []
    size = 0
    for line in lines:
        text = line.text.rstrip("\r\n")
        first = first or line
        size += len(text)
        if text.endswith("=") and size < _MAX_JOINED:
            parts.append(text[:-1])
            continue
        yield first.but(_from_quoted_printable("".join([*parts, text])))
        first, parts, size = None, [], 0
    if first is not None:
        yield first.but(_from_quoted_printable("".join(parts)))


def _from_quoted_printable(text: str) -> str:
    if "=" not in text:
        return text
    return quopri.decodestring(text.encode("utf-8", "replace")).decode("utf-8", "replace")


def _decode_base64(lines: Iterator[LogLine]) -> Iterator[LogLine]:
    """Yield the lines of each block of base64 decoded, other lines as they are."""
    first: LogLine | None = None
    parts: list[str] = []
    size = 0
    for line in lines:
        text = line.text.strip()
        if _BASE64.fullmatch(text) and len(text) % 4 == 0 and size < 40 * _MAX_JOINED:
            first = first or line
            parts.append(text)
            size += len(text)
            continue
        if first is not None:
            yield from _from_base64(first, parts)
        first, parts, size = None, [], 0
        yield line
    if first is not None:
        yield from _from_base64(first, parts)


def _from_base64(first: LogLine, parts: list[str]) -> Iterator[LogLine]:
    try:
        decoded = base64.b64decode("".join(parts)).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        decoded = "\n".join(parts)
    for text in decoded.splitlines():
        yield first.but(text)
