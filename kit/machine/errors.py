"""The meaning of QEMU's error texts about unplugging, and the machines and versions that have them.

Source: QEMU hw/ppc/spapr.c, hw/ppc/spapr_pci.c (pseries); softmmu/qdev-monitor.c, hw/pci/pcie.c,
hw/pci/shpc.c, hw/acpi/, hw/isa/ (the others); hw/core/qdev.c.  A version is the first, or the last,
release or candidate whose tree has the text; ``None`` where every known one has it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from kit.machine.boards import ACPI, PSERIES, MachineName
from kit.machine.device_kinds import DeviceKind
from kit.machine.events import QmpError

__all__ = [
    "ERROR_TEXTS",
    "ErrorMeaning",
    "ErrorText",
    "device_in",
    "error_text_of",
    "meaning_of",
]

Version = tuple[int, int, int]


class ErrorMeaning(Enum):
    """What an error of device_del says about the device."""

    GONE = auto()
    """QEMU has no such device."""
    PENDING = auto()
    """An earlier unplug request is still pending."""
    REFUSED = auto()
    """QEMU does not ask the guest; the device stays."""
    OTHER = auto()
    """An error that is not about unplugging."""


@dataclass(frozen=True, slots=True)
class ErrorText:
    """A text: a regular expression, which may have a group ``device``, and its meaning.

    Only ``machine`` and ``kind`` have it, from version ``since`` to ``until``; None: any.
    ``cause`` explains in a line a text that people ask about.
    """

    pattern: str
    meaning: ErrorMeaning
    machine: MachineName | None = None
    kind: DeviceKind | None = None
    since: Version | None = None
    until: Version | None = None
    cause: str = ""

    @property
    def versions(self) -> str:
        """The versions that have it, in words; empty where all have it."""
        if self.until is not None:
            return f"only in QEMU up to {'.'.join(map(str, self.until))}"
        return "" if self.since is None else f"since QEMU {'.'.join(map(str, self.since[:2]))}"


_DEVICE = r"'?(?P<device>[^'\s]+?)'?"
_M, _K = ErrorMeaning, DeviceKind

ERROR_TEXTS: tuple[ErrorText, ...] = (
    ErrorText(rf"Device {_DEVICE} (has )?not (been )?found", _M.GONE),
    ErrorText(
        r"core-id \d+ unplug is still pending\b.*",
        _M.PENDING, PSERIES, _K.CORE, (5, 2, 50), (5, 2, 92),
    ),
    ErrorText(
        rf"CPU hotunplug already in progress for device {_DEVICE}", _M.PENDING, PSERIES, _K.CORE
    ),
    ErrorText(
        rf"PCI Host Bridge unplug already in progress for device {_DEVICE}",
        _M.PENDING, PSERIES, _K.PHB, (6, 0, 0),
    ),
    ErrorText(
        rf"PCI device unplug already in progress for device {_DEVICE}",
        _M.PENDING, PSERIES, _K.PCI, (6, 0, 0),
    ),
    ErrorText(
        rf"Memory unplug already in progress for device {_DEVICE}", _M.PENDING, PSERIES, _K.DIMM
    ),
    ErrorText(
        rf"Device {_DEVICE} is already in the process of unplug",
        _M.PENDING, ACPI, _K.PCI, (5, 0, 0),
        cause=(
            "QEMU waits for the guest since an earlier device_del; since 6.2 a PCIe port takes the"
            " next one after 5 s of the guest's clock, and before that never"
        ),
    ),
    ErrorText(
        r"Hot-unplug failed: guest is busy \(power indicator blinking\)",
        _M.PENDING, ACPI, _K.PCI, (6, 2, 0),
        cause=(
            "the guest works on an earlier press of the slot's button, for 6 s in Linux; wait for"
            " DEVICE_DELETED, because QEMU keeps a retry from the guest"
        ),
    ),
    ErrorText(r"Boot CPU core may not be unplugged", _M.REFUSED, PSERIES, _K.CORE),
    ErrorText(r"Memory hot unplug not supported for this guest", _M.REFUSED, PSERIES, _K.DIMM),
    ErrorText(r"PCI: Hot unplug of PCI bridges not supported", _M.REFUSED, PSERIES, _K.PCI),
    ErrorText(r"nvdimm device hot unplug is not supported yet\.?", _M.REFUSED, None, _K.DIMM),
    ErrorText(
        r"acpi: device unplug(?: request)? for not supported device type: \S+", _M.REFUSED, ACPI
    ),
    ErrorText(r"(virt: )?device unplug request for unsupported device type: \S+", _M.REFUSED, ACPI),
    ErrorText(r"[Cc]pu hot-?unplug with SMI wasn't enabled.*", _M.REFUSED, ACPI, _K.CORE),
    ErrorText(r"Boot CPU is unpluggable", _M.REFUSED, ACPI, _K.CORE),
    ErrorText(r"Hot-unplug failed: .*", _M.REFUSED, ACPI, _K.PCI, (6, 0, 0)),
    ErrorText(r"Bus '?\S+?'? does not support hotplugging", _M.REFUSED),
    ErrorText(rf"Device {_DEVICE} does not support hotplugging", _M.REFUSED),
    ErrorText(rf"{_DEVICE} is not a hotpluggable device", _M.REFUSED),
    ErrorText(r"CPU hot unplug not supported on this machine", _M.REFUSED, None, _K.CORE),
    ErrorText(r"Memory hot unplug not supported by sPAPR", _M.REFUSED, PSERIES, _K.DIMM),
    ErrorText(r"device_del not allowed while migrating", _M.REFUSED),
)  # fmt: skip
"""The texts that answer device_del; the first that matches counts."""


def error_text_of(desc: str) -> ErrorText | None:
    """Return the row of a text; None for a text that is not in the table."""
    return next((row for row in ERROR_TEXTS if re.fullmatch(row.pattern, desc.strip())), None)


def device_in(desc: str) -> str | None:
    """Return the device that a text names; None if it names none."""
    row = error_text_of(desc)
    match = None if row is None else re.fullmatch(row.pattern, desc.strip())
    return None if match is None else match.groupdict().get("device")


def meaning_of(error: QmpError) -> ErrorMeaning:
    """Return the meaning of an error that answers device_del.

    >>> meaning_of(QmpError("GenericError", "Device net1 is already in the process of unplug")).name
    'PENDING'
    """
    if error.error_class == "DeviceNotFound":
        return ErrorMeaning.GONE
    row = error_text_of(error.desc)
    return ErrorMeaning.OTHER if row is None else row.meaning
