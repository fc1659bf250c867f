"""Exercises that a page checks: the true reply to each answer, and none of them in clear."""

from __future__ import annotations

import json
from base64 import b64decode
from random import Random
from typing import Any

import pytest

from kit.course.exercise import Exercise, Hunks, Number, Predict, ScriptTask
from kit.course.exercises import check, solution
from kit.lessons.history_choice import HistoryChoice
from kit.machine.clock import NS_PER_S
from kit.storage.exercises import exercises
from kit.views.page.exercise import exercise_data
from kit.views.page.scripts import MAX_RUNS, OTHERWISE, Grid, grid_of
from kit.views.page.sealed import opened_reply, sealed
from tests.effort import some_of

ALL = exercises()
CHECKED = [one for one in ALL.values() if not isinstance(one.task, ScriptTask)]
diffs = HistoryChoice().diff


def given(exercise: Exercise, at: str) -> str:
    """The right answer as a page writes it."""
    right = solution(exercise, at or None, diffs)
    if isinstance(exercise.task, Number):
        return f"{float(right):.6f}".rstrip("0").rstrip(".")  # type: ignore[arg-type]  # a number
    if isinstance(right, str):
        return right
    assert isinstance(right, list | tuple | set | frozenset)
    return " ".join(sorted(right) if isinstance(exercise.task, Hunks) else right)


@pytest.mark.parametrize("exercise", CHECKED, ids=lambda one: one.name)
def test_the_right_answer_opens_its_reply_at_every_revision(exercise: Exercise) -> None:
    data = exercise_data(exercise, diffs)
    for at, replies in data["replies"].items():
        key = f"{exercise.name}|{at}|{given(exercise, at)}"
        name, _ = sealed(key, "")
        said = opened_reply(key, b64decode(replies[name]))

        assert (
            said == f"1{check(exercise, solution(exercise, at or None, diffs), at or None, diffs)}"
        )


@pytest.mark.parametrize(
    "exercise", [one for one in CHECKED if isinstance(one.task, Predict)], ids=lambda one: one.name
)
def test_every_other_choice_opens_what_the_card_says_of_it(exercise: Exercise) -> None:
    data = exercise_data(exercise, diffs)
    for at, replies in data["replies"].items():
        found = {}
        for name, _ in data["options"]:
            key = f"{exercise.name}|{at}|{name}"
            found[name] = opened_reply(key, b64decode(replies[sealed(key, "")[0]]))

        assert found == {
            name: f"{int(verdict.right)}{verdict}"
            for name, _ in data["options"]
            for verdict in [check(exercise, name, at or None, diffs)]
        }
        assert sum(said.startswith("1") for said in found.values()) == 1


@pytest.mark.parametrize("exercise", CHECKED, ids=lambda one: one.name)
def test_no_reply_and_no_explanation_is_there_in_clear(exercise: Exercise) -> None:
    data = exercise_data(exercise, diffs)
    for at in data["at"]:
        verdict = check(exercise, solution(exercise, at or None, diffs), at or None, diffs)

        assert verdict.explanation not in json.dumps(data)
        assert verdict.says not in json.dumps(data)


def test_another_answer_opens_nothing() -> None:
    name, kept = sealed("one|at|gone", "1Right.")

    assert sealed("one|at|kept", "")[0] != name
    assert opened_reply("one|at|kept", b64decode(kept)) != "1Right."


# -- scripts ---------------------------------------------------------------------------------------

SCRIPTS = [one for one in ALL.values() if isinstance(one.task, ScriptTask)]
TRIED = 12  # of the scripts of each grid


def said(data: dict[str, Any], at: str, lines: tuple[str, ...]) -> str:
    """Return what a page says of a script."""
    key = f"{data['name']}|{at}|"
    script = key + "\n".join(lines)
    name = sealed(script, "")[0]
    kept = data["replies"][at].get(name)
    word = OTHERWISE if kept is None else opened_reply(script, b64decode(kept))
    return opened_reply(key + word, b64decode(data["words"][at][sealed(key + word, "")[0]]))


@pytest.mark.parametrize("exercise", some_of(SCRIPTS, 3), ids=lambda one: one.name)
def test_a_page_says_of_a_script_what_the_lesson_says_of_it(exercise: Exercise) -> None:
    data, grid = exercise_data(exercise), grid_of(exercise)
    scripts = list(grid.scripts())
    tried = [scripts[0], *Random(0).sample(scripts, min(TRIED, len(scripts)))]
    for at in data["at"]:
        verdicts = [check(exercise, grid.whole(lines), at) for lines in tried]
        replies = [said(data, at, lines) for lines in tried]
        all_said = [said(data, at, lines) for lines in scripts]

        assert replies == [f"{int(one.right)}{one}" for one in verdicts]
        assert 0 < sum(one.startswith("1") for one in all_said) < len(scripts) / 2
        assert len(set(all_said)) > 2


@pytest.mark.parametrize("exercise", SCRIPTS, ids=lambda one: one.name)
def test_some_script_that_a_page_offers_is_right_at_every_revision(exercise: Exercise) -> None:
    grid = grid_of(exercise)
    for at in exercise.at:
        right = (s for s in grid.scripts() if check(exercise, grid.whole(s), at.name).right)

        assert next(right, None) is not None


def test_a_grid_has_the_moments_of_the_answers_and_others_between() -> None:
    (exercise,) = [one for one in SCRIPTS if one.name == "out-of-limbo"]
    assert isinstance(exercise.task, ScriptTask)
    grid = Grid(exercise.task)

    assert (grid.most, grid.end_ns) == (1, 20 * NS_PER_S)
    assert grid.moments_ns == tuple(second * NS_PER_S for second in range(20))
    assert list(grid.scripts())[:4] == [
        ("0 s: device_del core1",),
        ("0 s: device_add core1",),
        ("0 s: system_reset",),
        ("1 s: device_del core1",),
    ]


@pytest.mark.parametrize("exercise", SCRIPTS, ids=lambda one: one.name)
def test_a_grid_has_a_bound(exercise: Exercise) -> None:
    grid = grid_of(exercise)
    count = sum(1 for _ in grid.scripts())

    assert len(exercise.task.solution) <= grid.most <= exercise.task.most  # type: ignore[union-attr]  # a script
    assert count <= MAX_RUNS or len(grid.moments_ns) == 1
