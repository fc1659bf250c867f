"""A platform of one's own, as somebody outside the kit would write it.

QEMU lends the guest a lease of 5 s on each unplug request.  A release within the lease removes the
device; after it QEMU has dropped the request, and a release removes nothing.  At the revision
`PATIENT` a lease never ends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from kit.actors.kernel import Kernel
from kit.actors.messages import (
    Actor,
    Command,
    Decide,
    DeviceTree,
    Input,
    Message,
    Restarted,
    Send,
    Work,
    WorkDone,
)
from kit.actors.pseries_programs import GuestKind
from kit.common.errors import MisuseError
from kit.machine.clock import NS_PER_S, Timer
from kit.machine.events import (
    DeviceDeleted,
    Done,
    HotplugAction,
    HotplugEvent,
    HotplugIdentifier,
    HotplugType,
    QmpError,
    QmpReturn,
    StatusReturn,
    Stepped,
    UnplugTimeout,
)
from kit.machine.pseries.connector import index_of
from kit.machine.pseries.machine import Plugged
from kit.machine.pseries.rtas import ALLOCATION_STATE
from kit.machine.requests import (
    ClientArchitectureSupport,
    ClockStep,
    Device,
    DeviceAdd,
    DeviceDel,
    SetIndicator,
    SystemReset,
)
from kit.machine.revision import Board, Revision
from kit.simulation.platform import ExploredPlatform

__all__ = ["LEASE", "PATIENT", "SHORT"]

LEASE_S = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseMachine:
    """QEMU: what it holds, and the leases that run; ``asked`` are the connectors asked for."""

    revision: Revision
    now_ns: int = 0
    plugged: tuple[Plugged, ...] = ()
    asked: tuple[int, ...] = ()
    leases: tuple[Timer, ...] = ()
    running: bool = True
    aborted: None = None

    def drop(self, *indices: int) -> LeaseMachine:
        """Return the machine without the requests on some connectors."""
        return replace(
            self,
            asked=tuple(index for index in self.asked if index not in indices),
            leases=tuple(lease for lease in self.leases if lease.index not in indices),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseGuest(Kernel):
    """A guest: ``wanted`` are the connectors that it is to release."""

    wanted: tuple[int, ...] = ()


class Lease(ExploredPlatform[LeaseMachine, LeaseGuest]):
    """The platform."""

    board = Board("lease")
    libvirt_wait_s = 8
    timeout_s = LEASE_S
    timer_words = "QEMU's timeout"

    def switch_on(
        self, revision: Revision, *, cas_at_reset: bool = False
    ) -> tuple[LeaseMachine, LeaseGuest]:
        return LeaseMachine(revision=revision), LeaseGuest(kind=GuestKind.LINUX_5_12)

    def ask(self, machine: LeaseMachine, message: Message) -> tuple[LeaseMachine, Any, Any]:
        match message:
            case DeviceAdd(device):
                held = Plugged(device, f"/machine/peripheral/{device.id}")
                machine = replace(machine, plugged=(*machine.plugged, held))
                return machine, QmpReturn(), (_event(device, HotplugAction.ADD),)
            case DeviceDel(name):
                return self._device_del(machine, name)
            case SetIndicator(indicator, index, 0) if indicator == ALLOCATION_STATE:
                return self._release(machine, index)
            case SystemReset():
                return machine.drop(*machine.asked), Done(), ()
            case ClientArchitectureSupport():
                used = (index_of(plugged.device) for plugged in machine.plugged)
                return machine, DeviceTree(tuple(used)), ()
            case ClockStep(ns):
                machine = replace(machine, now_ns=machine.now_ns + ns)
                over = [one.index for one in machine.leases if one.expire_ns <= machine.now_ns]
                emitted = tuple(UnplugTimeout(index) for index in over)
                return machine.drop(*over), Stepped(machine.now_ns), emitted
        raise MisuseError(f"no {type(message).__name__} on a machine with leases")

    def _device_del(self, machine: LeaseMachine, name: str) -> tuple[LeaseMachine, Any, Any]:
        device = next((p.device for p in machine.plugged if p.device.id == name), None)
        if device is None:
            return machine, QmpError("DeviceNotFound", f"Device '{name}' not found"), ()
        index = index_of(device)
        machine = machine.drop(index)
        machine = replace(machine, asked=(*machine.asked, index))
        if machine.revision == SHORT:
            lease = Timer(machine.now_ns + LEASE_S * NS_PER_S, index)
            machine = replace(machine, leases=(*machine.leases, lease))
        return machine, QmpReturn(), (_event(device, HotplugAction.REMOVE),)

    def _release(self, machine: LeaseMachine, index: int) -> tuple[LeaseMachine, Any, Any]:
        if index not in machine.asked:
            return machine, StatusReturn(0), ()
        gone = next(p for p in machine.plugged if index_of(p.device) == index)
        kept = tuple(plugged for plugged in machine.plugged if plugged != gone)
        event = DeviceDeleted(path=gone.path, device=gone.device.id)
        return replace(machine.drop(index), plugged=kept), StatusReturn(0), (event,)

    def timers(self, machine: LeaseMachine) -> tuple[Timer, ...]:
        return machine.leases

    def deliver(
        self, machine: LeaseMachine, guest: LeaseGuest, received: Input
    ) -> tuple[LeaseGuest, tuple[Command, ...]]:
        match received:
            case Restarted():
                guest = replace(guest, up=False, used=(), wanted=(), deciding=False)
                return guest, (Send(Actor.QEMU, ClientArchitectureSupport()),)
            case DeviceTree(indices):
                return replace(guest, up=True, used=indices), ()
            case HotplugEvent(action=HotplugAction.ADD, index=int(index)):
                return replace(guest, used=(*guest.used, index)), ()
            case HotplugEvent(index=int(index)) if index in guest.used:
                guest = replace(guest, wanted=(*guest.wanted, index))
                if guest.conduct.asks:
                    return replace(guest, deciding=True), ()
                return guest, (Work(guest.conduct.offline_ns),)
            case WorkDone() | Decide(give=True) if guest.wanted:
                index, *rest = guest.wanted
                used = tuple(other for other in guest.used if other != index)
                guest = replace(guest, used=used, wanted=tuple(rest), deciding=bool(rest))
                return guest, (Send(Actor.QEMU, SetIndicator(ALLOCATION_STATE, index, 0)),)
            case Decide() if guest.wanted:
                left = guest.wanted[1:]
                return replace(guest, wanted=left, deciding=bool(left)), ()
        return guest, ()

    def connectors(self, machine: LeaseMachine, device: Device) -> tuple[int, ...]:
        return (index_of(device),)

    def pending(self, machine: LeaseMachine, guest: LeaseGuest, device: Device) -> bool:
        return self.requested(machine, device)

    def idle(self, machine: LeaseMachine, guest: LeaseGuest) -> bool:
        return guest.up and not guest.wanted

    # -- the explorer ----------------------------------------------------------------------------

    def timeless(self, machine: LeaseMachine) -> LeaseMachine:
        leases = tuple(Timer(LEASE_S * NS_PER_S, lease.index) for lease in machine.leases)
        return replace(machine, now_ns=0, leases=leases)

    def first_timer_due(self, machine: LeaseMachine) -> LeaseMachine:
        first, *others = machine.leases
        return replace(machine, leases=(Timer(machine.now_ns, first.index), *others))

    def deciding_on(self, guest: LeaseGuest, order: Decide) -> int | None:
        return guest.wanted[0] if guest.wanted else None

    def requested(self, machine: LeaseMachine, device: Device) -> bool:
        return index_of(device) in machine.asked

    def held(self, machine: LeaseMachine, device: Device) -> tuple[bool, ...]:
        return ()  # this QEMU does not know what its guest uses

    def released(self, machine: LeaseMachine, device: Device) -> bool:
        return True

    def releases(self, message: Message) -> int | None:
        match message:
            case SetIndicator(_, index, 0):
                return index
        return None


def _event(device: Device, action: HotplugAction) -> HotplugEvent:
    return HotplugEvent(
        type=HotplugType.CPU,
        action=action,
        identifier=HotplugIdentifier.DRC_INDEX,
        index=index_of(device),
    )


def _revision(label: str, summary: str) -> Revision:
    return Revision(
        label=label,
        commit="",
        version=(1, 0, 0),
        summary=summary,
        patches=frozenset(),
        board=Lease.board,
    )


SHORT = _revision("lease", "an unplug request is dropped after 5 s")
PATIENT = _revision("patient", "an unplug request waits for the guest")
LEASE = Lease()
