"""What a picture of a run shows, in any rendering: lanes, marks, bars and brackets.

Every rendering of a run, or of a pair on one time axis, is made from this layout. It has neither
pixels nor columns. Its steps are the places of the timeline: one for each entry, and one for an
entry that both runs of a pair have at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import groupby
from typing import Protocol

from kit.actors.messages import PARTICIPANTS, Actor
from kit.machine.requests import Device
from kit.machine.revision import Revision
from kit.simulation.beliefs import Belief
from kit.simulation.provenance import command_of, provenance
from kit.simulation.run import Pair, Run
from kit.simulation.timeline import Timeline, TimelineStop
from kit.trace.columns import Severity
from kit.trace.entry import TraceEntry, from_lane
from kit.trace.kinds import is_minor, label_of, severity_of
from kit.trace.sentences import sentence
from kit.views.diagram.lane_states import states_after
from kit.views.diagram.spans import Bracket, brackets_of

__all__ = [
    "THOUGHTS",
    "Bar",
    "Connectors",
    "Held",
    "Lane",
    "LaneRow",
    "LaneState",
    "Layout",
    "Mark",
    "Party",
    "PictureSide",
    "Stands",
    "StateShown",
]
__all__ += ["bars_in", "helds_of", "lane_name", "layout_of", "mark_of"]


@dataclass(frozen=True, slots=True)
class Party:
    """A participant of somebody's own machine; ``value`` is its name."""

    value: str


Lane = Actor | Party


def lane_name(lane: Lane) -> str:
    """Return what stands beside a lane, or above it."""
    return "QEMU" if lane is Actor.QEMU else lane.value


class LaneState(Enum):
    """What a party believes of a device: the kinds of bars."""

    HOLDS = auto()  # QEMU
    PENDING = auto()
    DROPPED = auto()
    ORPHANED = auto()
    ABORTED = auto()
    USES = auto()  # the guest
    LISTED = auto()  # libvirt
    WRONGLY_LISTED = auto()
    WRONGLY_MISSING = auto()
    ASKED = auto()  # the operator
    TOLD_GONE = auto()
    TOLD_KEPT = auto()
    DOES_NOT_KNOW = auto()
    UNKNOWN = auto()  # any party that a log does not mention


@dataclass(frozen=True, slots=True)
class StateShown:
    """What a party shows in its own words."""

    words: str
    tone: Severity = Severity.PLAIN


Held = LaneState | StateShown

BAR_WORDS = {
    LaneState.HOLDS: "holds {}",
    LaneState.PENDING: "waits for the guest",
    LaneState.DROPPED: "holds {}, no longer waits",
    LaneState.ORPHANED: "LIMBO",
    LaneState.ABORTED: "aborted",
    LaneState.USES: "uses {}",
    LaneState.LISTED: "lists {}",
    LaneState.WRONGLY_LISTED: "lists {}: wrong",
    LaneState.WRONGLY_MISSING: "lists none: wrong",
    LaneState.ASKED: "sent a request, no result yet",
    LaneState.TOLD_GONE: "believes {} is gone",
    LaneState.TOLD_KEPT: "believes unplug of {} failed",
    LaneState.DOES_NOT_KNOW: "timed out: does not know",
    LaneState.UNKNOWN: "not in the log",
}
"""What stands in a bar; {} is the device."""


@dataclass(frozen=True, slots=True)
class LaneRow:
    """A row of bars: what one party believes of one device."""

    lane: Lane
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A message, at a step. ``minor``: an answer or a query that a picture need not name.

    ``device`` is its device, empty if there is none or it is unknown. ``first``: here the two sides
    first differ.
    """

    step: int
    seq: int
    at_ns: int
    src: Lane
    dst: Lane
    tone: Severity = Severity.PLAIN
    minor: bool = False
    label: str
    sentence: str
    device: str = ""
    first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A state of a row from after step ``first`` (-1: the start) until step ``last``.

    ``last`` is None if the state lasts until the end of the run.
    """

    row: LaneRow
    held: Held
    first: int
    last: int | None

    @property
    def words(self) -> str:
        """The text in the bar."""
        if isinstance(self.held, StateShown):
            return self.held.words
        return BAR_WORDS[self.held].format(self.row.device)


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSide:
    """One run in the picture. ``name`` is "before" or "after", or empty if there is one run.

    ``run`` is None if the picture shows an observation or a path instead of a run in time;
    ``path_at`` is the revision of a path, ``called`` the name of what is drawn where it has no
    revision. ``seen`` is the last entry so far. ``now`` is the current state of each row.
    """

    name: str = ""
    run: Run | None = None
    seen: int
    marks: tuple[Mark, ...]
    bars: tuple[Bar, ...]
    brackets: tuple[Bracket, ...] = ()
    now: tuple[tuple[LaneRow, Held | None], ...]
    path_at: Revision | None = None
    called: str = ""

    @property
    def revision(self) -> Revision:
        """The revision that is drawn."""
        found = self.path_at if self.run is None else self.run.revision
        assert found is not None, "what was observed has no revision"
        return found

    @property
    def brief(self) -> str:
        """The name of what is drawn, as short as it is unique."""
        return self.called or self.revision.name

    @property
    def heading(self) -> str:
        """The name of what is drawn, with the commit that a short name means."""
        if self.called:
            return self.called
        revision = self.revision
        return revision.name if revision.alias is None else f"{revision.name} ({revision.build})"

    def bars_of(self, row: LaneRow) -> tuple[Bar, ...]:
        """Return the bars of a row, in time order."""
        return tuple(bar for bar in self.bars if bar.row == row)

    def held(self, row: LaneRow, step: int) -> Held | None:
        """Return the state of a row after a step (-1: the start)."""
        found = (
            bar.held
            for bar in self.bars
            if bar.row == row and bar.first <= step and (bar.last is None or step < bar.last)
        )
        return next(found, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One run or a pair, ready to be drawn.

    ``stops`` are the steps; ``place`` is the last one so far, at ``now_ns`` of the wall clock.
    ``first_step`` is where the runs of a pair first differ. ``timeless`` are steps whose time is
    unknown but for what comes before and after. ``observed`` describes an observation, and is empty
    for runs. ``origin`` says where it comes from: guest, libvirt, simulated or recorded;
    ``command`` draws it again.
    ``counted``: steps have no times but choices, and n s means the n-th of them; ``outcome`` then
    describes the outcome.
    """

    name: str
    title: str
    devices: tuple[str, ...]
    lanes: tuple[Lane, ...]
    rows: tuple[LaneRow, ...]
    stops: tuple[TimelineStop, ...]
    place: int
    now_ns: int
    end_ns: int
    first_step: int | None = None
    sides: tuple[PictureSide, ...]
    timeless: frozenset[int] = frozenset()
    observed: str = ""
    origin: str = ""
    command: str = ""
    counted: bool = False
    outcome: str = ""

    @property
    def own(self) -> bool:
        """Is it a machine of somebody's own, with participants of its own?"""
        return any(isinstance(lane, Party) for lane in self.lanes)

    def rows_of(self, lane: Lane) -> tuple[LaneRow, ...]:
        """Return the rows of bars of a lane."""
        return tuple(row for row in self.rows if row.lane is lane)


def layout_of(played: Timeline | Run | Pair) -> Layout:
    """Return the layout of a run or a pair at a place in it, by default at its end."""
    timeline = played if isinstance(played, Timeline) else Timeline(played=played).last()
    stops, runs = timeline.stops, timeline.runs
    heard = (entry.dst for run in runs for entry in run.trace)  # even if it does not take part
    libvirt = any(run.began.libvirt is not None for run in runs) or Actor.LIBVIRT in heard
    lanes = tuple(lane for lane in PARTICIPANTS if libvirt or lane is not Actor.LIBVIRT)
    first_step = next((n for n, stop in enumerate(stops) if stop.differs), None)
    names = ("",) if len(runs) == 1 else ("before", "after")
    sides = tuple(
        _side(timeline, stops, number, name, first_step) for number, name in enumerate(names)
    )
    used = {bar.row for side in sides for bar in side.bars}
    devices = dict.fromkeys(str(device.id) for run in runs for device in run.devices)
    rows = (LaneRow(lane, device) for lane in lanes for device in devices)
    whole = runs[0] if len(runs) == 1 else Pair(*runs)
    return Layout(
        name=runs[0].scenario.name,
        title=runs[0].scenario.title,
        origin=provenance(whole).words,
        command=command_of(whole),
        devices=tuple(device for device in devices if device in {row.device for row in used}),
        lanes=lanes,
        rows=tuple(row for row in rows if row in used),
        stops=stops,
        place=timeline.place,
        now_ns=timeline.at_ns,
        end_ns=timeline.end_ns,
        first_step=first_step,
        sides=sides,
    )


def _side(
    timeline: Timeline,
    stops: tuple[TimelineStop, ...],
    number: int,
    name: str,
    first_step: int | None,
) -> PictureSide:
    run, seen = timeline.runs[number], timeline.seqs[number]
    states = states_after(run)
    seqs = [-1, *(stop.seqs[number] for stop in stops)]
    marks = tuple(
        mark_of(
            run.trace[stop.seqs[number]],
            step,
            run.devices,
            run.began.connectors,
            first=step == first_step,
        )
        for step, stop in enumerate(stops)
        if stop.moved[number]
    )
    step_of = {mark.seq: mark.step for mark in marks} | {-1: -1}
    rows = [LaneRow(lane, str(device.id)) for lane in PARTICIPANTS for device in run.devices]
    helds = {row: helds_of(row, states) for row in rows}
    return PictureSide(
        name=name,
        run=run,
        seen=seen,
        marks=marks,
        bars=tuple(
            bar for row in rows for bar in bars_in(row, [helds[row][seq + 1] for seq in seqs])
        ),
        brackets=brackets_of(run, states, step_of),
        now=tuple((row, helds[row][seen + 1]) for row in rows),
    )


Connectors = Callable[[Device], tuple[int, ...]]


def mark_of(
    entry: TraceEntry,
    step: int,
    devices: tuple[Device, ...],
    connectors: Connectors,
    *,
    first: bool = False,
) -> Mark:
    """Return the mark of an entry. *connectors* names the connectors of each device."""
    device, label = _device(entry, devices, connectors), label_of(entry.message)
    if len(devices) == 1:  # no other device could be meant
        label = label.removesuffix(f" {devices[0].id}")
    return Mark(
        step=step,
        seq=entry.seq,
        at_ns=entry.at_ns,
        src=from_lane(entry),
        dst=entry.dst,
        tone=severity_of(entry.message),
        minor=is_minor(entry.message),
        label=label,
        sentence=sentence(entry),
        device=device,
        first=first,
    )


def _device(entry: TraceEntry, devices: tuple[Device, ...], connectors: Connectors) -> str:
    """Return the device that a message names, by its id or by its connector."""
    named = {getattr(entry.message, field, None) for field in ("id", "device", "alias", "index")}
    for device in devices:
        if named & {device.id, device, *connectors(device)}:
            return str(device.id)
    return ""


def bars_in(row: LaneRow, helds: Sequence[Held | None]) -> list[Bar]:
    """Return the bars of a row; ``helds[n]`` is the state after step n - 1."""
    bars, at = [], -1
    for held, group in groupby(helds):
        after = at + len(list(group))
        last = after if after < len(helds) - 1 else None
        if held is not None:
            bars.append(Bar(row=row, held=held, first=at, last=last))
        at = after
    return bars


class Stands(Protocol):
    """The state of all parties: who believes what, whether all are idle, whether QEMU is gone."""

    @property
    def beliefs(self) -> Mapping[str, Belief]: ...
    @property
    def settled(self) -> bool: ...
    @property
    def aborted(self) -> bool: ...


def helds_of(row: LaneRow, states: Sequence[Stands]) -> list[LaneState | None]:
    """Return what the party of *row* believes of its device in each state.

    Limbo and wrong beliefs only begin while all parties are idle, but they do not end because one
    becomes busy.
    """
    found: list[LaneState | None] = []
    before: tuple[LaneState | None, Stands] | None = None
    for state in states:
        found.append(held_after(row, before, state))
        before = (found[-1], state)
    return found


def held_after(
    row: LaneRow, before: tuple[LaneState | None, Stands] | None, state: Stands
) -> LaneState | None:
    """Return what the party of *row* believes in a state.

    *before* is what it believed in the state before this, and that state; None at the start.
    """
    held = _held(row, state)
    if before is None:
        return held
    was, earlier = before
    then, now = earlier.beliefs[row.device], state.beliefs[row.device]
    if was in _AT_REST and _facts(then) == _facts(now):
        return was
    dropped = was in (LaneState.PENDING, LaneState.DROPPED)
    if held is LaneState.HOLDS and dropped and (then.guest or not now.guest):
        return LaneState.DROPPED  # until it is requested again, or back in the guest's use
    return held


def _facts(belief: Belief) -> tuple[object, ...]:
    return belief.qemu, belief.pending, belief.guest, belief.libvirt


_AT_REST = (LaneState.ORPHANED, LaneState.WRONGLY_LISTED, LaneState.WRONGLY_MISSING)


def _held(row: LaneRow, state: Stands) -> LaneState | None:
    belief = state.beliefs[row.device]
    match row.lane:
        case Actor.QEMU if state.aborted:
            return LaneState.ABORTED
        case Actor.QEMU if belief.orphaned and state.settled:
            return LaneState.ORPHANED
        case Actor.QEMU if belief.qemu:
            return LaneState.PENDING if belief.pending else LaneState.HOLDS
        case Actor.GUEST if belief.guest:
            return LaneState.USES
        case Actor.LIBVIRT if belief.libvirt is not None:
            wrong = state.settled and belief.libvirt != belief.guest and not belief.pending
            if belief.libvirt:
                return LaneState.WRONGLY_LISTED if wrong else LaneState.LISTED
            return LaneState.WRONGLY_MISSING if wrong else None
        case Actor.OPERATOR:
            return THOUGHTS.get(belief.operator)
    return None


THOUGHTS = {
    "asked for": LaneState.ASKED,
    "gone": LaneState.TOLD_GONE,
    "kept": LaneState.TOLD_KEPT,
    "unknown": LaneState.DOES_NOT_KNOW,
}
