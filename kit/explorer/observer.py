"""What an observer sees in a turn: refusals, reports, untrue events, surprise removals, trials.

States alone do not show it: whether an event is true shows only when QEMU sends it.  So a state of
the explorer carries what the last turn showed, and the refusals that QEMU has not reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from kit.actors.kernel import Kernel
from kit.actors.messages import Actor, Decide, Input
from kit.explorer.transitions import Turn
from kit.machine.events import DeviceDeleted, DeviceUnplugGuestError
from kit.machine.requests import ClientArchitectureSupport, Device, SystemReset
from kit.simulation.platform import PlatformMachine
from kit.trace.kinds import outcome_of

__all__ = ["NOTHING", "Observation", "ObservedFact", "Trial", "seen"]


class ObservedFact(Enum):
    """What a turn showed."""

    UNPLUGGED = auto()
    LOST_RELEASE = auto()
    UNTRUE_EVENT = auto()
    STRAY_EVENT = auto()
    SURPRISE_REMOVAL = auto()


class Trial(Enum):
    """What a turn put to the test: the premises of the properties are made of these."""

    RELEASED = auto()  # the guest has released a whole device that it used
    DELETED = auto()  # QEMU has removed a device
    SAID = auto()  # QEMU has sent an event about what became of a device
    ASKED = auto()  # QEMU has asked the guest for a device
    CALLED = auto()  # the guest has called QEMU about a device whose unplug is pending


@dataclass(frozen=True, slots=True)
class Observation:
    """What an observer has seen in one turn.

    ``refused`` are devices that the guest refused to release while QEMU waits for them,
    ``reported`` those that an event of QEMU's is about.  ``began_again``: the guest restarted, so
    its refusals no longer count.  ``taken`` are devices that a reset or CAS removed.  ``trials`` is
    no part of a state: it says what the turn exercised.
    """

    remarks: frozenset[ObservedFact] = frozenset()
    refused: tuple[str, ...] = ()
    reported: tuple[str, ...] = ()
    began_again: bool = False
    taken: tuple[str, ...] = ()
    trials: frozenset[Trial] = frozenset()


NOTHING = Observation()


def seen(
    devices: tuple[Device, ...],
    machine: PlatformMachine,
    guest: Kernel,
    received: Input | None,
    turn: Turn,
    after: Kernel | None = None,
) -> Observation:
    """Return what *turn*, which was carried out, showed of *devices*.

    *machine* and *guest* are those before the turn, *received* is what the guest received from
    outside, and *after* the guest after it, if it was its turn.
    """
    messages = [one.message for one in turn.sent]
    again = any(isinstance(m, SystemReset | ClientArchitectureSupport) for m in messages)
    deleted = tuple(str(m.device) for m in messages if isinstance(m, DeviceDeleted))
    released = list(_released(devices, guest, after, turn))
    remarks = {
        *((ObservedFact.LOST_RELEASE,) if any(_plugged(one, turn) for one in released) else ()),
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
        frozenset(_trials(devices, machine, turn, bool(released))),
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
    if not isinstance(received, Decide):
        return ()
    platform = turn.platform
    index = platform.deciding_on(guest, received)
    device = None if index is None else _device_of(devices, turn, machine, index)
    if device is None:
        return ()
    pinned = any(index in guest.pinned for index in platform.connectors(machine, device))
    refuses = (pinned or not received.give) and platform.pending(machine, guest, device)
    return (str(device.id),) if refuses else ()


def _about(message: object) -> str | None:
    return getattr(message, "device", None) if outcome_of(message) is not None else None


def _released(
    devices: tuple[Device, ...], guest: Kernel, after: Kernel | None, turn: Turn
) -> Iterator[Device]:
    """Yield the devices that the guest used and has now released, every connector of them.

    A device that was just plugged in and that the guest has not configured is UNUSABLE, too, but
    not used.  After a migration a connector that was released before is CONFIGURED again.  Then the
    guest has released the device when it uses none of its connectors.
    """
    platform, machine = turn.platform, turn.machine
    for one in turn.sent:
        index = platform.releases(one.message)
        if index is not None and index in guest.used:
            device = _device_of(devices, turn, machine, index)
            if device is not None and platform.released(machine, device):
                yield device
    if after is None or not (guest.up and after.up):
        return
    for device in devices:
        indices = platform.connectors(machine, device)
        used = any(index in guest.used for index in indices)
        uses = any(index in after.used for index in indices)
        if used and not uses and not platform.released(machine, device):
            yield device


def _plugged(device: Device, turn: Turn) -> bool:
    return any(plugged.device.id == device.id for plugged in turn.machine.plugged)


def _trials(
    devices: tuple[Device, ...], machine: PlatformMachine, turn: Turn, released: bool
) -> Iterator[Trial]:
    """Yield what the turn put to the test; *machine* is QEMU before it."""
    if released:
        yield Trial.RELEASED
    for one in turn.sent:
        if isinstance(one.message, DeviceDeleted):
            yield Trial.DELETED
        if _about(one.message) is not None:
            yield Trial.SAID
        if turn.platform.asked_back(one.message) is not None:
            yield Trial.ASKED
        index = getattr(one.message, "index", None) if one.src is Actor.GUEST else None
        device = None if index is None else _device_of(devices, turn, machine, index)
        if device is not None and turn.platform.requested(machine, device):
            yield Trial.CALLED


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
