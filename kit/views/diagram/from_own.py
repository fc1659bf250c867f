"""The layout of a path of a machine of somebody's own, or of two such paths side by side.

Its lanes are the participants that the machine describes, and the bars show its words.  It is drawn
against choices, as a path of the explorer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kit.explorer.own_machine import OwnMessage, Said
from kit.explorer.own_model import OwnPath, violated_by
from kit.machine.clock import NS_PER_S
from kit.simulation.timeline import TimelineStop
from kit.views.diagram.from_path import finished_choices, stops_of
from kit.views.diagram.layout import (
    LaneRow,
    Layout,
    Mark,
    Party,
    PictureSide,
    StateShown,
    bars_in,
)

__all__ = ["OwnPlay", "layout_of_own", "own_outcome"]

_ORIGIN = "A machine of somebody's own; nobody compared it with a real QEMU."


@dataclass(frozen=True, slots=True)
class OwnPlay:
    """A path, or the same actions from two starts; ``command`` plays it again."""

    paths: tuple[OwnPath, ...]
    command: str

    @property
    def title(self) -> str:
        """What the machine is about, and what was played."""
        path = self.paths[0]
        return f"{path.called}: {path.description.title}"


@dataclass(frozen=True, slots=True)
class _SentItem:
    number: int
    message: OwnMessage

    @property
    def placed(self) -> tuple[int, object]:
        """Its place, in ns, and what the two sides are compared by."""
        return self.number * NS_PER_S, self.message


def layout_of_own(play: OwnPlay) -> Layout:
    """Return the layout of a play, at its end."""
    items = [list(_items(path)) for path in play.paths]
    stops = stops_of([[one.placed for one in side] for side in items])
    first = next((n for n, stop in enumerate(stops) if stop.differs), None)
    names = ("",) if len(play.paths) == 1 else ("before", "after")
    description = play.paths[0].description
    lanes = {name: Party(name) for name in description.participants}
    sides = tuple(
        _side(path, items[number], stops, (number, names[number]), lanes, first)
        for number, path in enumerate(play.paths)
    )
    used = {bar.row for side in sides for bar in side.bars}
    count = max(len(path.choices) for path in play.paths)
    end_ns = count * NS_PER_S + NS_PER_S // 2
    return Layout(
        name=description.name,
        title=play.title,
        origin=_ORIGIN,
        command=play.command,
        devices=("",),
        lanes=tuple(lanes.values()),
        rows=tuple(row for lane in lanes.values() if (row := LaneRow(lane, "")) in used),
        stops=stops,
        place=len(stops) - 1,
        now_ns=end_ns,
        end_ns=end_ns,
        first_step=first,
        sides=sides,
        counted=True,
        outcome=" ".join(own_outcome(play)),
    )


def own_outcome(play: OwnPlay) -> Iterator[str]:
    """Yield, for each start, the properties that the path violates."""
    for path in play.paths:
        found = [f"{prop.name} is violated" for prop in violated_by(path)]
        words = ", ".join(found) or "this path violates no property"
        if not found and not path.finished:
            words += " (it ends while something is still under way)"
        yield f"{path.start.name}: {words}."


def _items(path: OwnPath) -> Iterator[_SentItem]:
    for number, choice in enumerate(path.choices, 1):
        for message in choice.messages:
            yield _SentItem(number, message)


def _side(
    path: OwnPath,
    items: list[_SentItem],
    stops: tuple[TimelineStop, ...],
    called: tuple[int, str],
    lanes: dict[str, Party],
    first: int | None,
) -> PictureSide:
    number, name = called
    marks = tuple(
        _mark(items[stop.seqs[number]], stop, step, lanes, stop.seqs[number], first)
        for step, stop in enumerate(stops)
        if stop.moved[number]
    )
    shows, over = path.shows, [0, *finished_choices(stops)]
    rows = {who: LaneRow(lane, "") for who, lane in lanes.items()}
    helds = {
        row: [_shown(shows[min(n, len(path.choices))].get(who)) for n in over]
        for who, row in rows.items()
    }
    return PictureSide(
        name=name,
        called=path.start.name,
        seen=len(items) - 1,
        marks=marks,
        bars=tuple(bar for row, held in helds.items() for bar in bars_in(row, held)),
        now=tuple((row, held[-1]) for row, held in helds.items()),
    )


def _shown(said: Said | None) -> StateShown | None:
    return None if said is None else StateShown(said.words, said.tone)


def _mark(
    item: _SentItem,
    stop: TimelineStop,
    step: int,
    lanes: dict[str, Party],
    seq: int,
    first: int | None,
) -> Mark:
    message = item.message
    src, dst = lanes[message.src], lanes[message.dst]
    to = "" if src is dst else f" to {message.dst}"
    return Mark(
        step=step,
        seq=seq,
        at_ns=stop.at_ns,
        src=src,
        dst=dst,
        tone=message.said.tone,
        minor=not message.said.words,
        label=message.said.words,
        sentence=f"{message.src}{to}: {message.said.words}",
        first=step == first,
    )
