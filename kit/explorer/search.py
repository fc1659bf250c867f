"""Breadth-first search over any model: every reachable state, and shortest paths.

It knows nothing of what it searches: a model returns its initial states, the actions of a state
and the state after an action.  A path is a list of numbers: the initial state, then the action
taken each time.  So it can be replayed, printed and kept while the inside of the model changes.

The result is exact unless the limit on states is hit; then "holds" means "holds in the states that
were searched".  *Eventually* is judged in the last state of finished runs: a run that cycles for
ever has no such state and is not judged.  A property that has no counterexample holds only if some
action met its premise; otherwise nothing that was searched exercised it.

Source: the shape of stateright's Model and checker (stateright 0.30, src/lib.rs, checker/bfs.rs).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, Protocol, TypeVar

from kit.common.errors import MisuseError

__all__ = ["Ended", "Judgement", "Model", "Path", "Property", "PropertyKind", "PropertyResult"]
__all__ += ["Result", "explore", "is_violated", "walk"]

S = TypeVar("S", bound=Hashable)
A = TypeVar("A")
T = TypeVar("T")

Path = tuple[int, ...]
"""Which initial state, and which of its actions was taken in each state after it."""

TELL_EVERY = 4096  # states, between two calls of progress


class Model(Protocol[S, A]):
    """What can be searched; an answer depends on the arguments alone."""

    def initial(self) -> Sequence[S]:
        """Return the states in which a run can begin."""
        ...

    def actions(self, state: S) -> Sequence[A]:
        """Return what can happen in *state*, always in the same order."""
        ...

    def next_state(self, state: S, action: A) -> S:
        """Return the state after *action*, one of those of *state*."""
        ...

    def successors(self, state: S) -> Sequence[S]:
        """Return the states after each of the actions of *state*, in their order."""
        return [self.next_state(state, action) for action in self.actions(state)]

    def finished(self, state: S) -> bool:
        """Is a run over here, unless something new begins from outside?"""
        ...


class PropertyKind(Enum):
    """When a property must hold: in every state, in at least one, in the last of a finished run."""

    ALWAYS = "always"
    SOMETIMES = "sometimes"
    EVENTUALLY = "eventually"


def is_violated(
    kind: PropertyKind, holds: Callable[[T], bool], states: Sequence[T], *, finished: bool
) -> bool:
    """Does a run through these states violate a property?"""
    match kind:
        case PropertyKind.ALWAYS:
            return not all(map(holds, states))
        case PropertyKind.EVENTUALLY:
            return finished and not holds(states[-1])
        case PropertyKind.SOMETIMES:
            return False


@dataclass(frozen=True, slots=True)
class Property(Generic[S]):
    """A named claim about states.

    ``premise`` says of a state and an action whether that action exercises the claim; None: every
    run does.
    """

    name: str
    kind: PropertyKind
    holds: Callable[[S], bool]
    premise: Callable[[S, Any], bool] | None = None


class Judgement(Enum):
    """What a search says about a property."""

    HOLDS = "holds"
    VIOLATED = "violated"
    NOT_EXERCISED = "not-exercised"


class Ended(Enum):
    """Why a search ended."""

    COMPLETE = "every state was seen"
    BOUND = "the bound on states was hit"
    INTERRUPTED = "it was interrupted"


@dataclass(frozen=True, slots=True)
class PropertyResult:
    """What is known of a property, and a shortest path that shows it.

    The path is a counterexample of an *always* or *eventually* property, an example of a
    *sometimes* property; None if the search met neither.  ``tried`` is a shortest path that meets
    the premise, None for a property without a premise.  ``exercised``: some path met it.
    """

    holds: bool
    path: Path | None
    exercised: bool = True
    tried: Path | None = None

    @property
    def judgement(self) -> Judgement:
        """Does it hold, is it violated, or did nothing exercise it?"""
        if self.path is None and not self.exercised:
            return Judgement.NOT_EXERCISED
        return Judgement.HOLDS if self.holds else Judgement.VIOLATED


@dataclass(frozen=True, slots=True)
class Result:
    """What a search found; ``depth`` is the length of the longest of the shortest paths."""

    states: int
    transitions: int
    depth: int
    ended: Ended
    findings: dict[str, PropertyResult]

    @property
    def complete(self) -> bool:
        """Was everything seen that can be reached?"""
        return self.ended is Ended.COMPLETE


class _Search(Generic[S, A]):
    """A search in progress: the states seen, and from where each was first reached."""

    def __init__(self, properties: Sequence[Property[S]], max_states: int) -> None:
        self.properties = properties
        self.max_states = max_states
        self.seen: dict[S, int] = {}
        self.parents = array("l")  # the number of the state before; -1 of an initial one
        self.choices = array("H")
        self.open = list(properties)
        self.met: dict[str, int] = {}
        self.untried = [prop for prop in properties if prop.premise is not None]
        self.tried: dict[str, tuple[int, int]] = {}  # the number of the state before, the choice
        self.transitions = 0
        self.depth = 0

    def add(self, state: S, parent: int, choice: int) -> None:
        self.seen[state] = len(self.parents)
        self.parents.append(parent)
        self.choices.append(choice)

    def judge(self, state: S, model: Model[S, A]) -> None:
        """Judge the properties without a finding so far in the state added last."""
        number, finished = len(self.parents) - 1, None
        for prop in self.open:
            if prop.kind is PropertyKind.EVENTUALLY:
                finished = model.finished(state) if finished is None else finished
                if not finished:
                    continue
            if prop.holds(state) is (prop.kind is PropertyKind.SOMETIMES):
                self.met[prop.name] = number
        if number in self.met.values():
            self.open = [prop for prop in self.open if prop.name not in self.met]

    def note_premises(self, state: S, action: A, parent: int, choice: int) -> None:
        """Note whose premise *action* is the first to meet."""
        for prop in self.untried:
            if prop.premise is not None and prop.premise(state, action):
                self.tried[prop.name] = parent, choice
        self.untried = [prop for prop in self.untried if prop.name not in self.tried]

    def path_to(self, number: int) -> Path:
        choices = []
        while number >= 0:
            choices.append(self.choices[number])
            number = self.parents[number]
        return tuple(reversed(choices))

    def result(self, ended: Ended) -> Result:
        findings = {}
        for prop in self.properties:
            met = self.met.get(prop.name)
            path = None if met is None else self.path_to(met)
            tried = self.tried.get(prop.name)
            is_sometimes = prop.kind is PropertyKind.SOMETIMES
            findings[prop.name] = PropertyResult(
                (path is not None) is is_sometimes,
                path,
                # without an example, a search that was cut short knows nothing of a *sometimes*
                exercised=(prop.premise is None or tried is not None)
                and (not is_sometimes or path is not None or ended is Ended.COMPLETE),
                tried=None if tried is None else (*self.path_to(tried[0]), tried[1]),
            )
        return Result(len(self.seen), self.transitions, self.depth, ended, findings)


def explore(
    model: Model[S, A],
    properties: Sequence[Property[S]] = (),
    *,
    max_states: int = 1_000_000,
    progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Result:
    """Return what holds in the states that *model* can reach; the nearest are searched first.

    *max_states* bounds the memory. *progress* is called now and then with the number of states seen
    and the depth. If *stop* then returns True, the search ends, as at Ctrl-C, with what it knows.
    """
    search: _Search[S, A] = _Search(properties, max_states)
    ended = Ended.INTERRUPTED
    with suppress(KeyboardInterrupt):
        ended = _search(search, model, progress, stop)
    return search.result(ended)


def _search(
    search: _Search[S, A],
    model: Model[S, A],
    progress: Callable[[int, int], None] | None,
    stop: Callable[[], bool] | None,
) -> Ended:
    level: list[S] = []
    for choice, state in enumerate(model.initial()):
        if state not in search.seen:
            search.add(state, -1, choice)
            search.judge(state, model)
            level.append(state)
    expanded = 0
    while level:
        following: list[S] = []
        for state in level:
            if not _expand(search, model, state, following):
                return Ended.BOUND
            expanded += 1
            if expanded % TELL_EVERY == 0:
                if progress is not None:
                    progress(len(search.seen), search.depth)
                if stop is not None and stop():
                    return Ended.INTERRUPTED
        level = following
        search.depth += bool(level)
    return Ended.COMPLETE


def _expand(search: _Search[S, A], model: Model[S, A], state: S, following: list[S]) -> bool:
    """Take every action of *state*; return whether there was room for what it leads to."""
    seen, parent = search.seen, search.seen[state]
    actions = model.actions(state) if search.untried else ()
    for choice, after in enumerate(model.successors(state)):
        search.transitions += 1
        if search.untried:
            search.note_premises(state, actions[choice], parent, choice)
        if after not in seen:
            if len(seen) >= search.max_states:
                return False
            search.add(after, parent, choice)
            search.judge(after, model)
            following.append(after)
    return True


def walk(model: Model[S, A], path: Path) -> tuple[list[S], list[A]]:
    """Return the states that a path passes, and the actions between them.

    Raises:
        MisuseError: There is no such choice: the path belongs to another model, or the model does
            not always answer alike.
    """
    if not path:
        raise MisuseError("a path names at least its initial state")
    states, actions = [_chosen(model.initial(), path, 0)], []
    for number in range(1, len(path)):
        actions.append(_chosen(model.actions(states[-1]), path, number))
        states.append(model.next_state(states[-1], actions[-1]))
    return states, actions


def _chosen(options: Sequence[T], path: Path, number: int) -> T:
    choice = path[number]
    if not 0 <= choice < len(options):
        raise MisuseError(
            f"choice {number} of the path is {choice}; there are {len(options)}: {options}"
        )
    return options[choice]
