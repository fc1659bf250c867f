"""What ``kit run --format json`` writes, read as a log of the machine that it played.

Source: docs of ``kit run``: `kit.trace.entry.entry_json`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from kit.common import json_fields
from kit.common.json_fields import FormatError, Json
from kit.logs.entries import LogFormat
from kit.logs.formats.base import Format, Item, LoggedObject, LogLine, MachineNamed, unread

__all__ = ["FORMAT", "KIT_RUN"]

KIT_RUN = LogFormat("run of the kit", shows_every_event=True)
_MAX_CHARACTERS = 30_000_000
_SIGN = re.compile(r'"(entries|revision|scenario|token|guest_ns)": ')
_MANAGERS = ("operator", "libvirt")
_PLAIN = ("system_reset", "stop", "cont", "migrate")


def _sniff(lines: Sequence[str]) -> int:
    text = "".join(lines[:400])
    return 9 if {"entries", "revision", "guest_ns"} <= set(_SIGN.findall(text)) else 0


def _read(lines: Iterator[LogLine]) -> Iterator[Item]:
    first: LogLine | None = None
    parts: list[str] = []
    size = 0
    for line in lines:
        first = first or line
        size += len(line.text)
        if size > _MAX_CHARACTERS:
            yield unread(first, f"is longer than {_MAX_CHARACTERS:,} characters")
            return
        parts.append(line.text)
    if first is None:
        return
    try:
        data = json_fields.load("\n".join(parts))
    except (FormatError, ValueError, RecursionError) as error:
        yield unread(first, f"is no run of the kit: {error}")
        return
    entries = data.get("entries") if isinstance(data, dict) else None
    board = "q35" if str(data.get("revision")) == "q35" else "pseries"
    yield MachineNamed(first.source, first.line, board)
    for number, entry in enumerate(entries if isinstance(entries, list) else [], 1):
        if isinstance(entry, dict):
            yield from _entry(LogLine(first.source, number, ""), entry, board)


def _entry(line: LogLine, entry: dict[str, Json], board: str) -> Iterator[Item]:
    at_ns = entry.get("at_ns")
    when = at_ns if type(at_ns) is int and at_ns >= 0 else None
    for data in _objects(entry, board):
        yield LoggedObject(line.source, line.line, when, "", data)


def _objects(entry: dict[str, Json], board: str) -> Iterator[dict[str, Json]]:
    name, src, dst = entry.get("type"), entry.get("src"), entry.get("dst")
    if dst == "qemu" and src in _MANAGERS:
        if name == "device_add" and isinstance(entry.get("device"), dict):
            yield from _device_add(entry["device"], board)
        elif name == "device_del":
            yield {"execute": name, "arguments": {"id": entry.get("id")}}
        elif name in _PLAIN:
            yield {"execute": name}
    elif src == "qemu" and dst in _MANAGERS and isinstance(name, str):
        if name in ("return", "done"):
            yield {"return": {}}
        elif name == "error":
            yield {"error": {"class": entry.get("error_class"), "desc": entry.get("desc")}}
        elif name.isupper():
            yield {"event": name, "data": _event_data(entry)}


def _event_data(entry: dict[str, Json]) -> dict[str, Json]:
    own = {k: v for k, v in entry.items() if k not in ("seq", "at_ns", "guest_ns", "src", "dst")}
    info = own.get("info")
    if isinstance(info, dict):
        own["info"] = {key.replace("_", "-"): value for key, value in info.items()}
    return {key: value for key, value in own.items() if value is not None}


def _device_add(device: dict[str, Json], board: str) -> list[dict[str, Json]]:
    """Return the commands that plug a device; a DIMM comes with its memory."""
    found = next((make for key, make in _DRIVERS.items() if key in device), None)
    return [] if found is None else found(device, board)


def _add(device: dict[str, Json], driver: str, **more: Json) -> dict[str, Json]:
    arguments = {"driver": driver, "id": device.get("id"), **more}
    return {"execute": "device_add", "arguments": arguments}


def _core(device: dict[str, Json], board: str) -> list[dict[str, Json]]:
    driver = "host-spapr-cpu-core" if board == "pseries" else "qemu64-x86_64-cpu"
    return [_add(device, driver, **{"core-id": device["core_id"]})]


def _dimm(device: dict[str, Json], _board: str) -> list[dict[str, Json]]:
    return [_add(device, "pc-dimm", addr=device.get("addr"))]


def _phb(device: dict[str, Json], _board: str) -> list[dict[str, Json]]:
    return [_add(device, "spapr-pci-host-bridge", index=device["index"])]


def _pci(device: dict[str, Json], _board: str) -> list[dict[str, Json]]:
    return [_add(device, "e1000", bus=device["bus"], addr=device.get("addr"))]


_DRIVERS: Mapping[str, Callable[[dict[str, Json], str], list[dict[str, Json]]]] = {
    "core_id": _core,
    "size_mib": _dimm,
    "index": _phb,
    "bus": _pci,
}

FORMAT = Format(KIT_RUN, _sniff, _read)
