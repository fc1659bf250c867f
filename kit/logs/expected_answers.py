"""What the embedded machine answers at a revision, for comparison with a log.

The machine answers as the recordings of real QEMU do, so this module holds no text of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from kit.machine.catalogue import CATALOGUE
from kit.machine.device_kinds import DeviceKind
from kit.machine.events import QmpError, QmpReturn
from kit.machine.requests import (
    CpuCore,
    Device,
    DeviceAdd,
    DeviceDel,
    Dimm,
    PciFunction,
    Phb,
    Request,
    SystemReset,
)
from kit.machine.revision import Revision
from kit.simulation.platform import platform_of

__all__ = ["JUDGED_KINDS", "expected_reply", "expected_text", "matches", "modelled_kinds"]


_EXAMPLES: Mapping[DeviceKind, Device] = {
    DeviceKind.CORE: CpuCore(1, "DEVICE"),
    DeviceKind.DIMM: Dimm(256, 0, "DEVICE"),
    DeviceKind.PHB: Phb(1, "DEVICE"),
    DeviceKind.PCI: PciFunction("pci.0", "3.0", id="DEVICE"),
}


def modelled_kinds(revision: Revision) -> tuple[DeviceKind, ...]:
    """Return the kinds of devices that the machine of a revision is modelled with."""
    plugs = platform_of(revision).plugs
    return tuple(kind for kind, device in _EXAMPLES.items() if plugs(device))


JUDGED_KINDS = modelled_kinds(CATALOGUE[0])
"""The kinds of devices in the builds of the case study."""


@lru_cache(maxsize=512)
def expected_reply(revision: Revision, kind: DeviceKind, *more: str) -> QmpReturn | QmpError | None:
    """Return what QEMU answers to the last of *more*; None if its machine has no such device.

    The machine has one device of that kind, DEVICE, which the guest uses; *more* are the commands
    that follow at once, each "device_del" or "device_add".
    """
    device = _EXAMPLES[kind]
    platform = platform_of(revision)
    if not platform.plugs(device):
        return None
    machine, _ = platform.switch_on(revision)
    asked: list[Request] = [DeviceAdd(device), SystemReset()]
    asked += [DeviceAdd(device) if what == "device_add" else DeviceDel("DEVICE") for what in more]
    reply: object = None
    for request in asked:
        machine, reply, _ = platform.ask(machine, request)
    return reply if isinstance(reply, QmpReturn | QmpError) else None


def matches(reply: QmpReturn | QmpError | None, desc: str, device: str) -> bool:
    """Is *desc* the error of *reply*, apart from numbers and the name of the device?"""
    if not isinstance(reply, QmpError):
        return False
    pattern = re.sub(r"\d+", r"-?\\d+", re.escape(reply.desc)).replace("DEVICE", re.escape(device))
    return re.fullmatch(pattern, desc) is not None


def expected_text(reply: QmpReturn | QmpError | None, device: str) -> str:
    """Return what QEMU would answer, in words."""
    if isinstance(reply, QmpError):
        return f"it would say “{reply.desc.replace('DEVICE', device)}”"
    return "it would accept it"
