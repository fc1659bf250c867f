"""The parts of a q35 machine: its command line, its slots, and what each holds.

Source: QEMU include/hw/acpi/cpu.h (AcpiCpuStatus), include/hw/acpi/memory_hotplug.h (MemStatus),
hw/i386/pc.c (pc_memory_init), as of v7.2.
"""

from __future__ import annotations

from dataclasses import dataclass

from kit.machine.config import MIB
from kit.machine.events import Abort
from kit.machine.memory_device import MemorySpace
from kit.machine.pseries.machine import Plugged
from kit.machine.q35.messages import (
    ENABLED,
    FIRMWARE_EJECT,
    INSERT_EVENT,
    REMOVE_EVENT,
    SlotType,
)

__all__ = ["AcpiConfig", "AcpiMachine", "AcpiSlot"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AcpiConfig:
    """The command line: ``-machine q35 -smp 1,maxcpus=max_cpus -m ram_mib,slots,maxmem``."""

    max_cpus: int = 4
    ram_mib: int = 256
    slots: int = 4
    maxmem_mib: int = 2048

    @property
    def memory_space(self) -> MemorySpace:
        """Where DIMMs may go: above 4 GiB and RAM, with a GiB more for each slot's alignment."""
        above_4g = self.ram_mib - 2048 if self.ram_mib >= 2816 else 0
        start = -(-(4096 + above_4g) // 1024) * 1024
        limit = self.maxmem_mib - self.ram_mib
        stop = start + limit + self.slots * 1024
        return MemorySpace(self.slots, range(start * MIB, stop * MIB), limit * MIB)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcpiSlot:
    """What QEMU keeps of a CPU or DIMM slot; all but the device survives an ejection."""

    plugged: Plugged | None = None
    insert_event: bool = False
    remove_event: bool = False
    firmware_ejects: bool = False
    ost_event: int = 0
    ost_status: int = 0

    @property
    def status(self) -> int:
        """The value of the status register."""
        return (
            (ENABLED if self.plugged is not None else 0)
            | (INSERT_EVENT if self.insert_event else 0)
            | (REMOVE_EVENT if self.remove_event else 0)
            | (FIRMWARE_EJECT if self.firmware_ejects else 0)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AcpiMachine:
    """A q35 machine at one moment.

    ``now_ns`` is the guest's clock; if ``running`` is False, the VM and its clock stand still.
    ``anonymous`` counts the devices ever added without an id, refused ones too, because QEMU
    numbers them in their paths.  ``aborted``: QEMU is gone; no assertion here is known to fail.
    """

    config: AcpiConfig
    cpus: tuple[AcpiSlot, ...]
    dimms: tuple[AcpiSlot, ...]
    now_ns: int = 0
    anonymous: int = 0
    running: bool = True
    aborted: Abort | None = None

    @property
    def plugged(self) -> tuple[Plugged, ...]:
        """The devices in the slots: CPUs first, then DIMMs."""
        held = (slot.plugged for slot in (*self.cpus, *self.dimms))
        return tuple(plugged for plugged in held if plugged is not None)

    def slots(self, slot_type: SlotType) -> tuple[AcpiSlot, ...]:
        """Return the slots of a type, by number."""
        return self.cpus if slot_type is SlotType.CPU else self.dimms

    def slot_of(self, path: str) -> tuple[SlotType, int] | None:
        """Return the slot of the device at a QOM path; None if there is none."""
        for slot_type in SlotType:
            for number, slot in enumerate(self.slots(slot_type)):
                if slot.plugged is not None and slot.plugged.path == path:
                    return slot_type, number
        return None
