"""A pseries machine with a guest's kernel in it: requests over QMP, and all observations.

Observations are QEMU's events and its log, the guest's calls that QEMU traces, and the console;
those of one look are in the order of their times.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from kit.machine.events import Done, Emitted, QmpError, QmpReturn
from kit.machine.requests import Cont, DeviceAdd, DeviceDel, Request, Stop, SystemReset
from kit.real_qemu.console import (
    CPUS,
    ConsoleCodec,
    ConsoleLine,
    cpus_of,
    is_marker,
    marked,
    status_of,
)
from kit.real_qemu.guest_image import GuestImage, boot_session
from kit.real_qemu.guest_trace import read_report, read_traced
from kit.real_qemu.launch import Binary
from kit.real_qemu.pseries import device_arguments
from kit.real_qemu.qmp import spapr_events
from kit.real_qemu.real import RealMachine
from kit.real_qemu.session import Session

__all__ = ["GuestMachine", "GuestObservation"]

MAX_SEEN = 20_000
_LOOK_S = 0.02
_AGAIN_S = 2.0  # a shell that does not answer is asked again


@dataclass(frozen=True, slots=True)
class GuestObservation:
    """Something observed at ``at_s``, seconds since 1970."""

    at_s: float
    what: ConsoleLine | Emitted | Request


class GuestMachine(RealMachine):
    """A machine that boots a user's kernel; a context manager.

    ``seen`` are the observations that nobody has taken, in order; ``traced``: the guest's calls are
    among them.  The methods raise QemuGone if QEMU ends, and BackendError if it does not start or
    answer.
    """

    def __init__(self, binary: Binary, image: GuestImage, *, answer_s: float = 20.0) -> None:
        self._image = image
        self._codec = ConsoleCodec()
        self._number = 0
        self.traced = False
        self.seen: list[GuestObservation] = []
        super().__init__(binary, answer_s=answer_s)

    def started(self, more: tuple[str, ...]) -> Session:
        """Start a stopped process."""
        assert not more
        session, self.traced = boot_session(self.binary, self._image, answer_s=self.answer_s)
        return session

    def ask(self, request: Request) -> tuple[QmpReturn | QmpError | Done, float]:
        """Send a request over QMP; return the answer, and its time in seconds since 1970."""
        reply: QmpReturn | QmpError | Done
        match request:
            case DeviceAdd(device):
                reply = self.device_add(device, device_arguments(device, self.core))
            case DeviceDel() | Stop() | Cont():
                reply = self.usual(request)
            case SystemReset():
                self.ok("system_reset")
                reply = Done()
            case _:
                raise self.error(f"is not asked {type(request).__name__} while a guest runs")
        at_s = time.time()
        self._collect(b"")
        return reply, at_s

    def look_for(self, seconds: float) -> None:
        """Observe for so many seconds, or less if something comes."""
        self._collect(self.session.look(min(seconds, _LOOK_S)))

    def _collect(self, data: bytes) -> None:
        now = time.time()
        found = [GuestObservation(now, line) for line in self._codec.feed(data)]
        found += self._logged(now)
        found += self._events(now)
        self.seen += sorted(found, key=lambda one: one.at_s)
        if len(self.seen) > MAX_SEEN:
            raise self.error(f"says more than {MAX_SEEN} things at once")

    def _logged(self, now: float) -> Iterator[GuestObservation]:
        """Yield the lines of QEMU's log; one without a time happened now."""
        for line in self.session.new_lines():
            traced = read_traced(line)
            if traced is None:
                text, at_s = read_report(line)
                at_s = min(at_s or now, now)
                yield from (GuestObservation(at_s, report) for report in spapr_events((), [text]))
            elif traced.request is not None:
                yield GuestObservation(min(traced.at_s or now, now), traced.request)

    def _events(self, now: float) -> Iterator[GuestObservation]:
        for event in self.session.events:
            at_s = min(event.at_s or now, now)
            yield from (GuestObservation(at_s, told) for told in spapr_events([event], ()))
        self.session.events.clear()

    def wait_for_shell(self, timeout_s: float) -> None:
        """Wait until a shell answers at the console."""
        until = time.monotonic() + timeout_s
        started, last, again = False, "nothing", 0.0
        first = self._number + 1
        read = len(self.seen)
        while True:
            self.look_for(until - time.monotonic())
            for line in self._lines(read):
                last = line.text
                started = started or line.kernel
                numbers = range(first, self._number + 1)
                if any(status_of(line, number) is not None for number in numbers):
                    self.run("true")  # what was typed before is answered by now
                    return
            read = len(self.seen)
            now = time.monotonic()
            if now > until:
                words = f"no shell at its console within {timeout_s:g} s; the last it said: {last}"
                raise self.error(f"{self._image.kernel.name}: {words}")
            if started and now > again:  # before, the firmware would take it
                again = now + _AGAIN_S
                self._number += 1
                self.session.type(marked("stty -echo; PS1=; PS2=", self._number))

    def _lines(self, first: int) -> Iterator[ConsoleLine]:
        for one in self.seen[first:]:
            if isinstance(one.what, ConsoleLine):
                yield one.what

    def run(self, command: str) -> tuple[int, tuple[str, ...]]:
        """Run a command in the guest's shell; return its exit status, and what it wrote."""
        self._number += 1
        number, read = self._number, len(self.seen)
        self.session.type(marked(command, number))
        until = time.monotonic() + self.answer_s
        written: list[str] = []
        while time.monotonic() < until:
            self.look_for(until - time.monotonic())
            for line in self._lines(read):
                status = status_of(line, number)
                if status is not None:
                    return status, tuple(written)
                if not line.kernel:
                    written.append(line.text)
            read = len(self.seen)
        raise self.error(f"the guest's shell does not answer within {self.answer_s:g} s: {command}")

    def cpus(self) -> dict[int, tuple[int, bool]]:
        """Ask the guest for Linux's CPU of each core, and whether it is online."""
        before = len(self.seen)
        _, written = self.run(f"({CPUS})")
        later = [
            one
            for one in self.seen[before:]
            if not isinstance(one.what, ConsoleLine) or one.what.text not in written
        ]
        self.seen[before:] = later
        return cpus_of(written)

    def take(self) -> tuple[GuestObservation, ...]:
        """Return the observations that nobody has taken, without the kit's own markers."""
        found = tuple(
            one
            for one in self.seen
            if not (isinstance(one.what, ConsoleLine) and is_marker(one.what))
        )
        self.seen.clear()
        return found
