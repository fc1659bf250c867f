"""What each party believes in the graph of a page, on any way through it."""

from __future__ import annotations

from functools import cache
from random import Random

import pytest

from kit.actors.messages import PARTICIPANTS, Actor
from kit.actors.pseries_programs import GuestKind
from kit.explorer.comparison import alone
from kit.explorer.graph import Graph, graph_of
from kit.explorer.jobs import SearchJob
from kit.explorer.paths import play_path
from kit.explorer.scope import Scope
from kit.machine.catalogue import find_revision
from kit.views.diagram.layout import LaneRow, LaneState, helds_of
from kit.views.page.beliefs import BeliefRow, Standings, belief_row

CORE, CARD = Scope(cores=1), Scope(cores=0, pci=1)
GRAPHS = [("pre-revert", CORE), ("guest-error", CORE), ("pcie-today", CARD)]
WAYS, LONG = 40, 25


@cache
def graph(name: str, scope: Scope) -> Graph:
    return graph_of(SearchJob(find_revision(name), GuestKind.LINUX_5_12, scope, 20_000))


def way(found: Graph, seed: int) -> tuple[int, ...]:
    """Choose by chance, until nothing can happen any more."""
    choose, here, choices = Random(seed), found.nodes[0], []
    while here.edges and len(choices) < LONG:
        choices.append(choose.randrange(len(here.edges)))
        here = found.nodes[here.edges[choices[-1]].target]
    return tuple(choices)


def followed(
    found: Graph, row: BeliefRow, standings: Standings, choices: tuple[int, ...]
) -> list[LaneState | None]:
    """Go a way as the page does it."""
    node, state = 0, 0
    held = [row.held[0]]
    for choice in choices:
        edge = found.nodes[node].edges[choice]
        node = edge.target
        told = edge.sent if row.by_sent else standings.numbers[node]
        state = row.moves[state].get(told, state)
        held.append(row.held[state])
    return held


@pytest.mark.parametrize(("name", "scope"), GRAPHS, ids=lambda one: str(one).partition("(")[0])
def test_every_way_shows_what_the_picture_of_that_path_shows(name: str, scope: Scope) -> None:
    found = graph(name, scope)
    standings = Standings(found)
    device = str(scope.devices[0].id)
    rows = [belief_row(found, LaneRow(lane, device), standings) for lane in PARTICIPANTS]
    revision, wrong, seen = found.job.revision, [], set()
    for seed in range(WAYS):
        choices = way(found, seed)
        (side,) = alone(play_path(revision, found.job.kind, scope, (0, *choices))).sides
        for row in rows:
            right = helds_of(row.row, side.standings)
            seen |= {(row.row.lane, one) for one in right}
            if followed(found, row, standings, choices) != right:
                wrong.append((seed, row.row.lane))

    assert wrong == []
    assert (Actor.OPERATOR, LaneState.ASKED) in seen
    assert (Actor.QEMU, LaneState.PENDING) in seen
    if name == "pre-revert":
        assert (Actor.QEMU, LaneState.DROPPED) in seen
