"""The format of recordings: the requests to a real QEMU and its answers, as JSON lines.

One transcript a line: ``{"name", "revision", "steps": [...]}``.  A step is a request (``op`` and
its arguments) with ``reply``, or ``aborted`` where QEMU hit an assertion, and ``events`` where
there were QMP events.  Integers are decimal, times are ns of the guest's clock.

This module checks the format and turns steps into requests; anything it does not know is a
`RecordingError`, not a difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from kit.common import json_fields as fields
from kit.common.errors import RecordingError, UnknownRevisionError
from kit.common.json_fields import FormatError, Json
from kit.machine.catalogue import find_revision
from kit.machine.pseries.rtas import RTAS_NAMES
from kit.machine.q35.messages import AcpiRequest
from kit.machine.requests import (
    CheckException,
    ClockStep,
    ConfigureConnector,
    CpuCore,
    DeviceAdd,
    DeviceDel,
    Dimm,
    GetSensorState,
    Migrate,
    PciFunction,
    Phb,
    QueryHotpluggableCpus,
    QueryMemoryDevices,
    RawRtas,
    Request,
    SetIndicator,
    SystemReset,
)
from kit.machine.revision import Board, Revision
from kit.recordings.q35_format import AcpiTranscript, acpi_request, acpi_transcript

__all__ = [
    "Json",
    "RecordedStep",
    "RecordingScript",
    "Transcript",
    "read_scripts",
    "read_transcripts",
]

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """One request and what QEMU answered: a reply, or ``aborted``; ``events`` as recorded."""

    op: str
    request: Request
    reply: Json
    aborted: Json
    events: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Transcript:
    """A named script as it ran on a real QEMU of ``revision``."""

    name: str
    revision: Revision
    steps: tuple[RecordedStep, ...]


def read_transcripts(lines: Iterable[str], where: str) -> Iterator[Transcript | AcpiTranscript]:
    """Read transcripts, one a line; empty lines are skipped.

    A transcript that names its ``machine`` instead of a revision is one of q35, read by
    `kit.recordings.q35_format`.

    Args:
        lines: The text of a recording.
        where: Its name, for messages.

    Raises:
        RecordingError: A line breaks the format: says where, what, and what was expected.
    """
    return _each(lines, where, lambda d: acpi_transcript(d) if _is_q35(d) else _transcript(d))


@dataclass(frozen=True, slots=True)
class RecordingScript:
    """The requests of a recording, without answers: each step as it is written, and its request."""

    name: str
    board: Board
    steps: tuple[tuple[Json, Request | AcpiRequest], ...]


def read_scripts(lines: Iterable[str], where: str) -> Iterator[RecordingScript]:
    """Read the requests of recordings; answers and the revision may be missing.

    Args:
        lines: The text of a recording.
        where: Its name, for messages.

    Raises:
        RecordingError: A line breaks the format: says where, what, and what was expected.
    """
    return _each(lines, where, _script)


def _each(lines: Iterable[str], where: str, read: Callable[[Json], R]) -> Iterator[R]:
    none = True
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        none = False
        try:
            yield read(fields.load(line))
        except (FormatError, UnknownRevisionError) as error:
            raise RecordingError(f"{where}:{number}: {error}") from None
        except ValueError as error:
            raise RecordingError(f"{where}:{number}: not a JSON object a line: {error}") from None
    if none:
        raise RecordingError(f"{where}: holds no transcript")


def _is_q35(data: Json) -> bool:
    return isinstance(data, dict) and "machine" in data


# -- reading -----------------------------------------------------------------------------------


def _transcript(data: Json) -> Transcript:
    fields.check_keys(data, "a transcript", {"name", "revision", "steps"})
    name, steps = fields.text(data, "name"), data["steps"]
    if not isinstance(steps, list):
        raise FormatError(f"transcript {fields.short(name)}: steps is not a list")
    revision = find_revision(fields.text(data, "revision"))
    read: list[RecordedStep] = []
    for number, step in enumerate(steps, 1):
        try:
            if read and read[-1].aborted is not None:
                raise FormatError("QEMU aborted in the step before; a recording ends there")
            read.append(_step(step))
        except FormatError as error:
            raise FormatError(f"transcript {fields.short(name)}, step {number}: {error}") from None
    return Transcript(name, revision, tuple(read))


_ANSWERS = {"reply", "aborted", "events"}


def _script(data: Json) -> RecordingScript:
    fields.check_keys(data, "a script", {"name", "steps"}, {"revision", "machine", "version"})
    name, steps = fields.text(data, "name"), data["steps"]
    if not isinstance(steps, list):
        raise FormatError(f"script {fields.short(name)}: steps is not a list")
    q35 = _is_q35(data)
    if q35 and data["machine"] != Board.Q35.value:
        raise FormatError(f"unknown machine {fields.short(data['machine'])}; known: q35")
    read: list[tuple[Json, Request | AcpiRequest]] = []
    for number, step in enumerate(steps, 1):
        try:
            if not isinstance(step, dict):
                raise FormatError("a step is not an object")
            asked = {key: value for key, value in step.items() if key not in _ANSWERS}
            read.append((asked, acpi_request(asked) if q35 else _request(asked)))
        except FormatError as error:
            raise FormatError(f"script {fields.short(name)}, step {number}: {error}") from None
    return RecordingScript(name, Board.Q35 if q35 else Board.PSERIES, tuple(read))


def _request(asked: Json) -> Request:
    spec = _op(asked)
    device = _device_spec(asked) if asked["op"] == "device_add" else _NO_DEVICE
    needed = {"op"} | spec.needed | device.needed
    fields.check_keys(asked, f"op {asked['op']}", needed, spec.optional | device.optional)
    return spec.request(asked)


def _op(data: Json) -> _Op:
    op = data.get("op")
    if not isinstance(op, str) or op not in _OPS:
        raise FormatError(f"unknown op {fields.short(op)}; known: {', '.join(_OPS)}")
    return _OPS[op]


def _step(data: Json) -> RecordedStep:
    if not isinstance(data, dict):
        raise FormatError("a step is not an object")
    spec, op = _op(data), str(data["op"])
    answer = "aborted" if "aborted" in data else "reply"
    device = _device_spec(data) if op == "device_add" else _NO_DEVICE
    needed = {"op", answer} | spec.needed | device.needed
    fields.check_keys(data, f"op {op}", needed, {"events"} | spec.optional | device.optional)
    if answer == "aborted":
        fields.check_keys(data["aborted"], "aborted", {"function", "assertion"}, {"file"})
        for key in data["aborted"]:
            fields.text(data["aborted"], key)
    else:
        spec.check_reply(data["reply"])
    events = data.get("events", [])
    if not isinstance(events, list):
        raise FormatError("events is not a list")
    for event in events:
        _check_event(event)
    return RecordedStep(
        op, spec.request(data), data.get("reply"), data.get("aborted"), tuple(events)
    )


# -- requests ----------------------------------------------------------------------------------


def _dimm(data: Json) -> Dimm:
    return Dimm(
        fields.positive(data, "size_mib"), fields.number(data, "addr"), fields.text(data, "id")
    )


def _pci(data: Json) -> PciFunction:
    multifunction = data.get("multifunction", False)
    if not isinstance(multifunction, bool):
        raise FormatError(f"multifunction is {fields.short(multifunction)}, not true or false")
    return PciFunction(
        fields.text(data, "bus"), fields.text(data, "addr"), multifunction, fields.text(data, "id")
    )


def _migrate(data: Json) -> Migrate:
    dimms = data.get("dimms", [])
    if not isinstance(dimms, list):
        raise FormatError("dimms is not a list")
    for dimm in dimms:
        fields.check_keys(dimm, "a dimm", {"id", "size_mib", "addr"})
    return Migrate(fields.numbers(data, "cores"), tuple(_dimm(dimm) for dimm in dimms))


def _rtas(data: Json) -> RawRtas:
    name, nret = fields.text(data, "name"), fields.number(data, "nret")
    if name not in RTAS_NAMES:
        raise FormatError(
            f"unknown RTAS call {fields.short(name)}; known: {', '.join(sorted(RTAS_NAMES))}"
        )
    if not 0 <= nret <= 16:
        raise FormatError(f"nret is {nret}, not 0 to 16")
    return RawRtas(name, fields.numbers(data, "args"), nret)


def _forward(data: Json) -> ClockStep:
    if fields.number(data, "ns") < 0:
        raise FormatError(f"ns is {data['ns']}; the clock does not go back")
    return ClockStep(data["ns"])


def _calls(data: Json) -> ConfigureConnector:
    calls = fields.positive(data, "calls") if "calls" in data else None
    return ConfigureConnector(fields.number(data, "index"), calls)


# -- replies: their keys -----------------------------------------------------------------------


def _has(*keys: str) -> Callable[[Json], None]:
    def check(reply: Json) -> None:
        fields.check_keys(reply, "reply", set(keys))
        for key in keys:
            (fields.numbers if key in ("rets", "plugged") else fields.number)(reply, key)

    return check


def _check_exception(reply: Json) -> None:
    fields.check_keys(reply, "reply", {"status"}, {"hotplug"})
    fields.number(reply, "status")
    if "hotplug" in reply:
        fields.check_keys(
            reply["hotplug"],
            "reply.hotplug",
            {"type", "action", "identifier"},
            {"index", "count"},
        )
        for key in reply["hotplug"]:
            fields.number(reply["hotplug"], key)


def _check_dimms(reply: Json) -> None:
    fields.check_keys(reply, "reply", {"dimms"})
    if not isinstance(reply["dimms"], list):
        raise FormatError("reply.dimms is not a list")
    for dimm in reply["dimms"]:
        fields.check_keys(dimm, "a dimm of the reply", {"id", "addr", "size_mib"})
        fields.text(dimm, "id")
        for key in ("addr", "size_mib"):
            fields.number(dimm, key)


@dataclass(frozen=True, slots=True)
class _Op:
    """How one op is written: its keys, the request it stands for, the keys of its reply."""

    request: Callable[[Json], Request]
    check_reply: Callable[[Json], None]
    needed: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Device:
    needed: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    read: Callable[[Json], CpuCore | Dimm | Phb | PciFunction] | None = None


_NO_DEVICE = _Device()
_DEVICES: Mapping[str, _Device] = {
    "cpu-core": _Device(
        frozenset({"id", "core_id"}),
        read=lambda data: CpuCore(fields.number(data, "core_id"), fields.text(data, "id")),
    ),
    "dimm": _Device(frozenset({"id", "size_mib", "addr"}), read=_dimm),
    "phb": _Device(
        frozenset({"id", "index"}),
        read=lambda data: Phb(fields.number(data, "index"), fields.text(data, "id")),
    ),
    "pci": _Device(frozenset({"id", "bus", "addr"}), frozenset({"multifunction"}), _pci),
}


def _device_spec(data: Json) -> _Device:
    kind = data.get("device")
    if not isinstance(kind, str) or kind not in _DEVICES:
        raise FormatError(f"unknown device {fields.short(kind)}; known: {', '.join(_DEVICES)}")
    return _DEVICES[kind]


def _device_add(data: Json) -> DeviceAdd:
    read = _device_spec(data).read
    assert read is not None
    return DeviceAdd(read(data))


_OPS: Mapping[str, _Op] = {
    "device_add": _Op(_device_add, fields.check_qmp, frozenset({"device"})),
    "device_del": _Op(
        lambda d: DeviceDel(fields.text(d, "id")), fields.check_qmp, frozenset({"id"})
    ),
    "set_indicator": _Op(
        lambda d: SetIndicator(
            fields.number(d, "indicator"), fields.number(d, "index"), fields.number(d, "state")
        ),
        _has("status"),
        frozenset({"indicator", "index", "state"}),
    ),
    "get_sensor_state": _Op(
        lambda d: GetSensorState(fields.number(d, "sensor"), fields.number(d, "index")),
        _has("status", "state"),
        frozenset({"sensor", "index"}),
    ),
    "configure_connector": _Op(
        _calls, _has("status", "calls"), frozenset({"index"}), frozenset({"calls"})
    ),
    "check_exception": _Op(
        lambda d: CheckException(fields.number(d, "mask")), _check_exception, frozenset({"mask"})
    ),
    "rtas": _Op(_rtas, _has("rets"), frozenset({"name", "args", "nret"})),
    "clock_step": _Op(_forward, _has("now_ns"), frozenset({"ns"})),
    "system_reset": _Op(lambda _: SystemReset(), _has()),
    "migrate": _Op(_migrate, _has(), frozenset({"cores"}), frozenset({"dimms"})),
    "query_hotpluggable_cpus": _Op(lambda _: QueryHotpluggableCpus(), _has("plugged")),
    "query_memory_devices": _Op(lambda _: QueryMemoryDevices(), _check_dimms),
}


# -- events ------------------------------------------------------------------------------------

_EVENT_KEYS: Mapping[str, set[str]] = {
    "DEVICE_DELETED": {"event", "device"},
    "MEM_UNPLUG_ERROR": {"event", "device", "msg"},
    "DEVICE_UNPLUG_GUEST_ERROR": {"event", "device"},
}


def _check_event(event: Json) -> None:
    name = event.get("event") if isinstance(event, dict) else None
    if not isinstance(name, str) or name not in _EVENT_KEYS:
        raise FormatError(f"unknown event {fields.short(name)}; known: {', '.join(_EVENT_KEYS)}")
    fields.check_keys(event, f"event {name}", _EVENT_KEYS[name])
    for key in event:
        fields.text(event, key)
