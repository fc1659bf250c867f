"""The format of recordings of q35 machines, the contrast to pseries.

``{"name", "machine": "q35", "version", "steps": [...]}``, steps as in `kit.recordings.format`, but
never ``aborted``; the guest's side is register accesses.  DEVICE_DELETED is not part of them: a
stopped QEMU under TCG sends it late or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kit.common.json_fields import (
    FormatError,
    Json,
    check_keys,
    check_qmp,
    number,
    numbers,
    short,
    text,
)
from kit.machine.q35.messages import (
    AcpiDeviceOst,
    AcpiEmitted,
    AcpiReply,
    AcpiRequest,
    OspmStatusReturn,
    OstInfo,
    QueryAcpiOspmStatus,
    ReadStatus,
    ReportOst,
    SlotStatusReturn,
    SlotType,
    WriteControl,
)
from kit.machine.q35.step import AcpiConfig
from kit.machine.requests import (
    CpuCore,
    DeviceAdd,
    DeviceDel,
    QueryHotpluggableCpus,
    SystemReset,
)
from kit.recordings.answers import reply_json

__all__ = [
    "RECORDED",
    "AcpiStep",
    "AcpiTranscript",
    "acpi_event_json",
    "acpi_reply_json",
    "acpi_request",
    "acpi_transcript",
]

RECORDED = AcpiConfig(max_cpus=4, slots=0)
"""The command line of the recordings: ``-smp 1,maxcpus=4``, and no slots for DIMMs."""

_VERSION = re.compile(r"7\.2(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class AcpiStep:
    """One request and what QEMU answered; ``events`` as recorded."""

    op: str
    request: AcpiRequest
    reply: Json
    events: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class AcpiTranscript:
    """A named script as it ran on a real q35 machine of QEMU ``version``."""

    name: str
    version: str
    steps: tuple[AcpiStep, ...]


def acpi_transcript(data: Json) -> AcpiTranscript:
    """Read one transcript that names its machine.

    Raises:
        FormatError: It breaks the format: says what, and what was expected.
    """
    check_keys(data, "a transcript", {"name", "machine", "version", "steps"})
    name, machine, version = text(data, "name"), text(data, "machine"), text(data, "version")
    steps = data["steps"]
    if machine != "q35":
        raise FormatError(f"unknown machine {short(machine)}; known: q35 (pseries has a revision)")
    if not _VERSION.fullmatch(version):
        raise FormatError(f"version {short(version)} of q35 is not embedded; known: 7.2")
    if not isinstance(steps, list):
        raise FormatError(f"transcript {short(name)}: steps is not a list")
    read: list[AcpiStep] = []
    for count, step in enumerate(steps, 1):
        try:
            read.append(_step(step))
        except FormatError as error:
            raise FormatError(f"transcript {short(name)}, step {count}: {error}") from None
    return AcpiTranscript(name, version, tuple(read))


def acpi_request(asked: Json) -> AcpiRequest:
    """Read what a step asks, without its answer.

    Raises:
        FormatError: It breaks the format: says what, and what was expected.
    """
    spec = _op(asked)
    check_keys(asked, f"op {asked['op']}", {"op", *spec.needed})
    return spec.request(asked)


def _op(data: Json) -> _Q35Op:
    op = data.get("op")
    if not isinstance(op, str) or op not in _OPS:
        raise FormatError(f"unknown op {short(op)}; known on q35: {', '.join(_OPS)}")
    return _OPS[op]


def _step(data: Json) -> AcpiStep:
    if not isinstance(data, dict):
        raise FormatError("a step is not an object")
    spec, op = _op(data), str(data["op"])
    check_keys(data, f"op {op}", {"op", "reply", *spec.needed}, {"events"})
    request = spec.request(data)
    spec.check_reply(data["reply"])
    events = data.get("events", [])
    if not isinstance(events, list):
        raise FormatError("events is not a list")
    for event in events:
        _check_event(event)
    return AcpiStep(op, request, data["reply"], tuple(events))


def _check_event(event: Json) -> None:
    name = event.get("event") if isinstance(event, dict) else None
    if name != "ACPI_DEVICE_OST":
        raise FormatError(f"unknown event {short(name)}; known on q35: ACPI_DEVICE_OST")
    _check_ost_info(event, f"event {name}", {"event"})


def _check_ost_info(info: Json, what: str, more: set[str]) -> None:
    check_keys(info, what, {"source", "status", "slot", "slot_type", *more}, {"device"})
    for key in ("source", "status"):
        number(info, key)
    for key in info.keys() - {"source", "status"}:
        text(info, key)


# -- replies -----------------------------------------------------------------------------------


def _check_nothing(reply: Json) -> None:
    check_keys(reply, "reply", set())


def _check_status(reply: Json) -> None:
    check_keys(reply, "reply", {"status"})
    number(reply, "status")


def _check_plugged(reply: Json) -> None:
    check_keys(reply, "reply", {"plugged"})
    numbers(reply, "plugged")


def _check_slots(reply: Json) -> None:
    check_keys(reply, "reply", {"slots"})
    if not isinstance(reply["slots"], list):
        raise FormatError("reply.slots is not a list")
    for slot in reply["slots"]:
        _check_ost_info(slot, "a slot of the reply", set())


# -- steps -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Q35Op:
    """How one op is written: its keys, the request it stands for, the keys of its reply."""

    request: Callable[[Json], AcpiRequest]
    check_reply: Callable[[Json], None]
    needed: tuple[str, ...] = ()


_OPS: Mapping[str, _Q35Op] = {
    "device_add": _Q35Op(
        lambda d: DeviceAdd(CpuCore(number(d, "core_id"), text(d, "id"))),
        check_qmp,
        ("id", "core_id"),
    ),
    "device_del": _Q35Op(lambda d: DeviceDel(text(d, "id")), check_qmp, ("id",)),
    "cpu_status": _Q35Op(
        lambda d: ReadStatus(SlotType.CPU, number(d, "slot")), _check_status, ("slot",)
    ),
    "cpu_control": _Q35Op(
        lambda d: WriteControl(SlotType.CPU, number(d, "slot"), number(d, "bits")),
        _check_nothing,
        ("slot", "bits"),
    ),
    "cpu_ost": _Q35Op(
        lambda d: ReportOst(
            SlotType.CPU, number(d, "slot"), number(d, "event"), number(d, "status")
        ),
        _check_nothing,
        ("slot", "event", "status"),
    ),
    "query_acpi_ospm_status": _Q35Op(lambda _: QueryAcpiOspmStatus(), _check_slots),
    "query_hotpluggable_cpus": _Q35Op(lambda _: QueryHotpluggableCpus(), _check_plugged),
    "system_reset": _Q35Op(lambda _: SystemReset(), _check_nothing),
}


def acpi_event_json(emitted: AcpiEmitted) -> Json:
    """Write a QMP event as recordings of q35 do; None for an event that they leave out."""
    if isinstance(emitted, AcpiDeviceOst):
        return {"event": "ACPI_DEVICE_OST", **_info_json(emitted.info)}
    return None


def acpi_reply_json(reply: AcpiReply) -> Json:
    """Write a reply as recordings of q35 do."""
    match reply:
        case SlotStatusReturn(bits):
            return {"status": bits}
        case OspmStatusReturn(slots):
            return {"slots": [_info_json(info) for info in slots]}
        case _:
            return reply_json(reply)


def _info_json(info: OstInfo) -> dict[str, Json]:
    return {
        **({} if info.device is None else {"device": info.device}),
        "source": info.source,
        "status": info.status,
        "slot": str(info.slot),
        "slot_type": info.slot_type.value,
    }
