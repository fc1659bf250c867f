"""Search a machine of somebody's own, and play paths of it: every order of its actions.

A state of the search is the machine's state and how it judged its properties in the last step.  A
run is finished where nothing can happen but what somebody outside begins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kit.explorer.own_machine import (
    Description,
    OwnAction,
    OwnMachine,
    OwnMachineError,
    OwnMessage,
    OwnProperty,
    OwnStart,
    OwnStep,
    Said,
)
from kit.explorer.search import (
    Ended,
    Judgement,
    Model,
    Property,
    PropertyKind,
    PropertyResult,
    Result,
    explore,
    is_violated,
    walk,
)

__all__ = [
    "MAX_STATES",
    "OwnChoice",
    "OwnExplored",
    "OwnFinding",
    "OwnPath",
    "explore_each",
    "explore_own",
    "play_own",
    "violated_by",
]

MAX_STATES = 20_000


@dataclass(frozen=True, slots=True)
class _State:
    """The machine's state, and the properties that the last step judged false.

    ``met`` are properties of kind *sometimes* that it judged true.
    """

    state: str
    violated: tuple[str, ...] = ()
    met: tuple[str, ...] = ()


class _OwnModel(Model[_State, OwnAction]):
    """A machine from one of its starts."""

    def __init__(self, machine: OwnMachine, start: OwnStart) -> None:
        self._machine, self._start = machine, start
        self._actions = machine.description.actions
        kinds = {prop.name: prop.kind for prop in machine.description.properties}
        self._sometimes = {name for name, kind in kinds.items() if kind is PropertyKind.SOMETIMES}

    def initial(self) -> Sequence[_State]:
        return (_State(self._start.state),)

    def actions(self, state: _State) -> Sequence[OwnAction]:
        return [one for one in self._actions if self.step(state, one) is not None]

    def successors(self, state: _State) -> Sequence[_State]:
        steps = (self.step(state, one) for one in self._actions)
        return [self.after(step) for step in steps if step is not None]

    def next_state(self, state: _State, action: OwnAction) -> _State:
        step = self.step(state, action)
        assert step is not None, "the search takes only what can happen"
        return self.after(step)

    def after(self, step: OwnStep) -> _State:
        judged = sorted(step.judged.items())
        return _State(
            step.state,
            tuple(name for name, holds in judged if not (holds or name in self._sometimes)),
            tuple(name for name, holds in judged if holds and name in self._sometimes),
        )

    def finished(self, state: _State) -> bool:
        return all(action.begins for action in self.actions(state))

    def step(self, state: _State, action: OwnAction) -> OwnStep | None:
        return self._machine.step(action, state.state)

    def judges(self, name: str, state: _State, action: OwnAction) -> bool:
        step = self.step(state, action)
        return step is not None and name in step.judged


def _property(prop: OwnProperty, model: _OwnModel) -> Property[_State]:
    """Return a property for the search; each step that judges it exercises it."""
    name = prop.name
    if prop.kind is PropertyKind.SOMETIMES:
        return Property(name, prop.kind, lambda state: name in state.met)
    return Property(
        name,
        prop.kind,
        lambda state: name not in state.violated,
        lambda state, action: model.judges(name, state, action),
    )


@dataclass(frozen=True, slots=True)
class OwnFinding:
    """A property, what the search says of it, and the actions that show it."""

    prop: OwnProperty
    found: PropertyResult
    actions: tuple[OwnAction, ...]

    @property
    def is_violated(self) -> bool:
        """Is it violated?"""
        return self.found.judgement is Judgement.VIOLATED


@dataclass(frozen=True, slots=True)
class OwnExplored:
    """The result of one search from one start."""

    machine: OwnMachine
    start: OwnStart
    result: Result
    findings: tuple[OwnFinding, ...]


def explore_own(
    machine: OwnMachine,
    start: str | None = None,
    *,
    max_states: int = MAX_STATES,
    progress: Callable[[int, int], None] | None = None,
) -> OwnExplored:
    """Return which properties hold from a start, with a shortest path for each that does not.

    Raises:
        OwnMachineError: The machine breaks the protocol, or does not answer twice alike.
    """
    begin = machine.start(start)
    model = _OwnModel(machine, begin)
    properties = machine.description.properties
    judged = [_property(prop, model) for prop in properties]
    result = explore(model, judged, max_states=max_states, progress=progress)
    if result.ended is not Ended.INTERRUPTED:
        machine.check_repeats()
    findings = []
    for prop in properties:
        found = result.findings[prop.name]
        path = found.path or found.tried
        actions = () if path is None else tuple(walk(model, path)[1])
        findings.append(OwnFinding(prop, found, actions))
    return OwnExplored(machine, begin, result, tuple(findings))


def explore_each(
    machine: OwnMachine,
    start: str | None,
    *,
    max_states: int = MAX_STATES,
    progress: Callable[[int, int], None] | None = None,
) -> list[OwnExplored]:
    """Search from one start, or from each, until a person interrupts; see `explore_own`."""
    starts = [one.name for one in machine.description.starts] if start is None else [start]
    found = []
    for name in starts:
        found.append(explore_own(machine, name, max_states=max_states, progress=progress))
        if found[-1].result.ended is Ended.INTERRUPTED:
            break
    return found


@dataclass(frozen=True, slots=True)
class OwnChoice:
    """An action of a path; ``step`` is None where it cannot happen."""

    action: OwnAction
    step: OwnStep | None

    @property
    def messages(self) -> tuple[OwnMessage, ...]:
        """What is sent; where it cannot happen, a remark of its sender."""
        if self.step is not None:
            return self.step.messages
        src = self.action.message.src
        return (OwnMessage(src, src, Said(f"{self.action.name}: cannot happen here")),)


@dataclass(frozen=True, slots=True)
class OwnPath:
    """Actions of a machine from one of its starts; ``finished``: nothing is under way after it."""

    description: Description
    called: str
    start: OwnStart
    choices: tuple[OwnChoice, ...]
    finished: bool

    @property
    def shows(self) -> tuple[dict[str, Said], ...]:
        """What each participant shows: at the start, and after each choice."""
        found = [dict(self.start.shows)]
        for choice in self.choices:
            found.append(found[-1] if choice.step is None else dict(choice.step.shows))
        return tuple(found)


def play_own(
    machine: OwnMachine, words: str, start: str | None = None, *, strict: bool = True
) -> OwnPath:
    """Return a scenario, or actions with commas between, from a start.

    Without *strict*, nothing happens at an action that cannot happen; else it is an error.

    Raises:
        OwnMachineError: There is no such scenario, action or start, or an action cannot happen.
    """
    begin = machine.start(start)
    model = _OwnModel(machine, begin)
    state, choices = model.initial()[0], []
    for number, action in enumerate(machine.scenario(words), 1):
        step = model.step(state, action)
        if step is None and strict:
            possible = ", ".join(one.name for one in model.actions(state)) or "nothing"
            raise OwnMachineError(
                f"{machine.name}: action {number}, {action.name}, cannot happen there from start"
                f" {begin.name}; possible there: {possible}"
            )
        choices.append(OwnChoice(action, step))
        state = state if step is None else model.after(step)
    called = words if words in machine.description.scenarios else "path"
    return OwnPath(machine.description, called, begin, tuple(choices), model.finished(state))


def violated_by(path: OwnPath) -> tuple[OwnProperty, ...]:
    """Return the properties that a path violates: on the way, or where it ends."""
    steps = [choice.step.judged for choice in path.choices if choice.step is not None]

    def violated(prop: OwnProperty) -> bool:
        def holds(judged: Mapping[str, bool]) -> bool:
            return judged.get(prop.name, True)

        return is_violated(prop.kind, holds, [{}, *steps], finished=path.finished)

    return tuple(filter(violated, path.description.properties))
