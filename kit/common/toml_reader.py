"""Read values from a TOML text that a person wrote, and report mistakes with their line.

Scenarios, exercises and the ties of commits are read with it; it reads text, never a file.
``tomllib`` takes time in the square of a key's length, so length and depth are checked first,
token by token.

Source: TOML 1.0.0, https://toml.io/en/v1.0.0.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

from kit.common.errors import UserError
from kit.common.plain_text import printable, short

__all__ = ["TomlReader", "short"]

MAX_PARTS = 10  # of a key with dots
MAX_DEPTH = 20
MAX_ENTRIES = 5000  # keys, items and tables together
MAX_WORD = 1000  # characters of a name or a number

_TOKEN = re.compile(
    # no possessive group: Python before 3.11.5 matches (?:a|b(?!c))*+ wrongly
    r'''"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*(?:"{3,5}|\Z)'''
    r"""|'''[^']*(?:'(?!'')[^']*)*(?:'{3,5}|\Z)"""
    r"""|"[^"\\\n]*(?:\\.[^"\\\n]*)*"?|'[^'\n]*'?|\#[^\n]*|[\w+:-]+|[\[\]{}=,.]""",
    re.DOTALL,
)
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class TomlReader:
    """Returns values of the data, and knows the line of each.

    Its methods raise the reader's error class: file, line, what is wrong, what was expected.
    """

    def __init__(
        self, text: str, source: str, error: type[UserError] = UserError, begin: int = 0
    ) -> None:
        """Read *text*, the content of the file *source*; raise *error* for mistakes."""
        self.source = source
        self._text = text
        self._error = error
        self._begin = begin
        self._begins: dict[str, list[int]] = {}  # of each header, its lines

    def load(self) -> dict[str, Any]:
        """Return the data of the whole text."""
        self._check_bounds()
        try:
            return tomllib.loads(self._text)
        except ValueError as error:  # of a number with too many digits not a TOMLDecodeError
            raise self._syntax_error(error) from None

    def _syntax_error(self, error: ValueError) -> UserError:
        """Return the error with its line after the file, as in every message of the kit."""
        match = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", str(error))
        what, line = (match[1], match[2]) if match else (error, None)
        return self._error(
            f"{self.source}:{line or self._text.count(chr(10)) + 1}: is not TOML: {what}"
        )

    def _check_bounds(self) -> None:
        """Raise if the text is longer or deeper than anything a person writes."""
        entries = depth = parts = 0
        joined = False
        for match in _TOKEN.finditer(self._text):
            token = match[0]
            match token[0]:
                case "#":
                    continue
                case ".":
                    joined = True
                    continue
                case "[" | "{":
                    depth, entries, parts = depth + 1, entries + 1, 0
                case "]" | "}":
                    depth, parts = max(0, depth - 1), 0
                case "=" | ",":
                    entries, parts = entries + 1, 0
                case sign:
                    parts = parts + 1 if joined else 1
                    if sign not in "\"'" and len(token) > MAX_WORD:
                        what = f"a word has more than {MAX_WORD:,} characters"
                        raise self._beyond(match.start(), what)
            joined = False
            if parts > MAX_PARTS:
                raise self._beyond(match.start(), f"a key has more than {MAX_PARTS} parts")
            if depth > MAX_DEPTH:
                raise self._beyond(match.start(), f"it nests more than {MAX_DEPTH} deep")
            if entries > MAX_ENTRIES:
                what = f"it has more than {MAX_ENTRIES:,} keys and items"
                raise self._beyond(match.start(), what)

    def _beyond(self, at: int, what: str) -> UserError:
        line = self._text.count("\n", 0, at) + 1
        return self._error(f"{self.source}:{line}: {what}; shorten it")

    def within(self, header: str, number: int = 0) -> TomlReader:
        """Return a reader of the table under *header*: the one with that *number*."""
        if header not in self._begins:
            lines = enumerate(self._lines)
            self._begins[header] = [n for n, line in lines if line.strip().startswith(header)]
        begins = self._begins[header]
        begin = begins[number] if number < len(begins) else self._begin
        inner = TomlReader(self._text, self.source, self._error, begin)
        inner._lines, inner._begins = self._lines, self._begins
        return inner

    @cached_property
    def _lines(self) -> list[str]:
        return self._text.split("\n")

    def error(self, key: str, what: str, value: str = "") -> UserError:
        """Return the error for the value of *key*, or for the text *value* after it."""
        return self._error(f"{self.source}:{self._line(key, value)}: {what}")

    def _line(self, key: str, value: str) -> int:
        begins = re.compile(rf"""\s*(\[+\s*)?["']?{re.escape(key)}["']?\s*(=|\]|\.)""")
        start = self._first(begins.match, self._begin) if key else None
        if start is None:
            return self._begin + 1
        for text in (f'"{value}"', f"'{value}'", value):
            line = self._first(lambda line: text in line, start)  # noqa: B023 - called at once
            if value and line is not None:
                return line + 1
        return start + 1

    def _first(self, fits: Callable[[str], object], start: int) -> int | None:
        lines = enumerate(self._lines)
        return next((n for n, line in lines if n >= start and fits(line)), None)

    def check_name(self, name: str) -> None:
        """Raise unless *name*, the file's, is well formed."""
        if not _NAME.fullmatch(name) or len(name) > 40:
            raise self.error("", f"{name!r} is not a name; use small letters, digits, hyphens")

    def keys(self, data: Mapping[str, Any], where: str, known: set[str]) -> None:
        """Raise for the first key of *data* that is not *known*."""
        for key in data:
            if key not in known:
                place = f" in {where}" if where else ""
                raise self.error(
                    key, f"unknown key {key!r}{place}; expected {', '.join(sorted(known))}"
                )

    def text(self, data: Mapping[str, Any], key: str) -> str:
        """Return a text, its lines joined; unseen characters are made visible."""
        if key not in data:
            raise self.error("", f"key {key!r} is missing; expected a text")
        if not isinstance(data[key], str) or not data[key].strip():
            raise self.error(key, f"{key} is {short(data[key])}; expected a text")
        return printable(" ".join(data[key].split()))

    def texts(self, data: Mapping[str, Any], key: str) -> tuple[str, ...]:
        """Return a list of texts; empty if the key is missing."""
        value = data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.error(key, f"{key} is {short(value)}; expected a list of texts")
        return tuple(value)

    def table(self, data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        """Return a table; an empty one if the key is missing."""
        value = data.get(key, {})
        if not isinstance(value, dict):
            raise self.error(key, f"{key} is {short(value)}; expected a table, [{key}]")
        return value

    def tables(
        self, data: Mapping[str, Any], key: str
    ) -> Iterator[tuple[TomlReader, Mapping[str, Any]]]:
        """Yield each table of the list at *key*, with a reader of it."""
        entries = data.get(key, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise self.error(key, f"{key} is not a list of tables; expected [[{key}]]")
        for number, entry in enumerate(entries):
            yield self.within(f"[[{key}]]", number), entry

    def read(self, key: str, value: str, reader: Callable[[str], Any]) -> Any:  # noqa: ANN401
        """Return what a reader of the kit makes of *value*; add file and line to its error."""
        try:
            return reader(value)
        except UserError as error:
            raise self.error(key, f"{key}: {error}", value) from None
