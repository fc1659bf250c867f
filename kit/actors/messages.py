"""The messages between participants besides QMP and RTAS, and the commands of actors.

QMP commands and RTAS calls are in `kit.machine.requests`, replies and QEMU's events in
`kit.machine.events`, and what only one machine has in `kit.machine.all_boards.messages`.

An actor is a frozen state and a function from a message to the next state and commands.  A driver
carries the commands out: in virtual time, without time, or on a real QEMU.

Source: virsh(1), libvirt's domain events; Linux /sys/devices/system/cpu and /sys/kernel/dlpar.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from kit.machine.all_boards.messages import AnyEmitted, AnyReply, AnyRequest
from kit.machine.events import HotplugAction
from kit.machine.requests import Request

__all__ = [
    "PARTICIPANTS",
    "Actor",
    "ApiError",
    "ApiSuccess",
    "Command",
    "CpuOnline",
    "Decide",
    "DetachDevice",
    "DetachDeviceAlias",
    "DeviceRemovalFailed",
    "DeviceRemoved",
    "DeviceTree",
    "Dlpar",
    "DomainReset",
    "DomainResume",
    "DomainSuspend",
    "Failure",
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
    "SetVcpusAsync",
    "Sleep",
    "StopWaiting",
    "ToLibvirt",
    "VcpuRemoved",
    "Wait",
    "WaitOver",
    "Work",
    "WorkDone",
    "WriteLog",
]


class Actor(Enum):
    """Who sends and receives messages; only a real guest has a console as well."""

    OPERATOR = "operator"
    LIBVIRT = "libvirt"
    QEMU = "qemu"
    GUEST = "guest"
    CONSOLE = "console"


PARTICIPANTS = (Actor.OPERATOR, Actor.LIBVIRT, Actor.QEMU, Actor.GUEST)
"""The participants of a run of the embedded machine."""


# Operator to libvirt: virsh.


@dataclass(frozen=True, slots=True)
class SetVcpus:
    """virsh setvcpus DOMAIN ``count`` --live; a core has one thread, and the highest goes first."""

    count: int


@dataclass(frozen=True, slots=True)
class SetVcpusAsync:
    """virsh setvcpus DOMAIN ``count`` --live --async: it returns when QEMU has accepted.

    From libvirt 12.4.0; a vCPU that is added is plugged in as without --async.
    """

    count: int


@dataclass(frozen=True, slots=True)
class DetachDevice:
    """virsh detach-device DOMAIN FILE; the file describes the device with ``alias``. It waits."""

    alias: str


@dataclass(frozen=True, slots=True)
class DetachDeviceAlias:
    """virsh detach-device-alias DOMAIN ``alias``; it succeeds once QEMU accepts, without a wait."""

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
    """virsh migrate --live DOMAIN; the destination gets the devices that libvirt lists."""


# Libvirt to operator.


@dataclass(frozen=True, slots=True)
class ApiSuccess:
    """virsh succeeds and prints ``text``.

    It does not print ``alias``, the device that was plugged, or ``removed``, the devices that left,
    or ``requested``, those that QEMU was asked to remove and that may leave later.
    """

    text: str
    alias: str | None = None
    removed: tuple[str, ...] = ()
    requested: tuple[str, ...] = ()


class Failure(Enum):
    """What a failed call of virsh says about the device.

    ``PENDING``: QEMU still waits for an earlier request.  ``UNEXPLAINED``: nothing at all.
    """

    REFUSED = "refused"
    TIMED_OUT = "timed out"
    PENDING = "pending"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class ApiError:
    """virsh fails and prints ``error: `` and ``text``.

    It does not print ``alias``, the device that the call failed at, or ``removed``, the devices
    that left before.
    """

    text: str
    alias: str | None = None
    failure: Failure = Failure.REFUSED
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceRemoved:
    """Domain event device-removed: the domain's XML no longer has ``alias``. Not for a vCPU."""

    alias: str


@dataclass(frozen=True, slots=True)
class VcpuRemoved:
    """Domain event vcpu-removed, from libvirt 12.4.0: the vCPU ``alias`` left."""

    alias: str


@dataclass(frozen=True, slots=True)
class DeviceRemovalFailed:
    """Domain event device-removal-failed: the guest refuses to release ``alias``."""

    alias: str


# Operator to guest: commands in its shell, and orders to the simulated guest.


@dataclass(frozen=True, slots=True)
class CpuOnline:
    """Write 0 or 1 to the ``online`` file of the CPU whose connector is ``index``."""

    index: int
    online: bool


@dataclass(frozen=True, slots=True)
class Pin:
    """Make the guest unable to release the device of connector ``index``, or able again."""

    index: int
    pinned: bool = True


@dataclass(frozen=True, slots=True)
class Dlpar:
    """Write to /sys/kernel/dlpar: the guest adds or removes connector ``index`` on its own."""

    action: HotplugAction
    index: int


@dataclass(frozen=True, slots=True)
class RtasByHand:
    """Make one RTAS call, whatever the kernel does meanwhile."""

    call: Request


@dataclass(frozen=True, slots=True)
class Decide:
    """Let a guest that asks release the device that QEMU wants, or refuse.

    ``by_user``: drmgr, in user space, is meant, not the kernel.
    """

    give: bool
    by_user: bool = False


@dataclass(frozen=True, slots=True)
class Hang:
    """Make the guest hang, or continue."""

    hung: bool = True


# The host.


@dataclass(frozen=True, slots=True)
class Overcommit:
    """The load of the host makes the guest's own work ``factor`` times slower, but no clock."""

    factor: int


# QEMU to the others.


@dataclass(frozen=True, slots=True)
class DeviceTree:
    """The connectors, by index, whose devices a kernel may use after CAS."""

    indices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MonitorClosed:
    """QEMU has exited, and its monitor is closed."""


@dataclass(frozen=True, slots=True)
class GuestLog:
    """A line in the guest kernel's log."""

    text: str


ToLibvirt = (
    SetVcpus
    | SetVcpusAsync
    | DetachDevice
    | DetachDeviceAlias
    | DomainReset
    | DomainSuspend
    | DomainResume
    | MigrateDomain
)
FromLibvirt = ApiSuccess | ApiError | DeviceRemoved | VcpuRemoved | DeviceRemovalFailed
ToGuest = CpuOnline | Pin | Dlpar | RtasByHand | Decide | Hang
Message = (
    AnyRequest
    | AnyReply
    | AnyEmitted
    | ToLibvirt
    | FromLibvirt
    | ToGuest
    | Overcommit
    | DeviceTree
    | MonitorClosed
    | GuestLog
)
"""Everything that a trace can hold; each type has a row in `kit.trace.kinds`."""


# Inputs from the driver, which no trace shows.


@dataclass(frozen=True, slots=True)
class Interrupt:
    """QEMU raises the hotplug interrupt again, because its queue has more events."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """The guest restarts in its firmware."""


@dataclass(frozen=True, slots=True)
class WorkDone:
    """The guest has finished its work."""


@dataclass(frozen=True, slots=True)
class WaitOver:
    """libvirt's wait has timed out."""


Input = Message | Interrupt | Restarted | WorkDone | WaitOver


# Commands to the driver.


@dataclass(frozen=True, slots=True)
class Send:
    """Send ``message`` to ``to``."""

    to: Actor
    message: Message


@dataclass(frozen=True, slots=True)
class WriteLog:
    """Write a line to the actor's own log."""

    text: str


@dataclass(frozen=True, slots=True)
class Work:
    """Work for ``ns`` nanoseconds of an idle host, then receive `WorkDone`."""

    ns: int


@dataclass(frozen=True, slots=True)
class Sleep:
    """Sleep for ``ns`` nanoseconds of the guest's clock, then receive `WorkDone`.

    A busy host does not make it longer.
    """

    ns: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait for ``ns`` nanoseconds of the wall clock, then receive `WaitOver`."""

    ns: int


@dataclass(frozen=True, slots=True)
class StopWaiting:
    """Cancel the wait."""


Command = Send | WriteLog | Work | Sleep | Wait | StopWaiting
