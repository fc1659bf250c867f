"""What a scenario says must hold, as a small language, and at which revisions it must not.

A claim that held everywhere would say nothing: each names at least one revision at which it fails.

    [not] qemu has DEVICE            [not] aborted
    [not] guest has DEVICE           [not] sent TYPE [to PARTY] [N times] [before T | after T]
    [not] libvirt has DEVICE         [not] says "TEXT"
    [not] pending DEVICE             operator thinks DEVICE THOUGHT
    [not] limbo DEVICE               [not] agreed DEVICE

A THOUGHT is plugged, asked for, gone, kept, or unknown: virsh timed out, so they have to look.
Claims about a state may end in ``at T``; else the end of the run is meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from kit.actors.messages import PARTICIPANTS, ApiError, ApiSuccess, GuestLog
from kit.common.errors import UserError
from kit.machine.catalogue import BUILDS, PROPOSAL, Q35, find_revision
from kit.machine.clock import NS_PER_MS
from kit.machine.events import ErrorReport, MemUnplugError, QmpError
from kit.machine.requests import Device
from kit.machine.revision import Board, Revision
from kit.simulation.actions import read_device
from kit.simulation.beliefs import belief
from kit.simulation.world import Snapshot, World
from kit.trace.entry import Trace
from kit.trace.kinds import wire_name, wire_names

__all__ = ["Claim", "Expectation", "expected_to_fail_at", "read_claim", "read_expectation"]

Claim = Callable[[World, World], bool]
"""Does it hold of a run that began and ended like this?"""

_T = r"(?P<time>[0-9]{1,7}(?:\.[0-9]{1,3})?) s"
_STATE = re.compile(
    r"(?P<no>not )?(?:(?P<who>qemu|guest|libvirt) has|(?P<what>pending|limbo|agreed))"
    rf" (?P<device>\w+)(?: at {_T})?"
)
_THINKS = re.compile(
    rf"operator thinks (?P<device>\w+) (?P<thought>plugged|asked for|gone|kept|unknown)"
    rf"(?: at {_T})?"
)
_SENT = re.compile(
    r"(?P<no>not )?sent (?P<type>[\w-]+)(?: to (?P<to>\w+))?(?: (?P<times>[0-9]{1,4}) times)?"
    rf"(?: (?P<side>before|after) {_T})?"
)
_SAYS = re.compile(r'(?P<no>not )?says "(?P<text>[^"]+)"')
_ABORTED = re.compile(r"(?P<no>not )?aborted")


@dataclass(frozen=True, slots=True)
class Expectation:
    """A claim, its words, and the revisions (by label) at which it must not hold."""

    that: str
    claim: Claim
    fails_at: tuple[str, ...]

    def holds(self, began: World, ended: World) -> bool:
        """Does it hold of a run?"""
        return self.claim(began, ended)


def read_expectation(
    that: str, fails_at: tuple[str, ...], devices: tuple[Device, ...], boards: tuple[Board, ...]
) -> Expectation:
    """Return a claim, with the revisions at which it fails.

    *fails_at* names revisions, or ``FIRST..LAST`` of the recorded ones; it is not empty.

    Raises:
        UserError: The text is not a claim, or does not name a revision of one of *boards*.
    """
    claim = read_claim(" ".join(that.split()), devices)
    labels = [label for name in fails_at for label in _range(name)]
    if not labels:
        raise UserError(
            f"{that!r} names no revision at which it fails (fails_at): it would claim nothing"
        )
    unknown = [name for name in labels if find_revision(name).board not in boards]
    if unknown:
        raise UserError(f"fails_at: {unknown[0]} is another machine than the scenario's")
    return Expectation(that, claim, tuple(dict.fromkeys(labels)))


def expected_to_fail_at(expectation: Expectation, revision: Revision) -> bool:
    """Must the claim fail at *revision*?  A release counts as the build that it is like."""
    return revision.label in expectation.fails_at or revision.like in expectation.fails_at


def _range(name: str) -> list[str]:
    first, dots, last = name.partition("..")
    if not dots:
        return [find_revision(name).label]
    start = find_revision(first).board
    labels = [one.label for one in BUILDS if one.board == start]
    ends = []
    for end in (first, last):
        label = find_revision(end).label
        if label not in labels:
            names = f"{PROPOSAL.name}, {Q35.name} and releases"
            raise UserError(f"{name!r}: a range is of recorded builds; name {names} one by one")
        ends.append(labels.index(label))
    if ends[0] > ends[1]:
        raise UserError(f"{name!r}: {last} is older than {first}; name the older one first")
    return labels[ends[0] : ends[1] + 1]


def read_claim(text: str, devices: tuple[Device, ...]) -> Claim:
    """Return the claim about a run with these devices that a text states.

    Raises:
        UserError: The text is not a claim; the message names what is.
    """
    for pattern, read in _READERS:
        match = pattern.fullmatch(text)
        if match is not None:
            claim = read(match, devices)
            if match.groupdict().get("no"):
                return lambda began, ended: not claim(began, ended)
            return claim
    raise UserError(
        f"{text!r} is not a claim; expected as 'qemu has core1', 'not limbo core1 at 16 s',"
        " 'sent DEVICE_DELETED', 'says \"timed out\"', 'operator thinks core1 kept' or 'aborted'"
    )


def _device(name: str, devices: tuple[Device, ...]) -> Device:
    return next((d for d in devices if d.id == name), None) or read_device(name)


def _state(match: re.Match[str], devices: tuple[Device, ...]) -> Claim:
    device, what = _device(match["device"], devices), match["who"] or match["what"]
    return _at(match["time"], lambda state: bool(getattr(belief(state, device), what)))


def _thinks(match: re.Match[str], devices: tuple[Device, ...]) -> Claim:
    device, thought = _device(match["device"], devices), match["thought"]
    return _at(match["time"], lambda state: belief(state, device).operator == thought)


def _at(time: str | None, holds: Callable[[World | Snapshot], bool]) -> Claim:
    if time is None:
        return lambda _, ended: holds(ended)
    at_ns = _ns(time)

    def claim(began: World, ended: World) -> bool:
        before = [moment for moment in ended.moments if moment.entry.at_ns <= at_ns]
        return holds(before[-1].after if before else began)

    return claim


def _ns(time: str) -> int:
    return round(float(time) * 1000) * NS_PER_MS


def _read_sent(match: re.Match[str], _: tuple[Device, ...]) -> Claim:
    kind, to, side = match["type"], match["to"], match["side"]
    if kind not in wire_names():
        raise UserError(f"no message has the type {kind!r}")
    if to is not None and to not in {actor.value for actor in PARTICIPANTS}:
        raise UserError(f"{to!r} is not a party; expected operator, libvirt, qemu or guest")
    limit = None if side is None else _ns(match["time"])

    def count(trace: Trace) -> int:
        return sum(
            wire_name(entry.message) == kind
            and to in (None, entry.dst.value)
            and (
                limit is None or (entry.at_ns < limit if side == "before" else entry.at_ns > limit)
            )
            for entry in trace
        )

    times = match["times"]
    if times is None:
        return lambda _, ended: count(ended.trace) > 0
    return lambda _, ended: count(ended.trace) == int(times)


def _read_says(match: re.Match[str], _: tuple[Device, ...]) -> Claim:
    text = match["text"]
    return lambda _, ended: any(text in _text_of(entry.message) for entry in ended.trace)


def _text_of(message: object) -> str:
    match message:
        case ApiError(text) | ApiSuccess(text) | GuestLog(text) | ErrorReport(text):
            return text
        case QmpError(_, desc):
            return desc
        case MemUnplugError(msg=msg):
            return msg
    return ""


_Reader = Callable[[re.Match[str], tuple[Device, ...]], Claim]
_READERS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (_STATE, _state),
    (_THINKS, _thinks),
    (_SENT, _read_sent),
    (_SAYS, _read_says),
    (_ABORTED, lambda *_: lambda _, ended: ended.machine.aborted is not None),
)
