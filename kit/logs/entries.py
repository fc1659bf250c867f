"""What a log of a real QEMU holds: commands, replies and events about unplugging, line by line.

Texts from a log are made harmless when they are read: one short line, no control characters.

Source: QEMU docs/interop/qmp-spec.rst (commands, replies, events); libvirt docs/logging.rst.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kit.actors.messages import Actor, Message
from kit.common.plain_text import plain as visible
from kit.machine.boards import MachineName
from kit.machine.device_kinds import DeviceKind
from kit.machine.errors import device_in
from kit.machine.events import QmpError
from kit.machine.requests import ConfigureConnector, SetIndicator
from kit.trace.phrases import connector_name

__all__ = [
    "GREETING",
    "MAX_UNREAD",
    "Evidence",
    "LogEntry",
    "LogFormat",
    "Logged",
    "OtherCommand",
    "OtherEvent",
    "TraceStep",
    "UnplugLog",
    "Unread",
    "device_of",
    "plain",
    "short_path",
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


@dataclass(frozen=True, slots=True)
class LogFormat:
    """A format of logs, by its usual name.

    Attributes:
        value: The name.
        shows_every_event: It holds every event, at the place where it happened.
        asker: Who sends the commands.
        note: What a reader of such a log has to know; empty if nothing.
    """

    value: str
    shows_every_event: bool = False
    asker: Actor = Actor.OPERATOR
    note: str = ""


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


@dataclass(frozen=True, slots=True)
class TraceStep:
    """A line of QEMU's trace about a device: a step of QEMU, or a write of the guest.

    ``detail`` is what was written, empty if the event has no value.
    """

    name: str
    device: str
    detail: str = ""

    @property
    def words(self) -> str:
        """The event, its device and what was written."""
        return f"{self.name} {self.device}" + (f": {self.detail}" if self.detail else "")


Logged = Message | OtherCommand | OtherEvent | TraceStep


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """Who sent whom which message, and its line.

    ``at_ns`` is the time since 1970; None if the log gives none.  Its neighbours may then show that
    it was not before ``after_ns`` and not after ``before_ns``.  ``answers`` is the number of the
    entry that a reply answers.  ``named`` is the id of its device, where another log tells it.
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
    named: str | None = None

    @property
    def device(self) -> str | None:
        """The device that its message names; None if it names none."""
        return self.named or device_of(self.message)

    @property
    def place(self) -> str:
        """The file and line, as compilers write them."""
        return f"{self.source}:{self.line}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What shows the machine of a log, in words, and where; ``number`` is its entry, if any."""

    machine: MachineName
    words: str
    source: str
    line: int | None = None
    number: int | None = None

    @property
    def place(self) -> str:
        """The file and line, as compilers write them; empty for an option."""
        return "" if self.line is None else f"{self.source}:{self.line}"


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
        parts: For each device, the place of a DEVICE_DELETED that names only a part of it.
        evidence: What shows the machine, the first of each machine.
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
    parts: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
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
    def machine(self) -> MachineName | None:
        """The machine of the log; None if nothing shows it, or the log contradicts itself."""
        found: MachineName | None = None
        for evidence in self.evidence:
            found = evidence.machine if found is None else found.and_also(evidence.machine)
            if found is None:
                return None
        return found

    @property
    def contradiction(self) -> tuple[Evidence, Evidence] | None:
        """Two places that show different machines; None if the log does not contradict itself."""
        for number, later in enumerate(self.evidence):
            for earlier in self.evidence[:number]:
                if earlier.machine.and_also(later.machine) is None:
                    return earlier, later
        return None

    def device_of(self, entry: LogEntry) -> str | None:
        """Return the device that an entry, or else the command that it answers, names."""
        asked = None if entry.answers is None else self.entries[entry.answers].device
        return asked or entry.device

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices that the log names, in its order."""
        named = (entry.device for entry in self.entries)
        return tuple(dict.fromkeys(name for name in named if name))


def device_of(message: Logged) -> str | None:
    """Return the device that a message names: its id, else its QOM path, else None."""
    for holder in (message, getattr(message, "info", None)):
        for name in ("device", "id", "alias"):
            found = getattr(holder, name, None)
            if found is not None and not isinstance(found, str):
                found = getattr(found, "id", None)  # device_add holds the device itself
            if isinstance(found, str) and found:
                return short_path(found)
    if isinstance(message, SetIndicator | ConfigureConnector):
        return connector_name(message.index)
    if isinstance(message, QmpError):
        found = device_in(message.desc)
        return None if found is None else short_path(found)
    path = getattr(message, "path", None)
    return short_path(path) if path else None


def short_path(name: str) -> str:
    """Return the id in the QOM path of a device; leave any other name as it is."""
    rest = name.removeprefix("/machine/peripheral/")
    return name if "/" in rest else rest
