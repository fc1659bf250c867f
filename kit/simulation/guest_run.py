"""A scenario on a real QEMU with a real guest kernel, as it was observed.

It is not a run of the kit's participants: nobody can look into the guest, and times are the wall
clock's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from kit.actors.messages import (
    Decide,
    GuestLog,
    Hang,
    Message,
    MigrateDomain,
    Overcommit,
    Pin,
    RtasByHand,
)
from kit.common.errors import UserError
from kit.machine.clock import NS_PER_S
from kit.machine.events import (
    Aborted,
    DeviceDeleted,
    DeviceUnplugGuestError,
    ErrorReport,
    MemUnplugError,
    QmpError,
)
from kit.machine.requests import (
    ConfigureConnector,
    Device,
    DeviceAdd,
    DeviceDel,
    Migrate,
    SetIndicator,
    SystemReset,
)
from kit.machine.revision import Board
from kit.simulation.run import Run
from kit.simulation.scenario import Scenario, Setup
from kit.trace.entry import TraceEntry, entry_json
from kit.trace.sentences import seconds, sentence

__all__ = ["GuestMoment", "GuestRun", "cannot", "check_scenario", "compared", "setup_notes"]
__all__ += ["guest_json"]

MAX_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestMoment:
    """An entry, the devices that libvirt then lists (or None), and the operator's beliefs."""

    entry: TraceEntry
    listed: tuple[str, ...] | None
    thinks: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestRun:
    """A scenario with a guest's kernel: ``binary`` and ``kernel`` name them for a person.

    ``traced``: QEMU traced the guest's calls.  ``cpus`` are the cores that Linux lists at the end,
    each with whether it is online; None where the guest could not be asked.
    """

    scenario: Scenario
    binary: str
    kernel: str
    devices: tuple[Device, ...]
    moments: tuple[GuestMoment, ...]
    end_ns: int
    traced: bool = True
    cpus: tuple[tuple[int, bool], ...] | None = None
    notes: tuple[str, ...] = ()

    @property
    def trace(self) -> tuple[TraceEntry, ...]:
        """Who sent whom what, and when, as far as it was observed."""
        return tuple(moment.entry for moment in self.moments)


def check_scenario(scenario: Scenario, board: Board) -> None:
    """Raise `UserError` if a real kernel on a machine of *board* cannot play a scenario at all."""
    boards = scenario.setup.boards
    if board not in boards:
        meant = " or ".join(one.value for one in boards)
        raise UserError(
            f"{scenario.name}: --kernel boots a {board.value} machine, and this is for {meant}"
        )
    if scenario.end_ns > MAX_S * NS_PER_S:
        raise UserError(
            f"{scenario.name} takes {scenario.end_ns / NS_PER_S:g} s, and a real kernel's clock"
            f" cannot be stepped: at most {MAX_S} s with --kernel"
        )


def cannot(message: Message) -> str | None:
    """Return why a message is not sent to a real kernel or its machine; None if it is."""
    match message:
        case RtasByHand():
            return "the kernel makes its own RTAS calls"
        case Pin() | Decide() | Hang():
            return "the kernel decides for itself"
        case Overcommit():
            return "the host is as busy as it is"
        case Migrate() | MigrateDomain():
            return "a guest that runs is not migrated"
    return None


def setup_notes(setup: Setup) -> Iterator[str]:
    """Yield a line for each part of a setup that a real kernel does not have."""
    yield "the guest's clock is the wall's: nothing steps it, and times differ from run to run"
    conduct = setup.conduct
    if conduct.offline_ns or conduct.unusable_ns or conduct.asks or setup.pinned:
        yield "the kernel takes its own time and decides for itself: the cast's guest is not played"
    if setup.uptime_ns:
        yield "the guest has just booted: its uptime in the cast is not played"
    if conduct.firmware_ns:
        yield "the firmware takes its own time"


_COMPARED = (
    *(DeviceAdd, DeviceDel, SystemReset, SetIndicator, ConfigureConnector),
    *(DeviceDeleted, DeviceUnplugGuestError, MemUnplugError, ErrorReport, QmpError, Aborted),
)


def compared(embedded: Run, real: GuestRun) -> Iterator[tuple[str, str, str]]:
    """Yield what two runs have in common and what only one has, in order and without times.

    Each is "=", "-" (only embedded) or "+" (only real), with a time and a sentence. Mere answers
    and what QEMU hides are left out.
    """
    ours, theirs = _sentences(embedded.trace), _sentences(real.trace)
    matcher = SequenceMatcher(None, [w for _, w in ours], [w for _, w in theirs], autojunk=False)
    for what, first, last, begin, end in matcher.get_opcodes():
        if what == "equal":
            yield from (("=", at, words) for at, words in theirs[begin:end])
            continue
        yield from (("-", at, words) for at, words in ours[first:last])
        yield from (("+", at, words) for at, words in theirs[begin:end])


def _sentences(trace: tuple[TraceEntry, ...]) -> list[tuple[str, str]]:
    found = []
    for entry in trace:
        match entry.message:
            case GuestLog(text):
                found.append((seconds(entry.at_ns), f"Linux: {text}"))
            case message if isinstance(message, _COMPARED):
                found.append((seconds(entry.at_ns), sentence(entry)))
    return found


def guest_json(run: GuestRun) -> dict[str, Any]:
    """Return the run as JSON data; entries have the wall clock's time only."""
    entries = [entry_json(entry) for entry in run.trace]
    return {
        "version": 1,
        "scenario": run.scenario.name,
        "binary": run.binary,
        "kernel": run.kernel,
        "traced": run.traced,
        "notes": list(run.notes),
        "cpus": None
        if run.cpus is None
        else [{"core": core, "online": online} for core, online in run.cpus],
        "entries": [{k: v for k, v in one.items() if k != "guest_ns"} for one in entries],
    }
