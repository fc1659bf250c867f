"""A path as a script for a real QEMU, in the format of the recordings.

A driver without a guest kernel can make all requests of a path except a kernel's CAS.  QEMU under
qtest plays a CAS at each reset, which is enough where there is no request between the two.  The
replies in the script are the embedded machine's: what a real QEMU should answer.

A path has no times, but a script does: time passes until QEMU's timer fires, and for a millisecond
before each request, so that two timers fire one after the other.

Source: data/reference/README.md, its table of ops.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from kit.common.errors import MisuseError, UserError
from kit.common.json_fields import Json
from kit.explorer.actions import ActionKind
from kit.explorer.model import DrcModel
from kit.explorer.search import Path, walk
from kit.machine.catalogue import MERGED
from kit.machine.clock import NS_PER_MS
from kit.machine.events import Aborted
from kit.machine.requests import (
    CheckException,
    ClientArchitectureSupport,
    ClockStep,
    ConfigureConnector,
    CpuCore,
    Device,
    DeviceAdd,
    DeviceDel,
    Dimm,
    GetSensorState,
    Migrate,
    PciFunction,
    Phb,
    QueryHotpluggableCpus,
    QueryMemoryDevices,
    Request,
    SetIndicator,
    SystemReset,
)
from kit.recordings.answers import event_json, reply_json

__all__ = ["Asked", "asked_of", "request_json", "script_line"]

_ONE_MS = ClockStep(NS_PER_MS)
_AT_THE_END = (QueryHotpluggableCpus(), QueryMemoryDevices())
T = TypeVar("T")


def script_line(name: str, model: DrcModel, path: Path) -> str | None:
    """Return a path as one line of a recording; None if it needs a guest kernel.

    It is also None for a revision that was never built, because no real QEMU can play it.
    """
    requests = _without_cas(list(_requests(model, path)))
    if requests is None or model.revision.patches - set(MERGED):
        return None
    platform = model.platform
    machine, _ = platform.switch_on(model.revision)
    steps: list[Json] = []
    for request in (*_beginning(model), *requests, *_AT_THE_END):
        if request is None:
            request = ClockStep(platform.timers(machine)[0].expire_ns - machine.now_ns)
        if isinstance(request, DeviceDel) and platform.timers(machine):
            machine = _record(platform.ask, machine, _ONE_MS, steps)
        machine = _record(platform.ask, machine, request, steps)
        if machine.aborted is not None:
            break
    return json.dumps({"name": name, "revision": model.revision.label, "steps": steps})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a path asks of QEMU: at which choice (0: before the first), for what action.

    ``request`` is None where QEMU's timer fires.
    """

    choice: int
    action: str
    request: Request | None


def asked_of(model: DrcModel, path: Path) -> Iterator[Asked]:
    """Yield every request of a path, from plugging the devices on, a kernel's CAS included.

    Raises:
        MisuseError: The model has no such path.
        UserError: Its machine has no calls that a script or a real QEMU could make.
    """
    if not model.platform.calls_on(0):
        name = model.revision.name
        raise UserError(f"{name}: only the embedded machine plays its paths; no script can")
    for request in (*_beginning(model), ClientArchitectureSupport()):
        yield Asked(0, "the guest boots", request)
    states, actions = walk(model, path)
    for number, (state, action) in enumerate(zip(states, actions, strict=False), 1):
        if action.kind is ActionKind.TIMER:
            yield Asked(number, action.text, None)
        for sent in model.sent(state, action):
            if isinstance(sent.message, Request):
                yield Asked(number, action.text, sent.message)
    for end in _AT_THE_END:
        yield Asked(len(actions), "what is left at the end", end)


def _beginning(model: DrcModel) -> tuple[Request, ...]:
    # a reset makes what was plugged in ready to use, as a booted guest would
    return (*(DeviceAdd(device) for device in model.devices), SystemReset())


def _requests(model: DrcModel, path: Path) -> Iterator[Request | None]:
    """Yield what reaches QEMU on a path; None where its timer fires."""
    for asked in asked_of(model, path):
        if asked.choice and asked.request not in _AT_THE_END:
            yield asked.request


def _without_cas(requests: list[Request | None]) -> list[Request | None] | None:
    """Return the requests without each CAS right after a reset; None if one is elsewhere."""
    kept: list[Request | None] = []
    for request in requests:
        if not isinstance(request, ClientArchitectureSupport):
            kept.append(request)
        elif not (kept and isinstance(kept[-1], SystemReset)):
            return None
    return kept


_Ask = Callable[[T, Request], tuple[T, Any, tuple[Any, ...]]]


def _record(ask: _Ask[T], machine: T, request: Request, steps: list[Json]) -> T:
    """Ask QEMU, add the step to *steps*, and return the machine afterwards."""
    machine, reply, emitted = ask(machine, request)
    answer = "aborted" if isinstance(reply, Aborted) else "reply"
    written = {**request_json(request), answer: reply_json(reply)}
    events = [event for event in map(event_json, emitted) if event is not None]
    steps.append({**written, **({"events": events} if events else {})})
    return machine


def request_json(request: Request) -> Json:
    """Return a request as the recordings write it.

    Raises:
        MisuseError: The recordings have no such request.
    """
    match request:
        case DeviceAdd(device):
            return {"op": "device_add", **_device_json(device)}
        case ConfigureConnector(index):
            return {"op": "configure_connector", "index": index}
        case Migrate(cores, dimms):
            more = {"dimms": [_dimm_json(dimm) for dimm in dimms]} if dimms else {}
            return {"op": "migrate", "cores": list(cores or ()), **more}
    if (op := _OPS.get(type(request))) is not None:
        return {"op": op, **asdict(request)}
    raise MisuseError(f"recordings have no op for {type(request).__name__}")


_OPS: Mapping[type[Request], str] = {
    CheckException: "check_exception",
    ClientArchitectureSupport: "client_architecture_support",
    ClockStep: "clock_step",
    DeviceDel: "device_del",
    GetSensorState: "get_sensor_state",
    QueryHotpluggableCpus: "query_hotpluggable_cpus",
    QueryMemoryDevices: "query_memory_devices",
    SetIndicator: "set_indicator",
    SystemReset: "system_reset",
}
"""The ops whose arguments have the names of the request's fields."""


def _device_json(device: Device) -> Json:
    match device:
        case CpuCore(core_id, name):
            return {"device": "cpu-core", "id": name, "core_id": core_id}
        case Dimm():
            return {"device": "dimm", **_dimm_json(device)}
        case Phb(index, name):
            return {"device": "phb", "id": name, "index": index}
        case PciFunction(bus, addr, multifunction, name):
            place = {"bus": bus, "addr": addr, "multifunction": multifunction}
            return {"device": "pci", "id": name, **place}
    raise MisuseError(f"the explorer plugs in no {type(device).__name__}")


def _dimm_json(dimm: Dimm) -> Json:
    return {"id": dimm.id, "size_mib": dimm.size_mib, "addr": dimm.addr}
