"""A guest kernel at one moment: on any machine, and on pseries."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeVar

from kit.actors.messages import Command, CpuOnline, Hang, Pin, RtasByHand, WriteLog
from kit.actors.pseries_programs import Call, GuestKind, LetGo, Program, Want
from kit.machine.events import ConnectorReturn, HotplugEvent, Reply, SensorReturn, StatusReturn
from kit.machine.pseries.connector import TYPES, DrcType, EntitySense

__all__ = [
    "Conduct",
    "Guest",
    "Kernel",
    "connectors_below",
    "hang",
    "needs_work",
    "no_rtas",
    "pin",
    "refusal_of",
    "satisfies",
    "switch_cpu",
    "without",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """How a guest behaves; times are in ns of an idle host.

    ``offline_ns`` is the time to take a device out of use, ``unusable_ns`` the time between ISOLATE
    and UNUSABLE, ``firmware_ns`` the time of firmware and boot loader before CAS.  A guest that
    ``asks`` waits for a `Decide` before it releases a device or refuses; one that ``user_asks``
    does so in user space too.
    """

    offline_ns: int = 0
    unusable_ns: int = 0
    firmware_ns: int = 0
    asks: bool = False
    user_asks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """A guest on any machine.

    ``up``: its kernel runs; otherwise its firmware does.  ``used`` are the devices that the kernel
    uses, by index, ``offline`` the CPUs among them that are offline, ``pinned`` those that it
    cannot release.  ``busy``: it works.  ``deciding``: it waits for a `Decide`.
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
        """The CPUs that are online."""
        cpus = (index for index in self.used if TYPES.get(index >> 28) is DrcType.CPU)
        return tuple(i for i in cpus if i not in self.offline and self.has(i))

    @property
    def user_decides(self) -> bool:
        """Does user space wait for a `Decide`?"""
        return False

    def has(self, index: int) -> bool:
        """Does the kernel use the device?"""
        return index in self.used


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest(Kernel):
    """A guest on pseries; a device has the index of its connector.

    ``leaving`` are devices out of use whose unplug is not finished.  ``queue`` are events that were
    read and wait, ``program`` is what remains to do for the current one; ``user_queue`` and
    ``user_program`` are those of drmgr, which handles PCI devices and PHBs in user space.  ``sent``
    are calls without a reply yet.
    """

    leaving: tuple[int, ...] = ()
    queue: tuple[HotplugEvent, ...] = ()
    program: Program = ()
    user_queue: tuple[HotplugEvent, ...] = ()
    user_program: Program = ()
    sent: tuple[Call, ...] = ()

    @property
    def at_rest(self) -> bool:
        """Is its kernel up, without work and without an event that waits?"""
        in_hand = self.busy or self.queue or self.user_queue
        return self.up and not in_hand and not self.user_busy

    @property
    def user_busy(self) -> bool:
        """Is drmgr at work?"""
        return bool(self.user_program) or any(call.by_user for call in self.sent)

    @property
    def user_decides(self) -> bool:
        """Does drmgr wait for a `Decide`?  It does nothing else meanwhile."""
        if not (self.conduct.user_asks and self.user_program):
            return False
        return isinstance(self.user_program[0], LetGo)

    def has(self, index: int) -> bool:
        """Does the kernel use the device, with no unplug of it in progress?"""
        return index in self.used and index not in self.leaving


K = TypeVar("K", bound=Kernel)


def switch_cpu(kernel: K, order: CpuOnline) -> tuple[K, tuple[Command, ...]]:
    """Set a CPU offline or online, as the administrator of the guest does."""
    if order.index not in kernel.used:
        return kernel, (WriteLog(f"no CPU {order.index & 0x0FFFFFFF}"),)
    if not order.online and kernel.online == (order.index,):
        return kernel, (WriteLog("the last online CPU stays online"),)
    others = without(kernel.offline, order.index)
    return replace(kernel, offline=others if order.online else (*others, order.index)), ()


def pin(kernel: K, order: Pin) -> tuple[K, tuple[Command, ...]]:
    """Make the kernel unable to release a device, or able again."""
    others = without(kernel.pinned, order.index)
    return replace(kernel, pinned=(*others, order.index) if order.pinned else others), ()


def hang(kernel: K, order: Hang) -> tuple[K, tuple[Command, ...]]:
    """Let the kernel hang, or continue."""
    return replace(kernel, hung=order.hung), ()


def no_rtas(kernel: K, _: RtasByHand) -> tuple[K, tuple[Command, ...]]:
    """Fail to make an RTAS call, on a machine that has none."""
    return kernel, (WriteLog("this machine has no RTAS: no such call"),)


def without(indices: tuple[int, ...], index: int) -> tuple[int, ...]:
    """Return *indices* without *index*."""
    return tuple(other for other in indices if other != index)


def connectors_below(index: int) -> tuple[int, ...] | range:
    """Return the connectors that leave together: a PHB takes those of its bus with it."""
    if TYPES.get(index >> 28) is DrcType.PHB:
        bus = DrcType.PCI.value << 28 | (index & 0x0FFFFFFF) << 16
        return (index, *range(bus, bus + 256))
    return (index,)


def needs_work(guest: Guest, index: int) -> bool:
    """Does a release need work?  The last online CPU is refused at once; an offline one is idle."""
    return guest.online != (index,) and index not in guest.offline


def refusal_of(guest: Guest, index: int) -> str | None:
    """Return why the kernel refuses to release a device; None if it releases it."""
    is_last = guest.online == (index,)
    if is_last and guest.kind.unisolates_cpus:
        return "Unable to remove last online CPU"
    if not is_last and index not in guest.pinned:
        return None
    if TYPES.get(index >> 28) is DrcType.CPU:
        return "Failed to offline CPU, rc: -16"
    return f"device of drc index {index:x} is in use"


def satisfies(want: Want, reply: Reply) -> bool:
    """Is *reply* what the program of the call wants?"""
    match want:
        case Want.PRESENT:
            return reply == SensorReturn(0, EntitySense.PRESENT.value)
        case Want.UNUSABLE:
            return reply == SensorReturn(0, EntitySense.UNUSABLE.value)
        case Want.SUCCESS:
            return isinstance(reply, StatusReturn | ConnectorReturn) and reply.status == 0
        case Want.ANYTHING:
            return True
