"""The graph of a small model: the search's states, and its shortest ways to each property."""

from __future__ import annotations

from collections import deque

import pytest

from kit.actors.pseries_programs import GuestKind
from kit.common.errors import UserError
from kit.explorer.graph import Graph, graph_of
from kit.explorer.jobs import SearchJob, explore_one
from kit.explorer.scope import Scope
from kit.explorer.search import Judgement, PropertyKind
from kit.machine.catalogue import find_revision

SCOPE = Scope(cores=1)


def job(name: str, most: int = 10_000) -> SearchJob:
    return SearchJob(find_revision(name), GuestKind.LINUX_5_12, SCOPE, most)


def depths(graph: Graph) -> list[int]:
    """How many choices it is to each node."""
    found, waiting = {0: 0}, deque([0])
    while waiting:
        number = waiting.popleft()
        for edge in graph.nodes[number].edges:
            if edge.target not in found:
                found[edge.target] = found[number] + 1
                waiting.append(edge.target)
    return [found[number] for number in range(len(graph.nodes))]


@pytest.mark.parametrize("name", ["pre-revert", "revert", "today"])
def test_it_has_what_the_search_finds(name: str) -> None:
    graph, explored = graph_of(job(name)), explore_one(job(name))
    far = depths(graph)
    nearest, exercised = {}, {}
    for number, prop in enumerate(graph.properties):
        shown = [far[n] for n, node in enumerate(graph.nodes) if number in node.shown]
        nearest[prop.name] = min(shown, default=None)
        exercised[prop.name] = any(
            number in edge.exercised for node in graph.nodes for edge in node.edges
        )
    found = explored.result.findings
    paths = {name: one.path for name, one in found.items()}

    assert len(graph.nodes) == explored.result.states
    assert sum(len(node.edges) for node in graph.nodes) == explored.result.transitions
    assert nearest == {n: None if path is None else len(path) - 1 for n, path in paths.items()}
    assert exercised == {
        prop.name: found[prop.name].judgement is not Judgement.NOT_EXERCISED
        or found[prop.name].tried is not None
        for prop in graph.properties
    }


def test_a_sometimes_property_is_shown_by_its_examples() -> None:
    graph = graph_of(job("revert"))
    number = next(
        n for n, prop in enumerate(graph.properties) if prop.kind is PropertyKind.SOMETIMES
    )
    node = next(node for node in graph.nodes if number in node.shown)

    assert not node.standing.beliefs["core1"].qemu


def test_too_many_states_are_one_line() -> None:
    with pytest.raises(
        UserError, match=r"^1 core, .*: more than 100 states; name a smaller scope$"
    ):
        graph_of(job("revert", 100))
