"""Small models with known numbers of states, for the search and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kit.explorer.search import Model

Jugs = tuple[int, int]


class WaterJugs(Model[Jugs, str]):
    """A jug of three litres and one of five: fill, empty or pour, until four are measured.

    The 16 states are known: those in which one of the jugs is empty or full.
    """

    def initial(self) -> Sequence[Jugs]:
        return [(0, 0)]

    def actions(self, _: Jugs) -> Sequence[str]:
        return ("fill 3", "fill 5", "empty 3", "empty 5", "3 to 5", "5 to 3")

    def next_state(self, state: Jugs, action: str) -> Jugs:
        small, big = state
        to_big, to_small = min(small, 5 - big), min(big, 3 - small)
        return {
            "fill 3": (3, big),
            "fill 5": (small, 5),
            "empty 3": (0, big),
            "empty 5": (small, 0),
            "3 to 5": (small - to_big, big + to_big),
            "5 to 3": (small + to_small, big - to_small),
        }[action]

    def finished(self, _: Jugs) -> bool:
        return False


class Commit(NamedTuple):
    """A two-phase commit at one moment."""

    managers: tuple[str, ...]
    coordinator: str
    prepared: frozenset[int]
    messages: frozenset[str | int]


class TwoPhaseCommit(Model[Commit, tuple[str, int]]):
    """Two-phase commit as Lamport writes it: 288 states with three resource managers.

    Source: Gray and Lamport, "Consensus on Transaction Commit" (2004), the TwoPhase module;
    stateright's 2pc example counts as many.
    """

    def __init__(self, managers: int) -> None:
        self.managers = range(managers)

    def initial(self) -> Sequence[Commit]:
        return [Commit(("working",) * len(self.managers), "init", frozenset(), frozenset())]

    def actions(self, state: Commit) -> Sequence[tuple[str, int]]:
        waits = state.coordinator == "init"
        found = [("commits", -1)] if waits and len(state.prepared) == len(self.managers) else []
        found += [("aborts", -1)] if waits else []
        for one in self.managers:
            if waits and one in state.messages:
                found.append(("hears", one))
            if state.managers[one] == "working":
                found += [("prepares", one), ("gives up", one)]
            found += [("is told commit", one)] if "commit" in state.messages else []
            found += [("is told abort", one)] if "abort" in state.messages else []
        return found

    def next_state(self, state: Commit, action: tuple[str, int]) -> Commit:
        what, one = action
        match what:
            case "commits":
                told = state.messages | {"commit"}
                return state._replace(coordinator="committed", messages=told)
            case "aborts":
                return state._replace(coordinator="aborted", messages=state.messages | {"abort"})
            case "hears":
                return state._replace(prepared=state.prepared | {one})
            case "prepares":
                told = state.messages | {one}
                return self._set(state, one, "prepared")._replace(messages=told)
            case "is told commit":
                return self._set(state, one, "committed")
        return self._set(state, one, "aborted")

    def _set(self, state: Commit, one: int, to: str) -> Commit:
        managers = (*state.managers[:one], to, *state.managers[one + 1 :])
        return state._replace(managers=managers)

    def finished(self, state: Commit) -> bool:
        return set(state.managers) <= {"committed", "aborted"}


class Countdown(Model[Jugs, int]):
    """Two counters that go down by one, each when it likes: (first + 1) * (second + 1) states."""

    def __init__(self, first: int, second: int) -> None:
        self.start = (first, second)

    def initial(self) -> Sequence[Jugs]:
        return [self.start]

    def actions(self, state: Jugs) -> Sequence[int]:
        return [which for which in (0, 1) if state[which]]

    def next_state(self, state: Jugs, action: int) -> Jugs:
        return (state[0] - 1, state[1]) if action == 0 else (state[0], state[1] - 1)

    def finished(self, state: Jugs) -> bool:
        return state == (0, 0)
