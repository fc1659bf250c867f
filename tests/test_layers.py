"""What each folder of the kit may import: CONTRIBUTING's table, and no circle between folders."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.sources import KIT, modules, nodes

IMPURE = {
    "asyncio",
    "gzip",
    "io",
    "logging",
    "os",
    "pathlib",
    "random",
    "secrets",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "uuid",
}
PURE = (
    "actors",
    "course",
    "explorer",
    "git.values",
    "logs",
    "machine",
    "recordings",
    "simulation",
    "trace",
)
_TRACE = {"actors", "machine", "trace"}
_SIMULATION = {*_TRACE, "recordings", "simulation"}
_STORAGE = {*_SIMULATION, "course", "explorer", "git.values", "logs", "storage"}
_VIEWS = {*_STORAGE, "case_study", "views"} - {"storage"}
_REAL_QEMU = {*_SIMULATION, "course", "explorer", "git.values", "logs", "real_qemu", "storage"}
_LESSONS = {*_VIEWS, *_REAL_QEMU, "git", "lessons"}
_HANDOUT = {*_LESSONS, "handout"}
_ANYTHING = {*_HANDOUT, "app", "classroom", "cli", "survey"}
MAY_IMPORT: dict[str, set[str]] = {
    "common": set(),
    "machine": {"machine"},
    "git": {"git"},
    "actors": {"machine", "actors"},
    "recordings": {"machine", "recordings"},
    "trace": _TRACE,
    "simulation": _SIMULATION,
    "case_study": {"git", "machine", "trace", "case_study"},
    "explorer": {*_SIMULATION, "explorer"},
    "logs": {*_SIMULATION, "logs"},
    "course": {*_SIMULATION, "git.values", "course"},
    "storage": _STORAGE,
    "views": _VIEWS,
    "real_qemu": _REAL_QEMU,
    "lessons": _LESSONS,
    "handout": _HANDOUT,
    "classroom": {"case_study", "git", "classroom"},
    "survey": {"git", "survey", "views"},
    "app": {*_LESSONS, "app"},
    "cli": _ANYTHING,
}
"""Folder -> the folders it may import, besides common; ``git`` allows its sub-folders as well."""


def imported(source: str) -> set[str]:
    """Return the full names of the modules that a file imports, wherever in the file."""
    names = {alias.name for node in nodes(source, ast.Import) for alias in node.names}
    for node in nodes(source, ast.ImportFrom):
        assert not node.level, "relative imports hide the layer"
        names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@cache
def folder_of(name: str) -> str:
    """Return the folder of a dotted name below kit, sub-folders included, without its module."""
    parts = name.split(".")[1:]
    found = KIT
    for depth, part in enumerate(parts):
        if not (found / part).is_dir():
            return ".".join(parts[:depth]) or part
        found /= part
    return ".".join(parts)


def files() -> Iterator[tuple[str, str]]:
    """Yield each module with its folder, sub-folders included; the root's modules by their name."""
    for name in modules():
        folder = ".".join(Path(name).parent.parts)
        if folder or name == "app.py":
            yield folder or "app", name


@cache
def kit_imports(name: str) -> set[str]:
    return {folder_of(one) for one in imported(modules()[name]) if one.startswith("kit.")}


def allowed(folder: str, target: str) -> bool:
    """May a module in *folder* import one in *target*?"""
    may = MAY_IMPORT[folder.split(".")[0]] | {"common"}
    return any(target == one or target.startswith(f"{one}.") for one in may)


FOLDERS = sorted({folder for folder, _ in files()})


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_imports_only_what_is_below_it(folder: str) -> None:
    wrong = [
        (name, target)
        for own, name in files()
        if own == folder
        for target in sorted(kit_imports(name))
        if not allowed(folder, target)
    ]

    assert wrong == []


@pytest.mark.parametrize("folder", PURE)
def test_a_pure_folder_has_no_clock_files_sockets_or_dice(folder: str) -> None:
    allowed_modules = set(sys.stdlib_module_names) - IMPURE | {"kit"}
    inside = [name for own, name in files() if f"{own}.".startswith(f"{folder}.")]
    wrong = [
        (name, top)
        for name in inside
        for top in sorted({one.split(".")[0] for one in imported(modules()[name])})
        if top not in allowed_modules
    ]

    assert inside
    assert wrong == []


@pytest.mark.parametrize("folder", PURE)
def test_a_pure_folder_computes_with_dates_and_never_asks_for_the_present(folder: str) -> None:
    clock = {"now", "today", "utcnow", "fromtimestamp", "localtime"}
    asked = [
        (name, node.attr)
        for own, name in files()
        if f"{own}.".startswith(f"{folder}.")
        for node in nodes(modules()[name], ast.Attribute)
        if node.attr in clock
        and isinstance(node.value, ast.Name)
        and node.value.id in {"date", "datetime", "time"}
    ]

    assert asked == []


def circles(graph: dict[str, set[str]]) -> list[tuple[str, ...]]:
    """Return the groups of nodes that reach each other, each group sorted."""

    def reach(start: str) -> set[str]:
        seen: set[str] = set()
        todo = list(graph.get(start, ()))
        while todo:
            if (node := todo.pop()) not in seen:
                seen.add(node)
                todo += graph.get(node, ())
        return seen

    reached = {node: reach(node) for node in graph}

    def group(node: str) -> tuple[str, ...]:
        return tuple(sorted(n for n in graph if n in reached[node] and node in reached[n]))

    return sorted({group(node) for node in graph if node in reached[node]})


def test_no_two_folders_import_each_other() -> None:
    graph: dict[str, set[str]] = {folder: set() for folder in FOLDERS}
    for folder, name in files():
        graph[folder] |= kit_imports(name) & set(FOLDERS) - {folder}

    assert circles(graph) == []


def test_a_circle_is_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}

    assert circles(graph) == [("a", "b", "c")]


def test_the_tables_name_the_folders_there_are() -> None:
    tops = {folder.split(".")[0] for folder in FOLDERS}

    assert tops == set(MAY_IMPORT)


def test_the_house_is_tidy() -> None:
    """At most three modules lie at the root, and no folder holds more than 25 files."""
    root = [path.name for path in KIT.glob("*.py")]
    full = {
        str(folder.relative_to(KIT)): count
        for folder in [path for path in KIT.glob("**/") if "__pycache__" not in path.parts]
        if (count := sum(path.is_file() for path in folder.iterdir())) > 25
    }

    assert sorted(root) == ["__init__.py", "__main__.py", "app.py"]
    assert full == {}


def test_what_starts_processes_needs_the_standard_library_alone() -> None:
    """It is imported before anything else, in every child as well."""
    names = imported(modules()["common/child_process.py"])

    assert {name.split(".")[0] for name in names} <= set(sys.stdlib_module_names)


def test_nothing_in_the_package_prints() -> None:
    calls = [
        name
        for name, source in modules().items()
        for node in nodes(source, ast.Call)
        if isinstance(node.func, ast.Name) and node.func.id == "print"
    ]

    assert calls == []


def test_views_escape_in_one_way() -> None:
    """``html.escape`` alone leaves control characters and marks of direction as they are."""
    users = [
        name for name, source in modules().items() if {"html.escape", "html"} & imported(source)
    ]

    assert users == ["views/escape.py"]
