"""Runs of the embedded machine written as people keep what was said at a monitor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from kit.actors.messages import Actor
from kit.logs.timestamps import write_time
from kit.machine.config import MIB
from kit.machine.device_kinds import DeviceKind
from kit.machine.events import (
    DeviceDeleted,
    DeviceNotDeleted,
    DeviceUnplugGuestError,
    Done,
    MemUnplugError,
    QmpError,
    QmpReturn,
    VmResume,
    VmStop,
)
from kit.machine.q35.messages import AcpiDeviceOst
from kit.machine.requests import (
    Cont,
    CpuCore,
    DeviceAdd,
    DeviceDel,
    Dimm,
    Migrate,
    Nvdimm,
    PciFunction,
    Phb,
    Stop,
    SystemReset,
)
from kit.machine.revision import Board
from kit.simulation.run import Run

BEGAN_NS = 1_617_271_200 * 10**9  # 1 April 2021, 10:00 UTC
COMMANDS = {SystemReset: "system_reset", Stop: "stop", Cont: "cont", Migrate: "migrate"}


def command(message: object, board: Board = Board.PSERIES) -> list[dict[str, Any]]:
    """A command as clients send it; a DIMM comes with its memory."""
    match message:
        case DeviceDel(name):
            return [{"execute": "device_del", "arguments": {"id": name}}]
        case DeviceAdd(CpuCore(number, name)):
            cpu = "host-spapr-cpu-core" if board == Board.PSERIES else "qemu64-x86_64-cpu"
            return [_add({"driver": cpu, "id": name, "core-id": number})]
        case DeviceAdd(Dimm(size, addr, name)):
            memory = {"qom-type": "memory-backend-ram", "id": f"mem-{name}", "size": size * MIB}
            dimm = {"driver": "pc-dimm", "id": name, "memdev": f"mem-{name}", "addr": addr}
            return [{"execute": "object-add", "arguments": memory}, _add(dimm)]
        case DeviceAdd(Phb(index, name)):
            return [_add({"driver": "spapr-pci-host-bridge", "id": name, "index": index})]
        case DeviceAdd(PciFunction(bus, addr, _, name)):
            return [_add({"driver": "e1000", "id": name, "bus": bus, "addr": addr})]
    if type(message) in COMMANDS:
        return [{"execute": COMMANDS[type(message)]}]
    return []


def _add(arguments: dict[str, Any]) -> dict[str, Any]:
    return {"execute": "device_add", "arguments": arguments}


def answer(message: object) -> dict[str, Any] | None:
    """A reply as QEMU sends it."""
    match message:
        case QmpReturn() | Done():
            return {"return": {}}
        case QmpError(error_class, desc):
            return {"error": {"class": error_class, "desc": desc}}
    return None


def event(message: object) -> dict[str, Any] | None:
    """An event as QEMU sends it."""
    match message:
        case DeviceDeleted(path=path, device=device):
            return _event("DEVICE_DELETED", device, path)
        case DeviceNotDeleted(path=path, device=device):
            return _event("DEVICE_NOT_DELETED", device, path)
        case DeviceUnplugGuestError(path=path, device=device):
            return _event("DEVICE_UNPLUG_GUEST_ERROR", device, path)
        case MemUnplugError(device=device, msg=msg):
            return {"event": "MEM_UNPLUG_ERROR", "data": {"device": device, "msg": msg}}
        case AcpiDeviceOst(info):
            data = {"slot": str(info.slot), "slot-type": info.slot_type.value}
            data |= {"source": info.source, "status": info.status, "device": info.device}
            return {"event": "ACPI_DEVICE_OST", "data": {"info": data}}
        case VmStop():
            return {"event": "STOP"}
        case VmResume():
            return {"event": "RESUME"}
    return None


def _event(name: str, device: str | None, path: str) -> dict[str, Any]:
    named = {} if device is None else {"device": device}
    return {"event": name, "data": {**named, "path": path}}


def stamp(at_ns: int) -> dict[str, int]:
    """A time as QEMU writes it into an event."""
    whole, rest = divmod(BEGAN_NS + at_ns, 10**9)
    return {"seconds": whole, "microseconds": rest // 1000}


def said(run: Run, asker: Actor) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """What a run says at QEMU's monitor: when, which way ("send", "reply", "event"), and what."""
    devices = () if run.revision.board == Board.PSERIES else run.scenario.setup.devices
    for device in devices:  # so that the log tells that it is an x86 machine
        placed = replace(device, addr=0) if isinstance(device, Dimm) else device
        for asked in command(DeviceAdd(placed), run.revision.board):
            yield 0, "send", asked
            yield 0, "reply", {"return": {}}
    for entry in run.trace:
        if (entry.src, entry.dst) == (asker, Actor.QEMU):
            for number, asked in enumerate(command(entry.message, run.revision.board)):
                if number and run.moments[entry.seq].machine.aborted is None:
                    yield entry.at_ns, "reply", {"return": {}}
                yield entry.at_ns, "send", asked
        elif (entry.src, entry.dst) == (Actor.QEMU, asker):
            reply, sent = answer(entry.message), event(entry.message)
            if reply is not None:
                yield entry.at_ns, "reply", reply
            if sent is not None:
                yield entry.at_ns, "event", {"timestamp": stamp(entry.at_ns), **sent}


def kinds_of(run: Run) -> dict[str, DeviceKind]:
    """The kinds of the devices that a run begins with; its log does not show them."""
    devices = run.scenario.setup.devices
    return {device.id: _KINDS[type(device)] for device in devices if device.id}


_KINDS: dict[type, DeviceKind] = {
    CpuCore: DeviceKind.CORE,
    Dimm: DeviceKind.DIMM,
    Nvdimm: DeviceKind.DIMM,
    Phb: DeviceKind.PHB,
    PciFunction: DeviceKind.PCI,
}


def qmp_lines(run: Run, asker: Actor = Actor.OPERATOR) -> list[str]:
    """A run as the socket of -qmp carries it: only events have a time."""
    greeting = {"QMP": {"version": {"qemu": dict(zip(_PARTS, run.revision.version, strict=True))}}}
    begin = [greeting, {"execute": "qmp_capabilities"}, {"return": {}}]
    return [
        json.dumps(data) + "\n" for data in (*begin, *(what for _, _, what in said(run, asker)))
    ]


_PARTS = ("major", "minor", "micro")


def libvirt_lines(
    run: Run, asker: Actor = Actor.LIBVIRT, monitor: str = "0x7f3c0c00e180"
) -> list[str]:
    """A run as libvirt's debug log has it: every line has its time."""
    lines, number, answered = [], 10, 10
    for at_ns, way, data in said(run, asker):
        when = f"{write_time(BEGAN_NS + at_ns)}+0000"
        if way == "send":
            number += 1
            text = json.dumps({**data, "id": f"libvirt-{number}"}, separators=(",", ":"))
            lines.append(
                f"{when}: 2101: info : qemuMonitorSend:993 :"
                f" QEMU_MONITOR_SEND_MSG: mon={monitor} msg={text}\r\n"
            )
            lines.append(" fd=-1\n")
            continue
        name = "RECV_EVENT" if way == "event" else "RECV_REPLY"
        if way == "reply":
            answered += 1
            data = {**data, "id": f"libvirt-{answered}"}
        key = "event" if way == "event" else "reply"
        lines.append(
            f"{when}: 2099: info : qemuMonitorJSONIOProcessLine:234 :"
            f" QEMU_MONITOR_{name}: mon={monitor} {key}={json.dumps(data)}\n"
        )
    return lines
