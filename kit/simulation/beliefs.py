"""What each participant believes about a device, and when the device is orphaned."""

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
    """Who believes that a device is plugged, and whether QEMU waits for the guest to release it.

    On q35 QEMU drops the request as soon as the guest has read it; the device is pending until the
    guest is done with it.

    ``libvirt`` is None where libvirt takes no part; ``operator`` is what the operator must think:
    "plugged", "asked for", "gone", "kept" or "unknown".  ``orphaned``: the guest has released the
    device, QEMU holds it and waits for nothing, and nothing in progress will change that.
    """

    device: str
    qemu: bool
    pending: bool
    guest: bool
    libvirt: bool | None
    operator: str
    orphaned: bool

    @property
    def limbo(self) -> bool:
        """Is it orphaned, in the lessons' and scenarios' word?"""
        return self.orphaned

    @property
    def agreed(self) -> bool:
        """Do guest, QEMU and libvirt, if it takes part, believe the same?"""
        return self.qemu == self.guest and self.libvirt in (None, self.qemu)


def belief(state: World | Snapshot, device: Device) -> Belief:
    """Return what each participant believes about *device* in *state*."""
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
    """Return what each of these believes about *device*."""
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
        orphaned=held and running and not uses and not pending and platform.idle(machine, guest),
    )
