"""QEMU's trace log of hot-plug over ACPI: what the guest writes, and what QEMU does then.

Source: QEMU hw/acpi/trace-events (cpuhp_acpi_*, mhp_acpi_*, acpi_pci_*); docs/devel/tracing.rst.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kit.actors.messages import Actor
from kit.logs.entries import LogFormat, TraceStep
from kit.logs.formats.base import Format, Item, LogLine, SkippedLine, by_line, by_pattern
from kit.logs.formats.trace import trace_time

__all__ = ["FORMAT"]

ACPI_TRACE = LogFormat(
    "QEMU trace log of ACPI",
    note=(
        "A trace shows the guest's writes and QEMU's steps, and no command of anybody; log QMP,"
        " too, to see those."
    ),
)


@dataclass(frozen=True, slots=True)
class _Traced:
    """What an event is about, who does it, and which value a reader needs."""

    device: str
    by: Actor
    detail: str = ""


_CPU, _DIMM, _PCI = "CPU {first}", "memory slot {first}", "PCI slot {second} of bus {first}"
_EVENTS: Mapping[str, _Traced] = {
    "cpuhp_acpi_clear_inserting_evt": _Traced(_CPU, Actor.GUEST),
    "cpuhp_acpi_clear_remove_evt": _Traced(_CPU, Actor.GUEST),
    "cpuhp_acpi_ejecting_cpu": _Traced(_CPU, Actor.GUEST),
    "cpuhp_acpi_fw_remove_cpu": _Traced(_CPU, Actor.GUEST),
    "cpuhp_acpi_write_ost_ev": _Traced(_CPU, Actor.GUEST, "{second:#x}"),
    "cpuhp_acpi_write_ost_status": _Traced(_CPU, Actor.GUEST, "{second:#x}"),
    "mhp_acpi_clear_insert_evt": _Traced(_DIMM, Actor.GUEST),
    "mhp_acpi_clear_remove_evt": _Traced(_DIMM, Actor.GUEST),
    "mhp_acpi_write_ost_ev": _Traced(_DIMM, Actor.GUEST, "{second:#x}"),
    "mhp_acpi_write_ost_status": _Traced(_DIMM, Actor.GUEST, "{second:#x}"),
    "mhp_acpi_pc_dimm_deleted": _Traced(_DIMM, Actor.QEMU),
    "mhp_acpi_pc_dimm_delete_failed": _Traced(_DIMM, Actor.QEMU),
    "acpi_pci_eject_slot": _Traced(_PCI, Actor.GUEST),
    "acpi_pci_unplug_request": _Traced(_PCI, Actor.QEMU),
    "acpi_pci_unplug": _Traced(_PCI, Actor.QEMU),
}
"""The events that change something; QEMU traces each poll of the guest as well."""

_LINE = re.compile(r"(?:^|[\s:])(?P<event>(?:cpuhp|mhp)_acpi_[a-z_0-9]+|acpi_pci_[a-z_]+)\s")
_NUMBER = re.compile(r"\b0x[0-9a-f]{1,8}\b|(?<=: )\d{1,9}\b")


def _read(line: LogLine) -> Iterator[Item]:
    match = _LINE.search(line.text[:300])
    traced = None if match is None else _EVENTS.get(match["event"])
    if match is None or traced is None:
        yield SkippedLine()
        return
    found = (int(one, 0) for one in _NUMBER.findall(line.text[match.end("event") : 300]))
    numbers = dict(zip(("first", "second"), found, strict=False))
    try:
        device, detail = traced.device.format(**numbers), traced.detail.format(**numbers)
    except KeyError:  # a number is missing
        yield SkippedLine()
        return
    step = TraceStep(match["event"], device, detail)
    yield line.says(step, traced.by, Actor.QEMU, trace_time(line.text))


FORMAT = Format(ACPI_TRACE, by_pattern(_LINE, 8), by_line(_read))
