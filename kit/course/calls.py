"""Name the entries of a run as exercises do, and read which number an exercise asks for."""

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
from kit.machine.requests import ConfigureConnector, GetSensorState, SetIndicator
from kit.simulation.run import Run
from kit.trace.entry import TraceEntry
from kit.trace.kinds import wire_name, wire_names
from kit.trace.phrases import INDICATORS

__all__ = ["called", "check_call", "read_measure"]

_SET = {key: name for key, (name, _) in INDICATORS.items()}
_CALLS = ("sensor", "configure-connector", *_SET.values())
_SECONDS = re.compile(r"(-?[0-9]+) seconds timeout remaining")
_TYPE = r"(?P<type>[\w-]+)(?: to (?P<to>\w+))?"
_WHEN = re.compile(rf"when {_TYPE}(?P<last>, the last)?")
_COUNT = re.compile(rf"how many {_TYPE}")
_NAMED = re.compile(r"seconds named(?P<last>, the last)?")
_LEFT_OVER = re.compile(r"lines left over of (?P<commits>[\w~.-]+(?:, [\w~.-]+)+)")


def called(entry: TraceEntry) -> str:
    """Return an entry's name: what an RTAS call does, else the name on the wire."""
    match entry.message:
        case SetIndicator(indicator, _, state) if (indicator, state) in _SET:
            return _SET[indicator, state]
        case GetSensorState():
            return "sensor"
        case ConfigureConnector():
            return "configure-connector"
    return wire_name(entry.message)


def check_call(name: str) -> str:
    """Return *name* if an entry can have it, or raise UserError."""
    if name not in _CALLS and name not in wire_names():
        raise UserError(f"no message has the type {name!r}, and no call is {name}")
    return name


def read_measure(text: str) -> Measure:
    """Return the measure that a text names; UserError says what is expected."""
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
        f"{text!r} is not a measure; expected as 'when DEVICE_DELETED', 'when ISOLATE, the last',"
        " 'how many hotplug-event to guest', 'seconds named' or 'lines left over of timer, revert'"
    )


_Entries = Callable[[Run], tuple[TraceEntry, ...]]


def _entries(match: re.Match[str]) -> _Entries:
    kind, to = check_call(match["type"]), match["to"]
    if to is not None and to not in {actor.value for actor in PARTICIPANTS}:
        raise UserError(f"{to!r} is not a participant; expected operator, libvirt, qemu or guest")
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
