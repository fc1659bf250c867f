"""The pure folders import the standard library's pure part and each other downward, no more."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

KIT = Path(__file__).parent.parent / "kit"
IMPURE = {
    "asyncio",
    "datetime",
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
PURE = ("machine", "actors", "runs", "explore", "course")  # each imports those before it
MAY_IMPORT: dict[str, set[str]] = {
    "machine": {"machine"},
    "actors": {"machine", "actors"},
    "runs": {"machine", "actors", "runs"},
    "explore": {"machine", "actors", "runs", "explore"},
    "course": {"machine", "actors", "runs", "course"},
    "classroom": {"classroom"},
    "history": {*PURE, "history"},
    "backend": {*PURE, "backend"},
    "views": {*PURE, "views"},
}
FILES = sorted(path for folder in MAY_IMPORT for path in KIT.glob(f"{folder}/**/*.py"))


def imported(source: str) -> set[str]:
    """Return the full names of the modules that a file imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports hide the layer"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(KIT)))
def test_a_layer_imports_only_what_is_below_it(path: Path) -> None:
    folder = path.relative_to(KIT).parts[0]
    parts = [name.split(".") for name in imported(path.read_text()) if name.startswith("kit.")]
    own_files = {"own_file"} if folder == "history" else set()

    assert {names[1] for names in parts} <= MAY_IMPORT[folder] | {"errors"} | own_files


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path.relative_to(KIT).parts[0] in PURE],
    ids=lambda path: str(path.relative_to(KIT)),
)
def test_a_pure_module_has_no_clock_files_sockets_or_dice(path: Path) -> None:
    outside = {name.split(".")[0] for name in imported(path.read_text())} - {"kit"}

    assert outside <= set(sys.stdlib_module_names) - IMPURE


@pytest.mark.parametrize(
    "folder",
    ["machine", "actors", "runs", "explore", "course", "classroom", "history", "backend", "views"],
)
def test_the_rule_covers_a_folder_that_exists(folder: str) -> None:
    assert any(path.relative_to(KIT).parts[0] == folder for path in FILES)


def test_nothing_in_the_package_prints() -> None:
    calls = [
        path.name
        for path in KIT.glob("**/*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]

    assert calls == []


def test_views_escape_in_one_way() -> None:
    """``html.escape`` alone leaves control characters and marks of direction as they are."""
    users = [
        path.name
        for path in sorted(KIT.glob("**/*.py"))
        if {"html.escape", "html"} & imported(path.read_text())
    ]

    assert users == ["escaped.py"]
