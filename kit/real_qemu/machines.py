"""The real machine of a board: as the recordings start it, or as a run does."""

from __future__ import annotations

from dataclasses import replace

from kit.machine.pcie.machine import RECORDED as RECORDED_PORTS
from kit.machine.pcie_revisions import PCIE, PCIE_ACPI
from kit.machine.q35.machine import AcpiConfig
from kit.machine.revision import Board
from kit.real_qemu.launch import Binary
from kit.real_qemu.pcie import RealPcie
from kit.real_qemu.pseries import RealSpapr
from kit.real_qemu.q35 import RealQ35
from kit.recordings.q35_format import RECORDED as RECORDED_Q35
from kit.simulation.platforms.pcie import CONFIG

__all__ = ["AnyReal", "recorded_machine", "run_machine"]

AnyReal = RealSpapr | RealQ35 | RealPcie


def recorded_machine(binary: Binary) -> AnyReal:
    """Start the binary with the command line of its board's recordings."""
    if binary.board == Board.Q35:
        return RealQ35(binary, RECORDED_Q35)
    if binary.board in (PCIE, PCIE_ACPI):
        return RealPcie(binary, replace(RECORDED_PORTS, acpi=binary.board == PCIE_ACPI))
    return RealSpapr(binary)


def run_machine(binary: Binary) -> AnyReal:
    """Start the binary as a run needs it."""
    if binary.board == Board.Q35:
        return RealQ35(binary, AcpiConfig())
    if binary.board == PCIE:
        return RealPcie(binary, CONFIG)
    return RealSpapr(binary)
