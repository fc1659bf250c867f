"""A run: a scenario at a revision, with a person's interventions; and a pair of runs.

A run is its choices and nothing else: the same scenario, revision and interventions give the same
trace.  So undo is a shorter list, and a fork another one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from kit.actors.libvirt import Libvirt
from kit.actors.messages import Actor, Restarted
from kit.actors.operator import TypedLine
from kit.common.errors import UserError
from kit.machine.catalogue import REVISIONS
from kit.machine.clock import NS_PER_MS, NS_PER_S
from kit.machine.requests import ClockStep, Device, DeviceAdd, SystemReset
from kit.machine.revision import Revision
from kit.simulation.actions import line_of
from kit.simulation.beliefs import Belief, belief
from kit.simulation.expectations import expected_to_fail_at
from kit.simulation.platform import Platform, platform_of
from kit.simulation.scenario import Scenario, Setup
from kit.simulation.world import Envelope, Snapshot, World, advance, typed
from kit.trace.entry import Trace, first_difference
from kit.trace.kinds import wire_name

__all__ = [
    "Intervention",
    "Pair",
    "Run",
    "begin",
    "begin_with",
    "check_board",
    "of_side",
    "play",
    "play_from",
    "play_pair",
    "wrong_claims",
]

MAX_INTERVENTIONS = 100
MAX_ACTION_CHARACTERS = 100  # of an action


@dataclass(frozen=True, slots=True, order=True)
class Intervention:
    """A person's ``action`` (`kit.simulation.actions`) at ``at_ns`` of a run.

    ``after`` counts entries of that time, in each run of a pair: it happens after so many of them;
    empty: after everything that is due then.
    """

    at_ns: int
    action: str
    after: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A scenario played at a revision, to its end or to the last intervention, if that is later.

    ``made`` is how many entries the trace had at each intervention.  ``devices`` are the setup's
    devices, and those that are plugged later.  ``notes`` describe a run on a real QEMU, a line
    each.
    """

    scenario: Scenario
    revision: Revision
    interventions: tuple[Intervention, ...]
    made: tuple[int, ...]
    began: World
    ended: World
    devices: tuple[Device, ...]
    notes: tuple[str, ...] = ()

    @property
    def runs(self) -> tuple[Run, ...]:
        """The run itself; a pair has two."""
        return (self,)

    @property
    def trace(self) -> Trace:
        """Who sent whom what, and when."""
        return self.ended.trace

    @property
    def moments(self) -> tuple[Snapshot, ...]:
        """The entries of the trace, each with the state of all participants at that moment."""
        return self.ended.moments

    @property
    def device(self) -> Device:
        """The first device of the run.

        Raises:
            UserError: It has none.
        """
        if not self.devices:
            raise UserError(
                f"{self.scenario.name}: is about no device; name one in its cast,"
                " devices = ['core1'], or plug one"
            )
        return self.devices[0]

    @property
    def now_ns(self) -> int:
        """The end of the run, by the wall clock."""
        return self.ended.wall_ns

    def times(self, kind: str) -> tuple[float, ...]:
        """Return the times of the entries of a type (`kit.trace.kinds`), in s."""
        return tuple(
            entry.at_ns / NS_PER_S for entry in self.trace if wire_name(entry.message) == kind
        )

    def belief(self, device: Device | None = None, *, seq: int | None = None) -> Belief:
        """Return the beliefs about *device* after entry *seq* (-1: the start), else at the end."""
        state: World | Snapshot = self.ended
        if seq is not None:
            state = self.moments[seq].after if seq >= 0 else self.began
        return belief(state, device or self.device)


@dataclass(frozen=True, slots=True)
class Pair:
    """The same scenario and interventions, played at two revisions."""

    before: Run
    after: Run

    @property
    def runs(self) -> tuple[Run, ...]:
        """Both runs."""
        return (self.before, self.after)

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        """What a person did in both."""
        sides = zip(self.before.interventions, self.after.interventions, strict=True)
        return tuple(replace(one, after=one.after + other.after) for one, other in sides)

    @property
    def first_difference(self) -> tuple[int | None, int | None]:
        """The seq of the first entry that differs, in each trace; None where it has no more."""
        return first_difference(self.before.trace, self.after.trace)


@lru_cache(maxsize=256)
def play(
    scenario: Scenario,
    revision: Revision,
    interventions: tuple[Intervention, ...] = (),
    platform: Platform[Any, Any] | None = None,
) -> Run:
    """Return the run of *scenario* at *revision*, with *interventions* in the order of time.

    *platform* is the revision's, where the catalogue does not have it.

    Raises:
        UserError: The revision is of another machine than the scenario's, or an intervention is
            not an action, is out of order, or is one too many.
    """
    return play_from(begin(scenario.setup, revision, platform), scenario, revision, interventions)


def play_from(
    began: World,
    scenario: Scenario,
    revision: Revision,
    interventions: tuple[Intervention, ...] = (),
    until_ns: int | None = None,
) -> Run:
    """Return the run of *scenario* from its first world to its end, or until *until_ns*.

    Raises:
        UserError: As `play`.
    """
    world = replace(began, operator=replace(began.operator, script=scenario.script))
    if len(interventions) > MAX_INTERVENTIONS:
        raise UserError(f"{len(interventions)} interventions; at most {MAX_INTERVENTIONS}")
    made = []
    for intervention in interventions:
        if until_ns is not None and intervention.at_ns > until_ns:
            break
        if len(intervention.action) > MAX_ACTION_CHARACTERS:
            raise UserError(f"an action of {len(intervention.action)} characters; at most 100")
        if intervention.at_ns < world.wall_ns or intervention.at_ns % NS_PER_MS:
            raise UserError(
                f"{intervention.action!r} at {intervention.at_ns} ns: interventions are in order"
                " and at whole milliseconds"
            )
        world = advance(world, intervention.at_ns, *intervention.after[:1])
        made.append(len(world.moments))
        line = line_of(intervention.at_ns, intervention.action, scenario.setup.devices)
        if line.message is not None:
            world = typed(world, line)
    end_ns = scenario.end_ns if until_ns is None else min(scenario.end_ns, until_ns)
    world = advance(world, max(end_ns, world.wall_ns))
    return Run(
        scenario=scenario,
        revision=revision,
        interventions=interventions[: len(made)],
        made=tuple(made),
        began=began,
        ended=world,
        devices=_devices(scenario.setup, world),
    )


def _devices(setup: Setup, ended: World) -> tuple[Device, ...]:
    """Return the setup's devices, and those that anybody except the guest has plugged since."""
    found = {device.id: device for device in setup.devices}
    for entry in ended.trace:
        if isinstance(entry.message, DeviceAdd) and entry.src is not Actor.GUEST:
            device = entry.message.device
            if device.id is not None:
                found.setdefault(device.id, device)
    return tuple(found.values())


def play_pair(
    scenario: Scenario,
    before: Revision,
    after: Revision,
    interventions: tuple[Intervention, ...] = (),
) -> Pair:
    """Return the runs of *scenario* at both revisions; `Intervention` explains its ``after``."""
    sides = (of_side(interventions, 0), of_side(interventions, 1))
    return Pair(play(scenario, before, sides[0]), play(scenario, after, sides[1]))


def of_side(interventions: tuple[Intervention, ...], side: int) -> tuple[Intervention, ...]:
    """Return a pair's interventions as one side (0 or 1) makes them; see `Intervention.after`."""
    return tuple(
        replace(one, after=one.after[side : side + 1] or one.after[:1]) for one in interventions
    )


def wrong_claims(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    """Return, for each claim of a scenario, the revisions at which it is wrong."""
    revisions = [one for one in REVISIONS if one.board in scenario.setup.boards]
    runs = {revision.name: play(scenario, revision) for revision in revisions}
    return {
        claim.that: tuple(
            name
            for name, run in runs.items()
            if claim.holds(run.began, run.ended) is expected_to_fail_at(claim, run.revision)
        )
        for claim in scenario.expect
    }


@lru_cache(maxsize=256)
def begin(setup: Setup, revision: Revision, platform: Platform[Any, Any] | None = None) -> World:
    """Return the world in which a run begins, at 0 s of the wall clock.

    Raises:
        UserError: *revision* is of another machine than the setup's.
    """
    check_board(setup, revision)
    return _cast(setup, _booted(setup.devices, revision, platform or platform_of(revision)))


@lru_cache(maxsize=256)
def _booted(devices: tuple[Device, ...], revision: Revision, platform: Platform[Any, Any]) -> World:
    """Return the world of a machine that has booted, with its devices plugged in."""
    machine, guest = platform.switch_on(revision)
    world = World(platform=platform, machine=machine, guest=guest, ask=platform.ask)
    return _boot(devices, world)


def check_board(setup: Setup, revision: Revision) -> None:
    """Raise `UserError` if *revision* is of another machine than the setup's."""
    if revision.board not in setup.boards:
        meant = " or ".join(board.value for board in setup.boards)
        board = revision.board.value
        raise UserError(f"the scenario is for {meant}, and {revision.name} is a {board} machine")


def begin_with(setup: Setup, world: World) -> World:
    """Return what `begin` returns, from a world whose machine was just switched on."""
    return _cast(setup, _boot(setup.devices, world))


def _boot(devices: tuple[Device, ...], world: World) -> World:
    machine, *_ = world.ask(world.machine, SystemReset())
    boots = (Envelope(Actor.GUEST, Restarted()),)
    world = _settle(replace(world, machine=machine, in_flight=boots, moments=()))
    for device in devices:
        world = _settle(typed(world, TypedLine(0, Actor.QEMU, DeviceAdd(device))))
    return world


def _cast(setup: Setup, world: World) -> World:
    """Return the world in which a run begins, from that of a machine that has booted."""
    if setup.uptime_ns:
        machine, *_ = world.ask(world.machine, ClockStep(setup.uptime_ns))
        world = replace(world, machine=machine)
    guest = replace(
        world.guest,
        kind=setup.guest,
        conduct=setup.conduct,
        offline=tuple(_index(name, setup, world) for name in setup.offline),
        pinned=tuple(_index(name, setup, world) for name in setup.pinned),
    )
    libvirt = None
    if setup.libvirt is not None:
        wait_s = world.platform.libvirt_wait_s
        libvirt = Libvirt(version=setup.libvirt, wait_s=wait_s, devices=setup.devices)
    world = World(
        platform=world.platform, machine=world.machine, guest=guest, ask=world.ask, libvirt=libvirt
    )
    return _into_the_firmware(world) if setup.in_firmware else world


def _settle(world: World) -> World:
    """Return the world after everything that is due at once."""
    return advance(world, world.wall_ns)


def _into_the_firmware(world: World) -> World:
    machine, *_ = world.ask(world.machine, SystemReset())
    guest, _ = world.platform.deliver(machine, world.guest, Restarted())
    return replace(world, machine=machine, guest=guest, work_ns=guest.conduct.firmware_ns)


def _index(name: str, setup: Setup, world: World) -> int:
    message = line_of(0, f"guest pin {name}", setup.devices).message
    return world.platform.guest_index(world.machine, int(getattr(message, "index", 0)))
