"""A scenario on a real QEMU: the same participants and clocks, with the machine in a process.

The embedded machine, at the revision that the binary answers like, gets the same requests.  Replies
and events are the binary's.  What nobody can see, the state of connectors and the event queue, is
the embedded machine's.  A note names every difference between the two.

A run on a process is linear: it cannot go back, and only the newest world can continue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from kit.actors.messages import DeviceTree, Message
from kit.machine.clock import NS_PER_MS
from kit.machine.events import Aborted, Done, HotplugEvent, UnplugTimeout
from kit.machine.pcie.machine import PcieMachine
from kit.machine.pcie.messages import HotplugInterrupt, SciRaised
from kit.machine.pcie_revisions import PCIE
from kit.machine.q35.messages import GpeRaised
from kit.machine.requests import ClientArchitectureSupport, ClockStep, Cont, DeviceDel, Stop
from kit.machine.revision import Board
from kit.real_qemu.channel.failures import crashed, tried
from kit.real_qemu.identify import Identity
from kit.real_qemu.machines import AnyReal, run_machine
from kit.recordings.schema import AnyOutcome
from kit.simulation.platform import (
    AnyEmitted,
    AnyReply,
    Asked,
    Platform,
    PlatformMachine,
    platform_of,
)
from kit.simulation.run import Intervention, Run, begin_with, check_board, play, play_from
from kit.simulation.scenario import Scenario
from kit.simulation.world import Snapshot, World
from kit.trace.kinds import wire_name

__all__ = ["PairedMachines", "play_real"]

# inside QEMU, or only for its guest
_UNSEEN = (HotplugEvent, GpeRaised, HotplugInterrupt, SciRaised, UnplugTimeout)


class PairedMachines:
    """Asks a real machine what a world asks, and the embedded one the same.

    ``differences`` are the answers that differ, a line each, in order.  ``crash`` says how the
    binary ended; ``random``: it crashed or hung, and the embedded machine goes on.
    """

    def __init__(self, platform: Platform[Any, Any], real: AnyReal, name: str) -> None:
        self.differences: list[str] = []
        self.crash = ""
        self.random = False
        self.stood_still = False
        self._platform = platform
        self._binary = real.binary
        self._real = real
        self._ask_real: Callable[[Any], AnyOutcome] = real.ask
        self._name = name

    def ask(self, machine: PlatformMachine, message: Message) -> Asked:
        """Ask both; return the embedded machine after it, with the real one's reply and events."""
        after, expected, expected_events = self._platform.ask(machine, message)
        if self._not_for_it(message):
            return after, expected, expected_events
        outcome = self._ask_real(message)
        reply: AnyReply = outcome.reply
        if isinstance(reply, Aborted):
            self.random = crashed(reply) and not isinstance(expected, Aborted)
            self.crash = self._real.ended if self.random else _ending(reply)
            if not isinstance(expected, Aborted):
                self._differ(message, f"ends ({self.crash})", _shown(expected))
            return replace(after, aborted=reply.abort), reply, outcome.emitted
        if isinstance(expected, DeviceTree) and isinstance(reply, Done):
            reply = expected
        if reply != expected:
            self._differ(message, f"answers {_shown(reply)}", _shown(expected))
        if isinstance(expected, Aborted):
            after = machine  # the real one lives on
        return after, reply, self._merged(message, expected_events, outcome.emitted)

    def _not_for_it(self, message: Message) -> bool:
        """Is it a message that this process cannot get, and need not?"""
        binary = self._binary
        if binary.steps_time:
            # QEMU has played CAS at the reset, and no instruction runs in which a guest could
            return isinstance(message, ClientArchitectureSupport)
        if isinstance(message, Stop | Cont):
            self.stood_still = True
            return True
        return isinstance(message, ClockStep)

    def _merged(
        self, message: Message, expected: Iterable[AnyEmitted], emitted: Iterable[AnyEmitted]
    ) -> tuple[AnyEmitted, ...]:
        """Put the real events in the embedded machine's order, among those that nobody can see."""
        left = list(emitted)
        found: list[AnyEmitted] = []
        for one in expected:
            if isinstance(one, _UNSEEN):
                found.append(one)
            elif one in left:
                left.remove(one)
                found.append(one)
            else:
                self._differ(message, f"does not tell {wire_name(one)}", _shown(one))
        for one in left:
            self._differ(message, f"tells {_shown(one)}", "nothing of the kind")
        return (*found, *left)

    def _differ(self, message: Message, real: str, embedded: str) -> None:
        self.differences.append(
            f"{wire_name(message)}: the binary {real}; the embedded machine of"
            f" {self._name}: {embedded}"
        )


def _shown(value: object) -> str:
    words = repr(value)
    return words if len(words) <= 160 else f"{words[:157]}..."


def _ending(reply: Aborted) -> str:
    abort = reply.abort
    if abort.assertion is None:
        return abort.function
    return f"{abort.function}: assertion failed: {abort.assertion}"


def play_real(
    scenario: Scenario, identity: Identity, interventions: tuple[Intervention, ...] = ()
) -> Run:
    """Play *scenario* on an identified binary.

    Where the binary cannot step time, the run ends when a timer of QEMU's starts, and a note says
    so.  A crash that does not go away when tried again is an observation: the run goes on without
    the binary.

    Raises:
        UserError: As `kit.simulation.run.play`.
        BackendError: The binary does not start, or does not answer.
    """
    binary, revision = identity.binary, identity.revision
    check_board(scenario.setup, revision)
    platform = platform_of(revision)
    until_ns = None if binary.steps_time else _first_timer_ns(scenario, identity, interventions)

    def once() -> tuple[tuple[Run, PairedMachines], str]:
        machine, guest = platform.switch_on(revision, cas_at_reset=binary.steps_time)
        with run_machine(binary) as real:
            paired = PairedMachines(platform, real, identity.nearest.name)
            world = World(platform=platform, machine=machine, guest=guest, ask=paired.ask)
            began = begin_with(scenario.setup, world)
            run = play_from(began, scenario, revision, interventions, until_ns)
        return (run, paired), paired.crash if paired.random else ""

    found = tried(once)
    run, paired = found.result
    again = tuple(f"tried again: the binary {how}" for how in found.earlier)
    return replace(run, notes=(*_notes(identity, paired, until_ns), *again))


def _first_timer_ns(
    scenario: Scenario, identity: Identity, interventions: tuple[Intervention, ...]
) -> int | None:
    """Return when the clock first matters, by the wall clock; None if it never does.

    Elsewhere that is when a timer of QEMU's starts.  Behind ports nothing happens when a request
    expires, except that the next device_del is answered otherwise.
    """
    moments = play(scenario, identity.nearest, interventions).moments
    if identity.binary.board == PCIE:
        return _first_repeat_ns(moments)
    return next((m.entry.at_ns for m in moments if m.platform.timers(m.machine)), None)


def _first_repeat_ns(moments: Sequence[Snapshot]) -> int | None:
    """Return the time just before the first device_del that comes when a request has expired."""
    for before, moment in pairwise(moments):
        if not isinstance(moment.entry.message, DeviceDel):
            continue
        held, after = before.machine, moment.machine
        assert isinstance(held, PcieMachine)
        devices = (one for port in held.ports for one in port.devices)
        now_ms = after.now_ns // NS_PER_MS
        if any(one.pending and 0 < one.expires_ms <= now_ms for one in devices):
            return moment.entry.at_ns - 1
    return None


_CLOCK_WORDS = {
    Board.PSERIES: (
        "no timer of QEMU's ran, so nothing is missed",
        "a timer of QEMU's begins to run at {:g} s: the run ends there",
    ),
    PCIE: (
        "no device_del came after a request expired, so nothing is missed",
        "a request has expired, which the device_del after {:g} s would show: the run ends there",
    ),
}
"""What a run says of a clock that stands still: where it did not matter, and where it would."""


def _notes(identity: Identity, paired: PairedMachines, until_ns: int | None) -> tuple[str, ...]:
    binary = identity.binary
    notes = [identity.words]
    if not binary.steps_time and binary.board in _CLOCK_WORDS:
        never, ends = _CLOCK_WORDS[binary.board]
        ran = never if until_ns is None else ends.format(until_ns / 1e9)
        notes.append(f"time cannot be stepped on this build (no accelerator qtest): {ran}")
    if paired.stood_still:
        notes.append("its VM stands still all the time: stop and cont were not asked of it")
    if paired.crash:
        notes.append(f"the binary {'' if paired.random else 'ended: '}{paired.crash}")
    return (*notes, *paired.differences)
