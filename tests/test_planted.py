"""Somebody else has filled the folder that a command writes to: nothing of a victim's changes.

An audit hook records each name that a command opens for writing, makes or renames.  Then links and
pipes are planted under all of these names, under the names that the kit once used, and the command
runs again.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from kit.case_study.fetch import Amount, fetch
from kit.case_study.reenactment import build
from kit.classroom import folder as classroom
from kit.classroom.folder import make_folder
from kit.classroom.target import Laptop, targets
from kit.classroom.wheels import Wheel, read_wheel
from kit.cli.main import main
from kit.common.errors import UserError
from kit.common.packaged_data import data_path, lessons
from kit.common.user_folder import note_of
from kit.handout import lessons as handout
from kit.handout.solutions import write_solutions
from kit.storage.progress import ProgressFile
from tests.classroom.small import contents, make_index
from tests.effort import some_of
from tests.executed import without_outputs
from tests.git.workshop import workshop

Work = Callable[[Path], object]
STEM = "00-start-here"


def command(*arguments: str) -> Work:
    """Return what runs a command of the kit; ``{}`` in an argument is the folder."""
    return lambda folder: main([each.replace("{}", str(folder)) for each in arguments])


def lesson_copies(folder: Path) -> None:
    lessons(folder)


def progress(folder: Path) -> None:
    ProgressFile(folder / "progress.json").change(lambda p: p.answered("a", None, right=True))


def classroom_folder(folder: Path) -> None:
    make_folder(folder / "room", targets([], []), contents())


def fetched(folder: Path) -> None:
    source, wanted = os.environ["KIT_TEST_SOURCE"], os.environ["KIT_TEST_WANTED"]
    fetch(folder / "q.git", amount=Amount.FULL, urls=[source], wanted=[wanted])


def key(folder: Path) -> None:
    write_solutions(folder)


def reenactment(folder: Path) -> None:
    build(data_path("reenactment"), folder / "re-enactment")


WORKS: dict[str, Work] = {
    "run": command("run", "in-time", "-o", "{}/out.txt"),
    "compare": command(
        *("compare", "late-release", "--before", "timer", "--after", "revert"),
        *("--format", "html", "-o", "{}/out.html"),
    ),
    "history export": command("history", "export", "-o", "{}/out.json"),
    "explore": command(
        *("explore", "--at", "cpu-timeout", "--guest", "linux-5.12", "--requests", "1"),
        *("--resets", "0", "--migrations", "0", "--export", "{}"),
    ),
    "handout": command("handout", "0", "-o", "{}"),
    "new": command("new", "{}", "--revert", "d522cb52e6"),
    "teacher's key": key,
    "lessons": lesson_copies,
    "progress": progress,
    "classroom": classroom_folder,
    "fetch": fetched,
    "re-enactment": reenactment,
}
FINAL = {
    "run": {"out.txt"},
    "compare": {"out.html"},
    "history export": {"out.json"},
    "explore": {"d1c2e3ce3d.jsonl"},
    "handout": {f"{STEM}.html"},
    "new": {"cover.svg", "history.json", "lesson.ipynb", "lesson.json"},
    "teacher's key": {"lesson-01.md"},
    "lessons": {"notebooks", "docs", "data"},
    "progress": {"progress.json", ".progress.json.lock"},
    "classroom": {"room"},
    "fetch": {"q.git"},
    "re-enactment": {"re-enactment"},
}
"""Names in the folder that may be the same each time: the results, and a lock that is ours."""

ONCE = [
    *(".kit-handout.part", f".{STEM}.html.new", f".{STEM}.html.{os.getpid()}.new"),
    *(".room.part", ".room.old", ".q.git.lock", ".q.git.old", ".q.git.full.part"),
    *(".progress.json.new", ".lesson-01.md.new", ".out.txt.new", f".out.txt.{os.getpid()}.new"),
]
"""Names that the kit opened in earlier versions."""


# -- what a command touches ----------------------------------------------------------------------


class Recorder:
    """Records the names below a folder that are opened for writing, made or renamed."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.names: set[str] = set()
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.folder is None:
            return
        match event, arguments:
            case "open", (path, _, int(flags)) if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                self._note(path)
            case "os.mkdir" | "os.truncate" | "os.chmod", (path, *_):
                self._note(path)
            case "os.rename" | "os.link" | "os.symlink", (one, other, *_):
                self._note(one)
                self._note(other)

    def _note(self, path: object) -> None:
        if isinstance(path, str | os.PathLike) and self.folder is not None:
            with suppress(ValueError):
                place = Path(os.fsdecode(path)).absolute().relative_to(self.folder)
                self.names |= {place.parts[0]} if place.parts else set()

    @contextmanager
    def hearing(self, folder: Path) -> Iterator[set[str]]:
        self.folder, self.names = folder, set()
        try:
            yield self.names
        finally:
            self.folder = None


@pytest.fixture(scope="session")
def recorder() -> Recorder:
    return Recorder()  # a hook is never taken away


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Lessons are not executed, nothing is downloaded, exercises not played, QEMU is one commit."""
    index = make_index(tmp_path_factory.mktemp("index"))

    def download(own: Path, target: Laptop, folder: Path, *_: object) -> tuple[Wheel, ...]:  # noqa: ARG001 - as the kit's
        if not folder.is_dir():
            shutil.copytree(index, folder)
            shutil.copy(own, folder)
        names = ("pip", "plot", "thing", "unplug_kit")
        return tuple(read_wheel(path) for name in names for path in folder.glob(f"{name}-*"))

    without_outputs(monkeypatch)
    monkeypatch.setattr(handout, "prepare", lambda *_: None)
    monkeypatch.setattr(classroom, "download", download)
    monkeypatch.setattr("kit.handout.solutions.solution_pages", lambda: {"lesson-01.md": "…"})
    made = workshop(tmp_path_factory.mktemp("source") / "qemu")
    wanted = made.commit("one", {"a": "1\n"})
    monkeypatch.setenv("KIT_TEST_SOURCE", str(made.folder))
    monkeypatch.setenv("KIT_TEST_WANTED", wanted)


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Fail what takes longer: it waits for the other end of a pipe."""

    def too_long(*_: object) -> None:
        raise AssertionError("it waits")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


@pytest.mark.parametrize("name", WORKS)
def test_no_name_of_a_file_or_folder_in_the_making_comes_twice(
    name: str, recorder: Recorder, tmp_path: Path
) -> None:
    place = tmp_path / "place"
    runs = []
    for _ in range(2):
        with recorder.hearing(emptied(place)) as names:
            WORKS[name](place)
        runs.append(names - FINAL[name])

    assert runs[0] & runs[1] == set()
    assert {path.name for path in place.iterdir()} <= FINAL[name]


def test_the_recorder_hears(recorder: Recorder, tmp_path: Path) -> None:
    with recorder.hearing(tmp_path) as names:
        (tmp_path / "a").write_text("")
        (tmp_path / "b").mkdir()
        (tmp_path / "a").rename(tmp_path / "c")
        os.close(os.open(tmp_path / "d", os.O_RDWR | os.O_CREAT))
        (tmp_path / "d").read_text()

    assert names == {"a", "b", "c", "d"}


# -- planted -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Victims:
    """What must not change: a file, a folder with a file in it, and a pipe that nobody reads."""

    home: Path

    def make(self) -> None:
        (self.home / "folder").mkdir(parents=True)
        (self.home / "file").write_text("years of work")
        (self.home / "folder" / "kept").write_text("more of it")
        (self.home / "empty").mkdir()
        os.mkfifo(self.home / "pipe")

    def state(self) -> list[tuple[str, int, bytes]]:
        return [
            (
                path.relative_to(self.home).as_posix(),
                path.lstat().st_mode,
                path.read_bytes() if path.is_file() else b"",
            )
            for path in sorted(self.home.rglob("*"))
        ]


PLANTS: dict[str, Callable[[Path, Path], object]] = {
    "link to a file": lambda path, home: path.symlink_to(home / "file"),
    "link to a folder": lambda path, home: path.symlink_to(home / "folder"),
    "link to an empty folder": lambda path, home: path.symlink_to(home / "empty"),
    "link to nothing": lambda path, home: path.symlink_to(home / "new"),
    "second name of a file": lambda path, home: path.hardlink_to(home / "file"),
    "pipe": lambda path, _: os.mkfifo(path),
}


@pytest.mark.parametrize(("name", "plant"), some_of([*product(WORKS, PLANTS)], 5))
def test_what_is_planted_harms_nobody(
    name: str, plant: str, recorder: Recorder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All names of an earlier run and of an earlier kit; then each result's, one by one."""
    victims, place = Victims(tmp_path / "victims"), tmp_path / "place"
    victims.make()
    before = victims.state()
    with recorder.hearing(emptied(place)) as names:
        WORKS[name](place)
    # in their own data folder a link is the user's own
    own = {"progress.json"} if name == "progress" else set()
    results = FINAL[name] - own
    for planted in ([*{*names, *ONCE} - FINAL[name]], *([one] for one in sorted(results))):
        emptied(place)
        for each in planted:
            PLANTS[plant](place / each, victims.home)
        note_of(place / "q.git").unlink(missing_ok=True)
        with within(60), suppress(UserError, OSError):
            WORKS[name](place)
            assert "Traceback" not in capsys.readouterr().err

        assert victims.state() == before, planted
