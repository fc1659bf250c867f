"""Where a learner stands in the course."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.common.errors import UserError
from kit.lessons import course as module
from kit.lessons.course import progress, update_ends
from kit.storage.exercises import exercises
from kit.storage.progress import ProgressFile
from kit.views.html.course_map import CourseMap, LessonStanding


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ProgressFile:
    own = ProgressFile(tmp_path / "progress.json")
    monkeypatch.setattr(module, "progress_file", lambda: own)
    return own


def of_lesson(number: str) -> list[str]:
    return [one.name for one in exercises().values() if one.lesson == number]


@pytest.mark.usefixtures("file")
def test_a_newcomer_starts_with_the_first_lesson() -> None:
    found = progress()

    assert [one.number for one in found.lessons] == list(range(1, len(found.lessons) + 1))
    assert sum(one.of for one in found.lessons) == len(exercises())
    assert found.words == (
        f"You have solved 0 of {len(exercises())} exercises. Start with lesson 1: Before and after."
    )


def test_a_learner_continues_where_an_exercise_was_tried_last(file: ProgressFile) -> None:
    for name in of_lesson("01"):
        file.change(lambda one, name=name: one.answered(name, None, right=True))  # type: ignore[misc]
    file.change(lambda one: one.answered(of_lesson("03")[0], None, right=False))
    found = progress()

    assert (found.lessons[0].done, found.lessons[2].tried) == (True, True)
    assert found.next == found.lessons[2]


def test_the_end_of_a_lesson_changes_when_an_exercise_is_solved(file: ProgressFile) -> None:
    end = progress(6)
    before = end.text
    file.change(lambda one: one.answered("how-negative", None, right=True))
    update_ends()
    after = end.text
    for name in of_lesson("06"):
        file.change(lambda one, name=name: one.answered(name, None, right=True))  # type: ignore[misc]
    update_ends()

    assert before.startswith("You have solved 0 of 3 exercises of lesson 6.\n○ ")
    assert (after.count("✓"), after.count("○")) == (1, 2)
    assert end.text.startswith("You have solved all 3 exercises of lesson 6.\n✓ ")
    end.close()


@pytest.mark.usefixtures("file")
def test_a_lesson_without_exercises_has_no_such_end() -> None:
    with pytest.raises(UserError, match="lesson 0: has no exercises; expected 1 to 13"):
        progress(0)


def test_nothing_is_left_at_the_end() -> None:
    done = CourseMap((LessonStanding(1, "One", "01.ipynb", 2, 2, True),))

    assert done.words == "You have solved 2 of 2 exercises. That is all of them."


def test_a_title_is_text() -> None:
    one = CourseMap((LessonStanding(1, "<b>", '"><script>', 0, 1, False),))
    html = one._repr_mimebundle_()["text/html"]

    assert [tag for tag in ("<b>", "<script>") if tag in html] == []
