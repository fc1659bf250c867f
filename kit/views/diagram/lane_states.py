"""The state of all parties right after each entry of a run's trace.

A snapshot of a run is taken when the entry is made. What QEMU does about a request, or what a
recipient makes of a message, only shows in later snapshots. A bar must begin and end at the entry
that causes it, so this module adds both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from kit.actors import libvirt as libvirts
from kit.actors import operator as operators
from kit.actors.messages import Actor
from kit.simulation.beliefs import Belief, belief
from kit.simulation.run import Run
from kit.simulation.world import Snapshot, World

__all__ = ["State", "states_after"]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The parties after an entry, or at the start, and who believes what of each device.

    ``settled``: the instant is over, and neither guest nor libvirt is busy.
    """

    world: Snapshot | World
    at_ns: int
    beliefs: Mapping[str, Belief]
    settled: bool

    @property
    def aborted(self) -> bool:
        """Is QEMU gone?"""
        return self.world.machine.aborted is not None


def states_after(run: Run) -> tuple[State, ...]:
    """Return the state at the start and after each entry: one more than there are entries."""
    times = [0, *(entry.at_ns for entry in run.trace)]
    worlds: list[Snapshot | World] = [run.began, *_worlds(run)]
    later = [*times[1:], None]
    return tuple(
        _state(run, world, at_ns, next_ns != at_ns)
        for world, at_ns, next_ns in zip(worlds, times, later, strict=True)
    )


def _state(run: Run, world: Snapshot | World, at_ns: int, over: bool) -> State:
    busy = world.libvirt is not None and world.libvirt.job is not None
    return State(
        world=world,
        at_ns=at_ns,
        beliefs={str(device.id): belief(world, device) for device in run.devices},
        settled=over and not busy and world.platform.idle(world.machine, world.guest),
    )


def _worlds(run: Run) -> list[Snapshot]:
    worlds: list[Snapshot] = []
    libvirt, operator = run.began.libvirt, run.began.operator
    following: list[Snapshot | World] = [*run.moments[1:], run.ended]
    following = following[: len(run.moments)]  # none for a run without entries
    for moment, later in zip(run.moments, following, strict=True):
        entry = moment.entry
        at_once = isinstance(later, Snapshot) and later.entry.at_ns == entry.at_ns
        asked_qemu = entry.dst is Actor.QEMU and entry.src is not Actor.QEMU
        # messages are received at once and in order, so receiving them again gives the same state
        if entry.src is Actor.LIBVIRT:
            libvirt = moment.libvirt
        if entry.dst is Actor.LIBVIRT and libvirt is not None:
            libvirt, _ = libvirts.receive(libvirt, entry.message)
        if entry.src is Actor.OPERATOR:
            operator = moment.operator
        if entry.dst is Actor.OPERATOR:
            operator = operators.receive(operator, entry.message)
        worlds.append(
            replace(
                moment,
                machine=later.machine if asked_qemu else moment.machine,
                guest=later.guest if at_once else moment.after.guest,
                libvirt=libvirt,
                operator=operator,
            )
        )
    return worlds
