"""Do two revisions answer alike in every order of events, and if not, what differs first?

Both take the same choices within the scope.  Only what QEMU sends to others counts: a timer that
one of them runs makes no difference until QEMU sends something.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kit.actors.pseries_programs import GuestKind
from kit.explorer.actions import EnabledAction
from kit.explorer.model import DrcModel, State
from kit.explorer.paths import PlayedPath, play_path
from kit.explorer.scope import Scope
from kit.explorer.search import Ended, Model, Property, PropertyKind, Result, explore, walk
from kit.machine.revision import Revision

__all__ = ["Alike", "alike"]

Pair = tuple[State, State, bool]
"""Both states, and whether all messages so far were the same."""


@dataclass(frozen=True, slots=True)
class Alike:
    """The result of a comparison, and a shortest path to a difference, as each side plays it."""

    result: Result
    difference: tuple[PlayedPath, PlayedPath] | None

    @property
    def ended(self) -> Ended:
        """Why the search ended."""
        return self.result.ended


@dataclass(frozen=True, slots=True)
class _Both:
    """The same choice at both revisions; None where one does not offer it."""

    ours: EnabledAction | None
    theirs: EnabledAction | None


class _Twins(Model[Pair, _Both]):
    """Two models driven by the same choices."""

    def __init__(self, ours: DrcModel, theirs: DrcModel) -> None:
        self.ours, self.theirs = ours, theirs
        self._same: dict[tuple[int, int], bool] = {}

    def initial(self) -> Sequence[Pair]:
        return [(self.ours.initial()[0], self.theirs.initial()[0], True)]

    def actions(self, state: Pair) -> Sequence[_Both]:
        if not state[2]:
            return ()
        theirs = {action.text: action for action in self.theirs.actions(state[1])}
        both = [
            _Both(action, theirs.pop(action.text, None)) for action in self.ours.actions(state[0])
        ]
        return [*both, *(_Both(None, action) for action in theirs.values())]

    def next_state(self, state: Pair, action: _Both) -> Pair:
        ours, our_words = _after(self.ours, state[0], action.ours)
        theirs, their_words = _after(self.theirs, state[1], action.theirs)
        words = our_words, their_words
        same = self._same.get(words)
        if same is None:
            same = self._same[words] = self._are_same(*words)
        return ours, theirs, same

    def _are_same(self, ours: int, theirs: int) -> bool:
        our_words = () if ours == _NOTHING else self.ours.heard(ours)
        return our_words == (() if theirs == _NOTHING else self.theirs.heard(theirs))

    def finished(self, state: Pair) -> bool:
        return not state[2]


_NOTHING = -1  # instead of the number of what was heard


def _after(model: DrcModel, state: State, action: EnabledAction | None) -> tuple[State, int]:
    """Return the state after a choice, and the number of what was heard."""
    if action is None:
        return state, _NOTHING
    return model.next_state(state, action), model.effect(state, action).heard


def alike(
    ours: Revision,
    theirs: Revision,
    kind: GuestKind,
    scope: Scope,
    *,
    max_states: int = 1_000_000,
    progress: Callable[[int, int], None] | None = None,
) -> Alike:
    """Return whether two revisions answer alike in a whole scope.

    Raises:
        UserError: The explorer cannot drive the platform of one of them.
    """
    twins = _Twins(DrcModel(ours, kind, scope), DrcModel(theirs, kind, scope))
    same: Property[Pair] = Property("alike", PropertyKind.ALWAYS, lambda state: state[2])
    result = explore(twins, [same], max_states=max_states, progress=progress)
    path = result.findings["alike"].path
    if path is None:
        return Alike(result, None)
    _, actions = walk(twins, path)
    return Alike(
        result,
        (
            _played(twins.ours, [both.ours for both in actions]),
            _played(twins.theirs, [both.theirs for both in actions]),
        ),
    )


def _played(model: DrcModel, actions: Sequence[EnabledAction | None]) -> PlayedPath:
    """Return a path of both as one of them plays it, without the choices that it does not offer."""
    state, choices = model.initial()[0], [0]
    for action in actions:
        if action is not None:
            choices.append(model.actions(state).index(action))
            state = model.next_state(state, action)
    return play_path(model.revision, model.kind, model.scope, tuple(choices))
