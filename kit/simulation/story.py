"""Runs in sentences: the first difference of two, and what each participant knows."""

from __future__ import annotations

from kit.actors.messages import Actor, ApiError, ApiSuccess, Failure, Message
from kit.machine.events import (
    Aborted,
    DeviceDeleted,
    DeviceNotDeleted,
    DeviceUnplugGuestError,
    ErrorReport,
    HotplugEvent,
    MemUnplugError,
    QmpError,
    QmpReturn,
    UnplugTimeout,
)
from kit.machine.q35.messages import AcpiDeviceOst
from kit.machine.requests import CpuCore, Device, DeviceAdd, DeviceDel
from kit.simulation.beliefs import Belief
from kit.simulation.run import Pair, Run
from kit.trace.entry import Trace, TraceEntry
from kit.trace.kinds import outcome_of, wire_name
from kit.trace.sentences import seconds, sentence

__all__ = ["in_words", "where_they_part", "who_knows_what"]

_HEARD = 3  # of the messages that the operator received, the last are repeated


def where_they_part(pair: Pair) -> str:
    """Return three lines: the first difference of two runs, and the end of each.

    >>> from kit.machine.catalogue import find_revision
    >>> from kit.simulation.run import play_pair
    >>> from kit.simulation.sandbox import SANDBOX
    >>> both = play_pair(SANDBOX, find_revision("revert"), find_revision("resend"))
    >>> print(where_they_part(both))
    So far both have done the same.
    """
    at = pair.first_difference
    if at == (None, None):
        return "So far both have done the same."
    ends = [f"{run.revision.name}: {in_words(run)}" for run in pair.runs]
    return "\n".join((_parted(pair, *map(_side, pair.runs, at)), *ends))


def who_knows_what(
    run: Run, device: Device | None = None, *, seq: int | None = None
) -> tuple[tuple[str, str], ...]:
    """Return what each participant believes about *device*, by default the run's first.

    It is what they believe after entry *seq* (-1: at the start), by default at the end.
    """
    device = device or run.device
    trace = run.trace if seq is None else run.trace[: seq + 1]
    state = run.ended if seq is None else run.moments[seq] if seq >= 0 else run.began
    if state.machine.aborted is not None:
        gone = ("QEMU", "gone: an assertion failed"), ("guest", "gone with QEMU")
        return (*gone, *_operator_heard(trace))
    belief, name = run.belief(device, seq=seq), str(device.id)
    uses = f"uses {name}" if belief.guest else f"has released {name}"
    if not belief.guest and not _used_before(run, device, seq):
        uses = f"does not use {name}"
    indices = run.began.connectors(device)
    found = [("QEMU", _of_qemu(belief, trace, device, indices)), ("guest", uses)]
    if belief.libvirt is not None:
        words = "lists" if belief.libvirt else "does not list"
        found.append(("libvirt", f"{words} {name}"))
    return (*found, *_operator_heard(trace))


def in_words(run: Run) -> str:
    """Return the end of a run for its first device, in a sentence."""
    belief, name = run.belief(), _called(run.device)
    if run.ended.machine.aborted is not None:
        return "QEMU is gone."
    if not belief.qemu:
        sent = any(_is_deleted(entry, run.device) for entry in run.trace)
        words = f"QEMU removed {name}" + (" and sent DEVICE_DELETED." if sent else ".")
    elif belief.orphaned:
        words = f"the guest has released {name}, QEMU still holds it"
        words += " and sent no DEVICE_DELETED: limbo."
    elif belief.pending:
        words = f"the {_which_pends(run)}request is still pending."
    elif _came_back(run):
        words = f"the guest uses {name} again."
    else:
        words = f"the guest keeps {name}, and no request is pending."
    if belief.libvirt is not None and belief.libvirt != belief.guest:
        lists = "still lists" if belief.libvirt else "does not list"
        words += f" libvirt {lists} it: wrong."
    return words


def _which_pends(run: Run) -> str:
    """Return the number of the request that QEMU waits for, if another one ended before."""
    _, ended = _pending_since(run.trace, run.device, run.began.connectors(run.device))
    return ("", "second ", "last ")[min(ended, 2)]


def _called(device: Device) -> str:
    return "the core" if isinstance(device, CpuCore) else str(device.id)


def _of_qemu(belief: Belief, trace: Trace, device: Device, indices: tuple[int, ...]) -> str:
    name = belief.device
    if not belief.qemu:
        return f"has removed {name}" if any(_is_deleted(e, device) for e in trace) else "has none"
    if belief.pending:
        since, _ = _pending_since(trace, device, indices)
        return f"has waited for the guest since {seconds(since)}" if since is not None else "waits"
    dropped = [
        entry.at_ns
        for entry in trace
        if isinstance(entry.message, UnplugTimeout) and entry.message.index in indices
    ]
    if dropped:
        return f"holds {name}; dropped the request at {seconds(dropped[-1])}, no longer waits"
    return f"holds {name}; no request is pending"


def _is_deleted(entry: TraceEntry, device: Device) -> bool:
    return isinstance(entry.message, DeviceDeleted) and entry.message.device == device.id


def _pending_since(
    trace: Trace, device: Device, indices: tuple[int, ...]
) -> tuple[int | None, int]:
    """Return when the request was made that QEMU still waits for, and how many ended before it."""
    since, asked, ended = None, False, 0
    for entry in trace:
        match entry.message:
            case DeviceDel(name):
                asked = name == device.id
            case QmpReturn() if asked and since is None:
                since, asked = entry.at_ns, False
            case UnplugTimeout(index) if index not in indices:
                pass
            case UnplugTimeout() | ErrorReport() if since is not None:  # a later one counts
                since, ended = None, ended + 1
    return since, ended


def _used_before(run: Run, device: Device, seq: int | None) -> bool:
    """Did the guest use the device before?"""
    moments = run.moments if seq is None else run.moments[: seq + 1]
    states = (run.began, *moments)
    return any(run.belief(device, seq=n - 1).guest for n in range(len(states)))


def _came_back(run: Run) -> bool:
    """Does the guest use a device again that it released?  A reset alone does not count."""
    uses = [run.belief(seq=seq).guest for seq in range(-1, len(run.trace))]
    let_go = (
        before and not after and moment.after.guest.up
        for before, after, moment in zip(uses, uses[1:], run.moments, strict=False)
    )
    return uses[-1] and any(let_go)


def _operator_heard(trace: Trace) -> tuple[tuple[str, str], ...]:
    """Return the last messages about devices that the operator received."""
    heard, asked = [], None
    for entry in trace:
        if entry.src is Actor.OPERATOR and entry.dst is Actor.QEMU:
            asked = entry.message
        words = _heard(entry, asked) if entry.dst is Actor.OPERATOR else ""
        if words:
            heard.append(f"{words} at {seconds(entry.at_ns)}")
    repeated = ["…", *heard[-_HEARD:]] if len(heard) > _HEARD else heard
    return (("operator received", ", ".join(repeated) or "nothing"),)


def _heard(entry: TraceEntry, asked: Message | None) -> str:
    match entry.message:
        case QmpReturn() if isinstance(asked, DeviceDel | DeviceAdd):
            return "“accepted”"
        case ApiError(failure=Failure.TIMED_OUT):
            return "“timed out”"
        case QmpError() | ApiError():
            return "an error"
        case ApiSuccess():
            return "“success”"
        case AcpiDeviceOst():
            return wire_name(entry.message)
    return wire_name(entry.message) if outcome_of(entry.message) is not None else ""


_Side = tuple[str, TraceEntry | None, Trace]


def _side(run: Run, seq: int | None) -> _Side:
    return run.revision.name, None if seq is None else run.trace[seq], run.trace


def _parted(pair: Pair, before: _Side, after: _Side) -> str:
    """Return a sentence on what one run does first that the other does not."""
    names = f"{before[0]} and {after[0]}"
    if pair.before.revision.board != pair.after.revision.board:
        return f"{names} are different machines and send requests in different ways."
    for (who, entry, mine), (other, against, trace) in ((before, after), (after, before)):
        if entry is None or (against is not None and against.at_ns < entry.at_ns):
            continue
        did = _did(entry)
        ours, theirs = _times_of_its_kind(entry, mine), _times_of_its_kind(entry, trace)
        so_far = sum(at_ns <= entry.at_ns for at_ns in theirs)
        if did is None or sum(at_ns <= entry.at_ns for at_ns in ours) <= so_far:
            continue  # the other does the same, at another place of the same time
        later = len(theirs) > so_far
        not_so = f"{did[1]} then" if later else did[1]
        return f"At {seconds(entry.at_ns)}, QEMU at {who} {did[0]}; QEMU at {other} {not_so}."
    entry = before[1] or after[1]
    assert entry is not None
    return f"At {seconds(entry.at_ns)} they part: {sentence(entry)}"


def _times_of_its_kind(entry: TraceEntry, trace: Trace) -> list[int]:
    return [other.at_ns for other in trace if type(other.message) is type(entry.message)]


def _did(entry: TraceEntry) -> tuple[str, str] | None:
    """Return what one run did, and what that means for the other."""
    match entry.message:
        case UnplugTimeout(silent=silent):
            sent = "no event" if silent else "an event"
            return f"dropped the request at its timeout and sent {sent}", "went on waiting"
        case QmpError(_, desc):
            return f"refused the request (“{desc}”)", "accepted it"
        case HotplugEvent():
            return "sent the guest another event", "sent none"
        case DeviceDeleted():
            return "removed the device and sent DEVICE_DELETED", "did not"
        case DeviceNotDeleted():
            return "sent DEVICE_NOT_DELETED", "sent nothing"
        case DeviceUnplugGuestError():
            return "reported the refusal (DEVICE_UNPLUG_GUEST_ERROR)", "sent no such event"
        case MemUnplugError():
            return "reported the refusal (MEM_UNPLUG_ERROR)", "sent no such event"
        case ErrorReport():
            return "understood UNISOLATE as a refusal", "did not"
        case Aborted():
            return "aborted", "did not"
    return None
