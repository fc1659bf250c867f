"""Each command, run in a folder that holds a module for every name that anything imports.

A canary writes down its name when it is imported or run.  The folder is a repository with reverts,
so that commands about repositories work there, and holds settings that Jupyter and pip look for.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from jupyter_client import BlockingKernelClient

from kit.cli.common import cli
from kit.cli.main import load_commands
from tests.canaries import Trap, names, trapped
from tests.effort import in_turn
from tests.git.upstream import unused_port
from tests.git.workshop import workshop
from tests.processes import await_that
from tests.real_qemu.fakes import fake

ROOT = Path(__file__).parents[2]
CONSOLE = Path(sys.executable).with_name("kit")
# without the console script the same in Python's words; both leave the current folder alone
KIT = [str(CONSOLE)] if CONSOLE.exists() else [sys.executable, "-P", "-m", "kit"]
METHODS = ("fork", "spawn", "forkserver")


@pytest.fixture(scope="session")
def trap(tmp_path_factory: pytest.TempPathFactory) -> Trap:
    base = tmp_path_factory.mktemp("hostile")
    (base / "repository").mkdir()
    made = workshop(base / "repository")
    for number in range(12):
        sha = made.commit(f"part {number}", {"file": f"{number}\n"})
        made.revert(sha)
    return trapped(made.folder, base / "record")


# -- the canaries do sing ----------------------------------------------------------------------

# nothing but what is inside the interpreter until the first name
_IMPORT_ALL = """
import sys, _imp
inside = {*sys.modules, *sys.builtin_module_names}
for name in sys.argv[1:]:
    if name not in inside and not _imp.is_frozen(name):
        print(name)
        __import__(name)
"""


def plain() -> dict[str, str]:
    """The environment of whoever uses no kit: one that this process ran may have made it safe.

    A hook of setuptools would import a part of importlib, which is a canary here.
    """
    own = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    return own | {"SETUPTOOLS_USE_DISTUTILS": "stdlib"}


def test_each_canary_runs_in_plain_python(trap: Trap) -> None:
    """What Python has inside, or has read before it looks anywhere, no folder can replace."""
    command = [sys.executable, "-c", _IMPORT_ALL, *names()]
    done = subprocess.run(
        command, cwd=trap.folder, env=plain(), capture_output=True, text=True, timeout=120
    )
    wanted = set(done.stdout.split())

    assert done.returncode == 0
    assert trap.caught() == wanted
    assert len(wanted) > 250
    assert {"subprocess", "multiprocessing", "pip", "jupyterlab", "git", "typer"} <= wanted


_PLAIN_POOL = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        pool.submit(abs, 1).result()
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_canaries_run_in_workers_that_python_starts(
    trap: Trap, tmp_path: Path, method: str
) -> None:
    """A forked worker imports nothing anew."""
    script = tmp_path / "script.py"
    script.write_text(_PLAIN_POOL)
    process = subprocess.Popen(
        [sys.executable, str(script), method],
        cwd=trap.folder,
        env=plain(),
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        await_that(trap.record.exists)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)

    assert trap.caught() != set()


@pytest.mark.parametrize("module", ["pip", "jupyterlab"])
def test_canaries_run_as_programs(trap: Trap, module: str) -> None:
    """Python itself imports from the current folder before it comes to the module."""
    subprocess.run(
        [sys.executable, "-m", module],
        cwd=trap.folder,
        env=plain(),
        stderr=subprocess.DEVNULL,
        timeout=60,
    )

    assert trap.caught() != set()


# -- and no command makes them sing ------------------------------------------------------------

RECORDING = ROOT / "data/reference/directed/2b18fc794f.jsonl"
# A command, and the statuses that it may have; OUT is an empty folder, QEMU a program.
COMMANDS: dict[str, tuple[list[str], set[int]]] = {
    "doctor": ([], {0, 1}),
    "progress": ([], {0}),
    "list": (["scenarios"], {0}),
    "show": (["HEAD", "--repo", "."], {0}),
    "run": (["late-release", "--at", "revert", "--format", "svg"], {0}),
    "compare": (
        ["late-release", "--before", "timer", "--after", "revert", "--format", "html"],
        {0},
    ),
    "open": (["1.run.late-release.revert.kqKc"], {0}),
    "reproduce": (["late-release"], {0}),
    "import": ([str(ROOT / "tests/logs/shell.txt")], {0}),
    "draw": ([str(ROOT / "docs/draw.md")], {0}),
    "explore": (["--at", "revert", "--jobs", "2", "--guest", "linux-5.12"], {0, 1}),
    "conform": ([str(RECORDING)], {0}),
    "record": ([str(RECORDING), "-o", "OUT/recorded.jsonl", "--binary", "QEMU"], {2}),
    "fetch": (["OUT/fetched", "--from", "."], {2}),
    "revert": (["HEAD", "--repo", "."], {0}),
    "reverts": (["--check", "--repo", "."], {0}),
    "changelog": (["HEAD~3..HEAD", "--repo", "."], {0}),
    "new": (["OUT/lesson", "--revert", "HEAD", "--repo", "."], {0}),
    "missing-reverts": (["HEAD", "HEAD~1", "--repo", "."], {0, 1}),
    "history export": (["-o", "OUT/history.json"], {0}),
    "handout": (["05", "-o", "OUT/pages"], {0}),
    "grade": ([str(ROOT / "notebooks/labs/undo.ipynb")], {0}),
    "ideas": ([str(ROOT / "pyproject.toml")], {2}),
    "practise": (["1", "--count", "1"], {0, 2}),
    "survey run": ([".", "-o", "OUT/survey"], {0}),
    "survey report": (["OUT/none"], {2}),
    "classroom": (["OUT/class"], {2}),  # no index: pip runs, and finds nothing
}
APART = {"lab"}  # it does not end; see below


def commands() -> Iterator[str]:
    """Return the names of all commands that there are."""
    load_commands([])
    for name, command in typer.main.get_command(cli).commands.items():  # type: ignore[attr-defined]  # a group
        inner = getattr(command, "commands", {})
        yield from (f"{name} {each}" for each in inner) if inner else (name,)


def test_each_command_is_tried() -> None:
    assert sorted(commands()) == sorted(COMMANDS.keys() | APART)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return an environment in which nothing of this user's is read or written."""
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder / "data"), "PIP_NO_INDEX": "1"}
    home |= {"JUPYTER_CONFIG_DIR": str(folder / "config"), "XDG_CACHE_HOME": str(folder / "cache")}
    found = os.environ | home | {"JUPYTER_RUNTIME_DIR": str(folder / "runtime")} | more
    found.pop("PYTHONSAFEPATH", None)
    return found if CONSOLE.exists() else found | {"PYTHONPATH": str(ROOT)}


def arguments(name: str, out: Path) -> list[str]:
    qemu = fake(out, "greet()")
    given = [each.replace("OUT", str(out)).replace("QEMU", qemu) for each in COMMANDS[name][0]]
    return [*name.split(), *given]


@pytest.mark.parametrize("name", COMMANDS)
def test_no_canary_runs(trap: Trap, tmp_path: Path, name: str) -> None:
    done = subprocess.run(
        [*KIT, *arguments(name, tmp_path)],
        cwd=trap.folder,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert trap.caught() == set(), done.stderr
    assert done.returncode in COMMANDS[name][1], done.stderr


@pytest.mark.parametrize("name", ["lease.py", "two-phase"])
def test_no_canary_runs_in_a_machine_of_ones_own(trap: Trap, tmp_path: Path, name: str) -> None:
    """A Python file runs in a process of its own, which imports the kit."""
    done = subprocess.run(
        [*KIT, "explore", "--machine", str(ROOT / "examples" / name)],
        cwd=trap.folder,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert trap.caught() == set(), done.stderr
    assert done.returncode == 0, done.stderr


_BY_METHOD = """
import sys
if __name__ == "__main__":
    from kit.common import child_process
    child_process.START_METHOD = sys.argv.pop(1)
    from kit.__main__ import start
    sys.exit(start())
"""


@pytest.mark.parametrize(("method", "name"), in_turn(METHODS, ["explore", "reverts"]))
def test_no_canary_runs_in_workers(trap: Trap, tmp_path: Path, name: str, method: str) -> None:
    """The script is not a safe-path run: what the kit starts is safe on its own account."""
    script = tmp_path / "script.py"
    script.write_text(_BY_METHOD)
    done = subprocess.run(
        [sys.executable, str(script), method, *arguments(name, tmp_path)],
        cwd=trap.folder,
        env=environment(tmp_path, PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert trap.caught() == set(), done.stderr
    assert done.returncode in COMMANDS[name][1], done.stderr


def test_no_canary_runs_in_jupyterlab_and_its_kernels(trap: Trap, tmp_path: Path) -> None:
    """`kit lab` copies the lessons, and opens the first one."""
    runtime = tmp_path / "runtime"
    server = subprocess.Popen(
        [*KIT, "lab", str(tmp_path / "mine"), "--no-browser", f"--port={unused_port()}"],
        cwd=trap.folder,
        env=environment(tmp_path),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert server.stderr is not None
        begun = next(server.stderr)
        line = next(line for line in server.stderr if "http://127.0.0.1:" in line)
        found = re.search(r"(http://127\.0\.0\.1:\d+)(/\S*)\?token=(\w+)", line)
        assert found is not None, line
        address, opened, token = found.groups()
        body = json.dumps({"name": "python3", "path": "notebooks"}).encode()
        asked = urllib.request.Request(
            f"{address}/api/kernels", body, {"Authorization": f"token {token}"}
        )
        await_that(lambda: answers(f"{address}/login"))
        lesson = answers(f"{address}{opened}?token={token}")
        with urllib.request.urlopen(asked, timeout=60) as answer:
            kernel = json.load(answer)["id"]
        await_that(lambda: (runtime / f"kernel-{kernel}.json").exists())
        say = f"import kit, colorsys; open({str(tmp_path / 'said')!r}, 'w').close()"
        await_that(lambda: executed(runtime / f"kernel-{kernel}.json", say))
        await_that((tmp_path / "said").exists)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.communicate(timeout=30)

    assert trap.caught() == set()
    assert begun.startswith(f"Starting JupyterLab for {tmp_path / 'mine' / 'notebooks'}")
    assert (opened, lesson) == ("/lab/tree/notebooks/00-start-here.ipynb", True)
    assert (tmp_path / "mine" / "notebooks" / "01-before-and-after.ipynb").is_file()


def executed(connection: Path, code: str) -> bool:
    """Execute code in a kernel; false while it is still starting."""
    client = BlockingKernelClient(connection_file=str(connection))
    client.load_connection_file()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
    except RuntimeError:
        return False
    else:
        client.execute_interactive(code, timeout=60, output_hook=lambda _: None)
        return True
    finally:
        client.stop_channels()


def answers(address: str) -> bool:
    """Is there a page?"""
    try:
        with urllib.request.urlopen(address, timeout=20) as page:
            return int(page.status) == 200
    except OSError:
        return False
