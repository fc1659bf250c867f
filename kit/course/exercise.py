"""Define an exercise: a question, and how its answer is computed from a run or from commits.

`kit.course.exercises` never trusts a written answer: it plays the run, or reads the commits, and
compares.  The written solution is there to be tested.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from kit.git.values.commit import FileDiff
from kit.machine.requests import Device
from kit.machine.revision import Revision
from kit.simulation.expectations import Claim
from kit.simulation.run import Intervention, Run
from kit.simulation.scenario import Scenario

__all__ = [
    "HINTS",
    "LESSONS",
    "Choose",
    "ChooseOption",
    "Diffs",
    "Exercise",
    "ExerciseKind",
    "ExerciseStory",
    "Goal",
    "Hunks",
    "Item",
    "ItemRule",
    "Measure",
    "Number",
    "OrderPart",
    "OrderTask",
    "OutcomeChoice",
    "Predict",
    "ScriptTask",
    "Task",
    "Wrong",
]

HINTS = ("A hint", "Another hint", "Nearly there")
"""The names of an exercise's three hints, from general to specific."""

LESSONS = tuple(f"{number:02}" for number in range(1, 14))
"""The numbers of the lessons that have exercises."""

Diffs = Callable[[str], tuple[FileDiff, ...]]
"""Returns the diff of a revision's commit, from the history in use; raises UserError."""


class ExerciseKind(Enum):
    """What the learner does."""

    PREDICT = "predict"
    SCRIPT = "script"
    NUMBER = "number"
    HUNKS = "hunks"
    ORDER = "order"
    CHOOSE = "choose"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseStory:
    """What is played: a scenario, actions beside its script, and the revisions.

    A card begins with the first revision of ``at``.
    """

    scenario: Scenario
    at: tuple[Revision, ...]
    actions: tuple[Intervention, ...] = ()

    @property
    def devices(self) -> tuple[Device, ...]:
        """The scenario's devices."""
        return self.scenario.setup.devices


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A wrong answer that the author foresaw, and the reply to it.

    ``when`` are claims: every script in whose run they all hold gets the reply.
    """

    answer: tuple[str, ...]
    reply: str
    when: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeChoice:
    """An outcome to choose: right where all of its claims hold; else the card shows ``reply``."""

    name: str
    says: str
    reply: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Predict:
    """Choose the outcome of a run; ``solution`` names the choice for each revision's label."""

    story: ExerciseStory
    choices: tuple[OutcomeChoice, ...]
    solution: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What must hold in the learner's run, and the reply if it does not."""

    claim: Claim
    missing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptTask:
    """Make the goals hold in a run, with at most ``most`` actions of a menu."""

    story: ExerciseStory
    goals: tuple[Goal, ...]
    most: int
    menu: tuple[str, ...]
    waits_ns: tuple[int, ...]
    solution: tuple[str, ...]
    wrong: tuple[Wrong, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Which number is asked for: of a run, or of the diffs of some commits together."""

    of_run: Callable[[Run], Fraction | None] | None = None
    of_diffs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """Name a number; ``solution`` has it for each revision's label, or for "" without a run."""

    measure: Measure
    unit: str
    solution: Mapping[str, Fraction]
    wrong: tuple[Wrong, ...]
    story: ExerciseStory | None = None


class ItemRule(Enum):
    """What decides whether an item belongs to the answer; see `kit.course.diffs`."""

    IS_THERE = "is there"
    UNDOES = "undoes"
    CAN_BE_LEFT_OUT = "can be left out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Lines of a commit to judge, found by their file and, if given, an identifier.

    The card shows ``reply`` if the learner judged them wrongly, either way.
    """

    name: str
    says: str
    commit: str
    file: str
    identifier: str
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunks:
    """Choose the lines of a diff for which a rule holds; ``of`` is the commit of the rule."""

    rule: ItemRule
    of: str
    items: tuple[Item, ...]
    solution: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPart:
    """A call or an event to put in its place; `kit.course.calls` defines ``name``."""

    name: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTask:
    """Put calls in the order of a run, leaving out those that do not happen."""

    story: ExerciseStory
    parts: tuple[OrderPart, ...]
    solution: tuple[str, ...]
    wrong: tuple[Wrong, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseOption:
    """An answer to choose, and the reply to it if it is wrong."""

    name: str
    says: str
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choose:
    """Choose what a history says; ``solution`` is found in it (`kit.course.history_questions`)."""

    options: tuple[ChooseOption, ...]
    solution: str


Task = Predict | ScriptTask | Number | Hunks | OrderTask | Choose
_KINDS: Mapping[type[Task], ExerciseKind] = {
    Predict: ExerciseKind.PREDICT,
    ScriptTask: ExerciseKind.SCRIPT,
    Number: ExerciseKind.NUMBER,
    Hunks: ExerciseKind.HUNKS,
    OrderTask: ExerciseKind.ORDER,
    Choose: ExerciseKind.CHOOSE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """A question of a lesson, with three hints, each closer to the answer.

    ``lesson`` is one of the `LESSONS`, or empty in a lesson that `kit new` made.
    """

    name: str
    title: str
    lesson: str
    question: str
    hints: tuple[str, ...]
    explanation: str
    task: Task

    @property
    def kind(self) -> ExerciseKind:
        """What the learner does."""
        return _KINDS[type(self.task)]

    @property
    def story(self) -> ExerciseStory | None:
        """What is played; None if nothing is."""
        return None if isinstance(self.task, Hunks | Choose) else self.task.story

    @property
    def at(self) -> tuple[Revision, ...]:
        """The revisions that the question is about; none if nothing is played."""
        return () if self.story is None else self.story.at

    @property
    def offered(self) -> tuple[tuple[str, str], ...]:
        """What an answer is chosen from, as (name, words); none for a number or a script."""
        parts: tuple[OutcomeChoice | ChooseOption | Item | OrderPart, ...] = ()
        match self.task:
            case Predict(choices=parts) | Choose(options=parts):
                pass
            case Hunks(items=parts) | OrderTask(parts=parts):
                pass
        return tuple((one.name, one.says) for one in parts)
