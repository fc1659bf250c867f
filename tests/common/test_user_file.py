"""A scenario or an exercise in a file that is none."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.common.errors import UserError
from kit.common.user_file import make_folders, open_lock, write_atomic
from kit.storage.exercises import find_exercise
from kit.storage.scenarios import find_scenario

ROOT = Path(__file__).parents[2]
read = pytest.mark.parametrize("find", [find_scenario, find_exercise])


@read
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Path.exists, "{}: no such file"),
        (os.mkfifo, "{}: is a pipe, no file; name a file"),  # to read one would wait for ever
        (Path.mkdir, "{}: is a folder, no file; name the files in it"),
        (lambda path: path.write_bytes(b"title = '\xff'"), "{}: is not UTF-8 text: invalid start"),
        (lambda path: path.write_bytes(b"#" * 1_000_001), "{}: is larger than 1,000,000 bytes; no"),
    ],
    ids=["absent", "pipe", "folder", "not UTF-8", "large"],
)
def test_a_file_that_cannot_be_one_is_refused_by_name(
    find: Callable[[str], object], make: Callable[[Path], object], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    make(path)
    with pytest.raises(UserError) as caught:
        find(str(path))

    assert str(caught.value).startswith(message.format(path))


# -- writing -------------------------------------------------------------------------------------


NO_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "folder": (Path.mkdir, "Is a directory"),
    "link": (lambda path: path.symlink_to(path.with_name("victim")), "it is a link; name the file"),
    "link to nothing": (lambda path: path.symlink_to("nothing"), "it is a link; name the file"),
    "link to itself": (lambda path: path.symlink_to(path), "it is a link; name the file"),
    "pipe": (os.mkfifo, "it is a pipe that nobody reads"),
    "socket": (lambda path: listen(path), "it is a socket; name a file"),
    "read-only": (lambda path: path.touch(0o400), "Permission denied"),
}


def listen(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


@pytest.mark.parametrize("kind", NO_FILES)
def test_what_cannot_be_replaced_is_refused_and_stays(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, says = NO_FILES[kind]
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    (tmp_path / "victim").write_text("years of work")
    make(Path("out"))
    before = Path("out").lstat()
    if kind == "read-only":  # root may write it
        monkeypatch.setattr(os, "access", lambda *_: False)

    with pytest.raises(OSError, match=says):
        write_atomic(Path("out"), b"new")
    assert (Path("out").lstat(), (tmp_path / "victim").read_text()) == (before, "years of work")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "victim"]


def test_a_pipe_that_somebody_reads_gets_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "out")
    handle = os.open(tmp_path / "out", os.O_RDONLY | os.O_NONBLOCK)
    write_atomic(tmp_path / "out", b"new")

    assert os.read(handle, 100) == b"new"
    os.close(handle)
    assert stat.S_ISFIFO((tmp_path / "out").stat().st_mode)


def test_a_device_takes_it() -> None:
    before = Path("/dev/null").stat()
    write_atomic(Path("/dev/null"), b"new")

    assert Path("/dev/null").stat().st_rdev == before.st_rdev


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"old")
    path.chmod(mode)
    write_atomic(path, b"new")

    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", mode)


def test_a_second_name_of_the_file_keeps_the_old_content(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("years of work")
    (tmp_path / "out").hardlink_to(tmp_path / "victim")
    write_atomic(tmp_path / "out", b"new")

    assert (tmp_path / "victim").read_text() == "years of work"


def test_a_long_name_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("頁" * 85)  # 255 bytes, the most that a name may have
    write_atomic(path, b"new")

    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_only_old_files_of_killed_writers_are_removed(tmp_path: Path) -> None:
    """A fresh one may be in the making; others only look like ours."""
    old, fresh, other = ".out.0123456789abcdef.new", ".out.fedcba9876543210.new", ".out.mine.new"
    for name in (old, fresh, other):
        (tmp_path / name).write_text("")
    for name in (old, other):
        os.utime(tmp_path / name, (0, time.time() - 3601))
    write_atomic(tmp_path / "out", b"new")

    assert {path.name for path in tmp_path.iterdir()} == {"out", fresh, other}


KILLED = """
import os, sys
from pathlib import Path
from kit.common.user_file import write_atomic
at = sys.argv[2]
kill = lambda *_: os.kill(os.getpid(), 9)
if at == "fsync":
    os.fsync = kill
sys.addaudithook(lambda event, _: event == at and kill())
write_atomic(Path(sys.argv[1]), b"new" * 100_000)
"""


@pytest.mark.parametrize("at", ["open", "os.chmod", "fsync", "os.rename"])
def test_a_writer_that_is_killed_leaves_the_old_file_whole(tmp_path: Path, at: str) -> None:
    path = tmp_path / "out"
    path.write_text("old")
    done = subprocess.run([sys.executable, "-c", KILLED, str(path), at], cwd=ROOT)

    assert (done.returncode, path.read_text()) == (-signal.SIGKILL, "old")


@pytest.mark.parametrize("plant", ["link", "second name", "pipe"])
def test_a_lock_is_never_opened_through_what_was_planted(tmp_path: Path, plant: str) -> None:
    victim, lock = tmp_path / "victim", tmp_path / "lock"
    victim.write_text("years of work")
    {"link": lock.symlink_to, "second name": lock.hardlink_to, "pipe": lambda _: os.mkfifo(lock)}[
        plant
    ](victim)

    with pytest.raises(OSError, match=r"Too many levels|it is not the kit's own file"):
        open_lock(lock)
    assert victim.read_text() == "years of work"


@pytest.mark.parametrize("plant", ["link", "file"])
def test_a_folder_below_is_never_made_through_what_was_planted(tmp_path: Path, plant: str) -> None:
    (tmp_path / "victim").mkdir()
    below = tmp_path / "class"
    below.mkdir()
    if plant == "link":
        (below / "notebooks").symlink_to(tmp_path / "victim")
    else:
        (below / "notebooks").write_text("")

    with pytest.raises(NotADirectoryError, match="a link or a file is in the place of a folder"):
        make_folders(below, "notebooks")


def test_a_folder_that_the_user_names_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "named").symlink_to(tmp_path / "real")
    make_folders(tmp_path / "named", "notebooks")

    assert (tmp_path / "real/notebooks").is_dir()
