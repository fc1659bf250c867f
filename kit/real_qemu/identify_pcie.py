"""Which recorded build the ports of a binary answer like, as far as the builds differ without time.

The script needs no clock, because a stopped machine has none; what expires is left out, so builds
that differ only in that are one machine here.
"""

from __future__ import annotations

from dataclasses import replace

from kit.machine import requests
from kit.machine.pcie import messages as pcie
from kit.machine.pcie.function import PcieFunction
from kit.machine.pcie.registers import ATTENTION_OFF, HPIE, PCC, Indicator, Register
from kit.machine.pcie_revisions import ACPI_REVISIONS, PCIE, PCIE_REVISIONS
from kit.machine.revision import Board, Revision

__all__ = ["PORT_SCRIPT", "port_candidates"]

_ON = ATTENTION_OFF | HPIE | Indicator.ON.bits
_BLINK = ATTENTION_OFF | HPIE | Indicator.BLINK.bits
_DARK = ATTENTION_OFF | HPIE | Indicator.OFF.bits | PCC


def _add(bus: str, name: str, kind: str = "rng", addr: str = "") -> requests.DeviceAdd:
    return requests.DeviceAdd(replace(PcieFunction(bus, kind=kind, addr=addr), id=name))


def _control(port: str, value: int) -> pcie.WriteRegister:
    return pcie.WriteRegister(port, Register.SLTCTL, value)


PORT_SCRIPT: tuple[pcie.PcieRequest, ...] = (
    pcie.Look("rp0"),  # an empty slot has no link from df72184ec1 on
    _add("rp0", "n0"),
    _add("rp0", "n0", addr="0.1"),  # a duplicate id: its text changed
    _add("rp0", "n1", addr="0.0"),  # the address is in use: its text changed
    _add("rp0", "n2", addr="1.0"),  # a second device: refused today
    pcie.SetBus("rp0", 1),
    pcie.Look("rp0"),  # it answers before the slot is on, until d5daff7d31
    _control("rp0", _ON),
    pcie.Look("rp0"),
    requests.DeviceDel("n0"),
    requests.DeviceDel("n0"),  # presses again before cce8944cc9
    _control("rp0", _BLINK),
    requests.DeviceDel("n0"),
    _control("rp0", _DARK),
    pcie.Look("rp0"),
    pcie.QueryDevices(),
    _control("rp1", _BLINK),
    requests.DeviceDel("c1"),  # the power indicator blinks: refused from 81124b3c7a on
    requests.SystemReset(),
    pcie.Look("rp1"),  # its indicator is off after a reset from 1768e97b91 on
    requests.DeviceDel("c3"),  # hotplug=off: its text changed
    _add("rp0", "n3"),
    requests.DeviceDel("n3"),  # a dark slot: empty at once from 0d33415a4e on
    pcie.QueryDevices(),
)


def port_candidates(board: Board) -> tuple[Revision, ...]:
    """Return the recorded builds of a board with ports, oldest first."""
    return PCIE_REVISIONS if board == PCIE else ACPI_REVISIONS
