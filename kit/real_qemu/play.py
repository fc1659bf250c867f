"""A scenario on a real QEMU: the same participants and clocks, with the machine in a process.

The embedded machine, at the revision that the binary answers like, gets the same requests.  Replies
and events are the binary's.  What nobody can see, the state of connectors and the event queue, is
the embedded machine's.  A note names every difference between the two.

A run on a process is linear: it cannot go back, and only the newest world can continue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from kit.actors.messages import DeviceTree, Message
from kit.machine.events import (
    Aborted,
    Done,
    HotplugEvent,
    Outcome,
    UnplugTimeout,
)
from kit.machine.q35.machine import AcpiConfig
from kit.machine.q35.messages import AcpiOutcome, GpeRaised
from kit.machine.requests import ClientArchitectureSupport, ClockStep, Cont, Stop
from kit.machine.revision import Board
from kit.real_qemu.failures import crashed, tried
from kit.real_qemu.identify import Identity
from kit.real_qemu.launch import Binary
from kit.real_qemu.pseries import RealSpapr
from kit.real_qemu.q35 import RealQ35
from kit.simulation.platform import (
    AnyEmitted,
    AnyReply,
    Asked,
    Platform,
    PlatformMachine,
    platform_of,
)
from kit.simulation.run import (
    Intervention,
    Run,
    begin_with,
    check_board,
    play,
    play_from,
)
from kit.simulation.scenario import Scenario
from kit.simulation.world import World
from kit.trace.kinds import wire_name

__all__ = ["PairedMachines", "play_real"]

_UNSEEN = (HotplugEvent, GpeRaised, UnplugTimeout)  # inside QEMU, or only for its guest


class PairedMachines:
    """Asks a real machine what a world asks, and the embedded one the same.

    ``differences`` are the answers that differ, a line each, in order.  ``crash`` says how the
    binary ended; ``random``: it crashed or hung, and the embedded machine goes on.
    """

    def __init__(self, platform: Platform[Any, Any], real: RealSpapr | RealQ35, name: str) -> None:
        self.differences: list[str] = []
        self.crash = ""
        self.random = False
        self.stood_still = False
        self._platform = platform
        self._binary = real.binary
        self._real = real
        self._ask_real: Callable[[Any], Outcome | AcpiOutcome] = real.ask
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


# -- a run ---------------------------------------------------------------------------------------


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
        with _start(binary) as real:
            paired = PairedMachines(platform, real, identity.nearest.name)
            world = World(platform=platform, machine=machine, guest=guest, ask=paired.ask)
            began = begin_with(scenario.setup, world)
            run = play_from(began, scenario, revision, interventions, until_ns)
        return (run, paired), paired.crash if paired.random else ""

    found = tried(once)
    run, paired = found.result
    again = tuple(f"tried again: the binary {how}" for how in found.earlier)
    return replace(run, notes=(*_notes(identity, paired, until_ns), *again))


def _start(binary: Binary) -> RealSpapr | RealQ35:
    if binary.board == Board.Q35:
        return RealQ35(binary, AcpiConfig())
    return RealSpapr(binary)


def _first_timer_ns(
    scenario: Scenario, identity: Identity, interventions: tuple[Intervention, ...]
) -> int | None:
    """Return when QEMU's first timer starts, by the wall clock; None if none does."""
    for moment in play(scenario, identity.nearest, interventions).moments:
        if moment.platform.timers(moment.machine):
            return moment.entry.at_ns
    return None


def _notes(identity: Identity, paired: PairedMachines, until_ns: int | None) -> tuple[str, ...]:
    binary = identity.binary
    notes = [identity.words]
    if not binary.steps_time and binary.board == Board.PSERIES:
        ran = (
            "no timer of QEMU's ran, so nothing is missed"
            if until_ns is None
            else f"a timer of QEMU's begins to run at {until_ns / 1e9:g} s: the run ends there"
        )
        notes.append(f"time cannot be stepped on this build (no accelerator qtest): {ran}")
    if paired.stood_still:
        notes.append("its VM stands still all the time: stop and cont were not asked of it")
    if paired.crash:
        notes.append(f"the binary {'' if paired.random else 'ended: '}{paired.crash}")
    return (*notes, *paired.differences)
