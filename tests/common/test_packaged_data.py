"""The lessons' folder and its copies."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.common import packaged_data
from kit.common.errors import UserError
from kit.common.packaged_data import FIRST_LESSON, Lessons, lessons, own_lessons

ROOT = Path(__file__).parents[2]


def test_authors_open_the_lessons_where_they_are() -> None:
    notebooks = ROOT / "notebooks"

    assert own_lessons() == Lessons(notebooks, notebooks / FIRST_LESSON)
    assert own_lessons().first.is_file()


def test_a_copy_brings_along_what_it_links_to_and_overwrites_nothing(tmp_path: Path) -> None:
    mine = tmp_path / "class" / "notebooks" / FIRST_LESSON
    mine.parent.mkdir(parents=True)
    mine.write_text("my notes")
    copied = lessons(tmp_path / "class")

    assert copied == Lessons(mine.parent, mine)
    assert mine.read_text() == "my notes"
    prose = "".join(path.read_text(encoding="utf-8") for path in mine.parent.glob("*.ipynb"))
    linked = set(re.findall(r"\]\(\.\./docs/([\w.-]+)", prose))
    assert linked == {path.name for path in (tmp_path / "class" / "docs").iterdir()}
    named = set(re.findall(r"\.\./(data/reference/[\w./-]+?\.jsonl)", prose))
    brought = (tmp_path / "class" / "data").rglob("*.jsonl")
    assert named == {path.relative_to(tmp_path / "class").as_posix() for path in brought}


@pytest.mark.parametrize(
    ("mine", "kept", "beside"),
    [
        ("version 1", "version 2", []),
        ("my notes", "my notes", ["01-before-and-after.new.ipynb"]),
        ("version 2", "version 2", []),
    ],
    ids=["untouched", "changed", "new already"],
)
def test_a_new_version_never_takes_the_place_of_what_a_learner_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mine: str, kept: str, beside: list[str]
) -> None:
    kit_s = tmp_path / "kit"
    for name in ("docs", "notebooks"):
        shutil.copytree(ROOT / name, kit_s / name)
    lesson = "01-before-and-after.ipynb"
    (kit_s / "notebooks" / lesson).write_text("version 1")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(packaged_data, "CHECKOUT", kit_s)
    folder = lessons(tmp_path / "mine", remember=True).folder
    (folder / lesson).write_text(mine)
    (kit_s / "notebooks" / lesson).write_text("version 2")
    updated = lessons(tmp_path / "mine", remember=True)
    again = lessons(tmp_path / "mine", remember=True)

    assert (folder / lesson).read_text() == kept
    assert [path.name for path in updated.beside] == beside
    assert [path.read_text() for path in updated.beside] == ["version 2"] * len(beside)
    assert again.beside == ()  # it was offered once


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(UserError, match="file: the lessons cannot be copied there"):
        lessons(tmp_path / "file")


# -- whose copy it is --------------------------------------------------------------------------


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed kit, which copies its lessons, and the folder in which it is run."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(packaged_data, "CHECKOUT", tmp_path / "elsewhere")
    monkeypatch.setattr(packaged_data, "share", lambda: ROOT)
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


def test_the_kits_own_copy_is_opened_again(installed: Path) -> None:
    first = lessons(remember=True)
    first.first.write_text("my notes")

    assert (
        lessons(remember=True)
        == first
        == Lessons(Path("unplug-kit-lessons/notebooks"), first.first)
    )
    assert (installed / first.first).read_text() == "my notes"


def planted(here: Path) -> None:
    (here / "unplug-kit-lessons/notebooks").mkdir(parents=True)
    (here / "unplug-kit-lessons/notebooks" / FIRST_LESSON).write_text("anything")


def linked(here: Path) -> None:
    (here / "other/notebooks").mkdir(parents=True)
    (here / "unplug-kit-lessons").symlink_to("other")


def dangling(here: Path) -> None:
    (here / "unplug-kit-lessons").symlink_to("nowhere")


def replaced(here: Path) -> None:
    """The kit made a copy there once, which went, and somebody put another in its place."""
    lessons(remember=True)
    (here / "unplug-kit-lessons").rename(here / "mine")
    planted(here)


def moved(here: Path) -> None:
    """A copy that the kit made elsewhere, with all that the kit wrote in it."""
    lessons(here / "x", remember=True)
    (here / "x").rename(here / "unplug-kit-lessons")


@pytest.mark.parametrize("plant", [planted, linked, dangling, replaced, moved])
def test_a_folder_of_that_name_that_the_kit_did_not_make_is_refused(
    installed: Path, plant: Callable[[Path], None]
) -> None:
    plant(installed)
    before = sorted(installed.rglob("*"))

    with pytest.raises(UserError) as caught:
        lessons(remember=True)
    assert str(caught.value) == (
        f"{installed / 'unplug-kit-lessons'}: kit lab did not make this folder on this machine,"
        " and a notebook in it could run anything; if you trust it: kit lab unplug-kit-lessons;"
        " else: kit lab DIR"
    )
    assert sorted(installed.rglob("*")) == before


def test_who_names_it_trusts_it(installed: Path) -> None:
    planted(installed)
    named = lessons(Path("unplug-kit-lessons"), remember=True)

    assert named.first.read_text() == "anything"
    assert lessons(remember=True) == named
