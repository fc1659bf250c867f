"""What each party believes on every way through a graph: an automaton for each row of a picture.

A belief depends on the way: QEMU that dropped a request holds its device as if nobody had asked,
and the operator knows what was typed. So no node of the graph has a belief of its own. This module
follows every way to find the moves of the automaton; the page only looks them up.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from kit.actors.messages import Actor
from kit.actors.operator import Operator
from kit.explorer.comparison import PathState, operator_after
from kit.explorer.graph import Edge, Graph
from kit.views.diagram.layout import THOUGHTS, LaneRow, LaneState, held_after

__all__ = ["BeliefRow", "Standings", "belief_row"]

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class BeliefRow:
    """A row as an automaton; its first state is that of the start.

    ``held`` is what the party believes in each state, ``aborted`` the states in which QEMU is gone.
    ``moves`` are for each state where an input leads; without one it stays. The input is the number
    of what was sent for the operator (``by_sent``), and for all others that of the standing.
    """

    row: LaneRow
    held: tuple[LaneState | None, ...]
    aborted: tuple[bool, ...]
    moves: tuple[dict[int, int], ...]

    @property
    def by_sent(self) -> bool:
        """Is the input what was sent?"""
        return self.row.lane is Actor.OPERATOR


class Standings:
    """The different states of all parties but the operator, and which one each node has."""

    def __init__(self, graph: Graph) -> None:
        found: dict[Hashable, int] = {}
        self.states: list[PathState] = []
        self.numbers: list[int] = []
        for node in graph.nodes:
            one = node.standing
            beliefs = {name: replace(b, operator="") for name, b in one.beliefs.items()}
            key = (tuple(beliefs.items()), one.settled, one.aborted)
            if found.setdefault(key, len(found)) == len(self.states):
                self.states.append(replace(one, beliefs=beliefs))
            self.numbers.append(found[key])


def belief_row(graph: Graph, row: LaneRow, standings: Standings) -> BeliefRow:
    """Return what a party believes of a device, on every way."""
    if row.lane is Actor.OPERATOR:
        known, moves = _followed(
            graph,
            Operator(),
            lambda operator, sent: operator_after(operator, graph.messages[sent]),
            lambda edge: edge.sent,
        )
        held = tuple(THOUGHTS.get(operator.thinks(row.device)) for operator in known)
        return BeliefRow(row=row, held=held, aborted=(False,) * len(held), moves=moves)
    states, first = standings.states, standings.numbers[0]

    def then(was: tuple[LaneState | None, int], there: int) -> tuple[LaneState | None, int]:
        return held_after(row, (was[0], states[was[1]]), states[there]), there

    stood, moves = _followed(
        graph,
        (held_after(row, None, states[first]), first),
        then,
        lambda edge: standings.numbers[edge.target],
    )
    return BeliefRow(
        row=row,
        held=tuple(held for held, _ in stood),
        aborted=tuple(states[number].aborted for _, number in stood),
        moves=moves,
    )


def _followed(
    graph: Graph, first: T, then: Callable[[T, int], T], read: Callable[[Edge], int]
) -> tuple[Sequence[T], tuple[dict[int, int], ...]]:
    """Return the states of an automaton that reads each way, and the moves that leave a state."""
    known, numbers = [first], {first: 0}
    moves: list[dict[int, int]] = [{}]
    todo = [(0, 0)]  # a node, and the automaton's state in it
    seen = set(todo)
    for place, at in todo:  # grows as it is walked
        for edge in graph.nodes[place].edges:
            told = read(edge)
            if told not in moves[at]:
                made = then(known[at], told)
                moves[at][told] = numbers.setdefault(made, len(known))
                if len(numbers) > len(known):
                    known.append(made)
                    moves.append({})
            following = (edge.target, moves[at][told])
            if following not in seen:
                seen.add(following)
                todo.append(following)
    leaving = (
        {told: to for told, to in one.items() if to != number} for number, one in enumerate(moves)
    )
    return known, tuple(leaving)
