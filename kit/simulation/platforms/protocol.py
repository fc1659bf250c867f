"""What a platform is: a machine, its guest, and all that a driver must know about the two.

Runs, pictures, the explorer and a real QEMU ask a `Platform`, and nobody asks which one it is.  A
platform is a class derived from it, and writes only what differs from most platforms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, runtime_checkable

from kit.actors.kernel import Kernel
from kit.actors.messages import Command, Decide, DeviceTree, Input, Message
from kit.machine.all_boards import messages
from kit.machine.clock import Timer
from kit.machine.events import Abort, Aborted
from kit.machine.pseries.machine import Plugged
from kit.machine.requests import Device, Request
from kit.machine.revision import Board, MachineRule, Revision

__all__ = ["AnyEmitted", "AnyReply", "Ask", "Asked", "ExploredPlatform", "Platform"]
__all__ += ["PlatformMachine"]


class PlatformMachine(Protocol):
    """What every machine shows: its clock in ns, whether it runs, how it ended, what it holds."""

    def __hash__(self) -> int: ...
    @property
    def now_ns(self) -> int: ...
    @property
    def running(self) -> bool: ...
    @property
    def aborted(self) -> Abort | None: ...
    @property
    def plugged(self) -> tuple[Plugged, ...]: ...


AnyReply = messages.AnyReply | DeviceTree
AnyEmitted = messages.AnyEmitted
Asked = tuple[Any, AnyReply | Aborted, tuple[AnyEmitted, ...]]
Ask = Callable[[Any, Message], Asked]
"""How QEMU is asked: the machine afterwards, its reply, and what it emits."""

M = TypeVar("M", bound=PlatformMachine)
G = TypeVar("G", bound=Kernel)


class Platform(Protocol[M, G]):
    """A machine of type M and a guest of type G, as a run needs them.

    ``libvirt_wait_s`` is how long libvirt waits for a device to go, ``timeout_s`` how long a timer
    of QEMU's runs (0 where it has none), both in s; ``timer_words`` says what such a timer is.
    """

    def __hash__(self) -> int:
        return object.__hash__(self)

    @property
    def board(self) -> Board: ...
    @property
    def libvirt_wait_s(self) -> int: ...
    @property
    def timeout_s(self) -> int: ...
    @property
    def timer_words(self) -> str: ...
    @property
    def checked(self) -> str:
        """Which real builds this machine was compared with, in a few words; none by default."""
        return ""

    def rules(self, revision: Revision) -> tuple[MachineRule, ...]:
        """Return what a revision does, a line each, where there is no table of states."""
        return ()

    def switch_on(self, revision: Revision, *, cas_at_reset: bool = False) -> tuple[M, G]:
        """Return a machine just started, and a guest that has not begun."""
        ...

    def plugs(self, device: Device) -> bool:
        """Can a scenario have such a device?"""
        return True

    def complete(self, machine: M, message: Message) -> Message:
        """Return a request as it reaches QEMU: with what its sender left open filled in."""
        return message

    def ask(self, machine: M, message: Message) -> tuple[M, AnyReply, tuple[AnyEmitted, ...]]:
        """Return the machine after a request, its reply, and what it emits.

        Raises:
            MisuseError: The machine has no such request; the text becomes an error reply.
        """
        ...

    def timers(self, machine: M) -> tuple[Timer, ...]:
        """Return QEMU's timers that run, the first to fire first."""
        return ()

    def interrupts_again(self, machine: M, message: Message) -> bool:
        """Does QEMU interrupt the guest again after *message*, because events are left?"""
        return False

    def deliver(self, machine: M, guest: G, received: Input) -> tuple[G, tuple[Command, ...]]:
        """Return the guest after a message, and what it asks its driver for."""
        ...

    def guest_index(self, machine: M, index: int) -> int:
        """Return the index by which the guest knows a scenario's connector *index*."""
        return index

    def connectors(self, machine: M, device: Device) -> tuple[int, ...]:
        """Return the indices by which the guest knows a device; none if it is nowhere."""
        ...

    def calls_on(self, index: int) -> tuple[tuple[str, Request], ...]:
        """Return what an arbitrary guest can call on a connector, each with its name."""
        return ()

    def pending(self, machine: M, guest: G, device: Device) -> bool:
        """Is an unplug request for *device* outstanding?"""
        ...

    def idle(self, machine: M, guest: G) -> bool:
        """Is the kernel up, with nothing in hand and nothing to read?"""
        ...


@runtime_checkable
class ExploredPlatform(Platform[M, G], Protocol[M, G]):
    """A platform that the explorer can drive without time, and whose turns it can judge."""

    def timeless(self, machine: M) -> M:
        """Return *machine* without its clock: equal for the explorer means equal as a value."""
        return machine

    def first_timer_due(self, machine: M) -> M:
        """Return *machine* at the moment when its first timer is due."""
        return machine

    def is_calling(self, guest: G) -> bool:
        """Does the guest wait for the answer to a call?"""
        return False

    def deciding_on(self, guest: G, order: Decide) -> int | None:
        """Return the connector that *order* lets the guest release or refuse, if any."""
        ...

    def requested(self, machine: M, device: Device) -> bool:
        """Does QEMU wait for the guest to release *device*?"""
        ...

    def held(self, machine: M, device: Device) -> tuple[bool, ...]:
        """Return, for each part of a device, whether the guest holds on to it."""
        ...

    def released(self, machine: M, device: Device) -> bool:
        """Has the guest released every part of a device?"""
        ...

    def releases(self, message: Message) -> int | None:
        """Return the connector that a request of the guest's releases, if it does."""
        ...

    def asked_back(self, message: Message) -> tuple[int, ...] | None:
        """Return the connectors that QEMU asks the guest to release; None if it does not ask."""
        return None
