"""What a log of a real QEMU told: who asked what, what QEMU answered and said, line by line.

Texts from a log are made harmless where they are read: one line, no control characters, not long.

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
    "MOST_NAMED",
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
"""What a greeting in the middle of a log is called: another connection, perhaps another QEMU."""

MOST_NAMED = 20
"""So many lines that could not be read are kept; all are counted."""
LONGEST_TEXT = 300


def plain(text: str, longest: int = LONGEST_TEXT) -> str:
    r"""Return text from a log as one short line without control characters.

    >>> plain("core1\x1b[31m")
    'core1\\x1b[31m'
    """
    cut = text if len(text) <= longest else f"{text[: longest - 3]}..."
    return visible(cut)


class LogFormat(Enum):
    """Which format a log has; the value is what people call it."""

    QMP = "QMP transcript"
    QMP_SHELL = "qmp-shell session"
    LIBVIRT = "libvirt debug log"
    VIRSH_EVENTS = "virsh qemu-monitor-event"

    @property
    def shows_every_event(self) -> bool:
        """Would an event that happened stand in it, where it happened?

        qmp-shell prints events when somebody presses Enter, and not at all into its log file;
        virsh shows those that were asked for.
        """
        return self in (LogFormat.QMP, LogFormat.LIBVIRT)


class DeviceKind(Enum):
    """What kind of device an id stands for."""

    CORE = "CPU core"
    DIMM = "DIMM"
    PHB = "PCI host bridge"
    PCI = "PCI device"


@dataclass(frozen=True, slots=True)
class OtherCommand:
    """A command that the embedded machine does not have; ``device`` is the id that it names."""

    name: str
    device: str | None = None


@dataclass(frozen=True, slots=True)
class OtherEvent:
    """An event that the embedded machine does not send; ``device`` is the id that it names."""

    name: str
    device: str | None = None


Logged = Message | OtherCommand | OtherEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """Who told whom what, in which line.

    ``at_ns`` is the time since 1970 that the log gives, None where it gives none; then it was not
    before ``after_ns`` and not after ``before_ns``, as far as its neighbours tell.  ``answers`` is
    the number of the entry that a reply answers.
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
        """Where it stands, as editors and compilers write it."""
        return f"{self.source}:{self.line}"


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that could not be read, and why."""

    source: str
    line: int
    text: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnplugLog:
    """All that a log told about unplugging.

    ``asker`` is who talks to QEMU.  ``monitor`` is the monitor that was read, ``others`` how many
    messages those of other QEMUs had.  ``left_out`` counts messages about other things by name.
    ``unread`` are the first lines that could not be read, of ``unread_count``; ``passed_over``
    counts lines of the log that hold no message; ``not_utf8`` lines with bytes that are no UTF-8.
    ``kinds`` tells what the devices are, ``version`` and ``board`` what the log says of QEMU, the
    latter by ``board_entry``.
    ``clock_went_back`` is the line where the log's own time ran backwards, ``cut`` where reading
    ended because there were too many messages.
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
        """The names of what was read."""
        return ", ".join(self.sources)

    @property
    def began_ns(self) -> int | None:
        """The first time that the log gives, since 1970; None where it gives none."""
        times = (t for e in self.entries for t in (e.after_ns, e.at_ns, e.before_ns))
        return next((at_ns for at_ns in times if at_ns is not None), None)

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices that are named, in the order in which they are."""
        named = (device_of(entry.message) for entry in self.entries)
        return tuple(dict.fromkeys(name for name in named if name))


def device_of(message: Logged) -> str | None:
    """Return the id of the device that a message names, its QOM path if it has none, or None."""
    for holder in (message, getattr(message, "info", None)):
        for name in ("device", "id"):
            found = getattr(holder, name, None)
            if found is not None and not isinstance(found, str):
                found = getattr(found, "id", None)  # of device_add: the device itself
            if isinstance(found, str) and found:
                return _short_path(found)
    path = getattr(message, "path", None)
    return _short_path(path) if path else None


def _short_path(name: str) -> str:
    """Return the id of a device that is named by its QOM path; any other name as it is."""
    rest = name.removeprefix("/machine/peripheral/")
    return name if "/" in rest else rest
