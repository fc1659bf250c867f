"""The messages of a run as they go over QMP.

Source: QEMU docs/interop/qmp-spec.rst; the entries are those of `kit.trace.entry.entry_json`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from kit.common.json_fields import Json

__all__ = ["qmp_objects"]

_MANAGERS = ("operator", "libvirt")
_OUTSIDE = ("seq", "at_ns", "guest_ns", "src", "dst", "type")
_PLAIN = ("system_reset", "stop", "cont", "migrate")


def qmp_objects(entry: Mapping[str, Json], board: str) -> Iterator[dict[str, Json]]:
    """Yield what an entry of a run is on the socket: nothing, unless QEMU and a manager talk.

    Args:
        entry: The entry as JSON.
        board: ``pseries`` or ``q35``, which name their drivers differently.
    """
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


def _event_data(entry: Mapping[str, Json]) -> dict[str, Json]:
    own = {k: v for k, v in entry.items() if k not in _OUTSIDE}
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
