"""What an onlooker makes of a turn: what was refused, reported, promised wrongly, taken away.

States alone do not show it: that an event told the truth can only be judged as it is sent.  So a
state of the explorer carries what the last turn brought to light, and which refusals nobody outside
the guest has been told of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from kit.actors.messages import Decide, Input
from kit.actors.pseries_guest import Guest
from kit.actors.pseries_programs import LetGo
from kit.explorer.transitions import Sent, Turn
from kit.machine.events import (
    DeviceDeleted,
    DeviceNotDeleted,
    DeviceUnplugGuestError,
    ExceptionReturn,
    HotplugAction,
    MemUnplugError,
)
from kit.machine.pseries.connector import UNISOLATED_STATES, DrcState
from kit.machine.pseries.machine import Machine
from kit.machine.pseries.rtas import ALLOCATION_STATE
from kit.machine.requests import ClientArchitectureSupport, Device, SetIndicator, SystemReset
from kit.simulation import platform as boards

__all__ = ["NOTHING", "Observation", "ObservedFact", "of_connector", "seen"]


class ObservedFact(Enum):
    """What a turn brought to light."""

    UNPLUGGED = auto()
    LOST_RELEASE = auto()
    UNTRUE_EVENT = auto()
    STRAY_EVENT = auto()
    SURPRISE_REMOVAL = auto()


@dataclass(frozen=True, slots=True)
class Observation:
    """What an onlooker has seen in one turn.

    ``refused`` are devices that the guest has just refused to give while QEMU waits for them,
    ``reported`` those of which QEMU has said something, ``began_again``: the guest that refused is
    gone.  ``taken`` are devices that went at a reset or CAS.
    """

    remarks: frozenset[ObservedFact] = frozenset()
    refused: tuple[str, ...] = ()
    reported: tuple[str, ...] = ()
    began_again: bool = False
    taken: tuple[str, ...] = ()


NOTHING = Observation()


def seen(
    devices: tuple[Device, ...], machine: Machine, guest: Guest, told: Input | None, turn: Turn
) -> Observation:
    """Return what *turn* showed.

    Args:
        devices: The scope's devices.
        machine: QEMU before it.
        guest: The guest before it.
        told: What the guest was told from outside, if it was its turn.
        turn: What came of it.
    """
    messages = [said.message for said in turn.said]
    again = any(isinstance(m, SystemReset | ClientArchitectureSupport) for m in messages)
    deleted = tuple(str(m.device) for m in messages if isinstance(m, DeviceDeleted))
    remarks = {
        *_lost(devices, guest, turn),
        *_untrue(devices, turn, again),
        *_stray(devices, turn),
        *((ObservedFact.UNPLUGGED,) if deleted and not again else ()),
    }
    found = Observation(
        frozenset(remarks),
        _refused(devices, machine, guest, told),
        tuple(device for m in messages if (device := _about(m)) is not None),
        again,
        deleted if again else (),
    )
    return NOTHING if found == NOTHING else found


def of_connector(devices: tuple[Device, ...], machine: Machine, index: int) -> Device | None:
    """Return the device that hangs on connector *index*, plugged in or not."""
    return next((d for d in devices if index in boards.connectors(machine, d)), None)


def _refused(
    devices: tuple[Device, ...], machine: Machine, guest: Guest, told: Input | None
) -> tuple[str, ...]:
    if not isinstance(told, Decide) or not guest.program:
        return ()
    op = guest.program[0]
    assert isinstance(op, LetGo)
    device = of_connector(devices, machine, op.index)
    assert device is not None
    pinned = any(index in guest.pinned for index in boards.connectors(machine, device))
    waits = boards.pending(machine, guest, device)
    return (str(device.id),) if waits and (pinned or not told.give) else ()


def _about(message: object) -> str | None:
    """The device of which QEMU tells its management something."""
    match message:
        case (
            DeviceDeleted(device=device)
            | DeviceNotDeleted(device=device)
            | DeviceUnplugGuestError(device=device)
            | MemUnplugError(device=device)
        ):
            return device
    return None


def _lost(devices: tuple[Device, ...], guest: Guest, turn: Turn) -> Iterator[ObservedFact]:
    """Has the guest given a device back that it used, and does QEMU hold on to it?

    A device that was plugged in just now and is not taken yet is UNUSABLE as well, but not used.
    """
    for said in turn.said:
        match said:
            case Sent(message=SetIndicator(indicator, index, 0)) if indicator == ALLOCATION_STATE:
                device = of_connector(devices, turn.machine, index)
                if device is None or index not in guest.used:
                    continue
                indices = boards.connectors(turn.machine, device)
                drcs = [turn.machine.drc(one) for one in indices]
                given = all(drc is None or drc.state is DrcState.UNUSABLE for drc in drcs)
                if given and any(p.device.id == device.id for p in turn.machine.plugged):
                    yield ObservedFact.LOST_RELEASE


def _untrue(devices: tuple[Device, ...], turn: Turn, again: bool) -> Iterator[ObservedFact]:
    """Does an event say what is not so when it is sent?

    A device that is reported deleted must not be in the guest's use, but for a guest that begins
    again; of one that is reported kept, the guest must hold on to every part.
    """
    for said in turn.said:
        name = _about(said.message)
        for device in (d for d in devices if d.id == name):
            drcs = [turn.machine.drc(index) for index in boards.connectors(turn.machine, device)]
            held = [drc is not None and drc.state in UNISOLATED_STATES for drc in drcs]
            deleted = isinstance(said.message, DeviceDeleted)
            if any(held) and not again if deleted else not all(held):
                yield ObservedFact.UNTRUE_EVENT


def _stray(devices: tuple[Device, ...], turn: Turn) -> Iterator[ObservedFact]:
    """Is the guest asked for what nobody waits for, or the management told a thing twice?"""
    refusals = [said for said in turn.said if isinstance(said.message, DeviceUnplugGuestError)]
    if len(refusals) != len(set(refusals)):
        yield ObservedFact.STRAY_EVENT
    for said in turn.said:
        match said:
            case Sent(message=ExceptionReturn(event=event)) if event is not None:
                if event.action is HotplugAction.REMOVE and not _waits(devices, turn, event.index):
                    yield ObservedFact.STRAY_EVENT


def _waits(devices: tuple[Device, ...], turn: Turn, index: int | None) -> bool:
    """Does QEMU wait for the guest to release the device of connector *index*?"""
    return any(
        index in boards.connectors(turn.machine, device) and boards.requested(turn.machine, device)
        for device in devices
    )
