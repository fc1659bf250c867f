"""Where a DIMM goes: its slot and its guest address, or QEMU's reason to refuse it.

The checks are in QEMU's order, because it reports the first that fails.

Source: QEMU hw/mem/pc-dimm.c (pc_dimm_pre_plug), hw/mem/memory-device.c
(memory_device_get_free_addr), as of d522cb52e6~1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from kit.common.errors import MisuseError
from kit.machine.config import MIB
from kit.machine.qmp import Refused
from kit.machine.requests import Dimm, Nvdimm

__all__ = ["MemorySpace", "check_backend", "placed"]

_ALIGN = 2 * MIB
_UINT64 = 0xFFFFFFFFFFFFFFFF

M = TypeVar("M", Dimm, Nvdimm)


@dataclass(frozen=True, slots=True)
class MemorySpace:
    """How many slots a machine has, the addresses for modules, and how many bytes may be used."""

    slots: int
    addresses: range
    limit: int


def check_backend(module: Dimm | Nvdimm) -> None:
    """Raise `MisuseError` for a size that no memory backend has."""
    if module.size_mib <= 0:
        raise MisuseError("a memory module needs a backend of at least 1 MiB")


def placed(module: M, others: Sequence[Dimm | Nvdimm], space: MemorySpace) -> M:
    """Return *module* with slot and address, or raise `Refused`; *others* are sorted by address."""
    size, wanted = module.size_mib * MIB, module.addr & _UINT64
    wanted_slot = None if module.slot == -1 else module.slot
    slot = _free_slot(space.slots, wanted_slot, {other.slot for other in others})
    used = sum(other.size_mib * MIB for other in others)
    if used + size > space.limit:
        raise Refused(
            f"not enough space, currently {used:#x} in use of total space for memory devices "
            f"0x{space.limit:x}"
        )
    if wanted % _ALIGN:
        raise Refused(f"address must be aligned to {_ALIGN:#x} bytes")
    if size % _ALIGN:
        raise Refused(f"backend memory size must be multiple of {_ALIGN:#x}")
    if wanted:
        _check_addr(wanted, size, space.addresses, others)
    else:
        wanted = _free_addr(size, space.addresses, others)
    return replace(module, addr=wanted, slot=slot)


def _free_slot(slots: int, wanted: int | None, taken: set[int | None]) -> int:
    if wanted is not None and not 0 <= wanted < slots:
        last = (slots - 1) & _UINT64  # without slots, QEMU's unsigned number wraps
        raise Refused(f"invalid slot number {wanted}, valid range is [0-{last}]")
    if not slots:
        raise Refused("no slots where allocated, please specify the 'slots' option")
    if wanted in taken:
        raise Refused(f"slot {wanted} is busy")
    free = [slot for slot in range(slots) if slot not in taken]
    if wanted is None and not free:
        raise Refused("no free slots available")
    return free[0] if wanted is None else wanted


def _check_addr(addr: int, size: int, space: range, others: Sequence[Dimm | Nvdimm]) -> None:
    if not (space.start <= addr and addr + size <= space.stop):
        raise Refused(
            f"can't add memory device [{addr:#x}:{size:#x}], usable range for memory devices"
            f" [{space.start:#x}:0x{len(space):x}]"
        )
    for other in others:
        if other.addr < addr + size and addr < other.addr + other.size_mib * MIB:
            name = other.id or "(unnamed)"
            raise Refused(f"address range conflicts with memory device id='{name}'")


def _free_addr(size: int, space: range, others: Sequence[Dimm | Nvdimm]) -> int:
    addr = space.start
    for other in others:
        if addr + size <= other.addr:
            break
        addr = other.addr + other.size_mib * MIB
    if addr + size > space.stop:
        raise Refused(
            "could not find position in guest address space for memory device"
            " - memory fragmented due to alignments"
        )
    return addr
