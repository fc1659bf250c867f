"""The formats of logs of a QEMU monitor: how to recognise one, and how to read it.

Source: QEMU docs/interop/qmp-spec.rst; qmp-shell(1) of qemu.qmp; libvirt docs/logging.rst and the
probes of src/qemu/qemu_monitor.c and qemu_monitor_json.c (QEMU_MONITOR_SEND_MSG, RECV_REPLY,
RECV_EVENT); virsh(1), qemu-monitor-event.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from kit.common.errors import UserError
from kit.common.json_fields import FormatError, Json
from kit.logs.entries import LogFormat, Unread, plain
from kit.logs.json_stream import MAX_CHARACTERS, Depth, read_objects, read_typed_command
from kit.logs.timestamps import event_ns, read_time

__all__ = [
    "DomainNamed",
    "LogLine",
    "LoggedObject",
    "SkippedLine",
    "read_items",
    "recognise_format",
]


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a log, and its place."""

    source: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class LoggedObject:
    """One object of QMP: its place, its time in ns since 1970 if known, and its monitor."""

    source: str
    line: int
    at_ns: int | None
    monitor: str
    data: dict[str, Json]


@dataclass(frozen=True, slots=True)
class DomainNamed:
    """A line that names the domain of a monitor."""

    monitor: str
    domain: str


@dataclass(frozen=True, slots=True)
class SkippedLine:
    """A line of the log's format that holds no message."""


Item = LoggedObject | Unread | DomainNamed | SkippedLine

MAX_SEARCHED = 20_000  # lines in which a log must show its format
_LIBVIRT_LINE = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\+0000): \d+: \w+ : (?P<rest>.*)", re.DOTALL
)
_VIRSH = re.compile(
    r"(?:(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\+0000): )?event (?P<event>[A-Z_0-9]+)"
    r"(?: at (?P<epoch>\d{1,12}\.\d{6}))? for domain '?(?P<domain>[^:']+)'?(?:: (?P<data>\{.*))?"
)
_PROMPT = "(QEMU)"
_PROMPTS = re.compile(rf"\A(?:{re.escape(_PROMPT)}\s*+)++")
_BANNER = re.compile(
    r"Welcome to the QMP low-level shell!|Connected( to QEMU .*)?|Disconnected"
    r"|Error while parsing command line: .*|command format: <command-name> .*"
)
_ARROW = re.compile(r"\s*(?:->|<-|-->|<--|[CS]:)?\s*")
_JSON_LINE = re.compile(_ARROW.pattern + r"\{\s*(?:u?[\"']|$)")


def recognise_format(
    lines: Iterable[LogLine], names: Sequence[str]
) -> tuple[LogFormat, Iterator[LogLine]]:
    """Return the format of a log, and all of its lines.

    Args:
        lines: The lines of the log.
        names: The names of its files, filled while the lines are read.

    Raises:
        UserError: It has no known format.
    """
    remaining = iter(lines)
    seen: list[LogLine] = []
    for line in islice(remaining, MAX_SEARCHED):
        seen.append(line)
        found = _format_of(line.text)
        if found is not None:
            return found, chain(seen, remaining)
    raise UserError(
        f"{', '.join(names) or 'no log'}: neither a QMP transcript nor libvirt's debug log"
        f" in its first {len(seen):,} lines; docs/import.md shows what can be read"
    )


def _format_of(text: str) -> LogFormat | None:
    if "QEMU_MONITOR_" in text or _LIBVIRT_LINE.match(text):
        return LogFormat.LIBVIRT
    if text.startswith((_PROMPT, "Welcome to the QMP low-level shell")):
        return LogFormat.QMP_SHELL
    if _VIRSH.match(text):
        return LogFormat.VIRSH_EVENTS
    return LogFormat.QMP if _JSON_LINE.match(text[:200]) else None


def read_items(found: LogFormat, lines: Iterator[LogLine]) -> Iterator[Item]:
    """Yield what the lines of a log hold, in order."""
    match found:
        case LogFormat.LIBVIRT:
            return chain.from_iterable(map(_read_libvirt, lines))
        case LogFormat.VIRSH_EVENTS:
            return chain.from_iterable(map(_read_virsh, lines))
    return _read_qmp(lines)


def _unread(line: LogLine, why: object) -> Unread:
    return Unread(line.source, line.line, plain(line.text.strip(), 100), plain(str(why)))


def _check_length(line: LogLine) -> Unread | None:
    if len(line.text) <= MAX_CHARACTERS:
        return None
    return _unread(line, f"is longer than {MAX_CHARACTERS:,} characters")


# -- QMP: one object a line, over several lines, or typed at qmp-shell -----------------------------


def _read_qmp(lines: Iterator[LogLine]) -> Iterator[Item]:
    """Read JSON, in which an object may take several lines, and commands at a prompt."""
    value = _OpenObject()
    for line in lines:
        text = line.text.strip("\r\n")
        if value.begun is not None and not text.startswith(_PROMPT):
            yield from value.go_on(text)
            continue
        yield from value.cut_off()
        arrow = _ARROW.match(text)
        body = text[arrow.end() :] if arrow else text
        too_long = _check_length(line)
        if too_long is not None:
            yield too_long
        elif text.startswith(_PROMPT):
            yield from _read_prompt(LogLine(line.source, line.line, text))
        elif not body or _BANNER.fullmatch(body.strip()):
            yield from _read_banner(line, body)
        elif body.startswith("{"):
            yield from value.begin(LogLine(line.source, line.line, body))
        else:
            yield _unread(line, "is neither JSON nor a command at the prompt (QEMU)")
    yield from value.cut_off()


class _OpenObject:
    """A JSON object that may go on over several lines."""

    def __init__(self) -> None:
        self.begun: LogLine | None = None
        self._parts: list[str] = []
        self._size = 0
        self._depth = Depth()

    def begin(self, line: LogLine) -> Iterator[Item]:
        """Take the first line of an object."""
        self.begun, self._parts, self._size, self._depth = line, [], 0, Depth()
        yield from self.go_on(line.text)

    def go_on(self, text: str) -> Iterator[Item]:
        """Take another line; yield the object if it is complete."""
        assert self.begun is not None
        self._parts.append(text)
        self._size += len(text)
        if self._size > MAX_CHARACTERS:
            yield _unread(self.begun, f"begins what is longer than {MAX_CHARACTERS:,} characters")
            self.begun = None
        elif self._depth.count(text) <= 0:
            begun, self.begun = self.begun, None
            yield from _read_objects(LogLine(begun.source, begun.line, "\n".join(self._parts)))

    def cut_off(self) -> Iterator[Item]:
        """Report an object that is not complete."""
        if self.begun is not None:
            yield _unread(self.begun, "is no JSON: it ends in the middle")
            self.begun = None


def _read_banner(line: LogLine, body: str) -> Iterator[Item]:
    """Read qmp-shell's banner: it names the version of QEMU as a greeting does."""
    match = re.fullmatch(r"Connected to QEMU (\d{1,4})\.(\d{1,4})\.(\d{1,4})\s*", body)
    if match:
        major, minor, micro = map(int, match.groups())
        version = {"qemu": {"major": major, "minor": minor, "micro": micro}}
        yield LoggedObject(line.source, line.line, None, "", {"QMP": {"version": version}})
    elif body.strip():
        yield SkippedLine()


def _read_prompt(line: LogLine) -> Iterator[Item]:
    """Read the command behind qmp-shell's prompt; an empty one only asks for events."""
    # a log may hold the reply without the command
    body = _PROMPTS.sub("", line.text).strip()
    if body.startswith("{"):
        yield from _read_objects(LogLine(line.source, line.line, body))
        return
    if not body:
        return
    try:
        name, arguments = read_typed_command(body)
    except FormatError as error:
        yield _unread(line, error)
        return
    typed = {"execute": name, "arguments": arguments, "typed": True}
    yield LoggedObject(line.source, line.line, None, "", typed)


def _read_objects(line: LogLine) -> Iterator[Item]:
    try:
        for data in read_objects(line.text):
            yield LoggedObject(line.source, line.line, event_ns(data), "", data)
    except FormatError as error:
        yield _unread(line, error)


# -- libvirt ---------------------------------------------------------------------------------------

_PROBE = re.compile(
    r"QEMU_MONITOR_(?:SEND_MSG|RECV_REPLY|RECV_EVENT): mon=(?P<monitor>0x[0-9a-f]+)"
    r" (?:msg|reply|event)=(?P<json>.*)",
    re.DOTALL,
)
_DOMAIN = re.compile(r"mon=(0x[0-9a-f]+) vm=0x[0-9a-f]+ name=([^\s)]+)")
_OTHER_PROBES = re.compile(r"QEMU_MONITOR_(IO_|NEW|REF|UNREF|DISPOSE|CLOSE)")


def _read_libvirt(line: LogLine) -> Iterator[Item]:
    text = line.text
    if "QEMU_MONITOR_" not in text:
        if "vm=0x" in text and (match := _DOMAIN.search(text)):
            yield DomainNamed(match[1], plain(match[2], 60))
        yield SkippedLine()
        return
    too_long = _check_length(line)
    if too_long is not None:
        yield too_long
        return
    at_ns, text = _unwrap(text)
    match = _PROBE.search(text)
    if match is None:
        other = _OTHER_PROBES.search(text)
        yield SkippedLine() if other else _unread(line, "is cut, or a probe that is not known")
        return
    try:
        data = next(
            read_objects(match["json"].strip()), {}
        )  # a carriage return or fd=-1 may follow
    except FormatError as error:
        yield _unread(line, error)
        return
    when = event_ns(data) if at_ns is None else at_ns
    yield LoggedObject(line.source, line.line, when, match["monitor"], data)


def _unwrap(text: str) -> tuple[int | None, str]:
    """Return the time and the message of a line; KubeVirt wraps both in JSON."""
    match = _LIBVIRT_LINE.match(text)
    if match:
        return read_time(match["time"]), match["rest"]
    if text.startswith("{"):
        try:
            data = next(read_objects(text), {})
        except FormatError:
            return None, text
        message, when = data.get("msg"), data.get("timestamp")
        if isinstance(message, str):
            return (read_time(when) if isinstance(when, str) else None), message
    return None, text


# -- virsh qemu-monitor-event ----------------------------------------------------------------------


def _read_virsh(line: LogLine) -> Iterator[Item]:
    text = line.text.strip()
    match = _VIRSH.fullmatch(text) if len(text) <= MAX_CHARACTERS else None
    if match is None:
        finished = re.match(r"events received: \d|event loop (timed out|interrupted)", text)
        yield SkippedLine() if finished or not text else _unread(line, "is no event of virsh")
        return
    data: dict[str, Json] = {"event": match["event"]}
    try:
        if match["data"]:
            data["data"] = next(read_objects(match["data"]))
    except FormatError as error:
        yield _unread(line, error)
        return
    at_ns = read_time(match["time"]) if match["time"] else None
    if match["epoch"]:
        whole, _, micro = match["epoch"].partition(".")
        at_ns = (int(whole) * 1_000_000 + int(micro)) * 1000
    domain = plain(match["domain"], 60)
    yield LoggedObject(line.source, line.line, at_ns, domain, data)
