"""The layout of a scenario with a real guest kernel. Its console is a lane of its own.

Bars show what was observed. QEMU waits from the request that it accepted until it reports how that
ended. The guest uses a device until it makes the connector unusable (for a PCI device: isolates
it). If QEMU does not trace the guest's calls, the guest's state is unknown.
"""

from __future__ import annotations

from dataclasses import replace

from kit.actors.messages import PARTICIPANTS, Actor, GuestLog
from kit.machine.events import Aborted, QmpReturn
from kit.machine.pseries.connector import index_of
from kit.machine.pseries.rtas import ALLOCATION_STATE, ISOLATION_STATE
from kit.machine.requests import (
    ConfigureConnector,
    Device,
    DeviceAdd,
    DeviceDel,
    Dimm,
    PciFunction,
    SetIndicator,
)
from kit.simulation.guest_run import GuestRun
from kit.simulation.provenance import Provenance, observed
from kit.simulation.timeline import TimelineStop
from kit.trace.columns import UnplugOutcome
from kit.trace.kinds import outcome_of
from kit.views.diagram.layout import (
    THOUGHTS,
    LaneRow,
    LaneState,
    Layout,
    Mark,
    PictureSide,
    bars_in,
    mark_of,
)

__all__ = ["guest_provenance", "layout_of_guest"]

MAX_LABEL = 40  # characters of a line of the console
_LMB_BYTES = 256 << 20


def layout_of_guest(run: GuestRun) -> Layout:
    """Return the layout of what was observed of a scenario with a real kernel."""
    libvirt = run.scenario.setup.libvirt is not None
    lanes = tuple(lane for lane in Actor if libvirt or lane is not Actor.LIBVIRT)
    rows = tuple(
        LaneRow(lane, str(device.id))
        for lane in lanes
        if lane in PARTICIPANTS
        for device in run.devices
    )
    helds = _helds(run)
    steps = range(len(run.moments))
    return Layout(
        name=run.scenario.name,
        title=f"{run.kernel} on {run.binary}",
        origin=guest_provenance(run).words,
        devices=tuple(str(device.id) for device in run.devices),
        lanes=lanes,
        rows=rows,
        stops=tuple(TimelineStop(m.entry.at_ns, (n,), (True,)) for n, m in enumerate(run.moments)),
        place=len(run.moments) - 1,
        now_ns=run.end_ns,
        end_ns=run.end_ns,
        sides=(
            PictureSide(
                seen=len(run.moments) - 1,
                marks=tuple(_mark(run, n) for n in steps),
                bars=tuple(bar for row in rows for bar in bars_in(row, helds[row])),
                now=tuple((row, helds[row][-1]) for row in rows),
            ),
        ),
        observed=f"as seen on {run.binary} with {run.kernel}",
    )


def guest_provenance(run: GuestRun) -> Provenance:
    """Return where a run with a real kernel comes from."""
    version = run.scenario.setup.libvirt
    libvirt = "" if version is None else f"libvirt {'.'.join(map(str, version))}, simulated"
    return observed(f"Recorded on a real {run.binary}", run.kernel, libvirt)


def _helds(run: GuestRun) -> dict[LaneRow, list[LaneState | None]]:
    """Return the state before the first entry and after each, for each row."""
    found: dict[LaneRow, list[LaneState | None]] = {}
    plugged = {device.id for device in run.scenario.setup.devices}
    for device in run.devices:
        name, first = str(device.id), device.id in plugged
        found[LaneRow(Actor.QEMU, name)] = _qemu(run, name, first)
        found[LaneRow(Actor.GUEST, name)] = _guest(run, device, first)
        thinks = [THOUGHTS.get(dict(moment.thinks).get(name, "")) for moment in run.moments]
        found[LaneRow(Actor.OPERATOR, name)] = [None, *thinks]
        listed = [first, *(name in (moment.listed or ()) for moment in run.moments)]
        found[LaneRow(Actor.LIBVIRT, name)] = [LaneState.LISTED if one else None for one in listed]
    return found


def _qemu(run: GuestRun, name: str, plugged: bool) -> list[LaneState | None]:
    held = LaneState.HOLDS if plugged else None
    asked: object = None
    found = [held]
    for entry in run.trace:
        match entry.message:
            case DeviceAdd() | DeviceDel() as asked:
                pass
            case QmpReturn() if isinstance(asked, DeviceAdd) and asked.device.id == name:
                held = LaneState.HOLDS
            case QmpReturn() if asked == DeviceDel(name) and held is LaneState.HOLDS:
                held = LaneState.PENDING
            case Aborted():
                held = LaneState.ABORTED
            case message if getattr(message, "device", None) == name and held:
                outcome = outcome_of(message)
                if outcome is not None:
                    held = LaneState.HOLDS if outcome is UnplugOutcome.FAILED else None
        if entry.dst is not Actor.QEMU and isinstance(entry.message, QmpReturn):
            asked = None
        found.append(held)
    return found


def _guest(run: GuestRun, device: Device, plugged: bool) -> list[LaneState | None]:
    if not run.traced:
        return [LaneState.UNKNOWN] * (len(run.moments) + 1)
    last_call = ISOLATION_STATE if isinstance(device, PciFunction) else ALLOCATION_STATE
    used = _connectors(device) if plugged else set()
    found = [LaneState.USES if used else None]
    for entry in run.trace:
        match entry.message:
            case SetIndicator(indicator, index, 0) if indicator == last_call:
                used = used - {index}
            case ConfigureConnector(index) if index in _connectors(device):
                used = used | {index}
            case Aborted():
                used = set()
        found.append(LaneState.USES if used else None)
    return found


def _connectors(device: Device) -> set[int]:
    lmbs = device.size_mib * (1 << 20) // _LMB_BYTES if isinstance(device, Dimm) else 1
    return {index_of(device, lmb) for lmb in range(lmbs)}


def _mark(run: GuestRun, number: int) -> Mark:
    entry = run.trace[number]
    mark = mark_of(entry, number, run.devices, lambda device: tuple(_connectors(device)))
    mark = replace(mark, seq=number, src=entry.src)
    if not isinstance(entry.message, GuestLog):
        return mark
    text = entry.message.text
    name, _, rest = text.partition(": ")
    text = rest if rest and " " not in name else text  # without the part that prints it
    label = text if len(text) <= MAX_LABEL else f"{text[: MAX_LABEL - 3]}..."
    return replace(mark, minor=False, label=label, device="")
