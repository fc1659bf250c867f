"""Fields of one line of JSON, checked: a value of the right kind, or what is wrong with it.

What is wrong is a `FormatError`; who reads lines adds where it is.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

__all__ = [
    "FormatError",
    "Json",
    "check_keys",
    "check_qmp",
    "decoder",
    "load",
    "number",
    "numbers",
    "positive",
    "short",
    "text",
]

Json = Any
"""A value as json.loads makes it."""


class FormatError(Exception):
    """What is wrong within one line."""


def load(line: str) -> Json:
    """Read one line of JSON, and only what every reader of JSON takes alike."""
    return decoder().decode(line)


def decoder() -> json.JSONDecoder:
    """Return what reads JSON, and only what every reader of JSON takes alike."""
    return json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_unique)


def _refuse_constant(name: str) -> Json:
    raise FormatError(f"{name} is no JSON number")


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        counts = Counter(key for key, _ in pairs)
        twice = next(key for key, count in counts.items() if count > 1)
        raise FormatError(f"key {short(twice)} is given twice")
    return found


def short(value: Json) -> str:
    """Quote a value in a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


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
    if type(value) is not int or abs(value) >= 1 << 64:
        raise FormatError(f"{key} is {short(value)}, not an integer of 64 bits")
    return int(value)


def text(data: Json, key: str) -> str:
    """Return a text."""
    value = data[key]
    if not isinstance(value, str):
        raise FormatError(f"{key} is {short(value)}, not a text")
    return value


def numbers(data: Json, key: str) -> tuple[int, ...]:
    """Return a list of integers that fit in 64 bits."""
    values = data[key]
    if not isinstance(values, list) or any(
        type(value) is not int or abs(value) >= 1 << 64 for value in values
    ):
        raise FormatError(f"{key} is {short(values)}, not a list of integers of 64 bits")
    return tuple(values)


def positive(data: Json, key: str) -> int:
    """Return an integer above 0."""
    value = number(data, key)
    if value <= 0:
        raise FormatError(f"{key} is {value}, not a positive number")
    return value


def check_qmp(reply: Json) -> None:
    """Raise `FormatError` unless *reply* is the empty return or an error of QMP."""
    if isinstance(reply, dict) and "error" in reply:
        check_keys(reply, "reply", {"error"})
        check_keys(reply["error"], "reply.error", {"class", "desc"})
        for key in ("class", "desc"):
            text(reply["error"], key)
    else:
        check_keys(reply, "reply", {"return"})
        check_keys(reply["return"], "reply.return", set())
