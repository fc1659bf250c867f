"""Find what the course asks: exercises, also a person's own, labs, practice questions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from kit.common.errors import UserError, did_you_mean
from kit.common.packaged_data import data_path
from kit.common.user_file import read_bounded
from kit.course.exercise import Exercise
from kit.course.exercise_reader import read_exercise
from kit.course.ideas import PracticeQuestion
from kit.course.labs import Lab, read_lab
from kit.course.practice import read_questions
from kit.machine.catalogue import find_revision
from kit.simulation.run import Run, play
from kit.storage.scenarios import find_scenario

__all__ = ["QUESTIONS_FILE", "exercises", "find_exercise", "find_lab", "labs"]
__all__ += ["practice_questions", "run_of_question"]

QUESTIONS_FILE = "exercises/practice.json"


@cache
def exercises() -> Mapping[str, Exercise]:
    """Return the exercises by name, in the order of their lessons."""
    found = [_read(path) for path in sorted(data_path("exercises").glob("*.toml"))]
    return {one.name: one for one in sorted(found, key=lambda one: one.lesson)}


def find_exercise(named: str) -> Exercise:
    """Return an exercise by its name or its file; UserError if there is none, or it is broken."""
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


@cache
def labs() -> Mapping[str, Lab]:
    """Return the labs by name."""
    return {
        path.stem: read_lab(read_bounded(path, "lab"), path.stem, str(path), find_scenario)
        for path in sorted(data_path("labs").glob("*.toml"))
    }


def find_lab(named: str) -> Lab:
    """Return the lab called *named*; UserError if there is none."""
    if named not in labs():
        raise UserError(
            f"no lab {named[:60]!r}; there are: {', '.join(labs())}{did_you_mean(named, labs())}"
        )
    return labs()[named]


@cache
def practice_questions() -> tuple[PracticeQuestion, ...]:
    """Return all generated questions; ``tools/practice.py`` writes their file."""
    return read_questions(read_bounded(data_path(QUESTIONS_FILE), "questions"))


def run_of_question(question: PracticeQuestion) -> Run:
    """Return the run that a question is about."""
    return play(find_scenario(question.scenario), find_revision(question.at))
