"""JSON as it stands in logs: over several lines, several values in one, or as Python prints it.

Values are read strictly (no NaN, no key twice); what cannot be read is a `FormatError`.

Source: RFC 8259; QEMU docs/interop/qmp-spec.rst (which also takes 'single quotes').
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from kit.common import json_fields as fields
from kit.common.json_fields import FormatError, Json

__all__ = ["LONGEST_LINE", "Depth", "objects", "pairs"]

LONGEST_LINE = 1_000_000
"""Characters of a line, or of a value over several lines, that are read."""

_DECODER = fields.decoder()
# a string that does not end is one as well: else each quote in it would be tried as a beginning
_STRING = r""""(?:\\.|[^"\\])*(?:"|\\?\Z)|'(?:\\.|[^'\\])*(?:'|\\?\Z)"""
_TOKEN = re.compile(_STRING + r"""|[{}\[\]]|u(?=['"])|[A-Za-z]+""", re.DOTALL)
_WORDS = {"True": "true", "False": "false", "None": "null"}


class Depth:
    """How many brackets are open after the lines that were counted."""

    def __init__(self) -> None:
        self.open = 0

    def count(self, line: str) -> int:
        """Count the brackets of a line outside of strings; return how many are open."""
        for token in _TOKEN.findall(line):
            self.open += (token in "{[") - (token in "}]") if len(token) == 1 else 0
        return self.open


def objects(text: str) -> Iterator[dict[str, Json]]:
    """Yield the objects that *text* holds, one after another.

    Raises:
        FormatError: It is not one object after another.
    """
    if len(text) > LONGEST_LINE:
        raise FormatError(f"is longer than {LONGEST_LINE:,} characters")
    at, length = 0, len(text)
    translated = False
    while at < length:
        try:
            value, end = _DECODER.raw_decode(text, at)
        except RecursionError:
            raise FormatError("is nested too deeply") from None
        except ValueError as error:
            if not translated and "'" in text:
                text, translated = _from_python(text[at:]), True
                at, length = 0, len(text)
                continue
            what = (getattr(error, "msg", "") or str(error)).removesuffix(" starting at")
            raise FormatError(f"is no JSON: {what}") from None
        if not isinstance(value, dict):
            raise FormatError("is JSON, but no object")
        yield value
        at = end
        while at < length and (text[at].isspace() or text[at] == ","):
            at += 1


def _from_python(text: str) -> str:
    """Write Python's strings, True, False and None as JSON does."""

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


# -- what a person types at qmp-shell ------------------------------------------------------------

_ARGUMENT = re.compile(rf"""(?:[^\s"']|{_STRING})+""", re.DOTALL)


def pairs(text: str) -> tuple[str, dict[str, Json]]:
    """Read a command as qmp-shell takes it: its name, then ``key=value`` after ``key=value``.

    Raises:
        FormatError: There is no name, or something that is no pair.
    """
    if len(text) > LONGEST_LINE:
        raise FormatError(f"is longer than {LONGEST_LINE:,} characters")
    name, *arguments = _ARGUMENT.findall(text) or [""]
    found: dict[str, Json] = {}
    for argument in arguments:
        key, sign, value = argument.partition("=")
        if not sign:
            raise FormatError(f"{fields.short(argument)} is no key=value")
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
