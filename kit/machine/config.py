"""A pseries machine's command line: how many cores, how much memory, and where DIMMs may go.

Source: QEMU hw/ppc/spapr.c (spapr_machine_init) at d522cb52e6~1.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LMB_MIB", "MIB", "Config"]

MIB = 1 << 20
LMB_MIB = 256
_DEVICE_MEMORY_ALIGN_MIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The command line: ``-smp boot_cores,maxcpus=max_cores,threads=1 -m ram_mib,slots,maxmem``.

    ``cas_at_reset``: QEMU under qtest plays a CAS at every reset, so that the guest counts as
    running; False leaves it in the firmware until `ClientArchitectureSupport`.
    """

    boot_cores: int = 1
    max_cores: int = 4
    ram_mib: int = 256
    slots: int = 4
    maxmem_mib: int = 2048
    cas_at_reset: bool = True

    @property
    def device_memory(self) -> range:
        """The guest addresses, in bytes, where DIMMs may go."""
        align = _DEVICE_MEMORY_ALIGN_MIB
        base = -(-self.ram_mib // align) * align
        return range(base * MIB, (base + self.maxmem_mib - self.ram_mib) * MIB)

    @property
    def lmbs(self) -> range:
        """The numbers of the LMB connectors."""
        memory = self.device_memory
        return range(memory.start // (LMB_MIB * MIB), memory.stop // (LMB_MIB * MIB))
