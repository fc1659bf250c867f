"""Every exercise in a real browser, by mouse: first failed, then solved."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from kit.course.exercise import Exercise, Hunks, Number, OrderTask, Predict, ScriptTask
from kit.course.exercise_reader import LESSONS
from kit.simulation.scenario import read_time
from kit.storage.exercises import exercises
from tests.browser.conftest import OpenLesson
from tests.effort import some_of
from tests.lab import write_notebook

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("lesson", some_of(LESSONS, 3))
def test_every_exercise_is_failed_and_solved(
    lesson: str, opened: OpenLesson, lab_home: Path
) -> None:
    asked = [one for one in exercises().values() if one.lesson == lesson]
    show = "".join(f'display(exercise("{one.name}"))\n' for one in asked)
    cell = f"from IPython.display import display\nfrom kit import exercise\n{show}"
    write_notebook(lab_home / "work" / "notebooks" / f"cards-{lesson}.ipynb", cell)
    with opened(f"cards-{lesson}.ipynb") as page:
        cards = page.locator(".kit-exercise")
        expect(cards).to_have_count(len(asked))
        for number, one in enumerate(asked):
            _fail_and_solve(cards.nth(number), one)


def _fail_and_solve(card: Locator, one: Exercise) -> None:
    said = card.locator(".kit-verdict[aria-live=polite]")
    pressed = _answer(card, one, right=False)
    _press(card, "check")
    expect(said).not_to_contain_text("press check")
    expect(said).not_to_contain_text("Right")
    if isinstance(one.task, ScriptTask | OrderTask):
        for _ in range(pressed):
            _press(card, "undo")
    elif isinstance(one.task, Hunks):
        _answer(card, one, right=False)  # a second click takes the first one back
    _answer(card, one, right=True)
    _press(card, "check")

    expect(said).to_contain_text(re.compile(r"^Right\b"))
    expect(card.locator(".kit-told")).to_contain_text("✓ solved")


def _press(card: Locator, words: str) -> None:
    """Click the button of these words, whatever sign stands before them."""
    buttons = card.get_by_role("button")
    texts = [text.strip() for text in buttons.all_inner_texts()]
    found = [words in (text, text.partition(" ")[2]) for text in texts]
    buttons.nth(found.index(True)).click()


def _answer(card: Locator, one: Exercise, *, right: bool) -> int:
    """Give an answer by the card's own controls; return how many buttons were pressed."""
    match one.task:
        case Predict(choices=choices, solution=solution):
            best = solution[one.at[0].label]
            words = [c.says for c in choices if (c.name == best) is right][:1]
        case Number(solution=numbers, wrong=wrong):
            answer = next(iter(numbers.values())) if right else wrong[0].answer[0]
            card.get_by_label("your answer").fill(str(answer))
            card.get_by_label("your answer").press("Enter")
            words = []
        case ScriptTask(solution=lines, wrong=wrong):
            words = _buttons(card, lines if right else wrong[0].answer)
        case Hunks(items=items, solution=names):
            words = [item.says for item in items if (item.name in names) is right]
        case OrderTask(parts=parts, solution=names, wrong=wrong):
            says = {part.name: part.says for part in parts}
            words = [says[name] for name in (names if right else wrong[0].answer)]
    for each in words:
        _press(card, each)
    return len(words)


def _buttons(card: Locator, lines: tuple[str, ...]) -> list[str]:
    """Turn a script into what is pressed: waits, the longest first, then the action."""
    waits = [words for words in card.get_by_role("button").all_inner_texts() if words[:1] == "+"]
    sizes = sorted(((read_time(words[1:]), words) for words in waits), reverse=True)
    pressed, passed = [], 0
    for line in lines:
        time, _, action = line.partition(": ")
        for ns, words in sizes:
            while passed + ns <= read_time(time):
                pressed.append(words)
                passed += ns
        assert passed == read_time(time), "the waits do not reach this time"
        pressed.append(action)
    return pressed
