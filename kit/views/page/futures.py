"""What could happen next: the graph of a small scope, as data that a page goes through.

Every shape is drawn here, with the shapes of all other pictures; the page only puts them in a row:
the messages of each action, and the bar and the chip of each belief.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from kit.actors.messages import PARTICIPANTS, Actor
from kit.explorer.actions import ActionKind
from kit.explorer.graph import Graph, Node
from kit.explorer.paths import path_sentence
from kit.explorer.search import PropertyKind
from kit.explorer.transitions import Sent, entries_of
from kit.machine.requests import Device
from kit.simulation.actions import first_words
from kit.simulation.token import path_token
from kit.views.cockpit.view import shown
from kit.views.diagram import svg_shapes as svg
from kit.views.diagram.layout import (
    Connectors,
    Lane,
    LaneRow,
    LaneState,
    Mark,
    lane_name,
    mark_of,
)
from kit.views.diagram.svg_chips import PRESENT, TONES, absent, chip_svg, chip_width
from kit.views.escape import Html
from kit.views.page.beliefs import BeliefRow, Standings, belief_row

__all__ = ["futures_data"]

ROW, GAP, TOP = 18.0, 30.0, 34.0  # a device's row, the room between lanes, the first row
HIGH, SIZE = 12.0, 11.5
NAMES = 84.0  # the width of the lanes' names
_PARTIES = dict.fromkeys((kind.name for kind in ActionKind), Actor.OPERATOR) | {
    ActionKind.TIMER.name: Actor.QEMU,
    ActionKind.GUEST.name: Actor.GUEST,
    ActionKind.LIBVIRT.name: Actor.LIBVIRT,
}
_LOUD = (LaneState.ORPHANED, LaneState.ABORTED)


def futures_data(graphs: tuple[Graph, ...]) -> dict[str, Any]:
    """Return graphs of one scope and one guest as JSON data, one for each revision."""
    first = graphs[0]
    scope, kind = first.job.scope, first.job.kind
    return {
        "scope": f"{kind.words}; {scope.words}",
        "properties": [
            shown(
                {
                    "name": prop.name,
                    "sentence": prop.sentence,
                    "premise": prop.premise,
                    "example": prop.kind is PropertyKind.SOMETIMES,
                }
            )
            for prop in first.properties
        ],
        "graphs": [_graph(graph) for graph in graphs],
    }


def _graph(graph: Graph) -> dict[str, Any]:
    devices = graph.job.scope.devices
    names = tuple(str(device.id) for device in devices)
    lanes, standings, job, model = _Lanes(names), Standings(graph), graph.job, graph.model
    token = path_token(job.scope.name, job.kind.value, job.revision, (), ())
    connectors = partial(model.platform.connectors, model.machine(model.initial()[0]))
    rows = [
        belief_row(graph, LaneRow(lane, device), standings)
        for lane in PARTICIPANTS
        for device in names
    ]
    return {
        "revision": job.revision.name,
        "token": token.rpartition(".")[0],
        "back": lanes.back(),
        "height": lanes.height,
        "names": NAMES,
        "actions": [
            {
                "words": shown(words),
                "first": first_words(words),
                "party": lane_name(_PARTIES[kind]),
            }
            for words, kind in graph.actions
        ],
        "messages": [lanes.messages(sent, devices, connectors) for sent in graph.messages],
        "rows": [lanes.row(one) for one in rows],
        "nodes": [
            _node(number, standings.numbers[number], node)
            for number, node in enumerate(graph.nodes)
        ],
    }


def _node(number: int, standing: int, node: Node) -> list[int]:
    """Return a node as numbers: its standing, what it shows, and four for each of its edges."""
    found = [standing, _mask(node.shown)]
    for edge in node.edges:
        found += (edge.action, edge.sent, edge.target - number, _mask(edge.exercised))
    return found


def _mask(numbers: tuple[int, ...]) -> int:
    return sum(1 << number for number in numbers)


class _Lanes:
    """The lanes of a picture that grows: a row for each device, QEMU's between libvirt's and the
    guest's."""

    def __init__(self, devices: tuple[str, ...]) -> None:
        self._devices = devices
        self._block = ROW * len(devices)
        self._top: dict[Lane, float] = {
            lane: TOP + number * (self._block + GAP) for number, lane in enumerate(PARTICIPANTS)
        }
        self.height = TOP + len(PARTICIPANTS) * (self._block + GAP)

    def _y(self, row: LaneRow) -> float:
        return self._top[row.lane] + ROW * (self._devices.index(row.device) + 0.5)

    def back(self) -> Html:
        """Draw the names of the lanes."""
        return Html().join(
            svg.text(
                NAMES - 10,
                self._top[lane] + self._block / 2 + 4,
                lane_name(lane),
                fill=svg.SOFT,
                anchor="end",
            )
            for lane in PARTICIPANTS
        )

    def row(self, row: BeliefRow) -> dict[str, Any]:
        """Return a row as its page follows it: how each of its states looks, and its moves."""
        looks: dict[tuple[LaneState | None, bool], int] = {}
        states = [
            looks.setdefault(one, len(looks)) for one in zip(row.held, row.aborted, strict=True)
        ]
        return {
            "by": "sent" if row.by_sent else "standing",
            "looks": [self._look(row.row, held, aborted=aborted) for held, aborted in looks],
            "states": states,
            "moves": row.moves,
        }

    def _look(self, row: LaneRow, held: LaneState | None, *, aborted: bool) -> dict[str, Any]:
        """Draw a belief: its bar, one unit wide, and its chip; say it, too."""
        y, loud = self._y(row), held in _LOUD
        if held is None:
            words, colour = absent(row.lane, had=True, aborted=aborted)
        else:
            words, colour = PRESENT[held]
        named = words if not words or len(self._devices) == 1 else f"{row.device}: {words}"
        return {
            "bar": "" if held is None else svg.rect(0, y - HIGH / 2, 1, HIGH, colour),
            "chip": chip_svg(0, y, named, colour, loud=loud) if named else "",
            "width": chip_width(named, loud=loud) if named else 0,
            "words": shown(f"{lane_name(row.lane)}: {named}") if named else "",
        }

    def messages(
        self, sent: tuple[Sent, ...], devices: tuple[Device, ...], connectors: Connectors
    ) -> dict[str, Any]:
        """Draw the messages of an action from 0 to the right; say them, too."""
        entries = entries_of(sent)
        parts: list[Html] = []
        x = 10.0
        for entry in entries:
            mark = mark_of(entry, 0, devices, connectors)
            parts += self._mark(mark, x)
            x += 10 if mark.minor else svg.text_width(mark.label, SIZE) + 16
        return {
            "svg": Html().join(parts),
            "width": max(x, 30),
            "said": [shown(path_sentence(entry)) for entry in entries],
        }

    def _mark(self, mark: Mark, x: float) -> Iterator[Html]:
        colour = TONES[mark.tone]
        src, dst = self._top[mark.src], self._top[mark.dst]
        if mark.src is mark.dst:
            y = src + self._block / 2
            yield svg.cross(x, y, colour)
            yield svg.text(x + 8, src - 4, mark.label, fill=colour, size=SIZE)
            return
        start, end = (src + self._block, dst) if src < dst else (src, dst + self._block)
        if mark.minor:
            yield svg.line(x, start, x, end, svg.SOFT, 0.7)
            return
        yield svg.arrow(x, start, end, colour)
        low = min(start, end)
        yield svg.text(x + 5, low + 18, mark.label, fill=colour, size=SIZE)
