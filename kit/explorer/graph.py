"""The whole graph of a small model: every state, every action, and what each says of a property.

Where a search answers with one shortest path, a graph lets a person go any way.
"""

from __future__ import annotations

from dataclasses import dataclass

from kit.common.errors import UserError
from kit.explorer.comparison import PathState, standing_of
from kit.explorer.jobs import SearchJob
from kit.explorer.model import DrcModel, State
from kit.explorer.properties import UnplugProperty, judged
from kit.explorer.search import PropertyKind
from kit.explorer.transitions import Sent

__all__ = ["Edge", "Graph", "Node", "graph_of"]


@dataclass(frozen=True, slots=True)
class Edge:
    """An action that can happen: its number, the messages it sends, the node it leads to.

    ``exercised`` are the numbers of the properties whose premise it meets.
    """

    action: int
    sent: int
    target: int
    exercised: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """A state: what can happen in it, in the order of a path's choices, and the state of all.

    ``shown`` are the numbers of the properties that it violates; of a *sometimes* property, which
    no state violates, those that it is an example of.
    """

    edges: tuple[Edge, ...]
    standing: PathState
    shown: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """Every state that a model reaches; the first is where a run begins.

    ``actions`` are an action's words and kind, ``messages`` what one action sends.
    """

    job: SearchJob
    model: DrcModel
    properties: tuple[UnplugProperty, ...]
    actions: tuple[tuple[str, str], ...]
    messages: tuple[tuple[Sent, ...], ...]
    nodes: tuple[Node, ...]


def graph_of(job: SearchJob) -> Graph:
    """Return the graph of a job, its states in the order of a breadth-first search.

    Raises:
        UserError: It has more states than the job allows, or the explorer cannot drive the
            revision's platform.
    """
    model = DrcModel(job.revision, job.kind, job.scope)
    return _Builder(job, model, judged(job.kind)).graph()


class _Builder:
    def __init__(
        self, job: SearchJob, model: DrcModel, properties: tuple[UnplugProperty, ...]
    ) -> None:
        self._job, self._model, self._properties = job, model, properties
        self._judges = [prop.of(model) for prop in properties]
        self._numbers: dict[State, int] = {}
        self._states: list[State] = []
        self._actions: dict[tuple[str, str], int] = {}
        self._messages: dict[tuple[Sent, ...], int] = {}

    def graph(self) -> Graph:
        self._number(self._model.initial()[0])
        nodes = tuple(self._node(state) for state in self._states)  # which grow meanwhile
        actions, messages = tuple(self._actions), tuple(self._messages)
        return Graph(self._job, self._model, self._properties, actions, messages, nodes)

    def _number(self, state: State) -> int:
        found = self._numbers.setdefault(state, len(self._states))
        if found == len(self._states):
            if found >= self._job.max_states:
                raise UserError(
                    f"{self._job.scope.words}: more than {found:,} states; name a smaller scope"
                )
            self._states.append(state)
        return found

    def _node(self, state: State) -> Node:
        model = self._model
        edges = []
        for action in model.actions(state):
            sent = model.sent(state, action)
            edges.append(
                Edge(
                    self._actions.setdefault((action.text, action.kind.name), len(self._actions)),
                    self._messages.setdefault(sent, len(self._messages)),
                    self._number(model.next_state(state, action)),
                    tuple(
                        number
                        for number, judge in enumerate(self._judges)
                        if judge.premise is not None and judge.premise(state, action)
                    ),
                )
            )
        return Node(tuple(edges), standing_of(model, state), tuple(self._shown(state)))

    def _shown(self, state: State) -> list[int]:
        finished = self._model.finished(state)
        return [
            number
            for number, judge in enumerate(self._judges)
            if (judge.kind is not PropertyKind.EVENTUALLY or finished)
            and judge.holds(state) is (judge.kind is PropertyKind.SOMETIMES)
        ]
