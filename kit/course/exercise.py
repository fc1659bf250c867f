"""What an exercise is: a question, and how its answer is found out by playing or by reading.

No exercise holds an answer that is believed: `kit.course.exercises` plays the run, or reads the
commits in use, and compares.  The solution that is written down is there to be tested.
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

Diffs = Callable[[str], tuple[FileDiff, ...]]
"""Returns what the commit of a revision changes, from the clone in use; raises UserError."""


class ExerciseKind(Enum):
    """What is asked of the learner."""

    PREDICT = "predict"
    SCRIPT = "script"
    NUMBER = "number"
    HUNKS = "hunks"
    ORDER = "order"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseStory:
    """What is played: a scenario, what is done in it beside its script, and where it is asked.

    ``at``: the revisions, the first of which a card begins with.
    """

    scenario: Scenario
    at: tuple[Revision, ...]
    actions: tuple[Intervention, ...] = ()

    @property
    def devices(self) -> tuple[Device, ...]:
        """The cast's devices."""
        return self.scenario.setup.devices


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A wrong answer that is foreseen, and what is said to it.

    ``when``: claims; the reply is given to every script whose run they all hold of.
    """

    answer: tuple[str, ...]
    reply: str
    when: tuple[Claim, ...] = ()


# -- the kinds -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeChoice:
    """An outcome to choose: right where all of its claims hold; ``reply`` is said elsewhere."""

    name: str
    says: str
    reply: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Predict:
    """Choose what comes of a run; ``solution``: the choice's name at each revision's label."""

    story: ExerciseStory
    choices: tuple[OutcomeChoice, ...]
    solution: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What must hold of the learner's run, and what is said where it does not."""

    claim: Claim
    missing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptTask:
    """Do something in a run so that the goals hold, with at most so many actions of a menu."""

    story: ExerciseStory
    goals: tuple[Goal, ...]
    most: int
    menu: tuple[str, ...]
    waits_ns: tuple[int, ...]
    solution: tuple[str, ...]
    wrong: tuple[Wrong, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What number of a run is asked for, or of the diffs of some commits together."""

    of_run: Callable[[Run], Fraction | None] | None = None
    of_diffs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """Name a number; ``solution``: at each revision's label, or at "" where none is played."""

    measure: Measure
    unit: str
    solution: Mapping[str, Fraction]
    wrong: tuple[Wrong, ...]
    story: ExerciseStory | None = None


class ItemRule(Enum):
    """How it is found out of an item whether it belongs to the answer; see `kit.course.diffs`."""

    IS_THERE = "is there"
    UNDOES = "undoes"
    CAN_BE_LEFT_OUT = "can be left out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Lines of a commit to judge, told by their file and, if that is not enough, an identifier.

    ``reply`` is said where it was judged wrongly, whichever way.
    """

    name: str
    says: str
    commit: str
    file: str
    identifier: str
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunks:
    """Choose those lines of a diff that a rule holds of; ``of``: the commit that it is about."""

    rule: ItemRule
    of: str
    items: tuple[Item, ...]
    solution: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPart:
    """A call or an event that is to be put in its place; ``name`` is that of `kit.course.calls`."""

    name: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTask:
    """Put calls in the order of a run; one that the run has not got is to be left out."""

    story: ExerciseStory
    parts: tuple[OrderPart, ...]
    solution: tuple[str, ...]
    wrong: tuple[Wrong, ...]


Task = Predict | ScriptTask | Number | Hunks | OrderTask
_KINDS: Mapping[type[Task], ExerciseKind] = {
    Predict: ExerciseKind.PREDICT,
    ScriptTask: ExerciseKind.SCRIPT,
    Number: ExerciseKind.NUMBER,
    Hunks: ExerciseKind.HUNKS,
    OrderTask: ExerciseKind.ORDER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """A question of a lesson, ``01`` to ``12``, with three hints from general to nearly there."""

    name: str
    title: str
    lesson: str
    question: str
    hints: tuple[str, ...]
    explanation: str
    task: Task

    @property
    def kind(self) -> ExerciseKind:
        """What is asked."""
        return _KINDS[type(self.task)]

    @property
    def story(self) -> ExerciseStory | None:
        """What is played, if anything is."""
        return None if isinstance(self.task, Hunks) else self.task.story

    @property
    def at(self) -> tuple[Revision, ...]:
        """The revisions that it is asked at; none where nothing is played."""
        return () if self.story is None else self.story.at
