"""What a command means, wherever an actor runs: in virtual time, without time, on a real QEMU.

An actor returns commands; a `Driver` carries them out.  What happens to a message on its way, how
QEMU answers, and what follows from its end is decided here; a subclass says where entries, letters
and waits are kept.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from kit.actors.messages import (
    Actor,
    Command,
    GuestLog,
    Input,
    Interrupt,
    Message,
    MonitorClosed,
    Restarted,
    Send,
    Sleep,
    StopWaiting,
    Wait,
    Work,
    WriteLog,
)
from kit.common.errors import MisuseError
from kit.machine.events import Aborted, HotplugEvent, QmpError
from kit.machine.requests import SystemReset
from kit.simulation.platform import AnyEmitted, AnyReply, Platform, PlatformMachine
from kit.trace.kinds import recipient

__all__ = ["Driver", "EmbeddedDriver", "is_interrupt"]


class Driver(ABC):
    """Carries out what actors ask for.

    ``manager`` is who listens to QEMU's events: libvirt, or the operator where it takes no part.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def manager(self) -> Actor: ...

    @property
    @abstractmethod
    def is_gone(self) -> bool:
        """Has QEMU ended?"""

    @abstractmethod
    def note(self, src: Actor, dst: Actor, message: Message) -> None:
        """Add an entry to the trace."""

    @abstractmethod
    def post(self, to: Actor, received: Input) -> None:
        """Put a message on its way to an actor."""

    @abstractmethod
    def ask(self, message: Message) -> tuple[AnyReply | Aborted, Iterable[AnyEmitted]]:
        """Return QEMU's reply to a request, and what QEMU emits before that.

        Raises:
            MisuseError: QEMU has no such request.
        """

    @abstractmethod
    def work(self, ns: int) -> None:
        """Let the guest's own work take *ns* nanoseconds of an idle host."""

    def sleep(self, ns: int) -> None:
        """Let the guest sleep for *ns* nanoseconds of its clock, whatever the host does."""
        self.work(ns)

    @abstractmethod
    def wait(self, ns: int | None) -> None:
        """Let libvirt wait for *ns* nanoseconds of the wall clock; None: wait no longer."""

    def complete(self, message: Message) -> Message:
        """Return a request as it reaches QEMU."""
        return message

    @abstractmethod
    def after_answer(self, message: Message) -> None:
        """Do what QEMU does to the guest besides answering a request."""

    def carry_out(self, actor: Actor, commands: Iterable[Command]) -> None:
        """Carry out what *actor* asks for, in order."""
        for command in commands:
            match command:
                case Send(Actor.QEMU, message):
                    self.ask_qemu(actor, message)
                case Send(to, message):
                    self.send(actor, to, message)
                case WriteLog(text):
                    self.note(actor, actor, GuestLog(text))
                case Work(ns):
                    self.work(ns)
                case Sleep(ns):
                    self.sleep(ns)
                case Wait(ns):
                    self.wait(ns)
                case StopWaiting():
                    self.wait(None)

    def send(self, src: Actor, to: Actor, message: Message) -> None:
        """Send a message: an entry of the trace, and a letter."""
        self.note(src, to, message)
        self.post(to, message)

    def ask_qemu(self, actor: Actor, message: Message) -> None:
        """Send QEMU a request, and *actor* its reply; a QEMU that has ended does not answer."""
        message = self.complete(message)
        self.note(actor, Actor.QEMU, message)
        if self.is_gone:
            return
        try:
            reply, emitted = self.ask(message)
        except MisuseError as error:
            self.send(Actor.QEMU, actor, QmpError("GenericError", str(error)))
            return
        self.emit(emitted)
        if isinstance(reply, Aborted):
            self.abort(reply)
            return
        self.send(Actor.QEMU, actor, reply)
        self.after_answer(message)

    def emit(self, emitted: Iterable[AnyEmitted]) -> None:
        """Send what QEMU emits to its audience; without one it is an entry alone."""
        for message in emitted:
            to = recipient(message) or self.manager
            if to is Actor.QEMU:
                self.note(Actor.QEMU, Actor.QEMU, message)
            else:
                self.send(Actor.QEMU, to, message)

    def abort(self, reply: Aborted) -> None:
        """Let QEMU end, and close its monitor."""
        self.note(Actor.QEMU, Actor.QEMU, reply)
        self.send(Actor.QEMU, self.manager, MonitorClosed())


class EmbeddedDriver(Driver):
    """A driver of an embedded machine: ``platform`` knows it, ``machine`` is what it is now."""

    __slots__ = ()

    platform: Platform[Any, Any]
    machine: PlatformMachine

    @property
    def is_gone(self) -> bool:
        """Has QEMU aborted?"""
        return self.machine.aborted is not None

    @abstractmethod
    def clear_guest(self) -> None:
        """Drop the guest's work and every letter on its way to it."""

    @abstractmethod
    def is_interrupted(self) -> bool:
        """Is an interrupt on its way to the guest?"""

    def complete(self, message: Message) -> Message:
        """Return a request as it reaches QEMU."""
        return self.platform.complete(self.machine, message)

    def after_answer(self, message: Message) -> None:
        """Restart the guest after a reset; interrupt it again where events are left."""
        if isinstance(message, SystemReset):
            self.clear_guest()
            self.post(Actor.GUEST, Restarted())
        elif self.platform.interrupts_again(self.machine, message) and not self.is_interrupted():
            self.post(Actor.GUEST, Interrupt())


def is_interrupt(received: Input) -> bool:
    """Does a letter interrupt the guest, so that it reads QEMU's events?"""
    return isinstance(received, Interrupt | HotplugEvent)
