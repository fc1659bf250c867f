"""All participants as a model that `kit.explorer.search` can search: every order of events.

A state is four numbers: QEMU, the guest with its inbox, libvirt and the operator with theirs,
budgets and observations.  Equal parts are kept once (hash-consing).  The effect of a turn is
computed once for the parts that it reads, however many states contain them: `successors` looks up
all turns of the guest at once, and all of libvirt.

A guest may refuse a device and release it at the next request: another CPU may have gone online or
offline in between, or its memory may be free now.  So the guest decides anew each time.

Source: stateright's models; hash-consing as in Filliatre and Conchon, "Type-safe modular
hash-consing" (2006).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar

from kit.actors.kernel import Conduct, Kernel
from kit.actors.libvirt import GUEST_ERROR_SINCE
from kit.actors.messages import Actor, DetachDevice, Input, SetVcpus
from kit.actors.pseries_programs import GuestKind
from kit.common.errors import UserError
from kit.explorer.actions import ActionKind, ActionTable, Component, EnabledAction, Environment
from kit.explorer.observer import NOTHING, Observation, ObservedFact, seen
from kit.explorer.scope import Scope
from kit.explorer.search import Model
from kit.explorer.transitions import (
    GuestSide,
    Management,
    Sent,
    Turn,
    guest_turn,
    libvirt_turn,
    monitor_turn,
    posted_to_guest,
    posted_to_libvirt,
    timer_turn,
)
from kit.machine.events import DeviceDeleted, QmpReturn
from kit.machine.requests import Device, DeviceDel, Migrate, SystemReset
from kit.machine.revision import Revision
from kit.simulation.platform import ExploredPlatform, PlatformMachine, explored_platform_of
from kit.simulation.run import begin
from kit.simulation.scenario import Setup
from kit.trace.kinds import recipient

__all__ = ["DrcModel", "Situation", "State", "TurnEffect"]

T = TypeVar("T", bound=Hashable)
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

State = tuple[int, int, int, int]
"""QEMU, guest, management, environment: each the number of a part in the model's tables."""


class Situation(NamedTuple):
    """The parts of a state."""

    machine: PlatformMachine
    guest: GuestSide
    management: Management
    environment: Environment


class _Parts(Generic[T]):
    """Parts of one kind, each kept once and known by its number."""

    def __init__(self, describe: Callable[[T], Component[T]] = Component) -> None:
        self.known: list[Component[T]] = []
        self._numbers: dict[T, int] = {}
        self._describe = describe

    def __getitem__(self, number: int) -> T:
        return self.known[number].value

    def number(self, value: T) -> int:
        """Return the number of a part; equal parts have one."""
        found = self._numbers.setdefault(value, len(self.known))
        if found == len(self.known):
            self.known.append(self._describe(value))
        return found


class _Memo(dict[K, V]):
    """What a function returns for a key, computed once."""

    def __init__(self, make: Callable[[K], V]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: K) -> V:
        found = self[key] = self._make(key)
        return found


class TurnEffect(NamedTuple):
    """The effect of a turn, as numbers: QEMU, the participant's own part, messages, observations.

    ``sent`` are all messages of the turn, ``heard`` those that somebody other than QEMU receives.
    """

    machine: int
    own: int
    to_guest: int
    to_libvirt: int
    restarted: bool
    seen: int
    sent: int
    heard: int


class _GuestTurn(NamedTuple):
    """A turn of the guest's or of QEMU's timer: what depends on these two parts alone."""

    kind: ActionKind
    machine: int
    guest: int  # with the messages of this turn
    to_libvirt: int
    seen: int


class _LibvirtTurn(NamedTuple):
    """A turn of libvirt's: what depends on it and QEMU alone."""

    kind: ActionKind
    machine: int
    to_guest: int
    restarted: bool
    own: int
    management: int  # with the messages of this turn
    seen: int


class DrcModel(Model[State, EnabledAction]):
    """QEMU at a revision, a guest, libvirt and an operator, in every order.

    *platform* is the revision's, which must be given if the catalogue lacks it.

    Raises:
        UserError: The explorer cannot drive the revision's platform.
    """

    def __init__(
        self,
        revision: Revision,
        kind: GuestKind,
        scope: Scope,
        platform: ExploredPlatform[Any, Any] | None = None,
    ) -> None:
        self.revision, self.kind, self.scope = revision, kind, scope
        self.platform = platform or explored_platform_of(revision)
        self.devices = scope.devices
        strange = [one.id for one in self.devices if not self.platform.plugs(one)]
        if strange:
            raise UserError(
                f"{strange[0]} is not a device of {revision.name}; choose others, as one function"
                " of a PCI card: --cores 0 --pci 1"
            )
        self._menu = ActionTable(self.platform, self.devices, kind, migrates=scope.migrates)
        self._machines = _Parts(self._menu.of_machine)
        self._guests = _Parts(self._menu.of_guest)
        self._managements = _Parts(self._menu.of_management)
        self._environments: _Parts[Environment] = _Parts()
        self._messages: _Parts[tuple[Input, ...]] = _Parts()
        self._seen: _Parts[Observation] = _Parts()
        self._sent: _Parts[tuple[Sent, ...]] = _Parts()
        self._messages.number(())
        self._seen.number(NOTHING)
        self._effects: dict[tuple[EnabledAction, int, int], TurnEffect] = {}
        self._posted_to_guest = _Memo(self._post_to_guest)
        self._posted_to_libvirt = _Memo(self._post_to_libvirt)
        self._passed = _Memo(self._pass)
        self._operator = _Memo(self._of_operator)
        self._guest_turns: dict[tuple[int, int], tuple[_GuestTurn, ...]] = {}
        self._libvirt_turns: dict[tuple[int, int], tuple[_LibvirtTurn, ...]] = {}

    def initial(self) -> Sequence[State]:
        """Return the first state: every device is plugged and used, and nothing is requested."""
        setup = Setup(
            boards=(self.platform.board,),
            guest=self.kind,
            # without a card drmgr releases at once, as in the paths that were noted before
            conduct=Conduct(asks=True, user_asks=bool(self.scope.pci), unusable_ns=1),
            libvirt=GUEST_ERROR_SINCE,  # understands every event that QEMU has
            devices=self.devices,
        )
        world = begin(setup, self.revision, self.platform)
        assert world.libvirt is not None
        budgets = Environment(
            requests=self.scope.requests, resets=self.scope.resets, migrations=self.scope.migrations
        )
        return [
            (
                self._machines.number(self.platform.timeless(world.machine)),
                self._guests.number(GuestSide(world.guest)),
                self._managements.number(Management(world.libvirt)),
                self._environments.number(budgets),
            )
        ]

    def actions(self, state: State) -> tuple[EnabledAction, ...]:
        """Return what can happen next; nothing once QEMU is gone."""
        machine = self._machines.known[state[0]]
        if machine.value.aborted is not None:
            return ()
        return (
            machine.actions
            + self._guests.known[state[1]].actions
            + self._managements.known[state[2]].actions
            + self._operator[state[2], state[3]]
        )

    def _of_operator(self, key: tuple[int, int]) -> tuple[EnabledAction, ...]:
        management, environment = key
        return self._menu.of_operator(
            self._managements[management], self._environments[environment]
        )

    def successors(self, state: State) -> list[State]:
        """Return the states after each of the actions, in their order."""
        machine, guest, management, environment = state
        if self._machines.known[machine].value.aborted is not None:
            return []
        guest_turns = self._guest_turns.get((machine, guest))
        if guest_turns is None:
            guest_turns = self._guest_turns[machine, guest] = self._turns_of_guest(state)
        quiet = self._note(environment, ActionKind.GUEST, 0, management)
        found = []
        for kind, after, side, to_libvirt, noticed in guest_turns:
            found.append(
                (
                    after,
                    side,
                    self._posted_to_libvirt[management, to_libvirt] if to_libvirt else management,
                    self._note(environment, kind, noticed, management) if noticed else quiet,
                )
            )
        turns = self._libvirt_turns.get((machine, management))
        if turns is None:
            turns = self._libvirt_turns[machine, management] = self._turns_of_libvirt(state)
        for kind, after, to_guest, restarted, own, side, noticed in turns:
            found.append(
                (
                    after,
                    self._posted_to_guest[guest, to_guest, restarted] if to_guest else guest,
                    side,
                    self._note(environment, kind, noticed, own) if noticed else quiet,
                )
            )
        found += (self.next_state(state, one) for one in self._operator[management, environment])
        return found

    def _turns_of_guest(self, state: State) -> tuple[_GuestTurn, ...]:
        machine, guest = self._machines.known[state[0]], state[1]
        found = []
        for action in machine.actions + self._guests.known[guest].actions:
            effect = self.effect(state, action)
            side = effect.own if action.kind is ActionKind.GUEST else guest
            if effect.to_guest:
                side = self._posted_to_guest[side, effect.to_guest, effect.restarted]
            found.append(
                _GuestTurn(action.kind, effect.machine, side, effect.to_libvirt, effect.seen)
            )
        return tuple(found)

    def _turns_of_libvirt(self, state: State) -> tuple[_LibvirtTurn, ...]:
        found = []
        for action in self._managements.known[state[2]].actions:
            effect = self.effect(state, action)
            side = own = effect.own
            if effect.to_libvirt:
                side = self._posted_to_libvirt[own, effect.to_libvirt]
            found.append(
                _LibvirtTurn(
                    action.kind,
                    effect.machine,
                    effect.to_guest,
                    effect.restarted,
                    own,
                    side,
                    effect.seen,
                )
            )
        return tuple(found)

    def next_state(self, state: State, action: EnabledAction) -> State:
        """Return the state after one of its actions."""
        _, guest, management, environment = state
        kind = action.kind
        effect = self.effect(state, action)
        if kind is ActionKind.GUEST:
            guest = effect.own
        elif kind in _MANAGES:
            management = effect.own
        environment = self._note(environment, kind, effect.seen, management)
        if effect.to_guest:
            guest = self._posted_to_guest[guest, effect.to_guest, effect.restarted]
        if effect.to_libvirt:
            management = self._posted_to_libvirt[management, effect.to_libvirt]
        return effect.machine, guest, management, environment

    def finished(self, state: State) -> bool:
        """Is nothing left to do until somebody makes a request?

        A run that ends with QEMU's abort is cut off, not finished.
        """
        return (
            self._machines[state[0]].aborted is None
            and self._machines.known[state[0]].idle
            and self._guests.known[state[1]].idle
            and self._managements.known[state[2]].idle
        )

    def situation(self, state: State) -> Situation:
        """Return a state's parts."""
        return Situation(
            self._machines[state[0]],
            self._guests[state[1]],
            self._managements[state[2]],
            self._environments[state[3]],
        )

    def machine(self, state: State) -> PlatformMachine:
        """Return a state's QEMU."""
        return self._machines.known[state[0]].value

    def environment(self, state: State) -> Environment:
        """Return a state's budgets and what the observer has noted."""
        return self._environments.known[state[3]].value

    def is_heard(self, machine: PlatformMachine, device: Device) -> bool:
        """Does a request for a device reach the guest, or remove the device at once?"""
        _, reply, emitted = self.platform.ask(machine, DeviceDel(str(device.id)))
        heard = any(
            isinstance(one, DeviceDeleted) or recipient(one) is Actor.GUEST for one in emitted
        )
        return heard and isinstance(reply, QmpReturn)

    @cached_property
    def announced(self) -> tuple[Device, ...]:
        """The devices that QEMU asks for by themselves.

        A PCI function other than 0 is not one of them: QEMU asks for it when function 0 has to go.
        """
        machine = self.machine(self.initial()[0])
        return tuple(device for device in self.devices if self.is_heard(machine, device))

    def sent(self, state: State, action: EnabledAction) -> tuple[Sent, ...]:
        """Return the messages of a turn."""
        return self._sent[self.effect(state, action).sent]

    def observed(self, state: State, action: EnabledAction) -> Observation:
        """Return what an observer sees in a turn."""
        return self._seen[self.effect(state, action).seen]

    def heard(self, number: int) -> tuple[Sent, ...]:
        """Return what `TurnEffect.heard` means."""
        return self._sent[number]

    def effect(self, state: State, action: EnabledAction) -> TurnEffect:
        """Return the effect of a turn, which depends on QEMU and on whose turn it is alone."""
        kind = action.kind
        own = state[1] if kind is ActionKind.GUEST else state[2] if kind in _MANAGES else 0
        key = action, state[0], own
        found = self._effects.get(key)
        if found is None:
            found = self._effects[key] = self._take(state, action)
        return found

    def _take(self, state: State, action: EnabledAction) -> TurnEffect:
        machine, side, management, _ = self.situation(state)
        turn, own = Turn(self.platform, machine), 0
        after: Kernel | None = None
        match action.kind:
            case ActionKind.GUEST:
                side_after = guest_turn(turn, side, action.received)
                own, after = self._guests.number(side_after), side_after.guest
            case ActionKind.LIBVIRT:
                own = self._managements.number(libvirt_turn(turn, management, action.received))
            case ActionKind.REQUEST:
                assert isinstance(action.received, SetVcpus | DetachDevice)
                turn.send(Actor.OPERATOR, Actor.LIBVIRT, action.received)
            case ActionKind.DELETE:
                assert isinstance(action.received, DeviceDel)
                own = self._managements.number(monitor_turn(turn, management, action.received))
            case ActionKind.TIMER:
                timer_turn(turn)
            case ActionKind.RESET:
                turn.ask_qemu(Actor.OPERATOR, SystemReset())
            case ActionKind.MIGRATE:
                turn.ask_qemu(Actor.OPERATOR, Migrate(None))
        received = action.received if action.kind is ActionKind.GUEST else None
        noticed = seen(self.devices, machine, side.guest, received, turn, after)
        sent = tuple(turn.sent)
        return TurnEffect(
            self._machines.number(turn.machine),
            own,
            self._messages.number(tuple(turn.to_guest)),
            self._messages.number(tuple(turn.to_libvirt)),
            turn.restarted,
            self._seen.number(noticed),
            self._sent.number(sent),
            self._sent.number(tuple(one for one in sent if one.dst is not Actor.QEMU)),
        )

    def _post_to_guest(self, key: tuple[int, int, bool]) -> int:
        guest, messages, restarted = key
        side = posted_to_guest(self._guests[guest], self._messages[messages], restarted=restarted)
        return self._guests.number(side)

    def _post_to_libvirt(self, key: tuple[int, int]) -> int:
        management, messages = key
        side = posted_to_libvirt(self._managements[management], self._messages[messages])
        return self._managements.number(side)

    def _is_surprised(self, noticed: int, management: int) -> bool:
        """Does a device vanish whose unplug the operator believes to have failed?"""
        failed = self._managements[management].operator.failed
        return any(device in failed for device in self._seen[noticed].taken)

    def _note(self, environment: int, kind: ActionKind, noticed: int, management: int) -> int:
        surprise = bool(noticed) and self._is_surprised(noticed, management)
        return self._passed[environment, kind, noticed, surprise]

    def _pass(self, key: tuple[int, ActionKind, int, bool]) -> int:
        environment, kind, noticed, surprise = key
        after = passed(self._environments[environment], kind, self._seen[noticed], surprise)
        return self._environments.number(after)


_MANAGES = frozenset({ActionKind.LIBVIRT, ActionKind.DELETE})


def passed(
    environment: Environment, kind: ActionKind, noticed: Observation, surprise: bool
) -> Environment:
    """Return the budgets and observations after a turn."""
    owed = () if noticed.began_again else environment.owed + noticed.refused
    return Environment(
        requests=environment.requests - (kind in (ActionKind.REQUEST, ActionKind.DELETE)),
        resets=environment.resets - (kind is ActionKind.RESET),
        migrations=environment.migrations - (kind is ActionKind.MIGRATE),
        owed=tuple(sorted(set(owed) - set(noticed.reported))),
        remarks=noticed.remarks | ({ObservedFact.SURPRISE_REMOVAL} if surprise else frozenset()),
    )
