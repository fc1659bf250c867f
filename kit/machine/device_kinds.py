"""The kinds of devices that can be unplugged, and which drivers are of which kind.

Source: QEMU hw/ppc/spapr_cpu_core.c, hw/ppc/spapr_pci.c, hw/mem/, hw/net/, hw/scsi/, hw/usb/ (the
names of the drivers).
"""

from __future__ import annotations

import re
from enum import Enum

__all__ = ["DeviceKind", "kind_of_driver"]


class DeviceKind(Enum):
    """The kind of a device."""

    CORE = "CPU core"
    DIMM = "DIMM"
    PHB = "PCI host bridge"
    PCI = "PCI device"
    OTHER = "other device"


_CPU = re.compile(r".+-spapr-cpu-core|.+-cpu")
_PCI = re.compile(
    r".+-pci(-(non-)?transitional)?|e1000e?|e1000-.+|rtl8139|igb|vmxnet3|pcnet|tulip|i8255\w+"
    r"|ne2k_pci|nvme|pvscsi|megasas(-gen2)?|mptsas1068|lsi53c\w+|am53c974|dc390|sdhci-pci"
    r"|qemu-xhci|nec-usb-xhci|piix\d-usb-uhci|(ich9-)?usb-[eu]hci\w*|(ich9-)?intel-hda|ich9-ahci"
    r"|AC97|ES1370|VGA|secondary-vga|qxl(-vga)?|cirrus-vga|bochs-display|virtio-vga(-gl)?"
    r"|ivshmem-(plain|doorbell)|pcie?-(root-port|pci-bridge)|pci-(bridge|testdev)|pxb(-pcie)?"
    r"|edu|ioh3420|x3130-upstream|xio3130-downstream|i6300esb"
)
_PLUGGABLE_MEMORY = ("pc-dimm", "nvdimm")


def kind_of_driver(driver: str) -> DeviceKind:
    """Return the kind of the devices of a driver.

    >>> kind_of_driver("virtio-rng-pci").name, kind_of_driver("usb-tablet").name
    ('PCI', 'OTHER')
    """
    if driver == "spapr-pci-host-bridge":
        return DeviceKind.PHB
    if driver in _PLUGGABLE_MEMORY:
        return DeviceKind.DIMM
    if _CPU.fullmatch(driver):
        return DeviceKind.CORE
    return DeviceKind.PCI if _PCI.fullmatch(driver) else DeviceKind.OTHER
