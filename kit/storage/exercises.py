"""Find the exercises of the course by name, and read a person's own from a file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from kit.common.errors import UserError, did_you_mean
from kit.common.packaged_data import data_path
from kit.common.user_file import read_bounded
from kit.course.exercise import Exercise
from kit.course.exercise_reader import read_exercise
from kit.storage.scenarios import find_scenario

__all__ = ["exercises", "find_exercise"]


@cache
def exercises() -> Mapping[str, Exercise]:
    """Return the exercises by name, in the order of their lessons."""
    found = [_read(path) for path in sorted(data_path("exercises").glob("*.toml"))]
    return {one.name: one for one in sorted(found, key=lambda one: one.lesson)}


def find_exercise(named: str) -> Exercise:
    """Return the exercise called *named*, or the one in the file of that path.

    Raises:
        UserError: There is no such exercise, or its file breaks the format.
    """
    found = exercises().get(named)
    if found is not None:
        return found
    if named.endswith(".toml"):
        return _read(Path(named))
    raise UserError(
        f"no exercise {named!r}; `kit list exercises` names all there are"
        f"{did_you_mean(named, exercises())}"
    )


def _read(path: Path) -> Exercise:
    return read_exercise(read_bounded(path, "exercise"), path.stem, str(path), find_scenario)
