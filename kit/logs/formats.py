"""The formats in which people keep what was said at a QEMU monitor, and how to tell them apart.

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
from kit.logs.json_stream import LONGEST_LINE, Depth, objects, pairs
from kit.logs.timestamps import event_ns, read_time

__all__ = ["DomainNamed", "Numbered", "PassedOver", "Raw", "messages", "recognise"]


@dataclass(frozen=True, slots=True)
class Numbered:
    """A line of a log, and where it stands."""

    source: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Raw:
    """One object of QMP as it was logged, at which monitor, and when if the log says so."""

    source: str
    line: int
    at_ns: int | None
    monitor: str
    data: dict[str, Json]


@dataclass(frozen=True, slots=True)
class DomainNamed:
    """The log tells which domain a monitor belongs to."""

    monitor: str
    domain: str


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A line that belongs to the log's format and holds no message."""


Item = Raw | Unread | DomainNamed | PassedOver

SEARCHED = 20_000  # lines within which a log must show what it is
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


def recognise(
    lines: Iterable[Numbered], names: Sequence[str]
) -> tuple[LogFormat, Iterator[Numbered]]:
    """Tell which format a log has by what is in it; return all of its lines as well.

    Args:
        lines: The lines of the log.
        names: What they come from, filled as they come.

    Raises:
        UserError: It shows none of them.
    """
    remaining = iter(lines)
    seen: list[Numbered] = []
    for line in islice(remaining, SEARCHED):
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


def messages(found: LogFormat, lines: Iterator[Numbered]) -> Iterator[Item]:
    """Yield what the lines of a log hold, in their order."""
    match found:
        case LogFormat.LIBVIRT:
            return chain.from_iterable(map(_libvirt, lines))
        case LogFormat.VIRSH_EVENTS:
            return chain.from_iterable(map(_virsh, lines))
    return _qmp(lines)


def _unread(line: Numbered, why: object) -> Unread:
    return Unread(line.source, line.line, plain(line.text.strip(), 100), plain(str(why)))


def _too_long(line: Numbered) -> Unread | None:
    if len(line.text) <= LONGEST_LINE:
        return None
    return _unread(line, f"is longer than {LONGEST_LINE:,} characters")


# -- QMP: one object a line, over several lines, or typed at qmp-shell -----------------------------


def _qmp(lines: Iterator[Numbered]) -> Iterator[Item]:
    """Yield what stands in lines of JSON, each an object or a part of one, and at prompts."""
    value = _Value()
    for line in lines:
        text = line.text.strip("\r\n")
        if value.begun is not None and not text.startswith(_PROMPT):
            yield from value.go_on(text)
            continue
        yield from value.cut_off()
        arrow = _ARROW.match(text)
        body = text[arrow.end() :] if arrow else text
        too_long = _too_long(line)
        if too_long is not None:
            yield too_long
        elif text.startswith(_PROMPT):
            yield from _typed(Numbered(line.source, line.line, text))
        elif not body or _BANNER.fullmatch(body.strip()):
            yield from _banner(line, body)
        elif body.startswith("{"):
            yield from value.begin(Numbered(line.source, line.line, body))
        else:
            yield _unread(line, "is neither JSON nor a command at the prompt (QEMU)")
    yield from value.cut_off()


class _Value:
    """An object of JSON that may go on over several lines."""

    def __init__(self) -> None:
        self.begun: Numbered | None = None
        self._parts: list[str] = []
        self._size = 0
        self._depth = Depth()

    def begin(self, line: Numbered) -> Iterator[Item]:
        """Take its first line."""
        self.begun, self._parts, self._size, self._depth = line, [], 0, Depth()
        yield from self.go_on(line.text)

    def go_on(self, text: str) -> Iterator[Item]:
        """Take a line; yield the object if that was its last one."""
        assert self.begun is not None
        self._parts.append(text)
        self._size += len(text)
        if self._size > LONGEST_LINE:
            yield _unread(self.begun, f"begins what is longer than {LONGEST_LINE:,} characters")
            self.begun = None
        elif self._depth.count(text) <= 0:
            begun, self.begun = self.begun, None
            yield from _objects(Numbered(begun.source, begun.line, "\n".join(self._parts)))

    def cut_off(self) -> Iterator[Item]:
        """No line comes any more."""
        if self.begun is not None:
            yield _unread(self.begun, "is no JSON: it ends in the middle")
            self.begun = None


def _banner(line: Numbered, body: str) -> Iterator[Item]:
    """qmp-shell says which QEMU it talks to: as the greeting does."""
    match = re.fullmatch(r"Connected to QEMU (\d{1,4})\.(\d{1,4})\.(\d{1,4})\s*", body)
    if match:
        major, minor, micro = map(int, match.groups())
        version = {"qemu": {"major": major, "minor": minor, "micro": micro}}
        yield Raw(line.source, line.line, None, "", {"QMP": {"version": version}})
    elif body.strip():
        yield PassedOver()


def _typed(line: Numbered) -> Iterator[Item]:
    """Read what stands behind qmp-shell's prompt; nothing is a look for events."""
    # what was typed may not be in it, but what came of it is
    body = _PROMPTS.sub("", line.text).strip()
    if body.startswith("{"):
        yield from _objects(Numbered(line.source, line.line, body))
        return
    if not body:
        return
    try:
        name, arguments = pairs(body)
    except FormatError as error:
        yield _unread(line, error)
        return
    typed = {"execute": name, "arguments": arguments, "typed": True}
    yield Raw(line.source, line.line, None, "", typed)


def _objects(line: Numbered) -> Iterator[Item]:
    try:
        for data in objects(line.text):
            yield Raw(line.source, line.line, event_ns(data), "", data)
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


def _libvirt(line: Numbered) -> Iterator[Item]:
    text = line.text
    if "QEMU_MONITOR_" not in text:
        if "vm=0x" in text and (match := _DOMAIN.search(text)):
            yield DomainNamed(match[1], plain(match[2], 60))
        yield PassedOver()
        return
    too_long = _too_long(line)
    if too_long is not None:
        yield too_long
        return
    at_ns, text = _unwrapped(text)
    match = _PROBE.search(text)
    if match is None:
        other = _OTHER_PROBES.search(text)
        yield PassedOver() if other else _unread(line, "is cut, or a probe that is not known")
        return
    try:
        data = next(objects(match["json"].strip()), {})  # behind it: carriage return, fd=-1
    except FormatError as error:
        yield _unread(line, error)
        return
    when = event_ns(data) if at_ns is None else at_ns
    yield Raw(line.source, line.line, when, match["monitor"], data)


def _unwrapped(text: str) -> tuple[int | None, str]:
    """Return the time of a line and its message; KubeVirt wraps both into JSON."""
    match = _LIBVIRT_LINE.match(text)
    if match:
        return read_time(match["time"]), match["rest"]
    if text.startswith("{"):
        try:
            data = next(objects(text), {})
        except FormatError:
            return None, text
        message, when = data.get("msg"), data.get("timestamp")
        if isinstance(message, str):
            return (read_time(when) if isinstance(when, str) else None), message
    return None, text


# -- virsh qemu-monitor-event ----------------------------------------------------------------------


def _virsh(line: Numbered) -> Iterator[Item]:
    text = line.text.strip()
    match = _VIRSH.fullmatch(text) if len(text) <= LONGEST_LINE else None
    if match is None:
        finished = re.match(r"events received: \d|event loop (timed out|interrupted)", text)
        yield PassedOver() if finished or not text else _unread(line, "is no event of virsh")
        return
    data: dict[str, Json] = {"event": match["event"]}
    try:
        if match["data"]:
            data["data"] = next(objects(match["data"]))
    except FormatError as error:
        yield _unread(line, error)
        return
    at_ns = read_time(match["time"]) if match["time"] else None
    if match["epoch"]:
        whole, _, micro = match["epoch"].partition(".")
        at_ns = (int(whole) * 1_000_000 + int(micro)) * 1000
    domain = plain(match["domain"], 60)
    yield Raw(line.source, line.line, at_ns, domain, data)
