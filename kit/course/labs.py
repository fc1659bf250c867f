"""Labs: tasks with points for a class, judged by a run, by the commits, or by a salted digest.

No file of a lab holds an answer.  A run shows which choice is right, which number is measured and
whether a script reaches its goals.  What no run can show is compared as a digest with a salt.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kit.common.errors import UserError
from kit.common.toml_reader import TomlReader
from kit.course.calls import read_measure
from kit.course.exercise import (
    Diffs,
    Exercise,
    ExerciseStory,
    Goal,
    Number,
    OutcomeChoice,
    Predict,
    ScriptTask,
    Task,
)
from kit.course.exercise_reader import FindScenario, read_claims
from kit.course.exercises import check
from kit.machine.catalogue import find_revision
from kit.simulation.actions import current_words
from kit.simulation.scenario import read_story, read_time

__all__ = ["Lab", "LabError", "LabTask", "Points", "digest", "read_lab"]

ROUNDS = 20_000
MAX_ANSWER = 2_000
_KEYS = {"name", "points", "kind"}
_PLAYED = {"scenario", "at"}
_OWN = {
    "choice": _PLAYED | {"choices"},
    "number": _PLAYED | {"measure", "unit"},
    "script": {"at", "cast", "end", "menu", "most", "goals"},
    "digest": {"salt", "digest", "ordered"},
}


class LabError(UserError):
    """A lab breaks the format; the text begins with file and line."""


@dataclass(frozen=True, slots=True)
class Points:
    """What an answer earned, of how many points, and the reply to it."""

    task: str
    points: int
    of: int
    reply: str


@dataclass(frozen=True, slots=True)
class LabTask:
    """A task: its name, its points, and what judges an answer."""

    name: str
    points: int
    judge: Callable[[object, Diffs | None], str]
    """Return "" for a right answer, else the reply."""

    def score(self, answer: object, diffs: Diffs | None = None) -> Points:
        """Return the points for *answer*; None and "" are not answered."""
        if answer is None or answer in ("", [], ()):
            return Points(self.name, 0, self.points, "not answered")
        wrong = self.judge(answer, diffs)
        return Points(self.name, 0 if wrong else self.points, self.points, wrong or "right")


@dataclass(frozen=True, slots=True)
class Lab:
    """A lab: its title, and its tasks in order."""

    name: str
    title: str
    tasks: tuple[LabTask, ...]

    @property
    def points(self) -> int:
        """The most that somebody can earn."""
        return sum(task.points for task in self.tasks)

    def task(self, number: int) -> LabTask:
        """Return a task by its number, from 1; UserError if there is none."""
        if type(number) is not int or not 0 < number <= len(self.tasks):
            raise UserError(f"no task {number!r} in {self.name}; use 1 to {len(self.tasks)}")
        return self.tasks[number - 1]


def digest(salt: str, answer: object, *, ordered: bool) -> str:
    """Return the digest of an answer: a word, a number, or names in any order unless *ordered*.

    Case and blanks do not count.  A guess costs as much as a check, some milliseconds.
    """
    parts = answer if isinstance(answer, list | tuple | set | frozenset) else [answer]
    words = ["".join(str(part).casefold().split()) for part in parts]
    text = "\n".join(words if ordered else sorted(set(words)))
    found = f"{salt}\n{text[:MAX_ANSWER]}".encode()
    for _ in range(ROUNDS):
        found = hashlib.sha256(found).digest()
    return found.hex()


def read_lab(text: str, name: str, source: str, find: FindScenario) -> Lab:
    """Return the lab called *name* that a text in TOML, of the file *source*, describes.

    Raises:
        LabError: The text breaks the format: file, line, what is wrong, what was expected.
    """
    reader = TomlReader(text, source, LabError)
    reader.check_name(name)
    data = reader.load()
    reader.keys(data, "a lab", {"title", "task"})
    tasks = tuple(_task(here, entry, find) for here, entry in reader.tables(data, "task"))
    if not tasks:
        raise reader.error("task", "there is no task; expected [[task]]")
    return Lab(name, reader.text(data, "title"), tasks)


def _task(reader: TomlReader, data: Mapping[str, Any], find: FindScenario) -> LabTask:
    kind = reader.text(data, "kind")
    if kind not in _OWN:
        raise reader.error("kind", f"kind is {kind!r}; expected one of: {', '.join(_OWN)}")
    reader.keys(data, f"a task of kind {kind}", _KEYS | _OWN[kind])
    name, points = reader.text(data, "name"), data.get("points")
    if type(points) is not int or not 0 < points <= 100:
        raise reader.error("points", f"points is {points!r}; expected a number from 1 to 100")
    if kind == "digest":
        return LabTask(name, points, _by_digest(reader, data))
    return LabTask(name, points, _by_check(name, _TASKS[kind](reader, data, find)))


def _by_digest(
    reader: TomlReader, data: Mapping[str, Any]
) -> Callable[[object, Diffs | None], str]:
    salt, right = reader.text(data, "salt"), reader.text(data, "digest")
    ordered = data.get("ordered") is True

    def judge(answer: object, _: Diffs | None) -> str:
        return "" if digest(salt, answer, ordered=ordered) == right else "not right"

    return judge


def _by_check(name: str, task: Task) -> Callable[[object, Diffs | None], str]:
    asked = Exercise(
        name=name, title=name, lesson="", question="", hints=(), explanation="", task=task
    )

    def judge(answer: object, diffs: Diffs | None) -> str:
        found = check(asked, answer, None, diffs)
        return "" if found.right else found.says

    return judge


def _story(reader: TomlReader, data: Mapping[str, Any], find: FindScenario) -> ExerciseStory:
    at = reader.read("at", reader.text(data, "at"), find_revision)
    if "scenario" in data:
        scenario = reader.read("scenario", reader.text(data, "scenario"), find)
    else:
        scenario = read_story(reader, data, "lab")
    return ExerciseStory(scenario=scenario, at=(at,))


def _choice(reader: TomlReader, data: Mapping[str, Any], find: FindScenario) -> Task:
    story = _story(reader, data, find)
    found = []
    for name, that in reader.table(data, "choices").items():
        claims = read_claims(reader, "choices", that, story.devices)
        found.append(OutcomeChoice(name=name, says="", reply="Play it.", claims=claims))
    if len(found) < 2:
        raise reader.error("choices", f"{len(found)} choices; expected two or more")
    return Predict(story=story, choices=tuple(found), solution={})


def _number(reader: TomlReader, data: Mapping[str, Any], find: FindScenario) -> Task:
    measure = reader.read("measure", reader.text(data, "measure"), read_measure)
    story = None if measure.of_diffs else _story(reader, data, find)
    return Number(
        measure=measure, unit=reader.text(data, "unit"), solution={}, wrong=(), story=story
    )


def _script(reader: TomlReader, data: Mapping[str, Any], find: FindScenario) -> Task:
    story = _story(reader, data, find)
    claims = read_claims(reader, "goals", reader.texts(data, "goals"), story.devices)
    goals = tuple(Goal(claim=one, missing="The run does not reach the goal.") for one in claims)
    most = data.get("most")
    if type(most) is not int or not goals:
        raise reader.error("most", "a script needs goals and a number, most")
    return ScriptTask(
        story=story,
        goals=goals,
        most=most,
        menu=tuple(map(current_words, reader.texts(data, "menu"))),
        waits_ns=(read_time("1 s"),),
        solution=(),
        wrong=(),
    )


_TASKS: Mapping[str, Callable[[TomlReader, Mapping[str, Any], FindScenario], Task]] = {
    "choice": _choice,
    "number": _number,
    "script": _script,
}
