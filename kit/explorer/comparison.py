"""A path at its own revision, alone or beside the same choices at another revision.

The other revision takes the choices with the same text as long as it offers them.  A timer that
does not run there cannot fire: nothing happens at that choice, and the comparison goes on.  It ends
at any other choice that is not offered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from kit.actors import operator as operators
from kit.actors.messages import Actor
from kit.actors.operator import Operator, TypedLine
from kit.common.errors import UserError
from kit.explorer.actions import TIMER_FIRES, ActionKind
from kit.explorer.model import DrcModel, State
from kit.explorer.paths import PlayedPath, path_json, play_path
from kit.explorer.transitions import Sent, entries_of
from kit.machine.catalogue import CATALOGUE, EVERY_RELEASE, PROPOSAL, find_revision
from kit.machine.requests import Device
from kit.machine.revision import Revision
from kit.simulation.beliefs import Belief, belief_of
from kit.simulation.platform import ExploredPlatform, PlatformMachine
from kit.trace.entry import TraceEntry

__all__ = ["PathChoice", "PathPlay", "PathSide", "PathState", "alone", "beside"]
__all__ += ["operator_after", "standing_of"]

_FORK = CATALOGUE.index(find_revision("revert"))  # the proposal was made before it
_ORDER = (*CATALOGUE[:_FORK], PROPOSAL, *CATALOGUE[_FORK:], *EVERY_RELEASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PathState:
    """All participants after a choice, or at the start; a snapshot without a time."""

    beliefs: Mapping[str, Belief]
    settled: bool
    aborted: bool


@dataclass(frozen=True, slots=True)
class PathChoice:
    """A choice at a revision: who acts, and the messages that follow.

    ``missing`` says why the revision does not take the choice; it is empty where it does.
    """

    actor: Actor
    action: str
    entries: tuple[TraceEntry, ...]
    missing: str = ""


@dataclass(frozen=True, kw_only=True)
class PathSide:
    """A path at one revision.

    ``choices`` are those that this revision takes, ``standings`` the states between them, one more;
    ``machine`` is QEMU at the start.  ``stopped`` says why it goes no further.
    """

    played: PlayedPath
    platform: ExploredPlatform[Any, Any]
    machine: PlatformMachine
    choices: tuple[PathChoice, ...]
    standings: tuple[PathState, ...]
    stopped: str = ""

    @property
    def revision(self) -> Revision:
        """The revision that plays it."""
        return self.played.revision

    @property
    def devices(self) -> tuple[Device, ...]:
        """What can be unplugged."""
        return self.played.scope.devices

    def connectors(self, device: Device) -> tuple[int, ...]:
        """Return the indices by which the guest knows a device."""
        return self.platform.connectors(self.machine, device)

    def sent(self, number: int) -> tuple[tuple[Actor, Actor, object], ...]:
        """Return the messages of choice *number*, from 1 on; none where the path stopped before."""
        if number > len(self.choices):
            return ()
        return tuple((e.src, e.dst, e.message) for e in self.choices[number - 1].entries)


@dataclass(frozen=True)
class PathPlay:
    """A path at its own revision and, where there are two sides, at another; the older first."""

    path: PlayedPath
    sides: tuple[PathSide, ...]

    @property
    def count(self) -> int:
        """How many choices the path has."""
        return len(self.path.steps)

    @cached_property
    def first_difference(self) -> int | None:
        """The number of the first choice with different messages; None if there is none."""
        if len(self.sides) == 1:
            return None
        before, after = self.sides
        for number in range(1, self.count + 1):
            stops = [len(side.choices) < number for side in self.sides]
            if any(stops) or before.sent(number) != after.sent(number):
                return number
        return None

    def json(self) -> dict[str, object]:
        """Return it as JSON data: a path, or two and the first choice that differs."""
        if len(self.sides) == 1:
            return path_json(self.path)
        return {
            "version": 1,
            "token": self.path.token,
            **{
                name: path_json(side.played) | {"stopped": side.stopped or None}
                for name, side in zip(("before", "after"), self.sides, strict=True)
            },
            "first_difference": self.first_difference,
        }


def alone(played: PlayedPath) -> PathPlay:
    """Return a path as its own revision plays it."""
    return PathPlay(played, (_side(played, played.revision),))


def beside(played: PlayedPath, other: Revision) -> PathPlay:
    """Return a path beside the same choices at another revision.

    Raises:
        UserError: It is the same revision, or one whose platform the explorer cannot drive.
    """
    if other == played.revision:
        raise UserError(f"{other.name} is what the path is played at; name another revision")
    revisions = [played.revision, other]
    if all(revision in _ORDER for revision in revisions):
        revisions.sort(key=_ORDER.index)
    return PathPlay(played, tuple(_side(played, revision) for revision in revisions))


def _side(played: PlayedPath, revision: Revision) -> PathSide:
    model = DrcModel(revision, played.kind, played.scope)
    state, taken, operator, stopped = model.initial()[0], [0], Operator(), ""
    machine = model.machine(state)
    standings = [standing_of(model, state, operator)]
    choices: list[PathChoice] = []
    for number, text in enumerate(played.actions, 1):
        options = model.actions(state)
        found = next((n for n, option in enumerate(options) if option.text == text), None)
        if found is None and text == TIMER_FIRES and not standings[-1].aborted:
            words = "no timer of QEMU's runs here"
            choices.append(PathChoice(Actor.QEMU, text, (), words))
        elif found is None:
            gone = " QEMU is gone." if standings[-1].aborted else ""
            stopped = f"Choice {number}, {text}, is not offered here.{gone}"
            break
        else:
            action = options[found]
            sent = model.sent(state, action)
            choices.append(PathChoice(_ACTORS[action.kind], text, entries_of(sent)))
            operator = operator_after(operator, sent)
            state = model.next_state(state, action)
            taken.append(found)
        standings.append(standing_of(model, state, operator))
    own = played
    if revision != played.revision:
        own = play_path(revision, played.kind, played.scope, tuple(taken))
    return PathSide(
        played=own,
        platform=model.platform,
        machine=machine,
        choices=tuple(choices),
        standings=tuple(standings),
        stopped=stopped,
    )


_ACTORS = dict.fromkeys(ActionKind, Actor.OPERATOR) | {
    ActionKind.TIMER: Actor.QEMU,
    ActionKind.GUEST: Actor.GUEST,
    ActionKind.LIBVIRT: Actor.LIBVIRT,
}


def operator_after(operator: Operator, sent: tuple[Sent, ...]) -> Operator:
    """Return the operator after what was sent in a choice."""
    for one in sent:
        if one.src is Actor.OPERATOR:
            operator, _ = operators.type_line(operator, TypedLine(0, message=one.message))
        if one.dst is Actor.OPERATOR:
            operator = operators.receive(operator, one.message)
    return operator


def standing_of(model: DrcModel, state: State, operator: Operator | None = None) -> PathState:
    """Return what all participants believe in a state; *operator* is the model's own by default."""
    machine, side, management, _ = model.situation(state)
    operator = management.operator if operator is None else operator
    at_rest = not (side.inbox or side.working or side.guest.deciding)
    settled = at_rest and not (management.inbox or management.waiting)
    found = {
        str(device.id): belief_of(
            model.platform, machine, side.guest, management.libvirt, operator, device
        )
        for device in model.devices
    }
    return PathState(
        # a guest that has still to read may release what it was asked for
        beliefs={
            name: replace(one, orphaned=one.orphaned and at_rest) for name, one in found.items()
        },
        settled=settled,
        aborted=machine.aborted is not None,
    )
