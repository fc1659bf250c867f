"""Check an answer to an exercise: play the run, or read the commits, and reply in a sentence.

Every answer gets a sentence, never a traceback, and never the right answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import assert_never

from kit.common.errors import UserError
from kit.common.toml_reader import short
from kit.course.calls import called
from kit.course.diffs import belonging
from kit.course.exercise import (
    Choose,
    Diffs,
    Exercise,
    ExerciseStory,
    Hunks,
    Number,
    OrderTask,
    Predict,
    ScriptTask,
)
from kit.git.values.commit import net_lines
from kit.machine.catalogue import find_revision
from kit.machine.revision import Revision
from kit.simulation.actions import WAIT, current_words
from kit.simulation.expectations import Claim
from kit.simulation.run import Intervention, Run, play
from kit.simulation.scenario import read_time

__all__ = ["MAX_LINES", "AnswerVerdict", "check", "no_diffs", "solution"]

MAX_LINES = 40  # of a learner's script
MAX_NAMES = 100
_NUMBER = re.compile(r"[-+−]?[0-9]{1,12}(?:[.,][0-9]{1,6})?")


@dataclass(frozen=True, slots=True)
class AnswerVerdict:
    """Whether an answer is right, the reply to it, and the run that showed it, if any.

    ``explanation`` is empty unless the answer is right.
    """

    right: bool
    says: str
    run: Run | None = None
    explanation: str = ""

    def __str__(self) -> str:
        """Return the reply in plain text."""
        return f"{self.says} {self.explanation}".strip()

    def __repr__(self) -> str:
        """Return the reply, as a notebook shows it."""
        return str(self)


def check(
    exercise: Exercise, answer: object, at: str | None = None, diffs: Diffs | None = None
) -> AnswerVerdict:
    """Return whether *answer* is right, and if not, what is wrong with it.

    An answer is a choice's name, a number, names of hunks or calls, or lines ``TIME: ACTION``. *at*
    is the revision that the question is about, by default the exercise's first. *diffs* reads the
    commits of the history in use.
    """
    try:
        return _checked(exercise, answer, _revision(exercise, at), diffs or no_diffs)
    except UserError as error:
        words = str(error)
        return AnswerVerdict(False, f"{words[:1].upper()}{words[1:].rstrip('.')}.")


def no_diffs(revision: str) -> tuple[()]:
    """Raise UserError, because no history is in use."""
    raise UserError(f"the commit {revision} cannot be read here: no history is in use")


def solution(exercise: Exercise, at: str | None = None, diffs: Diffs | None = None) -> object:
    """Return the right answer, as `check` takes it: computed, except for a script.

    Raises:
        UserError: The exercise is not about *at*, or its commits cannot be read.
    """
    task, revision = exercise.task, _revision(exercise, at)
    match task:
        case Predict():
            return _right_choice(task, _played(task.story, revision))
        case ScriptTask():
            return task.solution
        case Number():
            return _right_number(task, revision, diffs or no_diffs)
        case Hunks():
            return belonging(task, diffs or no_diffs)
        case OrderTask():
            return _right_order(task, _played(task.story, revision))
        case Choose():
            return task.solution
    assert_never(task)


def _revision(exercise: Exercise, at: str | None) -> Revision | None:
    if not exercise.at:
        return None
    if at is None:
        return exercise.at[0]
    asked = ", ".join(revision.name for revision in exercise.at)
    found = find_revision(at) if isinstance(at, str) else None
    if found not in exercise.at:
        raise UserError(f"this is asked at {asked}, not at {short(at)}")
    return found


def _checked(
    exercise: Exercise, answer: object, revision: Revision | None, diffs: Diffs
) -> AnswerVerdict:
    task = exercise.task
    match task:
        case Predict():
            found = _check_predict(task, answer, revision)
        case ScriptTask():
            found = _check_script(task, answer, revision)
        case Number():
            found = _check_number(task, answer, revision, diffs)
        case Hunks():
            found = _check_hunks(task, answer, diffs)
        case OrderTask():
            found = _check_order(task, answer, revision)
        case Choose():
            found = _check_choose(task, answer)
        case _:
            assert_never(task)
    return replace(found, explanation=exercise.explanation) if found.right else found


def _played(story: ExerciseStory, revision: Revision | None, *more: Intervention) -> Run:
    assert revision is not None, "what is played is asked at a revision"
    return play(story.scenario, revision, (*story.actions, *more))


def _all_hold(claims: Sequence[Claim], run: Run) -> bool:
    return all(claim(run.began, run.ended) for claim in claims)


def _names(answer: object, known: Sequence[str], what: str) -> tuple[str, ...]:
    """Return the names in an answer; a text is a list of one."""
    found = [answer] if isinstance(answer, str) else answer
    if not isinstance(found, list | tuple | set | frozenset):
        raise UserError(f"{short(answer)} is not a list of {what}: {', '.join(known)}")
    names = []
    for name in list(found)[:MAX_NAMES]:
        typed = name if isinstance(name, str) else ""
        meant = typed if typed in known else typed.strip().lower()
        if meant not in known:
            raise UserError(f"{short(name)} is not one of the {what}: {', '.join(known)}")
        names.append(meant)
    if len(set(names)) < len(names):
        raise UserError(f"one of the {what} is named twice; name each once")
    return tuple(names)


def _right_choice(task: Predict, run: Run) -> str:
    found = [choice.name for choice in task.choices if _all_hold(choice.claims, run)]
    if len(found) != 1:
        raise UserError(f"{len(found)} of the choices are right at {run.revision.name}")
    return found[0]


def _check_predict(task: Predict, answer: object, revision: Revision | None) -> AnswerVerdict:
    known = tuple(choice.name for choice in task.choices)
    names = _names(answer, known, "choices")
    if len(names) != 1:
        return AnswerVerdict(False, f"Choose one: {', '.join(known)}.")
    run = _played(task.story, revision)
    chosen = next(choice for choice in task.choices if choice.name == names[0])
    if _right_choice(task, run) == chosen.name:
        return AnswerVerdict(True, f"Right, at {run.revision.name}.", run)
    return AnswerVerdict(False, f"Not at {run.revision.name}. {chosen.reply}", run)


def _check_choose(task: Choose, answer: object) -> AnswerVerdict:
    names = _names(answer, [option.name for option in task.options], "options")
    if len(names) != 1:
        return AnswerVerdict(False, "Choose one of the options.")
    if names[0] == task.solution:
        return AnswerVerdict(True, "Right.")
    chosen = next(option for option in task.options if option.name == names[0])
    return AnswerVerdict(False, f"No. {chosen.reply}")


def _check_script(task: ScriptTask, answer: object, revision: Revision | None) -> AnswerVerdict:
    lines = _lines(answer)
    actions = _interventions(task, lines)
    done = sum(one.action != WAIT for one in actions)
    if not done:
        return AnswerVerdict(False, "Nothing is done yet: choose an action.")
    run = _played(task.story, revision, *actions)
    missing = next((goal for goal in task.goals if not _all_hold([goal.claim], run)), None)
    if missing is not None:
        foreseen = next((w for w in task.wrong if w.when and _all_hold(w.when, run)), None)
        foreseen = next((w for w in task.wrong if w.answer == lines), foreseen)
        return AnswerVerdict(False, missing.missing if foreseen is None else foreseen.reply, run)
    if done > task.most:
        words = f"That does it, but in {done} actions; it can be done in {task.most}."
        return AnswerVerdict(False, words, run)
    return AnswerVerdict(True, f"Right: that does it at {run.revision.name}.", run)


def _lines(answer: object) -> tuple[str, ...]:
    found = answer.splitlines() if isinstance(answer, str) else answer
    if not isinstance(found, list | tuple) or not all(isinstance(line, str) for line in found):
        raise UserError(
            f"{short(answer)} is not a script; expected lines as '16 s: device_del core1'"
        )
    lines = tuple(current_words(line) for line in found if line.strip())
    if len(lines) > MAX_LINES:
        raise UserError(f"{len(lines)} lines are too many; at most {MAX_LINES}")
    return lines


def _interventions(task: ScriptTask, lines: tuple[str, ...]) -> tuple[Intervention, ...]:
    found: list[Intervention] = []
    for line in lines:
        time, colon, action = line.partition(":")
        if not colon:
            raise UserError(f"{short(line)} has no time; expected '16 s: device_del core1'")
        action = action.strip()
        if action not in (*task.menu, WAIT):
            raise UserError(
                f"{short(action)} is not one of the actions here: {', '.join(task.menu)}, {WAIT}"
            )
        one = Intervention(read_time(time[:40]), action)
        if found and one.at_ns < found[-1].at_ns:
            raise UserError(f"{short(line)} is before the line above it; write them in order")
        found.append(one)
    return tuple(found)


def _right_number(task: Number, revision: Revision | None, diffs: Diffs) -> Fraction:
    if task.measure.of_run is None or task.story is None:
        return Fraction(len(net_lines(*(diffs(name) for name in task.measure.of_diffs))))
    run = _played(task.story, revision)
    found = task.measure.of_run(run)
    if found is None:
        raise UserError(f"there is no such number at {run.revision.name}")
    return found


def _check_number(
    task: Number, answer: object, revision: Revision | None, diffs: Diffs
) -> AnswerVerdict:
    given = _number(answer)
    right = _right_number(task, revision, diffs)
    run = None if task.story is None else _played(task.story, revision)
    where = "" if run is None else f", at {run.revision.name}"
    if given == right:
        return AnswerVerdict(True, f"Right{where}: {_shown(right)} {task.unit}.", run)
    foreseen = next((w.reply for w in task.wrong if Fraction(w.answer[0]) == given), None)
    if foreseen is None:
        foreseen = "That is too small." if given < right else "That is too large."
    return AnswerVerdict(False, f"Not {_shown(given)} {task.unit}{where}. {foreseen}", run)


def _number(answer: object) -> Fraction:
    if type(answer) is int and abs(answer) < 10**12:
        return Fraction(answer)
    if type(answer) is float and abs(answer) < 1e12:  # false for a NaN
        return Fraction(str(answer))
    if isinstance(answer, Fraction):
        return answer
    text = answer.strip() if isinstance(answer, str) else ""
    if not _NUMBER.fullmatch(text):
        raise UserError(f"{short(answer)} is not a number; write it in digits, as 12 or -1.5")
    return Fraction(text.replace("−", "-").replace(",", "."))


def _shown(number: Fraction) -> str:
    return str(number) if number.denominator == 1 else f"{float(number):.6g}"


def _check_hunks(task: Hunks, answer: object, diffs: Diffs) -> AnswerVerdict:
    chosen = _names(answer, tuple(item.name for item in task.items), "parts")
    if not chosen:
        return AnswerVerdict(False, "Nothing is chosen yet: choose at least one.")
    right = belonging(task, diffs)
    for item in task.items:
        if (item.name in chosen) is not (item.name in right):
            wrong = item.name in chosen
            begin = "one that you chose does not belong" if wrong else "one is missing"
            return AnswerVerdict(False, f"Not yet: {begin}. {item.reply}")
    return AnswerVerdict(True, "Right.")


def _right_order(task: OrderTask, run: Run) -> tuple[str, ...]:
    known = {part.name for part in task.parts}
    found = (called(entry) for entry in run.trace)
    return tuple(dict.fromkeys(name for name in found if name in known))


def _check_order(task: OrderTask, answer: object, revision: Revision | None) -> AnswerVerdict:
    if isinstance(answer, set | frozenset):
        raise UserError("a set has no order; give a list")
    chosen = _names(answer, tuple(part.name for part in task.parts), "calls")
    if not chosen:
        return AnswerVerdict(False, "Nothing is chosen yet: choose what comes first.")
    run = _played(task.story, revision)
    right = _right_order(task, run)
    if chosen == right:
        return AnswerVerdict(True, f"Right, at {run.revision.name}.", run)
    foreseen = next((w.reply for w in task.wrong if w.answer == chosen), None)
    return AnswerVerdict(False, foreseen or _how_far(chosen, right), run)


def _how_far(chosen: tuple[str, ...], right: tuple[str, ...]) -> str:
    same = 0
    while chosen[same : same + 1] == right[same : same + 1] and same < len(chosen):
        same += 1
    if not same:
        return "The first one is not right yet."
    rest = "and something is missing" if same == len(chosen) else "no more"
    return f"The first {same} are right, {rest}."
