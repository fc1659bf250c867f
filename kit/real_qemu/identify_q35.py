"""Does a binary's q35 machine answer as the recorded ones, QEMU 7.2.22 and 11.1.3?

Those two answer alike in every step, so a short script counts the steps with equal answers.  It
ejects no CPU, because a stopped machine reports that late.  The embedded machine, which answers as
the recordings do, is the yardstick.
"""

from __future__ import annotations

from dataclasses import dataclass

from kit.machine.events import Aborted
from kit.machine.q35 import step as acpi
from kit.machine.q35.messages import (
    CLEAR_INSERT_EVENT,
    CLEAR_REMOVE_EVENT,
    EJECT_REQUEST,
    OST_DEVICE_BUSY,
    AcpiOutcome,
    AcpiRequest,
    QueryAcpiOspmStatus,
    ReadStatus,
    ReportOst,
    SlotType,
    WriteControl,
)
from kit.machine.requests import CpuCore, DeviceAdd, DeviceDel, QueryHotpluggableCpus, SystemReset
from kit.real_qemu.launch import Binary
from kit.real_qemu.q35 import RealQ35
from kit.recordings.answers import answer_text
from kit.recordings.q35_format import RECORDED

__all__ = ["SCRIPT", "Likeness", "likeness"]

_CPU, _SLOT = SlotType.CPU, 1
_STATUS = ReadStatus(_CPU, _SLOT)
SCRIPT: tuple[AcpiRequest, ...] = (
    DeviceAdd(CpuCore(1, "cpu1")),
    _STATUS,
    WriteControl(_CPU, _SLOT, CLEAR_INSERT_EVENT),
    _STATUS,
    DeviceAdd(CpuCore(1, "cpu1")),  # a duplicate id: its text changed
    DeviceAdd(CpuCore(1, "other")),
    DeviceDel("cpu1"),
    DeviceDel("cpu1"),  # asked again while it is pending
    _STATUS,
    WriteControl(_CPU, _SLOT, CLEAR_REMOVE_EVENT),
    ReportOst(_CPU, _SLOT, EJECT_REQUEST, OST_DEVICE_BUSY),  # ACPI_DEVICE_OST
    QueryAcpiOspmStatus(),
    DeviceDel("cpu1"),
    SystemReset(),  # keeps the CPU, and the request
    _STATUS,
    QueryHotpluggableCpus(),
)


@dataclass(frozen=True, slots=True)
class Likeness:
    """In how many steps a binary answers as recorded; ``difference`` is the first it does not."""

    steps: int
    same: int
    difference: str = ""

    @property
    def words(self) -> str:
        """The result, for people."""
        told = f"answers {self.same} of {self.steps} steps as the recorded ones, 7.2.22 and 11.1.3"
        return f"{told}; {self.difference}" if self.difference else told


def likeness(binary: Binary) -> Likeness:
    """Run the script on a binary and on the embedded machine."""
    embedded = acpi.boot(RECORDED)
    same, first = 0, ""
    with RealQ35(binary, RECORDED) as real:
        for number, request in enumerate(SCRIPT, 1):
            embedded, outcome = acpi.step(embedded, request)
            expected, got = _answer(outcome), _answer(real.ask(request))
            same += expected == got
            if expected != got and not first:
                name = type(request).__name__
                first = f"at step {number} ({name}) {got}, and not {expected}"
    return Likeness(len(SCRIPT), same, first)


def _answer(outcome: AcpiOutcome) -> str:
    reply = outcome.reply
    if isinstance(reply, Aborted):
        return f"it ends: {reply.abort.function}"
    return answer_text(outcome)
