"""All participants without time: what one of them does next, and what it sends the others.

A driver like `kit.simulation.world` without clocks.  A running timer of QEMU may fire at any moment
that the code allows; libvirt may stop waiting at any moment, and so may the guest.  The model does
not even assume that QEMU's 15 s are longer than libvirt's 10 s: the first count the guest's clock,
which stops with the VM, the second the wall clock of a libvirt that a busy host may delay.  So a
path can happen on some host, not on every host.

A participant reads its messages in order, and at any moment; the operator reads at once, because
nothing depends on when they read.  A request through libvirt waits until virsh has answered the one
before.  At QEMU's own monitor, a request, a reset or a migration may come at any moment, and the
destination of a migration gets what QEMU then holds.

Source: stateright's actor model (a timer is armed or not, and firing is an action); QEMU docs of
QEMU_CLOCK_VIRTUAL; libvirt virTimeMillisNow().
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from kit.actors import libvirt as libvirts
from kit.actors import operator as operators
from kit.actors.kernel import Kernel
from kit.actors.libvirt import Libvirt
from kit.actors.messages import Actor, Input, Message, WaitOver, WorkDone
from kit.actors.operator import Operator, TypedLine
from kit.machine.events import Aborted
from kit.machine.requests import ClockStep, DeviceDel
from kit.simulation.driver import EmbeddedDriver, is_interrupt
from kit.simulation.platform import AnyEmitted, AnyReply, ExploredPlatform, PlatformMachine
from kit.trace.entry import TraceEntry

__all__ = ["GuestSide", "Management", "Sent", "Turn", "entries_of", "guest_turn", "libvirt_turn"]
__all__ += ["monitor_turn", "posted_to_guest", "posted_to_libvirt", "timer_turn"]


@dataclass(frozen=True, slots=True)
class GuestSide:
    """The guest, whether it works, and the messages that it has not read."""

    guest: Kernel
    working: bool = False
    inbox: tuple[Input, ...] = ()


@dataclass(frozen=True, slots=True)
class Management:
    """libvirt, whether it waits, and the messages that it has not read; and the operator."""

    libvirt: Libvirt
    waiting: bool = False
    inbox: tuple[Input, ...] = ()
    operator: Operator = field(default_factory=Operator)


@dataclass(frozen=True, slots=True)
class Sent:
    """A message from one participant to another; an entry for one alone where both are the same."""

    src: Actor
    dst: Actor
    message: Message


def entries_of(sent: Iterable[Sent]) -> tuple[TraceEntry, ...]:
    """Return messages as entries without times."""
    return tuple(
        TraceEntry(seq=seq, at_ns=0, guest_ns=0, src=one.src, dst=one.dst, message=one.message)
        for seq, one in enumerate(sent)
    )


@dataclass(slots=True)
class Turn(EmbeddedDriver):
    """One participant's turn without time: what it sends, and what follows from that.

    ``sent`` is everything in order, ``to_guest`` and ``to_libvirt`` what goes into their inboxes,
    ``inbox`` what the guest has still to read; ``works`` and ``waits`` are None where nothing
    changes.  ``restarted``: a reset took the guest's inbox and work away.
    """

    platform: ExploredPlatform[Any, Any]
    machine: PlatformMachine
    inbox: tuple[Input, ...] = ()
    sent: list[Sent] = field(default_factory=list)
    to_guest: list[Input] = field(default_factory=list)
    to_libvirt: list[Input] = field(default_factory=list)
    works: bool | None = None
    waits: bool | None = None
    restarted: bool = False

    @property
    def manager(self) -> Actor:
        return Actor.LIBVIRT

    def note(self, src: Actor, dst: Actor, message: Message) -> None:
        self.sent.append(Sent(src, dst, message))

    def post(self, to: Actor, received: Input) -> None:
        if to is Actor.GUEST:
            self.to_guest.append(received)
        elif to is Actor.LIBVIRT:
            self.to_libvirt.append(received)

    def ask(self, message: Message) -> tuple[AnyReply | Aborted, tuple[AnyEmitted, ...]]:
        after, reply, emitted = self.platform.ask(self.machine, message)
        self.machine = self.platform.timeless(after)
        return reply, emitted

    def work(self, _ns: int) -> None:
        self.works = True

    def wait(self, ns: int | None) -> None:
        self.waits = ns is not None

    def clear_guest(self) -> None:
        self.restarted = True
        self.to_guest = []

    def is_interrupted(self) -> bool:
        return any(map(is_interrupt, (*self.inbox, *self.to_guest)))


def guest_turn(turn: Turn, side: GuestSide, received: Input | None) -> GuestSide:
    """Return the guest after it has read its next message, or reacted to one from outside."""
    inbox, working = side.inbox, side.working
    if received is None:
        received, inbox = inbox[0], inbox[1:]
    elif isinstance(received, WorkDone):
        working = False
    guest, commands = turn.platform.deliver(turn.machine, side.guest, received)
    turn.inbox = inbox
    turn.carry_out(Actor.GUEST, commands)
    return GuestSide(guest, working if turn.works is None else turn.works, inbox)


def libvirt_turn(turn: Turn, side: Management, received: Input | None) -> Management:
    """Return libvirt after it has read its next message, or after its wait."""
    inbox, waiting = side.inbox, side.waiting
    if received is None:
        received, inbox = inbox[0], inbox[1:]
    elif isinstance(received, WaitOver):
        waiting = False
    libvirt, commands = libvirts.receive(side.libvirt, received)
    turn.carry_out(Actor.LIBVIRT, commands)
    if libvirt.job is not None:  # what the call has removed decides nothing
        libvirt = replace(libvirt, job=replace(libvirt.job, removed=()))
    operator = _operator_after(side.operator, libvirt, turn)
    waiting = waiting if turn.waits is None else turn.waits
    return Management(libvirt, waiting, inbox, operator)


def monitor_turn(turn: Turn, side: Management, request: DeviceDel) -> Management:
    """Return libvirt's side after the operator's device_del at QEMU's own monitor."""
    turn.ask_qemu(Actor.OPERATOR, request)
    return replace(side, operator=_operator_after(side.operator, side.libvirt, turn))


def timer_turn(turn: Turn) -> None:
    """Let the timer fire that was started first."""
    turn.machine = turn.platform.first_timer_due(turn.machine)
    turn.emit(turn.ask(ClockStep(0))[1])


def posted_to_guest(side: GuestSide, messages: tuple[Input, ...], *, restarted: bool) -> GuestSide:
    """Return the guest with messages added to its inbox; a reset empties it first."""
    inbox, working = ((), False) if restarted else (side.inbox, side.working)
    return GuestSide(side.guest, working, (*inbox, *messages))


def posted_to_libvirt(side: Management, messages: tuple[Input, ...]) -> Management:
    """Return libvirt with messages added to its inbox."""
    return replace(side, inbox=(*side.inbox, *messages))


def _operator_after(operator: Operator, libvirt: Libvirt, turn: Turn) -> Operator:
    """Return the operator after reading; a new request makes up for a failure.

    A call that timed out counts as one that failed: nobody expects the device to vanish later.
    """
    for one in turn.sent:
        match one:
            case Sent(dst=Actor.OPERATOR, message=message):
                operator = operators.receive(operator, message)
            case Sent(dst=Actor.QEMU, message=DeviceDel() as request):
                operator, _ = operators.type_line(operator, TypedLine(0, message=request))
    # whatever else they think, and in which order they heard of it, decides nothing
    failed = {*operator.failed, *operator.unknown}
    return Operator(failed=tuple(sorted(device for device in failed if libvirt.has(device))))
