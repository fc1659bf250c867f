"""The kit and its tools write files and build folders in two modules, and nowhere else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.sources import nodes

ROOT = Path(__file__).parent.parent
WRITERS = {"kit/common/user_file.py", "kit/common/user_folder.py"}
ALLOWED = {
    # it is copied to laptops where the kit is not installed: standard library alone
    "kit/classroom/start.py": {"copytree", "mkdir", "mkstemp", "open", "replace", "rmtree"}
    | {"fdopen", "write_text"},
    # /dev/null, in the place of a closed stdout
    "kit/cli/output.py": {"fdopen", "open"},
    # its own stdout, whose place stderr takes
    "kit/storage/own_node.py": {"fdopen"},
    # a folder that mkdtemp has made in the system's folder for such
    "kit/real_qemu/session.py": {"rmtree"},
    # into a TemporaryDirectory
    "kit/git/repository/reader.py": {"mkdir", "write_text"},
    "tools/website/zips.py": {"extractall"},
}
"""File -> the calls that it may contain, each with the reason."""

ALWAYS = {
    *("write_text", "write_bytes", "mkdir", "makedirs", "touch", "rename", "renames", "rmtree"),
    *("copy", "copy2", "copyfile", "copyfileobj", "copytree", "copymode", "move"),
    *("symlink_to", "hardlink_to", "symlink", "link", "mkfifo", "mknod", "truncate", "ftruncate"),
    *("mkstemp", "NamedTemporaryFile", "extractall", "extract"),
}
OF_OS = {"copy", "copy2", "copymode", "move", "link", "symlink", "extract"}  # not of every object
OPENERS = {"open", "fdopen", "ZipFile", "TarFile", "GzipFile", "BZ2File", "LZMAFile"}
_MODE = re.compile(r"[rwxabt+]{1,3}(?::\w*|\|\w*)?")


def writes(source: str) -> Iterator[str]:
    """Yield the name of each call that may write a file or make a folder."""
    for node in nodes(source, ast.Call):
        function = node.func
        name = getattr(function, "attr", None) or getattr(function, "id", "")
        owner = getattr(getattr(function, "value", None), "id", "")
        if name in OF_OS:
            if owner in ("os", "shutil"):
                yield name
        elif (
            name in ALWAYS
            or (name == "replace" and (owner == "os" or (len(node.args), node.keywords) == (1, [])))
            or (name == "mkdtemp" and _beside(node))
            or (name in OPENERS and _opens_to_write(node, owner))
        ):
            yield name


def _beside(node: ast.Call) -> bool:
    return len(node.args) > 2 or any(each.arg == "dir" for each in node.keywords)


def _opens_to_write(node: ast.Call, owner: str) -> bool:
    if owner == "os" and getattr(node.func, "attr", "") == "open":
        flags = {getattr(each, "attr", "") for each in ast.walk(node)}
        return bool(flags & {"O_CREAT", "O_TRUNC", "O_WRONLY", "O_RDWR", "O_APPEND"})
    if owner == "webbrowser":
        return False
    if isinstance(node.func, ast.Attribute) and node.func.attr == "ZipFile":
        first = node.args[:1]  # one that is made in memory is written by the one function
        if first and isinstance(first[0], ast.Name) and first[0].id in ("made", "packed"):
            return False
    given = [*node.args, *(each.value for each in node.keywords if each.arg == "mode")]
    modes = [each.value for each in given if isinstance(each, ast.Constant)]
    return any(
        isinstance(mode, str) and _MODE.fullmatch(mode) and set(mode) & set("wxa+")
        for mode in modes
    )


@cache
def sources() -> dict[str, str]:
    """Return the source of each module of the kit and of its tools, by its path."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for folder in ("kit", "tools")
        for path in sorted((ROOT / folder).glob("**/*.py"))
    }


def test_only_two_modules_write() -> None:
    found = {
        name: set(writes(source)) - ALLOWED.get(name, set())
        for name, source in sources().items()
        if name not in WRITERS
    }

    assert {name: calls for name, calls in found.items() if calls} == {}
    assert len(found) > 300


def test_each_exception_is_needed() -> None:
    for name, allowed in ALLOWED.items():
        assert set(writes(sources()[name])) == allowed, name


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_the_writers_are_there(name: str) -> None:
    assert set(writes(sources()[name]))


@pytest.mark.parametrize(
    "code",
    [
        "path.write_text('x')",
        "path.write_bytes(b'x')",
        "open(path, 'w')",
        "open(path, mode='wb')",
        "path.open('a+b')",
        "path.open(mode='x')",
        "os.open(path, os.O_RDWR | os.O_CREAT)",
        "os.open(path, flags=os.O_WRONLY)",
        "os.fdopen(handle, 'w')",
        "gzip.open(path, 'wt')",
        "tarfile.open(path, 'w:gz')",
        "zipfile.ZipFile(path, 'w')",
        "os.replace(one, other)",
        "one.replace(other)",
        "one.rename(other)",
        "os.rename(one, other)",
        "shutil.copy(one, other)",
        "shutil.copytree(one, other)",
        "shutil.move(one, other)",
        "folder.mkdir(parents=True)",
        "os.makedirs(folder)",
        "path.touch()",
        "path.symlink_to(other)",
        "tempfile.mkdtemp(dir=folder)",
        "tempfile.mkstemp()",
        "tempfile.NamedTemporaryFile(dir=folder)",
        "archive.extractall(folder)",
        "shutil.rmtree(folder)",
    ],
)
def test_the_rule_sees_each_way_to_write(code: str) -> None:
    assert len(list(writes(code))) == 1


@pytest.mark.parametrize(
    "code",
    [
        "open(path)",
        "path.open('rb')",
        "open(path, encoding='utf-8')",
        "os.open(path, os.O_RDONLY)",
        "text.replace('a', 'b')",
        "replace(state, drc=drc)",
        "dict.copy(one)",
        "model.move(-1)",
        "webbrowser.open('w')",
        "tempfile.mkdtemp(prefix='unplug-kit-')",
        "tempfile.TemporaryDirectory()",
    ],
)
def test_the_rule_leaves_reading_alone(code: str) -> None:
    assert list(writes(code)) == []
