"""Move in a run, or in two runs at once: to an event, to a time, to the first difference.

A timeline is at a place; moving makes another timeline.  An intervention forks: what came after
that place is played anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from kit.common.errors import UserError
from kit.machine.clock import NS_PER_MS
from kit.machine.revision import Revision
from kit.simulation.actions import current_words
from kit.simulation.run import Intervention, Pair, Run, of_side, play
from kit.simulation.scenario import Scenario
from kit.trace.entry import TraceEntry

__all__ = ["Player", "Timeline", "TimelineStop", "merged", "stops"]

Player = Callable[[Scenario, Revision, tuple[Intervention, ...]], Run]
"""Plays a scenario at a revision; one that is a real QEMU's may be played on it."""


@dataclass(frozen=True, slots=True)
class TimelineStop:
    """A place in a run: after an entry of it, or of both runs of a pair.

    ``seqs`` are the last entry so far of each run, -1 before the first; ``moved`` is which of
    the runs has an entry here.
    """

    at_ns: int
    seqs: tuple[int, ...]
    moved: tuple[bool, ...]

    @property
    def differs(self) -> bool:
        """Does only one run of a pair have an entry here?"""
        return not all(self.moved)


def stops(runs: tuple[Run, ...]) -> tuple[TimelineStop, ...]:
    """Return the places of one run or of two, in the order of time; equal entries are one place."""
    if len(runs) == 1:
        return tuple(TimelineStop(entry.at_ns, (entry.seq,), (True,)) for entry in runs[0].trace)
    return merged(*([(e.at_ns, (e.src, e.dst, e.message)) for e in run.trace] for run in runs))


_Item = tuple[int, object]


def merged(before: Sequence[_Item], after: Sequence[_Item]) -> tuple[TimelineStop, ...]:
    """Return the places of two sequences of (time in ns, content), each in the order of time."""
    found: list[TimelineStop] = []
    i = j = 0
    while i < len(before) or j < len(after):
        moved = _who_moves(before[i:], after[j:])
        i, j = i + moved[0], j + moved[1]
        at_ns, _ = before[i - 1] if moved[0] else after[j - 1]
        found.append(TimelineStop(at_ns, (i - 1, j - 1), moved))
    return tuple(found)


def _who_moves(before: Sequence[_Item], after: Sequence[_Item]) -> tuple[bool, bool]:
    """Return which sequence has the next item: both, where it is the same at the same time."""
    if not before or not after:
        return bool(before), bool(after)
    (our_ns, _), (their_ns, _) = before[0], after[0]
    if our_ns != their_ns:
        return our_ns < their_ns, their_ns < our_ns
    if before[0] == after[0]:
        return True, True
    meanwhile = takewhile(lambda item: item[0] == our_ns, after)
    return (False, True) if before[0] in meanwhile else (True, False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A place in a run or a pair.

    ``place`` is an index of `stops`, -1 before the first; ``at_ns`` is the wall clock there, from
    the time of that place to the time of the next.  ``player`` plays a fork, from its start.
    """

    played: Run | Pair
    place: int = -1
    at_ns: int = 0
    player: Player = play

    @property
    def runs(self) -> tuple[Run, ...]:
        """The run, or before and after."""
        return self.played.runs

    @property
    def stops(self) -> tuple[TimelineStop, ...]:
        """All places, in the order of time."""
        return stops(self.runs)

    @property
    def seqs(self) -> tuple[int, ...]:
        """The last entry so far of each run, -1 where there is none yet."""
        return self.stops[self.place].seqs if self.place >= 0 else (-1,) * len(self.runs)

    @property
    def entries(self) -> tuple[TraceEntry | None, ...]:
        """The entry that each run has at this place, None where it has none."""
        if self.place < 0:
            return (None,) * len(self.runs)
        stop = self.stops[self.place]
        return tuple(
            run.trace[seq] if moved else None
            for run, seq, moved in zip(self.runs, stop.seqs, stop.moved, strict=True)
        )

    @property
    def end_ns(self) -> int:
        """Where the runs end, by the wall clock."""
        return max(run.now_ns for run in self.runs)

    def go(self, place: int) -> Timeline:
        """Go to *place*: -1 is before the first; beyond the last means the last."""
        found = self.stops
        place = min(max(place, -1), len(found) - 1)
        return replace(self, place=place, at_ns=found[place].at_ns if place >= 0 else 0)

    def first(self) -> Timeline:
        """Go before the first event."""
        return self.go(-1)

    def last(self) -> Timeline:
        """Go to the end of the runs."""
        return self.seek(self.end_ns)

    def seek(self, at_ns: int) -> Timeline:
        """Go to a time of the wall clock, after all that is due then."""
        at_ns = min(max(at_ns, 0), self.end_ns)
        at_ns -= at_ns % NS_PER_MS  # nothing can be done between two milliseconds
        place = sum(stop.at_ns <= at_ns for stop in self.stops) - 1
        return replace(self, place=place, at_ns=at_ns)

    def first_difference(self) -> Timeline:
        """Go to the first event that only one of the runs has; stay if there is none."""
        place = next((n for n, stop in enumerate(self.stops) if stop.differs), None)
        return self if place is None else self.go(place)

    def fork(self, action: str) -> Timeline:
        """Do *action* here, drop all later interventions, and go to the first effect.

        Raises:
            UserError: It is not an action, or the time here is not a whole millisecond.
        """
        if self.at_ns % NS_PER_MS:
            raise UserError(f"{self.at_ns} ns is not a whole millisecond; go to another event")
        made = Intervention(self.at_ns, current_words(action), self._here())
        there = replace(self, played=self._played((*self._made_so_far(), made)))
        return there._at_the_last()

    def _at_the_last(self) -> Timeline:
        """Go to the effect of the last intervention, or to where it was made if it has none."""
        for place, stop in enumerate(self.stops):
            sides = zip(self.runs, stop.seqs, stop.moved, strict=True)
            if any(moved and seq == run.made[-1] for run, seq, moved in sides):
                there = self.go(place)
                return there if there.at_ns == self.at_ns else self.seek(self.at_ns)
        return self.seek(self.at_ns)

    def wait(self, until_ns: int) -> Timeline:
        """Let time pass until *until_ns*, and drop all later interventions."""
        kept = self._made_so_far()
        forked = self._played((*kept, Intervention(until_ns, "wait")))
        return replace(self, played=forked).seek(until_ns)

    def at_revisions(self, *revisions: Revision) -> Timeline:
        """Play the same at one or two other revisions, and go to the same time."""
        played = self._played(self.interventions, *revisions)
        return replace(self, played=played).seek(self.at_ns)

    def undo(self) -> Timeline:
        """Drop the last intervention, and go to where it was made, if the run still gets there."""
        if not self.interventions:
            return self
        *kept, last = self.interventions
        there = replace(self, played=self._played(tuple(kept)))
        return there.seek(min(self.at_ns, last.at_ns))

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        """What a person did so far."""
        return self.played.interventions

    def _made_so_far(self) -> tuple[Intervention, ...]:
        seqs = zip(self.runs, self.seqs, strict=True)
        count = max(
            sum(self._is_made(run, n, seq) for n in range(len(run.made))) for run, seq in seqs
        )
        return self.interventions[:count]

    def _is_made(self, run: Run, number: int, seq: int) -> bool:
        """Was an intervention made at or before entry *seq*?  Time that passed has no entry."""
        if run.made[number] <= seq:
            return True
        one = run.interventions[number]
        return one.action == "wait" and one.at_ns <= self.at_ns and run.made[number] <= seq + 1

    def _played(self, interventions: tuple[Intervention, ...], *revisions: Revision) -> Run | Pair:
        """Return the run or pair played anew, at other revisions if any are given."""
        scenario = self.runs[0].scenario
        chosen = revisions or tuple(run.revision for run in self.runs)
        if len(chosen) == 1:
            return self.player(scenario, chosen[0], interventions)
        before, after = (
            self.player(scenario, revision, of_side(interventions, side))
            for side, revision in enumerate(chosen)
        )
        return Pair(before, after)

    def _here(self) -> tuple[int, ...]:
        """Return how many entries of this time each run has so far; empty where it has all."""
        here = [
            sum(entry.at_ns == self.at_ns for entry in run.trace[: seq + 1])
            for run, seq in zip(self.runs, self.seqs, strict=True)
        ]
        whole = [sum(entry.at_ns == self.at_ns for entry in run.trace) for run in self.runs]
        return () if here == whole else tuple(here)
