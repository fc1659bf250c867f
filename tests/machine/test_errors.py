"""What QEMU's error texts mean: those of the machine that the kit plays are all in the table."""

from __future__ import annotations

import pytest

from kit.machine.catalogue import PSERIES
from kit.machine.device_kinds import DeviceKind, kind_of_driver
from kit.machine.errors import ErrorMeaning, device_in, error_text_of, meaning_of
from kit.machine.events import QmpError
from kit.machine.requests import CpuCore, DeviceAdd, DeviceDel, Dimm, PciFunction, Phb, SystemReset
from kit.machine.revision import Revision
from kit.simulation.platform import platform_of

DEVICES = (
    (CpuCore(1, "a"), DeviceKind.CORE),
    (Dimm(256, 0, "a"), DeviceKind.DIMM),
    (Phb(1, "a"), DeviceKind.PHB),
    (PciFunction("pci.0", "3.0", id="a"), DeviceKind.PCI),
)


@pytest.mark.parametrize("revision", PSERIES, ids=lambda r: r.name)
def test_a_refused_repetition_is_pending_and_its_text_names_the_kind(revision: Revision) -> None:
    """Each text that the machine refuses a repeated device_del with has its row."""
    platform = platform_of(revision)
    for device, kind in DEVICES:
        machine, _ = platform.switch_on(revision)
        reply: object = None
        for asked in (DeviceAdd(device), SystemReset(), DeviceDel("a"), DeviceDel("a")):
            machine, reply, _ = platform.ask(machine, asked)
        if not isinstance(reply, QmpError):
            continue
        row = error_text_of(reply.desc)

        assert meaning_of(reply) is ErrorMeaning.PENDING
        assert row is not None
        assert row.kind is kind
        assert row.since is None or row.since <= revision.version or revision.version[1] == 2
        assert device_in(reply.desc) in (None, "a")


@pytest.mark.parametrize(
    ("error_class", "desc", "meaning"),
    [
        ("DeviceNotFound", "Device 'net1' not found", ErrorMeaning.GONE),
        ("DeviceNotFound", "some other words", ErrorMeaning.GONE),
        (
            "GenericError",
            "Device net1 is already in the process of unplug",
            ErrorMeaning.PENDING,
        ),
        ("GenericError", "Bus 'pci.0' does not support hotplugging", ErrorMeaning.REFUSED),
        ("GenericError", "Boot CPU core may not be unplugged", ErrorMeaning.REFUSED),
        ("GenericError", "no text of QEMU", ErrorMeaning.OTHER),
    ],
)
def test_each_text_has_one_meaning(error_class: str, desc: str, meaning: ErrorMeaning) -> None:
    assert meaning_of(QmpError(error_class, desc)) is meaning


@pytest.mark.parametrize(
    ("driver", "kind"),
    [
        ("power9_v2.0-spapr-cpu-core", DeviceKind.CORE),
        ("qemu64-x86_64-cpu", DeviceKind.CORE),
        ("pc-dimm", DeviceKind.DIMM),
        ("spapr-pci-host-bridge", DeviceKind.PHB),
        ("virtio-rng-pci", DeviceKind.PCI),
        ("virtio-blk-pci-non-transitional", DeviceKind.PCI),
        ("e1000e", DeviceKind.PCI),
        ("pcie-root-port", DeviceKind.PCI),
        ("usb-tablet", DeviceKind.OTHER),
        ("scsi-hd", DeviceKind.OTHER),
    ],
)
def test_a_driver_shows_the_kind_of_its_devices(driver: str, kind: DeviceKind) -> None:
    assert kind_of_driver(driver) is kind
