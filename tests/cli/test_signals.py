"""A signal ends the kit and all that it started: workers, git, QEMU, kernels, and their children.

The processes of a test carry a mark in their environment, by which they are found in /proc.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from tests.effort import some_of
from tests.git.workshop import workshop
from tests.processes import MARK, await_that, living, none_lives
from tests.real_qemu.fakes import fake

ROOT = Path(__file__).parents[2]
KIT = [sys.executable, "-m", "kit"]
SIGNALS = ["SIGTERM", "SIGHUP", "SIGINT", "SIGKILL"]


@dataclass(frozen=True)
class Work:
    """A command, and what must run before it gets its signal."""

    command: Callable[[Path], list[str]]
    runs: tuple[str, ...]  # parts of command lines


def repository(folder: Path) -> str:
    (folder / "repository").mkdir()
    made = workshop(folder / "repository")
    for number in range(4):
        made.revert(made.commit(f"part {number}", {"file": f"{number}\n"}))
    return str(made.folder)


def slow_git(folder: Path) -> None:
    """Put a git before all others that prints its log for ever, and has a child."""
    (folder / "bin").mkdir()
    program = folder / "bin" / "git"
    program.write_text(
        '#!/bin/sh\ncase " $* " in *" log "*) sleep 300 & sleep 301;;'
        f' *) exec {shutil.which("git")} "$@";; esac\n'
    )
    program.chmod(0o755)


def reverts_of_a_slow_git(folder: Path) -> list[str]:
    slow_git(folder)
    return [*KIT, "reverts", "--check", "--repo", repository(folder)]


def record_of_a_silent_qemu(folder: Path) -> list[str]:
    body = "signal.signal(15, signal.SIG_IGN)\ngreet()\nos.fork()\ntime.sleep(300)"
    script = folder / "script.jsonl"
    shutil.copy(ROOT / "data/reference/directed/2b18fc794f.jsonl", script)
    out = ["-o", str(folder / "out.jsonl")]
    return [*KIT, "record", str(script), *out, "--binary", fake(folder, body)]


_KERNEL = """
import sys
from pathlib import Path
import nbformat
from kit.handout.execute import LessonKernel
(Path(sys.argv[1]) / "notebooks").mkdir()
cell = nbformat.v4.new_code_cell("import subprocess; subprocess.run(['sleep', '300'])")
with LessonKernel(Path(sys.argv[1])) as kernel:
    kernel.execute(nbformat.v4.new_notebook(cells=[cell]), "a lesson")
"""


def lesson(folder: Path) -> list[str]:
    return [sys.executable, "-c", _KERNEL, str(folder)]


def explore(_: Path) -> list[str]:
    wide = ["--requests", "9", "--resets", "9", "--max-states", "20000000", "--jobs", "2"]
    guests = ["--guest", "linux-5.12", "--guest", "linux-5.13"]
    return [*KIT, "explore", "--at", "pre-revert", *guests, *wide]


WORKS = {
    "workers of explore": Work(explore, ("spawn_main", "spawn_main")),
    "git of reverts --check": Work(reverts_of_a_slow_git, ("sleep 300", "sleep 301")),
    "QEMU of record": Work(record_of_a_silent_qemu, ("qemu-system-ppc64", "qemu-system-ppc64")),
    "kernel of a lesson": Work(lesson, ("ipykernel_launcher", "sleep 300")),
}


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc")
@pytest.mark.parametrize(
    ("name", "number"),
    [*some_of([*product(WORKS, SIGNALS[:-1])], 2), *((name, "SIGKILL") for name in WORKS)],
)
def test_a_signal_leaves_no_process(tmp_path: Path, name: str, number: str) -> None:
    mark, work = uuid.uuid4().hex, WORKS[name]
    (tmp_path / "tmp").mkdir()
    process = subprocess.Popen(
        work.command(tmp_path),
        cwd=tmp_path,
        env=os.environ
        | {MARK: mark, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "tmp")}
        | {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        await_that(lambda: all_run(work.runs, mark))
        process.send_signal(getattr(signal, number))
        _, said = process.communicate(timeout=60)
        left = none_lives(mark)
    finally:
        for pid in living(mark):
            os.kill(pid, signal.SIGKILL)

    assert left == {}
    if number != "SIGKILL":
        assert "Traceback" not in said or name == "kernel of a lesson"


def all_run(wanted: tuple[str, ...], mark: str) -> bool:
    """Does each run, as often as it is named?"""
    words = list(living(mark).values())
    return all(sum(each in line for line in words) >= wanted.count(each) for each in wanted)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc")
def test_a_worker_that_is_killed_is_one_line(tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    process = subprocess.Popen(
        explore(tmp_path),
        env=os.environ | {MARK: mark, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    await_that(lambda: all_run(("spawn_main", "spawn_main"), mark))
    os.kill(next(pid for pid, line in living(mark).items() if "spawn_main" in line), 9)
    _, said = process.communicate(timeout=60)

    assert (process.returncode, said) == (
        2,
        "kit: a worker process: it was killed; is the memory full?\n",
    )
    assert none_lives(mark) == {}
