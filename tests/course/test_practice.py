"""Questions from wrong ideas: the machines are checked, and practice comes back in time."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from kit.common.errors import UserError
from kit.course.exercise import LESSONS
from kit.course.ideas import FIRST_LESSON, IDEAS, PracticeQuestion
from kit.course.practice import (
    answered,
    due,
    lesson_number,
    questions_text,
    read_questions,
    situation,
    wrong_ideas,
)
from kit.course.progress import Progress
from kit.course.sandbox_tasks import Ending, ending_of
from kit.machine.catalogue import find_revision
from kit.machine.revision import Board
from kit.simulation.run import play
from kit.storage.exercises import practice_questions
from kit.storage.scenarios import find_scenario
from tools.practice import generated

ROOT = Path(__file__).parents[2]
DAY = date(2026, 11, 30).toordinal()
ALL = practice_questions()
WITH_AN_IDEA = next(one for one in ALL if len(one.choices) > 2)
WRONG = next(choice for choice in WITH_AN_IDEA.choices if choice != WITH_AN_IDEA.right)


def test_the_file_has_what_the_machines_answer() -> None:
    assert generated() == ALL
    assert read_questions(questions_text(ALL)) == ALL


def test_there_are_200_questions_and_each_has_one_right_choice_and_an_idea_for_the_others() -> None:
    assert len({one.name for one in ALL}) == len(ALL) >= 200
    assert [one for one in ALL if set(one.choices) != {one.right, *one.ideas}] == []
    assert [one for one in ALL if one.right in one.ideas or not one.ideas] == []


def test_ten_ideas_and_more_can_be_played_and_each_is_behind_a_choice() -> None:
    assert len(IDEAS) >= 10
    assert {name for one in ALL for name in one.ideas.values()} == {idea.name for idea in IDEAS}


def test_a_question_stands_with_the_latest_lesson_that_it_needs() -> None:
    lessons = {idea.name: idea.lesson for idea in IDEAS}

    def needed(one: PracticeQuestion) -> str:
        board = find_revision(one.at).board
        return max(FIRST_LESSON.get(board, ""), *(lessons[name] for name in one.ideas.values()))

    assert [one for one in ALL if one.lesson != needed(one)] == []


def test_a_right_answer_comes_back_after_1_7_and_30_days_and_then_no_more() -> None:
    progress, day, gaps = Progress({}), DAY, []
    for _ in range(3):
        progress = answered(progress, WITH_AN_IDEA, WITH_AN_IDEA.right, day)
        back = progress.data["practice"][WITH_AN_IDEA.name]["due"]
        gaps.append(back - day)
        day = back
    progress = answered(progress, WITH_AN_IDEA, WITH_AN_IDEA.right, day)

    assert gaps == [1, 7, 30]
    assert due(progress, [WITH_AN_IDEA], day + 1000, "12", 5) == ()


def test_a_wrong_answer_comes_back_tomorrow_first_and_its_idea_is_counted() -> None:
    progress = answered(Progress({}), WITH_AN_IDEA, WRONG, DAY)

    assert WITH_AN_IDEA not in due(progress, ALL, DAY, "12", 3)
    assert due(progress, ALL, DAY + 1, "12", 3)[0] == WITH_AN_IDEA
    assert progress.data["ideas"] == {WITH_AN_IDEA.ideas[WRONG]: 1}


def test_practice_mixes_lessons_and_asks_nothing_of_later_ones() -> None:
    found = due(Progress({}), ALL, DAY, "05", 4)

    assert [one.lesson for one in found] == ["05", "04", "03", "02"]


def test_a_classs_commonest_idea_comes_first() -> None:
    class_ = [
        Progress({"ideas": {"a": 1, "b": 1}}),
        Progress({"ideas": {"b": 1}}),
        Progress({"ideas": {"a": True, "c": "x", "d": -1}}),
        Progress({"ideas": []}),
    ]

    assert wrong_ideas(class_) == [("b", 2, 2), ("a", 1, 1)]


@pytest.mark.parametrize("data", [{"practice": []}, {"practice": {WITH_AN_IDEA.name: 1}}])
def test_a_strangers_file_is_no_error(data: dict[str, object]) -> None:
    progress = Progress(data)

    assert len(due(progress, ALL, DAY, "12", 3)) == 3
    assert isinstance(answered(progress, WITH_AN_IDEA, WRONG, DAY), Progress)


def test_questions_on_one_scenario_do_not_follow_each_other() -> None:
    found = due(Progress({}), ALL, DAY, "01", 12)
    scenarios = [one.scenario for one in found]

    assert sum(one == other for one, other in pairwise(scenarios)) <= 1


@pytest.mark.parametrize("number", LESSONS)
def test_every_lesson_has_a_number_and_questions_up_to_it(number: str) -> None:
    assert lesson_number(str(int(number))) == number
    assert len(due(Progress({}), ALL, DAY, number, 5)) == 5


@pytest.mark.parametrize("typed", ["five", "0", "14", "-1", "1.0", "\u0665", "9" * 5000, ""])
def test_what_is_not_a_lesson_is_one_line(typed: str) -> None:
    with pytest.raises(UserError, match=r"is not a lesson; give a number from 1 to 13$"):
        lesson_number(typed)


def test_the_lessons_are_those_of_the_course() -> None:
    numbers = sorted(path.name[:2] for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))

    assert numbers == ["00", *LESSONS]


@pytest.mark.parametrize(
    ("name", "scenario", "at", "so", "believed"),
    [
        ("timeout-means-failed", "libvirt-wrong", "revert", Ending.RELEASED, Ending.PENDING),
        ("reset-forgets", "refuse-then-reset", "revert", Ending.RELEASED, Ending.KEPT),
        ("guest-is-told", "late-release", "pre-revert", Ending.LIMBO, Ending.KEPT),
        ("removed-at-isolate", "half-release", "pre-revert", Ending.RELEASED, Ending.RELEASED),
        ("longer-would-do", "busier-host", "timeout-60-s", Ending.LIMBO, Ending.RELEASED),
    ],
)
def test_a_wrong_idea_ends_as_its_believers_expect(
    name: str, scenario: str, at: str, so: Ending, believed: Ending
) -> None:
    (idea,) = [one for one in IDEAS if one.name == name]
    run = play(find_scenario(scenario), find_revision(at))
    expected = idea.play(run)

    assert expected is not None
    assert (ending_of(run), ending_of(expected)) == (so, believed)


def test_who_believes_in_isolate_expects_device_deleted_before_the_second_call() -> None:
    (idea,) = [one for one in IDEAS if one.name == "removed-at-isolate"]
    run = play(find_scenario("half-release"), find_revision("revert"))
    expected = idea.play(run)

    assert expected is not None
    assert (run.times("DEVICE_DELETED"), expected.times("DEVICE_DELETED")) == ((15.5,), (0.0,))


def test_an_idea_about_ports_says_nothing_about_pseries() -> None:
    run = play(find_scenario("late-release"), find_revision("revert"))

    assert [one.name for one in IDEAS if Board.PSERIES not in one.boards and one.play(run)] == []


def test_lesson_13_has_questions_on_ports_with_four_wrong_machines() -> None:
    ports = [one for one in ALL if one.scenario.startswith("pcie-")]
    own = {idea.name for idea in IDEAS if idea.lesson == "13"}

    assert {one.lesson for one in ports} == {"13"}
    assert len(own) == 4
    assert own <= {name for one in ports for name in one.ideas.values()}


def test_who_takes_part_is_said() -> None:
    run = play(find_scenario("two-requests"), find_revision("resend"))

    assert situation(run) == (
        "Guest: Linux 5.13; it needs 3 s to release a device; it cannot release core1. No libvirt."
    )


def test_a_question_is_a_value() -> None:
    assert isinstance(ALL[0], PracticeQuestion)
    assert ALL[0] == read_questions(questions_text(ALL[:1]))[0]
