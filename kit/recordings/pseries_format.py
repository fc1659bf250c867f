"""The ops, replies and events of recordings of pseries machines."""

from __future__ import annotations

from collections.abc import Mapping

from kit.common.json_fields import (
    FormatError,
    Json,
    check_keys,
    number,
    numbers,
    positive,
    short,
    text,
)
from kit.machine import requests
from kit.machine.config import Config
from kit.machine.events import Outcome
from kit.machine.pseries.rtas import RTAS_NAMES
from kit.machine.pseries.step import boot, step
from kit.machine.revision import Revision
from kit.recordings.schema import Ask, BoardFormat, Op, check_qmp, list_of, nested, record

__all__ = ["PSERIES_FORMAT"]


def _fresh(revision: Revision, cas_at_reset: bool) -> Ask:
    machine = boot(revision, Config(cas_at_reset=cas_at_reset))

    def ask(request: requests.Request) -> Outcome:
        nonlocal machine
        machine, outcome = step(machine, request)
        return outcome

    return ask


# -- requests ----------------------------------------------------------------------------------


def _dimm(data: Json) -> requests.Dimm:
    return requests.Dimm(positive(data, "size_mib"), number(data, "addr"), text(data, "id"))


def _pci(data: Json) -> requests.DeviceAdd:
    multifunction = data.get("multifunction", False)
    if not isinstance(multifunction, bool):
        raise FormatError(f"multifunction is {short(multifunction)}, not true or false")
    bus, addr = text(data, "bus"), text(data, "addr")
    return requests.DeviceAdd(requests.PciFunction(bus, addr, multifunction, text(data, "id")))


def _migrate(data: Json) -> requests.Migrate:
    dimms = data.get("dimms", [])
    if not isinstance(dimms, list):
        raise FormatError("dimms is not a list")
    for dimm in dimms:
        check_keys(dimm, "a dimm", {"id", "size_mib", "addr"})
    clock_ns = number(data, "clock_ns") if "clock_ns" in data else 0
    if clock_ns < 0:
        raise FormatError(f"clock_ns is {clock_ns}; a clock does not begin before 0")
    return requests.Migrate(numbers(data, "cores"), tuple(map(_dimm, dimms)), clock_ns)


def _rtas(data: Json) -> requests.RawRtas:
    name, nret = text(data, "name"), number(data, "nret")
    if name not in RTAS_NAMES:
        known = ", ".join(sorted(RTAS_NAMES))
        raise FormatError(f"unknown RTAS call {short(name)}; known: {known}")
    if not 0 <= nret <= 16:
        raise FormatError(f"nret is {nret}, not 0 to 16")
    return requests.RawRtas(name, numbers(data, "args"), nret)


def _clock_step(data: Json) -> requests.ClockStep:
    if number(data, "ns") < 0:
        raise FormatError(f"ns is {data['ns']}; the clock does not go back")
    return requests.ClockStep(data["ns"])


def _configure(data: Json) -> requests.ConfigureConnector:
    calls = positive(data, "calls") if "calls" in data else None
    return requests.ConfigureConnector(number(data, "index"), calls)


# -- ops ---------------------------------------------------------------------------------------


def _keys(words: str) -> frozenset[str]:
    return frozenset(words.split())


_HOTPLUG = record(
    "reply.hotplug",
    {"type": number, "action": number, "identifier": number},
    {"index": number, "count": number},
)
_DIMM = record("a dimm of the reply", {"id": text, "addr": number, "size_mib": number})
_DONE = record("reply", {})
_DEVICES: Mapping[str, Op] = {
    "cpu-core": Op(
        lambda d: requests.DeviceAdd(requests.CpuCore(number(d, "core_id"), text(d, "id"))),
        check_qmp,
        _keys("device id core_id"),
    ),
    "dimm": Op(lambda d: requests.DeviceAdd(_dimm(d)), check_qmp, _keys("device id size_mib addr")),
    "phb": Op(
        lambda d: requests.DeviceAdd(requests.Phb(number(d, "index"), text(d, "id"))),
        check_qmp,
        _keys("device id index"),
    ),
    "pci": Op(_pci, check_qmp, _keys("device id bus addr"), _keys("multifunction")),
}
_OPS: Mapping[str, Op | Mapping[str, Op]] = {
    "device_add": _DEVICES,
    "device_del": Op(lambda d: requests.DeviceDel(text(d, "id")), check_qmp, _keys("id")),
    "set_indicator": Op(
        lambda d: requests.SetIndicator(
            number(d, "indicator"), number(d, "index"), number(d, "state")
        ),
        record("reply", {"status": number}),
        _keys("indicator index state"),
    ),
    "get_sensor_state": Op(
        lambda d: requests.GetSensorState(number(d, "sensor"), number(d, "index")),
        record("reply", {"status": number, "state": number}),
        _keys("sensor index"),
    ),
    "configure_connector": Op(
        _configure,
        record("reply", {"status": number, "calls": number}),
        _keys("index"),
        _keys("calls"),
    ),
    "check_exception": Op(
        lambda d: requests.CheckException(number(d, "mask")),
        record("reply", {"status": number}, {"hotplug": nested(_HOTPLUG)}),
        _keys("mask"),
    ),
    "rtas": Op(_rtas, record("reply", {"rets": numbers}), _keys("name args nret")),
    "clock_step": Op(_clock_step, record("reply", {"now_ns": number}), _keys("ns")),
    "system_reset": Op(lambda _: requests.SystemReset(), _DONE),
    "migrate": Op(_migrate, _DONE, _keys("cores"), _keys("dimms clock_ns")),
    "query_hotpluggable_cpus": Op(
        lambda _: requests.QueryHotpluggableCpus(), record("reply", {"plugged": numbers})
    ),
    "query_memory_devices": Op(
        lambda _: requests.QueryMemoryDevices(),
        record("reply", {"dimms": list_of("reply.dimms", _DIMM)}),
    ),
}
_EVENTS = {
    "DEVICE_DELETED": {"event": text, "device": text},
    "MEM_UNPLUG_ERROR": {"event": text, "device": text, "msg": text},
    "DEVICE_UNPLUG_GUEST_ERROR": {"event": text, "device": text},
}

PSERIES_FORMAT = BoardFormat(
    ops=_OPS,
    events={name: record(f"event {name}", fields) for name, fields in _EVENTS.items()},
    fresh=_fresh,
)
