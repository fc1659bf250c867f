"""How the cast of a run stands right after each entry of its trace.

A moment of a run is how the cast stood as the entry was made: what QEMU does about a request, and
what a reader makes of a letter, shows in later moments only.  A bar must begin and end with the
entry that is its cause, so this reckons both in.
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
    """The cast after an entry, or at the start, and who believes what of each device.

    ``settled``: the instant is over, and neither guest nor libvirt has anything in hand.
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
    """Return how the cast stands at the start and after each entry: one more than entries."""
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


def _at(later: Snapshot | World) -> int | None:
    """When a moment was; None of the end, by which other things have happened."""
    return later.entry.at_ns if isinstance(later, Snapshot) else None


def _worlds(run: Run) -> list[Snapshot]:
    worlds: list[Snapshot] = []
    libvirt, operator = run.began.libvirt, run.began.operator
    following: list[Snapshot | World] = [*run.moments[1:], run.ended]
    following = following[: len(run.moments)]  # of a run without an entry, none
    for moment, later in zip(run.moments, following, strict=True):
        entry = moment.entry
        asked_qemu = entry.dst is Actor.QEMU and entry.src is not Actor.QEMU
        # each reads its letters at once and in order, so reading them again leads to the same
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
                guest=later.guest if _at(later) == entry.at_ns else moment.after.guest,
                libvirt=libvirt,
                operator=operator,
            )
        )
    return worlds
