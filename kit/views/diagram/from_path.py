"""The layout of a path of the explorer, drawn like a run, but against choices.

A path has no times: the n-th choice stands at n s and is labelled n. All messages of a choice stand
there in their order. Beliefs change when the choice is over, because it is one turn of one party.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kit.actors.libvirt import GUEST_ERROR_SINCE
from kit.actors.messages import PARTICIPANTS, Actor
from kit.explorer.comparison import PathPlay, PathSide
from kit.explorer.paths import PlayedPath, path_sentence
from kit.machine.clock import NS_PER_S
from kit.simulation.platform import option_of
from kit.simulation.provenance import Provenance, observed, simulated
from kit.simulation.timeline import TimelineStop, merged
from kit.trace.entry import TraceEntry
from kit.views.diagram.layout import LaneRow, Layout, Mark, PictureSide, bars_in, helds_of, mark_of

__all__ = ["beside_option", "finished_choices", "layout_of_path", "live_provenance", "outcome_of"]
__all__ += ["path_command", "path_provenance", "stops_of", "title_of"]


@dataclass(frozen=True, slots=True)
class _Item:
    """Something to draw at a choice: an entry, or that there was none."""

    number: int
    entry: TraceEntry | None
    actor: Actor = Actor.QEMU
    words: str = ""

    @property
    def placed(self) -> tuple[int, object]:
        """Its place, in ns, and its content, by which the two revisions are compared."""
        one = self.entry
        content = (one.src, one.dst, one.message) if one else (self.actor, self.words)
        return self.number * NS_PER_S, content


def layout_of_path(play: PathPlay, place: int | None = None) -> Layout:
    """Return the layout of a path after choice *place* (0: the start), by default at its end."""
    place = play.count if place is None else place
    items = [list(_items(side)) for side in play.sides]
    shown = _shown(play)
    stops = stops_of([[one.placed for one in side] for side in items])
    first = next((n for n, stop in enumerate(stops) if stop.differs), None)
    here = sum(stop.at_ns <= place * NS_PER_S for stop in stops) - 1
    names = ("",) if len(play.sides) == 1 else ("before", "after")
    sides = tuple(
        _side(side, items[number], stops, (number, names[number]), shown, (first, here, place))
        for number, side in enumerate(play.sides)
    )
    end_ns = play.count * NS_PER_S + NS_PER_S // 2  # room for what the last choice brought
    used = {bar.row for side in sides for bar in side.bars}
    return Layout(
        name="path",
        title=title_of(play),
        origin=path_provenance(play).words,
        command=path_command(play),
        devices=shown,
        lanes=PARTICIPANTS,
        rows=tuple(
            row for lane in PARTICIPANTS for d in shown if (row := LaneRow(lane, d)) in used
        ),
        stops=stops,
        place=here,
        now_ns=end_ns if place == play.count else place * NS_PER_S,
        end_ns=end_ns,
        first_step=first,
        sides=sides,
        counted=True,
        outcome=" ".join(outcome_of(play)),
    )


def path_provenance(play: PathPlay) -> Provenance:
    """Return where a path comes from."""
    return simulated(play.path.kind, _LIBVIRT, [side.revision for side in play.sides])


def live_provenance(path: PlayedPath, binary: str) -> Provenance:
    """Return where the answers of a binary to a path come from."""
    guest = f"{path.kind.words}, simulated"
    return observed(f"Recorded on a real {binary}", guest, f"{_LIBVIRT}, simulated")


# the explorer's libvirt understands every event that QEMU has
_LIBVIRT = f"libvirt {'.'.join(map(str, GUEST_ERROR_SINCE))}"


def path_command(play: PathPlay) -> str:
    """Return the command that replays a path."""
    return f"kit open {play.path.token}{beside_option(play)}{option_of(play.path.revision)}"


def beside_option(play: PathPlay) -> str:
    """Return the options of `kit open` for the other revisions, each behind a blank."""
    others = [side.revision for side in play.sides if side.revision != play.path.revision]
    return "".join(f" --beside {other.name}" for other in others)


def title_of(play: PathPlay) -> str:
    """Return a short name of the path."""
    names, at = [prop.name for prop in play.path.breaks], play.path.revision.name
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    violated = f"{names[0]}{more}" if names else "no property"
    return f"{violated} violated at {at}, {play.path.kind.words}"


def outcome_of(play: PathPlay) -> Iterator[str]:
    """Return for each side the properties that it violates, and where it stops."""
    number = play.first_difference
    if len(play.sides) > 1:
        if number is None and len({side.played.breaks for side in play.sides}) == 1:
            yield "Both answer alike."
        elif number is None:
            yield "Both answer alike up to here. They differ in what they would do next."
        else:
            yield f"They part at choice {number}, {play.path.actions[number - 1]}."
    for side in play.sides:
        found = [f"{prop.name} is violated" for prop in side.played.breaks]
        words = ", ".join(found) if found else "this path violates no property"
        if not side.standings[-1].settled and not found:
            words += " (it ends while something is still under way)"
        stopped = f" {side.stopped}" if side.stopped else ""
        yield f"{side.revision.name}: {words}.{stopped}"


def _shown(play: PathPlay) -> tuple[str, ...]:
    """Return the devices about which a belief changes; all devices if none does."""
    devices = tuple(str(device.id) for device in play.path.scope.devices)
    moved = tuple(
        device
        for device in devices
        if any(
            len({(standing.aborted, standing.beliefs[device]) for standing in side.standings}) > 1
            for side in play.sides
        )
    )
    return moved or devices


def _items(side: PathSide) -> Iterator[_Item]:
    for number, choice in enumerate(side.choices, 1):
        for entry in choice.entries:
            yield _Item(number, entry)
        if not choice.entries:
            words = "no timer here" if choice.missing else choice.action
            yield _Item(number, None, choice.actor, words)
    if side.stopped:
        yield _Item(len(side.choices) + 1, None, Actor.QEMU, "goes no further")


def stops_of(placed: list[list[tuple[int, object]]]) -> tuple[TimelineStop, ...]:
    """Return the steps: one for each item, and one for what both sides have at a choice.

    An item of a side is its place, in ns, and its content.
    """
    if len(placed) == 2:
        return merged(*placed)
    return tuple(TimelineStop(at_ns, (n,), (True,)) for n, (at_ns, _) in enumerate(placed[0]))


def _side(
    side: PathSide,
    items: list[_Item],
    stops: tuple[TimelineStop, ...],
    called: tuple[int, str],
    shown: tuple[str, ...],
    where: tuple[int | None, int, int],
) -> PictureSide:
    (number, name), (first, here, place) = called, where
    marks = tuple(
        _mark(side, items[stop.seqs[number]], stop.seqs[number], step, step == first)
        for step, stop in enumerate(stops)
        if stop.moved[number]
    )
    rows = [LaneRow(lane, device) for lane in PARTICIPANTS for device in shown]
    helds = {row: helds_of(row, side.standings) for row in rows}
    most = len(side.choices)
    over = [0, *(min(count, most) for count in finished_choices(stops))]
    return PictureSide(
        name=name,
        path_at=side.revision,
        seen=stops[here].seqs[number] if here >= 0 else -1,
        marks=marks,
        bars=tuple(bar for row in rows for bar in bars_in(row, [helds[row][n] for n in over])),
        now=tuple((row, helds[row][min(place, most)]) for row in rows),
    )


def finished_choices(stops: tuple[TimelineStop, ...]) -> Iterator[int]:
    """Return the number of finished choices after each step."""
    for step, stop in enumerate(stops):
        last = step + 1 == len(stops) or stops[step + 1].at_ns > stop.at_ns
        yield stop.at_ns // NS_PER_S - (not last)


def _mark(side: PathSide, item: _Item, seq: int, step: int, first: bool) -> Mark:
    if item.entry is not None:
        made = mark_of(item.entry, step, side.devices, side.connectors, first=first)
        at_ns = item.number * NS_PER_S
        return replace(made, seq=seq, at_ns=at_ns, sentence=path_sentence(item.entry))
    return Mark(
        step=step,
        seq=seq,
        at_ns=item.number * NS_PER_S,
        src=item.actor,
        dst=item.actor,
        label=item.words,
        sentence=item.words,
        first=first,
    )
