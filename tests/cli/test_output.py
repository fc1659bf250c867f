"""What the kit does with its output: pipes, closed streams, a terminal, Ctrl-C."""

from __future__ import annotations

import os
import pty
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.git.upstream import await_true

ROOT = Path(__file__).parents[2]
KIT = [sys.executable, "-m", "kit"]


@pytest.mark.parametrize("arguments", ["doctor", "show revert", "list states --json", "--help"])
def test_a_reader_that_is_gone_is_no_error(arguments: str) -> None:
    pipe = f"{sys.executable} -m kit {arguments} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", pipe], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "status"), [("doctor >&-", 0), ("show revert >&-", 0), ("show nope >&- 2>&-", 2)]
)
def test_closed_streams_are_no_traceback(arguments: str, status: int) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m kit {arguments}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (status, "", "")


def in_a_terminal(*arguments: str) -> tuple[int, str]:
    """Run the kit with stderr in a terminal of 40 columns; return its status and what it wrote."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"COLUMNS": "40", "TERM": "xterm"}
    process = subprocess.Popen([*KIT, *arguments], cwd=ROOT, stderr=theirs, env=environment)
    os.close(theirs)
    said = b""
    while True:
        try:
            chunk = os.read(ours, 4096)
        except OSError:  # how Linux tells the end
            break
        if not chunk:
            break
        said += chunk
    os.close(ours)
    return process.wait(10), said.decode()


def test_the_bar_is_gone_before_an_error(tmp_path: Path) -> None:
    other = tmp_path / "other"
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(other)]
    subprocess.run(["git", "init", "--quiet", str(other)], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", "x"], check=True)
    status, said = in_a_terminal(
        "fetch", str(tmp_path / "q.git"), "--full", "--from", f"file://{other}"
    )
    before, error = said.rsplit("kit: ", 1)

    assert status == 2
    assert "stage 1 of 1: " in before
    assert before.endswith("\r\x1b[K")
    assert error.startswith("QEMU's commits could not be fetched")


def test_a_progress_line_is_no_wider_than_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / ("漢" * 50)
    status, said = in_a_terminal("conform", str(path))
    line = said.split("\r\x1b[K")[1]

    assert (status, line[:4], len(line.encode()) < 120) == (2, "1/1 ", True)


@pytest.fixture
def silent() -> Iterator[str]:
    """Return the URL of a server that accepts and then says nothing."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield f"git://127.0.0.1:{server.getsockname()[1]}/silent.git"


_STOPPED_EARLY = """
import sys

class Finder:
    def find_spec(self, name, *_):
        if name == "typer":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Finder())
from kit.__main__ import start

sys.exit(start())
"""


def test_stopped_while_it_imports_it_says_so_in_one_line() -> None:
    command = [sys.executable, "-c", _STOPPED_EARLY]
    found = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert (found.returncode, found.stdout, found.stderr) == (2, "", "kit: stopped\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_fetch_is_one_line(tmp_path: Path, silent: str, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [*KIT, "fetch", str(tmp_path / "q.git"), "--from", silent],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    await_true(lambda: any(tmp_path.glob(".q.git.*.part/lesson/config")))
    time.sleep(0.2)
    process.send_signal(number)
    _, error = process.communicate(timeout=10)

    announced, *stopped = error.splitlines()
    assert (process.returncode, stopped) == (2, ["kit: stopped"])
    assert announced.startswith("From each source come at most ")
    assert list(tmp_path.iterdir()) == []
