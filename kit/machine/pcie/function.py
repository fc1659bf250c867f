"""A device behind a port, as device_add names it.

Source: QEMU hw/virtio/virtio-rng-pci.c, hw/net/e1000e.c, hw/pci/pci.c (the property ``addr``).
"""

from __future__ import annotations

from dataclasses import dataclass

from kit.machine.requests import PciFunction

__all__ = ["DRIVERS", "PcieFunction"]

DRIVERS = {"rng": "virtio-rng-pci", "nic": "e1000e"}
"""The kinds of devices, and QEMU's names of their drivers."""


@dataclass(frozen=True, slots=True)
class PcieFunction(PciFunction):
    """A function behind the port ``bus``, of a kind that `DRIVERS` has.

    ``addr`` is "slot.function"; without one it goes to function 0 of the first free slot.
    """

    addr: str = ""
    kind: str = "nic"
