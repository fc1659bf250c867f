"""The unplug requests of a log: first device_del, retries, events in between, end."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace

from kit.actors.messages import Actor
from kit.logs.entries import GREETING, OtherCommand, OtherEvent, UnplugLog
from kit.logs.qmp import is_about_pending
from kit.machine.clock import NS_PER_S
from kit.machine.device_kinds import DeviceKind
from kit.machine.errors import ErrorMeaning, meaning_of
from kit.machine.events import QmpError, QmpReturn, VmResume, VmStop
from kit.machine.requests import Cont, DeviceAdd, DeviceDel, Migrate, Stop, SystemReset
from kit.trace.kinds import outcome_of

__all__ = ["Attempt", "UnplugRequest", "at_least_s", "at_most_s", "later", "requests_of"]

MAX_RUNNING = 1000  # requests that are open at one time
_OTHER_QEMU = ("SHUTDOWN", GREETING)  # perhaps another QEMU from here on


@dataclass(frozen=True, slots=True)
class Attempt:
    """A device_del and its reply, by the numbers of their entries; None if there is no reply.

    ``earlier`` is the last device_del before it, for the same request, that QEMU did not refuse.
    """

    asked: int
    replied: int | None
    reply: QmpReturn | QmpError | None
    earlier: Attempt | None = None

    @property
    def refused(self) -> bool:
        """Did QEMU refuse it?"""
        return isinstance(self.reply, QmpError)

    @property
    def found_nothing(self) -> bool:
        """Does QEMU have no such device any more?"""
        return isinstance(self.reply, QmpError) and meaning_of(self.reply) is ErrorMeaning.GONE


@dataclass(slots=True)
class UnplugRequest:
    """One unplug request, from the first device_del to its end.

    Attributes:
        end: The entry that reports the end; None without one.
        closed: The entry at which the request was certainly over; None without one.
        reset: The first reset before that.
        clock_unsure: The VM was stopped meanwhile, so the guest's clock may be behind.
        moved: The VM was migrated meanwhile.
        before_the_log: QEMU refused the first device_del because an earlier one was pending.
    """

    device: str
    kind: DeviceKind | None
    attempts: list[Attempt]
    end: int | None = None
    closed: int | None = None
    reset: int | None = None
    clock_unsure: bool = False
    moved: bool = False
    before_the_log: bool = False

    def accepted_before(self, number: int) -> Attempt | None:
        """Return the last device_del before entry *number* that QEMU did not refuse."""
        place = bisect_left(self.attempts, number, key=lambda attempt: attempt.asked)
        if not place:
            return None
        last = self.attempts[place - 1]
        return last.earlier if last.refused else last

    @property
    def ended_within(self) -> Attempt | None:
        """The device_del that QEMU had not answered yet when the request ended, if any."""
        if self.end is None:
            return None
        last = self.attempts[-1]
        within = last.replied is not None and last.asked < self.end < last.replied
        return last if within else None


def requests_of(log: UnplugLog) -> tuple[UnplugRequest, ...]:
    """Return the unplug requests of a log, in the order of their first device_del."""
    replies = {entry.answers: n for n, entry in enumerate(log.entries) if entry.answers is not None}
    running: dict[str, UnplugRequest] = {}
    found: list[UnplugRequest] = []
    stopped = False
    for number, entry in enumerate(log.entries):
        match entry.message:
            case DeviceDel():
                device = entry.device or ""
                attempt = _attempt(log, number, replies.get(number))
                if device in running:
                    attempts = running[device].attempts
                    earlier = attempts[-1].earlier if attempts[-1].refused else attempts[-1]
                    attempts.append(replace(attempt, earlier=earlier))
                    if attempt.found_nothing:
                        _end(running, device, None, attempt.replied or number)
                elif len(running) < MAX_RUNNING and (request := _begin(log, device, attempt)):
                    request.clock_unsure = stopped
                    running[device] = request
                    found.append(request)
            case DeviceAdd() | OtherCommand("device_add"):
                _end(running, entry.device, None, number)  # the id was free again
            case _ if outcome_of(entry.message) is not None:
                _end(running, entry.device, number, number)
            case SystemReset() | OtherEvent("RESET"):
                for request in running.values():
                    request.reset = number if request.reset is None else request.reset
            case OtherEvent(name) if name in _OTHER_QEMU:
                for device in list(running):
                    _end(running, device, None, number)
            case VmStop() | Stop() | VmResume() | Cont() | Migrate():
                stopped = isinstance(entry.message, VmStop | Stop)
                for request in running.values():
                    request.clock_unsure = True
                    request.moved |= isinstance(entry.message, Migrate)
    return tuple(found)


def _attempt(log: UnplugLog, number: int, replied: int | None) -> Attempt:
    reply = None if replied is None else log.entries[replied].message
    return Attempt(number, replied, reply if isinstance(reply, QmpReturn | QmpError) else None)


def _begin(log: UnplugLog, device: str, attempt: Attempt) -> UnplugRequest | None:
    """Return a new request, or None if QEMU refused it for its own sake."""
    pending = isinstance(attempt.reply, QmpError) and is_about_pending(attempt.reply.desc)
    if attempt.refused and not pending:
        return None
    return UnplugRequest(device, log.kinds.get(device), [attempt], before_the_log=pending)


def _end(
    running: dict[str, UnplugRequest], device: str | None, end: int | None, closed: int
) -> None:
    request = running.pop(device or "", None)
    if request is not None:
        request.end, request.closed = end, closed


def at_least_s(log: UnplugLog, first: int, second: int) -> float:
    """Return the least time in s between two entries; 0 if the log does not show it."""
    start, end = log.entries[first].before_ns, log.entries[second].after_ns
    if start is None or end is None or log.clock_went_back is not None:
        return 0.0
    return max((end - start) / NS_PER_S, 0.0)


def at_most_s(log: UnplugLog, first: int, second: int) -> float | None:
    """Return the longest time in s between two entries; None if the log does not show it."""
    start, end = log.entries[first].after_ns, log.entries[second].before_ns
    if start is None or end is None or log.clock_went_back is not None:
        return None
    return (end - start) / NS_PER_S


def later(log: UnplugLog, number: int, seconds: float) -> int | None:
    """Return QEMU's first message that is certainly *seconds* or more after entry *number*.

    It shows that QEMU still runs; a QEMU that has crashed sends nothing.
    """
    start = log.entries[number].before_ns
    if start is None or log.clock_went_back is not None:
        return None
    # entries are in the order of time unless the clock went back
    place = bisect_left(
        log.entries,
        start + int(seconds * NS_PER_S),
        lo=number + 1,
        key=lambda entry: -1 if entry.after_ns is None else entry.after_ns,
    )
    near = range(place, min(place + 100, len(log.entries)))
    return next((n for n in near if log.entries[n].src is Actor.QEMU), None)
