"""A child inherits nothing of the current folder, leads a group, and ends with everything in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from kit.common import child_process
from kit.common.child_process import clean_environment, python, run, start
from tests.processes import MARK, await_that, living, none_lives

FAMILY = "(trap '' TERM; sleep 300) & sleep 301 & echo there; wait"  # one bears SIGTERM


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> str:
    value = uuid.uuid4().hex
    monkeypatch.setenv(MARK, value)
    return value


# -- what it inherits --------------------------------------------------------------------------


@pytest.mark.parametrize("name", child_process._LISTS)
@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (":/a", "/a"),
        ("/a:", "/a"),
        ("/a::/b", "/a:/b"),
        (".:/a", "/a"),
        ("../x:/a:bin", "/a"),
        ("", None),
        (".", None),
        ("/a:/b", "/a:/b"),
    ],
)
def test_a_list_of_folders_keeps_absolute_ones(name: str, value: str, kept: str | None) -> None:
    assert clean_environment(base={name: value}).get(name) == kept


@pytest.mark.parametrize("name", child_process._FOLDERS)
@pytest.mark.parametrize(("value", "kept"), [("x", None), ("", None), ("/a:b", "/a:b")])
def test_a_folder_is_kept_if_it_is_absolute(name: str, value: str, kept: str | None) -> None:
    assert clean_environment(base={name: value}).get(name) == kept


def test_a_program_of_the_current_folder_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "hostname-of-mine"
    program.write_text("#!/bin/sh\necho ran\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f".:{os.environ['PATH']}:")
    control = subprocess.run([program.name], capture_output=True, check=False)

    assert control.stdout == b"ran\n"
    with pytest.raises(FileNotFoundError):
        run([program.name], timeout_s=5)


def test_python_does_not_import_from_the_current_folder(tmp_path: Path) -> None:
    (tmp_path / "colorsys.py").write_text("print('ran')")
    done = run(python("-c", "import colorsys"), cwd=tmp_path, timeout_s=20)
    control = subprocess.run(
        [sys.executable, "-c", "import colorsys"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"},
        capture_output=True,
        check=False,
    )

    assert (done.status, done.stdout) == (0, b"")
    assert control.stdout == b"ran\n"


# -- one that is waited for --------------------------------------------------------------------


def test_run_returns_what_it_wrote_and_how_it_ended() -> None:
    done = run(["sh", "-c", "cat; echo no >&2; exit 3"], text=b"hello", timeout_s=20)

    assert (done.status, done.stdout, done.stderr) == (3, b"hello", b"no\n")


def test_what_takes_too_long_is_ended_with_its_children(mark: str) -> None:
    with pytest.raises(TimeoutError, match=r"no end within 0\.3 s"):
        run(["sh", "-c", FAMILY], timeout_s=0.3)

    assert none_lives(mark) == {}


# -- the end -----------------------------------------------------------------------------------


def family() -> child_process.Child:
    child = start(["sh", "-c", FAMILY])
    assert child.stdout is not None
    assert child.stdout.readline() == b"there\n"
    return child


def test_the_end_of_the_block_ends_the_group(mark: str) -> None:
    with family():
        assert len(living(mark)) == 3  # a shell becomes its last sleep

    assert none_lives(mark) == {}


def test_an_exception_ends_the_group(mark: str) -> None:
    with pytest.raises(ZeroDivisionError), family():
        _ = 1 // 0

    assert none_lives(mark) == {}


def test_what_a_child_leaves_behind_in_its_group_ends_with_it(mark: str) -> None:
    with start(["sh", "-c", "sleep 300 & sleep 301 & exit 4"]) as child:
        assert child.wait(20) == 4
        assert none_lives(mark) == {}


def test_a_child_that_ends_at_once_is_asked_as_often_as_one_likes() -> None:
    with start(["sh", "-c", "kill -9 $$"]) as child:
        await_that(lambda: child.poll() is not None)
        assert (child.poll(), child.wait(0), child.end()) == (-9, -9, -9)


_PARENT = """
import os, signal, subprocess, sys, time
from kit.common.child_process import start
child = start(["sh", "-c", {family!r}])
child.stdout.readline()
print("ready", flush=True)
{then}
"""


def parent(then: str, mark: str, family: str = FAMILY) -> subprocess.Popen[bytes]:
    """Start a process that uses the module and nothing else of the kit."""
    process = subprocess.Popen(
        python("-c", _PARENT.format(family=family, then=then)),
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), MARK: mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.stdout.close()
    return process


@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP", "SIGINT", "SIGKILL", "SIGSEGV", "SIGQUIT"])
def test_a_signal_to_the_parent_ends_the_group(number: str, mark: str) -> None:
    process = parent("time.sleep(300)", mark)
    before = living(mark)
    process.send_signal(getattr(signal, number))
    process.wait(20)

    assert len(before) == 4
    assert none_lives(mark) == {}


@pytest.mark.parametrize("then", ["", "1 / 0", "os._exit(0)", "os.abort()", "sys.exit()"])
def test_each_end_of_the_parent_ends_the_group(then: str, mark: str) -> None:
    parent(then, mark).wait(20)

    assert none_lives(mark) == {}


@pytest.mark.skipif(sys.platform != "linux", reason="the mark is looked for in /proc")
def test_a_grandchild_that_left_the_group_ends_when_the_parent_is_killed(mark: str) -> None:
    process = parent("time.sleep(300)", mark, "setsid sleep 300 & echo there; wait")
    await_that(lambda: "sleep 300" in living(mark).values())
    process.kill()
    process.wait(20)

    assert none_lives(mark) == {}


def test_a_guard_that_somebody_kills_is_replaced(mark: str) -> None:
    then = """
for entry in os.listdir("/proc"):
    if entry.isdigit() and int(entry) != os.getpid():
        try:
            words = open(f"/proc/{entry}/cmdline").read()
            stat = open(f"/proc/{entry}/stat").read()
        except OSError: continue
        if "UNPLUG_KIT_CHILD_OF" in words and stat.split()[3] == str(os.getpid()):
            os.kill(int(entry), 9)
time.sleep(0.2)
other = start(["sleep", "302"])
os.kill(os.getpid(), 9)
"""
    parent(then, mark).wait(20)

    assert none_lives(mark) == {}


# -- workers -----------------------------------------------------------------------------------

_POOL = """
import os, sys, time
from kit.common import child_process
child_process.START_METHOD = sys.argv[1]
if __name__ == "__main__":
    with child_process.pool(2) as workers:
        futures = [workers.submit(time.sleep, seconds) for seconds in (0, 0, 300, 300, 300)]
        futures[0].result()
        print("ready", flush=True)
        {then}
"""
METHODS = ("fork", "spawn", "forkserver")


def with_workers(method: str, then: str, mark: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        python("-c", _POOL.format(then=then), method),
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), MARK: mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.stdout.close()
    return process


def test_workers_get_a_clean_environment_and_a_notebook_keeps_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    monkeypatch.setenv("PATH", f".:{os.environ['PATH']}")
    before = dict(os.environ)
    with child_process.pool(1) as workers:
        found = [workers.submit(os.getenv, name).result() for name in ("PATH", "PYTHONSAFEPATH")]

    assert found == [before["PATH"].removeprefix(".:"), "1"]
    assert dict(os.environ) == before


@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP", "SIGINT", "SIGKILL"])
@pytest.mark.parametrize("method", METHODS)
def test_a_signal_to_the_parent_ends_the_workers(method: str, number: str, mark: str) -> None:
    process = with_workers(method, "time.sleep(300)", mark)
    before = living(mark)
    process.send_signal(getattr(signal, number))
    process.wait(20)

    assert len(before) >= 3
    assert none_lives(mark) == {}


@pytest.mark.parametrize("then", ["1 / 0", "os._exit(0)", "sys.exit()"])
@pytest.mark.parametrize("method", METHODS)
def test_each_end_of_the_parent_ends_the_workers(method: str, then: str, mark: str) -> None:
    with_workers(method, then, mark).wait(20)

    assert none_lives(mark) == {}


def test_what_a_container_keeps_from_this_process_is_no_processor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {2, 3}, raising=False)
    limited = child_process.processors()
    monkeypatch.delattr(os, "sched_getaffinity")

    assert (limited, child_process.processors()) == (2, 64)
