"""What changed in QEMU's PCI Express hot-plug, commit by commit, from February 2020 to 11.1.3.

A revision is a net set of these, as on pseries; none of them was ever reverted.

Source: QEMU's commits of these hashes.  Two are younger than the clone that was read and are known
from recordings of 11.1.3: `PRESENCE_NOT_COMPARED` has the hash in the documentation alone, and the
commit of `SECOND_DEVICE_REFUSED` is not known.
"""

from __future__ import annotations

from enum import Enum

__all__ = ["PciePatch"]


class PciePatch(Enum):
    """One change; the value is QEMU's commit.  Definition order is commit order."""

    REPEATED_DEVICE_DEL_ERROR = "cce8944cc9efab47d4bf29cfffb3470371c3541b"
    HOTPLUG_PROPERTY = "530a0963184e57e71a5b538e9161f115df533e96"
    OCCUPIED_SPELLED_RIGHT = "3298bbce1b0e560b88103ddbbbb6548e4b9576cd"
    EMPTY_SLOT_HAS_NO_LINK = "df72184ec15829053b3bb5a0d5801773b6d9ec25"
    DUPLICATE_DEVICE_ID_TEXT = "4a1d937796de0fecd8b22d7dbebf87f38e8282fd"
    DEVICE_POWER_STATE = "23786d13441d36e0efcfee94ba8ff218746bed6c"
    SLOT_POWER_CONTROL = "d5daff7d312653b92f23c7a8e198090b32b8dae6"
    BLINK_CHECK = "81124b3c7a5dae34881cd8cd9631f125da81ef97"
    UNPLUG_FACTORED_OUT = "44242d4d3d082a28200fdbecaed5398122682e6e"
    FAST_UNPLUG = "0d33415a4eafe532f3beef8272811d927236a353"
    PENDING_EXPIRES = "18416c62e36a79823a9e28f6b2260aa13c25e1d9"
    ACPI_MARKS_PENDING = "9323f892b39d133eb69b301484bf7b2f3f49737d"
    OVERFLOW_CHECK = "bacf58ca18f06f0b464466bf8c19945f19791feb"
    CONFLICT_NAMES_ID = "ad003b9e6872c67836133066e1dd0f13458a9370"
    ACPI_SWITCHES_POWER_ON = "6b0969f1ec825984cd74619f0730be421b0c46fb"
    INDICATOR_OFF_ON_RESET = "1768e97b9186b8ea416cb81952773837bf1df87a"
    BUS_WITHOUT_HOTPLUG_TEXT = "f18e29fc90cf271bae0c671151d0f55bd7649d52"
    ACPI_PENDING_EXPIRES = "0f689cf5ada4d5df5ab95c7f7aa9fc221afa855d"
    PRESENCE_NOT_COMPARED = "625b370c45"
    SECOND_DEVICE_REFUSED = "second-device-refused"
