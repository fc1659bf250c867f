"""The lanes of one run in plain text: columns of signs, arrows between them, timers beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kit.actors.messages import Actor
from kit.trace.columns import Severity
from kit.views.diagram.layout import (
    Lane,
    LaneRow,
    LaneState,
    Layout,
    Mark,
    PictureSide,
    StateShown,
)
from kit.views.diagram.spans import Bracket
from kit.views.diagram.text_glyphs import END_WORDS, Signs, sign_of
from kit.views.diagram.text_rows import Lined, TextRow

__all__ = ["Columns", "columns_of", "paint"]

NARROWEST, MAX_WIDTH = 6, 14
MARGIN, TAIL = 1, 2  # before the first lane; behind the last lane, for what stands beside it
NAMES: Mapping[Lane, tuple[str, str]] = {
    Actor.OPERATOR: ("operator", "oper"),
    Actor.LIBVIRT: ("libvirt", "libv"),
    Actor.QEMU: ("QEMU", "QEMU"),
    Actor.GUEST: ("guest", "guest"),
    Actor.CONSOLE: ("console", "cons"),
}
_SAY_NOTHING = (Actor.OPERATOR, Actor.CONSOLE)


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the lanes are: the first column of each; ``width`` is what all of them take."""

    lanes: Mapping[Lane, int]
    devices: tuple[str, ...]
    apart: int
    width: int

    def of(self, lane: Lane, device: str) -> int:
        """Return the column of a device in a lane, the lane's first where it names none."""
        return self.lanes[lane] + max(
            (n for n, other in enumerate(self.devices) if other == device), default=0
        )

    def edge(self, lane: Lane) -> int:
        """The last column of a lane."""
        return self.lanes[lane] + len(self.devices) - 1


def columns_of(layout: Layout, sides: tuple[PictureSide, ...], room: int) -> Columns | None:
    """Return the lanes spread over *room* columns, not too far apart; None if they do not fit."""
    beside = [b for side in sides for b in side.brackets if b.lane is Actor.GUEST]
    wanted = max((len(bracket.short) + 1 for bracket in beside), default=TAIL)
    return _spread(layout, room, max(wanted, TAIL)) or _spread(layout, room, TAIL)


def _spread(layout: Layout, room: int, tail: int) -> Columns | None:
    count, block = len(layout.lanes), max(len(layout.devices), 1)
    free = room - MARGIN - tail - block
    apart = min(free // (count - 1), MAX_WIDTH + block)
    if apart < NARROWEST + block - 1:
        return None
    lanes = {lane: MARGIN + n * apart for n, lane in enumerate(layout.lanes)}
    width = MARGIN + (count - 1) * apart + block + tail
    return Columns(lanes, layout.devices or ("",), apart, width)


def heads(columns: Columns) -> str:
    """Return the names of the lanes, above their columns."""
    cells = [" "] * columns.width
    brief = columns.apart < 10
    for lane, at in columns.lanes.items():
        _write(cells, at, _name(lane, columns.apart, brief=brief), len(columns.devices))
    return "".join(cells)


def _name(lane: Lane, apart: int, *, brief: bool) -> str:
    if lane in NAMES:
        return NAMES[lane][brief]
    name, room = lane.value, apart * 2 // 3  # the first is not centred, but begins at the margin
    return name if len(name) <= room else name[: room - 1] + name[-1]  # n1, n2: the end differs


def _write(cells: list[str], at: int, words: str, block: int = 1) -> None:
    """Write *words* centred on a lane, within the cells."""
    start = min(max(at - (len(words) - block) // 2, 0), len(cells) - len(words))
    if start >= 0:
        cells[start : start + len(words)] = words


def paint(side: PictureSide, columns: Columns, lines: list[TextRow], signs: Signs) -> list[str]:
    """Return a run's columns, row by row."""
    marks = {mark.step: mark for mark in side.marks}
    beside = _beside(side, columns, lines)
    painted = []
    for number, line in enumerate(lines):
        cells = [" "] * columns.width
        for lane in columns.lanes:
            for device in columns.devices:
                sign = sign_of(lane, side.held(LaneRow(lane, device), line.step), signs)
                cells[columns.of(lane, device)] = sign
        for column, words in beside.get(number, ()):
            cells[column] = signs.timer
            _beside_it(cells, column + 1, words)
        if line.lined is Lined.EVENT and line.step in marks:
            _draw(cells, marks[line.step], columns, signs)
        elif line.lined is Lined.GAP:
            _limbo(cells, side, columns, line.step)
        painted.append("".join(cells))
    return painted


def _beside_it(cells: list[str], start: int, words: str) -> None:
    """Write *words* from *start* on, the shorter the less room there is."""
    for form in (words, words.replace(" ", "")):
        after = start + len(form)
        if after <= len(cells) and not "".join(cells[start : after + 1]).strip():
            cells[start:after] = form
            return


def end_words(side: PictureSide, columns: Columns, device: str) -> list[str]:
    """Return how it ends for a device, in as many rows as keep the words apart."""
    rows = [[" "] * columns.width for _ in range(1 if columns.apart >= 7 else 2)]
    for number, lane in enumerate(columns.lanes):
        held = side.held(LaneRow(lane, device), len(side.marks) + 10**6)
        if isinstance(held, StateShown):
            words = held.words[: columns.apart - 1]
        else:
            speaks = held or (isinstance(lane, Actor) and lane not in _SAY_NOTHING)
            words = END_WORDS[held] if speaks else "-"
        _write(rows[number % len(rows)], columns.lanes[lane], words, len(columns.devices))
    return ["".join(row) for row in rows]


def _draw(cells: list[str], mark: Mark, columns: Columns, signs: Signs) -> None:
    """Draw a message: an arrow, or a sign on the lane of whom it does not leave."""
    if mark.src is mark.dst:
        cells[columns.of(mark.src, mark.device)] = (
            signs.bad if mark.tone is not Severity.PLAIN else signs.note
        )
        return
    line = signs.thin if mark.minor else signs.line
    to_right = columns.lanes[mark.src] < columns.lanes[mark.dst]
    left, right = (mark.src, mark.dst) if to_right else (mark.dst, mark.src)
    start, end = columns.edge(left) + 1, columns.lanes[right] - 1
    cells[start : end + 1] = line * (end - start + 1)
    cells[end if to_right else start] = signs.right if to_right else signs.left


def _limbo(cells: list[str], side: PictureSide, columns: Columns, step: int) -> None:
    """Write LIMBO out, where there is room on QEMU's lane."""
    word = "LIMBO"
    for device in columns.devices:
        if side.held(LaneRow(Actor.QEMU, device), step) is LaneState.ORPHANED:
            at = columns.of(Actor.QEMU, device)
            if len(columns.devices) == 1:
                _write(cells, at, word)
            elif all(cell == " " for cell in cells[columns.edge(Actor.QEMU) + 1 :][:6]):
                start = columns.edge(Actor.QEMU) + 1
                cells[start : start + 5] = word


def _beside(
    side: PictureSide, columns: Columns, lines: list[TextRow]
) -> dict[int, list[tuple[int, str]]]:
    """Return, for each row, the columns of the timers that run there, and words beside them."""
    found: dict[int, list[tuple[int, str]]] = {}
    taken: dict[tuple[Lane, int], list[range]] = {}
    for bracket in side.brackets:
        rows = _rows(bracket, lines)
        if not rows:
            continue
        room = columns.apart - len(columns.devices) - 2
        for offset in range(max(room, 1) if bracket.lane is not Actor.GUEST else 1):
            others = taken.setdefault((bracket.lane, offset), [])
            if any(set(rows) & set(other) for other in others):
                continue
            others.append(rows)
            named = _first_gap(rows, lines)
            for row in rows:
                words = bracket.short if row == named else ""
                found.setdefault(row, []).append((columns.edge(bracket.lane) + 1 + offset, words))
            break
    return found


def _rows(bracket: Bracket, lines: list[TextRow]) -> range:
    start = next((n for n, line in enumerate(lines) if line.step >= bracket.first), 0)
    end = len(lines)
    for number, line in enumerate(lines[start:], start):
        ended = bracket.last is not None and line.step >= bracket.last
        over = bracket.end_ns is not None and not bracket.open and line.at_ns >= bracket.end_ns
        if ended or (bracket.last is None and over):
            end = number
            break
    return range(start, end)


def _first_gap(rows: range, lines: list[TextRow]) -> int:
    return next((n for n in rows if lines[n].lined is Lined.GAP), rows[0])
