"""The layout of a log, so that it is drawn like a run.

There are bars only where something is known: what QEMU told the requester, and what QEMU holds.
QEMU holds a device until DEVICE_DELETED. A log says nothing about the guest. An entry without a
time stands between its neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter

from kit.actors.messages import Actor, DeviceRemoved
from kit.logs.entries import LogEntry, Logged, OtherCommand, OtherEvent, TraceStep, UnplugLog
from kit.machine.clock import NS_PER_S
from kit.machine.errors import ErrorMeaning, meaning_of
from kit.machine.events import (
    DeviceDeleted,
    DeviceNotDeleted,
    DeviceUnplugGuestError,
    MemUnplugError,
    QmpError,
)
from kit.machine.q35.messages import AcpiDeviceOst
from kit.machine.requests import ConfigureConnector, DeviceAdd, DeviceDel, SetIndicator
from kit.simulation.provenance import Provenance, observed
from kit.simulation.timeline import TimelineStop
from kit.trace.columns import Severity, UnplugOutcome
from kit.trace.entry import TraceEntry
from kit.trace.kinds import is_minor, label_of, outcome_of, severity_of
from kit.trace.sentences import sentence
from kit.views.diagram.layout import Bar, LaneRow, LaneState, Layout, Mark, PictureSide, bars_in

__all__ = ["layout_of_log", "log_provenance", "logged_sentence", "times_of"]

MAX_DEVICES = 12  # rows in a lane


def layout_of_log(log: UnplugLog) -> Layout:
    """Return the layout of a log."""
    times, began_ns = times_of(log), log.began_ns or 0
    devices = _devices(log)
    lanes = _lanes(log)
    helds = _helds(log, devices)
    rows = tuple(LaneRow(lane, device) for lane in lanes for device in devices)
    bars: tuple[Bar, ...] = tuple(bar for row in rows for bar in bars_in(row, helds[row]))
    stops = tuple(TimelineStop(at_ns, (n,), (True,)) for n, at_ns in enumerate(times))
    side = PictureSide(
        seen=len(stops) - 1,
        marks=tuple(_mark(log, n, times[n], devices) for n in range(len(stops))),
        bars=bars,
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
        sides=(side,),
        timeless=frozenset(
            n
            for n, entry in enumerate(log.entries)
            if entry.at_ns is None or entry.at_ns != times[n] + began_ns
        ),
        observed=f"as {log.source} tells",
        origin=log_provenance(log).words,
    )


def log_provenance(log: UnplugLog) -> Provenance:
    """Return where a log comes from: which QEMU wrote it, if it says so."""
    version = "" if log.version is None else f" of QEMU {'.'.join(map(str, log.version))}"
    return observed(f"Read from a log{version}; nothing in it is simulated")


def times_of(log: UnplugLog) -> list[int]:
    """Return the entries' times on an axis that begins at the first time in the log.

    Entries without a time are spread between their neighbours, and an answer stands with its
    request. Behind the last time, or if no time is known at all, each takes a second.
    """
    began_ns = log.began_ns or 0
    found: list[int] = []
    known_times = attrgetter("at_ns", "after_ns", "before_ns")
    for (at_ns, after_ns, before_ns), group in groupby(_with_what_comes(log), key=known_times):
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
    """Return the entries, those without a time just before the next that has one, sure or not."""
    found: list[LogEntry] = []
    next_ns = None
    for entry in reversed(log.entries):
        next_ns = next_ns if entry.at_ns is None else entry.at_ns
        found.append(entry if entry.before_ns is not None else replace(entry, before_ns=next_ns))
    return found[::-1]


def _lanes(log: UnplugLog) -> tuple[Actor, ...]:
    """Return the parties of a log: QEMU, the guest, and who talks to QEMU or to libvirt."""
    named: set[Actor] = {actor for entry in log.entries for actor in (entry.src, entry.dst)}
    managers: list[Actor] = [actor for actor in (Actor.OPERATOR, Actor.LIBVIRT) if actor in named]
    if not log.entries:
        managers = [log.asker]
    return (*managers, Actor.QEMU, Actor.GUEST)


def _devices(log: UnplugLog) -> tuple[str, ...]:
    """Return the devices that the log unplugs. Devices that are only plugged are left out."""
    unplugged = {
        entry.device
        for entry in log.entries
        if not isinstance(entry.message, DeviceAdd | OtherCommand)
    }
    found = [device for device in log.devices if device in unplugged]
    return tuple((found or list(log.devices))[:MAX_DEVICES])


@dataclass(slots=True)
class _Known:
    """What is known of a device: what QEMU told the ``requester``, and who holds it.

    ``holds`` and ``uses`` are about QEMU and the guest; None: nobody knows.
    """

    requester: LaneState | None
    libvirt: LaneState | None
    holds: bool | None
    uses: bool | None = None
    pending: bool = False


def _helds(log: UnplugLog, devices: tuple[str, ...]) -> Mapping[LaneRow, list[LaneState | None]]:
    """Return the state before the first entry and after each, for each row."""
    added, lanes = _added_first(log), _lanes(log)
    listed = LaneState.LISTED if log.asker is Actor.LIBVIRT else None
    both = Actor.LIBVIRT in lanes and Actor.OPERATOR in lanes
    begins = _held_first(log)
    known = {
        d: _Known(None if d in added else listed, LaneState.LISTED, begins.get(d)) for d in devices
    }
    found: dict[LaneRow, list[LaneState | None]] = {
        LaneRow(lane, device): [] for lane in lanes for device in devices
    }

    def note() -> None:
        for device, state in known.items():
            shown = {
                Actor.OPERATOR: state.requester,
                Actor.LIBVIRT: state.libvirt if both else state.requester,
                Actor.QEMU: _state(state.holds, LaneState.HOLDS),
                Actor.GUEST: _state(state.uses, LaneState.USES),
            }
            for lane in lanes:
                found[LaneRow(lane, device)].append(shown[lane])

    note()
    for entry in log.entries:
        asked = None if entry.answers is None else log.entries[entry.answers].message
        state = known.get(log.device_of(entry) or "")
        if state is not None:
            _learn(state, entry.message, asked, listed)
            _learn_from_trace(state, entry.message)
        note()
    return found


_SENT_OF_HELD = (
    DeviceDeleted, DeviceUnplugGuestError, AcpiDeviceOst, MemUnplugError, DeviceNotDeleted, QmpError
)  # fmt: skip


def _state(holds: bool | None, state: LaneState) -> LaneState | None:
    return LaneState.UNKNOWN if holds is None else state if holds else None


def _held_first(log: UnplugLog) -> dict[str, bool]:
    """Return which devices QEMU held when the log began, as the first message about each shows."""
    found: dict[str, bool] = {}
    for entry in log.entries:
        message = entry.message
        asked = None if entry.answers is None else log.entries[entry.answers].message
        device = log.device_of(entry)
        if device is None or device in found:
            continue
        if isinstance(message, DeviceAdd | OtherCommand):
            found[device] = False
        elif isinstance(asked, DeviceDel):
            if not isinstance(message, QmpError) or meaning_of(message) is not ErrorMeaning.GONE:
                found[device] = True
        elif isinstance(message, _SENT_OF_HELD):
            found[device] = True
        elif isinstance(message, TraceStep):
            found[device] = message.name != "spapr_drc_attach"
    return found


def _added_first(log: UnplugLog) -> set[str]:
    """Return the devices whose first entry in the log plugs them."""
    first: dict[str, Logged] = {}
    for entry in log.entries:
        device = entry.device
        if device is not None:
            first.setdefault(device, entry.message)
    return {d for d, message in first.items() if isinstance(message, DeviceAdd | OtherCommand)}


def _learn(state: _Known, message: Logged, asked: Logged | None, listed: LaneState | None) -> None:
    match message:
        case DeviceDel():
            state.requester = LaneState.ASKED
        case QmpError() if isinstance(asked, DeviceDel):
            meaning = meaning_of(message)
            state.requester = _AFTER_ERROR.get(meaning, LaneState.TOLD_KEPT)
            state.holds = False if meaning is ErrorMeaning.GONE else state.holds
        case QmpError() if asked is None and meaning_of(message) is ErrorMeaning.PENDING:
            state.requester = LaneState.ASKED
        case DeviceRemoved():
            state.requester, state.libvirt = LaneState.TOLD_GONE, None
            state.holds = False
        case _ if outcome_of(message) is UnplugOutcome.REMOVED:
            state.requester, state.holds = LaneState.TOLD_GONE, False
        case _ if outcome_of(message) is UnplugOutcome.FAILED:
            state.requester = LaneState.TOLD_KEPT
        case _ if isinstance(asked, DeviceAdd | OtherCommand) and not isinstance(message, QmpError):
            state.requester, state.holds = listed, True


_AFTER_ERROR: Mapping[ErrorMeaning, LaneState] = {
    ErrorMeaning.GONE: LaneState.TOLD_GONE,
    ErrorMeaning.PENDING: LaneState.ASKED,
}
"""What the one who asks knows after an error; any other text: the request has failed."""
_ISOLATION, _ALLOCATION = 9001, 9003  # indicators
_IS_PCI = 4  # in the first digit of a connector's index: released when it is isolated


def _learn_from_trace(state: _Known, message: Logged) -> None:
    """Learn from a trace what the guest uses, and what QEMU holds."""
    match message:
        case TraceStep("spapr_drc_attach"):
            state.holds, state.pending = True, False
        case TraceStep("spapr_drc_unplug_request" | "acpi_pci_unplug_request"):
            state.pending = True
        case TraceStep(
            "spapr_drc_release"
            | "spapr_drc_detach"
            | "mhp_acpi_pc_dimm_deleted"
            | "acpi_pci_unplug"
        ):
            state.holds, state.pending = False, False
        case TraceStep(
            "cpuhp_acpi_ejecting_cpu" | "cpuhp_acpi_fw_remove_cpu" | "acpi_pci_eject_slot"
        ):
            state.uses = False
        case ConfigureConnector() | TraceStep("cpuhp_acpi_clear_inserting_evt"):
            state.uses = True
        case SetIndicator(indicator, index, 0):
            last = _ISOLATION if index >> 28 == _IS_PCI else _ALLOCATION
            if indicator == last:
                state.uses = False
                state.holds = False if state.pending else state.holds
        case SetIndicator(indicator, _, 1) if indicator in (_ISOLATION, _ALLOCATION):
            state.uses = True


def _mark(log: UnplugLog, number: int, at_ns: int, devices: tuple[str, ...]) -> Mark:
    entry = log.entries[number]
    device = entry.device or ""
    message, label = entry.message, _label(entry.message)
    if len(devices) == 1:  # no other device could be meant
        label = label.removesuffix(f" {devices[0]}")
    other = isinstance(message, OtherCommand | OtherEvent | TraceStep)
    return Mark(
        step=number,
        seq=number,
        at_ns=at_ns,
        src=entry.src,
        dst=entry.dst,
        tone=Severity.PLAIN if other else severity_of(entry.message),
        minor=not other and is_minor(entry.message),
        label=label,
        sentence=logged_sentence(entry),
        device=device if device in devices else "",
    )


def _label(message: Logged) -> str:
    if isinstance(message, OtherCommand | OtherEvent):
        return message.name if message.device is None else f"{message.name} {message.device}"
    return message.words if isinstance(message, TraceStep) else label_of(message)


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
        case TraceStep():
            return f"QEMU's trace: {message.words}."
    trace = TraceEntry(seq=0, at_ns=0, guest_ns=0, src=entry.src, dst=entry.dst, message=message)
    return sentence(trace)
