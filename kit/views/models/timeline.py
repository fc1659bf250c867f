"""What player and sandbox share without a screen: the current place, revisions, and undo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from traitlets import HasTraits, Instance, Unicode

from kit.machine.catalogue import CATALOGUE, EVERY_RELEASE, find_revision
from kit.machine.revision import Revision
from kit.simulation.knowledge import Knowledge, knowledge
from kit.simulation.run import Run
from kit.simulation.scenario import Scenario
from kit.simulation.timeline import Timeline
from kit.simulation.token import token_of

__all__ = ["CHOICES", "TimelineModel", "choices_of", "said_once"]

T = TypeVar("T")

CHOICES: tuple[Revision, ...] = CATALOGUE + EVERY_RELEASE
"""The revisions one can step through, oldest first."""


def choices_of(scenario: Scenario, *present: Revision) -> tuple[Revision, ...]:
    """Return the revisions that a scenario can be stepped through, oldest first.

    Revisions that are only in the scenario's comparisons, or in *present*, come last.
    """
    named = [find_revision(name) for pair in scenario.compare for name in pair]
    found = dict.fromkeys((*CHOICES, *named, *present))
    return tuple(revision for revision in found if revision.board in scenario.setup.boards)


def said_once(found: Sequence[tuple[str, T]]) -> tuple[tuple[str, T], ...]:
    """Return what each side says with the side's name, or once, ("", …), if all say the same."""
    same = all(words == found[0][1] for _, words in found)
    return (("", found[0][1]),) if same else tuple(found)


class TimelineModel(HasTraits):
    """The current place in a run or a pair. ``hint`` explains why a click did nothing.

    `done` records each action of the learner, and `undo` takes it back together with what it had
    dropped.
    """

    timeline = Instance(Timeline)
    hint = Unicode()

    def __init__(self, timeline: Timeline) -> None:
        super().__init__(timeline=timeline)
        self._past: tuple[tuple[Timeline, tuple[object, ...]], ...] = ()
        self._clicks: tuple[object, ...] = ()  # what a subclass remembers of an action
        self._choices = choices_of(self.scenario, *(run.revision for run in timeline.runs))

    @property
    def scenario(self) -> Scenario:
        """The scenario that is played."""
        return self.timeline.runs[0].scenario

    @property
    def sides(self) -> tuple[tuple[str, Run], ...]:
        """Each run with its side: "before" and "after", or "at" for a single run."""
        names = ("before", "after") if len(self.timeline.runs) == 2 else ("at",)
        return tuple(zip(names, self.timeline.runs, strict=True))

    @property
    def count(self) -> int:
        """The number of places after the start."""
        return len(self.timeline.stops)

    @property
    def at_the_end(self) -> bool:
        """Is the current place the last one?"""
        here = self.timeline
        return here.place == self.count - 1 and here.at_ns == here.end_ns

    @property
    def token(self) -> str:
        """The run or the pair as one word, for `kit open`."""
        return token_of(self.timeline.played)

    @property
    def knowledge(self) -> tuple[tuple[Knowledge, ...], ...]:
        """Who believes what at the current place, for each run and device."""
        here = self.timeline
        return tuple(knowledge(run, seq) for run, seq in zip(here.runs, here.seqs, strict=True))

    def go(self, place: int) -> None:
        """Go to a place: 0 is the first event, -1 the start."""
        self.hint, self.timeline = "", self.timeline.go(place)

    def choose(self, *labels: str) -> None:
        """Play the same at other revisions, as many as there are runs."""
        self.play_at(*map(find_revision, labels))

    def play_at(self, *revisions: Revision) -> None:
        """Play the same at other revisions, a real QEMU's among them or not."""
        if revisions != tuple(run.revision for run in self.timeline.runs):
            self.timeline = self.timeline.at_revisions(*revisions)

    def move(self, side: str, steps: int) -> None:
        """Choose another revision for a side ("before", "after", "at"): later if *steps* > 0."""
        names = [name for name, _ in self.sides]
        chosen = [run.revision for run in self.timeline.runs]
        number = names.index(side)
        # a real QEMU is where its revision is
        place = [one.name for one in self._choices].index(chosen[number].name) + steps
        if 0 <= place < len(self._choices):
            self.hint = ""
            chosen[number] = self._choices[place]
            self.play_at(*chosen)
        else:
            end = "first" if steps < 0 else "last"
            self.hint = f"{chosen[number].name} is the {end} revision there is."

    def done(self, there: Timeline, clicks: tuple[object, ...] = ()) -> None:
        """Record an action of the learner, which `undo` takes back."""
        self._past = (*self._past, (self.timeline, self._clicks))
        self._clicks, self.hint = clicks, ""
        self.timeline = there

    def undo(self) -> None:
        """Undo the last action, and restore what it had dropped."""
        if not self._past:
            self.hint = "There is nothing to undo."
            return
        there, self._clicks = self._past[-1]
        self._past = self._past[:-1]
        self.hint = ""
        self.timeline = self._now(there)

    def reset(self) -> None:
        """Undo everything, and go to the start."""
        if not self._past:
            self.hint = "Nothing was done that could be taken back."
            return
        there, self._clicks = self._past[0]
        self._past, self.hint = (), ""
        self.timeline = self._now(there).first()

    def _now(self, there: Timeline) -> Timeline:
        """Return a timeline of the past at the revisions that are chosen now."""
        chosen = tuple(run.revision for run in self.timeline.runs)
        if chosen == tuple(run.revision for run in there.runs):
            return there
        return there.at_revisions(*chosen)
