"""What a run's entries are called in exercises, and the numbers that are asked of a run."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from kit.actors.messages import PARTICIPANTS
from kit.common.errors import UserError
from kit.course.exercise import Measure
from kit.machine.catalogue import find_revision
from kit.machine.clock import NS_PER_S
from kit.machine.events import QmpError
from kit.machine.pseries.rtas import ALLOCATION_STATE, ISOLATION_STATE
from kit.machine.requests import ConfigureConnector, GetSensorState, SetIndicator
from kit.simulation.run import Run
from kit.trace.entry import TraceEntry
from kit.trace.kinds import wire_name, wire_names

__all__ = ["called", "check_call", "read_measure"]

_SET = {
    (ISOLATION_STATE, 0): "ISOLATE",
    (ISOLATION_STATE, 1): "UNISOLATE",
    (ALLOCATION_STATE, 0): "UNUSABLE",
    (ALLOCATION_STATE, 1): "USABLE",
}
_CALLS = ("sensor", "configure-connector", *_SET.values())
_SECONDS = re.compile(r"(-?[0-9]+) seconds timeout remaining")
_TYPE = r"(?P<type>[\w-]+)(?: to (?P<to>\w+))?"
_WHEN = re.compile(rf"when {_TYPE}(?P<last>, the last)?")
_COUNT = re.compile(rf"how many {_TYPE}")
_NAMED = re.compile(r"seconds named(?P<last>, the last)?")
_LEFT_OVER = re.compile(r"lines left over of (?P<commits>[\w~.-]+(?:, [\w~.-]+)+)")


def called(entry: TraceEntry) -> str:
    """Return what an entry is called: an RTAS call by what it does, else as on the wire."""
    match entry.message:
        case SetIndicator(indicator, _, state) if (indicator, state) in _SET:
            return _SET[indicator, state]
        case GetSensorState():
            return "sensor"
        case ConfigureConnector():
            return "configure-connector"
    return wire_name(entry.message)


def check_call(name: str) -> str:
    """Return *name* if entries are called so.

    Raises:
        UserError: None is.
    """
    if name not in _CALLS and name not in wire_names():
        raise UserError(f"no message has the type {name!r}, and no call is {name}")
    return name


def read_measure(text: str) -> Measure:
    """Read what number is asked for.

    Raises:
        UserError: It is no measure; says what is expected.
    """
    if match := _WHEN.fullmatch(text):
        return Measure(of_run=_when(_entries(match), -1 if match["last"] else 0))
    if match := _COUNT.fullmatch(text):
        entries = _entries(match)
        return Measure(of_run=lambda run: Fraction(len(entries(run))))
    if match := _NAMED.fullmatch(text):
        return Measure(of_run=_named(-1 if match["last"] else 0))
    if match := _LEFT_OVER.fullmatch(text):
        commits = tuple(match["commits"].split(", "))
        return Measure(of_diffs=tuple(find_revision(name).label for name in commits))
    raise UserError(
        f"{text!r} is no measure; expected as 'when DEVICE_DELETED', 'when ISOLATE, the last',"
        " 'how many hotplug-event to guest', 'seconds named' or 'lines left over of timer, revert'"
    )


_Entries = Callable[[Run], tuple[TraceEntry, ...]]


def _entries(match: re.Match[str]) -> _Entries:
    kind, to = check_call(match["type"]), match["to"]
    if to is not None and to not in {actor.value for actor in PARTICIPANTS}:
        raise UserError(f"{to!r} is no party; expected operator, libvirt, qemu or guest")
    return lambda run: tuple(
        entry for entry in run.trace if called(entry) == kind and to in (None, entry.dst.value)
    )


def _when(entries: _Entries, number: int) -> Callable[[Run], Fraction | None]:
    def measure(run: Run) -> Fraction | None:
        found = entries(run)
        return Fraction(found[number].at_ns, NS_PER_S) if found else None

    return measure


def _named(number: int) -> Callable[[Run], Fraction | None]:
    def measure(run: Run) -> Fraction | None:
        texts = [entry.message.desc for entry in run.trace if isinstance(entry.message, QmpError)]
        found = [match[1] for text in texts if (match := _SECONDS.search(text))]
        return Fraction(found[number]) if found else None

    return measure
