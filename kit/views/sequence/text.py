"""A sequence diagram as plain text that survives a mail: a row for each message, a lane for each
participant.

As in `kit.views.diagram.text` no line begins with a blank, with ">" or with "From ", and none ends
in a blank.  No line is wider than asked, however many participants there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from rich.cells import cell_len

from kit.common.errors import MisuseError
from kit.views.sequence.diagram import (
    Activation,
    ArrowHead,
    Block,
    BlockBranch,
    BlockEnd,
    Lifetime,
    SequenceDiagram,
    SequenceMessage,
    SequenceNote,
)

__all__ = ["sequence_lines"]

MIN_WIDTH, MAX_WIDTH = 60, 200
MIN_LABEL, MAX_LABEL = 22, 44  # columns for a message's text
MIN_APART, MAX_APART = 3, 16  # columns from one lane to the next
MAX_NESTING = 6  # deeper frames are not moved further to the right
MAX_HEAD_ROWS = 3
TAIL = 3  # right of the last lane, for a message to itself


@dataclass(frozen=True, slots=True, kw_only=True)
class _Glyphs:
    axis: str = "|"
    corner: str = "+"
    rule: str = "="
    branch: str = "-"
    lane: str = "|"
    idle: str = ":"
    none: str = " "
    solid: str = "-"
    dashed: str = "."
    right: str = ">"
    left: str = "<"
    cross: str = "x"
    note: str = "o"
    turn: str = "."
    back: str = "'"


_ASCII = _Glyphs()
_BOXES = _Glyphs(
    axis="│",
    corner="├",
    rule="═",
    branch="─",
    lane="│",
    idle="┊",
    solid="─",
    dashed="┄",
    right="▶",
    left="◀",
    turn="╮",
    back="╯",
)


def sequence_lines(
    diagram: SequenceDiagram, width: int = 72, *, unicode: bool = False
) -> list[str]:
    """Draw a diagram in at most *width* columns, from 60 to 200.

    The lines are ASCII but for what the author wrote; with *unicode* they have box drawing.
    """
    if not MIN_WIDTH <= width <= MAX_WIDTH:
        raise MisuseError(f"width {width}; a picture is {MIN_WIDTH} to {MAX_WIDTH} columns wide")
    painter = _TextPainter(diagram, width, _BOXES if unicode else _ASCII)
    lines = [
        *_wrapped(diagram.title, width - 2),
        *([""] if diagram.title else []),
        *painter.lines(),
    ]
    return [_safe(line.rstrip()) for line in lines]


def _safe(line: str) -> str:
    """Return a line that a mail does not change."""
    return f"| {line}" if re.match(r"[ >]|From ", line) else line


def _wrapped(words: str, room: int, later: str = "") -> list[str]:
    """Break a text into lines of at most *room* columns; all but the first begin with *later*."""
    lines: list[str] = []
    for paragraph in words.split("\n"):
        line = later if lines else ""
        empty = True
        for word in paragraph.split():
            for piece in _pieces(word, room - len(later)):
                if not empty and cell_len(line) + 1 + cell_len(piece) > room:
                    lines.append(line)
                    line, empty = later, True
                line, empty = line + piece if empty else f"{line} {piece}", False
        if not empty:
            lines.append(line)
    return lines


def _pieces(word: str, room: int) -> Iterator[str]:
    """Cut a word that is too long, behind a sign that joins two parts if there is one."""
    while cell_len(word) > room:
        end = len(word)
        while cell_len(word[:end]) > room:
            end -= 1
        joint = max((word.rfind(sign, end // 2, end) for sign in "/_-.,:;=&?)"), default=-1) + 1
        end = max(joint or end, 1)
        yield word[:end]
        word = word[end:]
    yield word


def _padded(words: str, room: int) -> str:
    return words + " " * (room - cell_len(words))


@dataclass(slots=True)
class _TextPainter:
    """Draws one diagram; ``at`` is each participant's column, empty if they do not fit."""

    diagram: SequenceDiagram
    width: int
    glyphs: _Glyphs
    start: int = 0
    at: dict[str, int] = field(default_factory=dict)
    heads: list[str] = field(default_factory=list)
    key: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    active: dict[str, int] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    blocks: list[str] = field(default_factory=list)
    uses_activation: bool = False

    def lines(self) -> Iterator[str]:
        """Yield the rows."""
        items = self.diagram.items
        self.uses_activation = any(isinstance(item, Activation) for item in items)
        self.gone = {item.id for item in items if isinstance(item, Lifetime) and item.alive}
        self.names = {one.id: one.label.replace("\n", " ") for one in self.diagram.participants}
        self.place(self.margin_of(items) + 2)
        for words in self.key:
            yield from _wrapped(words, self.width - 2, f"{self.glyphs.axis}  ")
        yield from [""] * bool(self.key)
        yield from self.heads
        leaving: set[str] = set()
        for item in items:
            match item:
                case SequenceMessage():
                    self.gone -= {item.src, item.dst}
                    yield from self.message(item)
                    if {item.src, item.dst} & leaving:
                        self.gone |= leaving
                        leaving = set()
                case SequenceNote():
                    yield from self.note(item)
                case Block(kind=kind, text=text):
                    if kind != "rect":
                        yield from self.rule(kind, text, self.glyphs.rule)
                    self.blocks.append(kind)
                case BlockBranch(kind=kind, text=text):
                    yield from self.rule(kind, text, self.glyphs.branch, inside=1)
                case BlockEnd():
                    kind = self.blocks.pop()
                    if kind != "rect":
                        yield from self.rule("end", kind, self.glyphs.rule)
                case Activation(id=name, active=active):
                    count = self.active.get(name, 0) + (1 if active else -1)
                    self.active[name] = max(count, 0)
                case Lifetime(id=name, alive=alive):
                    leaving |= set() if alive else {name}
        if self.at:  # what ends the lanes
            yield from self.rows([], [self.lanes()])

    def margin_of(self, items: tuple[object, ...]) -> int:
        """Return the columns that nested frames take at most."""
        depth = deepest = 0
        for item in items:
            if isinstance(item, Block) and item.kind != "rect":
                depth += 1
                deepest = max(deepest, depth)
            elif isinstance(item, BlockEnd):
                depth = max(depth - 1, 0)
        return 2 * min(deepest, MAX_NESTING)

    def place(self, margin: int) -> None:
        """Choose the columns of the lanes and of the texts between them and the margin."""
        people = self.diagram.participants
        items = self.diagram.items
        texts = [item.words for item in items if isinstance(item, SequenceMessage)]
        wanted = max((cell_len(line) for text in texts for line in text.split("\n")), default=0)
        most = min(max(wanted, MIN_LABEL), MAX_LABEL)
        for label in range(most, MIN_LABEL - 1, -1):
            self.start = margin + label + 2
            apart = self.apart(len(people))
            heads = self.staggered(self.names, apart) if apart >= MIN_APART else None
            if heads is not None:
                break
        else:
            self.start, heads = margin + MIN_LABEL + 2, None
            apart = self.apart(len(people))
        if apart < MIN_APART:  # too many lanes: each row says who sends to whom
            renamed = [one for one in people if one.id != self.names[one.id]]
            self.key = [f"{one.id} = {self.names[one.id]}" for one in renamed]
            return
        self.at = {one.id: self.start + number * apart for number, one in enumerate(people)}
        if heads is None:
            numbers = {one.id: str(number) for number, one in enumerate(people, 1)}
            heads = self.staggered(numbers, apart) or []
            self.key = [f"{numbers[one.id]} = {self.names[one.id]}" for one in people]
        self.heads = [*self.boxes(apart), *heads]

    def boxes(self, apart: int) -> list[str]:
        """Return the row with the names of boxes above their lanes; a long one goes to the key."""
        line = self.glyphs.axis
        for group in self.diagram.groups:
            words = group.text.replace("\n", " ")
            at = [self.at[name] for name in group.ids]
            wide = apart * len(at) - 2
            start = (at[0] + at[-1] - wide) // 2 + 1
            wide = min(wide, self.width - start)
            apart_too = at[-1] - at[0] != apart * (len(at) - 1)  # not all are neighbours
            if apart_too or cell_len(words) > wide or start <= cell_len(line):
                named = ", ".join(self.names[name] for name in group.ids)
                self.key += [f"{words} = {named}"] * bool(words)
            elif words:
                ruled = f" {words} " if cell_len(words) <= wide - 2 else words
                before = (wide - cell_len(ruled)) // 2
                line = _padded(line, start) + self.glyphs.branch * before + ruled
                line += self.glyphs.branch * (start + wide - cell_len(line))
        return [line] if line != self.glyphs.axis else []

    def apart(self, count: int) -> int:
        """Return how far apart *count* lanes can be."""
        room = self.width - self.start - TAIL
        return min(room // (count - 1) if count > 1 else MAX_APART, MAX_APART)

    def staggered(self, names: dict[str, str], apart: int) -> list[str] | None:
        """Return the fewest rows that hold the names above their lanes; None if many do not."""
        at = {name: self.start + number * apart for number, name in enumerate(names)}
        for count in range(1, MAX_HEAD_ROWS + 1):
            rows = [self.head_row(names, at, row, count) for row in range(count)]
            if all(row is not None for row in rows):
                return [row for row in rows if row is not None]
        return None

    def head_row(
        self, names: dict[str, str], at: dict[str, int], row: int, count: int
    ) -> str | None:
        """Return the row with every *count*-th name from *row* on, and the lanes named above it."""
        line = self.glyphs.axis
        for number, (name, words) in enumerate(names.items()):
            if number % count < row:
                words = self.glyphs.axis
            elif number % count > row:
                continue
            size = cell_len(words)
            start = min(at[name] - (size - 1) // 2, self.width - size)
            if start <= cell_len(line):
                return None
            line = _padded(line, start) + words
        return line

    def margin(self) -> str:
        """Return what the open frames draw at the left."""
        depth = min(len([kind for kind in self.blocks if kind != "rect"]), MAX_NESTING)
        return f"{self.glyphs.axis} " * (1 + depth)

    def lanes(self) -> list[str]:
        """Return an empty row of lanes, one character a column, beginning at column 0."""
        cells = [" "] * self.width
        for name, at in self.at.items():
            cells[at] = self.lane(name)
        return cells

    def lane(self, name: str) -> str:
        if name in self.gone:
            return self.glyphs.none
        idle = self.uses_activation and not self.active.get(name)
        return self.glyphs.idle if idle else self.glyphs.lane

    def rows(self, words: list[str], arrows: list[list[str]]) -> Iterator[str]:
        """Yield texts beside their lanes; where there are more texts than arrows lanes go on."""
        margin = self.margin()
        first = min(self.at.values(), default=self.width)
        for number in range(max(len(words), len(arrows))):
            text = margin + (words[number] if number < len(words) else "")
            cells = arrows[number] if number < len(arrows) else self.lanes()
            yield _padded(text, first) + "".join(cells[first:]) if self.at else text

    def room(self) -> int:
        """Return the columns for a text at the current depth."""
        end = min(self.at.values(), default=self.width + 1) - 1
        return end - len(self.margin())

    def message(self, message: SequenceMessage) -> Iterator[str]:
        """Yield the rows of a message."""
        if not self.at:
            sign = f"{message.src} {_sign(message)} {message.dst}"
            yield from self.rows(_wrapped(f"{sign}: {message.words}", self.room(), "  "), [])
            return
        words = _wrapped(message.words, self.room(), "  ")
        if message.src == message.dst:
            yield from self.rows(words, self.to_itself(message))
        else:
            yield from self.rows(words, [self.arrow(message)])

    def arrow(self, message: SequenceMessage) -> list[str]:
        """Return the row of an arrow between two lanes."""
        glyphs, cells = self.glyphs, self.lanes()
        left, right = sorted((self.at[message.src], self.at[message.dst]))
        body = glyphs.dashed if message.dashed else glyphs.solid
        cells[left + 1 : right] = body * (right - left - 1)
        to_right = self.at[message.src] == left
        for head, at_right in ((message.head, to_right), (message.tail, not to_right)):
            sign = {
                ArrowHead.NONE: body,
                ArrowHead.CROSS: glyphs.cross,
                ArrowHead.OPEN: ")" if at_right else "(",
            }.get(head, glyphs.right if at_right else glyphs.left)
            cells[right - 1 if at_right else left + 1] = sign
        return cells

    def to_itself(self, message: SequenceMessage) -> list[list[str]]:
        """Return the two rows of a message to its own sender."""
        glyphs, at = self.glyphs, self.at[message.src]
        out, back = self.lanes(), self.lanes()
        body = glyphs.dashed if message.dashed else glyphs.solid
        out[at + 1 : at + 3] = [body, glyphs.turn]
        sign = {ArrowHead.NONE: body, ArrowHead.CROSS: glyphs.cross, ArrowHead.OPEN: "("}
        back[at + 1 : at + 3] = [sign.get(message.head, glyphs.left), glyphs.back]
        return [out, back]

    def note(self, note: SequenceNote) -> Iterator[str]:
        """Yield the rows of a note: beside its lanes if it is short, else over the whole width."""
        where = " and ".join(self.names[name] for name in note.over)
        words = _wrapped(f"({note.text})", self.room(), " ")
        if self.at and len(words) <= 2:
            cells = self.lanes()
            ends = sorted(self.at[name] for name in note.over)
            cells[ends[0] : ends[-1] + 1] = self.glyphs.rule * (ends[-1] - ends[0] + 1)
            for end in ends:
                cells[end] = self.glyphs.note
            yield from self.rows(words, [cells])
            return
        margin = self.margin()
        room = self.width - len(margin)
        for line in _wrapped(f"note {note.side.value} {where}:", room):
            yield margin + line
        for line in _wrapped(note.text, room - 2):
            yield f"{margin}  {line}"

    def rule(self, kind: str, text: str, sign: str, inside: int = 0) -> Iterator[str]:
        """Yield the row that begins, divides or ends a frame."""
        margin = self.margin()
        margin = margin[: len(margin) - 2 * inside] if inside and len(margin) > 2 else margin
        margin = margin[:-2] + f"{self.glyphs.corner} "
        words = _wrapped(f"{kind} {text}" if text else kind, self.width - len(margin) - 4, "  ")
        for line in words[:-1]:
            yield margin + line
        last = f"{margin}{words[-1] if words else kind} "
        yield last + sign * (self.width - cell_len(last))


def _sign(message: SequenceMessage) -> str:
    body = ".." if message.dashed else "--"
    head = {ArrowHead.NONE: "", ArrowHead.CROSS: "x", ArrowHead.OPEN: ")"}.get(message.head, ">")
    tail = "" if message.tail is ArrowHead.NONE else "<"
    return f"{tail}{body}{head}"
