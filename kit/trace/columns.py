"""The columns of the table of message types, and the values that a cell can have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Generic, TypeVar

from kit.actors.messages import Actor

__all__ = ["MANAGEMENT", "NAMES", "NOBODY", "MessageKind", "Severity", "Sides", "UnplugOutcome"]

M = TypeVar("M")

NAMES = {
    Actor.OPERATOR: "The operator",
    Actor.LIBVIRT: "libvirt",
    Actor.QEMU: "QEMU",
    Actor.GUEST: "The guest",
    Actor.CONSOLE: "The console",
}
"""The name of each party at the beginning of a sentence."""

MANAGEMENT = (Actor.LIBVIRT, Actor.OPERATOR)  # who hears QMP events: the first that takes part
NOBODY = (Actor.QEMU,)  # QEMU alone: it writes to its own log, or drops a request


class Severity(Enum):
    """How good or bad the news of a message is."""

    PLAIN = auto()
    GOOD = auto()
    WAIT = auto()
    BAD = auto()


class UnplugOutcome(Enum):
    """What a message reports of an unplug."""

    REMOVED = auto()
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class Sides:
    """Who sends a message, and to whom."""

    src: Actor
    dst: Actor

    @property
    def who(self) -> str:
        """The sender, at the beginning of a sentence."""
        return NAMES[self.src]

    @property
    def whom(self) -> str:
        """The recipient, inside a sentence."""
        return NAMES[self.dst].lower().replace("qemu", "QEMU")


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageKind(Generic[M]):
    """A row: everything that the views need to know of one type of message.

    Attributes:
        of: The type.
        wire: Its name on the wire, or in QEMU's source if it never leaves QEMU.
        label: A name as short as a picture needs; None: the name on the wire.
        sentence: One sentence for people; None: the sender and the name on the wire.
        severity: How good or bad its news is.
        outcome: What it reports of an unplug of its device, if anything.
        minor: A picture need not name it: an answer without news, a mere look, or a log line.
        heard_by: Who hears it when QEMU sends it unasked: the first of these that takes part.
            Empty for a message that has an addressee.
        inside_guest: Somebody does it inside the guest; a picture has no arrow to the guest then.
    """

    of: type[M]
    wire: str
    label: str | Callable[[M], str] | None = None
    sentence: str | Callable[[M, Sides], str] | None = None
    severity: Severity | Callable[[M], Severity] = Severity.PLAIN
    outcome: UnplugOutcome | Callable[[M], UnplugOutcome | None] | None = None
    minor: bool | Callable[[M], bool] = False
    heard_by: tuple[Actor, ...] = ()
    inside_guest: bool = False
