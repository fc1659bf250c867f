"""Make the cards of exercises and of practice: the history in use, and the progress file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from kit.common.errors import UserError
from kit.course.diffs import hunk_of_item
from kit.course.exercise import Hunks, Item
from kit.course.ideas import BELIEVES, PracticeQuestion
from kit.course.practice import answered, due, lesson_number
from kit.course.progress import ExerciseStanding, Progress
from kit.git.values.page import ResponsibleLines
from kit.lessons.course import update_ends
from kit.lessons.history_choice import HistoryChoice
from kit.storage.exercises import find_exercise, practice_questions, run_of_question
from kit.storage.progress import progress_file
from kit.views.models.exercise import ExerciseModel, Keeping
from kit.views.models.practice import PracticeModel

if TYPE_CHECKING:
    from kit.views.widgets.exercise import ExerciseWidget
    from kit.views.widgets.practice import PracticeWidget

__all__ = ["exercise_card", "practise"]

QUESTIONS = 3

# Widgets are imported where they are made: no command needs ipywidgets.


def exercise_card(named: str) -> ExerciseWidget:
    """Return the card of an exercise; errors as of `find_exercise`."""
    from kit.views.widgets.exercise import ExerciseWidget

    exercise, choice = find_exercise(named), HistoryChoice()
    model = ExerciseModel(exercise, choice.diff, _keeping(exercise.name))
    source = choice.source() if isinstance(exercise.task, Hunks) else ""
    return ExerciseWidget(model, lambda item: _lines_of(choice, item), source)


def _lines_of(choice: HistoryChoice, item: Item) -> ResponsibleLines:
    try:
        files = choice.diff(item.commit)
    except UserError as error:
        return ResponsibleLines(f"It cannot be read: {error}", item.commit, None, None)
    return ResponsibleLines.of(item.file, item.commit, files, hunk_of_item(item, files))


def _keeping(name: str) -> Keeping:
    warnings: list[str] = []
    file = progress_file(warnings.append)

    def standing(progress: Progress) -> ExerciseStanding:
        if warnings:  # the learner must know that the file was set aside and progress restarts
            raise UserError(warnings.pop())
        return progress.standing(name)

    def changed(change: Callable[[Progress], Progress]) -> ExerciseStanding:
        after = file.change(change)
        update_ends()
        return standing(after)

    return Keeping(
        lambda: standing(file.read()),
        lambda at, right: changed(lambda p: p.answered(name, at, right=right)),
        lambda: changed(lambda p: p.was_shown(name)),
    )


def practise(lesson: int, count: int = QUESTIONS) -> PracticeWidget:
    """Return questions on the lessons up to one: those due today first, then new ones.

    A right answer brings a question back after 1, 7 and 30 days, a wrong one the next day. Answers
    stay on this machine.

    Args:
        lesson: The last lesson that you have read.
        count: How many questions.

    Raises:
        UserError: There is no such lesson, or *count* is not a number from 1 to 100.
    """
    from kit.views.widgets.practice import PracticeWidget

    if not 1 <= count <= 100:
        raise UserError(f"{count} questions; give a number from 1 to 100")
    day = datetime.now().astimezone().toordinal()
    number, file = lesson_number(str(lesson)), progress_file()

    def keep(one: PracticeQuestion, choice: str) -> None:
        file.change(lambda before: answered(before, one, choice, day))

    asked = due(file.read(), practice_questions(), day, number, count)
    return PracticeWidget(PracticeModel(asked, run_of_question, BELIEVES, keep), lesson)
