"""The messages of a run as they go over QMP.

Source: QEMU docs/interop/qmp-spec.rst; the entries are those of `kit.trace.entry.entry_json`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kit.common.json_fields import Json
from kit.machine.boards import machine_of_cpu

__all__ = ["qmp_objects"]

_MANAGERS = ("operator", "libvirt")
_OUTSIDE = ("seq", "at_ns", "guest_ns", "src", "dst", "type")
_CORES = ("host-spapr-cpu-core", "qemu64-x86_64-cpu")
_CARDS = {"nic": "e1000e", "rng": "virtio-rng-pci"}  # by the kind that a device behind a port has
_PLAIN = ("system_reset", "stop", "cont", "migrate")


def qmp_objects(entry: Mapping[str, Json], board: str) -> Iterator[dict[str, Json]]:
    """Yield an entry of a run as QMP: nothing for one that is not between QEMU and a manager.

    *entry* is JSON, and *board* decides how a core's driver is called.
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
    if "core_id" in device:
        machines = ((name, machine_of_cpu(name)) for name in _CORES)
        fits = (name for name, found in machines if found and board in found.machines)
        driver = next(fits, _CORES[0])  # of a machine that the kit does not know
        more = {"core-id": device["core_id"]}
    elif "size_mib" in device:
        driver, more = "pc-dimm", {"addr": device.get("addr")}
    elif "index" in device:
        driver, more = "spapr-pci-host-bridge", {"index": device["index"]}
    elif "bus" in device:
        driver, more = _CARDS.get(str(device.get("kind")), "e1000"), {"bus": device["bus"]}
        more |= {key: device[key] for key in ("addr", "multifunction") if device.get(key)}
    else:
        return []
    arguments = {"driver": driver, "id": device.get("id"), **more}
    return [{"execute": "device_add", "arguments": arguments}]
