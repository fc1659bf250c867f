"""Exercises that a page checks: the true reply to each answer, and none of them in clear."""

from __future__ import annotations

import json
from base64 import b64decode

import pytest

from kit.course.exercise import Exercise, Hunks, Number, Predict, ScriptTask
from kit.course.exercises import check, solution
from kit.lessons.history_choice import HistoryChoice
from kit.storage.exercises import exercises
from kit.views.page.exercise import exercise_data, opened_reply, sealed

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
    assert data is not None
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
    assert data is not None
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
    assert data is not None
    for at in data["at"]:
        verdict = check(exercise, solution(exercise, at or None, diffs), at or None, diffs)

        assert verdict.explanation not in json.dumps(data)
        assert verdict.says not in json.dumps(data)


def test_another_answer_opens_nothing() -> None:
    name, kept = sealed("one|at|gone", "1Right.")

    assert sealed("one|at|kept", "")[0] != name
    assert opened_reply("one|at|kept", b64decode(kept)) != "1Right."


def test_a_script_is_for_the_machine_alone() -> None:
    scripts = [one for one in ALL.values() if isinstance(one.task, ScriptTask)]

    assert len(scripts) + len(CHECKED) == len(ALL)
    assert [exercise_data(one, diffs) for one in scripts] == [None] * len(scripts)
