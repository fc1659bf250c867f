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
from collections.abc import Iterator
from dataclasses import dataclass

from kit.common.errors import MisuseError
from kit.common.json_fields import Json
from kit.explorer.actions import ActionKind
from kit.explorer.model import DrcModel
from kit.explorer.search import Path, walk
from kit.machine.catalogue import MERGED
from kit.machine.clock import NS_PER_MS
from kit.machine.events import Aborted
from kit.machine.pseries.machine import Machine
from kit.machine.pseries.step import boot, next_deadline, step
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
    Phb,
    QueryHotpluggableCpus,
    QueryMemoryDevices,
    Request,
    SetIndicator,
    SystemReset,
)
from kit.recordings.answers import events_json, reply_json

__all__ = ["Asked", "asked_of", "request_json", "script_line"]

_ONE_MS = ClockStep(NS_PER_MS)


def script_line(name: str, model: DrcModel, path: Path) -> str | None:
    """Return a path as one line of a recording; None if it needs a guest kernel.

    It is also None for a revision that was never built, because no real QEMU can play it.
    """
    requests = _without_cas(list(_requests(model, path)))
    if requests is None or model.revision.patches - set(MERGED):
        return None
    machine = boot(model.revision)
    steps: list[Json] = []
    # a reset makes what was plugged in ready to use, as a booted guest would
    begin: list[Request] = [*(DeviceAdd(device) for device in model.devices), SystemReset()]
    end: list[Request] = [QueryHotpluggableCpus(), QueryMemoryDevices()]
    for request in (*begin, *requests, *end):
        if request is None:
            deadline = next_deadline(machine)
            assert deadline is not None
            request = ClockStep(deadline - machine.now_ns)
        if isinstance(request, DeviceDel) and machine.timers:
            machine = _recorded(machine, _ONE_MS, steps)
        machine = _recorded(machine, request, steps)
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
    """
    begin: list[Request] = [*(DeviceAdd(device) for device in model.devices), SystemReset()]
    for request in (*begin, ClientArchitectureSupport()):
        yield Asked(0, "the guest boots", request)
    states, actions = walk(model, path)
    for number, (state, action) in enumerate(zip(states, actions, strict=False), 1):
        if action.kind is ActionKind.TIMER:
            yield Asked(number, action.text, None)
        for sent in model.sent(state, action):
            if isinstance(sent.message, Request):
                yield Asked(number, action.text, sent.message)
    for end in (QueryHotpluggableCpus(), QueryMemoryDevices()):
        yield Asked(len(actions), "what is left at the end", end)


def _requests(model: DrcModel, path: Path) -> Iterator[Request | None]:
    """Yield what reaches QEMU on a path; None where its timer fires."""
    looks = (QueryHotpluggableCpus, QueryMemoryDevices)
    for asked in asked_of(model, path):
        if asked.choice and not isinstance(asked.request, looks):
            yield asked.request


def _without_cas(requests: list[Request | None]) -> list[Request | None] | None:
    """Leave out each CAS that comes right after a reset; None if one does not."""
    kept: list[Request | None] = []
    for request in requests:
        if not isinstance(request, ClientArchitectureSupport):
            kept.append(request)
        elif not (kept and isinstance(kept[-1], SystemReset)):
            return None
    return kept


def _recorded(machine: Machine, request: Request, steps: list[Json]) -> Machine:
    machine, outcome = step(machine, request)
    answer = "aborted" if isinstance(outcome.reply, Aborted) else "reply"
    written = {**request_json(request), answer: reply_json(outcome.reply)}
    events = events_json(outcome)
    steps.append({**written, **({"events": events} if events else {})})
    return machine


# -- requests as the recordings write them ---------------------------------------------------------


def request_json(request: Request) -> Json:
    """Write a request as the recordings do.

    Raises:
        MisuseError: The recordings have no such request.
    """
    match request:
        case DeviceAdd(device):
            return {"op": "device_add", **_device_json(device)}
        case DeviceDel(name):
            return {"op": "device_del", "id": name}
        case SetIndicator(indicator, index, state):
            return {"op": "set_indicator", "indicator": indicator, "index": index, "state": state}
        case GetSensorState(sensor, index):
            return {"op": "get_sensor_state", "sensor": sensor, "index": index}
        case ConfigureConnector(index):
            return {"op": "configure_connector", "index": index}
        case CheckException(mask):
            return {"op": "check_exception", "mask": mask}
        case ClockStep(ns):
            return {"op": "clock_step", "ns": ns}
        case SystemReset():
            return {"op": "system_reset"}
        case Migrate(cores, dimms):
            there = [_dimm_json(dimm) for dimm in dimms]
            return {
                "op": "migrate",
                "cores": list(cores or ()),
                **({"dimms": there} if there else {}),
            }
        case ClientArchitectureSupport():
            return {"op": "client_architecture_support"}
        case QueryHotpluggableCpus():
            return {"op": "query_hotpluggable_cpus"}
        case QueryMemoryDevices():
            return {"op": "query_memory_devices"}
    raise MisuseError(f"recordings have no op for {type(request).__name__}")


def _device_json(device: Device) -> Json:
    match device:
        case CpuCore(core_id, name):
            return {"device": "cpu-core", "id": name, "core_id": core_id}
        case Dimm():
            return {"device": "dimm", **_dimm_json(device)}
        case Phb(index, name):
            return {"device": "phb", "id": name, "index": index}
    raise MisuseError(f"the explorer plugs in no {type(device).__name__}")


def _dimm_json(dimm: Dimm) -> Json:
    return {"id": dimm.id, "size_mib": dimm.size_mib, "addr": dimm.addr}
