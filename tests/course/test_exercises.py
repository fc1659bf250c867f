"""Every exercise is played: its solution is right, each foreseen mistake fails with its reply."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import pytest

from kit.case_study.history import history
from kit.course.exercise import (
    Exercise,
    ExerciseKind,
    Hunks,
    ItemRule,
    Number,
    OrderTask,
    Predict,
    ScriptTask,
)
from kit.course.exercise_reader import LESSONS
from kit.course.exercises import check, solution
from kit.git.values.commit import FileDiff
from kit.machine.catalogue import find_revision
from kit.simulation.actions import first_words
from kit.storage.exercises import exercises, find_exercise
from tests.course.commits import diffs
from tests.effort import some_of

ALL = tuple(exercises().values())
AT = [(one, at.name) for one in ALL for at in one.at] + [(one, None) for one in ALL if not one.at]
asked = pytest.mark.parametrize(("exercise", "at"), AT, ids=[f"{one.name}-{at}" for one, at in AT])


def of_kind(*tasks: type) -> list[tuple[Exercise, str | None]]:
    return [(one, at) for one, at in AT if isinstance(one.task, tasks)]


def ids(value: object) -> str | None:
    return value.name if isinstance(value, Exercise) else None


def written(exercise: Exercise, at: str | None = None) -> object:
    """Return the solution that the exercise's file names, for the first revision by default."""
    task = exercise.task
    if not isinstance(task, Predict | Number):
        return task.solution
    first = exercise.at[0].label if exercise.at else ""
    return task.solution[first if at is None else find_revision(at).label]


# -- what there is -------------------------------------------------------------------------------


def test_there_are_enough_of_them_and_of_those_that_are_no_choices() -> None:
    kinds = Counter(one.kind for one in ALL)

    assert sum(kinds.values()) >= 30
    assert kinds[ExerciseKind.SCRIPT] + kinds[ExerciseKind.HUNKS] >= 10
    assert set(kinds) == set(ExerciseKind) - {ExerciseKind.CHOOSE}  # of lessons of `kit new`


def test_every_lesson_has_two_to_five() -> None:
    count = Counter(one.lesson for one in ALL)

    assert set(count) == set(LESSONS)
    assert {2, 3, 4, 5} >= set(count.values())


# -- CI plays them -------------------------------------------------------------------------------


@asked
def test_the_solution_that_is_written_down_is_the_one_that_is_found(
    exercise: Exercise, at: str | None
) -> None:
    assert solution(exercise, at, diffs) == written(exercise, at)


@pytest.mark.parametrize("exercise", ALL, ids=ids)
def test_no_text_has_signs_of_markdown_which_a_card_shows_as_they_are(exercise: Exercise) -> None:
    assert "`" not in repr(exercise)


@asked
def test_the_solution_is_right_and_explained(exercise: Exercise, at: str | None) -> None:
    verdict = check(exercise, solution(exercise, at, diffs), at, diffs)

    assert (verdict.right, verdict.explanation) == (True, exercise.explanation)


@pytest.mark.parametrize(
    "exercise", [one for one in ALL if one.kind is ExerciseKind.PREDICT], ids=ids
)
def test_another_revision_changes_the_right_choice(exercise: Exercise) -> None:
    right = {str(solution(exercise, at.name)) for at in exercise.at}

    assert len(right) > 1


@pytest.mark.parametrize(("exercise", "at"), of_kind(Predict), ids=ids)
def test_every_other_choice_is_wrong_with_its_own_reply(exercise: Exercise, at: str) -> None:
    assert isinstance(exercise.task, Predict)
    others = [c for c in exercise.task.choices if c.name != solution(exercise, at)]
    said = [check(exercise, choice.name, at) for choice in others]

    assert len(others) >= 2
    assert [(v.right, v.says) for v in said] == [
        (False, f"Not at {at}. {choice.reply}") for choice in others
    ]


@pytest.mark.parametrize(("exercise", "at"), of_kind(ScriptTask, OrderTask), ids=ids)
def test_a_foreseen_mistake_gets_its_own_reply(exercise: Exercise, at: str) -> None:
    assert isinstance(exercise.task, ScriptTask | OrderTask)
    said = [check(exercise, wrong.answer, at) for wrong in exercise.task.wrong]

    assert [(v.right, v.says) for v in said] == [(False, w.reply) for w in exercise.task.wrong]


@pytest.mark.parametrize(("exercise", "at"), of_kind(ScriptTask), ids=ids)
def test_a_foreseen_mistake_is_told_by_its_run_and_not_by_its_letters(
    exercise: Exercise, at: str
) -> None:
    """A wait at the beginning makes another script of it, and the same run."""
    assert isinstance(exercise.task, ScriptTask)
    said = [check(exercise, ("0 s: wait", *w.answer), at).says for w in exercise.task.wrong]

    assert said == [wrong.reply for wrong in exercise.task.wrong]


@pytest.mark.parametrize(("exercise", "at"), of_kind(ScriptTask), ids=ids)
def test_a_script_needs_all_of_its_solution(exercise: Exercise, at: str) -> None:
    """Else the number of actions would be no limit."""
    assert isinstance(exercise.task, ScriptTask)
    lines = exercise.task.solution
    shorter = [lines[:n] + lines[n + 1 :] for n in range(len(lines))]

    assert [check(exercise, script, at).right for script in shorter] == [False] * len(lines)
    assert len(lines) <= exercise.task.most


@pytest.mark.parametrize(("exercise", "at"), of_kind(ScriptTask), ids=ids)
def test_an_answer_in_the_first_words_of_its_actions_gets_the_same_reply(
    exercise: Exercise, at: str
) -> None:
    assert isinstance(exercise.task, ScriptTask)
    scripts = [exercise.task.solution, *(wrong.answer for wrong in exercise.task.wrong)]
    before = [check(exercise, list(map(first_words, script)), at) for script in scripts]

    assert before == [check(exercise, script, at) for script in scripts]


@pytest.mark.parametrize(("exercise", "at"), of_kind(Number), ids=ids)
def test_a_foreseen_number_gets_its_own_reply(exercise: Exercise, at: str | None) -> None:
    assert isinstance(exercise.task, Number)
    right = solution(exercise, at, diffs)
    wrong = [w for w in exercise.task.wrong if Fraction(w.answer[0]) != right]
    said = [check(exercise, Fraction(w.answer[0]), at, diffs) for w in wrong]

    assert len(wrong) >= 2
    assert all(not v.right and v.says.endswith(w.reply) for v, w in zip(said, wrong, strict=True))


@pytest.mark.parametrize(("exercise", "at"), of_kind(Hunks), ids=ids)
def test_every_other_set_of_lines_is_wrong_with_the_reply_of_one(
    exercise: Exercise, at: None
) -> None:
    assert isinstance(exercise.task, Hunks)
    items = exercise.task.items
    sets = [set(some) for n in range(1, len(items) + 1) for some in combinations(items, n)]
    wrong = [s for s in sets if {item.name for item in s} != set(exercise.task.solution)]
    assert len(wrong) == len(sets) - 1 >= 2
    said = [check(exercise, {i.name for i in one}, at, diffs) for one in some_of(wrong, 3)]

    assert not any(verdict.right for verdict in said)
    assert all(any(v.says.endswith(item.reply) for item in items) for v in said)


@pytest.mark.clone
@pytest.mark.parametrize(
    "exercise", [one for one in ALL if isinstance(one.task, Hunks | Number)], ids=ids
)
def test_on_qemus_own_commits_the_answers_are_the_same(
    exercise: Exercise, qemu_clone: Path
) -> None:
    read = history(qemu_clone)

    def qemus_own(revision: str) -> tuple[FileDiff, ...]:
        return read.diff(find_revision(revision).commit)

    assert solution(exercise, None, qemus_own) == written(exercise)


# -- what is said --------------------------------------------------------------------------------


def test_a_right_answer_is_said_with_its_explanation() -> None:
    one = find_exercise("half-a-second")

    assert repr(check(one, "14")) == f"Right, at pre-revert: 14 s. {one.explanation}"


@pytest.mark.parametrize("answer", ["LIMBO", " limbo\n", ["Limbo"]])
def test_a_name_may_be_typed_in_capitals_and_with_blanks(answer: object) -> None:
    one = find_exercise("late-what-becomes")

    assert repr(check(one, answer, at="pre-revert")) == repr(check(one, "limbo", at="pre-revert"))


@pytest.mark.parametrize(
    ("name", "answer", "at", "says"),
    [
        (
            "late-what-becomes",
            "gone?",
            None,
            "'gone?' is not one of the choices: gone, limbo, pending, kept.",
        ),
        ("late-what-becomes", [], None, "Choose one: gone, limbo, pending, kept."),
        ("late-what-becomes", 3, None, "3 is not a list of choices: gone, limbo, pending, kept."),
        (
            "late-what-becomes",
            "gone",
            "resend",
            "This is asked at pre-revert, revert, not at 'resend'.",
        ),
        (
            "late-what-becomes",
            "gone",
            "tomorrow",
            "No revision 'tomorrow' on the embedded machine;"
            " `kit list revisions` names all there are.",
        ),
        ("late-what-becomes", "gone", 7, "This is asked at pre-revert, revert, not at 7."),
        (
            "half-a-second",
            "soon",
            None,
            "'soon' is not a number; write it in digits, as 12 or -1.5.",
        ),
        ("half-a-second", "13", None, "Not 13 s, at pre-revert. That is too small."),
        ("half-a-second", 99.25, None, "Not 99.25 s, at pre-revert. That is too large."),
        ("limbo-in-two", [], None, "Nothing is done yet: choose an action."),
        ("limbo-in-two", "20 s: wait", None, "Nothing is done yet: choose an action."),
        (
            "limbo-in-two",
            "device_del core1",
            None,
            "'device_del core1' has no time; expected '16 s: device_del core1'.",
        ),
        (
            "limbo-in-two",
            "0 s: import os",
            None,
            "'import os' is not one of the actions here:"
            " device_del core1, guest releases, guest refuses, system_reset, wait.",
        ),
        (
            "limbo-in-two",
            "5 s: device_del core1\n1 s: guest releases",
            None,
            "'1 s: guest releases' is before the line above it; write them in order.",
        ),
        (
            "limbo-in-two",
            ["0 s: device_del core1", "20 s: device_del core1", "40 s: guest releases"],
            None,
            "That does it, but in 3 actions; it can be done in 2.",
        ),
        ("limbo-in-two", ["0 s: guest releases"] * 41, None, "41 lines are too many; at most 40."),
        ("release-order", [], None, "Nothing is chosen yet: choose what comes first."),
        ("release-order", ["sensor"], None, "The first 1 are right, and something is missing."),
        ("release-order", ["UNUSABLE"], None, "The first one is not right yet."),
        ("release-order", {"sensor"}, None, "A set has no order; give a list."),
        (
            "release-order",
            ["sensor", "sensor"],
            None,
            "One of the calls is named twice; name each once.",
        ),
        ("timer-files", [], None, "Nothing is chosen yet: choose at least one."),
        (
            "timer-files",
            ["connector"],
            None,
            "Not yet: one is missing."
            " A connector gets a field more, its timer. Where is it declared?",
        ),
    ],
)
def test_an_answer_that_is_none_gets_a_sentence(
    name: str, answer: object, at: str | None, says: str
) -> None:
    verdict = check(find_exercise(name), answer, at, diffs)

    assert (verdict.right, verdict.says) == (False, says)


def test_where_no_commit_can_be_read_the_sentence_says_so() -> None:
    verdict = check(find_exercise("timer-files"), "connector")

    assert str(verdict) == "The commit timer cannot be read here: no history is in use."


# -- the rules on diffs --------------------------------------------------------------------------


def test_every_rule_is_asked_about() -> None:
    assert {one.task.rule for one in ALL if isinstance(one.task, Hunks)} == set(ItemRule)


def test_lines_that_a_commit_has_not_got_are_said_to_be_missing() -> None:
    """Another clone may have other commits under these names: nothing is guessed then."""
    verdict = check(find_exercise("undoes-the-second"), "seconds", None, lambda _: ())

    assert verdict.says == (
        "Revert changes no line of hw/ppc/spapr_drc.c with 'drc_unplug_timeout_cb(void'."
    )
