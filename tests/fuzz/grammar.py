"""Inputs made from documents: changed is what they say and how deep, and not their bytes.

A grammar reads a document into a tree and writes a tree as a document.  A tree is made of texts,
numbers, lists and `Table`, a list of (key, value) pairs, so that a key can stand there twice; `Raw`
is written as it is.  Trees of one target are mixed with each other.
"""

from __future__ import annotations

import copy
import json
import random
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from kit.actors.pseries_programs import GuestKind
from kit.common.errors import KitError
from kit.explorer.paths import play_path
from kit.explorer.scope import Scope
from kit.machine.catalogue import find_revision
from kit.simulation.run import Intervention
from kit.simulation.token import _joined, _packed, _unpacked, read_path
from kit.storage.scenarios import find_scenario
from tests.fuzz.mutate import LARGEST

__all__ = ["JSON", "LINES", "LOG", "PATH", "TOKEN", "TOML", "Grammar", "grown", "restructured"]

Tree = Any
MAX_PLACES = 3000
MAX_VARIANTS = 1000
EDGES = (0, -1, 1, 2**31, 2**32 - 1, 2**53 + 1, 2**63, 2**64, -(2**63), 10**40, 0.5, -0.0, 1e308)
ODD_TEXTS = (
    *(
        "",
        " ",
        "\0",
        "\n",
        "\x1b[2J",
        "\u202e",
        "\u3164",
        "\ud800",
        "\U000e0041",
        "\ufeff",
        "é\u0301",
    ),
    *(
        "a" * 5000,
        "\U0001f642" * 300,
        "<script>",
        "@all",
        "../..",
        "-o",
        "0x1",
        "1e5",
        "nan",
        "core1",
    ),
)


class Table(list[tuple[str, Tree]]):
    """An object of JSON, or a table of TOML: pairs, a key perhaps twice."""


class Raw(str):
    """A value as it is written."""

    __slots__ = ()


ODD_VALUES = (
    *(Raw("1e999"), Raw("NaN"), Raw("-"), Raw("9" * 5000), Raw("[" * 5000), Raw('{"a":' * 5000)),
    *(Raw("0x" + "f" * 5000), Raw("1979-05-27T07:32:00Z"), Raw('"""\n"""'), Raw("{a=" * 500)),
    *([], Table(), [[]], [Table()], None, True, False),
)


@dataclass(frozen=True)
class Grammar:
    """Reads a document, or raises ValueError; writes a tree, in one of the ways there are."""

    read: Callable[[bytes], Tree]
    write: Callable[[random.Random, Tree], bytes]


# -- changing trees --------------------------------------------------------------------------------


def restructured(dice: random.Random, grammar: Grammar, pool: Sequence[bytes]) -> bytes | None:
    """Return a document made from those of the pool; None if that fails."""
    try:
        tree = grammar.read(dice.choice(pool))
        other = grammar.read(dice.choice(pool))
        for _ in range(1 << dice.randrange(4)):
            tree = _changed(dice, tree, other)
        return grammar.write(dice, tree)[:LARGEST]
    except (ValueError, RecursionError):
        return None  # it is not a document, or none that can be written: with a number too long


def grown(dice: random.Random, grammar: Grammar, pool: Sequence[bytes], size: int) -> bytes | None:
    """Return a document of nearly *size* bytes: one part of it is there again and again."""
    try:
        tree = grammar.read(dice.choice(pool))
        other = grammar.read(dice.choice(pool))
        for _ in range(dice.randrange(3)):
            tree = _changed(dice, tree, other)
        places = [place for place in _places(tree) if isinstance(place[0], list)]
        if not places:
            return None
        holder, number = dice.choice(places)
        piece = holder[number]
        rest, one = len(grammar.write(dice, tree)), len(json.dumps(piece, default=str)) + 2
        times = max(0, size - rest) // one
        holder[number:number] = _again(piece, times, unique=dice.random() < 0.5)
        data = grammar.write(dice, tree)
    except (ValueError, RecursionError):
        return None
    return data if len(data) <= size * 1.2 else None


def _again(piece: Tree, times: int, *, unique: bool) -> list[Tree]:
    """Repeat a part; each time with another number in it, if so wished."""
    if not unique:
        return [piece] * times
    if isinstance(piece, tuple):
        return [(f"{piece[0]}{count}", piece[1]) for count in range(times)]
    found: list[Tree] = []
    for count in range(min(times, MAX_VARIANTS)):
        one = copy.deepcopy(piece) if isinstance(piece, list) else piece
        places = [*_places(one)][:50] if isinstance(one, list) else []
        if isinstance(one, str):
            one = type(one)(f"{one}{count}")
        elif places:
            holder, number = places[count % len(places)]
            if isinstance(value := _get(holder, number), int | str) and not isinstance(value, bool):
                _set(holder, number, value + (count if isinstance(value, int) else str(count)))
        found.append(one)
    return (found * (times // MAX_VARIANTS + 1))[:times]


def _changed(dice: random.Random, tree: Tree, other: Tree) -> Tree:
    places = list(_places(tree))
    if not places:
        return dice.choice((copy.deepcopy(other), *ODD_VALUES))
    holder, number = dice.choice(places)
    value = _get(holder, number)
    match dice.randrange(9):
        case 0:  # twice the same, or the same key twice
            holder.insert(dice.randrange(len(holder) + 1), holder[number])
        case 1:
            depth = dice.choice((1, 1, 3, 30, 150))
            for _ in range(depth):
                value = [value] if dice.random() < 0.5 else Table([(dice.choice("ab"), value)])
            _set(holder, number, value)
        case 2:
            _set(holder, number, copy.deepcopy(dice.choice((*ODD_VALUES, *EDGES, *ODD_TEXTS))))
        case 3:
            times = min(dice.choice((2, 10, 1000)), LARGEST // (len(repr(holder[number])) + 1))
            holder[number:number] = _again(holder[number], times, unique=dice.random() < 0.5)
        case 4:
            _splice(dice, holder, number, other)
        case 5 if isinstance(value, int | float) and not isinstance(value, bool):
            _set(holder, number, dice.choice((*EDGES, value + 1, -value, value * 1000)))
        case 5 | 6 if isinstance(value, str):
            at = dice.randrange(len(value) + 1)
            _set(holder, number, value[:at] + dice.choice(ODD_TEXTS) + value[at:])
        case 7:
            del holder[number]
        case _ if isinstance(holder, Table):
            keys = [
                pair[0]
                for one, at in _places(other)
                if isinstance(one, Table)
                for pair in [one[at]]
            ]
            holder[number] = (dice.choice((*keys, *ODD_TEXTS)), value)
        case _:
            there, at = dice.choice(places)
            if there is holder:  # else one of them could hold the other
                holder[number], holder[at] = holder[at], holder[number]
    return tree


def _splice(dice: random.Random, holder: list[Tree], number: int, other: Tree) -> None:
    """Put in a part of another document, one under the same key if there is one."""
    places = list(_places(other))
    if not places:
        return
    key = holder[number][0] if isinstance(holder, Table) else None
    alike = [(h, n) for h, n in places if key and isinstance(h, Table) and h[n][0] == key]
    there, at = dice.choice(alike or places)
    value = copy.deepcopy(_get(there, at))
    if isinstance(holder, Table) or dice.random() < 0.5:
        _set(holder, number, value)
    else:
        holder.insert(number, value)


def _places(tree: Tree) -> Iterator[tuple[list[Tree], int]]:
    """Yield where values stand: the list, and the number in it; no more than anybody looks at."""
    left, count = [tree], 0
    while left and count < MAX_PLACES:
        here = left.pop()
        if not isinstance(here, list):
            continue
        for number in range(len(here)):
            yield here, number
            left.append(_get(here, number))
            count += 1


def _get(holder: list[Tree], number: int) -> Tree:
    return holder[number][1] if isinstance(holder, Table) else holder[number]


def _set(holder: list[Tree], number: int, value: Tree) -> None:
    holder[number] = (holder[number][0], value) if isinstance(holder, Table) else value


# -- JSON, and lines of it -------------------------------------------------------------------------


def _json(tree: Tree) -> str:
    return _json_once(tree, {})


def _json_once(tree: Tree, known: dict[int, str]) -> str:
    """Write a tree; a part of it that is there again and again is written once."""
    if isinstance(tree, Raw):
        return str(tree)
    if not isinstance(tree, list):
        return json.dumps(tree)
    if id(tree) not in known:
        if isinstance(tree, Table):
            pairs = (f"{json.dumps(key)}:{_json_once(value, known)}" for key, value in tree)
            known[id(tree)] = "{" + ",".join(pairs) + "}"
        else:
            known[id(tree)] = "[" + ",".join(_json_once(value, known) for value in tree) + "]"
    return known[id(tree)]


def _from_json(text: str) -> Tree:
    return json.loads(text, object_pairs_hook=Table)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _write_lines(_: random.Random, tree: Tree) -> bytes:
    known: dict[int, str] = {}
    lines = tree if isinstance(tree, list) else [tree]
    return _bytes("\n".join(_json_once(line, known) for line in lines))


JSON = Grammar(
    lambda data: _from_json(data.decode()),
    lambda _, tree: _bytes(_json(tree)),
)
LINES = Grammar(
    lambda data: [_from_json(line) for line in data.decode().splitlines() if line.strip()],
    _write_lines,
)


def _read_log(data: bytes) -> Tree:
    """Read each line as a list: what stands before its JSON, and the JSON."""
    lines: list[Tree] = []
    for line in data.decode().splitlines():
        before, brace, rest = line.partition("{")
        try:
            lines.append([Raw(before), _from_json(brace + rest)] if brace else [Raw(line)])
        except ValueError:
            lines.append([Raw(line)])
    return lines


def _write_log(dice: random.Random, tree: Tree) -> bytes:
    lines = tree if isinstance(tree, list) else [tree]
    as_python = dice.random() < 0.1

    def written(part: Tree) -> str:
        text = str(part) if isinstance(part, str) else _json(part)
        return text.replace('"', "'") if as_python and not isinstance(part, str) else text

    return _bytes(
        "\n".join(
            "".join(map(written, line)) if isinstance(line, list) else written(line)
            for line in lines
        )
    )


LOG = Grammar(_read_log, _write_log)


# -- TOML ------------------------------------------------------------------------------------------


def _from_toml(value: Tree) -> Tree:
    if isinstance(value, dict):
        return Table((key, _from_toml(inner)) for key, inner in value.items())
    if isinstance(value, list):
        return [_from_toml(inner) for inner in value]
    return value if isinstance(value, str | int | float) else Raw(value)


def _key(dice: random.Random, key: str) -> str:
    if re.fullmatch("[A-Za-z0-9_-]+", key) and dice.random() < 0.9:
        return key
    return json.dumps(key)


def _inline(dice: random.Random, tree: Tree) -> str:
    match tree:
        case Raw() | None:
            return str(tree)
        case Table():
            pairs = (f"{_key(dice, key)} = {_inline(dice, value)}" for key, value in tree)
            return "{" + ", ".join(pairs) + "}"
        case list():
            return "[" + ", ".join(_inline(dice, value) for value in tree) + "]"
        case str() if "'" not in tree and tree.isprintable() and dice.random() < 0.1:
            return f"'{tree}'"
    return json.dumps(tree)


def _toml(dice: random.Random, tree: Tree, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Write a table: its values, then its tables; sometimes as dotted keys, or in one line."""
    if not isinstance(tree, Table):
        yield _inline(dice, tree)
        return
    later: list[tuple[str, Tree]] = []
    for key, value in tree:
        if _is_tables(value) and dice.random() < 0.9:
            later.append((key, value))
        elif isinstance(value, Table) and dice.random() < 0.3:
            for inner, one in value:
                yield f"{_key(dice, key)}.{_key(dice, inner)} = {_inline(dice, one)}"
        else:
            yield f"{_key(dice, key)} = {_inline(dice, value)}"
    for key, value in later:
        here = (*path, key)
        name = ".".join(_key(dice, part) for part in here)
        for one in [value] if isinstance(value, Table) else value:
            yield f"[{name}]" if isinstance(value, Table) else f"[[{name}]]"
            yield from _toml(dice, one, here)


def _is_tables(value: Tree) -> bool:
    if isinstance(value, Table):
        return True
    return isinstance(value, list) and bool(value) and all(isinstance(v, Table) for v in value)


TOML = Grammar(
    lambda data: _from_toml(tomllib.loads(data.decode())),
    lambda dice, tree: _bytes("\n".join(_toml(dice, tree))),
)


# -- tokens: written with a check that is right, so that what is behind it is reached --------------


def _listed(value: Tree) -> list[Tree]:
    return value if isinstance(value, list) and not isinstance(value, Table) else []


def _read_token(data: bytes) -> Tree:
    """Read the fields, and what was done as lists: ms, action, which entries it came after."""
    version, kind, *fields, packed = data.decode().strip().split(".")
    try:
        done, _ = _unpacked(find_scenario(fields[0]), packed)
    except (KitError, IndexError) as error:
        raise ValueError(str(error)) from error
    did: list[Tree] = [[one.at_ns // 10**6, one.action, list(one.after)] for one in done]
    return Table([("version", version), ("kind", kind), ("fields", fields), ("did", did)])


def _write_token(_: random.Random, tree: Tree) -> bytes:
    found = dict(tree) if isinstance(tree, Table) else {}
    fields = [str(field) for field in _listed(found.get("fields"))]
    end = "AAAA"
    with suppress(KitError, ValueError, OverflowError, IndexError):
        end = _packed(find_scenario(fields[0]), tuple(_did(_listed(found.get("did")))))
    token = _joined(str(found.get("kind")), fields[0] if fields else "", fields[1:], end)
    return _bytes(str(found.get("version")) + token[1:])


def _did(listed: list[Tree]) -> Iterator[Intervention]:
    for one in listed:
        match one:
            case [int(at_ms), str(action), list(after)]:
                entries = tuple(entry for entry in after if isinstance(entry, int))
                yield Intervention(at_ms * 10**6, action, entries[:2])


TOKEN = Grammar(_read_token, _write_token)


def _read_choices(data: bytes) -> Tree:
    try:
        read = read_path(data.decode())
    except KitError as error:
        raise ValueError(str(error)) from error
    named = [("scope", read.scope), ("guest", read.guest), ("at", read.revision.label)]
    return Table([*named, ("choices", list(read.choices))])


def _write_choices(_: random.Random, tree: Tree) -> bytes:
    found = dict(tree) if isinstance(tree, Table) else {}
    choices = tuple(one for one in _listed(found.get("choices")) if isinstance(one, int))
    scope, guest, at = (str(found.get(key)) for key in ("scope", "guest", "at"))
    with suppress(KitError, ValueError, IndexError, AssertionError):
        revision = find_revision(at)
        while choices:  # some of them are choices, perhaps
            with suppress(KitError, IndexError):
                path = (0, *choices)
                return _bytes(play_path(revision, GuestKind(guest), Scope.read(scope), path).token)
            choices = choices[: len(choices) // 2]
    return _bytes(f"1.path.{scope}.{guest.replace('.', '_')}.{at}.AAAA")


PATH = Grammar(_read_choices, _write_choices)
