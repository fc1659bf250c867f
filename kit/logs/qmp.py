"""Turns objects of QMP into typed messages; one without a type of its own keeps its name.

A log is not trusted: nothing in it is carried out, and every value is checked for its type.

Source: QEMU qapi/qdev.json, qapi/machine.json, qapi/acpi.json; libvirt src/qemu/qemu_alias.c.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress

from kit.common.json_fields import Json
from kit.logs.entries import DeviceKind, Logged, OtherCommand, OtherEvent, plain
from kit.machine.config import MIB
from kit.machine.events import DeviceDeleted, QmpError, QmpReturn
from kit.machine.requests import (
    Cont,
    CpuCore,
    Device,
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
from kit.recordings import qmp_events

__all__ = [
    "backend_size",
    "board_of",
    "command_of",
    "event_of",
    "is_about_pending",
    "is_drawn",
    "kind_of",
    "reply_of",
    "version_of",
]

MAX_ID = 60
_DRAWN_EVENTS = frozenset(
    {"RESET", "SHUTDOWN", "POWERDOWN", "GUEST_PANICKED", "DEVICE_UNPLUG_ERROR", "MIGRATION"}
)
_NO_ARGUMENTS: Mapping[str, type[SystemReset] | type[Stop] | type[Cont] | type[Migrate]] = {
    "system_reset": SystemReset,
    "stop": Stop,
    "cont": Cont,
    "migrate": Migrate,
}


def _text(data: Json, key: str, longest: int = MAX_ID) -> str | None:
    value = data.get(key) if isinstance(data, dict) else None
    return plain(value, longest) if isinstance(value, str) and value else None


def _number(data: Json, *keys: str) -> int | None:
    """Return the first of *keys* that holds an integer, which may be written as text."""
    for key in keys:
        value = data.get(key) if isinstance(data, dict) else None
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}|0x[0-9a-fA-F]{1,15}", value):
            value = int(value, 0 if value.startswith("0x") else 10)
        if type(value) is int and abs(value) < 1 << 64:
            return value
    return None


# -- commands --------------------------------------------------------------------------------------


def command_of(name: str, arguments: Json, backends: Mapping[str, int]) -> Logged:
    """Return a command as a message.

    Args:
        name: The name of the command.
        arguments: Its arguments.
        backends: The sizes in MiB of the memory backends so far, by id.
    """
    device = _text(arguments, "id")
    if name == "device_del" and device is not None:
        return DeviceDel(device)
    if name == "device_add":
        added = _device(arguments, backends)
        return OtherCommand(name, device) if added is None else DeviceAdd(added)
    if name in _NO_ARGUMENTS:
        return _NO_ARGUMENTS[name]()
    return OtherCommand(plain(name, MAX_ID), device)


def _device(data: Json, backends: Mapping[str, int]) -> Device | None:
    """Return the device that device_add plugs, if its driver is known; 0 MiB is an unknown size."""
    driver, name = _text(data, "driver") or "", _text(data, "id")
    if re.search(r"-spapr-cpu-core$|-(x86_64|i386)-cpu$", driver):
        number = _number(data, "core-id")
        return None if number is None else CpuCore(number, name)
    if driver in ("pc-dimm", "nvdimm"):
        size = backends.get(_text(data, "memdev") or "", 0)
        make = Dimm if driver == "pc-dimm" else Nvdimm
        return make(size, _number(data, "addr") or 0, name, _number(data, "slot"))
    if driver == "spapr-pci-host-bridge":
        number = _number(data, "index")
        return None if number is None else Phb(number, name)
    bus, addr = _text(data, "bus"), data.get("addr") if isinstance(data, dict) else None
    if bus is not None and bus.startswith("pci") and isinstance(addr, str | int):
        return PciFunction(bus, plain(str(addr)[:MAX_ID]), id=name)
    return None


def backend_size(arguments: Json) -> tuple[str, int] | None:
    """Return the id of the memory backend that object-add makes, and its size in MiB; else None."""
    if not (_text(arguments, "qom-type") or "").startswith("memory-backend-"):
        return None
    name, props = _text(arguments, "id"), arguments.get("props")
    size = _number(arguments, "size") or _number(props, "size")
    return None if name is None or size is None else (name, size // MIB)


# -- replies ---------------------------------------------------------------------------------------


def reply_of(data: Mapping[str, Json]) -> QmpReturn | QmpError | None:
    """Return a reply as a message, without its value; None if it is not a reply."""
    if "error" in data:
        error = data["error"]
        return QmpError(_text(error, "class") or "?", _text(error, "desc", 300) or "?")
    return QmpReturn() if "return" in data else None


def is_about_pending(desc: str) -> bool:
    """Does an error say that an unplug is already pending?"""
    return re.search(r"unplug\b.*\b(pending|progress)\b|process of unplug", desc) is not None


def version_of(value: Json) -> tuple[int, int, int] | None:
    """Return the version of QEMU in a greeting or in query-version's answer."""
    numbers = value.get("qemu") if isinstance(value, dict) else None
    found = tuple(_number(numbers, key) for key in ("major", "minor", "micro"))
    major, minor, micro = found
    if major is None or minor is None or micro is None or not 0 <= min(major, minor, micro) < 9999:
        return None
    return major, minor, micro


# -- events ----------------------------------------------------------------------------------------


def event_of(name: str, data: Json) -> Logged:
    """Return an event as a message; one that is not as QMP has it keeps its name."""
    if name == "MIGRATION" and (status := _text(data, "status")):
        return OtherEvent(f"MIGRATION {status}", _text(data, "device"))
    info = data.get("info") if isinstance(data, dict) else None
    with suppress(LookupError, TypeError, ValueError):
        found = qmp_events.event_of(
            name, {**_fields(data), "info": {**_fields(info), **_numbers(info)}}
        )
        if found is not None:
            return found
    about = info if name == "ACPI_DEVICE_OST" else data
    return OtherEvent(plain(name, MAX_ID), _text(about, "device"))


def _fields(data: Json) -> dict[str, Json]:
    """Return the texts of an event, each safe to show and of a bounded length."""
    return {
        "path": _text(data, "path", 200) or "",
        "device": _text(data, "device"),
        "msg": _text(data, "msg", 300) or "",
        "slot-type": _text(data, "slot-type"),
    }


def _numbers(data: Json) -> dict[str, Json]:
    return {key: _number(data, key) for key in ("slot", "source", "status")}


def is_drawn(message: Logged) -> bool:
    """Does a picture of the log show this message: is it about unplugging?"""
    match message:
        case DeviceDeleted(device=None, path=path):
            # a part of a device; the event of the device itself follows
            return re.fullmatch(r"/machine/peripheral/[^/]+/.*", path) is None
        case OtherCommand(name):
            return name in ("device_add", "device_del")
        case OtherEvent(name):
            base, _, status = name.partition(" ")
            return base in _DRAWN_EVENTS and status in ("", "completed", "failed", "cancelled")
    return True


# -- the machine in the log ------------------------------------------------------------------------

_ID_PATTERNS = (
    (re.compile(r"(v?cpu|core)\d+"), DeviceKind.CORE),
    (re.compile(r"dimm\d+"), DeviceKind.DIMM),
    (re.compile(r"phb\d+"), DeviceKind.PHB),
    (re.compile(r"(net|hostdev|virtio-disk)\d+"), DeviceKind.PCI),
)
_KINDS_BY_DEVICE: Mapping[type, DeviceKind] = {
    CpuCore: DeviceKind.CORE,
    Dimm: DeviceKind.DIMM,
    Nvdimm: DeviceKind.DIMM,
    Phb: DeviceKind.PHB,
    PciFunction: DeviceKind.PCI,
}


def kind_of(device: Device | str) -> DeviceKind | None:
    """Return the kind of a device; of an id, by the names that libvirt and the lessons use."""
    if isinstance(device, str):
        return next((kind for name, kind in _ID_PATTERNS if name.fullmatch(device)), None)
    return _KINDS_BY_DEVICE[type(device)]


def board_of(name: str, data: Json) -> Board | None:
    """Return the machine that a command's arguments or query-target's answer show, if any."""
    if name == "device_add":
        driver = _text(data, "driver") or ""
        if driver.endswith(("-x86_64-cpu", "-i386-cpu")):
            return Board.Q35
        return Board.PSERIES if "spapr" in driver else None
    if name == "query-target":
        arch = _text(data, "arch")
        return {"ppc64": Board.PSERIES, "x86_64": Board.Q35, "i386": Board.Q35}.get(arch or "")
    return Board.Q35 if name == "ACPI_DEVICE_OST" else None
