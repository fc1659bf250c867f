"""The teacher's key is what the exercises answer now, and lies apart from what learners get."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from kit.common.errors import UserError
from kit.course.exercise import Exercise
from kit.handout import solutions
from kit.handout.solutions import solution_pages, write_solutions
from kit.simulation.token import open_token
from kit.storage.exercises import exercises
from kit.storage.scenarios import find_scenario

ROOT = Path(__file__).parents[2]
ALL = tuple(exercises().values())


def test_the_pages_are_what_the_exercises_answer() -> None:
    """Where it is meant to change: make solutions, and review the difference."""
    committed = {
        path.name: path.read_text(encoding="utf-8")
        for path in (ROOT / "solutions").glob("lesson-*.md")
    }

    assert committed == solution_pages()


@pytest.mark.parametrize("exercise", ALL, ids=lambda one: one.name)
def test_every_exercise_is_on_the_page_of_its_lesson(exercise: Exercise) -> None:
    page = (ROOT / f"solutions/lesson-{exercise.lesson}.md").read_text(encoding="utf-8")

    assert page.count(f"\n`{exercise.name}`, {exercise.kind.value}") == 1


def test_a_token_on_a_page_opens() -> None:
    page = (ROOT / "solutions/lesson-01.md").read_text(encoding="utf-8")
    tokens = [part.split("`")[0] for part in page.split("`kit open ")[1:]]

    assert len(tokens) > 3
    assert [open_token(token, find_scenario) for token in tokens]


def test_learners_get_none_of_it() -> None:
    """Neither in the wheel, from which a lesson's folder is copied, nor in a classroom folder."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    packed = build["targets"]["wheel"]["only-include"]

    assert [name for name in packed if name == "." or name.startswith("solutions")] == []


def test_they_are_written_where_a_teacher_says(tmp_path: Path) -> None:
    count = write_solutions(tmp_path / "key")
    found = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "key").iterdir()}

    assert found == solution_pages()
    assert count == len(found)


def test_a_folder_that_cannot_be_written_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(solutions, "solution_pages", lambda: {"lesson-01.md": ""})

    with pytest.raises(UserError, match=r"file/key: Not a directory; name another$"):
        write_solutions(tmp_path / "file/key")
