"""What the device commands of QMP share on every machine: refusals and ids.

Source: QEMU softmmu/qdev-monitor.c, util/id.c.
"""

from __future__ import annotations

import re

from kit.machine.events import QmpError

__all__ = ["CONTAINERS", "Refused", "check_well_formed"]

CONTAINERS = ("/machine", "/machine/peripheral", "/machine/peripheral-anon", "/machine/unattached")
"""Objects that exist from the start and are not devices."""

_WELL_FORMED_ID = re.compile(r"[A-Za-z][A-Za-z0-9\-._]*")


class Refused(Exception):  # noqa: N818 - QEMU's answer, turned into a QmpError by the command
    """QEMU refuses a command with this text."""

    def __init__(self, desc: str, error_class: str = "GenericError") -> None:
        super().__init__(desc)
        self.error = QmpError(error_class, desc)


def check_well_formed(device_id: str | None) -> None:
    """Raise `Refused` unless *device_id* is None or one that QEMU takes."""
    if device_id is not None and not _WELL_FORMED_ID.fullmatch(device_id):
        raise Refused("Parameter 'id' expects an identifier")
