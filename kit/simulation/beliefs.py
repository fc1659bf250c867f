"""Who takes what to be the case of a device, and when it is in limbo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kit.actors.kernel import Kernel
from kit.actors.libvirt import Libvirt
from kit.actors.operator import Operator
from kit.machine.requests import Device
from kit.simulation.platform import Platform, PlatformMachine
from kit.simulation.world import Snapshot, World

__all__ = ["Belief", "belief", "belief_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """Who holds a device for plugged, and whether QEMU waits for the guest to release it.

    On q35 QEMU forgets that it asked as soon as the guest has taken notice; the device is pending
    until the guest is done with it.

    ``libvirt`` is None where libvirt takes no part; ``operator`` is what the operator must think:
    "plugged", "asked for", "gone" or "kept".  ``limbo``: the guest has let go of it, QEMU holds it
    and waits for nothing, and nothing that could change that is under way.
    """

    device: str
    qemu: bool
    pending: bool
    guest: bool
    libvirt: bool | None
    operator: str
    limbo: bool

    @property
    def agreed(self) -> bool:
        """Do guest, QEMU and libvirt, if there, take the same to be the case?"""
        return self.qemu == self.guest and self.libvirt in (None, self.qemu)


def belief(state: World | Snapshot, device: Device) -> Belief:
    """Return who believes what of *device* in *state*."""
    return belief_of(
        state.platform, state.machine, state.guest, state.libvirt, state.operator, device
    )


def belief_of(
    platform: Platform[Any, Any],
    machine: PlatformMachine,
    guest: Kernel,
    libvirt: Libvirt | None,
    operator: Operator,
    device: Device,
) -> Belief:
    """Return who of these believes what of *device*."""
    assert device.id is not None
    held = any(plugged.device.id == device.id for plugged in machine.plugged)
    pending = platform.pending(machine, guest, device)
    uses = any(guest.has(index) for index in platform.connectors(machine, device))
    running = machine.aborted is None
    return Belief(
        device=device.id,
        qemu=held and running,
        pending=pending and running,
        guest=uses and running,
        libvirt=None if libvirt is None else libvirt.has(device.id),
        operator=operator.thinks(device.id),
        limbo=held and running and not uses and not pending and platform.idle(machine, guest),
    )
