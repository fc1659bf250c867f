"""What every machine does alike: refusals, ids, stop and cont, and the guest's clock.

Source: QEMU softmmu/qdev-monitor.c, util/id.c, softmmu/qtest.c (clock_step).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, ClassVar, Protocol, TypeVar

from kit.common.errors import MisuseError
from kit.machine.events import QmpError, QmpReturn, VmResume, VmStop
from kit.machine.requests import Cont, Stop

__all__ = ["CONTAINERS", "Refused", "advanced", "check_well_formed", "cont", "stop"]

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


class _Vm(Protocol):
    """A data class of a machine."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def now_ns(self) -> int: ...
    @property
    def running(self) -> bool: ...


V = TypeVar("V", bound=_Vm)


def stop(machine: V, _: Stop) -> tuple[V, QmpReturn, tuple[VmStop, ...]]:
    """Carry out QMP stop; a VM that stands still sends no second event."""
    return replace(machine, running=False), QmpReturn(), (VmStop(),) * machine.running


def cont(machine: V, _: Cont) -> tuple[V, QmpReturn, tuple[VmResume, ...]]:
    """Carry out QMP cont; a VM that runs sends no second event."""
    return replace(machine, running=True), QmpReturn(), (VmResume(),) * (not machine.running)


def advanced(machine: V, ns: int) -> V:
    """Return *machine* after *ns* nanoseconds of the guest's clock.

    Raises:
        MisuseError: The clock would go back, or stands still because the VM is stopped.
    """
    if ns < 0:
        raise MisuseError(f"the guest's clock cannot go back by {-ns} ns")
    if not machine.running:
        raise MisuseError("the guest's clock stands still while the VM is stopped")
    return replace(machine, now_ns=machine.now_ns + ns)
