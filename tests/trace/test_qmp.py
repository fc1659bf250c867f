"""A device_add of a run, as QMP: QEMU's driver, and only the properties that it takes."""

from __future__ import annotations

import pytest

from kit.actors.messages import Actor
from kit.common.json_fields import Json
from kit.machine.pcie.function import DRIVERS, PcieFunction
from kit.machine.requests import Device, DeviceAdd, PciFunction
from kit.trace.entry import TraceEntry, entry_json
from kit.trace.qmp import qmp_objects


def sent(device: Device, board: str) -> list[dict[str, Json]]:
    entry = TraceEntry(
        seq=0,
        at_ns=0,
        guest_ns=0,
        src=Actor.OPERATOR,
        dst=Actor.QEMU,
        message=DeviceAdd(device),
    )
    return list(qmp_objects(entry_json(entry), board))


@pytest.mark.parametrize(("kind", "driver"), DRIVERS.items())
def test_a_device_behind_a_port_has_the_driver_of_its_kind(kind: str, driver: str) -> None:
    """Without an address QEMU takes the first free slot; it refuses an empty one."""
    arguments = {"driver": driver, "id": "net1", "bus": "rp1"}

    assert sent(PcieFunction("rp1", id="net1", kind=kind), "q35") == [
        {"execute": "device_add", "arguments": arguments}
    ]


@pytest.mark.parametrize("multifunction", [False, True])
def test_a_function_of_a_card_says_that_it_has_others(multifunction: bool) -> None:
    more = {"multifunction": True} if multifunction else {}
    arguments = {"driver": "e1000", "id": "net3", "bus": "pci.0", "addr": "3.0", **more}

    assert sent(PciFunction("pci.0", "3.0", multifunction, "net3"), "pseries") == [
        {"execute": "device_add", "arguments": arguments}
    ]
