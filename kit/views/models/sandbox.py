"""The sandbox without a screen: two revisions, the acts so far, and their effect."""

from __future__ import annotations

from dataclasses import dataclass

from kit.machine.catalogue import find_revision
from kit.simulation.run import Pair, play_pair
from kit.simulation.sandbox import SANDBOX, Act, act, why_not
from kit.simulation.story import where_they_part
from kit.simulation.timeline import Timeline
from kit.trace.sentences import seconds
from kit.views.models.timeline import CHOICES, TimelineModel

__all__ = ["CHOICES", "SandboxModel"]


class SandboxModel(TimelineModel):
    """What the sandbox shows and what its buttons do, on both machines alike.

    A click in the past forks the run: later clicks are dropped. ``acts`` are the clicks that led to
    the current state.
    """

    def __init__(
        self, before: str = "pre-revert", after: str = "revert", acts: tuple[Act, ...] = ()
    ) -> None:
        """Set up the sandbox and do *acts*.

        Raises:
            UnknownRevisionError: A name is not one of the catalogue's.
        """
        pair = play_pair(SANDBOX, find_revision(before), find_revision(after))
        super().__init__(Timeline(played=pair))
        for one in acts:
            self.do(one)

    @property
    def before(self) -> str:
        """The label of the revision before."""
        return self.timeline.runs[0].revision.label

    @property
    def after(self) -> str:
        """The label of the revision after."""
        return self.timeline.runs[1].revision.label

    @property
    def pair(self) -> Pair:
        """Both runs, to their ends."""
        assert isinstance(self.timeline.played, Pair)
        return self.timeline.played

    @property
    def verdict(self) -> str:
        """Where the runs first differ, in words."""
        return where_they_part(self.pair)

    @property
    def text(self) -> str:
        """The sandbox as plain text: the gist, since both logs are in the pictures."""
        pair = self.pair
        acts = ", ".join(act.value for act in self.acts) or "nothing yet"
        return (
            f"before: {pair.before.revision.name}, after: {pair.after.revision.name}\n"
            f"done: {acts}; now {seconds(self.timeline.at_ns)}\n{self.verdict}\n"
            f"token: {self.token}"
        )

    @property
    def acts(self) -> tuple[Act, ...]:
        """The clicks so far, without those that a later one dropped."""
        return tuple(click.act for click in self._clicks if isinstance(click, _Click))

    def do(self, one: Act) -> None:
        """Do one more act on both machines, unless it would do nothing."""
        here = self.timeline
        self.hint = why_not(here, one)
        if not self.hint:
            there = act(here, one)
            kept = (click for click in self._clicks if _is_kept(click, here))
            self.done(there, (*kept, _Click(one, *_when(there))))

    def reset(self) -> None:
        """Start again at 0 s with a guest that uses core 1."""
        super().reset()
        self.hint = self.hint and "The sandbox is at its start."


@dataclass(frozen=True, slots=True)
class _Click:
    """An act, and the place at which it took effect: for a wait, its end."""

    act: Act
    at_ns: int
    place: int


def _is_kept(click: object, here: Timeline) -> bool:
    return isinstance(click, _Click) and (click.at_ns, click.place) <= (here.at_ns, here.place)


def _when(after: Timeline) -> tuple[int, int]:
    """Return time and place of the last click, given the timeline *after* it."""
    begins = after.runs[0].made[-1]
    found = (place for place, stop in enumerate(after.stops) if stop.seqs[0] >= begins)
    return after.interventions[-1].at_ns, next(found, after.place)
