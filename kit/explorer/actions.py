"""What can happen next in each part of a state, as numbered choices.

Source: the order of the choices is part of what a path's token means, so it stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Generic, TypeVar

from kit.actors.messages import (
    Decide,
    DetachDevice,
    Input,
    Pin,
    Restarted,
    RtasByHand,
    SetVcpus,
    WaitOver,
    WorkDone,
)
from kit.actors.pseries_programs import GuestKind
from kit.explorer.observer import ObservedFact
from kit.explorer.transitions import GuestSide, Management
from kit.machine.pseries.connector import index_of
from kit.machine.requests import CpuCore, Device, DeviceDel, Dimm
from kit.simulation.actions import connector_names
from kit.simulation.platform import ExploredPlatform, PlatformMachine

__all__ = ["TIMER_FIRES", "ActionKind", "ActionTable", "Component", "EnabledAction", "Environment"]

T = TypeVar("T")


class ActionKind(Enum):
    """Whose turn it is, in the order in which the actions of a state are numbered."""

    __hash__ = object.__hash__

    TIMER = auto()
    GUEST = auto()
    LIBVIRT = auto()
    REQUEST = auto()
    DELETE = auto()
    RESET = auto()
    MIGRATE = auto()


@dataclass(frozen=True, slots=True, eq=False)
class EnabledAction:
    """Something that can happen next; each is made once, and compared by identity.

    ``text`` names it; ``received`` is the message that the guest or libvirt receives, None where it
    reads the next one of its inbox.
    """

    kind: ActionKind
    text: str
    received: Input | None = None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What may still happen, and what the observer has noted.

    ``owed`` are devices whose refusal QEMU has not reported; ``remarks`` is what the last turn
    showed.
    """

    requests: int
    resets: int
    migrations: int
    owed: tuple[str, ...] = ()
    remarks: frozenset[ObservedFact] = frozenset()


@dataclass(frozen=True, slots=True)
class Component(Generic[T]):
    """A part of a state: its value, its enabled actions, and whether it has nothing in progress."""

    value: T
    actions: tuple[EnabledAction, ...] = ()
    idle: bool = True


REQUEST = ActionKind.REQUEST
TIMER_FIRES = "QEMU's timer fires"
_TIMER = EnabledAction(ActionKind.TIMER, TIMER_FIRES)
_GUEST_READS = EnabledAction(ActionKind.GUEST, "guest reads")
_WORK_DONE = EnabledAction(ActionKind.GUEST, "guest's work is done", WorkDone())
_RELEASES = EnabledAction(ActionKind.GUEST, "guest releases", Decide(True))
_REFUSES = EnabledAction(ActionKind.GUEST, "guest refuses", Decide(False))
_DRMGR_RELEASES = EnabledAction(ActionKind.GUEST, "drmgr releases", Decide(True, by_user=True))
_DRMGR_REFUSES = EnabledAction(ActionKind.GUEST, "drmgr refuses", Decide(False, by_user=True))
_LIBVIRT_READS = EnabledAction(ActionKind.LIBVIRT, "libvirt reads")
_WAIT_OVER = EnabledAction(ActionKind.LIBVIRT, "libvirt's wait is over", WaitOver())
_RESET = EnabledAction(ActionKind.RESET, "system_reset")
_MIGRATE = EnabledAction(ActionKind.MIGRATE, "migrate")


class ActionTable:
    """The choices of one model: of these devices, with a guest of this kind."""

    def __init__(
        self,
        platform: ExploredPlatform[Any, Any],
        devices: tuple[Device, ...],
        kind: GuestKind,
        *,
        migrates: bool,
    ) -> None:
        self._platform = platform
        self._migrates = migrates  # the embedded machine has no migration with a second PHB
        self._arbitrary = kind is GuestKind.ARBITRARY
        self._cores = sum(isinstance(device, CpuCore) for device in devices)
        self._vcpus = [
            EnabledAction(REQUEST, f"virsh setvcpus {count}", SetVcpus(count))
            for count in range(self._cores, 0, -1)
        ]
        names = [str(device.id) for device in devices]
        self._detach = [
            (name, EnabledAction(REQUEST, f"virsh detach-device {name}", DetachDevice(name)))
            for name, device in zip(names, devices, strict=True)
            if not isinstance(device, CpuCore)
        ]
        self._delete = [
            (name, EnabledAction(ActionKind.DELETE, f"device_del {name}", DeviceDel(name)))
            for name in names
        ]
        self._calls = _calls(platform, devices) if self._arbitrary else ()
        self._pins = () if self._arbitrary else _pins(devices)

    def of_machine(self, machine: PlatformMachine) -> Component[PlatformMachine]:
        """Return QEMU and its choices: a running timer may fire."""
        armed = bool(self._platform.timers(machine)) and machine.running
        return Component(machine, (_TIMER,) if armed else (), not armed)

    def of_guest(self, side: GuestSide) -> Component[GuestSide]:
        """Return the guest and its choices: it reads, finishes its own work, or decides."""
        guest = side.guest
        busy: list[EnabledAction] = [_GUEST_READS] if side.inbox else []
        busy += [_WORK_DONE] if side.working else []
        busy += [_RELEASES, _REFUSES] if guest.deciding else []
        if guest.user_decides and Restarted() not in side.inbox:  # a reset ends drmgr at once
            busy += [_DRMGR_RELEASES, _DRMGR_REFUSES]
        # a call by hand waits for the answer to the one before: there is one processor
        calls = self._calls if guest.up and not self._platform.is_calling(guest) else ()
        pins = tuple(unpin if index in guest.pinned else pin for index, pin, unpin in self._pins)
        return Component(side, (*busy, *calls, *pins), not busy)

    def of_management(self, side: Management) -> Component[Management]:
        """Return libvirt and its choices: it reads, or its wait is over."""
        actions = (*((_LIBVIRT_READS,) if side.inbox else ()), *((_WAIT_OVER,) * side.waiting))
        return Component(side, actions, not actions)

    def of_operator(self, side: Management, environment: Environment) -> tuple[EnabledAction, ...]:
        """Return the operator's choices: a request once virsh has answered, a reset at any time."""
        libvirt = side.libvirt
        actions: list[EnabledAction] = []
        answered = libvirt.job is None and not any(
            isinstance(received, SetVcpus | DetachDevice) for received in side.inbox
        )
        if environment.requests and answered:
            there = sum(isinstance(device, CpuCore) for device in libvirt.devices)
            actions += self._vcpus[self._cores - there :]
            actions += [action for name, action in self._detach if libvirt.has(name)]
        if environment.requests:
            actions += [action for name, action in self._delete if libvirt.has(name)]
        if environment.resets:
            actions.append(_RESET)
        if environment.migrations and self._migrates:
            actions.append(_MIGRATE)
        return tuple(actions)


def _calls(
    platform: ExploredPlatform[Any, Any], devices: tuple[Device, ...]
) -> tuple[EnabledAction, ...]:
    actions = []
    for name in connector_names(devices)[1:]:  # without boot core 0, which nobody asks for
        base, _, lmb = name.partition(".")
        device = next(device for device in devices if device.id == base)
        for words, call in platform.calls_on(index_of(device, int(lmb or 0))):
            text = f"guest {words} {name}"
            actions.append(EnabledAction(ActionKind.GUEST, text, RtasByHand(call)))
    return tuple(actions)


def _pins(devices: tuple[Device, ...]) -> tuple[tuple[int, EnabledAction, EnabledAction], ...]:
    """Return, for each LMB of a DIMM but the first, its index, and how to pin and unpin it.

    The guest decides about the first LMB when it comes to it; it tries the others at once.
    """
    return tuple(
        (
            index := index_of(device, lmb),
            EnabledAction(ActionKind.GUEST, f"guest pin {device.id}.{lmb}", Pin(index)),
            EnabledAction(ActionKind.GUEST, f"guest unpin {device.id}.{lmb}", Pin(index, False)),
        )
        for device in devices
        if isinstance(device, Dimm)
        for lmb in range(1, len(connector_names((device,))) - 1)
    )
