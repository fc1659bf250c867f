"""A sequence diagram as values: who takes part, and what happens from top to bottom."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = [
    "Activation",
    "ArrowHead",
    "Block",
    "BlockBranch",
    "BlockEnd",
    "Group",
    "Item",
    "Lifetime",
    "NoteSide",
    "Participant",
    "SequenceDiagram",
    "SequenceMessage",
    "SequenceNote",
]


class ArrowHead(Enum):
    """What an arrow ends with."""

    NONE = "none"
    FILLED = "filled"
    CROSS = "cross"  # the message is lost
    OPEN = "open"  # asynchronous
    UPPER = "upper half"
    LOWER = "lower half"


class NoteSide(Enum):
    """Where a note stands."""

    LEFT = "left of"
    RIGHT = "right of"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Participant:
    """One lane. ``label`` is what a reader sees, with ``\\n`` where the author broke it."""

    id: str
    label: str
    person: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceMessage:
    """An arrow from ``src`` to ``dst``, ids of participants; ``number`` may be empty."""

    src: str
    dst: str
    text: str
    dashed: bool
    head: ArrowHead
    tail: ArrowHead = ArrowHead.NONE
    number: str = ""

    @property
    def words(self) -> str:
        """The text, behind its number if it has one."""
        return f"{self.number}. {self.text}" if self.number else self.text


@dataclass(frozen=True, slots=True)
class SequenceNote:
    """A remark beside or over one participant, or over two and all between them."""

    side: NoteSide
    over: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """A frame begins: loop, alt, opt, par, critical, break or rect (a tint, without a name)."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class BlockBranch:
    """Another branch of the innermost frame: else, and, option."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class BlockEnd:
    """The innermost frame ends."""


@dataclass(frozen=True, slots=True)
class Activation:
    """A participant becomes active, or is active no longer."""

    id: str
    active: bool


@dataclass(frozen=True, slots=True)
class Lifetime:
    """A participant is created or destroyed by the next message."""

    id: str
    alive: bool


Item = SequenceMessage | SequenceNote | Block | BlockBranch | BlockEnd | Activation | Lifetime


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbouring participants in one named box."""

    text: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SequenceDiagram:
    """A whole diagram; participants from left to right."""

    title: str
    participants: tuple[Participant, ...]
    items: tuple[Item, ...]
    groups: tuple[Group, ...] = ()
