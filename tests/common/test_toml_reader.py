"""A TOML text is looked through before it is read: how long and how deep it is, token by token."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.common.errors import UserError
from kit.common.toml_reader import MAX_DEPTH, MAX_ENTRIES, MAX_PARTS, MAX_WORD, TomlReader

DATA = Path(__file__).parents[2] / "data"
DOTTED = ".".join(["a"] * (MAX_PARTS + 1))
BEYOND = {
    "a dotted key": f"x = 1\n{DOTTED} = 1",
    "a dotted key with quotes and space": "\n" + " . ".join(['"a.b"', "'a'"] * 6) + " = 1",
    "a table's dotted name": f"\n[{DOTTED}]",
    "a list's dotted name": f"\n[[{DOTTED}]]",
    "a dotted key within": f"\nx = {{ y = 1, {DOTTED} = 1 }}",
    "lists in lists": f"\nx = {'[' * (MAX_DEPTH + 1)}",
    "tables in tables": f"\nx = {'{x=' * (MAX_DEPTH + 1)}",
    "items": f"\nx = [{'1,' * MAX_ENTRIES}]",
    "empty lists": f"\nx = [{'[],' * MAX_ENTRIES}]",
    "tables": "\n" + "[[x]] " * MAX_ENTRIES,
    "keys": "\n" + "a='='," * MAX_ENTRIES,
    "a number": f"\nx = {'1' * (MAX_WORD + 1)}",
    "a name": f"\n{'a' * (MAX_WORD + 1)} = 1",
}
LIMITS = (
    f"a key has more than {MAX_PARTS} parts",
    f"it nests more than {MAX_DEPTH} deep",
    f"it has more than {MAX_ENTRIES:,} keys and items",
    f"a word has more than {MAX_WORD:,} characters",
)


def load(text: str) -> dict[str, Any]:
    return TomlReader(text, "f.toml").load()


@pytest.mark.parametrize("name", BEYOND)
def test_the_limit_is_named_with_its_line(name: str) -> None:
    with pytest.raises(UserError) as caught:
        load(BEYOND[name])

    assert str(caught.value) in {f"f.toml:2: {limit}; shorten it" for limit in LIMITS}


@pytest.mark.parametrize("path", sorted(DATA.rglob("*.toml")), ids=lambda path: path.name)
def test_what_people_wrote_is_read(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert load(text) == tomllib.loads(text)


MUCH = f"{'.'.join('ab' * 20)} {'[' * 40} {'{' * 40}"
QUOTED = [
    f'x = "{MUCH}"',
    f"x = '{MUCH}'",
    f'x = "\\"{MUCH}\\\\"',
    f'x = """\n{MUCH}\n"" {MUCH} \\""" {MUCH} """""',
    f"x = '''\n{MUCH}\n'' {MUCH}'''''",
    f"x = 1 # {MUCH} \" '''\ny = 2",
    f'"{MUCH}" = 1',
]


@pytest.mark.parametrize("text", QUOTED)
def test_nothing_in_a_string_or_a_comment_counts(text: str) -> None:
    assert load(text) == tomllib.loads(text)


@pytest.mark.parametrize("text", QUOTED)
def test_what_follows_a_string_or_a_comment_counts(text: str) -> None:
    with pytest.raises(UserError, match=f"a key has more than {MAX_PARTS} parts"):
        load(f"{text}\n{DOTTED} = 1")


TOKENS = st.sampled_from(
    [
        *('"', "'", '"""', "'''", "\\", "\n", "#", "[", "]", "[[", "]]", "{", "}", "=", ",", "."),
        *(" ", "a", "b-1", "1.5", "1979-05-27T07:32:00.5Z", "x = ", '"a"', "'a'", "true", "é"),
    ]
)


def depth_of(value: object) -> int:
    inner: Iterator[object] = iter(())
    if isinstance(value, dict):
        inner = iter(value.values())
    elif isinstance(value, list):
        inner = iter(value)
    else:
        return 0
    return 1 + max(map(depth_of, inner), default=0)


@given(text=st.lists(TOKENS, max_size=30).map("".join))
def test_it_reads_what_tomllib_reads(text: str) -> None:
    """Texts this short are within the limits, if the strings in them are seen as tomllib does."""
    try:
        expected = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return

    assert depth_of(expected) <= MAX_DEPTH
    assert load(text) == expected


@pytest.mark.parametrize(
    "sign", ["a.", "[", "{a=", "[a.", "'", '"', '"""', "'''", '\\"', "#", "=", "\n"]
)
def test_a_megabyte_is_looked_through_at_once(sign: str) -> None:
    began = time.process_time()
    with pytest.raises(UserError):
        load(sign * (1_000_000 // len(sign)) + "\n=")

    assert time.process_time() - began < 5
