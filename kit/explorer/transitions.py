"""The cast without time: what one of them does next, and what the others are told by that.

A driver like `kit.simulation.world`, but for its clocks.  A timer of QEMU that runs may fire at any
moment that the code allows, libvirt may stop waiting at any moment, and so may the guest itself.
Not even that QEMU's 15 s are longer than libvirt's 10 s is assumed: the first are of the guest's
clock, which stands still with the VM, the second of the wall clock of a libvirt that a busy host
may keep from running.  What is found in one such order is a story of some host, not of every one.

Letters to one party are read in order; parties read when they do.  The operator reads at once,
for nothing follows from when they read.  A request through libvirt waits for virsh's answer to the
one before, as virsh does; at QEMU's own monitor one asks, resets and migrates at any moment, and
the destination of a migration gets what QEMU holds then.

Source: stateright's actor model (a timer is armed or not, and firing is an action); QEMU docs of
QEMU_CLOCK_VIRTUAL; libvirt virTimeMillisNow().
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from kit.actors import libvirt as libvirts
from kit.actors import operator as operators
from kit.actors import pseries_guest as guests
from kit.actors.libvirt import Libvirt
from kit.actors.messages import (
    Actor,
    Command,
    DetachDevice,
    GuestLog,
    Input,
    Interrupt,
    Message,
    MonitorClosed,
    Restarted,
    Send,
    SetVcpus,
    StopWaiting,
    Wait,
    WaitOver,
    Work,
    WorkDone,
    WriteLog,
)
from kit.actors.operator import Operator, TypedLine
from kit.actors.pseries_guest import Guest
from kit.common.errors import MisuseError
from kit.machine import clock
from kit.machine.clock import Timer
from kit.machine.events import Aborted, Emitted, HotplugEvent, QmpError
from kit.machine.pseries.connector import Drc
from kit.machine.pseries.machine import UNPLUG_TIMEOUT_S, Machine
from kit.machine.q35.messages import AcpiEmitted
from kit.machine.requests import ClockStep, DeviceDel, SystemReset
from kit.simulation import platform as boards

__all__ = ["GuestSide", "Management", "Sent", "Turn", "guest_turn", "libvirt_turn", "qemu_turn"]
__all__ += ["posted_to_guest", "posted_to_libvirt", "timer_turn", "without_time"]


@dataclass(frozen=True, slots=True)
class GuestSide:
    """The guest, whether its own work is under way, and what it has still to read."""

    guest: Guest
    working: bool = False
    inbox: tuple[Input, ...] = ()


@dataclass(frozen=True, slots=True)
class Management:
    """libvirt, whether it waits, what it has still to read; and the operator."""

    libvirt: Libvirt
    waiting: bool = False
    inbox: tuple[Input, ...] = ()
    operator: Operator = field(default_factory=Operator)


@dataclass(frozen=True, slots=True)
class Sent:
    """What one party told another; of nobody else's concern where both are the same."""

    src: Actor
    dst: Actor
    message: Message


@dataclass(slots=True)
class Turn:
    """What comes of one party's turn, put together bit by bit.

    ``said`` is everything in order, ``to_guest`` and ``to_libvirt`` what goes into their inboxes;
    ``works`` and ``waits`` are None where nothing is changed.  ``restarted``: a reset took the
    guest's inbox and work away.
    """

    machine: Machine
    said: list[Sent] = field(default_factory=list)
    to_guest: list[Input] = field(default_factory=list)
    to_libvirt: list[Input] = field(default_factory=list)
    works: bool | None = None
    waits: bool | None = None
    restarted: bool = False

    def ask_libvirt(self, call: Input) -> None:
        """Let the operator type a command of virsh."""
        assert isinstance(call, SetVcpus | DetachDevice)
        self.say(Actor.OPERATOR, Actor.LIBVIRT, call)

    def say(self, src: Actor, dst: Actor, message: Message) -> None:
        """Tell somebody something."""
        self.said.append(Sent(src, dst, message))
        if dst is Actor.GUEST:
            self.to_guest.append(message)
        elif dst is Actor.LIBVIRT:
            self.to_libvirt.append(message)


# -- whose turn it is ----------------------------------------------------------------------------


def guest_turn(machine: Machine, side: GuestSide, told: Input | None) -> tuple[Turn, GuestSide]:
    """Let the guest read its next letter, or be *told* something from outside."""
    inbox, working = side.inbox, side.working
    if told is None:
        told, inbox = inbox[0], inbox[1:]
    elif isinstance(told, WorkDone):
        working = False
    guest, commands = guests.receive(side.guest, told)
    turn = Turn(machine)
    _carry_out(turn, Actor.GUEST, commands, inbox)
    after = GuestSide(guest, working if turn.works is None else turn.works, inbox)
    return turn, after


def libvirt_turn(machine: Machine, side: Management, told: Input | None) -> tuple[Turn, Management]:
    """Let libvirt read its next letter, or find its wait over."""
    inbox, waiting = side.inbox, side.waiting
    if told is None:
        told, inbox = inbox[0], inbox[1:]
    elif isinstance(told, WaitOver):
        waiting = False
    libvirt, commands = libvirts.receive(side.libvirt, told)
    turn = Turn(machine)
    _carry_out(turn, Actor.LIBVIRT, commands, ())
    operator = _told_operator(side.operator, turn)
    waiting = waiting if turn.waits is None else turn.waits
    return turn, Management(libvirt, waiting, inbox, operator)


def monitor_turn(machine: Machine, side: Management, request: DeviceDel) -> tuple[Turn, Management]:
    """Let the operator ask QEMU for a device at its monitor, past libvirt."""
    turn = Turn(machine)
    _ask_qemu(turn, Actor.OPERATOR, request, ())
    return turn, replace(side, operator=_told_operator(side.operator, turn))


def qemu_turn(machine: Machine, message: Message) -> Turn:
    """Let somebody at QEMU's monitor, or the guest's reboot command, ask for *message*."""
    turn = Turn(machine)
    _ask_qemu(turn, Actor.OPERATOR, message, ())
    return turn


def timer_turn(machine: Machine) -> Turn:
    """Let the timer fire that was started first: all run equally long, so none overtakes."""
    first, *others = machine.timers
    turn = Turn(machine)
    due = replace(machine, timers=(Timer(machine.now_ns, first.index), *others))
    after, _, emitted = boards.ask(due, ClockStep(0))
    assert isinstance(after, Machine)
    _emit(turn, after, emitted)
    return turn


# -- inboxes -------------------------------------------------------------------------------------


def posted_to_guest(side: GuestSide, letters: tuple[Input, ...], *, restarted: bool) -> GuestSide:
    """Put letters into the guest's inbox; a reset empties it before."""
    inbox, working = ((), False) if restarted else (side.inbox, side.working)
    return GuestSide(side.guest, working, (*inbox, *letters))


def posted_to_libvirt(side: Management, letters: tuple[Input, ...]) -> Management:
    """Put letters into libvirt's inbox."""
    return replace(side, inbox=(*side.inbox, *letters))


def _told_operator(operator: Operator, turn: Turn) -> Operator:
    """Let the operator take notice of what libvirt said; a new request makes up for a failure."""
    for said in turn.said:
        match said:
            case Sent(dst=Actor.OPERATOR, message=message):
                operator = operators.receive(operator, message)
            case Sent(dst=Actor.QEMU, message=DeviceDel() as request):
                operator, _ = operators.type_line(operator, TypedLine(0, message=request))
    # whatever else they think, and in which order they heard of it, decides nothing
    return Operator(failed=tuple(sorted(operator.failed)))


# -- commands ------------------------------------------------------------------------------------


def _carry_out(
    turn: Turn, actor: Actor, commands: tuple[Command, ...], inbox: tuple[Input, ...]
) -> None:
    for command in commands:
        match command:
            case Send(to=Actor.QEMU, message=message):
                _ask_qemu(turn, actor, message, inbox)
            case Send(to=to, message=message):
                turn.say(actor, to, message)
            case WriteLog(text):
                turn.said.append(Sent(actor, actor, GuestLog(text)))
            case Work():
                turn.works = True
            case Wait():
                turn.waits = True
            case StopWaiting():
                turn.waits = False


def _ask_qemu(turn: Turn, actor: Actor, message: Message, inbox: tuple[Input, ...]) -> None:
    message = boards.asked(turn.machine, message)
    turn.say(actor, Actor.QEMU, message)
    if turn.machine.aborted is not None:
        return
    try:
        after, reply, emitted = boards.ask(turn.machine, message)
    except MisuseError as error:
        turn.say(Actor.QEMU, actor, QmpError("GenericError", str(error)))
        return
    assert isinstance(after, Machine)
    _emit(turn, after, emitted)
    if isinstance(reply, Aborted):
        turn.say(Actor.QEMU, Actor.QEMU, reply)
        turn.say(Actor.QEMU, Actor.LIBVIRT, MonitorClosed())
        return
    turn.say(Actor.QEMU, actor, reply)
    if isinstance(message, SystemReset):
        turn.restarted = True
        turn.to_guest = [Restarted()]
    elif boards.interrupts_again(turn.machine, message) and not _interrupted(turn, inbox):
        turn.to_guest.append(Interrupt())


def _interrupted(turn: Turn, inbox: tuple[Input, ...]) -> bool:
    """Is the guest to hear of an interrupt already?"""
    return any(isinstance(told, Interrupt | HotplugEvent) for told in (*inbox, *turn.to_guest))


def _emit(turn: Turn, machine: Machine, emitted: tuple[Emitted | AcpiEmitted, ...]) -> None:
    turn.machine = without_time(machine)
    for message in emitted:
        turn.say(Actor.QEMU, boards.hearer(message) or Actor.LIBVIRT, message)


# -- no time in states ---------------------------------------------------------------------------


def without_time(machine: Machine) -> Machine:
    """Return *machine* as it is apart from its clock: a timer is armed or it is not.

    The shape of a fragment goes as well: a connector makes it anew when it is asked from the
    beginning, and here a guest always asks from the beginning to the end.
    """
    expire_ns = clock.deadline_ns(0, UNPLUG_TIMEOUT_S)
    timers = tuple(Timer(expire_ns, timer.index) for timer in machine.timers)
    return replace(machine, now_ns=0, timers=timers, drcs=tuple(map(_unread, machine.drcs)))


def _unread(drc: Drc) -> Drc:
    if drc.fdt is None:
        return drc
    return replace(drc, fdt=None, position=0)
