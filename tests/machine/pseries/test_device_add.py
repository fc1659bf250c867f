"""device_add's refusals, in QEMU's order and words."""

from __future__ import annotations

import pytest

from kit.common.errors import MisuseError
from kit.machine.catalogue import find_revision
from kit.machine.events import Abort, Aborted, MemoryDevice, QmpError, QmpReturn
from kit.machine.pseries.step import boot, step
from kit.machine.requests import (
    CpuCore,
    Device,
    DeviceAdd,
    Dimm,
    Nvdimm,
    PciFunction,
    Phb,
    QueryMemoryDevices,
)

E1000_0 = PciFunction("pci.0", "3.0", multifunction=True, id="n0")
E1000_1 = PciFunction("pci.0", "3.1", multifunction=True, id="n1")


def add(*devices: Device, revision: str = "revert") -> object:
    """The answer to the last device_add."""
    machine = boot(find_revision(revision))
    for device in devices:
        machine, outcome = step(machine, DeviceAdd(device))
    return outcome.reply


@pytest.mark.parametrize(
    ("devices", "desc"),
    [
        ([CpuCore(1, "1x")], "Parameter 'id' expects an identifier"),
        ([CpuCore(1, "")], "Parameter 'id' expects an identifier"),
        ([CpuCore(1, "a"), CpuCore(9, "a")], "Duplicate ID 'a' for device"),
        ([CpuCore(-1, "a")], "Invalid core id -1"),
        ([E1000_1, PciFunction("nope", "99", id="n1")], "Duplicate ID 'n1' for device"),
        ([PciFunction("nope", "99", id="n")], "Bus 'nope' not found"),
        ([PciFunction("pci.0", "4.", id="n")], "Property 'e1000.addr' doesn't take value '4.'"),
        (
            [E1000_0, PciFunction("pci.0", "3.2", id="n2")],
            "PCI: slot 3 function 0 already occupied by e1000,"
            " additional functions can no longer be exposed to guest.",
        ),
        (
            [PciFunction("pci.0", "1f.7", id="a"), PciFunction("pci.0", "1f.0", id="b")],
            "PCI: 1f.0 indicates single function, but 1f.7 is already populated.",
        ),
        (
            [Dimm(256, 0x50200000, "a"), Dimm(256, 0x60000000, "b")],
            "address range conflicts with memory device id='a'",
        ),
        (
            [Dimm(512, 0xA0000000, "a")],
            "can't add memory device [0xa0000000:0x20000000], usable range for memory devices"
            " [0x40000000:0x70000000]",
        ),
        (
            [Dimm(256, 0x50000000, "a"), Dimm(256, 0x70000000, "b"), Dimm(1280, 0, "c")],
            "could not find position in guest address space for memory device"
            " - memory fragmented due to alignments",
        ),
        ([Nvdimm(slot=4, id="a")], "invalid slot number 4, valid range is [0-3]"),
        ([Dimm(256, id="a"), Nvdimm(slot=0, id="b")], "slot 0 is busy"),
        ([Phb(2**32 - 1, "a")], '"index" for PAPR PHB is mandatory'),
        ([Phb(-1, "a")], "Parameter 'index' expects uint32_t"),
        ([Dimm(256, -1, "a")], "address must be aligned to 0x200000 bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_device_add_refuses_in_qemus_words(devices: list[Device], desc: str) -> None:
    assert add(*devices) == QmpError("GenericError", desc)


def test_from_6_2_on_the_duplicate_id_has_another_text_and_place() -> None:
    """4a1d937796: the id is checked after the bus."""
    there = PciFunction("pci.0", "3", id="a")

    assert [
        add(there, PciFunction("pci.0", "99", id="a"), revision="v6.2.0"),
        add(there, PciFunction("nope", "99", id="a"), revision="v6.2.0"),
    ] == [
        QmpError("GenericError", "Duplicate device ID 'a'"),
        QmpError("GenericError", "Bus 'nope' not found"),
    ]


def test_a_function_on_an_occupied_place_beside_function_0_aborts_qemu() -> None:
    """spapr_pci_pre_plug sets a second error over the first."""
    reply = add(E1000_1, E1000_0, PciFunction("pci.0", "3.1", id="other"))

    assert reply == Aborted(Abort("util/error.c", "error_setv", "*errp == NULL"))


def test_a_function_on_an_occupied_place_without_function_0_crashes_qemu() -> None:
    """Measured on 7.2.22: a segmentation fault; the text wants function 0's name."""
    reply = add(E1000_1, PciFunction("pci.0", "3.1", id="other"))

    assert reply == Aborted(Abort("hw/ppc/spapr_pci.c", "spapr_pci_pre_plug", None))


def test_a_dimm_without_an_address_goes_where_it_fits_first() -> None:
    machine = boot(find_revision("revert"))
    for device in (Dimm(256, 0x50000000, "b"), Dimm(512, 0, "c"), Dimm(256, 0, "a")):
        machine, _ = step(machine, DeviceAdd(device))
    _, outcome = step(machine, QueryMemoryDevices())

    assert outcome.reply == QmpReturn(
        (
            MemoryDevice("a", 0x40000000, 256),
            MemoryDevice("b", 0x50000000, 256),
            MemoryDevice("c", 0x60000000, 512),
        )
    )


def test_devices_without_an_id_do_not_collide() -> None:
    assert add(CpuCore(1), CpuCore(2)) == QmpReturn()


def test_a_dimm_has_a_size() -> None:
    with pytest.raises(MisuseError, match="at least 1 MiB"):
        add(Dimm(0, 0, "a"))
