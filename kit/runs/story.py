"""Two runs of the same acts at two revisions, and where they part, in words."""

from __future__ import annotations

from dataclasses import dataclass

from kit.machine.events import (
    Aborted,
    DeviceDeleted,
    DeviceUnplugGuestError,
    ErrorReport,
    HotplugEvent,
    QmpError,
    QmpReturn,
    UnplugTimeout,
)
from kit.machine.requests import SetIndicator
from kit.machine.revision import Revision
from kit.machine.rtas import ALLOCATION_STATE
from kit.runs.bench import CORE_INDEX, Act, Run, play
from kit.runs.sentences import seconds, sentence
from kit.runs.trace import TraceEntry, first_difference

__all__ = ["Pair", "play_pair", "where_they_part", "who_knows_what"]


@dataclass(frozen=True, slots=True)
class Pair:
    """The same acts, played at two revisions."""

    before_revision: Revision
    after_revision: Revision
    before: Run
    after: Run

    @property
    def first_difference(self) -> tuple[int | None, int | None]:
        """The seq of the first entry that differs, in each trace; None where it has no more."""
        return first_difference(self.before.trace, self.after.trace)


def play_pair(before: Revision, after: Revision, acts: tuple[Act, ...]) -> Pair:
    """Play *acts* at both revisions."""
    return Pair(before, after, play(before, acts), play(after, acts))


def where_they_part(pair: Pair) -> str:
    """Say where two runs first differ, and what has become of the core in each: a line for each.

    >>> from kit.machine.revision import find_revision
    >>> acts = (Act.DEVICE_DEL, Act.GUEST_RELEASES_LATE)
    >>> print(where_they_part(play_pair(find_revision("revert"), find_revision("resend"), acts)))
    So far both have done the same.
    """
    at = pair.first_difference
    if at == (None, None):
        return "So far both have done the same."
    before, after = pair.before_revision.name, pair.after_revision.name
    ours, theirs = _at(pair.before, at[0]), _at(pair.after, at[1])
    parted = _parted((before, ours), (after, theirs))
    return "\n".join((parted, _now(before, pair.before), _now(after, pair.after)))


def who_knows_what(run: Run) -> tuple[str, str, str]:
    """Say what QEMU, the guest and the operator take to be the case, a few words each."""
    if run.machine.aborted is not None:
        return "gone: an assertion failed", "gone with QEMU", "QEMU has quit"
    if not run.qemu_has_core:
        qemu = "has released core 1"
    elif run.pending:
        qemu = f"waits for the guest since {seconds(_pending_since(run))}"
    elif forgotten := [e for e in run.trace if isinstance(e.message, UnplugTimeout)]:
        qemu = f"holds core 1; forgot the request at {seconds(forgotten[-1].at_ns)}"
    else:
        qemu = "holds core 1; waits for nothing"
    return qemu, "uses core 1" if run.guest_has_core else "has let go of core 1", _told(run)


def _pending_since(run: Run) -> int:
    since = None
    for entry in run.trace:
        match entry.message:
            case QmpReturn() if since is None:
                since = entry.at_ns
            case UnplugTimeout() | ErrorReport():  # the request ended there; a later one counts
                since = None
    return since or 0


def _told(run: Run) -> str:
    told = []
    for entry in run.trace:
        match entry.message:
            case QmpReturn():
                told.append(f"“accepted” at {seconds(entry.at_ns)}")
            case QmpError():
                told.append(f"an error at {seconds(entry.at_ns)}")
            case DeviceDeleted():
                told.append(f"DEVICE_DELETED at {seconds(entry.at_ns)}")
            case DeviceUnplugGuestError():
                told.append(f"DEVICE_UNPLUG_GUEST_ERROR at {seconds(entry.at_ns)}")
    return ", ".join(told[-2:]) or "nothing"


def _at(run: Run, seq: int | None) -> TraceEntry | None:
    return None if seq is None else run.trace[seq]


_Side = tuple[str, TraceEntry | None]


def _parted(before: _Side, after: _Side) -> str:
    """Say what one of them does first that the other does not."""
    for (who, entry), (other, against) in ((before, after), (after, before)):
        if entry is None or (against is not None and against.at_ns < entry.at_ns):
            continue
        did = _did(entry)
        if did is not None:
            at = seconds(entry.at_ns)
            return f"At {at}, QEMU at {who} {did[0]}; QEMU at {other} {did[1]}."
    entry = before[1] or after[1]
    assert entry is not None
    return f"At {seconds(entry.at_ns)} they part: {sentence(entry)}"


def _did(entry: TraceEntry) -> tuple[str, str] | None:
    """What the one did, and what that means of the other."""
    match entry.message:
        case UnplugTimeout():
            return (
                "forgot the request, because its 15 s were over, and told nobody",
                "went on waiting",
            )
        case QmpError(_, desc):
            return f"refused the request (“{desc}”)", "accepted it"
        case HotplugEvent():
            return "sent the guest another event", "sent none"
        case DeviceDeleted():
            return "released the core and said so (DEVICE_DELETED)", "did not"
        case DeviceUnplugGuestError():
            return (
                "told the management layer of the guest's no (DEVICE_UNPLUG_GUEST_ERROR)",
                "told nobody",
            )
        case ErrorReport():
            return "understood UNISOLATE as the guest's no", "did not"
        case Aborted():
            return "aborted", "did not"
    return None


def _now(name: str, run: Run) -> str:
    """Say what has become of the core."""
    if run.machine.aborted is not None:
        return f"{name}: QEMU is gone."
    if not run.qemu_has_core:
        return f"{name}: the core is released, and DEVICE_DELETED said so."
    if run.limbo:
        return (
            f"{name}: the guest has let go of the core, QEMU still holds it,"
            " and no DEVICE_DELETED was sent: limbo."
        )
    if run.pending:
        return f"{name}: the request is still pending."
    if any(entry.message == _LET_GO for entry in run.trace):
        return f"{name}: the core that the guest had let go of is back."
    return f"{name}: the guest keeps the core, and no request is pending."


_LET_GO = SetIndicator(ALLOCATION_STATE, CORE_INDEX, 0)
