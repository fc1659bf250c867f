"""A device behind a port, as device_add names it.

Source: QEMU hw/virtio/virtio-rng-pci.c, hw/net/e1000e.c, hw/pci/pci.c (the property ``addr``).
"""

from __future__ import annotations

from dataclasses import dataclass

from kit.machine.requests import PciFunction

__all__ = ["DRIVERS", "PcieFunction", "devfn_of"]

DRIVERS = {"rng": "virtio-rng-pci", "nic": "e1000e"}
"""The kinds of devices, and QEMU's names of their drivers."""


@dataclass(frozen=True, slots=True)
class PcieFunction(PciFunction):
    """A function behind the port ``bus``, of a kind that `DRIVERS` has.

    ``addr`` is "slot.function"; without one it goes to function 0 of the first free slot.
    """

    addr: str = ""
    kind: str = "nic"


def devfn_of(addr: str) -> int | None:
    """Return the number of an address "slot.function"; None if QEMU does not take it.

    >>> devfn_of("1.2"), devfn_of("0.9")
    (10, None)
    """
    slot, _, function = addr.partition(".")
    try:
        numbers = int(slot, 16), int(function or "0", 16)
    except ValueError:
        return None
    if not (0 <= numbers[0] < 32 and 0 <= numbers[1] < 8):
        return None
    return numbers[0] * 8 + numbers[1]
