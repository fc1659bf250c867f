"""What the cover shows: the same request at two machines, as played by the simulator."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kit.common.errors import UserError
from kit.machine.catalogue import find_revision
from kit.machine.clock import NS_PER_S
from kit.machine.events import DeviceDeleted, UnplugTimeout
from kit.machine.requests import DeviceDel
from kit.simulation.run import Run, play
from kit.simulation.scenario import Scenario

__all__ = ["MAX_DELAY_S", "MIN_DELAY_S", "CoverMachine", "CoverScene", "cover_scene"]

MIN_DELAY_S, MAX_DELAY_S = 1, 30
AFTER_S = 4  # what is shown after the last change


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverMachine:
    """One machine's part, times in seconds since the request; None: it never happens.

    ``limit_s`` is how long QEMU would wait; ``gave_up_s`` when it stopped; ``told_s`` when the one
    who asked learns that the CPU is gone.
    """

    revision: str
    limit_s: float | None
    gave_up_s: float | None
    released_s: float | None
    told_s: float | None

    @property
    def in_limbo(self) -> bool:
        """Did the guest release the CPU without anybody being told?"""
        return self.released_s is not None and self.told_s is None


@dataclass(frozen=True, slots=True)
class CoverScene:
    """Both machines, and how long the scene takes."""

    delay_s: int
    before: CoverMachine
    after: CoverMachine
    end_s: float


def cover_scene(scenario: Scenario, delay_s: int) -> CoverScene:
    """Play *scenario* with a guest that needs *delay_s*, at the revert and just before it.

    Raises:
        UserError: The guest needs less than 1 s or more than 30 s.
    """
    if not MIN_DELAY_S <= delay_s <= MAX_DELAY_S:
        raise UserError(
            f"the guest needs {delay_s} s; expected {MIN_DELAY_S} to {MAX_DELAY_S} seconds"
        )
    limit_s = _machine(_play(scenario, "pre-revert", MAX_DELAY_S), None).gave_up_s
    before = _machine(_play(scenario, "pre-revert", delay_s), limit_s)
    after = _machine(_play(scenario, "revert", delay_s), None)
    times = [
        time
        for one in (before, after)
        for time in (one.gave_up_s, one.released_s, one.told_s)
        if time is not None
    ]
    return CoverScene(delay_s, before, after, max(times) + AFTER_S)


def _play(scenario: Scenario, name: str, delay_s: int) -> Run:
    """Play until any guest is done."""
    conduct = replace(scenario.setup.conduct, offline_ns=delay_s * NS_PER_S)
    setup = replace(scenario.setup, conduct=conduct)
    end_ns = (MAX_DELAY_S + AFTER_S) * NS_PER_S
    return play(replace(scenario, setup=setup, end_ns=end_ns), find_revision(name))


def _machine(run: Run, limit_s: float | None) -> CoverMachine:
    asked = next(entry.at_ns for entry in run.trace if isinstance(entry.message, DeviceDel))

    def after(at_ns: int | None) -> float | None:
        return None if at_ns is None else (at_ns - asked) / NS_PER_S

    first = {type(entry.message): entry.at_ns for entry in reversed(run.trace)}
    gone = (entry for entry in run.trace if not run.belief(seq=entry.seq).guest)
    released = next(gone, None)
    return CoverMachine(
        revision=run.revision.name,
        limit_s=limit_s,
        gave_up_s=after(first.get(UnplugTimeout)),
        released_s=after(None if released is None else released.at_ns),
        told_s=after(first.get(DeviceDeleted)),
    )
