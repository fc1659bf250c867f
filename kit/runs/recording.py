"""The format of recordings: what was asked of a real QEMU and what it answered, as JSON lines.

One transcript a line: ``{"name", "revision", "steps": [...]}``.  A step is a request (``op`` and
its arguments) with ``reply``, or ``aborted`` where QEMU hit an assertion, and ``events`` where QMP
events were seen.  Integers are decimal, times are ns of the guest's clock.

This module checks the format and turns steps into requests; anything it does not know is a
`RecordingError`, not a difference.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kit.errors import RecordingError, UnknownRevisionError
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
from kit.machine.revision import Revision, find_revision
from kit.machine.rtas import RTAS_NAMES

__all__ = ["Json", "RecordedStep", "Transcript", "read_transcripts"]

Json = Any
"""A value as json.loads makes it."""


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


def read_transcripts(lines: Iterable[str], where: str) -> Iterator[Transcript]:
    """Read transcripts, one a line; empty lines are passed over.

    Args:
        lines: The text of a recording.
        where: Its name, for messages.

    Raises:
        RecordingError: A line breaks the format: says where, what, and what was expected.
    """
    none = True
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        none = False
        try:
            yield _transcript(_loaded(line))
        except (_FormatError, UnknownRevisionError) as error:
            raise RecordingError(f"{where}:{number}: {error}") from None
        except (ValueError, RecursionError) as error:
            raise RecordingError(f"{where}:{number}: not a JSON object a line: {error}") from None
    if none:
        raise RecordingError(f"{where}: holds no transcript")


def _loaded(line: str) -> Json:
    """Read one line of JSON, and only what every reader of JSON takes alike."""
    return json.loads(line, parse_constant=_refuse_constant, object_pairs_hook=_unique)


def _refuse_constant(name: str) -> Json:
    raise _FormatError(f"{name} is no JSON number")


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _FormatError(
            f"key {_short(next(k for k in keys if keys.count(k) > 1))} is given twice"
        )
    return found


def _short(value: Json) -> str:
    """Quote a value in a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


class _FormatError(Exception):
    """What is wrong within one line."""


# -- reading -----------------------------------------------------------------------------------


def _transcript(data: Json) -> Transcript:
    _keys(data, "a transcript", {"name", "revision", "steps"})
    name, steps = _text(data, "name"), data["steps"]
    if not isinstance(steps, list):
        raise _FormatError(f"transcript {_short(name)}: steps is not a list")
    revision = find_revision(_text(data, "revision"))
    read: list[RecordedStep] = []
    for number, step in enumerate(steps, 1):
        try:
            if read and read[-1].aborted is not None:
                raise _FormatError("QEMU aborted in the step before; a recording ends there")
            read.append(_step(step))
        except _FormatError as error:
            raise _FormatError(f"transcript {_short(name)}, step {number}: {error}") from None
    return Transcript(name, revision, tuple(read))


def _step(data: Json) -> RecordedStep:
    if not isinstance(data, dict):
        raise _FormatError("a step is not an object")
    op = data.get("op")
    if not isinstance(op, str) or op not in _OPS:
        raise _FormatError(f"unknown op {_short(op)}; known: {', '.join(_OPS)}")
    spec = _OPS[op]
    answer = "aborted" if "aborted" in data else "reply"
    device = _device_spec(data) if op == "device_add" else _NO_DEVICE
    needed = {"op", answer} | spec.needed | device.needed
    _keys(data, f"op {op}", needed, {"events"} | spec.optional | device.optional)
    if answer == "aborted":
        _keys(data["aborted"], "aborted", {"function", "assertion"}, {"file"})
        for key in data["aborted"]:
            _text(data["aborted"], key)
    else:
        spec.check_reply(data["reply"])
    events = data.get("events", [])
    if not isinstance(events, list):
        raise _FormatError("events is not a list")
    for event in events:
        _check_event(event)
    return RecordedStep(
        op, spec.request(data), data.get("reply"), data.get("aborted"), tuple(events)
    )


def _keys(data: Json, what: str, needed: set[str], optional: Iterable[str] = ()) -> None:
    if not isinstance(data, dict):
        raise _FormatError(f"{what} is not an object")
    unknown = data.keys() - needed - set(optional)
    if unknown:
        raise _FormatError(f"{what}: unknown key {_short(sorted(unknown)[0])}")
    missing = needed - data.keys()
    if missing:
        raise _FormatError(f"{what}: key {sorted(missing)[0]!r} is missing")


def _number(data: Json, key: str) -> int:
    value = data[key]
    if type(value) is not int or abs(value) >= 1 << 64:
        raise _FormatError(f"{key} is {_short(value)}, not an integer of 64 bits")
    return int(value)


def _text(data: Json, key: str) -> str:
    value = data[key]
    if not isinstance(value, str):
        raise _FormatError(f"{key} is {_short(value)}, not a text")
    return value


def _numbers(data: Json, key: str) -> tuple[int, ...]:
    values = data[key]
    if not isinstance(values, list) or any(
        type(value) is not int or abs(value) >= 1 << 64 for value in values
    ):
        raise _FormatError(f"{key} is {_short(values)}, not a list of integers of 64 bits")
    return tuple(values)


# -- requests ----------------------------------------------------------------------------------


def _dimm(data: Json) -> Dimm:
    return Dimm(_positive(data, "size_mib"), _number(data, "addr"), _text(data, "id"))


def _positive(data: Json, key: str) -> int:
    value = _number(data, key)
    if value <= 0:
        raise _FormatError(f"{key} is {value}, not a positive number")
    return value


def _pci(data: Json) -> PciFunction:
    multifunction = data.get("multifunction", False)
    if not isinstance(multifunction, bool):
        raise _FormatError(f"multifunction is {_short(multifunction)}, not true or false")
    return PciFunction(_text(data, "bus"), _text(data, "addr"), multifunction, _text(data, "id"))


def _migrate(data: Json) -> Migrate:
    dimms = data.get("dimms", [])
    if not isinstance(dimms, list):
        raise _FormatError("dimms is not a list")
    for dimm in dimms:
        _keys(dimm, "a dimm", {"id", "size_mib", "addr"})
    return Migrate(_numbers(data, "cores"), tuple(_dimm(dimm) for dimm in dimms))


def _rtas(data: Json) -> RawRtas:
    name, nret = _text(data, "name"), _number(data, "nret")
    if name not in RTAS_NAMES:
        raise _FormatError(
            f"unknown RTAS call {_short(name)}; known: {', '.join(sorted(RTAS_NAMES))}"
        )
    if not 0 <= nret <= 16:
        raise _FormatError(f"nret is {nret}, not 0 to 16")
    return RawRtas(name, _numbers(data, "args"), nret)


def _forward(data: Json) -> ClockStep:
    if _number(data, "ns") < 0:
        raise _FormatError(f"ns is {data['ns']}; the clock does not go back")
    return ClockStep(data["ns"])


def _calls(data: Json) -> ConfigureConnector:
    calls = _positive(data, "calls") if "calls" in data else None
    return ConfigureConnector(_number(data, "index"), calls)


# -- replies: their keys -----------------------------------------------------------------------


def _has(*keys: str) -> Callable[[Json], None]:
    def check(reply: Json) -> None:
        _keys(reply, "reply", set(keys))
        for key in keys:
            (_numbers if key in ("rets", "plugged") else _number)(reply, key)

    return check


def _check_qmp(reply: Json) -> None:
    if isinstance(reply, dict) and "error" in reply:
        _keys(reply, "reply", {"error"})
        _keys(reply["error"], "reply.error", {"class", "desc"})
        for key in ("class", "desc"):
            _text(reply["error"], key)
    else:
        _keys(reply, "reply", {"return"})
        _keys(reply["return"], "reply.return", set())


def _check_exception(reply: Json) -> None:
    _keys(reply, "reply", {"status"}, {"hotplug"})
    _number(reply, "status")
    if "hotplug" in reply:
        _keys(
            reply["hotplug"],
            "reply.hotplug",
            {"type", "action", "identifier"},
            {"index", "count"},
        )
        for key in reply["hotplug"]:
            _number(reply["hotplug"], key)


def _check_dimms(reply: Json) -> None:
    _keys(reply, "reply", {"dimms"})
    if not isinstance(reply["dimms"], list):
        raise _FormatError("reply.dimms is not a list")
    for dimm in reply["dimms"]:
        _keys(dimm, "a dimm of the reply", {"id", "addr", "size_mib"})
        _text(dimm, "id")
        for key in ("addr", "size_mib"):
            _number(dimm, key)


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
        read=lambda data: CpuCore(_number(data, "core_id"), _text(data, "id")),
    ),
    "dimm": _Device(frozenset({"id", "size_mib", "addr"}), read=_dimm),
    "phb": _Device(
        frozenset({"id", "index"}), read=lambda data: Phb(_number(data, "index"), _text(data, "id"))
    ),
    "pci": _Device(frozenset({"id", "bus", "addr"}), frozenset({"multifunction"}), _pci),
}


def _device_spec(data: Json) -> _Device:
    kind = data.get("device")
    if not isinstance(kind, str) or kind not in _DEVICES:
        raise _FormatError(f"unknown device {_short(kind)}; known: {', '.join(_DEVICES)}")
    return _DEVICES[kind]


def _device_add(data: Json) -> DeviceAdd:
    read = _device_spec(data).read
    assert read is not None
    return DeviceAdd(read(data))


_OPS: Mapping[str, _Op] = {
    "device_add": _Op(_device_add, _check_qmp, frozenset({"device"})),
    "device_del": _Op(lambda d: DeviceDel(_text(d, "id")), _check_qmp, frozenset({"id"})),
    "set_indicator": _Op(
        lambda d: SetIndicator(_number(d, "indicator"), _number(d, "index"), _number(d, "state")),
        _has("status"),
        frozenset({"indicator", "index", "state"}),
    ),
    "get_sensor_state": _Op(
        lambda d: GetSensorState(_number(d, "sensor"), _number(d, "index")),
        _has("status", "state"),
        frozenset({"sensor", "index"}),
    ),
    "configure_connector": _Op(
        _calls, _has("status", "calls"), frozenset({"index"}), frozenset({"calls"})
    ),
    "check_exception": _Op(
        lambda d: CheckException(_number(d, "mask")), _check_exception, frozenset({"mask"})
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
        raise _FormatError(f"unknown event {_short(name)}; known: {', '.join(_EVENT_KEYS)}")
    _keys(event, f"event {name}", _EVENT_KEYS[name])
    for key in event:
        _text(event, key)
