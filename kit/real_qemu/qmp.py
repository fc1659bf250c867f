"""QMP's answers and events as the values of the embedded machines.

A build's output comes from outside: a shape that QMP does not have is a `BackendError`.

Source: QEMU's QAPI schema (qapi/qdev.json, qapi/machine.json, qapi/acpi.json).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from kit.machine.config import MIB
from kit.machine.events import (
    DeviceDeleted,
    Emitted,
    ErrorReport,
    HotpluggableCpu,
    MemoryDevice,
    QmpError,
    QmpReturn,
)
from kit.machine.q35.messages import AcpiDeviceOst, AcpiEmitted, OstInfo
from kit.real_qemu.channel.failures import BackendError, is_warning
from kit.real_qemu.channel.wire import QmpAnswer, QmpEvent, QmpFailure
from kit.recordings.qmp_events import QmpEmitted, ost_info_of, read_event

__all__ = [
    "acpi_events",
    "hotpluggable_cpus",
    "memory_devices",
    "ospm_status",
    "reply_of",
    "spapr_events",
]

T = TypeVar("T")

# A device of its own, and not a part of one: core1/thread[0] is deleted along with core1.
_DEVICE_PATH = re.compile(r"/machine/(peripheral|peripheral-anon|unattached)/[^/]+")
_REPORT = re.compile(r"[^:\s]*qemu[^:\s]*: (?P<text>.+)")


def reply_of(answer: QmpAnswer | QmpFailure) -> QmpReturn | QmpError:
    """Return the answer to a command whose value does not matter."""
    if isinstance(answer, QmpFailure):
        return QmpError(answer.error_class, answer.desc)
    return QmpReturn()


def _read(what: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except (LookupError, TypeError, ValueError, AttributeError):
        raise BackendError(f"{what} of this build is not as QMP has it") from None


def hotpluggable_cpus(value: Any) -> tuple[HotpluggableCpu, ...]:  # noqa: ANN401 - JSON
    """Return the answer to query-hotpluggable-cpus."""
    return _read(
        "query-hotpluggable-cpus",
        lambda: tuple(
            HotpluggableCpu(_slot_number(slot["props"]), slot.get("qom-path")) for slot in value
        ),
    )


def _slot_number(props: Mapping[str, Any]) -> int:
    """Return a slot's number; of q35's sockets, cores and threads only one counts here."""
    if "socket-id" in props:
        return int(props["socket-id"]) + int(props.get("core-id", 0))
    return int(props["core-id"])


def memory_devices(value: Any) -> tuple[MemoryDevice, ...]:  # noqa: ANN401 - JSON
    """Return the answer to query-memory-devices, by address."""
    found = _read(
        "query-memory-devices",
        lambda: [
            MemoryDevice(data.get("id"), int(data["addr"]), int(data["size"]) // MIB)
            for data in (one["data"] for one in value)
        ],
    )
    return tuple(sorted(found, key=lambda device: device.addr))


def ospm_status(value: Any) -> tuple[OstInfo, ...]:  # noqa: ANN401 - JSON
    """Return the answer to query-acpi-ospm-status."""
    return _read("query-acpi-ospm-status", lambda: tuple(ost_info_of(one) for one in value))


def _read_event(event: QmpEvent) -> QmpEmitted | None:
    """Return an event; None for one that the embedded machines do not have."""
    found = _read(event.name, lambda: read_event(event.name, event.data))
    part = isinstance(found, DeviceDeleted) and not _DEVICE_PATH.fullmatch(found.path)
    return None if part else found


def spapr_events(events: Iterable[QmpEvent], lines: Iterable[str]) -> tuple[Emitted, ...]:
    """Return QEMU's events: those of QMP, then the errors in its own log."""
    found = map(_read_event, events)
    told = [one for one in found if one is not None and not isinstance(one, AcpiDeviceOst)]
    errors = (line for line in lines if not is_warning(line))
    reports = [match["text"] for match in map(_REPORT.match, errors) if match]
    return (*told, *map(ErrorReport, reports))


def acpi_events(events: Iterable[QmpEvent]) -> tuple[AcpiEmitted, ...]:
    """Return QEMU's events on a q35 machine."""
    return tuple(one for one in map(_read_event, events) if isinstance(one, AcpiEmitted))
