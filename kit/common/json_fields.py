"""Check the fields of a line of JSON: return a value of the right type, or raise `FormatError`.

The caller adds the place to the message.  Python takes up to 25 times the size of a text for its
values, so they are counted before they are made.

Source: RFC 8259.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from kit.common.plain_text import short

__all__ = [
    "FormatError",
    "Json",
    "check_bounds",
    "check_keys",
    "decoder",
    "flag",
    "load",
    "number",
    "numbers",
    "positive",
    "short",
    "text",
]

Json = Any
"""A value that json.loads returns."""

MAX_VALUES = 500_000  # in one text
MAX_DEPTH = 100
_OUTSIDE = re.compile(r'(?:[^"\[\]{},]++|"(?:[^"\\]++|\\.)*+"?)*+([\[\]{},]|\Z)', re.DOTALL)


class FormatError(Exception):
    """What is wrong within one line."""


def load(line: str) -> Json:
    """Return the value of one line of JSON, if every reader of JSON reads it the same way.

    Raises:
        FormatError: It has duplicate keys, NaN, more than `MAX_VALUES` values, or nests too deep.
        ValueError: It is not JSON.
    """
    check_bounds(line)
    return decoder().decode(line)


def check_bounds(text: str) -> None:
    """Raise `FormatError` if a text of JSON has too many values, or nests too deep.

    >>> check_bounds('{"a": "[[[[", "b": [1, 2]}')
    """
    depth, values = 0, 1
    for found in _OUTSIDE.finditer(text):
        match found[1]:
            case "[" | "{":
                depth, values = depth + 1, values + 1
                if depth > MAX_DEPTH:
                    raise FormatError(f"it nests more than {MAX_DEPTH} deep")
            case "]" | "}":
                depth -= 1
            case ",":
                values += 1
        if values > MAX_VALUES:
            raise FormatError(f"it holds more than {MAX_VALUES:,} values")


def decoder() -> json.JSONDecoder:
    """Return a decoder that refuses duplicate keys and NaN, which readers treat differently."""
    return json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_unique)


def _refuse_constant(name: str) -> Json:
    raise FormatError(f"{name} is not a JSON number")


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        counts = Counter(key for key, _ in pairs)
        twice = next(key for key, count in counts.items() if count > 1)
        raise FormatError(f"key {short(twice)} is given twice")
    return found


def check_keys(data: Json, what: str, needed: set[str], optional: Iterable[str] = ()) -> None:
    """Raise `FormatError` unless *data* is an object with the *needed* keys and no unknown one."""
    if not isinstance(data, dict):
        raise FormatError(f"{what} is not an object")
    unknown = data.keys() - needed - set(optional)
    if unknown:
        raise FormatError(f"{what}: unknown key {short(sorted(unknown)[0])}")
    missing = needed - data.keys()
    if missing:
        raise FormatError(f"{what}: key {sorted(missing)[0]!r} is missing")


def number(data: Json, key: str) -> int:
    """Return an integer that fits in 64 bits."""
    value = data[key]
    if not _is_integer(value):
        raise FormatError(f"{key} is {short(value)}, not an integer of 64 bits")
    return int(value)


def _is_integer(value: Json) -> bool:
    return type(value) is int and abs(value) < 1 << 64


def flag(data: Json, key: str) -> bool:
    """Return true or false."""
    value = data[key]
    if not isinstance(value, bool):
        raise FormatError(f"{key} is {short(value)}, not true or false")
    return value


def text(data: Json, key: str) -> str:
    """Return a text."""
    value = data[key]
    if not isinstance(value, str):
        raise FormatError(f"{key} is {short(value)}, not a text")
    return value


def numbers(data: Json, key: str) -> tuple[int, ...]:
    """Return a list of integers that fit in 64 bits."""
    values = data[key]
    if not isinstance(values, list) or not all(map(_is_integer, values)):
        raise FormatError(f"{key} is {short(values)}, not a list of integers of 64 bits")
    return tuple(values)


def positive(data: Json, key: str) -> int:
    """Return an integer above 0."""
    value = number(data, key)
    if value <= 0:
        raise FormatError(f"{key} is {value}, not a positive number")
    return value
