"""The address of a PCI function is read alike on every machine."""

from __future__ import annotations

import pytest

from kit.machine.catalogue import find_revision
from kit.machine.events import QmpError
from kit.machine.pcie import step as pcie
from kit.machine.pcie.function import PcieFunction
from kit.machine.pseries import step as pseries
from kit.machine.requests import DeviceAdd, PciFunction


@pytest.mark.parametrize("addr", ["4.", "1_0", "1.0 ", "20", "3.8", "-1", "3.-1", "x", "٣"])
def test_no_machine_takes_an_address_that_qemu_does_not_take(addr: str) -> None:
    """Source: QEMU hw/core/qdev-properties-system.c, set_pci_devfn()."""
    sent = DeviceAdd(PciFunction("pci.0", addr, id="n"))
    sent_to_port = DeviceAdd(PcieFunction("rp0", addr, id="n", kind="nic"))

    replies = (
        pseries.step(pseries.boot(find_revision("revert")), sent)[1].reply,
        pcie.step(pcie.boot(find_revision("pcie-today")), sent_to_port)[1].reply,
    )

    assert replies == tuple(
        QmpError("GenericError", f"Property '{driver}.addr' doesn't take value '{addr}'")
        for driver in ("e1000", "e1000e")
    )
