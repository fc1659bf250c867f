"""What a log of a real QEMU holds: commands, replies and events about unplugging, line by line.

Texts from a log are made harmless when they are read: one short line, no control characters.

Source: QEMU docs/interop/qmp-spec.rst (commands, replies, events); libvirt docs/logging.rst.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from kit.actors.messages import Actor, Message
from kit.common.plain_text import plain as visible
from kit.machine.revision import Board

__all__ = [
    "GREETING",
    "MAX_UNREAD",
    "DeviceKind",
    "LogEntry",
    "LogFormat",
    "Logged",
    "OtherCommand",
    "OtherEvent",
    "UnplugLog",
    "Unread",
    "device_of",
    "plain",
]

GREETING = "QMP greeting"
"""The name of a greeting in the middle of a log: a new connection, perhaps to another QEMU."""

MAX_UNREAD = 20
"""How many unreadable lines are kept; all are counted."""
MAX_TEXT = 300


def plain(text: str, longest: int = MAX_TEXT) -> str:
    r"""Return *text* as one line of at most *longest* characters, without control characters.

    >>> plain("core1\x1b[31m")
    'core1\\x1b[31m'
    """
    cut = text if len(text) <= longest else f"{text[: longest - 3]}..."
    return visible(cut)


class LogFormat(Enum):
    """The format of a log; the value is its usual name."""

    QMP = "QMP transcript"
    QMP_SHELL = "qmp-shell session"
    LIBVIRT = "libvirt debug log"
    VIRSH_EVENTS = "virsh qemu-monitor-event"

    @property
    def shows_every_event(self) -> bool:
        """Does it hold every event, at the place where it happened?

        qmp-shell prints events when somebody presses Enter, and never into its log file.  virsh
        shows only the events that the user asked for.
        """
        return self in (LogFormat.QMP, LogFormat.LIBVIRT)


class DeviceKind(Enum):
    """The kind of a device."""

    CORE = "CPU core"
    DIMM = "DIMM"
    PHB = "PCI host bridge"
    PCI = "PCI device"


@dataclass(frozen=True, slots=True)
class OtherCommand:
    """A command that the embedded machine does not have, and the device id that it names."""

    name: str
    device: str | None = None


@dataclass(frozen=True, slots=True)
class OtherEvent:
    """An event that the embedded machine does not send, and the device id that it names."""

    name: str
    device: str | None = None


Logged = Message | OtherCommand | OtherEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """Who sent whom which message, and in which line it stands.

    ``at_ns`` is the time since 1970; None if the log gives none.  Its neighbours may then tell that
    it was not before ``after_ns`` and not after ``before_ns``.  ``answers`` is the number of the
    entry that a reply answers.
    """

    source: str
    line: int
    at_ns: int | None
    after_ns: int | None
    before_ns: int | None
    src: Actor
    dst: Actor
    message: Logged
    answers: int | None = None

    @property
    def place(self) -> str:
        """The file and line, as compilers write them."""
        return f"{self.source}:{self.line}"


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that the kit could not read, and why."""

    source: str
    line: int
    text: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnplugLog:
    """Everything that a log holds about unplugging.

    Attributes:
        asker: Who sends the commands.
        monitor: The monitor of all entries.
        others: How many messages each other monitor had.
        left_out: How many messages about other things there were, by name.
        unread: The first of ``unread_count`` unreadable lines.
        passed_over: How many lines held no message.
        not_utf8: How many lines held bytes that are not UTF-8.
        board_entry: The entry that shows the ``board``.
        clock_went_back: The line where the log's time ran backwards.
        cut: The line where reading ended because there were too many messages.
    """

    sources: tuple[str, ...]
    format: LogFormat
    asker: Actor
    entries: tuple[LogEntry, ...]
    monitor: str | None = None
    others: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    unread: tuple[Unread, ...] = ()
    unread_count: int = 0
    passed_over: int = 0
    not_utf8: int = 0
    kinds: Mapping[str, DeviceKind] = field(default_factory=dict)
    version: tuple[int, int, int] | None = None
    board: Board | None = None
    board_entry: int | None = None
    clock_went_back: str | None = None
    cut: str | None = None

    @property
    def source(self) -> str:
        """The names of the files, in one text."""
        return ", ".join(self.sources)

    @property
    def began_ns(self) -> int | None:
        """The first time in the log, since 1970; None if it has none."""
        times = (t for e in self.entries for t in (e.after_ns, e.at_ns, e.before_ns))
        return next((at_ns for at_ns in times if at_ns is not None), None)

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices that the log names, in its order."""
        named = (device_of(entry.message) for entry in self.entries)
        return tuple(dict.fromkeys(name for name in named if name))


def device_of(message: Logged) -> str | None:
    """Return the device that a message names: its id, else its QOM path, else None."""
    for holder in (message, getattr(message, "info", None)):
        for name in ("device", "id"):
            found = getattr(holder, name, None)
            if found is not None and not isinstance(found, str):
                found = getattr(found, "id", None)  # device_add holds the device itself
            if isinstance(found, str) and found:
                return _short_path(found)
    path = getattr(message, "path", None)
    return _short_path(path) if path else None


def _short_path(name: str) -> str:
    """Return the id in the QOM path of a device; leave any other name as it is."""
    rest = name.removeprefix("/machine/peripheral/")
    return name if "/" in rest else rest
