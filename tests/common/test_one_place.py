"""Every process of the kit is started in one place; the start script of laptops has its own."""

from __future__ import annotations

import ast

import pytest

from tests.sources import modules, nodes

THE_PLACE = "common/child_process.py"
STAND_ALONE = "classroom/start.py"  # copied to laptops, where no kit is installed yet

# A module that starts processes, and what of it does not.
STARTERS: dict[str, set[str]] = {
    "subprocess": set(),
    "multiprocessing": {"parent_process"},
    "pty": set(),
    "webbrowser": set(),
    "pexpect": set(),
    "_posixsubprocess": set(),
    "_winapi": set(),
    "ptyprocess": set(),
    "distributed": {"Client", "as_completed"},  # with the address of a scheduler that runs
    "jupyter_client": {"AsyncKernelManager", "NoSuchKernel"},  # the former as stated below
    "concurrent.futures": {"BrokenExecutor", "Executor", "Future", "ThreadPoolExecutor"},
    "asyncio.subprocess": set(),
}
CALLS = (
    "exec",
    "spawn",
    "fork",
    "posix_spawn",
    "system",
    "popen",
    "startfile",
    "create_subprocess",
)
# Libraries that start a process when asked, each used in one file, in a way stated there.
WITH_THE_PLACE = {
    "git": "own_session",
    "nbclient": "guarded",
    "jupyter_client.manager": "guarded",
}


def starts(source: str) -> list[str]:
    """Return what in a file starts a process, or may."""
    found = []
    for one in nodes(source, ast.Import):
        found += [each.name for each in one.names if _module_of(each.name)]
    for module, each in (
        (str(n.module), each) for n in nodes(source, ast.ImportFrom) for each in n.names
    ):
        name = _module_of(f"{module}.{each.name}") or _module_of(module)
        if name and each.name not in STARTERS[name]:
            found.append(f"{module}.{each.name}")
        if module in ("os", "asyncio") and each.name.startswith(CALLS):
            found.append(f"{module}.{each.name}")
    for node in (*nodes(source, ast.Attribute), *nodes(source, ast.Call)):
        match node:
            case ast.Attribute(value=ast.Name(id="os" | "asyncio" | "posix" | "nt"), attr=name):
                if name.startswith(CALLS):
                    found.append(name)
            case ast.Call(func=ast.Name(id="__import__")):
                found.append("__import__")
    return found


def _module_of(name: str) -> str:
    return next((each for each in STARTERS if name == each or name.startswith(f"{each}.")), "")


@pytest.mark.parametrize(
    "source",
    [
        "import subprocess",
        "import subprocess as s",
        "from subprocess import run",
        "def f():\n    from subprocess import Popen as P",
        "import multiprocessing.pool",
        "from multiprocessing import Process",
        "from concurrent.futures import ProcessPoolExecutor",
        "from concurrent.futures.process import ProcessPoolExecutor",
        "from concurrent import futures",
        "import concurrent.futures",
        "import os\nos.execv('a', [])",
        "import os\nos.posix_spawn('a', [], {})",
        "import os\nos.fork()",
        "import os\nos.system('a')",
        "from os import popen",
        "import asyncio\nasyncio.create_subprocess_exec('a')",
        "from asyncio import create_subprocess_shell",
        "import asyncio.subprocess",
        "import pty",
        "import webbrowser",
        "from jupyter_client import KernelManager",
        "__import__('subprocess')",
    ],
)
def test_each_way_to_start_a_process_is_noticed(source: str) -> None:
    assert starts(source) != []


@pytest.mark.parametrize(
    "source",
    [
        "from concurrent.futures import Executor",
        "import os\nos.kill(1, 9)",
        "import asyncio\nasyncio.sleep(1)",
        "from jupyter_client.kernelspec import NoSuchKernel",
    ],
)
def test_what_starts_none_is_let_be(source: str) -> None:
    assert starts(source) == []


def test_one_place_starts_processes() -> None:
    found = {
        name: names
        for name, source in modules().items()
        if name not in (THE_PLACE, STAND_ALONE) and (names := starts(source))
    }

    assert found == {}
    assert starts(modules()[THE_PLACE]) != []


@pytest.mark.parametrize("library", WITH_THE_PLACE)
def test_a_library_that_starts_one_is_used_with_what_the_place_gives(library: str) -> None:
    users = [
        source
        for source in modules().values()
        if f"from {library} import" in source or f"import {library}\n" in source
    ]

    assert len(users) == 1
    assert WITH_THE_PLACE[library] in users[0]
