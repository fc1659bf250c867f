"""What a revision does, as one can print it and compare it with another.

device_del is a table, `kit.machine.pcie.device_del`; every other change is a sentence about the
place that it changed.

Source: the commits of `PciePatch`.
"""

from __future__ import annotations

from collections.abc import Mapping

from kit.common.errors import UserError
from kit.machine.pcie.device_del import rows_of
from kit.machine.pcie_revisions import PCIE, PCIE_ACPI, PciePatch
from kit.machine.revision import MachineRule, Revision

__all__ = ["NO_CHANGE", "rules"]

P = PciePatch
NO_CHANGE: frozenset[PciePatch] = frozenset(
    {P.DEVICE_POWER_STATE, P.UNPLUG_FACTORED_OUT, P.OVERFLOW_CHECK}
)
"""Commits after which every recording is the same; measured: a test takes each one out."""

_WORDS: Mapping[PciePatch, tuple[str, str]] = {
    P.HOTPLUG_PROPERTY: ("port", "hotplug=off switches its hot-plug off"),
    P.OCCUPIED_SPELLED_RIGHT: ("device_add", "the error says “occupied”, not “ocuppied”"),
    P.EMPTY_SLOT_HAS_NO_LINK: ("boot", "the link of an empty slot is not active"),
    P.DUPLICATE_DEVICE_ID_TEXT: (
        "device_add",
        "looks for the bus before the id; “Duplicate device ID”",
    ),
    P.SLOT_POWER_CONTROL: ("power", "a device answers only while its slot is switched on"),
    P.ACPI_MARKS_PENDING: ("device_del by ACPI", "marks the device: a repeat is refused"),
    P.CONFLICT_NAMES_ID: ("device_add", "the error “in use by” names the id"),
    P.ACPI_SWITCHES_POWER_ON: ("device_add by ACPI", "switches the slot on"),
    P.INDICATOR_OFF_ON_RESET: ("reset", "the power indicator is off, with a device as well"),
    P.BUS_WITHOUT_HOTPLUG_TEXT: ("device_add", "the bus refuses where hot-plug is switched off"),
    P.ACPI_PENDING_EXPIRES: (
        "device_del by ACPI",
        "the mark ends at once; in the clock's first millisecond it never ends",
    ),
    P.PRESENCE_NOT_COMPARED: ("migration", "presence is not compared with the destination's"),
    P.SECOND_DEVICE_REFUSED: ("device_add", "a second device without an address is refused"),
}


def rules(revision: Revision) -> tuple[MachineRule, ...]:
    """Return the rules of *revision*: device_del's table in its order, then the other changes.

    Raises:
        UserError: It is a revision of another machine.
    """
    if revision.board not in (PCIE, PCIE_ACPI):
        raise UserError(f"{revision.name} has no PCI Express ports, which pcie-… revisions have")
    table = [
        MachineRule(
            "device_del", row.guard, row.then.value.format(device="ID", port="PORT"), row.since
        )
        for row in rows_of(revision.patches)
    ]
    others = [
        MachineRule(where, "", words, patch)
        for patch, (where, words) in _WORDS.items()
        if patch in revision.patches
    ]
    return (*table, *others)
