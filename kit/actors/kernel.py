"""A guest kernel at one moment: what any of them has, and what one on pseries has besides."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeVar

from kit.actors.messages import Command, CpuOnline, Hang, Pin, WriteLog
from kit.actors.pseries_programs import Call, GuestKind, Program, Want
from kit.machine.events import ConnectorReturn, HotplugEvent, Reply, SensorReturn, StatusReturn
from kit.machine.pseries.connector import TYPES, DrcType, EntitySense

__all__ = [
    "Conduct",
    "Guest",
    "Kernel",
    "below",
    "hang",
    "pin",
    "satisfies",
    "switch_cpu",
    "why_not",
    "without",
    "works",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """How a guest behaves: its own work, in ns of an idle host, and its will.

    ``offline_ns`` is what it needs to take a device out of use, ``unusable_ns`` what passes
    between ISOLATE and UNUSABLE, ``firmware_ns`` what its firmware and boot loader take before
    CAS.  A guest that ``asks`` waits for a `Decide` before it gives a device up or keeps it.
    """

    offline_ns: int = 0
    unusable_ns: int = 0
    firmware_ns: int = 0
    asks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """What a guest of either machine has.

    ``up``: its kernel runs, else it is in the firmware.  ``used`` are the devices that the kernel
    uses, by index, ``offline`` the CPUs among them that are switched off, ``pinned`` those that it
    cannot let go.  ``busy``: it is doing something, ``deciding``: it waits for a `Decide`.
    """

    kind: GuestKind
    conduct: Conduct = field(default_factory=Conduct)
    up: bool = False
    hung: bool = False
    used: tuple[int, ...] = ()
    offline: tuple[int, ...] = ()
    pinned: tuple[int, ...] = ()
    busy: bool = False
    deciding: bool = False

    @property
    def online(self) -> tuple[int, ...]:
        """The CPUs that run."""
        cpus = (index for index in self.used if TYPES.get(index >> 28) is DrcType.CPU)
        return tuple(i for i in cpus if i not in self.offline and self.has(i))

    def has(self, index: int) -> bool:
        """Does the kernel use a device?"""
        return index in self.used


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest(Kernel):
    """A guest on pseries; devices are named by the index of their connectors.

    ``leaving`` are those taken out of use for an unplug that is not finished.  ``queue`` are
    events read and not yet worked off, ``program`` is what is left to do for the one in hand,
    ``user_program`` what user space does meanwhile for PCI devices and PHBs; ``sent`` are the calls
    that are not answered yet.
    """

    leaving: tuple[int, ...] = ()
    queue: tuple[HotplugEvent, ...] = ()
    program: Program = ()
    user_program: Program = ()
    sent: tuple[Call, ...] = ()

    @property
    def at_rest(self) -> bool:
        """Is its kernel up, with nothing in hand and nothing read that is still to be done?"""
        in_hand = self.busy or self.queue or self.user_program
        return self.up and not in_hand and not any(call.by_user for call in self.sent)

    def has(self, index: int) -> bool:
        """Does the kernel use a device, and is not about to let it go?"""
        return index in self.used and index not in self.leaving


K = TypeVar("K", bound=Kernel)


def switch_cpu(kernel: K, order: CpuOnline) -> tuple[K, tuple[Command, ...]]:
    """Take a CPU out of use or into it, as the guest's own administrator does."""
    if order.index not in kernel.used:
        return kernel, (WriteLog(f"no CPU {order.index & 0x0FFFFFFF}"),)
    if not order.online and kernel.online == (order.index,):
        return kernel, (WriteLog("the last online CPU stays online"),)
    others = without(kernel.offline, order.index)
    return replace(kernel, offline=others if order.online else (*others, order.index)), ()


def pin(kernel: K, order: Pin) -> tuple[K, tuple[Command, ...]]:
    """Make the kernel unable to let a device go, or able again."""
    others = without(kernel.pinned, order.index)
    return replace(kernel, pinned=(*others, order.index) if order.pinned else others), ()


def hang(kernel: K, order: Hang) -> tuple[K, tuple[Command, ...]]:
    """Let the kernel hang, or go on."""
    return replace(kernel, hung=order.hung), ()


def without(indices: tuple[int, ...], index: int) -> tuple[int, ...]:
    """Return *indices* without one of them."""
    return tuple(other for other in indices if other != index)


def below(index: int) -> tuple[int, ...] | range:
    """Return the connectors that go with one: a PHB takes those of its bus along."""
    if TYPES.get(index >> 28) is DrcType.PHB:
        bus = DrcType.PCI.value << 28 | (index & 0x0FFFFFFF) << 16
        return (index, *range(bus, bus + 256))
    return (index,)


def works(guest: Guest, index: int) -> bool:
    """Is there work to do?  The last online CPU is refused at once, and one that is off is off."""
    return guest.online != (index,) and index not in guest.offline


def why_not(guest: Guest, index: int) -> str | None:
    """Say why the kernel keeps a device; None if it lets go."""
    drc_type = TYPES.get(index >> 28)
    if drc_type is DrcType.CPU and guest.online == (index,):
        if guest.kind.unisolates_cpus:
            return "Unable to remove last online CPU"
        return "Failed to offline CPU, rc: -16"
    if index in guest.pinned:
        return (
            "Failed to offline CPU, rc: -16"
            if drc_type is DrcType.CPU
            else f"device of drc index {index:x} is in use"
        )
    return None


def satisfies(want: Want, reply: Reply) -> bool:
    """Is a call answered as its program wants it?"""
    match want:
        case Want.PRESENT:
            return reply == SensorReturn(0, EntitySense.PRESENT.value)
        case Want.UNUSABLE:
            return reply == SensorReturn(0, EntitySense.UNUSABLE.value)
        case Want.SUCCESS:
            return isinstance(reply, StatusReturn | ConnectorReturn) and reply.status == 0
        case Want.ANYTHING:
            return True
