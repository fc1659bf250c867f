"""The lessons' folder and its copies."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kit.common.errors import UserError
from kit.common.packaged_data import FIRST_LESSON, Lessons, lessons

ROOT = Path(__file__).parents[2]


def test_in_a_checkout_the_lessons_are_opened_where_they_stand() -> None:
    notebooks = ROOT / "notebooks"

    assert lessons() == Lessons(notebooks, notebooks / FIRST_LESSON)
    assert lessons().first.is_file()


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


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(UserError, match="file: the lessons cannot be copied there"):
        lessons(tmp_path / "file")
