"""Several logs of one incident on one axis of time: libvirt's beside QEMU's trace, or those of both
QEMUs of a migration.

The clocks of the logs are taken to agree.  A message that two logs hold is kept once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from heapq import merge

from kit.actors.messages import Actor
from kit.common.english import counted
from kit.common.errors import UserError
from kit.logs.entries import LogEntry, LogFormat, UnplugLog
from kit.machine.clock import NS_PER_S
from kit.machine.device_kinds import DeviceKind
from kit.machine.pseries.connector import index_of
from kit.machine.requests import DeviceAdd
from kit.trace.phrases import connector_name

__all__ = ["merge_logs"]

_SAME_NS = NS_PER_S // 10  # two logs write the same message less than this apart
_KINDS = {
    "core ": DeviceKind.CORE,
    "LMB ": DeviceKind.DIMM,
    "PHB ": DeviceKind.PHB,
    "the adapter in slot ": DeviceKind.PCI,
}
"""How a connector's name begins, and the kind of device that it connects."""

Place = tuple[int, int]
"""An entry: the number of its log, and its own number there."""


def merge_logs(logs: Sequence[UnplugLog]) -> UnplugLog:
    """Return one log with the entries of all, in the order of their times.

    An entry without a time stays behind the one before it in its own log.

    Raises:
        UserError: A log has no times.
    """
    for log in logs:
        if log.entries and log.began_ns is None:
            raise UserError(
                f"{log.source}: has no times, so it cannot stand beside another log; start QEMU"
                " with -msg timestamp=on, or read it alone"
            )
    places = [place for _, place in merge(*(_times(n, log) for n, log in enumerate(logs)))]
    twice = _find_twice(logs, places)
    kept = [place for place in places if place not in twice]
    number_of = {place: number for number, place in enumerate(kept)}
    number_of |= {place: number_of[first] for place, first in twice.items()}
    ids = _ids_of_connectors(logs)
    entries = []
    for which, number in kept:
        entry = logs[which].entries[number]
        answers = None if entry.answers is None else number_of[which, entry.answers]
        named = ids.get(entry.device or "")
        entries.append(replace(entry, answers=answers, named=named))
    return _joined(logs, tuple(entries), number_of, len(twice))


def _times(which: int, log: UnplugLog) -> Iterator[tuple[int, Place]]:
    """Yield the time of each entry, the last known one where it has none, and its place."""
    at_ns = log.began_ns or 0
    for number, entry in enumerate(log.entries):
        known = entry.at_ns if entry.at_ns is not None else entry.after_ns
        at_ns = at_ns if known is None else max(at_ns, known)
        yield at_ns, (which, number)


def _find_twice(logs: Sequence[UnplugLog], places: Sequence[Place]) -> dict[Place, Place]:
    """Return the entries that an earlier log of the same QEMU holds as well, and where."""
    found: dict[Place, Place] = {}
    for which, log in enumerate(logs):
        for other in range(which):
            if _same_qemu(logs[other], log):
                taken = {place for place in found.values() if place[0] == other}
                own = [place for place in places if place[0] == which and place not in found]
                for place in own:
                    entry = log.entries[place[1]]
                    asked = None if entry.answers is None else found.get((which, entry.answers))
                    for number, candidate in enumerate(logs[other].entries):
                        there = other, number
                        answers = None if candidate.answers is None else (other, candidate.answers)
                        if there not in taken and asked == answers and _is_same(entry, candidate):
                            found[place] = there
                            taken.add(there)
                            break
    return found


def _same_qemu(one: UnplugLog, other: UnplugLog) -> bool:
    """Do two logs hold the same event at the same time?"""
    return any(
        entry.message == candidate.message
        and entry.at_ns is not None
        and candidate.at_ns is not None
        and abs(entry.at_ns - candidate.at_ns) < _SAME_NS
        for entry in one.entries
        for candidate in other.entries
        if entry.src is candidate.src is Actor.QEMU
    )


def _is_same(one: LogEntry, other: LogEntry) -> bool:
    if one.message != other.message or (one.answers is None) != (other.answers is None):
        return False
    first = max(entry.after_ns or 0 for entry in (one, other))
    last = min(entry.before_ns or first for entry in (one, other))
    return first - last < _SAME_NS


def _ids_of_connectors(logs: Sequence[UnplugLog]) -> dict[str, str]:
    """Return the id of the device behind each connector that a trace names.

    A device_add says which core or DIMM a device is.  Else a connector is the only device of its
    kind, if there is only one connector and one device of that kind.
    """
    found = {}
    for log in logs:
        for entry in log.entries:
            if isinstance(entry.message, DeviceAdd):
                device = entry.message.device
                found[connector_name(index_of(device))] = str(device.id)
    names = dict.fromkeys(name for log in logs for name in log.devices)
    kinds = {name: kind for log in logs for name, kind in log.kinds.items() if name in names}
    connectors = {
        name: kind for name in names for begin, kind in _KINDS.items() if name.startswith(begin)
    }
    for name, kind in connectors.items():
        same = [other for other, its in connectors.items() if its is kind]
        devices = [other for other, its in kinds.items() if its is kind and other not in connectors]
        if name not in found and len(same) == len(devices) == 1:
            found[name] = devices[0]
    return found


def _joined(
    logs: Sequence[UnplugLog],
    entries: tuple[LogEntry, ...],
    number_of: dict[Place, int],
    twice: int,
) -> UnplugLog:
    evidence = tuple(
        found if found.number is None else replace(found, number=number_of.get((n, found.number)))
        for n, log in enumerate(logs)
        for found in log.evidence
    )
    monitors = dict.fromkeys(log.monitor for log in logs if log.monitor)
    both = f", {counted(twice, 'message')} of both logs kept once" * bool(twice)
    return UnplugLog(
        sources=tuple(source for log in logs for source in log.sources),
        format=LogFormat(
            " and ".join(dict.fromkeys(log.format.value for log in logs)),
            all(log.format.shows_every_event for log in logs),
            logs[0].format.asker,
            f"{len(logs)} logs on one axis: their clocks are taken to agree{both}.",
        ),
        asker=next((log.asker for log in logs if log.asker is Actor.LIBVIRT), logs[0].asker),
        entries=entries,
        monitor=" and ".join(monitors) or None,
        others=dict(sum((Counter(log.others) for log in logs), Counter())),
        left_out=dict(sum((Counter(log.left_out) for log in logs), Counter())),
        unread=tuple(line for log in logs for line in log.unread),
        unread_count=sum(log.unread_count for log in logs),
        passed_over=sum(log.passed_over for log in logs),
        not_utf8=sum(log.not_utf8 for log in logs),
        kinds={name: kind for log in reversed(logs) for name, kind in log.kinds.items()},
        version=next((log.version for log in logs if log.version), None),
        parts={name: place for log in reversed(logs) for name, place in log.parts.items()},
        evidence=evidence,
        clock_went_back=next((log.clock_went_back for log in logs if log.clock_went_back), None),
        cut=next((log.cut for log in logs if log.cut), None),
    )
