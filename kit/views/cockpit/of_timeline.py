"""The places of a run or a pair as data: where each is in the picture, and what is said there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

from kit.simulation.knowledge import knowledge
from kit.simulation.run import Pair, Run
from kit.simulation.timeline import Timeline
from kit.trace.sentences import seconds
from kit.views.cockpit.view import Head, Position, head_of
from kit.views.diagram.svg import Drawing, lone_svg
from kit.views.diagram.text import picture_lines
from kit.views.diagram.time_axis import CUT
from kit.views.models.player import said_at
from kit.views.models.timeline import TimelineModel

__all__ = ["go_to", "heads_of", "here_of", "places_of", "texts_of"]


def heads_of(model: TimelineModel) -> tuple[Head, ...]:
    """Return the sides of a run or a pair, with what each revision is."""
    return tuple(head_of(side, run.revision) for side, run in model.sides)


def places_of(timeline: Timeline, drawing: Drawing) -> tuple[Position, ...]:
    """Return the start, the place after each event, and the end if time passes after the last."""
    runs, stops = timeline.runs, timeline.stops
    start = (-1,) * len(runs)
    found = [
        Position(
            step=-1,
            at_ns=0,
            at="0 s",
            x=drawing.start,
            said=(("", "Nothing has happened yet."),),
            known=_known(runs, start),
        )
    ]
    last_ns, longest_ns = 0, _longest(timeline)
    for step, (stop, x) in enumerate(zip(stops, drawing.steps, strict=True)):
        found.append(
            Position(
                step=step,
                at_ns=stop.at_ns,
                at=seconds(stop.at_ns),
                x=x,
                said=said_at(runs, stop),
                differs=stop.differs,
                known=_known(runs, stop.seqs),
                cut=stop.at_ns - last_ns > longest_ns,
            )
        )
        last_ns = stop.at_ns
    if timeline.end_ns > last_ns:
        words = f"Nothing has happened since {seconds(last_ns)}."
        found.append(
            Position(
                step=len(stops) - 1,
                at_ns=timeline.end_ns,
                at=seconds(timeline.end_ns),
                x=drawing.end,
                said=(("", words if stops else f"It is {seconds(timeline.end_ns)}."),),
                known=_known(runs, stops[-1].seqs if stops else start),
                cut=timeline.end_ns - last_ns > longest_ns,
            )
        )
    return tuple(found)


def _longest(timeline: Timeline) -> int:
    """Return the longest wait in ns that is played as long as it is."""
    times = sorted({0, timeline.end_ns, *(stop.at_ns for stop in timeline.stops)})
    gaps = sorted(after - before for before, after in pairwise(times))
    others = sum(gaps[:-1])
    return CUT * others if others else timeline.end_ns


def _known(runs: tuple[Run, ...], seqs: tuple[int, ...]) -> str:
    """Return who believes what, for those who do not see the chips."""
    return " ".join(
        f"{run.revision.name}, {one.words}."
        for run, seq in zip(runs, seqs, strict=True)
        for one in knowledge(run, seq)
    )


def here_of(timeline: Timeline, places: tuple[Position, ...]) -> int:
    """Return the index of the place at which a timeline stands, or of the one before it."""
    found = [
        number
        for number, place in enumerate(places)
        if place.step == timeline.place and place.at_ns <= timeline.at_ns
    ]
    return found[-1] if found else 0


def texts_of(
    played: Run | Pair, token: str, mail_of: Callable[[Run | Pair], str] | None
) -> Mapping[str, Callable[[], str]]:
    """Return what makes the texts of a run or a pair; see `Desk.shares`."""
    texts: dict[str, Callable[[], str]] = {
        "text": lambda: "\n".join([*picture_lines(played), "", token]),
        "svg": lambda: lone_svg(played),
    }
    return texts if mail_of is None else texts | {"mail": lambda: mail_of(played)}


def go_to(model: TimelineModel, index: int, at_ns: int) -> None:
    """Put a model where the browser is: at a place, or some time after it."""
    here = model.timeline
    step = min(max(index, 0), len(here.stops)) - 1
    there = here.go(step)
    later = min(max(at_ns, there.at_ns), here.end_ns)
    if later > there.at_ns:
        until = here.seek(later)
        # not beyond an event that the browser has not shown yet
        there = until if until.place == step else there
    if (there.place, there.at_ns) != (here.place, here.at_ns):
        model.timeline = there
