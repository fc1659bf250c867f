"""The q35 machine's QMP commands: what they refuse, and what they list.

Texts and paths are those of QEMU 7.2.22 (``-machine q35 -smp 1,maxcpus=4
-m 256,slots=4,maxmem=2G``, TCG, stopped).
"""

from __future__ import annotations

import pytest

from kit.common.errors import MisuseError
from kit.machine.events import (
    HotpluggableCpu,
    MemoryDevice,
    QmpError,
    QmpReturn,
)
from kit.machine.q35.messages import (
    ENABLED,
    REMOVE_EVENT,
    AcpiOutcome,
    AcpiRequest,
    SlotType,
)
from kit.machine.q35.step import AcpiConfig, boot, step
from kit.machine.requests import (
    ClockStep,
    CpuCore,
    DeviceAdd,
    DeviceDel,
    Dimm,
    Nvdimm,
    Phb,
    QueryHotpluggableCpus,
    QueryMemoryDevices,
)
from tests.machine.q35.requests import GIB, run, status, with_device

CPU = SlotType.CPU
CPU1 = CpuCore(1, "cpu1")
DIMM0 = Dimm(256, id="d0")
BACKEND = "backend memory size must be multiple of 0x200000"
RANGE = "usable range for memory devices [0x100000000:0x170000000]"


@pytest.mark.parametrize(
    ("device", "desc"),
    [
        (CpuCore(2, "cpu1"), "Duplicate device ID 'cpu1'"),
        (CpuCore(1, "other"), "CPU[1] with APIC ID 1 exists"),
        (CpuCore(0, "zero"), "CPU[0] with APIC ID 0 exists"),
        (CpuCore(4, "c"), "Invalid CPU core-id: 4 must be in range 0:3"),
        (CpuCore(-1, "c"), "CPU core-id is not set"),
        (CpuCore(1 << 31, "c"), "Parameter 'core-id' expects int32_t"),
        (CpuCore(2, "1c"), "Parameter 'id' expects an identifier"),
        (CpuCore(2, ""), "Parameter 'id' expects an identifier"),
        (Dimm(256, id="cpu1"), "Duplicate device ID 'cpu1'"),
        (Dimm(256, id="d", slot=0), "slot 0 is busy"),
        (Dimm(256, id="d", slot=4), "invalid slot number 4, valid range is [0-3]"),
        (Dimm(256, id="d", slot=1 << 31), "Parameter 'slot' expects int32_t"),
        (Dimm(256, 1 << 64, "d"), "Parameter 'addr' expects integer"),
        (
            Dimm(2048, id="d"),
            "not enough space, currently 0x10000000 in use of total space for memory devices"
            " 0x70000000",
        ),
        (Dimm(2, 4 * GIB + 4096, "d"), "address must be aligned to 0x200000 bytes"),
        (Dimm(3, id="d"), BACKEND),
        (Dimm(1, 4 * GIB, "d"), BACKEND),
        (Dimm(2, 4 * GIB, "d"), "address range conflicts with memory device id='d0'"),
        (Dimm(2, 1 << 21, "d"), f"can't add memory device [0x200000:0x200000], {RANGE}"),
        (
            Dimm(2, -(1 << 21), "d"),
            f"can't add memory device [0xffffffffffe00000:0x200000], {RANGE}",
        ),
        (Nvdimm(256, id="nv"), "nvdimm is not enabled: missing 'nvdimm' in '-M'"),
    ],
    ids=str,
)
def test_device_add_is_refused(device: CpuCore | Dimm | Nvdimm, desc: str) -> None:
    machine, _ = run(boot(), DeviceAdd(CPU1), DeviceAdd(DIMM0))

    assert step(machine, DeviceAdd(device)) == (
        machine,
        AcpiOutcome(QmpError("GenericError", desc)),
    )


def test_a_fifth_dimm_finds_no_slot() -> None:
    machine, _ = run(boot(), *[DeviceAdd(Dimm(128, id=f"d{n}")) for n in range(4)])

    assert step(machine, DeviceAdd(Dimm(128, id="d"))) == (
        machine,
        AcpiOutcome(QmpError("GenericError", "no free slots available")),
    )


@pytest.mark.parametrize(
    ("slot", "desc"),
    [
        (None, "no slots where allocated, please specify the 'slots' option"),
        (0, "invalid slot number 0, valid range is [0-18446744073709551615]"),
    ],
)
def test_a_machine_without_slots_takes_no_dimm(slot: int | None, desc: str) -> None:
    machine = boot(AcpiConfig(slots=0, maxmem_mib=256))
    _, outcome = step(machine, DeviceAdd(Dimm(256, id="d", slot=slot)))

    assert outcome == AcpiOutcome(QmpError("GenericError", desc))


@pytest.mark.parametrize(
    ("name", "error_class", "desc"),
    [
        ("nope", "DeviceNotFound", "Device 'nope' not found"),
        ("cpu0", "DeviceNotFound", "Device 'cpu0' not found"),
        ("/machine/unattached/device[0]", "GenericError", "Boot CPU is unpluggable"),
        ("/machine", "GenericError", "/machine is not a hotpluggable device"),
        ("/", "GenericError", "/ is not a hotpluggable device"),
        ("", "GenericError", " is not a hotpluggable device"),
    ],
)
def test_device_del_is_refused(name: str, error_class: str, desc: str) -> None:
    """The boot CPU has no id: only its QOM path names it, and then QEMU says no."""
    assert step(boot(), DeviceDel(name)) == (boot(), AcpiOutcome(QmpError(error_class, desc)))


@pytest.mark.parametrize(
    "name", ["dev", "dev/", "/machine/peripheral/dev", "//machine/peripheral//dev"]
)
def test_device_del_takes_an_id_or_a_path(name: str) -> None:
    machine, number = with_device(CPU)
    machine, _ = run(machine, DeviceDel(name))

    assert status(machine, CPU, number) == ENABLED | REMOVE_EVENT


def test_devices_without_an_id_are_numbered_and_refused_ones_count() -> None:
    machine, _ = run(boot(), *[DeviceAdd(CpuCore(n)) for n in (0, 9, 2)])
    _, outcome = step(machine, QueryHotpluggableCpus())

    assert outcome.reply == QmpReturn(
        (
            HotpluggableCpu(3, None),
            HotpluggableCpu(2, "/machine/peripheral-anon/device[2]"),
            HotpluggableCpu(1, None),
            HotpluggableCpu(0, "/machine/unattached/device[0]"),
        )
    )


def test_dimms_are_placed_one_after_the_other_and_listed_by_address() -> None:
    machine, _ = run(
        boot(),
        DeviceAdd(Dimm(256, 4 * GIB + 256 * 1024 * 1024, "second")),
        DeviceAdd(Dimm(256, id="first")),
        DeviceAdd(Dimm(512)),
    )
    _, outcome = step(machine, QueryMemoryDevices())

    assert outcome.reply == QmpReturn(
        (
            MemoryDevice("first", 4 * GIB, 256),
            MemoryDevice("second", 4 * GIB + 256 * 1024 * 1024, 256),
            MemoryDevice(None, 4 * GIB + 512 * 1024 * 1024, 512),
        )
    )


@pytest.mark.parametrize(("ram_mib", "start"), [(256, 4), (2048, 4), (2816, 5), (3072, 5)])
def test_dimms_start_above_ram_and_4_gib(ram_mib: int, start: int) -> None:
    config = AcpiConfig(ram_mib=ram_mib, maxmem_mib=8192)

    assert config.memory_space.addresses.start == start * GIB


@pytest.mark.parametrize(
    "request_", [DeviceAdd(Phb(1)), DeviceAdd(Dimm(0)), ClockStep(-1)], ids=str
)
def test_what_the_machine_cannot_be_asked_is_misuse(request_: AcpiRequest) -> None:
    with pytest.raises(MisuseError):
        step(boot(), request_)
