"""The whole cast in virtual time: who is told what next, and what each clock makes of it.

A world is a value.  Two clocks run in it: the wall clock, by which libvirt waits and the operator
types, and the guest's (QEMU_CLOCK_VIRTUAL), by which QEMU's timer fires and which stands still
while the VM is stopped.  A third thing is no clock: the guest's own work, which a busy host makes
slower while both clocks run on.

What happens at one instant has an order: letters in flight first, then QEMU's timers, the guest's
work, libvirt's wait, and at last what the operator types.

Source: QEMU docs of QEMU_CLOCK_VIRTUAL (include/qemu/timer.h); libvirt virTimeMillisNow() in
qemuDomainWaitForDeviceRemoval.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from kit.actors import libvirt as libvirts
from kit.actors import operator as operators
from kit.actors.libvirt import Libvirt
from kit.actors.messages import (
    Actor,
    Command,
    GuestLog,
    Hang,
    Input,
    Interrupt,
    Message,
    MonitorClosed,
    Overcommit,
    Restarted,
    Send,
    StopWaiting,
    Wait,
    WaitOver,
    Work,
    WorkDone,
    WriteLog,
)
from kit.actors.operator import Operator, TypedLine
from kit.common.errors import MisuseError
from kit.machine.clock import NS_PER_MS
from kit.machine.events import Aborted, Emitted, HotplugEvent, QmpError
from kit.machine.q35.messages import AcpiEmitted
from kit.machine.requests import ClockStep, SystemReset
from kit.simulation import platform as boards
from kit.simulation.platform import AnyGuest, AnyMachine, Ask
from kit.trace.entry import TraceEntry

__all__ = ["Envelope", "Snapshot", "World", "advance", "next_ns", "typed"]


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message on its way; ``seen`` is False for what a driver tells an actor unseen."""

    to: Actor
    told: Input


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """An entry of the trace, and the cast as it stood right then.

    ``settled`` are guest, libvirt and operator when those who heard it had taken notice, where
    they said nothing more at that time.
    """

    entry: TraceEntry
    machine: AnyMachine
    guest: AnyGuest
    libvirt: Libvirt | None
    operator: Operator
    settled: tuple[AnyGuest, Libvirt | None, Operator] | None = None

    @property
    def after(self) -> Snapshot:
        """The same when those who heard it have taken notice."""
        if self.settled is None:
            return self
        guest, libvirt, operator = self.settled
        return replace(self, guest=guest, libvirt=libvirt, operator=operator, settled=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The cast at one moment of the wall clock, and what led there.

    ``load`` is the factor by which the host slows the guest's own work; ``work_ns`` is the wall
    time that its present work still needs, ``waits_until_ns`` when libvirt's wait is over, both
    None where there is nothing of the kind.  ``post`` are letters on their way, oldest first.
    ``ask`` is how QEMU is asked; with a real QEMU behind it, only the newest world can go on.
    """

    machine: AnyMachine
    guest: AnyGuest
    libvirt: Libvirt | None = None
    operator: Operator = field(default_factory=Operator)
    ask: Ask = boards.ask
    wall_ns: int = 0
    load: int = 1
    work_ns: int | None = None
    waits_until_ns: int | None = None
    post: tuple[Envelope, ...] = ()
    moments: tuple[Snapshot, ...] = ()

    @property
    def trace(self) -> tuple[TraceEntry, ...]:
        """Who told whom what, and when, so far."""
        return tuple(moment.entry for moment in self.moments)

    @property
    def guest_can_act(self) -> bool:
        """Can the guest take notice of anything: is it running and not hung?"""
        machine = self.machine
        return machine.running and machine.aborted is None and not self.guest.hung


# -- time ----------------------------------------------------------------------------------------


def next_ns(world: World) -> int | None:
    """When the next thing happens, by the wall clock; None if nothing will."""
    if _deliverable(world) is not None:
        return world.wall_ns
    return min((at_ns for at_ns, _ in _due(world)), default=None)


def advance(world: World, until_ns: int, entries: int | None = None) -> World:
    """Let everything happen until *until_ns* of the wall clock, what is due then included.

    Args:
        world: Where to start.
        until_ns: The wall clock in ns; the world stands there afterwards, unless stopped early.
        entries: Stop at *until_ns* as soon as so many entries have that time.

    Raises:
        MisuseError: *until_ns* has passed.
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
    """Let the operator type a line, now."""
    operator, commands = operators.type_line(world.operator, line)
    return _carry_out(replace(world, operator=operator), Actor.OPERATOR, commands)


def _are_there(world: World, entries: int | None) -> bool:
    """Has the present instant so many entries?"""
    if entries is None:
        return False
    count = 0
    for moment in reversed(world.moments):
        if moment.entry.at_ns != world.wall_ns:
            break
        count += 1
    return count >= entries


def _due(world: World) -> Iterator[tuple[int, Actor]]:
    """What is due when, in the order in which it happens at one instant."""
    machine = world.machine
    deadline = boards.next_deadline(machine)
    if machine.aborted is None and machine.running and deadline is not None:
        yield world.wall_ns + deadline - machine.now_ns, Actor.QEMU
    if world.work_ns is not None and world.guest_can_act:
        yield world.wall_ns + world.work_ns, Actor.GUEST
    if world.waits_until_ns is not None:
        yield world.waits_until_ns, Actor.LIBVIRT
    if world.operator.script:
        yield max(world.operator.script[0].at_ns, world.wall_ns), Actor.OPERATOR


def _step(world: World) -> World:
    """Let the next thing happen."""
    letter = _deliverable(world)
    if letter is not None:
        post = list(world.post)
        post.remove(letter)
        return _tell(replace(world, post=tuple(post)), letter)
    at_ns, who = min(_due(world), key=lambda due: due[0])  # the first of equals
    world = _wait(world, at_ns)
    match who:
        case Actor.QEMU:
            return world  # the timer fired as the clock got there
        case Actor.GUEST:
            return _tell(replace(world, work_ns=None), Envelope(Actor.GUEST, WorkDone()))
        case Actor.LIBVIRT:
            return _tell(replace(world, waits_until_ns=None), Envelope(Actor.LIBVIRT, WaitOver()))
        case Actor.OPERATOR:
            return typed(world, world.operator.script[0])
        case Actor.CONSOLE:
            raise MisuseError("only a real guest has a console")


def _wait(world: World, until_ns: int) -> World:
    """Let the clocks run to *until_ns*; nothing else but QEMU's timers is due before."""
    passed = until_ns - world.wall_ns
    if world.work_ns is not None and world.guest_can_act:
        world = replace(world, work_ns=world.work_ns - passed)
    world = replace(world, wall_ns=until_ns)
    if passed and world.machine.running and world.machine.aborted is None:
        machine, _, emitted = world.ask(world.machine, ClockStep(passed))
        world = _emit(replace(world, machine=machine), emitted)
    return world


# -- letters -------------------------------------------------------------------------------------


def _deliverable(world: World) -> Envelope | None:
    """The oldest letter whose reader can take notice of it."""
    for letter in world.post:
        to_guest = letter.to is Actor.GUEST
        if not to_guest or world.guest_can_act or isinstance(letter.told, Hang | Restarted):
            return letter
    return None


def _tell(world: World, letter: Envelope) -> World:
    """Let an actor take notice of a letter, and carry out what it asks for."""
    commands: tuple[Command, ...] = ()
    match letter.to:
        case Actor.GUEST:
            guest, commands = boards.tell(world.machine, world.guest, letter.told)
            world = replace(world, guest=guest)
        case Actor.LIBVIRT if world.libvirt is not None:
            libvirt, commands = libvirts.receive(world.libvirt, letter.told)
            world = replace(world, libvirt=libvirt)
        case Actor.OPERATOR:
            world = replace(world, operator=operators.receive(world.operator, letter.told))
    entries = len(world.moments)
    world = _carry_out(world, letter.to, commands)
    if entries != len(world.moments) or not _are_there(world, 1):
        return world
    *before, last = world.moments  # it says nothing, so no entry of its own shows what it now knows
    last = replace(last, settled=(world.guest, world.libvirt, world.operator))
    return replace(world, moments=(*before, last))


def _carry_out(world: World, actor: Actor, commands: tuple[Command, ...]) -> World:
    for command in commands:
        match command:
            case Send(to=Actor.QEMU, message=message):
                world = _ask_qemu(world, actor, message)
            case Send(to=to, message=message):
                world = _send(world, actor, to, message)
            case WriteLog(text):
                world = _note(world, actor, actor, GuestLog(text))
            case Work(ns):
                world = replace(world, work_ns=ns * world.load)
            case Wait(ns):
                world = replace(world, waits_until_ns=world.wall_ns + ns)
            case StopWaiting():
                world = replace(world, waits_until_ns=None)
    return world


def _send(world: World, src: Actor, to: Actor, message: Message) -> World:
    world = _note(world, src, to, message)
    if isinstance(message, Overcommit):
        return _overcommitted(world, message.factor)
    return _post(world, to, message)


def _post(world: World, to: Actor, told: Input) -> World:
    return replace(world, post=(*world.post, Envelope(to, told)))


def _note(world: World, src: Actor, dst: Actor, message: Message) -> World:
    entry = TraceEntry(
        seq=len(world.moments),
        at_ns=world.wall_ns,
        guest_ns=world.machine.now_ns,
        src=src,
        dst=dst,
        message=message,
    )
    moment = Snapshot(
        entry=entry,
        machine=world.machine,
        guest=world.guest,
        libvirt=world.libvirt,
        operator=world.operator,
    )
    return replace(world, moments=(*world.moments, moment))


def _overcommitted(world: World, factor: int) -> World:
    work_ns = None if world.work_ns is None else _whole_ms(world.work_ns * factor, world.load)
    return replace(world, load=factor, work_ns=work_ns)


def _whole_ms(dividend: int, divisor: int) -> int:
    """Divide and round up to a millisecond: between two of them nobody can do anything."""
    return -(-dividend // (divisor * NS_PER_MS)) * NS_PER_MS


# -- QEMU ----------------------------------------------------------------------------------------


def _ask_qemu(world: World, actor: Actor, message: Message) -> World:
    """Ask the machine; the request, what it brings about and the reply go into the trace."""
    message = boards.asked(world.machine, message)
    world = _note(world, actor, Actor.QEMU, message)
    if world.machine.aborted is not None:
        return world
    try:
        machine, reply, emitted = world.ask(world.machine, message)
    except MisuseError as error:
        return _send(world, Actor.QEMU, actor, QmpError("GenericError", str(error)))
    world = _emit(replace(world, machine=machine), emitted)
    if isinstance(reply, Aborted):
        world = _note(world, Actor.QEMU, Actor.QEMU, reply)
        return _send(world, Actor.QEMU, _manager(world), MonitorClosed())
    world = _send(world, Actor.QEMU, actor, reply)
    return _afterwards(world, message)


def _afterwards(world: World, message: Message) -> World:
    """What QEMU does to the guest beside answering."""
    if isinstance(message, SystemReset):
        kept = tuple(letter for letter in world.post if letter.to is not Actor.GUEST)
        return _post(replace(world, post=kept, work_ns=None), Actor.GUEST, Restarted())
    if boards.interrupts_again(world.machine, message):
        waiting = [x for x in world.post if x.to is Actor.GUEST and _interrupts(x.told)]
        return world if waiting else _post(world, Actor.GUEST, Interrupt())
    return world


def _interrupts(told: Input) -> bool:
    return isinstance(told, Interrupt | HotplugEvent)


def _emit(world: World, emitted: tuple[Emitted | AcpiEmitted, ...]) -> World:
    for message in emitted:
        to = boards.hearer(message) or _manager(world)
        if to is Actor.QEMU:
            world = _note(world, Actor.QEMU, Actor.QEMU, message)
        else:
            world = _send(world, Actor.QEMU, to, message)
    return world


def _manager(world: World) -> Actor:
    """Who listens to QEMU's events."""
    return Actor.OPERATOR if world.libvirt is None else Actor.LIBVIRT
