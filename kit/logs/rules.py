"""The rules by which a log contradicts a revision, and what that revision would have done.

The embedded machine shows how a revision answers a repeated device_del and an id that is taken.
The other rules are about events and times, each for the effect of a patch.  A rule fires only if no
behaviour of the guest could explain the log.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from kit.logs.entries import UnplugLog
from kit.logs.expected_answers import JUDGED_KINDS, expected_reply, expected_text, matches
from kit.logs.qmp import is_about_pending
from kit.logs.requests import Attempt, UnplugRequest, at_least_s, at_most_s, later
from kit.machine.boards import PSERIES
from kit.machine.device_kinds import DeviceKind
from kit.machine.events import (
    DeviceDeleted,
    DeviceNotDeleted,
    DeviceUnplugGuestError,
    MemUnplugError,
    QmpError,
    QmpReturn,
)
from kit.machine.pseries.machine import UNPLUG_TIMEOUT_S
from kit.machine.q35.messages import AcpiDeviceOst
from kit.machine.requests import DeviceAdd
from kit.machine.revision import Patch, Revision

__all__ = ["NO_MEM_UNPLUG_ERROR", "RULES", "LogFinding", "LogRule"]

P = Patch
Requests = tuple[UnplugRequest, ...]
Check = Callable[[Revision], str | None]
"""Says why a revision contradicts the log; None if it does not."""
SLACK_S = 0.5  # between the clocks of the guest, QEMU and the log's writer


@dataclass(frozen=True, slots=True)
class LogFinding:
    """Something in a log that not every revision does.

    ``number`` is its entry; None: the log as a whole shows it.  ``against`` judges a revision.
    """

    number: int | None
    against: Check


Findings = Iterator[LogFinding]


@dataclass(frozen=True, slots=True)
class LogRule:
    """A rule: the patches that it tells apart, why, its source, and how it searches a log."""

    patches: tuple[Patch, ...]
    why: str
    source: str
    find: Callable[[UnplugLog, Requests], Findings]


def _pseries(revision: Revision) -> bool:
    return revision.board.value in PSERIES.machines


def _repeated_device_del(log: UnplugLog, requests: Requests) -> Findings:
    """Yield each device_del while an earlier one is pending."""
    for request in requests:
        if request.kind is DeviceKind.OTHER:
            continue
        first = 0 if request.before_the_log else 1
        for attempt in request.attempts[first:]:
            match attempt.reply:
                case QmpError(_, desc) if is_about_pending(desc) and attempt.replied is not None:
                    yield LogFinding(attempt.replied, _check_refusal(request, desc))
                case QmpReturn() if attempt.replied is not None:
                    yield LogFinding(attempt.replied, _check_acceptance(log, request, attempt))
    answered = {a.replied for request in requests for a in request.attempts}
    for number, entry in enumerate(log.entries):
        message = entry.message
        alone = number not in answered  # a log without commands
        if alone and isinstance(message, QmpError) and is_about_pending(message.desc):
            yield LogFinding(number, _check_refusal(None, message.desc))


def _kinds(request: UnplugRequest | None) -> tuple[DeviceKind, ...]:
    """Return what kinds of device a request can be about."""
    return JUDGED_KINDS if request is None or request.kind is None else (request.kind,)


def _check_refusal(request: UnplugRequest | None, desc: str) -> Check:
    kinds = _kinds(request)
    device = request.device if request is not None else "DEVICE"

    def against(revision: Revision) -> str | None:
        expected = [expected_reply(revision, kind, "device_del", "device_del") for kind in kinds]
        name = device if request is not None else (desc.split() or [""])[-1]
        if any(matches(reply, desc, name) for reply in expected) or None in expected:
            return None
        what = f"QEMU refuses a repeated device_del, “{desc}”"
        return f"{what}; {expected_text(expected[0], device)}" if len(kinds) == 1 else what

    return against


def _check_acceptance(log: UnplugLog, request: UnplugRequest, attempt: Attempt) -> Check:
    def against(revision: Revision) -> str | None:
        kinds = _kinds(request)
        replies = [expected_reply(revision, kind, "device_del", "device_del") for kind in kinds]
        for kind, reply in zip(kinds, replies, strict=True):
            one = replace(request, kind=kind)
            if not isinstance(reply, QmpError) or not surely_pending(log, one, attempt, revision):
                return None
        would = (
            expected_text(replies[0], request.device)
            if len(replies) == 1
            else "it would refuse it, whatever kind of device this is"
        )
        return f"QEMU accepts a device_del while an earlier one is pending; {would}"

    return against


def surely_pending(
    log: UnplugLog, request: UnplugRequest, upto: Attempt | int, revision: Revision
) -> bool:
    """Would QEMU at *revision* certainly still wait for the guest, at a device_del or an entry?"""
    asked = upto if isinstance(upto, int) else upto.asked
    heard = asked if isinstance(upto, int) else upto.replied or upto.asked
    accepted = request.accepted_before(asked)
    if accepted is None and not request.before_the_log:
        return False
    if accepted is not None and accepted.reply is None:
        return False  # no reply: QEMU may have crashed
    if request.moved or (request.reset is not None and request.reset < asked):
        return False
    if P.CPU_UNPLUG_TIMEOUT in revision.patches and request.kind is DeviceKind.CORE:
        longest = None if accepted is None else at_most_s(log, accepted.asked, heard)
        return longest is not None and longest < UNPLUG_TIMEOUT_S - 0.01
    return not _may_end_unheard(log, request.kind, revision)


def _may_end_unheard(log: UnplugLog, kind: DeviceKind | None, revision: Revision) -> bool:
    """Can a guest end a pending request at *revision* without an event in the log?"""
    has, heard = revision.patches, log.format.shows_every_event
    if kind is DeviceKind.PCI:
        return False
    if P.UNISOLATE_ROLLS_BACK in has and kind is not DeviceKind.DIMM:
        return not (heard and P.UNPLUG_GUEST_ERROR_EVENT in has)
    if P.LMB_RECONFIGURE_ROLLS_BACK in has and kind is DeviceKind.DIMM:
        return not (heard and has & {P.MEM_UNPLUG_ERROR_EVENT, P.MEM_UNPLUG_ERROR_REMOVED})
    return False


def _taken_id(log: UnplugLog, _requests: Requests) -> Findings:
    for number, entry in enumerate(log.entries):
        message = entry.message
        if not isinstance(message, QmpError) or entry.answers is None:
            continue
        added = log.entries[entry.answers].message
        if isinstance(added, DeviceAdd) and message.desc.startswith("Duplicate "):
            yield LogFinding(number, _check_duplicate(message.desc, str(added.device.id)))


def _check_duplicate(desc: str, device: str) -> Check:
    def against(revision: Revision) -> str | None:
        reply = expected_reply(revision, DeviceKind.CORE, "device_add")
        if matches(reply, desc, device):
            return None
        return f"QEMU says “{desc}” about an id that is taken; {expected_text(reply, device)}"

    return against


_EVENTS: Mapping[type, tuple[Patch, str]] = {
    DeviceUnplugGuestError: (P.UNPLUG_GUEST_ERROR_EVENT, "DEVICE_UNPLUG_GUEST_ERROR"),
    MemUnplugError: (P.MEM_UNPLUG_ERROR_EVENT, "MEM_UNPLUG_ERROR"),
    DeviceNotDeleted: (P.PROPOSED_NOT_DELETED_EVENT, "DEVICE_NOT_DELETED"),
}


def _events(log: UnplugLog, _requests: Requests) -> Findings:
    for number, entry in enumerate(log.entries):
        if type(entry.message) in _EVENTS:
            patch, name = _EVENTS[type(entry.message)]
            yield LogFinding(number, _only_with(patch, f"QEMU sends {name}; it has no such event"))
        elif isinstance(entry.message, AcpiDeviceOst):
            why = "QEMU sends ACPI_DEVICE_OST; pseries has no ACPI"
            yield LogFinding(number, _not_on_pseries(why))


def _only_with(patch: Patch, why: str) -> Check:
    return lambda revision: why if _pseries(revision) and patch not in revision.patches else None


def _only_without(patch: Patch, why: str) -> Check:
    return lambda revision: why if patch in revision.patches else None


def _not_on_pseries(why: str) -> Check:
    return lambda revision: why if _pseries(revision) else None


def _memory_alone(log: UnplugLog, _requests: Requests) -> Findings:
    """Yield each MEM_UNPLUG_ERROR without the newer event beside it."""
    for number, entry in enumerate(log.entries):
        message = entry.message
        if not isinstance(message, MemUnplugError) or not log.format.shows_every_event:
            continue
        following = (other.message for other in log.entries[number + 1 : number + 10])
        both = any(
            isinstance(other, DeviceUnplugGuestError) and other.device == message.device
            for other in following
        )
        if not both and later(log, number, SLACK_S) is not None:
            why = "QEMU sends MEM_UNPLUG_ERROR alone; it would send DEVICE_UNPLUG_GUEST_ERROR too"
            yield LogFinding(number, _only_without(P.UNPLUG_GUEST_ERROR_EVENT, why))


def _board(log: UnplugLog, _requests: Requests) -> Findings:
    for evidence in log.evidence:
        if evidence.machine.and_also(PSERIES) is None:
            why = f"the machine is {evidence.machine.label} ({evidence.words})"
            yield LogFinding(evidence.number, _not_on_pseries(why))


NO_MEM_UNPLUG_ERROR = (9, 1, 0)
"""The first version without that event."""


def _newer(log: UnplugLog, _requests: Requests) -> Findings:
    """Yield a version that no older revision can be: distributions never patch so much."""
    version = log.version
    if version is not None and version >= NO_MEM_UNPLUG_ERROR:
        why = f"the log is of QEMU {'.'.join(map(str, version))}, which has no MEM_UNPLUG_ERROR"

        def against(revision: Revision) -> str | None:
            return why if _pseries(revision) and revision.version < NO_MEM_UNPLUG_ERROR else None

        yield LogFinding(None, against)


def _seconds_left(log: UnplugLog, requests: Requests) -> Findings:
    """Yield each refusal whose seconds do not fit the time that has passed."""
    for request in requests:
        for attempt in request.attempts[1:]:
            match = attempt.refused and re.search(r"(\d+) seconds timeout", _error_text(attempt))
            accepted = request.accepted_before(attempt.asked)
            if not match or accepted is None or request.moved or attempt.replied is None:
                continue
            left, longest = int(match[1]), at_most_s(log, accepted.asked, attempt.replied)
            shortest = at_least_s(log, accepted.replied or accepted.asked, attempt.asked)
            shortest = 0.0 if request.clock_unsure else shortest
            too_many = left > UNPLUG_TIMEOUT_S - shortest + SLACK_S
            too_few = longest is not None and left < UNPLUG_TIMEOUT_S - 1 - longest - SLACK_S
            text = _error_text(attempt)[match.start() - 1 : match.end()]
            if (too_many or too_few) and "-" not in text:
                asked = log.entries[accepted.asked].place
                why = f"{left} seconds do not fit the time since the request ({asked})"
                yield LogFinding(attempt.replied, _not_on_pseries(why))


def _error_text(attempt: Attempt) -> str:
    return attempt.reply.desc if isinstance(attempt.reply, QmpError) else ""


def _late_release(log: UnplugLog, requests: Requests) -> Findings:
    for request in requests:
        end = request.end
        if end is None or request.kind is not DeviceKind.CORE or request.ended_within is not None:
            continue
        accepted = request.accepted_before(end) or request.attempts[0]
        unsure = request.clock_unsure or request.moved
        deleted = isinstance(log.entries[end].message, DeviceDeleted)
        passed = at_least_s(log, accepted.asked, end)
        if deleted and not unsure and passed > UNPLUG_TIMEOUT_S + SLACK_S:
            why = (
                f"DEVICE_DELETED comes {passed:.0f} s after the last request;"
                f" it would have dropped that after {UNPLUG_TIMEOUT_S} s"
            )
            yield LogFinding(end, _only_without(P.CPU_UNPLUG_TIMEOUT, why))


def _missing_not_deleted(log: UnplugLog, requests: Requests) -> Findings:
    """Yield each request without DEVICE_NOT_DELETED after 15 s."""
    for request in requests:
        if request.kind is not DeviceKind.CORE or request.clock_unsure:
            continue
        first, enough_s = request.attempts[0], UNPLUG_TIMEOUT_S + 2 * SLACK_S
        over, reset = later(log, first.asked, enough_s), request.reset
        last = len(log.entries) if request.closed is None else request.closed
        if over is None or over > last:
            continue
        if reset is not None and at_least_s(log, first.asked, reset) < enough_s:
            continue
        if log.format.shows_every_event and not first.refused:
            why = "no DEVICE_NOT_DELETED when 15 s are over"
            yield LogFinding(over, _only_without(P.PROPOSED_NOT_DELETED_EVENT, why))


def _reset(log: UnplugLog, requests: Requests) -> Findings:
    """Yield each reset that leaves a pending unplug unfinished."""
    for request in requests:
        reset = request.reset
        if reset is None or request.kind is None or not log.format.shows_every_event:
            continue
        after = later(log, reset, 2 * SLACK_S)
        if after is None or request.end == after:
            continue
        if request.closed is None or request.closed >= after:
            yield LogFinding(reset, _check_reset(log, request, reset))


def _check_reset(log: UnplugLog, request: UnplugRequest, reset: int) -> Check:
    def against(revision: Revision) -> str | None:
        if not _pseries(revision) or not surely_pending(log, request, reset, revision):
            return None
        return f"a reset leaves {request.device} plugged; it would complete the pending unplug"

    return against


def _released_at_once(log: UnplugLog, requests: Requests) -> Findings:
    """Yield each repeated device_del that releases the core before QEMU answers it."""
    for request in requests:
        within = request.ended_within
        if within is None or within is request.attempts[0] or request.end is None:
            continue
        deleted = isinstance(log.entries[request.end].message, DeviceDeleted)
        quiet = request.reset is None and not request.moved and log.format.shows_every_event
        if deleted and quiet and request.kind is DeviceKind.CORE:
            yield LogFinding(request.end, _check_drops)


def _check_drops(revision: Revision) -> str | None:
    drops = {P.CPU_UNPLUG_TIMEOUT, P.UNISOLATE_ROLLS_BACK} & revision.patches
    if drops or not _pseries(revision):
        return None
    return (
        "a repeated device_del releases the core at once, so the earlier request was dropped;"
        " it drops none"
    )


RULES: tuple[LogRule, ...] = (
    LogRule((), "Each machine has its own unplug code.", "QEMU hw/ppc/spapr.c, hw/acpi/", _board),
    LogRule(
        (P.MEM_UNPLUG_ERROR_EVENT,),
        "QEMU 9.1 and later send no MEM_UNPLUG_ERROR.",
        "QEMU docs/about/removed-features.rst",
        _newer,
    ),
    LogRule(
        (P.CPU_UNPLUG_TIMEOUT, P.PHB_REPEATED_UNPLUG_ERROR, P.PCI_REPEATED_UNPLUG_ERROR),
        "QEMU accepts or refuses a repeated device_del, with a text for each kind of device.",
        "the embedded machine, which answers as recorded builds of QEMU did",
        _repeated_device_del,
    ),
    LogRule(
        (P.DUPLICATE_DEVICE_ID_TEXT,),
        "The error about an id in use has changed.",
        "the embedded machine, which answers as recorded builds of QEMU did",
        _taken_id,
    ),
    LogRule(
        (P.UNPLUG_GUEST_ERROR_EVENT, P.MEM_UNPLUG_ERROR_EVENT, P.PROPOSED_NOT_DELETED_EVENT),
        "A QEMU without an event does not send it.",
        "QEMU qapi/qdev.json, qapi/machine.json; the mail that Patch names",
        _events,
    ),
    LogRule(
        (P.UNPLUG_GUEST_ERROR_EVENT,),
        "QEMU sends the newer event together with the older one.",
        "QEMU hw/ppc/spapr.c, spapr_memory_unplug_rollback",
        _memory_alone,
    ),
    LogRule(
        (P.CPU_UNPLUG_TIMEOUT,),
        "A refusal names the seconds that are left of 15.",
        "QEMU hw/ppc/spapr_drc.c, spapr_drc_unplug_timeout_remaining_sec",
        _seconds_left,
    ),
    LogRule(
        (P.CPU_UNPLUG_TIMEOUT,),
        "A release after 15 s of the guest's clock brings no DEVICE_DELETED.",
        "QEMU hw/ppc/spapr_drc.c, drc_unplug_timeout_cb",
        _late_release,
    ),
    LogRule(
        (P.PROPOSED_NOT_DELETED_EVENT,),
        "After its 15 s QEMU sends DEVICE_NOT_DELETED.",
        "patch 2 of 4 of the series that Patch names",
        _missing_not_deleted,
    ),
    LogRule(
        (P.CPU_UNPLUG_TIMEOUT, P.UNISOLATE_ROLLS_BACK),
        "A reset completes a pending request and not a dropped one.",
        "QEMU hw/ppc/spapr_drc.c, spapr_drc_reset",
        _reset,
    ),
    LogRule(
        (P.CPU_UNPLUG_TIMEOUT, P.UNISOLATE_ROLLS_BACK),
        "A repeated request finds the core released only if QEMU dropped the first one.",
        "QEMU hw/ppc/spapr_drc.c, spapr_drc_unplug_request",
        _released_at_once,
    ),
)
