"""Lessons and their copies, the clone in use, what the lessons call."""

from __future__ import annotations

from pathlib import Path

import pytest

import kit.app
from kit.app import FIRST_LESSON, Lessons, bench, clone_in_use, connector, diff_of, lessons
from kit.errors import UnknownRevisionError, UserError
from kit.machine.revision import find_revision

ROOT = Path(__file__).parent.parent


def test_in_a_checkout_the_lessons_are_opened_where_they_stand() -> None:
    notebooks = ROOT / "notebooks"

    assert lessons() == Lessons(notebooks, notebooks / FIRST_LESSON)
    assert lessons().first.is_file()


def test_a_copy_brings_the_glossary_along_and_overwrites_nothing(tmp_path: Path) -> None:
    mine = tmp_path / "class" / "notebooks" / FIRST_LESSON
    mine.parent.mkdir(parents=True)
    mine.write_text("my notes")
    copied = lessons(tmp_path / "class")

    assert copied == Lessons(mine.parent, mine)
    assert mine.read_text() == "my notes"
    assert (tmp_path / "class" / "docs" / "glossary.md").is_file()


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(UserError, match="file: the lessons cannot be copied there"):
        lessons(tmp_path / "file")


@pytest.mark.parametrize(("value", "clone"), [("", None), ("  ", None), ("/x", Path("/x"))])
def test_the_clone_is_what_kit_qemu_names(
    monkeypatch: pytest.MonkeyPatch, value: str, clone: Path | None
) -> None:
    monkeypatch.setenv("KIT_QEMU", value)

    assert clone_in_use() == clone


def test_without_a_clone_the_diff_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KIT_QEMU", raising=False)
    page = diff_of(find_revision("revert"))

    assert (page.heading, page.files) == ("revert: commit d522cb52e6", ())
    assert page.note.startswith("To read the diff here, set KIT_QEMU to the folder of a QEMU clone")


def test_a_clone_that_is_none_is_said_beside_the_commit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KIT_QEMU", str(tmp_path))

    assert diff_of(find_revision("timer")).note == (
        f"{tmp_path} is no git repository; KIT_QEMU must name a clone"
    )


def test_a_lesson_needs_one_call() -> None:
    widget = bench("baseline", "v6.0.0")

    assert repr(widget).startswith("before: baseline, after: v6.0.0\n")
    assert repr(connector("baseline")).startswith("States of a CPU connector at baseline")
    widget.close_all()


@pytest.mark.parametrize("call", [lambda: bench("nope"), lambda: connector("nope")])
def test_an_unknown_revision_in_a_lesson_says_where_to_look(call: object) -> None:
    with pytest.raises(UnknownRevisionError, match="`kit list revisions` names all there are"):
        call()  # type: ignore[operator]


def test_everything_public_is_documented() -> None:
    assert [name for name in kit.app.__all__ if not getattr(kit.app, name).__doc__] == []
