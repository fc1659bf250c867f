"""The ops, replies and events of recordings of pseries machines."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from kit.common.json_fields import (
    FormatError,
    Json,
    check_keys,
    flag,
    number,
    numbers,
    positive,
    short,
    text,
)
from kit.machine import requests
from kit.machine.config import Config
from kit.machine.pseries.rtas import RTAS_ANSWERS
from kit.machine.pseries.step import boot, step
from kit.machine.revision import Revision
from kit.recordings.schema import Ask, BoardFormat, Op, asking, check_qmp, list_of, nested, record

__all__ = ["PSERIES_FORMAT"]


def _fresh(revision: Revision, cas_at_reset: bool) -> Ask:
    return asking(boot(revision, Config(cas_at_reset=cas_at_reset)), step)


def _dimms(data: Json, key: str) -> tuple[requests.Dimm, ...]:
    dimms = data[key]
    if not isinstance(dimms, list):
        raise FormatError(f"{key} is not a list")
    for dimm in dimms:
        check_keys(dimm, "a dimm", {"id", "size_mib", "addr"})
    return tuple(
        requests.Dimm(positive(dimm, "size_mib"), number(dimm, "addr"), text(dimm, "id"))
        for dimm in dimms
    )


def _start_of_clock(data: Json, key: str) -> int:
    at_ns = number(data, key)
    if at_ns < 0:
        raise FormatError(f"{key} is {at_ns}; a clock does not begin before 0")
    return at_ns


def _passed(data: Json, key: str) -> int:
    ns = number(data, key)
    if ns < 0:
        raise FormatError(f"{key} is {ns}; the clock does not go back")
    return ns


def _rtas_name(data: Json, key: str) -> str:
    name = text(data, key)
    if name not in RTAS_ANSWERS:
        known = ", ".join(sorted(RTAS_ANSWERS))
        raise FormatError(f"unknown RTAS call {short(name)}; known: {known}")
    return name


def _room(data: Json, key: str) -> int:
    words = number(data, key)
    if not 0 <= words <= 16:
        raise FormatError(f"{key} is {words}, not 0 to 16")
    return words


_HOTPLUG = record(
    "reply.hotplug",
    {"type": number, "action": number, "identifier": number},
    {"index": number, "count": number},
)
_DIMM = record("a dimm of the reply", {"id": text, "addr": number, "size_mib": number})
_STATUS = record("reply", {"status": number})
_DONE = record("reply", {})
_NAMED = {"device": text, "id": text}
_DEVICES: Mapping[str, Op] = {
    "cpu-core": Op(
        lambda _, name, core: requests.DeviceAdd(requests.CpuCore(core, name)),
        check_qmp,
        {**_NAMED, "core_id": number},
    ),
    "dimm": Op(
        lambda _, name, size, addr: requests.DeviceAdd(requests.Dimm(size, addr, name)),
        check_qmp,
        {**_NAMED, "size_mib": positive, "addr": number},
    ),
    "phb": Op(
        lambda _, name, index: requests.DeviceAdd(requests.Phb(index, name)),
        check_qmp,
        {**_NAMED, "index": number},
    ),
    "pci": Op(
        lambda _, name, bus, addr, multifunction=False: requests.DeviceAdd(
            requests.PciFunction(bus, addr, multifunction, name)
        ),
        check_qmp,
        {**_NAMED, "bus": text, "addr": text},
        {"multifunction": flag},
    ),
}
_OPS: Mapping[str, Op | Mapping[str, Op]] = {
    "device_add": _DEVICES,
    "device_del": Op(requests.DeviceDel, check_qmp, {"id": text}),
    "set_indicator": Op(
        requests.SetIndicator, _STATUS, {"indicator": number, "index": number, "state": number}
    ),
    "get_sensor_state": Op(
        requests.GetSensorState,
        record("reply", {"status": number, "state": number}),
        {"sensor": number, "index": number},
    ),
    "configure_connector": Op(
        requests.ConfigureConnector,
        record("reply", {"status": number, "calls": number}),
        {"index": number},
        {"calls": positive},
    ),
    "check_exception": Op(
        requests.CheckException,
        record("reply", {"status": number}, {"hotplug": nested(_HOTPLUG)}),
        {"mask": number},
    ),
    "rtas": Op(
        requests.RawRtas,
        record("reply", {"rets": numbers}),
        {"name": _rtas_name, "args": numbers, "nret": _room},
    ),
    "clock_step": Op(requests.ClockStep, record("reply", {"now_ns": number}), {"ns": _passed}),
    "system_reset": Op(requests.SystemReset, _DONE),
    "migrate": Op(
        partial(requests.Migrate, clock_ns=0),
        _DONE,
        {"cores": numbers},
        {"dimms": _dimms, "clock_ns": _start_of_clock},
    ),
    "query_hotpluggable_cpus": Op(
        requests.QueryHotpluggableCpus, record("reply", {"plugged": numbers})
    ),
    "query_memory_devices": Op(
        requests.QueryMemoryDevices, record("reply", {"dimms": list_of("reply.dimms", _DIMM)})
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
