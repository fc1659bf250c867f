"""What player and sandbox share without a screen: the current place, and moving through a run."""

from __future__ import annotations

from traitlets import HasTraits, Instance, Unicode

from kit.actors.messages import Actor
from kit.machine.catalogue import CATALOGUE, EVERY_RELEASE, find_revision
from kit.machine.clock import NS_PER_S
from kit.machine.revision import Revision
from kit.simulation.knowledge import Knowledge, knowledge
from kit.simulation.run import Run
from kit.simulation.scenario import Scenario
from kit.simulation.timeline import Timeline
from kit.simulation.token import token_of
from kit.trace.sentences import seconds

__all__ = ["CHOICES", "TimelineModel", "choices_of"]

CHOICES: tuple[Revision, ...] = CATALOGUE + EVERY_RELEASE
"""The revisions one can step through, oldest first."""


def choices_of(scenario: Scenario, *present: Revision) -> tuple[Revision, ...]:
    """Return the revisions that a scenario can be stepped through, oldest first.

    Revisions that are only in the scenario's comparisons, or in *present*, come last.
    """
    named = [find_revision(name) for pair in scenario.compare for name in pair]
    found = dict.fromkeys((*CHOICES, *named, *present))
    return tuple(revision for revision in found if revision.board in scenario.setup.boards)


class TimelineModel(HasTraits):
    """The current place in a run or a pair. ``hint`` explains why a click did nothing.

    Moving through a run does not change it. `done` records each action of the learner, and `undo`
    takes it back together with what it had dropped.
    """

    timeline = Instance(Timeline)
    hint = Unicode()

    def __init__(self, timeline: Timeline) -> None:
        """Start where *timeline* is."""
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

    def first(self) -> None:
        """Go before the first event."""
        self._go(self.timeline.first(), "This is the start: nothing has happened yet.")

    def back(self) -> None:
        """Go one event back."""
        self._go(self.timeline.back(), "This is the start: nothing has happened yet.")

    def next(self) -> None:
        """Go one event on."""
        here = self.timeline
        end = f"No event comes after this; the run ends at {seconds(here.end_ns)}."
        self._go(here.next() if here.place < self.count - 1 else here, end)

    def last(self) -> None:
        """Go to the end."""
        end = f"This is the end, {seconds(self.timeline.end_ns)}."
        self._go(self.timeline.last(), end)

    def go(self, place: int) -> None:
        """Go to a place: 0 is the first event, -1 the start."""
        self._go(self.timeline.go(place), "")

    def seek(self, at_s: float) -> None:
        """Go to a time in s, after everything that is due then."""
        self._go(self.timeline.seek(round(at_s * NS_PER_S)), "")

    def next_of(self, actor: Actor) -> None:
        """Go to the next event that *actor* sends or receives."""
        names = {Actor.OPERATOR: "The operator", Actor.GUEST: "The guest", Actor.QEMU: "QEMU"}
        who = names.get(actor, actor.value)
        self._go(self.timeline.next_of(actor), f"{who} sends and receives nothing after this.")

    def next_difference(self) -> None:
        """Go to the next event that only one of the runs has."""
        here = self.timeline
        there = here.next_difference()
        if there is not here:
            words = ""
        elif len(here.runs) == 1:
            words = "There is one run here; nothing to compare it with."
        elif not any(stop.differs for stop in here.stops):
            words = "Both runs are the same."
        else:
            first = next(n for n, stop in enumerate(here.stops, 1) if stop.differs)
            words = f"No difference comes after this; the first one is event {first}."
        self._go(there, words)

    def _go(self, there: Timeline, or_else: str) -> None:
        """Go to a place; give the hint *or_else* if that is the current one."""
        stays = there.place == self.timeline.place and there.at_ns == self.timeline.at_ns
        self.hint = or_else if stays else ""
        if not stays:
            self.timeline = there

    def choose(self, *labels: str) -> None:
        """Play the same at other revisions, as many as there are runs."""
        self.play_at(*(find_revision(label) for label in labels))

    def play_at(self, *revisions: Revision) -> None:
        """Play the same at other revisions, a real QEMU's among them or not."""
        if revisions != tuple(run.revision for run in self.timeline.runs):
            self.timeline = self.timeline.at_revisions(*revisions)

    def move(self, side: str, steps: int) -> None:
        """Choose another revision for a side ("before", "after", "at"): later if *steps* > 0."""
        names = [name for name, _ in self.sides]
        chosen = [run.revision for run in self.timeline.runs]
        number = names.index(side)
        place = self._place_of(chosen[number]) + steps
        if 0 <= place < len(self._choices):
            self.hint = ""
            chosen[number] = self._choices[place]
            self.play_at(*chosen)
        else:
            end = "first" if steps < 0 else "last"
            self.hint = f"{chosen[number].name} is the {end} revision there is."

    def _place_of(self, revision: Revision) -> int:
        """Return where a revision is among the choices; a real QEMU is where its revision is."""
        names = [choice.name for choice in self._choices]
        return names.index(revision.name)

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
