"""A sequence diagram as SVG, with the shapes and colours of the kit's other pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf

from kit.views.diagram import svg_shapes as svg
from kit.views.escape import Html
from kit.views.sequence.diagram import (
    Activation,
    ArrowHead,
    Block,
    BlockBranch,
    BlockEnd,
    Lifetime,
    NoteSide,
    Participant,
    SequenceDiagram,
    SequenceMessage,
    SequenceNote,
)

__all__ = ["sequence_svg"]

SIZE, LEADING = 12.0, 15.0
MARGIN, GAP, PAD = 16.0, 24.0, 8.0
MAX_TEXT = 220.0  # wider texts are broken
SELF_WIDTH = 34.0
BAR = 8.0
LANE_ROOM = 20.0  # what belongs to a lane on either side of it
FRAME_STEP = 8.0  # a frame stands this far out of the one inside it


def sequence_svg(diagram: SequenceDiagram) -> Html:
    """Draw a diagram; time goes down, and lanes are as far apart as their texts need."""
    return _Canvas(diagram).picture()


def _broken(text: str, room: float = MAX_TEXT) -> list[str]:
    """Break a text where it is wider than *room*; a word that is wider stays whole."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}" if line else word
            if line and svg.text_width(longer, SIZE) > room:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return lines


def _widest(lines: list[str], *, bold: bool = False) -> float:
    return max((svg.text_width(line, SIZE, bold=bold) for line in lines), default=0.0)


def _texts(x: float, y: float, lines: list[str], anchor: str = "middle") -> Iterator[Html]:
    for number, line in enumerate(lines):
        yield svg.text(x, y + number * LEADING, line, anchor=anchor, size=SIZE)


@dataclass(slots=True)
class _Frame:
    """An open frame: where it begins, how far what it holds reaches, and the frames inside it."""

    kind: str
    text: str
    top: float
    left: float = inf
    right: float = -inf
    branches: list[tuple[float, str]] = field(default_factory=list)
    inside: int = 0


@dataclass(slots=True)
class _Canvas:
    diagram: SequenceDiagram
    x: dict[str, float] = field(default_factory=dict)
    y: float = 0.0
    width: float = 0.0
    head_top: float = 0.0
    head_height: float = 0.0
    behind: list[Html] = field(default_factory=list)
    parts: list[Html] = field(default_factory=list)
    front: list[Html] = field(default_factory=list)
    frames: list[_Frame] = field(default_factory=list)
    active: dict[str, list[float]] = field(default_factory=dict)
    begins: dict[str, float] = field(default_factory=dict)
    ends: dict[str, float] = field(default_factory=dict)
    coming: dict[str, bool] = field(default_factory=dict)

    def picture(self) -> Html:
        """Return the whole picture."""
        self.width = self.spread()
        self.heads()
        created = {i.id for i in self.diagram.items if isinstance(i, Lifetime) and i.alive}
        for one in self.diagram.participants:
            if one.id not in created:
                self.front.extend(self.head(one, self.head_top + self.head_height / 2))
                self.begins[one.id] = self.head_top + self.head_height
        for item in self.diagram.items:
            self.draw(item)
        for name, tops in self.active.items():  # what nobody ended
            for top in tops:
                self.bar(name, top, self.y + PAD)
        bottom = self.y + 2 * PAD
        lanes = (
            svg.line(self.x[name], top, self.x[name], self.ends.get(name, bottom), svg.LINE, 1.5)
            for name, top in self.begins.items()
        )
        height = bottom + MARGIN
        boxes = self.groups(bottom)
        return svg.picture(
            self.width,
            height,
            self.label(),
            [*boxes, *self.behind, *lanes, *self.parts, *self.front],
        )

    def label(self) -> str:
        """Return what a screen reader says of the picture."""
        names = {one.id: one.label.replace("\n", " ") for one in self.diagram.participants}
        steps = [
            f"{names[item.src]} to {names[item.dst]}: {item.text}".replace("\n", " ")
            for item in self.diagram.items
            if isinstance(item, SequenceMessage)
        ]
        begin = self.diagram.title or f"Sequence diagram of {', '.join(names.values())}"
        return ". ".join([begin, *steps[:200]])

    def spread(self) -> float:
        """Place the lanes, and return the width of the picture."""
        people = self.diagram.participants
        number = {one.id: n for n, one in enumerate(people)}
        halves = [max(_widest(_broken(one.label), bold=True) / 2 + 10, 36.0) for one in people]
        # the distances: before the first lane, between two, behind the last
        space = [
            halves[0] + MARGIN if people else MARGIN,
            *(left + right + GAP for left, right in pairwise(halves)),
            halves[-1] + MARGIN if people else MARGIN,
        ]
        spans = sorted(self.spans(number), key=lambda span: span[1] - span[0])
        for first, last, wanted in spans:
            missing = wanted - sum(space[first:last])
            for gap in range(first, last) if missing > 0 else ():
                space[gap] += missing / (last - first)
        depth = self.deepest() * FRAME_STEP
        at = depth
        for one, before in zip(people, space, strict=False):
            at += before
            self.x[one.id] = at
        title = svg.text_width(self.diagram.title, 15, bold=True) + 2 * MARGIN
        return max(at + space[-1] + depth, title)

    def spans(self, number: dict[str, int]) -> Iterator[tuple[int, int, float]]:
        """Yield which distances together need how much room."""
        for item in self.diagram.items:
            if isinstance(item, SequenceMessage):
                wide = _widest(_broken(item.words))
                ends = sorted((number[item.src], number[item.dst]))
                if ends[0] == ends[1]:
                    yield ends[0] + 1, ends[0] + 2, max(wide, SELF_WIDTH) + GAP
                else:
                    yield ends[0] + 1, ends[1] + 1, wide + 2 * GAP
            elif isinstance(item, SequenceNote):
                wide = _widest(_broken(item.text)) + 2 * PAD
                ends = sorted(number[name] for name in item.over)
                if item.side is NoteSide.LEFT:
                    yield ends[0], ends[0] + 1, wide + GAP
                elif item.side is NoteSide.RIGHT:
                    yield ends[0] + 1, ends[0] + 2, wide + GAP
                elif len(set(ends)) == 1:
                    yield ends[0], ends[0] + 1, wide / 2 + PAD
                    yield ends[0] + 1, ends[0] + 2, wide / 2 + PAD
                else:
                    yield ends[0] + 1, ends[1] + 1, wide

        for group in self.diagram.groups:
            half = svg.text_width(group.text.replace("\n", " "), SIZE) / 2 + PAD
            first, last = number[group.ids[0]], number[group.ids[-1]]
            yield first, first + 1, half if first == last else 0
            yield first + 1, last + 1 + (first == last), half if first == last else 2 * half

    def deepest(self) -> int:
        """Return how many frames stand inside one another at most."""
        depth = most = 0
        for item in self.diagram.items:
            depth += isinstance(item, Block) - isinstance(item, BlockEnd)
            most = max(most, depth)
        return most

    def heads(self) -> None:
        """Write the title, and leave room for the names."""
        self.y = MARGIN
        if self.diagram.title:
            x, y, title = self.width / 2, self.y + 12, self.diagram.title
            self.front.append(svg.text(x, y, title, size=15, anchor="middle", bold=True))
            self.y += 28
        self.y += LEADING * any(group.text for group in self.diagram.groups)
        self.head_top = self.y
        self.head_height = max((self.tall(one) for one in self.diagram.participants), default=0.0)
        self.y += self.head_height + PAD

    def tall(self, one: Participant) -> float:
        return len(_broken(one.label)) * LEADING + 14 + (20 if one.person else 0)

    def head(self, one: Participant, middle: float) -> Iterator[Html]:
        """Draw a participant's name, in a box unless it is a person."""
        x, lines = self.x[one.id], _broken(one.label)
        top = middle - len(lines) * LEADING / 2
        if one.person:
            top += 10
            yield from _person(x, top - 24)
        else:
            wide = max(_widest(lines, bold=True) + 20, 72.0)
            tall = len(lines) * LEADING + 14
            yield svg.rect(x - wide / 2, middle - tall / 2, wide, tall, svg.PAPER, svg.SOFT)
        for number, line in enumerate(lines):
            yield svg.text(
                x, top + 11.5 + number * LEADING, line, anchor="middle", bold=True, halo=""
            )

    def groups(self, bottom: float) -> Iterator[Html]:
        """Draw the boxes around neighbours."""
        for group in self.diagram.groups:
            places = sorted(self.x[name] for name in group.ids)
            left, right = max(places[0] - 48, 2), min(places[-1] + 48, self.width - 2)
            top = self.head_top - PAD - LEADING * bool(group.text)
            yield svg.rect(left, top, right - left, bottom - top + PAD, "none", svg.LINE, "6 3")
            if group.text:
                middle = (left + right) / 2
                yield svg.text(
                    middle, top + 12, group.text.replace("\n", " "), fill=svg.SOFT, anchor="middle"
                )

    def draw(self, item: object) -> None:
        """Draw one step below the last."""
        match item:
            case SequenceMessage():
                self.message(item)
            case SequenceNote():
                self.note(item)
            case Block(kind=kind, text=text):
                self.y += PAD
                self.frames.append(_Frame(kind, text, self.y))
                if kind != "rect":
                    self.y += 22 + LEADING * (len(_broken(text, 2 * MAX_TEXT)) - 1)
            case BlockBranch(text=text):
                self.y += PAD
                self.frames[-1].branches.append((self.y, text))
                self.y += 18
            case BlockEnd():
                self.y += PAD
                self.frame(self.frames.pop())
            case Activation(id=name, active=True):
                self.active.setdefault(name, []).append(self.y)
            case Activation(id=name):
                if self.active.get(name):
                    self.bar(name, self.active[name].pop(), self.y)
            case Lifetime(id=name, alive=alive):
                self.coming[name] = alive

    def cover(self, left: float, right: float) -> None:
        """Make every open frame reach from *left* to *right*."""
        for frame in self.frames:
            frame.left, frame.right = min(frame.left, left), max(frame.right, right)

    def message(self, message: SequenceMessage) -> None:
        """Draw an arrow with its text above it."""
        lines = _broken(message.words)
        self.y += PAD + LEADING * len(lines)
        for name in {message.src, message.dst} & {n for n, alive in self.coming.items() if alive}:
            one = next(p for p in self.diagram.participants if p.id == name)
            self.y += self.tall(one) / 2
            self.front.extend(self.head(one, self.y))
            self.begins[name] = self.y + self.tall(one) / 2
        start, end = self.x[message.src], self.x[message.dst]
        self.cover(min(start, end) - LANE_ROOM, max(start, end) + LANE_ROOM)
        dash = "4 3" if message.dashed else ""
        first = self.y - LEADING * (len(lines) - 1) - 6
        if message.src == message.dst:
            right = start + SELF_WIDTH
            self.cover(start, start + max(SELF_WIDTH, 6 + _widest(lines)))
            back = self.y + 14
            self.parts.append(svg.line(start, self.y, right, self.y, svg.INK, 1.3, dash))
            self.parts.append(svg.line(right, self.y, right, back, svg.INK, 1.3, dash))
            self.parts.append(svg.line(start, back, right, back, svg.INK, 1.3, dash))
            self.parts.extend(_head(start, back, -1, message.head))
            self.front.extend(_texts(start + 6, first, lines, "start"))
            self.y = back
        else:
            way = 1 if end > start else -1
            wide = max(svg.text_width("n", SIZE), 72.0) / 2 if self.coming.get(message.dst) else 0
            end -= way * wide
            self.parts.append(svg.line(start, self.y, end, self.y, svg.INK, 1.3, dash))
            self.parts.extend(_head(end, self.y, way, message.head))
            self.parts.extend(_head(start, self.y, -way, message.tail))
            self.front.extend(_texts((start + end) / 2, first, lines))
        for name, alive in list(self.coming.items()):
            if name in (message.src, message.dst):
                del self.coming[name]
                if not alive:
                    self.ends[name] = self.y + PAD
                    self.parts.append(svg.cross(self.x[name], self.y + PAD, svg.BAD, 6))
        self.y += PAD

    def note(self, note: SequenceNote) -> None:
        """Draw a note in a box."""
        lines = _broken(note.text)
        wide = _widest(lines) + 2 * PAD
        places = sorted(self.x[name] for name in note.over)
        if note.side is NoteSide.LEFT:
            left = places[0] - wide - PAD
        elif note.side is NoteSide.RIGHT:
            left = places[0] + PAD
        else:
            wide = max(wide, places[-1] - places[0] + 2 * PAD)
            left = (places[0] + places[-1] - wide) / 2
        self.cover(left, left + wide)
        top, tall = self.y + PAD, len(lines) * LEADING + 8
        self.parts.append(svg.rect(left, top, wide, tall, svg.PAPER, svg.WAIT))
        self.front.extend(_texts(left + wide / 2, top + 15, lines))
        self.y = top + tall

    def bar(self, name: str, top: float, bottom: float) -> None:
        """Draw how long a participant is active; a second bar stands beside the first."""
        shift = 4.0 * len(self.active.get(name, []))
        left = self.x[name] - BAR / 2 + shift
        self.parts.insert(0, svg.rect(left, top, BAR, max(bottom - top, 4), svg.PAPER, svg.SOFT))

    def frame(self, frame: _Frame) -> None:
        """Draw a frame that has ended."""
        if frame.left > frame.right:  # nothing is in it
            frame.left = min(self.x.values(), default=0.0)
            frame.right = max(self.x.values(), default=0.0)
        out = FRAME_STEP * (frame.inside + 1)
        left, right = max(frame.left - out, 2.0), frame.right + out
        words = _broken(frame.text, 2 * MAX_TEXT)
        kind = svg.text_width(frame.kind, SIZE, bold=True)
        right = max(right, left + kind + _widest(words) + 30)
        self.width = max(self.width, right + 2)
        for outer in self.frames:
            outer.inside = max(outer.inside, frame.inside + 1)
        box = (left, frame.top, right - left, self.y - frame.top)
        if frame.kind == "rect":
            self.behind.append(svg.rect(*box, "none", svg.LINE))
            return
        self.behind.append(svg.rect(*box, "none", svg.SOFT, "5 3"))
        self.front.append(svg.text(left + 6, frame.top + 14, frame.kind, bold=True, fill=svg.SOFT))
        self.front.extend(_texts(left + kind + 14, frame.top + 14, words, "start"))
        for top, text in frame.branches:
            self.behind.append(svg.line(left, top, right, top, svg.SOFT, 1, "5 3"))
            self.front.extend(_texts(left + 6, top + 14, _broken(text, 2 * MAX_TEXT)[:1], "start"))


def _head(x: float, y: float, way: int, head: ArrowHead) -> Iterator[Html]:
    """Draw the end of an arrow that points to the right (1) or to the left (-1)."""
    back = x - way * 9
    if head is ArrowHead.CROSS:
        yield svg.cross(x - way * 7, y, svg.BAD)
    elif head is ArrowHead.OPEN:
        yield svg.line(back, y - 4.5, x, y, svg.INK, 1.3)
        yield svg.line(back, y + 4.5, x, y, svg.INK, 1.3)
    elif head is not ArrowHead.NONE:
        upper = y if head is ArrowHead.LOWER else y - 4.5
        lower = y if head is ArrowHead.UPPER else y + 4.5
        yield Html('<polygon points="{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}"').format(
            x, y, back, upper, back, lower
        ) + Html(' style="fill:{}"/>').format(svg.INK)


def _person(x: float, top: float) -> Iterator[Html]:
    yield Html('<circle cx="{:.1f}" cy="{:.1f}" r="4.5" style="fill:{};stroke:{}"/>').format(
        x, top + 4, svg.PAPER, svg.INK
    )
    for x1, y1, x2, y2 in ((0, 9, 0, 16), (-7, 11, 7, 11), (0, 16, -5, 21), (0, 16, 5, 21)):
        yield svg.line(x + x1, top + y1, x + x2, top + y2, svg.INK, 1.2)
