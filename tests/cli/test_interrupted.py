"""Interrupted work: whoever is killed, or runs out of room, leaves what was there, or all of it.

Each command is killed at tenths of the time that it takes, on a full disk, in a folder that cannot
be written; then it is run again.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kit.case_study.fetch import fetch
from kit.cli.main import main
from kit.common.errors import UserError
from kit.common.packaged_data import lessons
from kit.common.user_folder import Workplace
from kit.git.repository.clone import CloneHistory
from kit.storage.progress import ProgressFile
from tests.conftest import Program
from tests.effort import some_of
from tests.forked import ForkedKit
from tests.git.workshop import Workshop, workshop

ROOT = Path(__file__).parents[2]
OLD = "what was there\n"
TENTHS = some_of(range(1, 10), 3, first=2)  # the last ones write


@dataclass(frozen=True)
class Work:
    """A command, the file or folder that it makes, and whether that is whole."""

    arguments: Callable[[Path], list[str]]
    is_whole: Callable[[Path], bool]
    replaces: bool = True  # what was there


def is_exported(path: Path) -> bool:
    return len(json.loads(path.read_text())["commits"]) > 5


def is_recorded(path: Path) -> bool:
    return [json.loads(line)["name"] for line in path.read_text().splitlines()] == ["first", "last"]


WORKS = {
    "history export": Work(lambda out: ["history", "export", "-o", str(out)], is_exported),
    "compare": Work(
        lambda out: ["compare", "late-release", "--before", "timer", "--after", "revert",
                     "--format", "html", "-o", str(out)],
        lambda path: path.read_text().rstrip().endswith("</html>"),
    ),
}  # fmt: skip


def killed_at_tenths(arguments: list[str], after_each: Callable[[], None]) -> None:
    began = time.monotonic()
    assert ForkedKit(arguments, ROOT).wait(120) == 0
    whole_s = time.monotonic() - began
    for tenth in TENTHS:
        process = ForkedKit(arguments, ROOT)
        process.wait(whole_s * tenth / 10)
        process.kill()
        after_each()


@pytest.mark.parametrize("name", WORKS)
def test_a_command_that_is_killed_leaves_the_old_file_or_the_new_one(
    name: str, tmp_path: Path
) -> None:
    work, out = WORKS[name], tmp_path / "out"

    def after_each() -> None:
        assert out.read_text() == OLD or work.is_whole(out)
        out.write_text(OLD)

    killed_at_tenths(work.arguments(out), after_each)
    assert ForkedKit(work.arguments(out), ROOT).wait(120) == 0
    assert work.is_whole(out)


@pytest.fixture
def source(tmp_path: Path, program: Program) -> Workshop:
    program("git")
    made = workshop(tmp_path / "source")
    for number in range(5):
        made.commit(f"part {number}", {f"f{number}": "x\n" * 1000})
    return made


FETCH = """
import sys
from pathlib import Path
from kit.case_study.fetch import fetch
fetch(Path(sys.argv[1]), urls=[sys.argv[2]], wanted=sys.argv[3:])
"""


def at_work(folder: Path) -> bool:
    """Does a process name *folder* on its command line?"""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if os.fsencode(folder) in path.read_bytes():
                return True
    return False


def test_a_fetch_that_is_killed_leaves_nothing_or_a_whole_lesson(
    source: Workshop, tmp_path: Path
) -> None:
    wanted = [source.git("rev-parse", f"HEAD~{number}") for number in range(4)]
    target = tmp_path / "q" / "lesson.git"
    command = [sys.executable, "-c", FETCH, str(target), str(source.folder), *wanted]

    def fetched() -> list[int]:
        return [len(CloneHistory(target).diff(name)) for name in wanted]

    began = time.monotonic()
    subprocess.run(command, cwd=ROOT, check=True, timeout=120)
    whole_s = time.monotonic() - began
    for tenth in TENTHS:
        subprocess.run(["rm", "-rf", str(target)], check=True)
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(command, cwd=ROOT, timeout=whole_s * tenth / 10)
        if target.exists():
            assert fetched() == [1, 1, 1, 1]
    deadline = time.monotonic() + 30
    while at_work(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.1)  # the guard of one that was killed ends its git a moment later

    def left() -> list[str]:
        done = subprocess.run(command, cwd=ROOT, capture_output=True).returncode
        return [str(done), *(path.name for path in target.parent.iterdir())]

    found = left()
    while found != ["0", "lesson.git"] and time.monotonic() < deadline:
        time.sleep(0.2)  # a git of the killed one holds the lock, or its folder, a moment longer
        found = left()

    assert fetched() == [1, 1, 1, 1]
    assert found == ["0", "lesson.git"]


def test_what_a_fetch_left_that_was_killed_at_its_end_is_removed_by_the_next(
    source: Workshop, tmp_path: Path
) -> None:
    wanted = [source.git("rev-parse", "HEAD")]
    target = tmp_path / "q" / "lesson.git"
    place, put = tmp_path / "q", Workplace.put

    def put_and_die(self: Workplace, new: Path) -> None:
        put(self, new)
        os.kill(os.getpid(), signal.SIGKILL)

    if (child := os.fork()) == 0:
        try:
            Workplace.put = put_and_die  # type: ignore[method-assign]
            fetch(target, urls=[str(source.folder)], wanted=wanted)
        finally:
            os._exit(1)
    os.waitpid(child, 0)
    left = len(list(place.iterdir()))
    fetch(target, urls=[str(source.folder)], wanted=wanted)

    assert (left, [path.name for path in place.iterdir()]) == (2, ["lesson.git"])


def test_a_recording_that_is_killed_is_not_there(tmp_path: Path, program: Program) -> None:
    binary = program("qemu-system-ppc64")
    script = tmp_path / "script.jsonl"
    first, *_ = (ROOT / "data" / "reference" / "directed" / "d522cb52e6.jsonl").open()
    data = json.loads(first)
    script.write_text("".join(f"{json.dumps({**data, 'name': n})}\n" for n in ("first", "last")))
    out = tmp_path / "out.jsonl"
    arguments = ["record", str(script), "--binary", binary, "-o", str(out)]

    def after_each() -> None:
        assert not out.exists() or is_recorded(out)
        out.unlink(missing_ok=True)

    killed_at_tenths(arguments, after_each)
    assert ForkedKit(arguments, ROOT).wait(120) == 0
    assert is_recorded(out)


# -- no room, no right -------------------------------------------------------------------------


@contextlib.contextmanager
def mounted(folder: Path, *options: str) -> Iterator[Path]:
    """Mount a small file system of its own; only root may."""
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", ",".join(("size=64k", *options)), "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.xfail("only root may mount a small file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for a few kilobytes, and something in it."""
    with mounted(tmp_path / "full") as folder:
        (folder / "out").write_text(OLD)
        with contextlib.suppress(OSError):
            (folder / "filling").write_bytes(bytes(1 << 20))
        yield folder


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.endswith(".lock")}


@pytest.mark.parametrize("name", WORKS)
def test_a_full_disk_is_one_line_and_leaves_what_was_there(name: str, full: Path) -> None:
    process = ForkedKit(WORKS[name].arguments(full / "out"), ROOT)

    assert (process.wait(120), (full / "out").read_text()) == (2, OLD)
    assert process.errors() == f"kit: {full / 'out'}: cannot be written: No space left on device\n"
    assert left(full) == {"out", "filling"}

    (full / "filling").unlink()
    if name == "compare":  # an export needs more room than there is
        assert ForkedKit(WORKS[name].arguments(full / "out"), ROOT).wait(120) == 0
        assert WORKS[name].is_whole(full / "out")


def test_a_fetch_to_a_full_disk_is_one_line(
    full: Path, source: Workshop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetch", str(full / "q"), "--full", "--from", str(source.folder)]) == 2

    announced, *errors = capsys.readouterr().err.splitlines()
    assert announced.startswith("From each source come ")
    assert len(errors) == 1
    assert f"{full}: the disk is full" in errors[0] or "No space left on device" in errors[0]
    assert left(full) == {"out", "filling"}


def test_progress_on_a_full_disk_is_what_it_was(full: Path) -> None:
    (full / "filling").unlink()
    file = ProgressFile(full / "progress.json")
    before = file.change(lambda progress: progress.answered("pipes", None, right=True))
    with contextlib.suppress(OSError):
        (full / "filling").write_bytes(bytes(1 << 20))

    with pytest.raises(UserError, match="progress is not kept: No space left on device"):
        file.change(lambda progress: progress.answered("half-done", None, right=True))
    assert file.read() == before


def test_lessons_on_a_full_disk_are_copied_once_there_is_room(full: Path) -> None:
    with pytest.raises(UserError, match=r"the lessons cannot be copied there: .*No space left"):
        lessons(full / "class")

    copied = [path for path in (full / "class").rglob("*") if path.is_file()]
    assert [path for path in copied if path.read_bytes() != original(path)] == []


def original(path: Path) -> bytes:
    folder = "notebooks" if path.suffix == ".ipynb" else "docs"
    return (ROOT / folder / path.name).read_bytes()


@pytest.mark.parametrize("name", WORKS)
def test_a_folder_that_may_not_be_written_is_one_line(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with mounted(tmp_path / "fixed") as folder:
        (folder / "out").write_text(OLD)
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        status = main(WORKS[name].arguments(folder / "out"))

        assert (status, (folder / "out").read_text()) == (2, OLD)
    assert capsys.readouterr().err == (
        f"kit: {tmp_path / 'fixed' / 'out'}: cannot be written: Read-only file system\n"
    )


def test_ctrl_c_while_a_file_is_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.write_text(OLD)

    def interrupted(_: int) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("os.fsync", interrupted)
    assert main(["run", "late-release", "-o", str(out)]) == 2

    assert (out.read_text(), [path.name for path in tmp_path.iterdir()]) == (OLD, ["out"])


def test_what_takes_text_as_it_comes_gets_it(capfd: pytest.CaptureFixture[str]) -> None:
    """``-o /dev/stdout`` is not a file to be replaced."""
    assert main(["run", "late-release", "-o", "/dev/stdout"]) == 0
    assert "the core after 16 s" in capfd.readouterr().out
