"""A run, a pair, a path or a log as a sequence diagram, the form that GitLab and GitHub draw."""

from __future__ import annotations

from collections.abc import Iterator

from kit.actors.messages import Actor
from kit.trace.columns import Severity
from kit.views.diagram.layout import (
    Bar,
    Lane,
    LaneState,
    Layout,
    Mark,
    PictureSide,
    StateShown,
    lane_name,
)
from kit.views.diagram.time_axis import when
from kit.views.sequence.diagram import (
    ArrowHead,
    Group,
    Item,
    NoteSide,
    Participant,
    SequenceDiagram,
    SequenceMessage,
    SequenceNote,
)

__all__ = ["sequence_of"]

_AT_END = frozenset({LaneState.ORPHANED, LaneState.ABORTED, LaneState.PENDING})
_AT_END |= {LaneState.WRONGLY_LISTED, LaneState.WRONGLY_MISSING}


def sequence_of(layout: Layout) -> SequenceDiagram:
    """Return everything that a layout shows, a note at each new time and one at each bad end.

    The last note says which guest it is, and whether QEMU is simulated or was recorded.

    The sides of a pair stand in two boxes, and share the times.
    """
    pair = len(layout.sides) > 1
    people, groups = [], []
    for side in layout.sides:
        ids = tuple(_id(side, lane) for lane in layout.lanes)
        people += [
            Participant(one, lane_name(lane), lane is Actor.OPERATOR)
            for one, lane in zip(ids, layout.lanes, strict=True)
        ]
        if pair:
            groups.append(Group(f"{side.name}: {side.brief}", ids))
    ends = tuple(dict.fromkeys((people[0].id, people[-1].id)))
    return SequenceDiagram(
        f"{layout.name}: {layout.title}", tuple(people), tuple(_items(layout, ends)), tuple(groups)
    )


def _items(layout: Layout, ends: tuple[str, ...]) -> Iterator[Item]:
    marks = [(mark.step, number, mark) for number, s in enumerate(layout.sides) for mark in s.marks]
    shown = ""
    for step, number, mark in sorted(marks, key=lambda one: one[:2]):
        time = "?" if step in layout.timeless else when(layout, layout.stops[step].at_ns)
        if time != shown:
            first = ": the first difference" if mark.first else ""
            yield SequenceNote(
                NoteSide.OVER, ends, ("choice " if layout.counted else "") + time + first
            )
            shown = time
        yield _item(layout.sides[number], mark)
    for side in layout.sides:
        for bar in side.bars:
            if bar.last is None and (isinstance(bar.held, StateShown) or bar.held in _AT_END):
                yield SequenceNote(NoteSide.OVER, (_id(side, bar.row.lane),), _words(layout, bar))
    if layout.origin:
        yield SequenceNote(NoteSide.OVER, ends, layout.origin)


def _item(side: PictureSide, mark: Mark) -> Item:
    src, dst = _id(side, mark.src), _id(side, mark.dst)
    if src == dst:
        return SequenceNote(NoteSide.OVER, (src,), mark.label)
    head = ArrowHead.CROSS if mark.tone is Severity.BAD else ArrowHead.FILLED
    return SequenceMessage(src=src, dst=dst, text=mark.label, dashed=mark.minor, head=head)


def _words(layout: Layout, bar: Bar) -> str:
    return f"{bar.row.device}: {bar.words}" if len(layout.devices) > 1 else bar.words


def _id(side: PictureSide, lane: Lane) -> str:
    return f"{side.name}-{lane.value}" if side.name else lane.value
