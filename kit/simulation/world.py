"""All participants in virtual time: who receives what next, and what each clock does.

A world is a value.  It has two clocks: the wall clock, by which libvirt waits and the operator
types, and the guest's (QEMU_CLOCK_VIRTUAL), by which QEMU's timer fires and which stops with the
VM.  The guest's own work goes by no clock: a busy host makes it slower while both clocks run on.

At one instant the order is: messages in flight, QEMU's timers, the guest's work, libvirt's wait,
what the operator types.

Source: QEMU docs of QEMU_CLOCK_VIRTUAL (include/qemu/timer.h); libvirt virTimeMillisNow() in
qemuDomainWaitForDeviceRemoval.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice, takewhile
from typing import Any

from kit.actors import libvirt as libvirts
from kit.actors import operator as operators
from kit.actors.kernel import Kernel
from kit.actors.libvirt import Libvirt
from kit.actors.messages import (
    Actor,
    Command,
    Hang,
    Input,
    Message,
    Overcommit,
    Restarted,
    WaitOver,
    WorkDone,
)
from kit.actors.operator import Operator, TypedLine
from kit.common.errors import MisuseError
from kit.machine.clock import NS_PER_MS
from kit.machine.events import Aborted
from kit.machine.requests import ClockStep, Device
from kit.simulation.driver import EmbeddedDriver, is_interrupt
from kit.simulation.platform import AnyEmitted, AnyReply, Ask, Platform, PlatformMachine
from kit.trace.entry import TraceEntry

__all__ = ["Envelope", "Snapshot", "World", "advance", "next_ns", "typed"]


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message in flight, and who receives it."""

    to: Actor
    content: Input


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """An entry of the trace, and the state of all participants at that moment.

    ``settled`` are guest, libvirt and operator after the recipient has reacted, where it sent
    nothing more at that time.
    """

    entry: TraceEntry
    platform: Platform[Any, Any]
    machine: PlatformMachine
    guest: Kernel
    libvirt: Libvirt | None
    operator: Operator
    settled: tuple[Kernel, Libvirt | None, Operator] | None = None

    @property
    def after(self) -> Snapshot:
        """The same after the recipient has reacted."""
        if self.settled is None:
            return self
        guest, libvirt, operator = self.settled
        return replace(self, guest=guest, libvirt=libvirt, operator=operator, settled=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All participants at one moment of the wall clock, and what led there.

    ``load`` is the factor by which the host slows the guest's own work; ``work_ns`` is the wall
    time that its present work still needs, ``waits_until_ns`` when libvirt's wait is over, both
    None without one.  If it is ``asleep``, the work is a sleep, which no load makes longer.
    ``in_flight`` are messages, oldest first.  ``ask`` is how QEMU is asked, ``platform.ask`` or a
    real QEMU; with the latter only the newest world can go on.
    """

    platform: Platform[Any, Any]
    machine: PlatformMachine
    guest: Kernel
    ask: Ask
    libvirt: Libvirt | None = None
    operator: Operator = field(default_factory=Operator)
    wall_ns: int = 0
    load: int = 1
    work_ns: int | None = None
    asleep: bool = False
    waits_until_ns: int | None = None
    in_flight: tuple[Envelope, ...] = ()
    moments: tuple[Snapshot, ...] = ()

    @property
    def trace(self) -> tuple[TraceEntry, ...]:
        """Who sent whom what, and when, so far."""
        return tuple(moment.entry for moment in self.moments)

    def connectors(self, device: Device) -> tuple[int, ...]:
        """Return the indices by which the guest knows a device."""
        return self.platform.connectors(self.machine, device)

    @property
    def guest_can_act(self) -> bool:
        """Can the guest react to anything: is it running and not hung?"""
        machine = self.machine
        return machine.running and machine.aborted is None and not self.guest.hung


def next_ns(world: World) -> int | None:
    """Return when the next thing happens, by the wall clock; None if nothing will."""
    if _deliverable(world) is not None:
        return world.wall_ns
    return min((at_ns for at_ns, _ in _due(world)), default=None)


def advance(world: World, until_ns: int, entries: int | None = None) -> World:
    """Return the world after everything until *until_ns* of the wall clock, and at it.

    It stops as soon as so many *entries* have that time, if their number is given.

    Raises:
        MisuseError: *until_ns* is in the past.
    """
    if until_ns < world.wall_ns:
        raise MisuseError(f"the wall clock stands at {world.wall_ns} ns, past {until_ns} ns")
    while not (world.wall_ns == until_ns and _are_there(world, entries)):
        at_ns = next_ns(world)
        if at_ns is None or at_ns > until_ns:
            return _wait(world, until_ns)
        # get there before anything happens there, where so many entries may be none
        gets_there = entries is not None and world.wall_ns < at_ns == until_ns
        world = _wait(world, until_ns) if gets_there else _step(world)
    return world


def typed(world: World, line: TypedLine) -> World:
    """Return the world after the operator has typed a line."""
    operator, commands = operators.type_line(world.operator, line)
    return _carry_out(replace(world, operator=operator), Actor.OPERATOR, commands)


def _are_there(world: World, entries: int | None) -> bool:
    """Are there so many entries at the present instant?"""
    if entries is None:
        return False
    latest = takewhile(lambda one: one.entry.at_ns == world.wall_ns, reversed(world.moments))
    return sum(1 for _ in islice(latest, entries)) == entries


def _due(world: World) -> Iterator[tuple[int, Actor]]:
    """Yield what is due when, in the order in which it happens at one instant."""
    machine = world.machine
    timers = world.platform.timers(machine)
    if timers and machine.aborted is None and machine.running:
        yield world.wall_ns + timers[0].expire_ns - machine.now_ns, Actor.QEMU
    if world.work_ns is not None and world.guest_can_act:
        yield world.wall_ns + world.work_ns, Actor.GUEST
    if world.waits_until_ns is not None:
        yield world.waits_until_ns, Actor.LIBVIRT
    if world.operator.script:
        yield max(world.operator.script[0].at_ns, world.wall_ns), Actor.OPERATOR


def _step(world: World) -> World:
    envelope = _deliverable(world)
    if envelope is not None:
        in_flight = list(world.in_flight)
        in_flight.remove(envelope)
        return _deliver(replace(world, in_flight=tuple(in_flight)), envelope)
    at_ns, who = min(_due(world), key=lambda due: due[0])  # the first of equals
    world = _wait(world, at_ns)
    match who:
        case Actor.QEMU:
            return world  # the timer fired as the clock got there
        case Actor.GUEST:
            return _deliver(replace(world, work_ns=None), Envelope(who, WorkDone()))
        case Actor.LIBVIRT:
            return _deliver(replace(world, waits_until_ns=None), Envelope(who, WaitOver()))
        case Actor.OPERATOR:
            return typed(world, world.operator.script[0])
        case Actor.CONSOLE:
            raise MisuseError("only a real guest has a console")


def _wait(world: World, until_ns: int) -> World:
    """Return the world at *until_ns*; only QEMU's timers may be due before."""
    passed = until_ns - world.wall_ns
    if world.work_ns is not None and world.guest_can_act:
        world = replace(world, work_ns=world.work_ns - passed)
    world = replace(world, wall_ns=until_ns)
    if passed and world.machine.running and world.machine.aborted is None:
        driver = _WorldDriver(world)
        driver.emit(driver.ask(ClockStep(passed))[1])
        world = driver.world()
    return world


def _deliverable(world: World) -> Envelope | None:
    """Return the oldest message whose reader can react to it."""
    for envelope in world.in_flight:
        to_guest = envelope.to is Actor.GUEST
        if not to_guest or world.guest_can_act or isinstance(envelope.content, Hang | Restarted):
            return envelope
    return None


def _deliver(world: World, envelope: Envelope) -> World:
    commands: tuple[Command, ...] = ()
    to, content = envelope.to, envelope.content
    match to:
        case Actor.GUEST:
            guest, commands = world.platform.deliver(world.machine, world.guest, content)
            world = replace(world, guest=guest)
        case Actor.LIBVIRT if world.libvirt is not None:
            libvirt, commands = libvirts.receive(world.libvirt, content)
            world = replace(world, libvirt=libvirt)
        case Actor.OPERATOR:
            world = replace(world, operator=operators.receive(world.operator, content))
    entries = len(world.moments)
    world = _carry_out(world, to, commands)
    if entries != len(world.moments) or not _are_there(world, 1):
        return world
    *before, last = world.moments  # nobody sent anything, so no later entry shows the new states
    last = replace(last, settled=(world.guest, world.libvirt, world.operator))
    return replace(world, moments=(*before, last))


def _carry_out(world: World, actor: Actor, commands: tuple[Command, ...]) -> World:
    if not commands:
        return world
    driver = _WorldDriver(world)
    driver.carry_out(actor, commands)
    return driver.world()


class _WorldDriver(EmbeddedDriver):
    """Carries out commands at one moment of virtual time, and makes one new world at the end."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.platform = world.platform
        self.machine = world.machine
        self._moments = [*world.moments]
        self._in_flight = [*world.in_flight]
        self._work_ns, self._waits = world.work_ns, world.waits_until_ns
        self._load, self._asleep = world.load, world.asleep

    def world(self) -> World:
        """Return the world after the commands."""
        return replace(
            self._world,
            machine=self.machine,
            moments=tuple(self._moments),
            in_flight=tuple(self._in_flight),
            work_ns=self._work_ns,
            asleep=self._asleep,
            waits_until_ns=self._waits,
            load=self._load,
        )

    @property
    def manager(self) -> Actor:
        return Actor.OPERATOR if self._world.libvirt is None else Actor.LIBVIRT

    def note(self, src: Actor, dst: Actor, message: Message) -> None:
        world = self._world
        entry = TraceEntry(
            seq=len(self._moments),
            at_ns=world.wall_ns,
            guest_ns=self.machine.now_ns,
            src=src,
            dst=dst,
            message=message,
        )
        self._moments.append(
            Snapshot(
                entry=entry,
                platform=world.platform,
                machine=self.machine,
                guest=world.guest,
                libvirt=world.libvirt,
                operator=world.operator,
            )
        )

    def post(self, to: Actor, received: Input) -> None:
        if isinstance(received, Overcommit):
            self._overcommit(received.factor)
        else:
            self._in_flight.append(Envelope(to, received))

    def ask(self, message: Message) -> tuple[AnyReply | Aborted, tuple[AnyEmitted, ...]]:
        self.machine, reply, emitted = self._world.ask(self.machine, message)
        return reply, emitted

    def work(self, ns: int) -> None:
        self._work_ns, self._asleep = ns * self._load, False

    def sleep(self, ns: int) -> None:
        self._work_ns, self._asleep = ns, True

    def wait(self, ns: int | None) -> None:
        self._waits = None if ns is None else self._world.wall_ns + ns

    def clear_guest(self) -> None:
        self._in_flight = [one for one in self._in_flight if one.to is not Actor.GUEST]
        self._work_ns = None

    def is_interrupted(self) -> bool:
        return any(one.to is Actor.GUEST and is_interrupt(one.content) for one in self._in_flight)

    def _overcommit(self, factor: int) -> None:
        if self._work_ns is not None and not self._asleep:
            self._work_ns = _whole_ms(self._work_ns * factor, self._load)
        self._load = factor


def _whole_ms(dividend: int, divisor: int) -> int:
    """Return a quotient, rounded up to a millisecond: between two of them nobody can act."""
    return -(-dividend // (divisor * NS_PER_MS)) * NS_PER_MS
