"""CONTRIBUTING.md: the house that it draws and the functions it names are those of the code."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from tests.test_layers import KIT, MAY_IMPORT, PURE

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
QUOTED = set(re.findall(r"`([^`\n]+)`", TEXT))
ROWS = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", TEXT, re.M))
_DRAWING = re.search(r"```\n( +cli .*?)```", TEXT, re.S)
assert _DRAWING is not None
FLOORS = [re.split(r" {4,}", line.strip())[0].split() for line in _DRAWING[1].splitlines()]
"""The rooms of each floor, from the top."""


def rooms_below(room: str) -> set[str]:
    floor = next(number for number, rooms in enumerate(FLOORS) if room in rooms)
    return {one for rooms in FLOORS[floor + 1 :] for one in rooms}


def test_the_drawing_shows_every_room_once() -> None:
    folders = [path.name for path in KIT.iterdir() if path.is_dir() and path.name[0] != "_"]

    assert sorted(one for rooms in FLOORS for one in rooms) == sorted([*folders, "app"])


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_from_floors_below_alone(room: str) -> None:
    may = {one.split(".")[0] for one in MAY_IMPORT[room]} - {room}

    assert may <= rooms_below(room)


@pytest.mark.parametrize("room", sorted(set(MAY_IMPORT) - {"common"}))
def test_the_table_says_what_a_room_may_import(room: str) -> None:
    below = sorted(rooms_below(room) - {"common"})
    may = MAY_IMPORT[room] - {room}
    whole = sorted(one for one in may if one.split(".")[0] not in may - {one})
    said = {"nothing": [], "everything below": below}.get(ROWS[room], ROWS[room].split(", "))

    assert whole == said


def test_the_pure_rooms_are_named() -> None:
    found = re.search(r"\*\*Pure:\*\* (.+?)\. They use", TEXT)
    assert found is not None

    assert tuple(re.findall(r"`([\w.]+)`", found[1])) == PURE


def test_every_path_that_it_names_is_there() -> None:
    paths = {one for one in QUOTED if re.fullmatch(r"\w+/[\w./-]*", one)}

    assert len(paths) > 40
    named = sorted(one for one in paths if "NAME" not in one and "NN" not in one)

    assert [one for one in named if not (ROOT / one).exists()] == []


def resolved(name: str) -> object:
    """Return what a dotted name stands for: a module's function or class, or a class's method.

    Raises:
        AttributeError: There is no such thing.
    """
    parts = name.split(".")
    depth = max(n for n in range(1, len(parts)) if _is_module(parts[:n]))
    found: object = import_module(".".join(parts[:depth]))
    for part in parts[depth:]:
        found = getattr(found, part)
    return found


def _is_module(parts: list[str]) -> bool:
    path = ROOT.joinpath(*parts)
    return path.is_dir() or path.with_suffix(".py").is_file()


@pytest.mark.parametrize("name", sorted(one for one in QUOTED if re.fullmatch(r"kit(\.\w+)+", one)))
def test_every_function_on_a_walk_is_there(name: str) -> None:
    assert callable(resolved(name))


@pytest.mark.parametrize("of", ["device_del", "kit revert"])
def test_a_walk_has_ten_steps(of: str) -> None:
    walk = TEXT.partition(f"## The walk of one `{of}`")[2].partition("\n## ")[0]
    steps = re.findall(r"^(\d+)\. (.+)$", walk, re.M)

    assert [int(number) for number, _ in steps] == list(range(1, 11))
    assert [number for number, words in steps if "`kit." not in words] == []


def test_where_each_thing_goes_is_said() -> None:
    table = TEXT.partition("## Where do I put")[2].partition("\n## ")[0]
    kinds = re.findall(r"^\| an? ([a-z]+)", table, re.M)

    assert {"event", "scenario", "check", "widget", "platform", "command", "lesson"} <= set(kinds)
