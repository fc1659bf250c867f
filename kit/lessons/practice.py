"""Practice at the end of a lesson: the questions that are due, and where answers are saved."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from kit.common.errors import UserError
from kit.course.ideas import BELIEVES, PracticeQuestion
from kit.course.practice import answered, due, lesson_number
from kit.machine.catalogue import find_revision
from kit.simulation.run import Run, play
from kit.storage.exercises import practice_questions
from kit.storage.progress import progress_file
from kit.storage.scenarios import find_scenario
from kit.views.models.practice import PracticeModel

if TYPE_CHECKING:
    from kit.views.widgets.practice import PracticeWidget

__all__ = ["practise"]

QUESTIONS = 3


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
    from kit.views.widgets.practice import PracticeWidget  # no command needs ipywidgets

    if not 1 <= count <= 100:
        raise UserError(f"{count} questions; give a number from 1 to 100")
    day = datetime.now().astimezone().toordinal()
    number, file = lesson_number(str(lesson)), progress_file()

    def keep(one: PracticeQuestion, choice: str) -> None:
        file.change(lambda before: answered(before, one, choice, day))

    asked = due(file.read(), practice_questions(), day, number, count)
    return PracticeWidget(PracticeModel(asked, _played, BELIEVES, keep), lesson)


def _played(one: PracticeQuestion) -> Run:
    return play(find_scenario(one.scenario), find_revision(one.at))
