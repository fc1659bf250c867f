"""Make an exercise's card from what it needs: the history in use, and the progress file."""

from __future__ import annotations

from collections.abc import Callable

from kit.common.errors import UserError
from kit.course.diffs import hunk_of_item
from kit.course.exercise import Hunks, Item
from kit.course.progress import ExerciseStanding, Progress
from kit.git.values.page import ResponsibleLines
from kit.lessons.course import update_ends
from kit.lessons.history_choice import HistoryChoice
from kit.storage.exercises import find_exercise
from kit.storage.progress import progress_file
from kit.views.models.exercise import ExerciseModel, Keeping
from kit.views.widgets.exercise import ExerciseWidget

__all__ = ["exercise_card"]


def exercise_card(named: str) -> ExerciseWidget:
    """Return the card of the exercise called *named*.

    Raises:
        UserError: There is no such exercise, or its file breaks the format.
    """
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
