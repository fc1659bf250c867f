"""The page of reference on exercises: its example works, and it names all that there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kit.course.exercise import ExerciseKind, ItemRule
from kit.course.exercise_reader import ExerciseError, read_exercise
from kit.course.exercises import check
from kit.storage.exercises import find_exercise
from kit.storage.scenarios import find_scenario

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "exercises.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def test_the_pages_example_is_an_exercise(tmp_path: Path) -> None:
    path = tmp_path / "too-slow.toml"
    path.write_text(EXAMPLE)
    exercise = find_exercise(str(path))
    right = {"pre-revert": "limbo", "revert": "gone"}
    said = {at: check(exercise, answer, at).right for at, answer in right.items()}

    assert said == {"pre-revert": True, "revert": True}


# the answer of the other kind is found in a history: no file can have one
@pytest.mark.parametrize("kind", [one for one in ExerciseKind if one is not ExerciseKind.CHOOSE])
def test_the_page_names_every_key(kind: ExerciseKind) -> None:
    with pytest.raises(ExerciseError) as caught:
        read_exercise(f'kind = "{kind.value}"\nno = 1', "e", "e.toml", find_scenario)
    known = str(caught.value).partition("expected ")[2].split(", ")

    assert [key for key in known if not re.search(rf"`(\[+)?{key}(\]+)?`", PAGE)] == []


def test_the_page_names_every_rule() -> None:
    assert [rule.value for rule in ItemRule if f"| `{rule.value}` |" not in PAGE] == []


def test_the_readme_counts_the_exercises() -> None:
    count = len(list((ROOT / "data" / "exercises").glob("*.toml")))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert f"# {count} questions on the lessons" in readme
