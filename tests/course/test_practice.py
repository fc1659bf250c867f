"""Questions from wrong ideas: the machines are checked, and practice comes back in time."""

from __future__ import annotations

from datetime import date

import pytest

from kit.common.errors import UserError
from kit.course.ideas import IDEAS, PracticeQuestion
from kit.course.practice import (
    answered,
    due,
    lesson_number,
    questions_text,
    read_questions,
    wrong_ideas,
)
from kit.course.progress import Progress
from kit.storage.questions import practice_questions
from tools.practice import generated

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

    assert [q for q in ALL if q.lesson != max(lessons[name] for name in q.ideas.values())] == []


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


def test_a_lesson_is_a_number() -> None:
    assert lesson_number("5") == "05"
    with pytest.raises(UserError, match="'five' is not a lesson; give a number from 1 to 12"):
        lesson_number("five")


def test_a_question_is_a_value() -> None:
    assert isinstance(ALL[0], PracticeQuestion)
    assert ALL[0] == read_questions(questions_text(ALL[:1]))[0]
