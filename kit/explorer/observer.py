"""What an observer sees in a turn: refusals, reports, untrue events, surprise removals.

States alone do not show it: only when QEMU sends an event can one judge whether it is true.  So a
state of the explorer carries what the last turn showed, and which refusals nobody outside the guest
has heard of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from kit.actors.kernel import Kernel
from kit.actors.messages import Decide, Input
from kit.explorer.transitions import Turn
from kit.machine.events import (
    DeviceDeleted,
    DeviceUnplugGuestError,
)
from kit.machine.requests import ClientArchitectureSupport, Device, SystemReset
from kit.simulation.platform import PlatformMachine
from kit.trace.kinds import outcome_of

__all__ = ["NOTHING", "Observation", "ObservedFact", "seen"]


class ObservedFact(Enum):
    """What a turn showed."""

    UNPLUGGED = auto()
    LOST_RELEASE = auto()
    UNTRUE_EVENT = auto()
    STRAY_EVENT = auto()
    SURPRISE_REMOVAL = auto()


@dataclass(frozen=True, slots=True)
class Observation:
    """What an observer has seen in one turn.

    ``refused`` are devices that the guest refused to release while QEMU waits for them,
    ``reported`` those that an event of QEMU's is about.  ``began_again``: the guest restarted, so
    its refusals no longer count.  ``taken`` are devices that a reset or CAS removed.
    """

    remarks: frozenset[ObservedFact] = frozenset()
    refused: tuple[str, ...] = ()
    reported: tuple[str, ...] = ()
    began_again: bool = False
    taken: tuple[str, ...] = ()


NOTHING = Observation()


def seen(
    devices: tuple[Device, ...],
    machine: PlatformMachine,
    guest: Kernel,
    received: Input | None,
    turn: Turn,
) -> Observation:
    """Return what *turn* showed.

    Args:
        devices: The scope's devices.
        machine: QEMU before the turn.
        guest: The guest before the turn.
        received: What the guest received from outside, if it was its turn.
        turn: The turn, carried out.
    """
    messages = [one.message for one in turn.sent]
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
        _refused(devices, machine, guest, received, turn),
        tuple(device for m in messages if (device := _about(m)) is not None),
        again,
        deleted if again else (),
    )
    return NOTHING if found == NOTHING else found


def _device_of(
    devices: tuple[Device, ...], turn: Turn, machine: PlatformMachine, index: int
) -> Device | None:
    """Return the device of connector *index*, plugged in or not."""
    return next((d for d in devices if index in turn.platform.connectors(machine, d)), None)


def _refused(
    devices: tuple[Device, ...],
    machine: PlatformMachine,
    guest: Kernel,
    received: Input | None,
    turn: Turn,
) -> tuple[str, ...]:
    """Return the device that the guest refuses to release while QEMU waits for it, if any."""
    platform = turn.platform
    index = platform.deciding_on(guest) if isinstance(received, Decide) else None
    device = None if index is None else _device_of(devices, turn, machine, index)
    if device is None or not isinstance(received, Decide):
        return ()
    pinned = any(index in guest.pinned for index in platform.connectors(machine, device))
    refuses = (pinned or not received.give) and platform.pending(machine, guest, device)
    return (str(device.id),) if refuses else ()


def _about(message: object) -> str | None:
    """Return the device that an event of QEMU's is about."""
    return getattr(message, "device", None) if outcome_of(message) is not None else None


def _lost(devices: tuple[Device, ...], guest: Kernel, turn: Turn) -> Iterator[ObservedFact]:
    """Has the guest released a device that it used, and does QEMU still hold it?

    A device that was plugged in just now and is not taken yet is UNUSABLE as well, but not used.
    """
    for one in turn.sent:
        index = turn.platform.releases(one.message)
        if index is None or index not in guest.used:
            continue
        device = _device_of(devices, turn, turn.machine, index)
        if device is None or not turn.platform.released(turn.machine, device):
            continue
        if any(plugged.device.id == device.id for plugged in turn.machine.plugged):
            yield ObservedFact.LOST_RELEASE


def _untrue(devices: tuple[Device, ...], turn: Turn, again: bool) -> Iterator[ObservedFact]:
    """Is an event untrue when QEMU sends it?

    A device that is reported deleted must not be in the guest's use, unless the guest restarts;
    of one that is reported kept, the guest must hold on to every part.
    """
    for one in turn.sent:
        name = _about(one.message)
        for device in (d for d in devices if d.id == name):
            held = turn.platform.held(turn.machine, device)
            deleted = isinstance(one.message, DeviceDeleted)
            if any(held) and not again if deleted else not all(held):
                yield ObservedFact.UNTRUE_EVENT


def _stray(devices: tuple[Device, ...], turn: Turn) -> Iterator[ObservedFact]:
    """Does QEMU ask the guest for what nobody waits for, or report a refusal twice?"""
    refusals = [one for one in turn.sent if isinstance(one.message, DeviceUnplugGuestError)]
    if len(refusals) != len(set(refusals)):
        yield ObservedFact.STRAY_EVENT
    for one in turn.sent:
        asked = turn.platform.asked_back(one.message)
        if asked is not None and not any(_waits(device, turn, asked) for device in devices):
            yield ObservedFact.STRAY_EVENT


def _waits(device: Device, turn: Turn, indices: tuple[int, ...]) -> bool:
    """Does QEMU wait for the guest to release *device*, one of whose connectors is named?"""
    platform, machine = turn.platform, turn.machine
    named = any(index in platform.connectors(machine, device) for index in indices)
    return named and platform.requested(machine, device)
