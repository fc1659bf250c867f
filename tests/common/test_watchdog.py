"""A command that a library holds up is ended in a line; a busy or stopped one is not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is none on Windows")
ROOT = Path(__file__).parents[2]
LINE = (
    "kit: a library does not answer for 2 s, and the command is ended; a file of the clone may have"
    " become a pipe, or its disk does not answer: copy the clone, and try the copy\n"
)
HELD_UP = """
    import os, pathlib, pygit2
    os.makedirs("objects/pack")
    name = f"objects/pack/pack-{'1' * 40}"
    pathlib.Path(f"{name}.pack").touch()
    os.mkfifo(f"{name}.idx")  # after it was looked at
    print("reads", flush=True)
    pygit2.Odb("objects").read("0" * 39 + "1")
"""
BUSY = """
    import time
    end = time.monotonic() + 5
    while time.monotonic() < end:
        sum(range(100_000))
    print("done")
"""


def program(text: str, first: str = "allow_the_end(); watch(2)") -> list[str]:
    start = f"from kit.common.watchdog import allow_the_end, watch\n{first}\n"
    return [sys.executable, "-c", start + textwrap.dedent(text)]


def run(command: list[str], cwd: Path, timeout_s: float = 60) -> tuple[int, str, str]:
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=timeout_s,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_a_read_that_hangs_ends_in_a_line(tmp_path: Path) -> None:
    assert run(program(HELD_UP), tmp_path) == (-signal.SIGKILL, "reads\n", LINE)


def test_what_computes_in_python_is_let_be(tmp_path: Path) -> None:
    assert run(program(BUSY), tmp_path) == (0, "done\n", "")


def test_a_kernel_is_not_ended(tmp_path: Path) -> None:
    """Nobody has allowed it: the read hangs on."""
    with pytest.raises(subprocess.TimeoutExpired):
        run(program(HELD_UP, "watch(1)"), tmp_path, timeout_s=6)


def test_who_is_stopped_by_a_person_is_let_be(tmp_path: Path) -> None:
    process = subprocess.Popen(
        program(BUSY), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    time.sleep(2)
    process.send_signal(signal.SIGSTOP)
    time.sleep(4)
    process.send_signal(signal.SIGCONT)

    assert (*process.communicate(timeout=30), process.returncode) == ("done\n", "", 0)


def test_it_leaves_with_the_command(tmp_path: Path) -> None:
    """Its output would keep a pipe open that somebody reads to its end."""
    began = time.monotonic()
    run(program("print('done')", "allow_the_end(); watch(50)"), tmp_path)

    assert time.monotonic() - began < 20
