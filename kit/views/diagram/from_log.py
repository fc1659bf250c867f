"""The layout of a log, so that it is drawn like a run.

There are bars only where something is known: what QEMU told the requester, and what QEMU holds.
QEMU holds a device until DEVICE_DELETED. A log says nothing about the guest. An entry without a
time stands between its neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from kit.actors.messages import Actor
from kit.logs.entries import LogEntry, Logged, OtherCommand, OtherEvent, UnplugLog, device_of
from kit.machine.clock import NS_PER_S
from kit.machine.events import (
    QmpError,
)
from kit.machine.requests import DeviceAdd, DeviceDel
from kit.simulation.timeline import TimelineStop
from kit.trace.columns import Severity, UnplugOutcome
from kit.trace.entry import TraceEntry
from kit.trace.kinds import is_minor, label_of, outcome_of, severity_of
from kit.trace.sentences import sentence
from kit.views.diagram.layout import Bar, LaneRow, LaneState, Layout, Mark, PictureSide, bars_in

__all__ = ["layout_of_log", "logged_sentence", "times_of"]

MAX_DEVICES = 12  # rows in a lane


def layout_of_log(log: UnplugLog) -> Layout:
    """Lay out the entries of a log."""
    times, began_ns = times_of(log), log.began_ns or 0
    devices = _devices(log)
    lanes = (log.asker, Actor.QEMU, Actor.GUEST)
    helds = _helds(log, devices)
    rows = tuple(LaneRow(lane, device) for lane in lanes for device in devices)
    bars: tuple[Bar, ...] = tuple(bar for row in rows for bar in bars_in(row, helds[row]))
    stops = tuple(TimelineStop(at_ns, (n,), (True,)) for n, at_ns in enumerate(times))
    side = PictureSide(
        name="",
        run=None,
        seen=len(stops) - 1,
        marks=tuple(_mark(log, n, times[n], devices) for n in range(len(stops))),
        bars=bars,
        brackets=(),
        now=tuple((row, helds[row][-1]) for row in rows),
    )
    end_ns = times[-1] if times else 0
    return Layout(
        name=log.source,
        title=log.format.value if log.monitor is None else f"{log.format.value}, {log.monitor}",
        devices=devices,
        lanes=lanes,
        rows=rows,
        stops=stops,
        place=len(stops) - 1,
        now_ns=end_ns,
        end_ns=end_ns,
        first_step=None,
        sides=(side,),
        timeless=frozenset(
            n
            for n, entry in enumerate(log.entries)
            if entry.at_ns is None or entry.at_ns != times[n] + began_ns
        ),
        observed=f"as {log.source} tells",
    )


def times_of(log: UnplugLog) -> list[int]:
    """Place the entries on an axis that begins at the first time in the log.

    Entries without a time are spread between their neighbours, and an answer stands with its
    request. Behind the last time, or if no time is known at all, each takes a second.
    """
    began_ns = log.began_ns or 0
    found: list[int] = []
    for (at_ns, after_ns, before_ns), group in groupby(_with_what_comes(log), key=_known_times):
        last_ns = found[-1] if found else 0
        if at_ns is not None:
            found.extend(max(at_ns - began_ns, last_ns) for _ in group)  # a clock may be set back
            continue
        places: list[int] = []
        for entry in group:
            follows = entry.answers is not None and bool(places)
            places.append(places[-1] if follows else len(set(places)) + 1)
        start_ns = last_ns if after_ns is None else max(after_ns - began_ns, last_ns)
        if before_ns is None:
            found.extend(start_ns + NS_PER_S * (place - (not found)) for place in places)
        else:
            part = max(before_ns - began_ns - start_ns, 0) // (places[-1] + 1)
            found.extend(start_ns + part * place for place in places)
    return found


def _with_what_comes(log: UnplugLog) -> list[LogEntry]:
    """Draw an entry without a time just before the next one that has a time, sure or not."""
    found: list[LogEntry] = []
    next_ns = None
    for entry in reversed(log.entries):
        next_ns = next_ns if entry.at_ns is None else entry.at_ns
        found.append(entry if entry.before_ns is not None else replace(entry, before_ns=next_ns))
    return found[::-1]


def _known_times(entry: LogEntry) -> tuple[int | None, int | None, int | None]:
    return entry.at_ns, entry.after_ns, entry.before_ns


def _devices(log: UnplugLog) -> tuple[str, ...]:
    """Return the devices that the log unplugs. Devices that are only plugged are left out."""
    unplugged = {
        device_of(entry.message)
        for entry in log.entries
        if not isinstance(entry.message, DeviceAdd | OtherCommand)
    }
    found = [device for device in log.devices if device in unplugged]
    return tuple((found or list(log.devices))[:MAX_DEVICES])


# -- bars ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Known:
    """What is known of a device: what QEMU told the requester, and whether QEMU holds it."""

    told: LaneState | None
    holds: bool


def _helds(log: UnplugLog, devices: tuple[str, ...]) -> Mapping[LaneRow, list[LaneState | None]]:
    """Return the state before the first entry and after each, for each row."""
    added = _added_first(log)
    listed = LaneState.LISTED if log.asker is Actor.LIBVIRT else None
    known = {d: _Known(None if d in added else listed, d not in added) for d in devices}
    found: dict[LaneRow, list[LaneState | None]] = {
        LaneRow(lane, device): []
        for lane in (log.asker, Actor.QEMU, Actor.GUEST)
        for device in devices
    }

    def note() -> None:
        for device, state in known.items():
            found[LaneRow(log.asker, device)].append(state.told)
            found[LaneRow(Actor.QEMU, device)].append(LaneState.HOLDS if state.holds else None)
            found[LaneRow(Actor.GUEST, device)].append(LaneState.UNKNOWN)

    note()
    for entry in log.entries:
        asked = None if entry.answers is None else log.entries[entry.answers].message
        named = device_of(entry.message) or (None if asked is None else device_of(asked))
        state = known.get(named or "")
        if state is not None:
            _learn(state, entry.message, asked, listed)
        note()
    return found


def _added_first(log: UnplugLog) -> set[str]:
    """Return the devices whose first entry in the log plugs them."""
    first: dict[str, Logged] = {}
    for entry in log.entries:
        device = device_of(entry.message)
        if device is not None:
            first.setdefault(device, entry.message)
    return {d for d, message in first.items() if isinstance(message, DeviceAdd | OtherCommand)}


def _learn(state: _Known, message: Logged, asked: Logged | None, listed: LaneState | None) -> None:
    match message:
        case DeviceDel():
            state.told = LaneState.ASKED
        case QmpError() if isinstance(asked, DeviceDel):
            pending = "pending" in message.desc or "progress" in message.desc
            state.told = LaneState.ASKED if pending else LaneState.TOLD_KEPT
        case _ if outcome_of(message) is UnplugOutcome.REMOVED:
            state.told, state.holds = LaneState.TOLD_GONE, False
        case _ if outcome_of(message) is UnplugOutcome.FAILED:
            state.told = LaneState.TOLD_KEPT
        case _ if isinstance(asked, DeviceAdd | OtherCommand) and not isinstance(message, QmpError):
            state.told, state.holds = listed, True


# -- marks -----------------------------------------------------------------------------------------


def _mark(log: UnplugLog, number: int, at_ns: int, devices: tuple[str, ...]) -> Mark:
    entry = log.entries[number]
    device = device_of(entry.message) or ""
    label = _label(entry.message)
    if len(devices) == 1:  # no other device could be meant
        label = label.removesuffix(f" {devices[0]}")
    other = isinstance(entry.message, OtherCommand | OtherEvent)
    return Mark(
        step=number,
        seq=number,
        at_ns=at_ns,
        src=entry.src,
        dst=entry.dst,
        tone=Severity.PLAIN
        if isinstance(entry.message, OtherCommand | OtherEvent)
        else severity_of(entry.message),
        minor=not other and is_minor(entry.message),
        label=label,
        sentence=logged_sentence(entry),
        device=device if device in devices else "",
        alone=False,
        first=False,
    )


def _label(message: Logged) -> str:
    if isinstance(message, OtherCommand | OtherEvent):
        return message.name if message.device is None else f"{message.name} {message.device}"
    return label_of(message)


def logged_sentence(entry: LogEntry) -> str:
    """Return an entry of a log as one sentence."""
    message = entry.message
    match message:
        case OtherCommand(name, device):
            asked = f"{name} {device}" if device else name
            who = "libvirt" if entry.src is Actor.LIBVIRT else "The operator"
            return f"{who} asks QEMU: {asked}."
        case OtherEvent(name, device):
            return f"QEMU says: {name}{f' {device}' if device else ''}."
    trace = TraceEntry(seq=0, at_ns=0, guest_ns=0, src=entry.src, dst=entry.dst, message=message)
    return sentence(trace)
