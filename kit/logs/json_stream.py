"""JSON in logs: over several lines, several values in a line, or as Python prints it.

Reading is strict (no NaN, no key twice); what it refuses is a `FormatError`.

Source: RFC 8259; QEMU docs/interop/qmp-spec.rst (which also takes 'single quotes').
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from kit.common import json_fields as fields
from kit.common.json_fields import FormatError, Json

__all__ = ["MAX_CHARACTERS", "Depth", "end_of_object", "read_objects", "read_typed_command"]

MAX_CHARACTERS = 1_000_000
"""The longest line, or value over several lines, that is read."""

_DECODER = fields.decoder()
# an unfinished string counts too: otherwise each quote in it would be tried as a beginning
_STRING = r""""(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|'(?:[^'\\]++|\\.)*+(?:'|\\?\Z)"""
_TOKEN = re.compile(_STRING + r"""|[{}\[\]]|u(?=['"])|[A-Za-z]+""", re.DOTALL)
_UNFINISHED = re.compile(r'"(?:[^"\\]++|\\.)*+\\?', re.DOTALL)
_WORDS = {"True": "true", "False": "false", "None": "null"}


class Depth:
    """Counts open brackets, line by line; a string in double quotes may go on in the next line."""

    def __init__(self) -> None:
        self.open = 0
        self._quote = ""

    def count(self, line: str) -> int:
        """Return how many brackets are open after a line; those in strings do not count."""
        token = ""
        for token in _TOKEN.findall(self._quote + line):
            self.open += (token in "{[") - (token in "}]") if len(token) == 1 else 0
        # a mail breaks strings at their blanks; an apostrophe may be one of the prose around it
        self._quote = '"' if _UNFINISHED.fullmatch(token) else ""
        return self.open


def end_of_object(text: str, at: int) -> int | None:
    """Return the place behind the object that begins at *at*; None if it does not end in *text*.

    >>> end_of_object("see `{'a': {}}` there", 5)
    14
    """
    depth = 0
    for token in _TOKEN.finditer(text, at):
        mark = token[0]
        if mark in ("{", "["):
            depth += 1
        elif mark in ("}", "]"):
            depth -= 1
            if depth <= 0:
                return token.end()
    return None


def read_objects(text: str) -> Iterator[dict[str, Json]]:
    """Yield the JSON objects of *text*; FormatError if it holds something else, or too much."""
    if len(text) > MAX_CHARACTERS:
        raise FormatError(f"is longer than {MAX_CHARACTERS:,} characters")
    at, length = 0, len(text)
    translated = False
    while at < length:
        try:
            value, end = _DECODER.raw_decode(text, at)
        except RecursionError:
            raise FormatError("is nested too deeply") from None
        except ValueError as error:
            if not translated and "'" in text:
                text, translated = _translate_python(text[at:]), True
                at, length = 0, len(text)
                continue
            what = (getattr(error, "msg", "") or str(error)).removesuffix(" starting at")
            raise FormatError(f"is not JSON: {what}") from None
        if not isinstance(value, dict):
            raise FormatError("is JSON, but no object")
        yield value
        at = end
        while at < length and (text[at].isspace() or text[at] == ","):
            at += 1


def _translate_python(text: str) -> str:
    """Return a text with Python's strings, True, False and None as JSON."""

    def replace(match: re.Match[str]) -> str:
        token = match[0]
        if token.startswith("'"):
            return json.dumps(_ESCAPE.sub(_unescape, token[1:-1]))
        return "" if token == "u" else _WORDS.get(token, token)

    return _TOKEN.sub(replace, text)


_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code[1:], 16)) if len(code) > 1 else _ESCAPES.get(code, code)


_ARGUMENT = re.compile(rf"""(?:[^\s"']++|{_STRING})++""", re.DOTALL)


def read_typed_command(text: str) -> tuple[str, dict[str, Json]]:
    """Return a command as qmp-shell reads it: its name, and its ``key=value`` pairs.

    Raises:
        FormatError: The name is missing, or an argument is not a pair.
    """
    if len(text) > MAX_CHARACTERS:
        raise FormatError(f"is longer than {MAX_CHARACTERS:,} characters")
    name, *arguments = _ARGUMENT.findall(text) or [""]
    found: dict[str, Json] = {}
    for argument in arguments:
        key, sign, value = argument.partition("=")
        if not sign:
            raise FormatError(f"{fields.short(argument)} is not a key=value")
        found[key] = _value(value)
    if not name:
        raise FormatError("names no command")
    return name, found


def _value(text: str) -> Json:
    if re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        return int(text)
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    return text
