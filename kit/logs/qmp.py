"""Turn objects of QMP into typed messages; one without a type of its own keeps its name.

A log is not trusted: nothing in it is carried out, and every value is checked for its type.

Source: QEMU qapi/qdev.json, qapi/machine.json, qapi/acpi.json; libvirt src/qemu/qemu_alias.c.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress

from kit.common.json_fields import Json
from kit.logs.entries import Logged, OtherCommand, OtherEvent, plain, short_path
from kit.machine.boards import (
    ACPI,
    PSERIES,
    MachineName,
    machine_named,
    machine_of_cpu,
    machine_of_target,
)
from kit.machine.config import MIB
from kit.machine.device_kinds import DeviceKind, kind_of_driver
from kit.machine.errors import ErrorMeaning, error_text_of, meaning_of
from kit.machine.events import DeviceDeleted, MemUnplugError, QmpError, QmpReturn
from kit.machine.q35.messages import AcpiDeviceOst, SlotType
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
from kit.recordings import qmp_events

__all__ = [
    "backend_size",
    "command_of",
    "event_of",
    "is_about_pending",
    "is_drawn",
    "is_dull",
    "kind_shown_by",
    "kinds_in",
    "machine_in",
    "machine_named_in",
    "machine_shown_by",
    "part_of",
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


def command_of(name: str, arguments: Json, backends: Mapping[str, int]) -> Logged:
    """Return a command as a message; *backends* are the sizes in MiB of memory backends so far."""
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
    if kind_of_driver(driver) is DeviceKind.CORE:
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


def reply_of(data: Mapping[str, Json]) -> QmpReturn | QmpError | None:
    """Return a reply as a message, without its value; None if it is not a reply."""
    if "error" in data:
        error = data["error"]
        return QmpError(_text(error, "class") or "?", _text(error, "desc", 300) or "?")
    return QmpReturn() if "return" in data else None


def is_about_pending(desc: str) -> bool:
    """Does an error say that an unplug is already pending?"""
    return meaning_of(QmpError("", desc)) is ErrorMeaning.PENDING


def version_of(value: Json) -> tuple[int, int, int] | None:
    """Return the version of QEMU in a greeting or in query-version's answer."""
    numbers = value.get("qemu") if isinstance(value, dict) else None
    found = tuple(_number(numbers, key) for key in ("major", "minor", "micro"))
    major, minor, micro = found
    if major is None or minor is None or micro is None or not 0 <= min(major, minor, micro) < 9999:
        return None
    return major, minor, micro


def event_of(name: str, data: Json) -> Logged:
    """Return an event as a message; one that is not as QMP has it keeps its name."""
    if name == "MIGRATION" and (status := _text(data, "status")):
        return OtherEvent(f"MIGRATION {status}", _text(data, "device"))
    info = data.get("info") if isinstance(data, dict) else None
    numbers = {key: _number(info, key) for key in ("slot", "source", "status")}
    with suppress(LookupError, TypeError, ValueError):
        found = qmp_events.read_event(name, {**_fields(data), "info": {**_fields(info), **numbers}})
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


def part_of(message: Logged) -> str | None:
    """Return the device of which a DEVICE_DELETED names only a part; None for another message."""
    if not isinstance(message, DeviceDeleted) or message.device is not None:
        return None
    match = re.fullmatch(r"/machine/peripheral/([^/]+)/.*", message.path)
    return match[1] if match else None


def is_drawn(message: Logged) -> bool:
    """Does a picture of the log show this message: is it about unplugging?"""
    match message:
        case DeviceDeleted():
            return part_of(message) is None  # the event of the device itself follows
        case OtherCommand(name):
            return name in ("device_add", "device_del")
        case OtherEvent(name):
            base, _, status = name.partition(" ")
            return base in _DRAWN_EVENTS and status in ("", "completed", "failed", "cancelled")
    return True


def kinds_in(name: str, data: Json) -> dict[str, DeviceKind]:
    """Return the kinds of the devices that a command's arguments or a query's answer show."""
    found: dict[str, DeviceKind] = {}
    if name == "device_add" and (device := _text(data, "id")) and (driver := _text(data, "driver")):
        found[device] = kind_of_driver(driver)
    elif name == "query-hotpluggable-cpus" and isinstance(data, list):
        paths = (_text(slot, "qom-path", 200) for slot in data[:10_000])
        found = {short_path(path): DeviceKind.CORE for path in paths if path}
    elif name == "query-memory-devices" and isinstance(data, list):
        own = (slot.get("data") for slot in data[:10_000] if isinstance(slot, dict))
        found = {device: DeviceKind.DIMM for slot in own if (device := _text(slot, "id"))}
    return found


def kind_shown_by(message: Logged) -> DeviceKind | None:
    """Return the kind of device that an event or an error is about; None if it does not show it."""
    match message:
        case MemUnplugError():
            return DeviceKind.DIMM
        case AcpiDeviceOst(info):
            return DeviceKind.CORE if info.slot_type is SlotType.CPU else DeviceKind.DIMM
        case QmpError(_, desc):
            row = error_text_of(desc)
            return None if row is None else row.kind
    return None


def is_dull(name: str) -> bool:
    """Is a command a query whose answer shows nothing of machine or devices?"""
    return name.startswith("query-") and name not in _TELLING


_TELLING = frozenset(
    {
        "query-cpus",
        "query-cpus-fast",
        "query-hotpluggable-cpus",
        "query-memory-devices",
        "query-target",
        "query-version",
    }
)


def machine_in(name: str, data: Json) -> tuple[MachineName, str] | None:
    """Return the machine that a command or a query's answer shows, and in which words."""
    if name == "device_add":
        driver = _text(data, "driver") or ""
        found = machine_of_cpu(driver)
        return None if found is None else (found, f"driver {driver}")
    if name == "query-target":
        arch = _text(data, "arch") or ""
        found = machine_of_target(arch)
        return None if found is None else (found, f"query-target: {arch}")
    if name in ("query-cpus-fast", "query-cpus", "query-hotpluggable-cpus"):
        first = data[0] if isinstance(data, list) and data else None
        arch, driver = _text(first, "target") or "", _text(first, "type") or ""
        found = machine_of_target(arch) if arch else machine_of_cpu(driver)
        return None if found is None else (found, f"{name}: {arch or driver}")
    if name == "qom-get" and isinstance(data, str) and data.endswith("-machine"):
        found = machine_named(plain(data, MAX_ID))
        return None if found is None else (found, f"machine type {plain(data, MAX_ID)}")
    return None


def machine_shown_by(message: Logged) -> tuple[MachineName, str] | None:
    """Return the machine that alone sends an event or an error, and in which words."""
    match message:
        case AcpiDeviceOst():
            return ACPI, "ACPI_DEVICE_OST"
        case QmpError(_, desc):
            row = error_text_of(desc)
            if row is not None and row.machine is not None:
                typed = re.search(r"not supported device type: (\S+)", desc)
                exact = machine_of_cpu(typed[1]) if typed else None
                return exact or row.machine, f"“{desc}”"
    return None


_NAMED = re.compile(
    r"(?:(?:^|\s)(?:-machine|-M)[ =](?:type=)?(?P<machine>[\w.-]+)|qemu-system-(?P<target>\w+)"
    r"|\bmachine='(?P<xml>[\w.-]+)'|spapr_drc_(?P<drc>[a-z]))"
)


def machine_named_in(text: str) -> tuple[MachineName, str] | None:
    """Return the machine that a command line, XML or a trace names, and in which words."""
    best: tuple[MachineName, str] | None = None
    for match in _NAMED.finditer(text[:20_000]):
        name = match["machine"] or match["xml"]
        found = machine_named(name) if name else machine_of_target(match["target"] or "")
        if match["drc"]:
            found = PSERIES  # only pseries has these connectors
        if found is not None and (best is None or len(found.machines) < len(best[0].machines)):
            best = found, "spapr_drc" if match["drc"] else match[0].strip()
    return best
