"""What a format is, what a line of a log can hold, and how JSON is found in lines.

A format recognises a log by the first lines (``sniff``) and yields what all lines hold (``read``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kit.actors.messages import Actor
from kit.common.json_fields import FormatError, Json
from kit.logs.entries import LogFormat, Logged, Unread, plain
from kit.logs.json_stream import MAX_CHARACTERS, Depth, end_of_object, read_objects
from kit.logs.timestamps import event_ns

__all__ = [
    "DomainNamed",
    "Format",
    "Item",
    "JsonObjectReader",
    "LogLine",
    "LoggedMessage",
    "LoggedObject",
    "MachineNamed",
    "SkippedLine",
    "by_line",
    "by_pattern",
    "check_length",
    "first_object",
    "unread",
]


class LogLine(NamedTuple):
    """A line of a log, and its place.  A tuple: a log may have millions of them."""

    source: str
    line: int
    text: str

    def holds(
        self, data: dict[str, Json], at_ns: int | None = None, monitor: str = ""
    ) -> LoggedObject:
        """Return an object of QMP in this line."""
        return LoggedObject(self.source, self.line, at_ns, monitor, data)

    def says(
        self, message: Logged, src: Actor, dst: Actor, at_ns: int | None, monitor: str = ""
    ) -> LoggedMessage:
        """Return a message in this line that is not an object of QMP."""
        return LoggedMessage(self.source, self.line, at_ns, monitor, src, dst, message)

    def greets(self, version: re.Match[str]) -> LoggedObject:
        """Return a greeting of QMP with the three numbers of a version."""
        numbers = zip(("major", "minor", "micro"), map(int, version.groups()), strict=True)
        return self.holds({"QMP": {"version": {"qemu": dict(numbers)}}})

    def but(self, text: str) -> LogLine:
        """Return the line with another text."""
        return LogLine(self.source, self.line, text)


class LoggedObject(NamedTuple):
    """One object of QMP: its place, its time in ns since 1970 if known, and its monitor."""

    source: str
    line: int
    at_ns: int | None
    monitor: str
    data: dict[str, Json]


@dataclass(frozen=True, slots=True)
class LoggedMessage:
    """A message that is not an object of QMP, and who sends it to whom."""

    source: str
    line: int
    at_ns: int | None
    monitor: str
    src: Actor
    dst: Actor
    message: Logged


@dataclass(frozen=True, slots=True)
class DomainNamed:
    """A line that names the domain of a monitor."""

    monitor: str
    domain: str


@dataclass(frozen=True, slots=True)
class SkippedLine:
    """A line of the log's format that holds no message."""


@dataclass(frozen=True, slots=True)
class MachineNamed:
    """A line that names the machine, as ``-machine`` does."""

    source: str
    line: int
    machine: str


Item = LoggedObject | LoggedMessage | Unread | DomainNamed | MachineNamed | SkippedLine


Sniff = Callable[[Sequence[str]], int]


@dataclass(frozen=True, slots=True)
class Format:
    """A format of logs.

    Attributes:
        name: What it is called, and what it shows.
        sniff: Scores the first lines of a log: 0 if it cannot be this format, else up to 10, the
            more the rarer its signs are in other formats.
        read: Yields what the lines of a log hold, in order.
    """

    name: LogFormat
    sniff: Sniff
    read: Callable[[Iterator[LogLine]], Iterator[Item]]


def by_pattern(pattern: re.Pattern[str], score: int, most: int = 300) -> Sniff:
    """Return a sniffer: *score* if *pattern* is in the first *most* characters of any line."""
    return lambda lines: score if any(pattern.search(line[:most]) for line in lines) else 0


def by_line(
    read: Callable[[LogLine], Iterator[Item]],
) -> Callable[[Iterator[LogLine]], Iterator[Item]]:
    """Return a reader of a format in which each line is read alone."""

    def read_all(lines: Iterator[LogLine]) -> Iterator[Item]:
        for line in lines:
            if too_long := check_length(line):
                yield too_long
            else:
                yield from read(line)

    return read_all


def unread(line: LogLine, why: object) -> Unread:
    """Return a line as one that the kit cannot read."""
    return Unread(line.source, line.line, plain(line.text.strip(), 100), plain(str(why)))


def check_length(line: LogLine) -> Unread | None:
    """Return a line as unread if it is too long to be read."""
    if len(line.text) <= MAX_CHARACTERS:
        return None
    return unread(line, f"is longer than {MAX_CHARACTERS:,} characters")


def first_object(text: str) -> dict[str, Json]:
    """Return the object at the start of a text; text may follow; FormatError without one."""
    return next(read_objects(text), {})


_MAX_LINES = 400  # of one object in prose
_KEY = r"(?:execute|exec-oob|return|error|event|timestamp|QMP|id|arguments)"
_BEGIN = re.compile(rf"""\{{\s*u?["']{_KEY}["']\s*:|\{{\s*$""")
_MEMBER = re.compile(rf"""["']{_KEY}["']\s*:""")
_NEW = re.compile(r"""\s*\{\s*u?["'](?:execute|exec-oob|return|error|QMP|timestamp)["']\s*:""")


class JsonObjectReader:
    """Finds objects of QMP in lines with anything around them; one may take several lines."""

    def __init__(self, *, in_prose: bool = False) -> None:
        self._in_prose = in_prose
        self._begun: LogLine | None = None
        self._at_ns: int | None = None
        self._parts: list[str] = []
        self._size = 0
        self._depth = Depth()

    @property
    def is_open(self) -> bool:
        """Does an object go on?"""
        return self._begun is not None

    def take(self, line: LogLine, at_ns: int | None = None) -> Iterator[Item]:
        """Yield the objects that a line completes, or that it holds none.

        *at_ns* is the time of the line, if it has one.
        """
        too_long = check_length(line)
        if too_long is not None:
            self._begun = None
            yield too_long
            return
        if self._begun is not None and not (_NEW.match(line.text) and self._depth.open < 2):
            yield from self._go_on(line.text)
            return
        yield from self.cut_off()
        yield from self._search(line, at_ns)

    def _search(self, line: LogLine, at_ns: int | None) -> Iterator[Item]:
        start = self._begin_of(line.text, 0)
        if start is None:
            yield SkippedLine()
        while start is not None:
            end = end_of_object(line.text, start)
            if end is None:
                self._begun, self._at_ns = line.but(line.text[start:]), at_ns
                self._parts, self._size, self._depth = [], 0, Depth()
                yield from self._go_on(self._begun.text)
                return
            yield from self._read(line, line.text[start:end], at_ns)
            start = self._begin_of(line.text, end)

    def _begin_of(self, text: str, at: int) -> int | None:
        """Return where the next object begins; outside prose a brace suffices."""
        if not self._in_prose:
            found = text.find("{", at)
            return None if found < 0 else found
        match = _BEGIN.search(text, at)
        return match.start() if match else None

    def _go_on(self, text: str) -> Iterator[Item]:
        assert self._begun is not None
        self._parts.append(text.strip())
        self._size += len(text)
        begun = self._begun
        if self._size > MAX_CHARACTERS or len(self._parts) > _MAX_LINES:
            self._begun = None
            yield unread(begun, "begins an object that does not end")
        elif self._depth.count(text) <= 0:
            self._begun = None
            whole = " ".join(self._parts)
            yield from self._read(begun, whole[: end_of_object(whole, 0)], self._at_ns)

    def cut_off(self) -> Iterator[Item]:
        """Yield an object that has begun as an unread line."""
        if self._begun is not None:
            yield unread(self._begun, "is not JSON: it ends in the middle")
            self._begun = None

    def _read(self, line: LogLine, text: str, at_ns: int | None) -> Iterator[Item]:
        try:
            for data in read_objects(text):
                when = event_ns(data) if at_ns is None else at_ns
                yield line.holds(data, when)
        except FormatError as error:
            other = self._in_prose and not _MEMBER.search(text)  # a brace of a diff
            yield SkippedLine() if other else unread(line, error)
