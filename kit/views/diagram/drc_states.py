"""A connector's states as a diagram, drawn from the table of a revision.

The states have fixed places. Each arrow is a row of the table: a call that moves the connector,
with a note if the row releases the device. The diagram can also show a connector in its current
state, with its last move.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from math import hypot

from kit.machine.pseries.connector import Drc, DrcState, RtasCall
from kit.machine.pseries.drc import Effect
from kit.machine.pseries.tables import TableRow, lines
from kit.machine.revision import Patch, Revision
from kit.views.diagram import svg_shapes as svg
from kit.views.escape import Html

__all__ = ["ShownConnector", "state_diagram"]

S, C = DrcState, RtasCall
WIDTH, HEIGHT = 760.0, 300.0
BOX_WIDTH, BOX_HEIGHT = 132.0, 40.0
_PLACES: Mapping[DrcState, tuple[float, float]] = {
    S.UNUSABLE: (100, 90),
    S.AVAILABLE: (370, 90),
    S.UNISOLATE: (640, 90),
    S.CONFIGURED: (505, 230),
}
_MEANS: Mapping[DrcState, str] = {
    S.UNUSABLE: "not the guest's",
    S.AVAILABLE: "claimed by the guest",
    S.UNISOLATE: "connected",
    S.CONFIGURED: "in use",
}
_CALL_NAMES: Mapping[RtasCall, str] = {
    C.ISOLATE: "ISOLATE",
    C.UNISOLATE: "UNISOLATE",
    C.SET_USABLE: "USABLE",
    C.SET_UNUSABLE: "UNUSABLE",
    C.CONFIGURE_CONNECTOR: "configure-connector",
}


@dataclass(frozen=True, slots=True)
class ShownConnector:
    """A connector to show in the diagram, with its previous state and the call that moved it."""

    drc: Drc
    came_from: DrcState | None = None
    call: str = ""

    @property
    def move(self) -> tuple[DrcState, DrcState] | None:
        """The last move, from state to state, if there was one."""
        if self.came_from in (None, self.drc.state):
            return None
        assert self.came_from is not None
        return self.came_from, self.drc.state


def state_diagram(revision: Revision, live: ShownConnector | None = None) -> Html:
    """Return the states of a logical connector (CPU, LMB, PHB, PMEM) at *revision* as SVG."""
    table = [line for line in lines(revision) if line.state in _PLACES]
    moves = _one_arrow_each([line for line in table if _moves(line)])
    notes = [*_notes(revision)]
    label = (
        f"States of a CPU connector at {revision.name}: "
        + "; ".join(_sentence(line) for line in moves)
        + f". {' '.join(notes)}"
        + _describe_live(live)
    )
    last = None if live is None else live.move
    drawn = [(line.state, line.row.then) for line in moves]
    jump = [] if last is None or last in drawn else list(_jump(last, live.call if live else ""))
    parts = [
        svg.text(
            12, 22, f"A CPU's connector at {revision.name} ({revision.label})", bold=True, size=14
        ),
        *jump,
        *(part for line in moves for part in _arrow(line, (line.state, line.row.then) == last)),
        *(part for state in _PLACES for part in _box(state, live)),
        *(
            svg.text(12, HEIGHT - 12 - 16 * above, words, size=11.5, fill=svg.SOFT)
            for above, words in reversed([*enumerate(reversed(notes))])
        ),
    ]
    return svg.picture(WIDTH, HEIGHT, label, parts)


def _moves(line: TableRow) -> bool:
    return line.call in _CALL_NAMES and line.row.then is not line.state and line.row.abort is None


def _one_arrow_each(moves: list[TableRow]) -> list[TableRow]:
    chosen: dict[tuple[DrcState, DrcState], TableRow] = {}
    for line in moves:
        chosen.setdefault((line.state, line.row.then), line)
    return list(chosen.values())


def _call_name(line: TableRow) -> str:
    assert isinstance(line.call, RtasCall)
    return _CALL_NAMES[line.call]


def _describe_live(live: ShownConnector | None) -> str:
    if live is None:
        return ""
    moved = "" if live.move is None else f", by {live.call} from {live.move[0].name}"
    return f" Now {live.drc.state.name}{moved}; {', '.join(_facts(live.drc))}."


def _facts(drc: Drc) -> list[str]:
    marked = ["an unplug request is pending"] if drc.unplug_requested else []
    return ["device in it" if drc.device else "empty", *marked]


def _box(state: DrcState, live: ShownConnector | None) -> Iterator[Html]:
    x, y = _PLACES[state]
    left, top = x - BOX_WIDTH / 2, y - BOX_HEIGHT / 2
    if live is not None and live.drc.state is state:
        yield svg.rect(left - 4, top - 4, BOX_WIDTH + 8, BOX_HEIGHT + 8, svg.HOLD)
        yield from _present(live.drc, x, y)
    yield svg.rect(left, top, BOX_WIDTH, BOX_HEIGHT, svg.PAPER, svg.INK)
    yield svg.text(x, y - 2, state.name, anchor="middle", bold=True)
    yield svg.text(x, y + 13, _MEANS[state], anchor="middle", size=11, fill=svg.SOFT)


def _present(drc: Drc, x: float, y: float) -> Iterator[Html]:
    """Yield the connector's state beside its box, where there is no arrow."""
    above = drc.state is not S.CONFIGURED
    place = x if above else x + BOX_WIDTH / 2 + 14
    start, step = (y - BOX_HEIGHT / 2 - 11, -15) if above else (y - 2, 16)
    anchor = "middle" if above else "start"
    for number, fact in enumerate(_facts(drc)):
        words, colour = (fact, svg.WAIT) if number else (f"● now, {fact}", svg.HOLD)
        at = start + step * number
        yield svg.text(place, at, words, anchor=anchor, size=11.5, bold=True, fill=colour)


def _jump(move: tuple[DrcState, DrcState], word: str) -> Iterator[Html]:
    """Yield a move that QEMU makes on its own, which is not an arrow of the guest."""
    (x1, y1), (x2, y2) = _PLACES[move[0]], _PLACES[move[1]]
    yield svg.line(x1, y1, x2, y2, svg.HOLD, 3, "7 4")
    yield svg.text(
        (x1 + x2) / 2, (y1 + y2) / 2 + 24, word, anchor="middle", size=11, bold=True, fill=svg.HOLD
    )


def _arrow(line: TableRow, last: bool) -> Iterator[Html]:
    """Yield an arrow between two boxes: above the centres to the right, below to the left."""
    (x1, y1), (x2, y2) = _PLACES[line.state], _PLACES[line.row.then]
    releases = Effect.RELEASE_DEVICE in line.row.effects
    colour = svg.HOLD if last else svg.WAIT if releases else svg.INK
    width = 3.5 if last else 1.5
    if y1 == y2:
        side = 1 if x2 > x1 else -1
        y = y1 - 9 * side
        start, end = x1 + side * BOX_WIDTH / 2, x2 - side * BOX_WIDTH / 2
        yield from _line(start, y, end, y, colour, width)
        at = y - 6 if side > 0 else y + 15
        below = partial(svg.text, (start + end) / 2, anchor="middle", size=11, fill=colour)
        yield below(at, _call_name(line), bold=last)
        if releases:
            yield below(at + 14, "removes, if pending")
        return
    down = 1 if y2 > y1 else -1
    start, end = y1 + down * BOX_HEIGHT / 2, y2 - down * BOX_HEIGHT / 2
    toward = 42 if x2 > x1 else -42
    yield from _line(x1 + toward / 2, start, x2 - toward, end, colour, width)
    middle = (x1 + toward / 2 + x2 - toward) / 2
    left = x1 + x2 < 2 * _PLACES[S.CONFIGURED][0]
    yield svg.text(
        middle + (-10 if left else 10),
        (start + end) / 2 + 4,
        _call_name(line),
        anchor="end" if left else "start",
        size=11,
        bold=last,
        fill=colour,
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float) -> Iterator[Html]:
    length = hypot(x2 - x1, y2 - y1)
    dx, dy = (x2 - x1) / length, (y2 - y1) / length
    bx, by = x2 - 9 * dx, y2 - 9 * dy
    yield svg.line(x1, y1, bx, by, colour, width)
    points = (
        f"{x2:.1f},{y2:.1f} {bx - 4 * dy:.1f},{by + 4 * dx:.1f} {bx + 4 * dy:.1f},{by - 4 * dx:.1f}"
    )
    yield Html('<polygon points="{}" style="fill:{}"/>').format(points, colour)


def _sentence(line: TableRow) -> str:
    releases = Effect.RELEASE_DEVICE in line.row.effects
    asked = ", which removes the device if a request is pending" if releases else ""
    return f"{line.state.name} to {line.row.then.name} by {_call_name(line)}{asked}"


def _notes(revision: Revision) -> Iterator[str]:
    yield "“If pending”: QEMU has requested the unplug."
    if Patch.CPU_UNPLUG_TIMEOUT in revision.patches:
        yield "After 15 s QEMU drops the request: UNUSABLE then removes nothing."
    else:
        yield "The request stays pending until the guest is done, or until a reset or CAS."
    if Patch.UNISOLATE_ROLLS_BACK in revision.patches:
        yield "UNISOLATE in UNISOLATE or CONFIGURED ends the request: the guest refuses."
