"""Mermaid's sequence diagrams, read: the language that GitLab, GitHub and Markdown editors draw.

Source: Mermaid 11's documentation of ``sequenceDiagram``; compared with its own parser.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

import webcolors

from kit.common.errors import UserError
from kit.common.plain_text import plain
from kit.views.sequence.diagram import (
    Activation,
    ArrowHead,
    Block,
    BlockBranch,
    BlockEnd,
    Group,
    Item,
    Lifetime,
    NoteSide,
    Participant,
    SequenceDiagram,
    SequenceMessage,
    SequenceNote,
)

__all__ = ["HEADS", "read_diagrams", "read_sequence"]

MAX_PARTICIPANTS, MAX_ITEMS, MAX_DEPTH, MAX_TEXT = 200, 20_000, 50, 5_000

_FENCE = re.compile(
    r"[ \t>]*(?P<fence>```+|~~~+)[ \t]*(?P<mermaid>\{?\.?mermaid\b)?", re.IGNORECASE
)
_HEADER = re.compile(r"sequenceDiagram\b", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ENTITY = re.compile(r"#(\w{1,32});")
_HIDDEN = re.compile("\ue000(\\w{1,32})\ue001")
_DROPPED = dict.fromkeys((0xE000, 0xE001, 0xFE0E, 0xFE0F))  # our own two, and emoji or text style
_WRAP = re.compile(r"\s*(?:no)?wrap:", re.IGNORECASE)

HEADS = {
    ">": ArrowHead.NONE,
    ">>": ArrowHead.FILLED,
    "x": ArrowHead.CROSS,
    ")": ArrowHead.OPEN,
    "|\\": ArrowHead.UPPER,
    "|/": ArrowHead.LOWER,
    "\\\\": ArrowHead.UPPER,
    "//": ArrowHead.LOWER,
}
"""What an arrow ends with, after ``-`` or ``--``."""

_TAILS = {
    "/|": ArrowHead.UPPER,
    "\\|": ArrowHead.LOWER,
    "//": ArrowHead.UPPER,
    "\\\\": ArrowHead.LOWER,
}
_ARROWS: dict[str, tuple[bool, ArrowHead, ArrowHead]] = {}  # dashed, head, tail
for _body in ("-", "--"):
    _dashed = _body == "--"
    _ARROWS |= {_body + sign: (_dashed, head, ArrowHead.NONE) for sign, head in HEADS.items()}
    _ARROWS |= {sign + _body: (_dashed, ArrowHead.NONE, tail) for sign, tail in _TAILS.items()}
    _ARROWS[f"<<{_body}>>"] = (_dashed, ArrowHead.FILLED, ArrowHead.FILLED)
_ARROW = re.compile("|".join(map(re.escape, sorted(_ARROWS, key=len, reverse=True))))
_BLOCKS = ("loop", "alt", "opt", "par_over", "par", "critical", "break", "rect")
_BRANCHES = {"else": ("alt",), "and": ("par", "par_over"), "option": ("critical",)}
_IGNORED = ("acctitle", "accdescr", "links", "link", "properties", "details")
_COLOUR_NAMES = frozenset(webcolors.names())
_COLOUR = re.compile(r"(?:(?:rgb|hsl)a?\s*\([^)]*\)|#[0-9a-f]{3,8}\b|transparent\b)", re.IGNORECASE)


def read_diagrams(text: str, name: str) -> Iterator[SequenceDiagram]:
    """Yield the sequence diagrams of a file: Mermaid itself, or Markdown with diagrams in it.

    Raises:
        UserError: There is none, or one cannot be read; the text begins with *name* and a line.
    """
    lines = text.removeprefix("\ufeff").splitlines()
    found = False
    for first, block in _blocks(lines):
        if any(_HEADER.match(line.strip()) for line in block):
            found = True
            yield read_sequence("\n".join(block), name, first)
    if not found:
        raise UserError(
            f"{name}: has no sequence diagram; a Mermaid file begins with sequenceDiagram,"
            " and in Markdown it stands between ```mermaid and ```"
        )


def _blocks(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the first line's number and the lines of each block: all of a file without fences."""
    fenced, number = False, 0
    while number < len(lines):
        opened = _FENCE.match(lines[number])
        number += 1
        if not opened:
            continue
        fenced, first, fence = True, number + 1, opened["fence"]
        quoted = lines[number - 1][: opened.start("fence")]
        block = []
        while number < len(lines):
            line = lines[number].removeprefix(quoted)
            number += 1
            if line.strip().startswith(fence):
                break
            block.append(line)
        begins = next((line.strip() for line in block if line.strip()), "")
        if opened["mermaid"] or _HEADER.match(begins):
            yield first, block
    if not fenced:
        yield 1, lines


def read_sequence(text: str, name: str = "diagram", first_line: int = 1) -> SequenceDiagram:
    """Return the one sequence diagram that *text* is.

    Raises:
        UserError: It cannot be read; the text begins with *name* and a line.
    """
    reader = _Reader(name)
    header = False
    for number, statement in _statements(text, first_line, reader):
        reader.line = number
        if not header:
            opened = _HEADER.match(statement)
            if opened is None:
                raise reader.error(statement, "a sequence diagram begins with sequenceDiagram")
            header, statement = True, statement[opened.end() :].strip()
        if statement:
            reader.take(statement)
    if not header:
        raise UserError(f"{name}:{first_line}: is empty; write sequenceDiagram first")
    return reader.finish()


def _statements(text: str, first: int, reader: _Reader) -> Iterator[tuple[int, str]]:
    """Yield each statement with its line's number, without comments and settings."""
    lines = text.translate(_DROPPED).splitlines()
    start = _after_front_matter(lines, reader)
    closing = ""  # what ends the lines that are passed over
    for number, line in enumerate(lines[start:], first + start):
        rest = line.strip()
        if closing:
            closing = "" if closing in rest else closing
            continue
        if rest.startswith("%%"):
            closing = "}%%" if rest.startswith("%%{") and "}%%" not in rest else ""
            continue
        if re.match(r"accDescr\s*\{", rest, re.IGNORECASE):
            closing = "" if "}" in rest else "}"
            continue
        rest = _ENTITY.sub("\ue000\\1\ue001", rest)
        for part in _cut_comment(rest).split(";"):
            if part.strip():
                yield number, part.strip()


def _after_front_matter(lines: list[str], reader: _Reader) -> int:
    """Return where the diagram begins; the settings before it may hold a title."""
    start = next((n for n, line in enumerate(lines) if line.strip()), 0)
    if not lines or lines[start].strip() != "---":
        return 0
    for number in range(start + 1, len(lines)):
        key, _, value = lines[number].partition(":")
        if lines[number].strip() == "---":
            return number + 1
        if key == "title":
            reader.title = value.strip().strip("\"'")
    return 0


def _cut_comment(line: str) -> str:
    """Cut what stands behind "#", which begins a comment unless it is in a participant's id."""
    head, colon, text = line.partition(":")
    if line.startswith("#"):
        return ""
    if not colon or _ARROW.search(head) is None:
        return line if re.match(r"box\b", line, re.IGNORECASE) else line.split("#", 1)[0]
    return head + colon + text.split("#", 1)[0]


def _words(text: str) -> str:
    """Return a text as it is shown: entities and breaks resolved, nothing unseen."""
    text = _HIDDEN.sub(_entity, _WRAP.sub("", text, count=1) if _WRAP.match(text) else text)
    lines = (" ".join(line.split()) for line in _BREAK.split(text)[:100])
    return "\n".join(map(plain, lines)).strip("\n")[:MAX_TEXT]


def _entity(found: re.Match[str]) -> str:
    word = found[1]
    entity = f"&#{word};" if word.isdecimal() else f"&{word};"
    shown = unescape(entity)
    return f"#{word};" if shown == entity else shown


@dataclass(slots=True)
class _Reader:
    """What has been read so far."""

    name: str
    line: int = 1
    title: str = ""
    participants: dict[str, Participant] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    open_blocks: list[tuple[str, int]] = field(default_factory=list)
    boxed: tuple[str, list[str], int] | None = None
    numbers: tuple[float, float] | None = None  # the next one, and how far apart

    def error(self, statement: str, expected: str) -> UserError:
        """Return the error that *statement* causes."""
        shown = _words(statement).replace("\n", " ")
        shown = shown if len(shown) <= 60 else shown[:57] + "..."
        return UserError(f"{self.name}:{self.line}: cannot read {shown!r}: {expected}")

    def take(self, statement: str) -> None:
        """Read one statement."""
        if len(self.items) >= MAX_ITEMS:
            raise UserError(f"{self.name}:{self.line}: more than {MAX_ITEMS:,} steps; divide it")
        keyword, _, rest = statement.partition(" ")
        rest = rest.strip()
        match keyword.lower().removesuffix(":"):
            case "participant" | "actor" if rest:
                self.declare(rest, person=keyword.lower() == "actor")
            case "create" if re.match(r"(?:participant|actor)\s", rest, re.IGNORECASE):
                kind, _, declared = rest.partition(" ")
                made = self.declare(declared.strip(), person=kind.lower() == "actor")
                self.items.append(Lifetime(made, alive=True))
            case "destroy" if rest:
                self.items.append(Lifetime(self.add(rest), alive=False))
            case "activate" | "deactivate" if rest and not _is_message(statement):
                self.items.append(Activation(self.add(rest), active=keyword.lower() == "activate"))
            case "autonumber" if not _is_message(statement):
                self.number_from(statement, rest)
            case "title" if not _is_message(statement):
                self.title = _words(rest)
            case "note" if (note := _NOTE.fullmatch(statement)) is not None:
                self.note(statement, note)
            case "box" if not _is_message(statement):
                self.open_box(statement, rest)
            case "end":
                self.close(statement)
            case word if word in _IGNORED:
                pass
            case word if not _is_message(statement) and (word in _BLOCKS or word in _BRANCHES):
                self.frame(statement, word, _words(rest))
            case _:
                self.message(statement)

    def declare(self, declared: str, *, person: bool) -> str:
        """Add a participant, or give it the label that it gets after its first message."""
        found = _DECLARED.fullmatch(declared)
        if found is None:
            raise self.error(declared, "write participant ID, or participant ID as Label")
        given = _settings(found["settings"])
        label = found["label"] or given.get("alias", "")
        person = person or given.get("type") == "actor"
        return self.add(found["id"].strip(), label, person=person)

    def add(self, identifier: str, label: str = "", *, person: bool = False) -> str:
        """Return the id of a participant; any statement may introduce a new one, at the right."""
        identifier = _words(identifier).replace("\n", " ")
        if not identifier:
            raise self.error(identifier, "a participant needs a name")
        old = self.participants.get(identifier)
        shown = _words(label).strip('"') or (identifier if old is None else old.label)
        self.participants[identifier] = Participant(
            identifier, shown, person or (old is not None and old.person)
        )
        if len(self.participants) > MAX_PARTICIPANTS:
            raise UserError(
                f"{self.name}:{self.line}: more than {MAX_PARTICIPANTS} participants; divide it"
            )
        if self.boxed is not None and old is None:
            self.boxed[1].append(identifier)
        return identifier

    def open_box(self, statement: str, rest: str) -> None:
        """Begin a box round participants; its colour is passed over."""
        if self.boxed is not None:
            raise self.error(statement, f"the box of line {self.boxed[2]} has no end")
        colour = _COLOUR.match(rest)
        title = rest[colour.end() :] if colour else rest
        first, _, others = title.strip().partition(" ")
        if colour is None and first.lower() in _COLOUR_NAMES:
            title = others
        self.boxed = (_words(title), [], self.line)

    def frame(self, statement: str, word: str, text: str) -> None:
        """Begin a frame, or another branch of one."""
        if word in _BRANCHES:
            if not self.open_blocks or self.open_blocks[-1][0] not in _BRANCHES[word]:
                raise self.error(statement, f"{word} goes between {_BRANCHES[word][0]} and end")
            self.items.append(BlockBranch(word, text))
            return
        if len(self.open_blocks) >= MAX_DEPTH:
            raise self.error(statement, f"more than {MAX_DEPTH} frames inside one another")
        self.open_blocks.append((word, self.line))
        self.items.append(Block(word.removesuffix("_over"), text if word != "rect" else ""))

    def close(self, statement: str) -> None:
        """End the innermost frame or the box."""
        if self.boxed is not None:
            self.groups.append(Group(self.boxed[0], tuple(self.boxed[1])))
            self.boxed = None
        elif self.open_blocks:
            self.open_blocks.pop()
            self.items.append(BlockEnd())
        else:
            raise self.error(statement, "nothing is open that it could end")

    def number_from(self, statement: str, rest: str) -> None:
        """Number the messages from here on, or no longer."""
        words = rest.split()
        if words[:1] == ["off"]:
            self.numbers = None
            return
        try:
            start, step = [*map(float, words), *(1.0, 1.0)[len(words) :]]
        except ValueError:
            raise self.error(
                statement, "write autonumber, autonumber 10 5 or autonumber off"
            ) from None
        self.numbers = (start, step)

    def note(self, statement: str, note: re.Match[str]) -> None:
        """Add a note."""
        side = NoteSide(" ".join(note["side"].lower().split()))
        over = tuple(self.add(one) for one in note["over"].split(","))
        if len(over) > (2 if side is NoteSide.OVER else 1):
            raise self.error(statement, "a note is over one participant or two")
        self.items.append(SequenceNote(side, over, _words(note["text"])))

    def message(self, statement: str) -> None:
        """Add a message."""
        found = _split_message(statement)
        if found is None:
            raise self.error(statement, "expected a message (A->>B: text), a note or a frame")
        src, sign, turn, dst, text = found
        dashed, head, tail = _ARROWS[sign]
        src, dst = self.add(src), self.add(dst)
        number = ""
        if self.numbers is not None:
            number = f"{self.numbers[0]:g}"
            self.numbers = (self.numbers[0] + self.numbers[1], self.numbers[1])
        if turn == "+":
            self.items.append(Activation(dst, active=True))
        self.items.append(
            SequenceMessage(
                src=src,
                dst=dst,
                text=_words(text),
                dashed=dashed,
                head=head,
                tail=tail,
                number=number,
            )
        )
        if turn == "-":
            self.items.append(Activation(src, active=False))

    def finish(self) -> SequenceDiagram:
        """Return the diagram; every frame must have ended."""
        if self.open_blocks:
            kind, line = self.open_blocks[-1]
            raise UserError(f"{self.name}:{line}: {kind} has no end; write end below its last line")
        if self.boxed is not None:
            raise UserError(f"{self.name}:{self.boxed[2]}: box has no end; write end below it")
        return SequenceDiagram(
            self.title,
            tuple(self.participants.values()),
            tuple(self.items),
            tuple(group for group in self.groups if group.ids),
        )


_NOTE = re.compile(
    r"note\s+(?P<side>left\s+of|right\s+of|over)\s+(?P<over>[^:]+?)\s*:(?P<text>.*)",
    re.IGNORECASE | re.DOTALL,
)
_DECLARED = re.compile(
    r"(?P<id>[^@]+?)\s*(?:@(?P<settings>\{.*\}))?(?:\s+as\s+(?P<label>.+))?", re.IGNORECASE
)


def _settings(text: str | None) -> dict[str, str]:
    """Return what stands in the braces of a participant; what is not JSON says nothing."""
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        pairs = re.findall(r"""["']?(\w+)["']?\s*:\s*["']([^"']*)["']""", text[:MAX_TEXT])
        return dict(pairs)
    return {key: value for key, value in found.items() if isinstance(value, str)}


def _is_message(statement: str) -> bool:
    return _split_message(statement) is not None


def _split_message(statement: str) -> tuple[str, str, str, str, str] | None:
    """Return sender, arrow, "+" or "-" for an activation, recipient and text."""
    head, _, text = statement.partition(":")
    arrow = _ARROW.search(head, 1)
    if arrow is None:
        return None
    src = head[: arrow.start()].strip().removesuffix("()").strip()
    rest = head[arrow.end() :].strip().removeprefix("()").strip()
    turn = rest[0] if rest[:1] in ("+", "-") else ""
    dst = rest.removeprefix(turn).strip().removeprefix("()").strip()
    return (src, arrow[0], turn, dst, text) if src and dst else None
