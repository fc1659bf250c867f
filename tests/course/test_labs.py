"""Labs: right answers earn all points, wrong ones none, and no file of a lab holds an answer."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from kit import points
from kit.common.errors import UserError
from kit.course.grading import answers_of
from kit.course.labs import LabError, digest, read_lab
from kit.storage.exercises import find_lab, labs
from kit.storage.scenarios import find_scenario

ROOT = Path(__file__).parents[2]
SOLUTIONS = (ROOT / "solutions" / "labs.md").read_text(encoding="utf-8")


def solution(lab: str) -> dict[int, object]:
    """Return the answers that the instructor's page gives."""
    block = re.search(rf"^## {lab}\n\n```python\n(.*?)```", SOLUTIONS, re.M | re.S)
    assert block is not None
    lines = (line.partition(" = ") for line in block[1].splitlines())
    return {int(name.removeprefix("answer_")): ast.literal_eval(value) for name, _, value in lines}


each = pytest.mark.parametrize("name", sorted(labs()))
WRONG: tuple[object, ...] = ("e", -1, ["z"], {"a": 1}, object(), "b" * 10_000)


def test_there_are_three_labs_of_ten_points() -> None:
    assert {name: lab.points for name, lab in labs().items()} == {
        "reverted": 10,
        "silence": 10,
        "undo": 10,
    }


@each
def test_the_answers_of_the_instructors_page_earn_all_points(name: str) -> None:
    found = {n: points(name, n, answer) for n, answer in solution(name).items()}

    assert found == dict.fromkeys(range(1, 6), 2)


@each
@pytest.mark.parametrize("answer", WRONG, ids=lambda one: repr(one)[:20])
def test_another_answer_earns_none_and_raises_nothing(name: str, answer: object) -> None:
    assert [points(name, n, answer) for n in range(1, 6)] == [0] * 5


@pytest.mark.parametrize("answer", [None, "", []])
def test_no_answer_is_said_to_be_none(answer: object) -> None:
    found = find_lab("silence").task(1).score(answer)

    assert (found.points, found.reply) == (0, "not answered")


@each
def test_no_file_of_a_lab_holds_an_answer(name: str) -> None:
    text = (ROOT / "data" / "labs" / f"{name}.toml").read_text(encoding="utf-8")
    notebook = (ROOT / "notebooks" / "labs" / f"{name}.ipynb").read_text(encoding="utf-8")

    assert "solution" not in text
    assert "answer =" not in text
    assert [one for one in answers_of(json.loads(notebook)).values() if one] == []


def test_case_blanks_and_order_do_not_count_in_a_digest() -> None:
    assert digest("s", [" B", "a"], ordered=False) == digest("s", ("A", "b "), ordered=False)
    assert digest("s", ["b", "a"], ordered=True) != digest("s", ["a", "b"], ordered=True)
    assert digest("s", "a", ordered=False) != digest("t", "a", ordered=False)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('title = "T"\n', "l.toml:1: there is no task; expected [[task]]"),
        (
            'title = "T"\n[[task]]\nname = "a"\npoints = 1\nkind = "guess"\n',
            "l.toml:5: kind is 'guess'; expected one of: choice, number, script, digest",
        ),
        (
            'title = "T"\n[[task]]\nname = "a"\npoints = 0\nkind = "digest"\n',
            "l.toml:4: points is 0; expected a number from 1 to 100",
        ),
    ],
)
def test_a_mistake_in_a_lab_is_one_line(text: str, says: str) -> None:
    with pytest.raises(LabError) as caught:
        read_lab(text, "l", "l.toml", find_scenario)

    assert str(caught.value) == says


LIMBO = """
title = "T"

[[task]]
name = "a"
points = 1
kind = "script"
at = "pre-revert"
goals = ["limbo core1"]
most = 2
menu = ["device_del core1", "guest gives"]
end = "20 s"
cast = { asks = true, devices = ["core1"] }
"""


@pytest.mark.parametrize("verb", ["guest gives", "guest releases"])
@pytest.mark.parametrize("offered", ["guest gives", "guest releases"])
def test_a_lab_and_its_answer_may_have_the_first_words_of_an_action(
    offered: str, verb: str
) -> None:
    lab = read_lab(LIMBO.replace("guest gives", offered), "l", "l.toml", find_scenario)

    assert lab.task(1).score(["0 s: device_del core1", f"16 s: {verb}"]).points == 1


def test_a_lab_and_a_task_that_are_not_there_are_named() -> None:
    with pytest.raises(UserError, match=r"^no lab 'silenc'; there are: reverted, silence, undo"):
        find_lab("silenc")
    with pytest.raises(UserError, match=r"^no task 6 in silence; use 1 to 5$"):
        find_lab("silence").task(6)
