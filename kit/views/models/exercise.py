"""An exercise's card without a screen: the answer so far, and its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from traitlets import Bool, HasTraits, Instance, Int, Tuple, Unicode

from kit.common.errors import UserError
from kit.course.exercise import (
    Choose,
    Diffs,
    Exercise,
    ExerciseKind,
    Hunks,
    Number,
    OrderTask,
    Predict,
    ScriptTask,
)
from kit.course.exercises import AnswerVerdict, check, solution
from kit.course.progress import ExerciseStanding
from kit.machine.catalogue import find_revision
from kit.machine.clock import NS_PER_S
from kit.simulation.actions import WAIT, current_words
from kit.simulation.run import Run, play
from kit.trace.sentences import seconds

__all__ = ["ExerciseModel", "Keeping", "answer_words"]

MAX_STEPS = 20
_ASKED = {
    ExerciseKind.PREDICT: "Predict",
    ExerciseKind.SCRIPT: "Do it",
    ExerciseKind.NUMBER: "Work it out",
    ExerciseKind.HUNKS: "Judge the lines",
    ExerciseKind.ORDER: "Put in order",
    ExerciseKind.CHOOSE: "Choose",
}


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where progress is saved; each returns the exercise's progress after the change.

    Each may raise UserError. The card then shows that progress is not saved.
    """

    standing: Callable[[], ExerciseStanding]
    answered: Callable[[str | None, bool], ExerciseStanding]
    was_shown: Callable[[], ExerciseStanding]


class ExerciseModel(HasTraits):
    """An answer in progress. ``verdict`` is None before a check and after a change.

    ``chosen`` are names of choices, lines or calls. ``steps`` are a script's actions, as (time in
    ns, action), where a wait has the time at which it ends. ``typed`` is a number as typed.
    ``shown``: the learner has asked for the answer. ``hint`` describes the last action.
    """

    at = Unicode()
    chosen = Tuple()
    steps = Tuple()
    typed = Unicode()
    verdict = Instance(AnswerVerdict, allow_none=True)
    shown = Bool(False)
    hint = Unicode()
    standing = Instance(ExerciseStanding, ())
    passed_ns = Int(0)  # of the script, by waits
    not_kept = Unicode()  # why progress is not saved, if so

    def __init__(
        self, exercise: Exercise, diffs: Diffs | None = None, keeping: Keeping | None = None
    ) -> None:
        """Show *exercise*. *diffs* reads the commits in use, *keeping* saves progress."""
        super().__init__(at=exercise.at[0].name if exercise.at else "")
        self.exercise, self.diffs, self._keeping = exercise, diffs, keeping
        self._right_at: tuple[str, ...] = ()
        if keeping is not None:
            self._keep(keeping.standing)

    @property
    def asked(self) -> str:
        """What kind of answer is expected, in a few words."""
        return _ASKED[self.exercise.kind]

    @property
    def answer(self) -> object:
        """The answer so far, in the form that `check` takes."""
        if self.exercise.kind is ExerciseKind.NUMBER:
            task = self.exercise.task
            assert isinstance(task, Number)
            return self.typed.strip().removesuffix(task.unit).strip()
        if self.exercise.kind is not ExerciseKind.SCRIPT:
            return self.chosen
        steps = self.steps
        if not steps or self.passed_ns > steps[-1][0]:
            steps = (*steps, (self.passed_ns, WAIT))
        return tuple(f"{at_ns // 1_000_000} ms: {action}" for at_ns, action in steps)

    @property
    def run(self) -> Run | None:
        """The run to show: a script's once it is checked, else once the answer is known."""
        story = self.exercise.story
        if self.exercise.kind is ExerciseKind.SCRIPT or story is None:
            return None if self.verdict is None else self.verdict.run
        if not self.revealed:
            return None
        return play(story.scenario, find_revision(self.at), story.actions)

    @property
    def revealed(self) -> bool:
        """May the run be shown?"""
        return self.shown or (self.verdict is not None and self.verdict.right)

    @property
    def left(self) -> tuple[str, ...]:
        """The revisions that are still to be answered, where each has an answer of its own."""
        if self.exercise.kind not in (ExerciseKind.PREDICT, ExerciseKind.NUMBER):
            return ()
        solved = {*self.standing.solved_at, *self._right_at}
        return tuple(one.name for one in self.exercise.at if one.name not in solved)

    @property
    def explained(self) -> bool:
        """May the explanation be shown, which is about every revision?"""
        return self.revealed and (self.shown or not self.left)

    @property
    def solution(self) -> str:
        """The right answer in words."""
        try:
            found = solution(self.exercise, self.at or None, self.diffs)
        except UserError as error:
            return f"It cannot be found out: {error}."
        return answer_words(self.exercise, found)

    @property
    def done(self) -> tuple[str, ...]:
        """The actions or the order so far, in words."""
        if self.exercise.kind is ExerciseKind.ORDER:
            return tuple(map(dict(self.exercise.offered).__getitem__, self.chosen))
        return tuple(f"{seconds(at_ns)}: {action}" for at_ns, action in self.steps)

    @property
    def text(self) -> str:
        """The card as plain text: the question, and the possible answers."""
        one = self.exercise
        where = f" ({', '.join(at.name for at in one.at)})" if one.at else ""
        lines = [
            f"Exercise{f', lesson {one.lesson}' if one.lesson else ''}: {one.title}",
            f"{self.asked}{where}. {one.question}",
        ]
        lines += [f"- {says}" for _, says in one.offered]
        if isinstance(one.task, ScriptTask):
            lines += [f"- {action}" for action in one.task.menu]
        return "\n".join(lines)

    @property
    def place(self) -> dict[str, object]:
        """Where the learner is: the answer so far, whether it was checked, and what is shown."""
        return {
            "at": self.at,
            "chosen": list(self.chosen),
            "steps": [list(step) for step in self.steps],
            "typed": self.typed,
            "passed_ns": self.passed_ns,
            "checked": self.verdict is not None,
            "shown": self.shown,
        }

    def come_back(self, place: Mapping[str, Any]) -> None:
        """Come back to a place of another kernel; it is not one more try.

        Raises:
            KeyError: The place lacks something.
            TypeError: Something is of another type.
            ValueError: The place is one of another exercise.
        """
        steps = tuple((int(at_ns), current_words(str(text))) for at_ns, text in place["steps"])
        chosen, at = tuple(map(str, place["chosen"])), str(place["at"])
        task, places = self.exercise.task, [one.name for one in self.exercise.at] or [""]
        menu = task.menu if isinstance(task, ScriptTask) else ()
        acts = {action for _, action in steps} <= {*menu}
        if not acts or not {*chosen} <= dict(self.exercise.offered).keys() or at not in places:
            raise ValueError("a place of another exercise")
        with self.hold_trait_notifications():
            self._changed(at=at, chosen=chosen, steps=steps[:MAX_STEPS], typed=str(place["typed"]))
            self.passed_ns = min(max(int(place["passed_ns"]), 0), 3600 * NS_PER_S)
            self.shown = bool(place["shown"])
            if place["checked"] and not self._empty:
                self.verdict = check(self.exercise, self.answer, self.at or None, self.diffs)

    def choose(self, name: str) -> None:
        """Choose an answer, or unchoose it if several may be chosen."""
        if self.exercise.kind in (ExerciseKind.PREDICT, ExerciseKind.CHOOSE):
            self._changed(chosen=(name,))
        elif name in self.chosen:
            self._changed(chosen=tuple(one for one in self.chosen if one != name))
        else:
            self._changed(chosen=(*self.chosen, name))
        count = len(self.chosen)
        self.hint = "Chosen; press check." if count == 1 else f"{count} chosen; press check."

    def type(self, text: str) -> None:
        """Take a number as typed."""
        if text != self.typed:
            self._changed(typed=text)
            self.hint = f"You say {text}; press check." if text else ""

    def act(self, action: str) -> None:
        """Do an action of the menu at the script's current time."""
        if len(self.steps) >= MAX_STEPS:
            self.hint = f"That is enough: {MAX_STEPS} actions. Take some back."
            return
        self._changed(steps=(*self.steps, (self.passed_ns, action)))
        self.hint = f"{seconds(self.passed_ns)}: {action}."

    def pass_time(self, ns: int) -> None:
        """Let time pass in the script."""
        self._changed(passed_ns=min(self.passed_ns + ns, 3600 * NS_PER_S))
        self.hint = f"It is {seconds(self.passed_ns)}."

    def undo(self) -> None:
        """Undo the last step: time that passed since, an action, or a choice."""
        last_ns = self.steps[-1][0] if self.steps else 0
        if self.passed_ns > last_ns:
            self._changed(passed_ns=last_ns)
        elif self.steps:
            self._changed(steps=self.steps[:-1])
        elif self.chosen:
            self._changed(chosen=self.chosen[:-1])
        else:
            self.hint = "There is nothing to take back."

    def clear(self) -> None:
        """Start again."""
        self._changed(chosen=(), steps=(), typed="", passed_ns=0)
        self.shown = False

    def use(self, at: str) -> None:
        """Switch to another revision. A script stays, so that it can be tried there."""
        if at == self.at:
            return
        if self.exercise.kind is not ExerciseKind.SCRIPT:
            self._changed(chosen=(), typed="")
        self._changed(at=at)
        self.shown = False

    def _changed(self, **traits: object) -> None:
        self.verdict, self.hint = None, ""
        with self.hold_trait_notifications():
            for name, value in traits.items():
                setattr(self, name, value)

    def check(self) -> None:
        """Check the answer, and save the result."""
        if self.verdict is not None:
            return
        if self._empty:
            self.hint = f"There is no answer yet. {self.asked}, then press check."
            return
        at = self.at or None
        found = check(self.exercise, self.answer, at, self.diffs)
        if found.right:
            self._right_at = (*self._right_at, self.at)
        with self.hold_trait_notifications():
            self.hint, self.verdict = "", found
        keeping = self._keeping
        if keeping is not None:
            self._keep(lambda: keeping.answered(at, found.right))
        if found.right:
            self.hint = f"And at {self.left[0]}?" if self.left else ""

    @property
    def _empty(self) -> bool:
        """Has nothing been answered yet?"""
        return not (self.chosen or self.steps or self.typed.strip() or self.passed_ns)

    def show(self) -> None:
        """Show the answer and its explanation, instead of what stood there."""
        if self.shown:
            return
        if self.verdict is not None and not self.verdict.right:
            self.verdict = None
        self.hint = "The answer stands below."
        self.shown, keeping = True, self._keeping
        if keeping is not None and not self.standing.solved:
            self._keep(keeping.was_shown)

    def _keep(self, note: Callable[[], ExerciseStanding]) -> None:
        try:
            standing = note()
        except UserError as error:
            self.not_kept = str(error)
        else:
            self.not_kept, self.standing = "", standing


def answer_words(exercise: Exercise, answer: object) -> str:
    """Return an answer, as `solution` gives it, in the words of the exercise."""
    match exercise.task:
        case Predict() | Choose():
            return dict(exercise.offered)[str(answer)]
        case Number(unit=unit):
            assert isinstance(answer, Fraction)
            return f"{float(answer):.7g} {unit}"
        case ScriptTask():
            return "; ".join(map(str, exercise.task.solution))
        case Hunks():
            return "; ".join(says for name, says in exercise.offered if name in _names(answer))
        case OrderTask():
            words = dict(exercise.offered)
            return ", then ".join(words[name].partition(":")[0] for name in _names(answer))


def _names(found: object) -> tuple[str, ...]:
    return tuple(map(str, found)) if isinstance(found, tuple) else ()
