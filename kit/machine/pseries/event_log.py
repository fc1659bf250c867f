"""The entries of the hotplug event log: what QEMU asks the guest to add or to remove.

Source: QEMU hw/ppc/spapr_events.c (spapr_hotplug_req_event) and its callers, as of d522cb52e6~1.
"""

from __future__ import annotations

from kit.machine.events import HotplugAction, HotplugEvent, HotplugIdentifier, HotplugType
from kit.machine.pseries.connector import TYPES, Drc, DrcType
from kit.machine.pseries.machine import Machine

__all__ = ["connector_event", "functions_of_slot", "is_function_0", "memory_event"]

_HOTPLUG_TYPES = {
    DrcType.CPU: HotplugType.CPU,
    DrcType.PHB: HotplugType.PHB,
    DrcType.PCI: HotplugType.PCI,
    DrcType.LMB: HotplugType.MEMORY,
    DrcType.PMEM: HotplugType.PMEM,
}


def connector_event(action: HotplugAction, index: int) -> HotplugEvent:
    """Return the entry that names one connector by its index."""
    kind, named = _HOTPLUG_TYPES[TYPES[index >> 28]], HotplugIdentifier.DRC_INDEX
    return HotplugEvent(type=kind, action=action, identifier=named, index=index)


def memory_event(machine: Machine, action: HotplugAction, lmbs: tuple[Drc, ...]) -> HotplugEvent:
    """Return the entry for the LMBs of a DIMM."""
    # without the hotplug event source an ADD names a number of LMBs and not which
    indexed = machine.hp_evt or action is HotplugAction.REMOVE
    named = HotplugIdentifier.DRC_COUNT_INDEXED if indexed else HotplugIdentifier.DRC_COUNT
    return HotplugEvent(
        type=HotplugType.MEMORY,
        action=action,
        identifier=named,
        index=lmbs[0].index if indexed else None,
        count=len(lmbs),
    )


def is_function_0(drcs: tuple[Drc, ...]) -> bool:
    """Is this function 0 of a PCI slot?"""
    return drcs[0].index & 7 == 0


def functions_of_slot(machine: Machine, function: Drc) -> tuple[Drc, ...]:
    """Return the connectors of the slot's functions that are present, 0 first."""
    drcs = [machine.drc(function.index & ~7 | number) for number in range(8)]
    return tuple(drc for drc in drcs if drc is not None and drc.device is not None)
