"""What the parties say to each other beside QMP and RTAS, and what an actor asks of its driver.

QMP commands and RTAS calls are `kit.machine.requests`, their answers and QEMU's events
`kit.machine.events`, what only a q35 machine hears and says `kit.machine.q35.messages`.  An actor
is a frozen state and a function from a message to the next state and commands; whoever drives it
carries the commands out: in virtual time, without time, or on a real QEMU.

Source: virsh(1), libvirt's domain events; Linux /sys/devices/system/cpu and /sys/kernel/dlpar.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from kit.machine.events import Emitted, HotplugAction, Reply
from kit.machine.q35.messages import AcpiEmitted, AcpiReply, AcpiRequest
from kit.machine.requests import Request

__all__ = [
    "CAST",
    "Actor",
    "ApiError",
    "ApiSuccess",
    "Command",
    "CpuOnline",
    "Decide",
    "DetachDevice",
    "DeviceRemovalFailed",
    "DeviceRemoved",
    "DeviceTree",
    "Dlpar",
    "DomainReset",
    "DomainResume",
    "DomainSuspend",
    "GuestLog",
    "Hang",
    "Input",
    "Interrupt",
    "Message",
    "MigrateDomain",
    "MonitorClosed",
    "Overcommit",
    "Pin",
    "Restarted",
    "RtasByHand",
    "Send",
    "SetVcpus",
    "StopWaiting",
    "Wait",
    "WaitOver",
    "Work",
    "WorkDone",
    "WriteLog",
]


class Actor(Enum):
    """A party of the exchange; a real guest's console is one of its own, and no part of `CAST`."""

    OPERATOR = "operator"
    LIBVIRT = "libvirt"
    QEMU = "qemu"
    GUEST = "guest"
    CONSOLE = "console"


CAST = (Actor.OPERATOR, Actor.LIBVIRT, Actor.QEMU, Actor.GUEST)
"""Who takes part in a run of the embedded machine."""


# -- operator to libvirt: virsh ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SetVcpus:
    """virsh setvcpus DOMAIN ``count`` --live: cores of one thread, the highest goes first."""

    count: int


@dataclass(frozen=True, slots=True)
class DetachDevice:
    """virsh detach-device: of the device that the domain's XML calls ``alias``."""

    alias: str


@dataclass(frozen=True, slots=True)
class DomainReset:
    """virsh reset DOMAIN."""


@dataclass(frozen=True, slots=True)
class DomainSuspend:
    """virsh suspend DOMAIN."""


@dataclass(frozen=True, slots=True)
class DomainResume:
    """virsh resume DOMAIN."""


@dataclass(frozen=True, slots=True)
class MigrateDomain:
    """virsh migrate --live DOMAIN: the destination gets the devices of libvirt's picture."""


# -- libvirt to operator -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ApiSuccess:
    """virsh succeeds, and prints ``text``.

    ``alias`` is the device that was plugged in, if any; virsh does not print it.
    """

    text: str
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class ApiError:
    """virsh fails, and prints ``error: `` and ``text``.

    ``alias`` is the device that the call was about, if any; virsh does not print it.
    """

    text: str
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceRemoved:
    """Domain event device-removed: ``alias`` is no longer in the domain's XML."""

    alias: str


@dataclass(frozen=True, slots=True)
class DeviceRemovalFailed:
    """Domain event device-removal-failed: the guest keeps ``alias``."""

    alias: str


# -- operator to guest: a shell in it, or a hand on it -------------------------------------------


@dataclass(frozen=True, slots=True)
class CpuOnline:
    """Write 0 or 1 to the ``online`` file of the CPU whose connector is ``index``."""

    index: int
    online: bool


@dataclass(frozen=True, slots=True)
class Pin:
    """Put the device of connector ``index`` to a use that it cannot be taken from, or end that."""

    index: int
    pinned: bool = True


@dataclass(frozen=True, slots=True)
class Dlpar:
    """Write to /sys/kernel/dlpar: the guest adds or removes connector ``index`` of itself."""

    action: HotplugAction
    index: int


@dataclass(frozen=True, slots=True)
class RtasByHand:
    """Make one RTAS call, whatever the kernel is doing."""

    call: Request


@dataclass(frozen=True, slots=True)
class Decide:
    """Tell a guest that asks whether it gives the device up, now that QEMU wants it."""

    give: bool


@dataclass(frozen=True, slots=True)
class Hang:
    """Make the guest hang, or go on."""

    hung: bool = True


# -- the host ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Overcommit:
    """The host's load makes the guest's own work ``factor`` times slower; no clock does."""

    factor: int


# -- QEMU to the others ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeviceTree:
    """What a kernel finds after CAS: the connectors, by index, whose devices it may use."""

    indices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MonitorClosed:
    """QEMU is gone: the other end of its monitor finds it closed."""


@dataclass(frozen=True, slots=True)
class GuestLog:
    """A line in the guest kernel's log."""

    text: str


ToLibvirt = SetVcpus | DetachDevice | DomainReset | DomainSuspend | DomainResume | MigrateDomain
FromLibvirt = ApiSuccess | ApiError | DeviceRemoved | DeviceRemovalFailed
ToGuest = CpuOnline | Pin | Dlpar | RtasByHand | Decide | Hang
Message = (
    Request
    | Reply
    | Emitted
    | AcpiRequest
    | AcpiReply
    | AcpiEmitted
    | ToLibvirt
    | FromLibvirt
    | ToGuest
    | Overcommit
    | DeviceTree
    | MonitorClosed
    | GuestLog
)
"""Whatever a trace can hold."""


# -- what a driver tells an actor, seen by nobody else -------------------------------------------


@dataclass(frozen=True, slots=True)
class Interrupt:
    """QEMU raises the hotplug interrupt again: events are left in its queue."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """The guest begins again in its firmware."""


@dataclass(frozen=True, slots=True)
class WorkDone:
    """The guest's own work is done."""


@dataclass(frozen=True, slots=True)
class WaitOver:
    """libvirt has waited long enough."""


Input = Message | Interrupt | Restarted | WorkDone | WaitOver


# -- what an actor asks of its driver ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Send:
    """Tell ``to`` something."""

    to: Actor
    message: Message


@dataclass(frozen=True, slots=True)
class WriteLog:
    """Write a line to one's own log."""

    text: str


@dataclass(frozen=True, slots=True)
class Work:
    """Work for ``ns`` nanoseconds of an idle host, and then be told `WorkDone`."""

    ns: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait for ``ns`` nanoseconds of the wall clock, and then be told `WaitOver`."""

    ns: int


@dataclass(frozen=True, slots=True)
class StopWaiting:
    """Wait no longer."""


Command = Send | WriteLog | Work | Wait | StopWaiting
