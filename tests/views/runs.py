"""Runs that nobody thought of: random interventions in the built-in scenarios, for the pictures."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from kit.machine.catalogue import CATALOGUE, find_revision
from kit.machine.clock import NS_PER_MS
from kit.simulation.actions import menu
from kit.simulation.run import Intervention, Pair, play
from kit.simulation.sandbox import SANDBOX
from kit.simulation.timeline import Timeline
from kit.storage.scenarios import scenarios

STORIES = (
    *(one for one in scenarios().values() if CATALOGUE[0].board in one.setup.boards),
    SANDBOX,
)
GAPS_MS = (0, 1, 500, 5_000, 14_999, 16_000, 600_000, 30 * 86_400_000)


@dataclass(frozen=True)
class Choices:
    """What makes a timeline: short to print where a test fails."""

    story: str
    revisions: tuple[str, ...]
    done: tuple[tuple[int, str], ...]
    place: int | None

    @property
    def timeline(self) -> Timeline:
        """Return the run, or the pair, seen from the place; from its end where there is none."""
        story = {story.name: story for story in STORIES}[self.story]
        done = tuple(Intervention(at_ms * NS_PER_MS, action) for at_ms, action in self.done)
        runs = [play(story, find_revision(name), done) for name in self.revisions]
        timeline = Timeline(played=Pair(*runs) if len(runs) == 2 else runs[0]).last()
        return timeline if self.place is None else timeline.go(self.place)


@st.composite
def choices(draw: st.DrawFn, *, most: int = 6) -> Choices:
    """A pair or a single run, with a person's doings in it, seen from anywhere."""
    story = draw(st.sampled_from(STORIES))
    fitting = [r.label for r in CATALOGUE if r.board in story.setup.boards]
    at_ms, done = 0, []
    for _ in range(draw(st.integers(0, most))):
        at_ms += draw(st.sampled_from(GAPS_MS))
        done.append((at_ms, draw(st.sampled_from(menu(story.setup.devices)))))
    return Choices(
        story.name,
        tuple(draw(st.lists(st.sampled_from(fitting), min_size=1, max_size=2))),
        tuple(done),
        draw(st.none() | st.integers(-1, 20)),
    )
