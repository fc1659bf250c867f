"""What a player and the sandbox have in common without a screen: where one stands, and going on."""

from __future__ import annotations

from traitlets import HasTraits, Instance, Unicode

from kit.actors.messages import Actor
from kit.machine.catalogue import CATALOGUE, EVERY_RELEASE, find_revision
from kit.machine.clock import NS_PER_S
from kit.machine.revision import Board, Revision
from kit.simulation.knowledge import Knowledge, knowledge
from kit.simulation.run import Run
from kit.simulation.scenario import Scenario
from kit.simulation.timeline import Timeline
from kit.simulation.token import token_of
from kit.trace.sentences import seconds

__all__ = [
    "CHOICES",
    "TimelineModel",
    "choices_of",
]

CHOICES: tuple[Revision, ...] = CATALOGUE + EVERY_RELEASE
"""The revisions one can step through, oldest first."""


def choices_of(scenario: Scenario, *present: Revision) -> tuple[Revision, ...]:
    """Return the revisions that a scenario can be stepped through, oldest first.

    Those that only the scenario's comparisons name, or that are *present*, stand at the end.
    """
    named = [find_revision(name) for pair in scenario.compare for name in pair]
    usual = CHOICES if Board.PSERIES in scenario.setup.boards else ()
    found = dict.fromkeys((*usual, *named, *present))
    return tuple(revision for revision in found if revision.board in scenario.setup.boards)


class TimelineModel(HasTraits):
    """Where one stands in a run or a pair; ``hint`` says why a click did nothing, else it is empty.

    Going about changes nothing of the run; what a person does is put on a pile by `done`, from
    which `undo` takes it back, with what it had dropped.
    """

    timeline = Instance(Timeline)
    hint = Unicode()

    def __init__(self, timeline: Timeline) -> None:
        """Stand where *timeline* does."""
        super().__init__(timeline=timeline)
        self._past: tuple[tuple[Timeline, tuple[object, ...]], ...] = ()
        self._clicks: tuple[object, ...] = ()  # what a subclass remembers of them
        self._choices = choices_of(self.scenario, *(run.revision for run in timeline.runs))

    # -- what there is -------------------------------------------------------------------------

    @property
    def scenario(self) -> Scenario:
        """What is played."""
        return self.timeline.runs[0].scenario

    @property
    def sides(self) -> tuple[tuple[str, Run], ...]:
        """Each run with what it is called: "before" and "after", or "at" where there is one."""
        names = ("before", "after") if len(self.timeline.runs) == 2 else ("at",)
        return tuple(zip(names, self.timeline.runs, strict=True))

    @property
    def count(self) -> int:
        """How many places there are after the start."""
        return len(self.timeline.stops)

    @property
    def at_the_end(self) -> bool:
        """Does nothing come after where one stands?"""
        here = self.timeline
        return here.place == self.count - 1 and here.at_ns == here.end_ns

    @property
    def token(self) -> str:
        """The run or the pair as one word, for `kit open`."""
        return token_of(self.timeline.played)

    @property
    def knowledge(self) -> tuple[tuple[Knowledge, ...], ...]:
        """Who knows what where one stands, for each run and device."""
        here = self.timeline
        return tuple(knowledge(run, seq) for run, seq in zip(here.runs, here.seqs, strict=True))

    # -- going about ---------------------------------------------------------------------------

    def first(self) -> None:
        """Stand before the first event."""
        self._go(self.timeline.first(), "This is the start: nothing has happened yet.")

    def back(self) -> None:
        """Stand one event earlier."""
        self._go(self.timeline.back(), "This is the start: nothing has happened yet.")

    def next(self) -> None:
        """Stand one event later."""
        here = self.timeline
        end = f"No event comes after this; the run ends at {seconds(here.end_ns)}."
        self._go(here.next() if here.place < self.count - 1 else here, end)

    def last(self) -> None:
        """Stand at the end."""
        end = f"This is the end, {seconds(self.timeline.end_ns)}."
        self._go(self.timeline.last(), end)

    def go(self, place: int) -> None:
        """Stand at a place: 0 is the first event, -1 the start."""
        self._go(self.timeline.go(place), "")

    def seek(self, at_s: float) -> None:
        """Stand at a time in s, when all that is due then has happened."""
        self._go(self.timeline.seek(round(at_s * NS_PER_S)), "")

    def next_of(self, actor: Actor) -> None:
        """Stand at the next event that *actor* says or hears."""
        names = {Actor.OPERATOR: "The operator", Actor.GUEST: "The guest", Actor.QEMU: "QEMU"}
        who = names.get(actor, actor.value)
        self._go(self.timeline.next_of(actor), f"{who} says and hears nothing after this.")

    def next_difference(self) -> None:
        """Stand at the next event that only one of the runs has."""
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
        """Stand there; say *or_else* where that is where one stood."""
        stays = there.place == self.timeline.place and there.at_ns == self.timeline.at_ns
        self.hint = or_else if stays else ""
        if not stays:
            self.timeline = there

    # -- revisions -----------------------------------------------------------------------------

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
        """Where a revision stands among the choices; a real QEMU's stands where its like does."""
        names = [choice.name for choice in self._choices]
        return names.index(revision.name)

    # -- doing and undoing ---------------------------------------------------------------------

    def done(self, there: Timeline, clicks: tuple[object, ...] = ()) -> None:
        """Stand there by something that a person did, which `undo` takes back."""
        self._past = (*self._past, (self.timeline, self._clicks))
        self._clicks, self.hint = clicks, ""
        self.timeline = there

    def undo(self) -> None:
        """Take back what was done last; what it had dropped is there again."""
        if not self._past:
            self.hint = "There is nothing to undo."
            return
        there, self._clicks = self._past[-1]
        self._past = self._past[:-1]
        self.hint = ""
        self.timeline = self._now(there)

    def reset(self) -> None:
        """Take back everything, and stand at the start."""
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
