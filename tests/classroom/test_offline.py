"""A real classroom folder, made once with the network, used in a namespace that has none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.classroom.contents import make_classroom
from kit.classroom.folder import whole
from kit.classroom.target import targets
from kit.common.errors import UserError
from kit.common.packaged_data import FIRST_LESSON
from tests.conftest import Program
from tests.effort import some_of

pytestmark = pytest.mark.network

Run = Callable[..., subprocess.CompletedProcess[str]]

OPEN_LAB = """\
import re, subprocess, sys, time, urllib.request
server = subprocess.Popen(sys.argv[1:], stderr=subprocess.PIPE, text=True)
url = next(m[0] for line in server.stderr if (m := re.search(r"http://127\\.0\\.0\\.1:\\S+", line)))
for _ in range(100):
    try:
        with urllib.request.urlopen(url, timeout=20) as page:
            print(page.status, page.read().count(b"jupyter-config-data"))
        break
    except OSError:
        time.sleep(0.1)
server.terminate()
server.communicate(timeout=20)
"""


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for this platform and Python, from the package index."""
    folder = tmp_path_factory.mktemp("classroom") / "room"
    try:
        make_classroom(folder, targets([], []), lambda _: None, lambda *_: None)
    except UserError as error:
        if "is there a network?" in str(error):
            pytest.skip(str(error))
        raise
    return folder


@pytest.fixture(scope="session")
def fresh(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return what runs a command as a learner of that laptop: no network but loopback."""
    home = tmp_path_factory.mktemp("home")
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    empty = [
        program("unshare"),
        "--net",
        *user,
        "sh",
        "-c",
        f'{program("ip")} link set lo up && exec "$@"',
        "sh",
    ]
    if subprocess.run([*empty, "true"], capture_output=True).returncode:
        pytest.skip("unshare --net is not allowed here")

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "HOME": str(home), "BROWSER": "true"}
        return subprocess.run(
            [*empty, *command],
            env=environment,
            cwd=home,
            capture_output=True,
            text=True,
            timeout=300,
        )

    return run


@pytest.fixture(scope="session")
def offline(fresh: Run, room: Path) -> Run:
    """Return the same on a laptop where the kit is installed: nothing that is needed is missing."""
    first = fresh(str(room / "start.sh"), "doctor")
    assert (first.returncode, "MISSING" in first.stdout) == (0, False), first.stderr
    return fresh


def test_there_is_no_network(fresh: Run) -> None:
    names = "import socket; print(socket.if_nameindex())"

    assert fresh(sys.executable, "-c", names).stdout == "[(1, 'lo')]\n"


def test_the_folder_is_whole(room: Path) -> None:
    assert whole(room) == ()


def test_a_second_start_installs_nothing(room: Path, offline: Run) -> None:
    done = offline(str(room / "start.sh"), "run", "in-time")

    assert (done.returncode, done.stderr) == (0, "")
    assert "DEVICE_DELETED" in done.stdout


def test_jupyterlab_answers_on_loopback_with_a_copy_of_the_lessons(
    room: Path, offline: Run
) -> None:
    done = offline(sys.executable, "-c", OPEN_LAB, str(room / "start.sh"))
    home = offline("sh", "-c", "echo $HOME").stdout.strip()

    assert (done.stdout, done.stderr) == ("200 1\n", "")
    assert (Path(home) / "unplug-kit-lessons/notebooks" / FIRST_LESSON).is_file()


@pytest.mark.parametrize("lesson", some_of(["10-any-revert.ipynb", "01-before-and-after.ipynb"], 2))
def test_a_lesson_runs(room: Path, offline: Run, tmp_path: Path, lesson: str) -> None:
    """Lesson 10 needs the tables and plots, and the history."""
    shutil.copytree(room / "lessons", tmp_path / "mine")
    jupyter = 'exec "$(echo "$HOME"/.local/share/unplug-kit/classroom/*/bin/jupyter)" "$@"'
    notebook = str(tmp_path / "mine/notebooks" / lesson)
    done = offline("sh", "-c", jupyter, "sh", "execute", "--timeout=120", notebook)

    assert done.returncode == 0, done.stderr[-2000:]
