"""Frozen data classes as JSON and back: fields by their names, enums by theirs, checked by type.

What is read may come from anybody, so each value must have exactly the type of its field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from kit.common.json_fields import FormatError, Json, check_keys, short

__all__ = ["value_from_json", "value_json"]

T = TypeVar("T")


def value_json(value: object) -> Json:
    """Return a data class, an enum, a tuple or a plain value as what json can write.

    >>> value_json((1, None, ("a",)))
    [1, None, ['a']]
    """
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, tuple):
        return [value_json(one) for one in value]
    if is_dataclass(value):
        return {one.name: value_json(getattr(value, one.name)) for one in fields(value)}
    if value is None or type(value) in (str, int, bool):
        return value
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def value_from_json(wanted: type[T], data: Json, what: str) -> T:
    """Return the value of type *wanted* that `value_json` wrote as *data*.

    Args:
        wanted: A data class.
        data: What json.loads returned.
        what: How an error calls it.

    Raises:
        FormatError: A key is missing or unknown, or a value has another type.
    """
    found: T = _read(wanted, data, what)
    return found


@cache
def _hints(wanted: type) -> Mapping[str, Any]:
    return get_type_hints(wanted)


def _read(wanted: Any, data: Json, what: str) -> Any:  # noqa: ANN401 - any type that a field may have
    origin = get_origin(wanted)
    if origin is UnionType:
        (inner,) = (one for one in get_args(wanted) if one is not NoneType)
        return None if data is None else _read(inner, data, what)
    if origin is tuple:
        return _tuple(get_args(wanted), data, what)
    if isinstance(wanted, type) and is_dataclass(wanted):
        return _object(wanted, data, what)
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        if not isinstance(data, str) or data not in wanted.__members__:
            raise FormatError(
                f"{what} is {short(data)}, not one of {', '.join(wanted.__members__)}"
            )
        return wanted[data]
    if type(data) is not wanted:
        raise FormatError(f"{what} is {short(data)}, not of type {wanted.__name__}")
    if isinstance(data, str):
        _check_text(data, what)
    if isinstance(data, int) and abs(data) >= 1 << 64:
        raise FormatError(f"{what} is {short(data)}, not an integer of 64 bits")
    return data


def _check_text(data: str, what: str) -> None:
    """Refuse half a surrogate pair, which nobody can write again."""
    try:
        data.encode()
    except UnicodeEncodeError:
        raise FormatError(f"{what} is not a text in Unicode") from None


def _tuple(items: tuple[Any, ...], data: Json, what: str) -> tuple[Any, ...]:
    if not isinstance(data, list):
        raise FormatError(f"{what} is {short(data)}, not a list")
    if items[-1] is Ellipsis:
        items = (items[0],) * len(data)
    if len(items) != len(data):
        raise FormatError(f"{what} has {len(data)} values, not {len(items)}")
    return tuple(_read(item, one, what) for item, one in zip(items, data, strict=True))


def _object(wanted: type, data: Json, what: str) -> Any:  # noqa: ANN401 - as `_read`
    hints = _hints(wanted)
    check_keys(data, what, set(hints))
    return wanted(**{name: _read(hint, data[name], name) for name, hint in hints.items()})
