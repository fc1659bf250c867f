"""What the kit says and does in a page of a browser: no git, no programs, no locks, no libgit2."""

from __future__ import annotations

import fcntl
import sys
from pathlib import Path

import nbformat
import pytest

from kit import history, net_change, points, revert, revert_dates, revert_plots, reverts, shipped
from kit.case_study.frozen import frozen
from kit.case_study.history import CARRIED, exported_history
from kit.course.progress import ExerciseStanding, Progress
from kit.git.repository.history import HistoryError, Source, SourceKind
from kit.lessons.doctor import Check, checks
from kit.lessons.history_choice import HistoryChoice
from kit.real_qemu.channel.failures import BackendError
from kit.real_qemu.launch import find_binary
from kit.storage.exercises import labs
from kit.storage.progress import progress_file
from kit.views.html.figure import Note
from tests.course.test_labs import solution

LESSONS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
NOT_IN_A_PAGE = ("git", "jupyterlab", "mistune", "nbclient", "pygit2", "typer", "webcolors")
OWN_MACHINE = "the kit on your own machine can do it"


@pytest.fixture(scope="module")
def exported() -> str:
    """The re-enactment as a file."""
    return exported_history()[0]


@pytest.fixture
def carried(exported: str, tmp_path: Path) -> Path:
    """A copy of the kit that carries it."""
    path = tmp_path / "share" / CARRIED
    path.parent.mkdir()
    path.write_text(exported, encoding="utf-8")
    return path


@pytest.fixture
def in_a_page(carried: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page of JupyterLite; its drive."""
    drive = tmp_path / "drive"
    drive.mkdir()
    monkeypatch.delenv("KIT_QEMU", raising=False)
    monkeypatch.setattr("kit.case_study.history.share", lambda: carried.parent)
    monkeypatch.setattr("kit.case_study.history.default_folder", lambda _: tmp_path / "not fetched")
    monkeypatch.setattr("kit.case_study.history.CHECKOUT", tmp_path / "site" / "packages")
    monkeypatch.setattr("kit.storage.progress.DRIVE", drive)
    monkeypatch.setattr("kit.lessons.doctor.DRIVE", drive)
    monkeypatch.setattr(sys, "platform", "emscripten")
    monkeypatch.setitem(sys.modules, "git", None)
    monkeypatch.setitem(sys.modules, "kit.lessons.revert_choice", None)
    return drive


@pytest.mark.usefixtures("in_a_page")
def test_commits_come_from_the_file_that_the_copy_carries() -> None:
    read = history()

    assert read.source == Source(SourceKind.REENACTMENT, "carried by this copy of the kit")
    assert read.commit("d522cb52e6").trailer("Re-enacts") is not None
    with pytest.raises(HistoryError, match="this copy of the kit carries does not hold"):
        read.commit("fe1831eff8")


@pytest.mark.usefixtures("in_a_page")
def test_lines_are_added_up_from_the_file_that_the_copy_carries() -> None:
    table = net_change("timer", "cpu-timeout", "deadline-helper", "revert")

    assert table.rows[-1] == ("together", "0", "0")
    assert (
        table.caption
        == "read from: re-enactment, not QEMU's code (carried by this copy of the kit)"
    )


@pytest.mark.usefixtures("in_a_page")
@pytest.mark.parametrize("lab", sorted(labs()))
def test_a_lab_is_graded_in_a_page(lab: str) -> None:
    found = {task: repr(points(lab, task, answer)) for task, answer in solution(lab).items()}

    assert found == dict.fromkeys(range(1, 6), "2")
    assert repr(points(lab, 1, "e")) == "0"


@pytest.mark.usefixtures("in_a_page")
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_needs_nothing_that_a_page_has_not(
    lesson: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in NOT_IN_A_PAGE:
        monkeypatch.setitem(sys.modules, name, None)
    failed = []
    names: dict[str, object] = {"display": lambda *_: None}
    for cell in nbformat.read(lesson, as_version=4).cells:
        if cell.cell_type == "code":
            try:
                exec(compile(cell.source, lesson.name, "exec"), names)
            except ImportError as error:
                failed.append((cell.source, str(error)))

    assert failed == []


@pytest.mark.usefixtures("in_a_page")
def test_a_clone_cannot_be_read_nor_fetched(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match=f"no clone can be read; {OWN_MACHINE}"):
        history(tmp_path).commit("d522cb52e6")
    with pytest.raises(HistoryError, match=f"commits cannot be fetched; {OWN_MACHINE}"):
        HistoryChoice()._fetch(lambda *_: None, lambda _: None)


@pytest.mark.usefixtures("in_a_page")
def test_a_real_qemu_cannot_be_started() -> None:
    with pytest.raises(BackendError, match="a page in a browser cannot start a QEMU"):
        find_binary()


@pytest.mark.usefixtures("in_a_page")
def test_the_lesson_on_reverts_says_what_it_lacks_and_goes_on() -> None:
    shown = (revert(), reverts(), shipped(), revert_dates())

    assert all(isinstance(each, Note) for each in shown)
    assert all("The kit reads reverts with" in repr(each) for each in shown)


@pytest.mark.usefixtures("in_a_page")
def test_the_plots_are_qemus_figures() -> None:
    assert frozen().label in repr(revert_plots().by_year)


def test_progress_is_kept_in_the_files_of_the_page(
    in_a_page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(fcntl, "flock")  # Pyodide has the module without it
    progress_file().change(lambda each: each.answered("limbo-in-two", "revert", right=True))

    assert progress_file().path == in_a_page / "progress.json"
    assert progress_file().read().standing("limbo-in-two") == ExerciseStanding(
        tries=1, solved_at=("revert",)
    )


def test_a_page_without_files_keeps_progress_while_it_is_open(
    in_a_page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_a_page.rmdir()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "memory"))

    assert progress_file().read() == Progress({})
    assert Check("progress", "only until this page is closed: the browser stores nothing") in (
        checks()
    )


@pytest.mark.usefixtures("in_a_page")
def test_doctor_asks_for_nothing_that_a_page_cannot_have() -> None:
    found = {check.name: check for check in checks()}

    assert {"jupyterlab", "GitPython", "typer", "git", "qemu-system-ppc64"} & set(found) == set()
    assert found["history"].found == (
        "re-enactment, not QEMU's code (carried by this copy of the kit)"
    )
    assert found["progress"].found == "progress.json in the list of files; this browser keeps it"
    assert [check for check in found.values() if check.needed and not check.found] == []


def test_what_is_found_elsewhere_goes_before_what_a_copy_carries(
    carried: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.case_study.history.share", lambda: carried.parent)

    assert history().source.place == "built from data/reenactment"  # KIT_QEMU names it
