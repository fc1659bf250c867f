"""libvirt's debug log: from its file, from the journal, or in KubeVirt's JSON; wrapped or not.

Source: libvirt docs/logging.rst and the probes of src/qemu/qemu_monitor.c and qemu_monitor_json.c
(QEMU_MONITOR_SEND_MSG, RECV_REPLY, RECV_EVENT, IO_WRITE); journalctl(1), --output.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kit.actors.messages import Actor
from kit.common.json_fields import FormatError, Json
from kit.logs.entries import LogFormat, plain
from kit.logs.formats.base import (
    DomainNamed,
    Format,
    Item,
    LogLine,
    SkippedLine,
    check_length,
    first_object,
    unread,
)
from kit.logs.formats.dull import DullMessages
from kit.logs.json_stream import MAX_CHARACTERS
from kit.logs.timestamps import event_ns, read_time

__all__ = ["FORMAT", "LIBVIRT"]

LIBVIRT = LogFormat("libvirt debug log", shows_every_event=True, asker=Actor.LIBVIRT)

_TIME = r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.,]?\d*(?:Z|[+-]\d\d:?\d\d)?"
_SHORT_TIME = r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?"
_UNIX_TIME = r"\d{9,11}\.\d{6}"
_START = re.compile(
    rf"\s*(?:\d+[:\s]\s*)?(?:(?P<own>{_TIME}): \d+: \w+ :"
    rf"|(?:(?P<journal>{_TIME}|{_SHORT_TIME}|{_UNIX_TIME}) )?(?:\S+ )?"
    r"(?:libvirtd|virtqemud|lt-libvirtd)\[\d+\]: )"
)
_USUAL = re.compile(
    r"(?P<when>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\+0000): \d+: \w+ : \w+:\d+ : "
    r"QEMU_MONITOR_(?P<probe>SEND_MSG|RECV_REPLY): mon=(?P<monitor>0x[0-9a-f]+)"
    r" (?:msg|reply)=(?P<json>\{.*\})(?:\^M)?"
)
_INNER_TIME = re.compile(rf"(?P<own>{_TIME}): \d+: \w+ :")
_SIGN = re.compile(r"QEMU_MONITOR_[A-Z]|qemuMonitor[A-Z]\w+:\d+ :|(libvirtd|virtqemud)\[\d+\]: ")
_PROBE = re.compile(
    r"QEMU_MONITOR_(?P<probe>SEND_MSG|RECV_REPLY|RECV_EVENT|IO_WRITE):\s+mon=(?P<monitor>0x[0-9a-f]+)"
    r"\s+(?:msg|reply|event|buf)=(?P<json>.*)",
    re.DOTALL,
)
_DOMAIN = re.compile(r"mon=(0x[0-9a-f]+) vm=0x[0-9a-f]+ name=([^\s)]+)")
_OTHER_PROBES = re.compile(r"QEMU_MONITOR_(IO_|NEW|REF|UNREF|DISPOSE|CLOSE)")
_MAX_LINES = 200  # of one wrapped record


def _sniff(lines: Sequence[str]) -> int:
    if any("QEMU_MONITOR_" in line for line in lines):
        return 9
    records = [line for line in lines if _START.match(line[:300])]
    return 7 if any(_SIGN.search(line[:2000]) for line in records) else 2 * bool(records)


def _read(lines: Iterator[LogLine]) -> Iterator[Item]:
    writes, dull = _Writes(), DullMessages()
    for record in _records(lines):
        match = _USUAL.fullmatch(record.text)
        data = None if match is None else dull.read(match["json"])
        if match is not None and data is not None:
            writes.repeats(match["probe"])
            yield record.holds(data, read_time(match["when"]), match["monitor"])
        else:
            yield from _read_record(record, writes)


def _records(lines: Iterator[LogLine]) -> Iterator[LogLine]:
    """Yield records: lines from one beginning to the next, or to a blank line."""
    first: LogLine | None = None
    more: list[str] = []
    size = 0
    for line in lines:
        text = line.text
        dated = text[4:5] == "-" and text[:1].isdigit()
        if dated and not more:  # nearly every line: the one before it was whole
            if first is not None:
                yield first
            first, size = line, len(text)
            continue
        begins = dated or text[:1] == "{" or _START.match(text)
        if begins or not text.strip() or len(more) >= _MAX_LINES or size > MAX_CHARACTERS:
            if first is not None:
                yield _joined(first, more)
            first, more, size = (line if text.strip() else None), [], len(text)
        elif first is None:
            first, size = line, len(text)
        else:
            more.append(text)
            size += len(text)
    if first is not None:
        yield _joined(first, more)


def _joined(first: LogLine, more: list[str]) -> LogLine:
    if not more:
        return first
    return first.but(" ".join([first.text.rstrip(), *(text.strip() for text in more)]))


class _Writes:
    """Whether commands are logged when libvirt queues them; then writing one is not another."""

    def __init__(self) -> None:
        self.queued = False

    def repeats(self, probe: str) -> bool:
        self.queued |= probe == "SEND_MSG"
        return probe == "IO_WRITE" and self.queued


def _read_record(line: LogLine, writes: _Writes) -> Iterator[Item]:
    text = line.text
    if "QEMU_MONITOR_" not in text:
        if "vm=0x" in text and (match := _DOMAIN.search(text)):
            yield DomainNamed(match[1], plain(match[2], 60))
        yield SkippedLine()
        return
    too_long = check_length(line)
    if too_long is not None:
        yield too_long
        return
    at_ns, text = _unwrap(text)
    match = _PROBE.search(text)
    if match is None:
        yield (
            SkippedLine()
            if _OTHER_PROBES.search(text)
            else unread(line, "is cut, or a probe that is not known")
        )
    elif writes.repeats(match["probe"]):
        yield SkippedLine()
    else:
        yield _read_probe(line, match["monitor"], match["json"].strip(), at_ns)


def _read_probe(line: LogLine, monitor: str, text: str, at_ns: int | None) -> Item:
    try:
        data = _object(text)
    except FormatError as error:
        return unread(line, error)
    when = event_ns(data) if at_ns is None else at_ns
    return line.holds(data, when, monitor)


def _object(text: str) -> dict[str, Json]:
    """Return the object at the start; a carriage return or fd=-1 may follow."""
    try:
        return first_object(text)
    except FormatError:
        unbroken = re.sub(r"(?<=[^\s,:{}\[\]]) (?=[^\s,:{}\[\]])", "", text)
        if unbroken == text:
            raise
    try:
        return first_object(unbroken)  # wrapped in the middle of a word
    except FormatError:
        return first_object(text)


def _unwrap(text: str) -> tuple[int | None, str]:
    """Return the time and the message of a record; KubeVirt wraps both in JSON."""
    if text.startswith("{"):
        try:
            data = first_object(text)
        except FormatError:
            return None, text
        message, when = data.get("msg"), data.get("timestamp")
        if isinstance(message, str):
            return (read_time(when) if isinstance(when, str) else None), message
        return None, text
    match = _START.match(text)
    if match is None:
        return None, text
    inner = _INNER_TIME.search(text, match.start(), match.end() + 60)
    when = match["own"] or (inner["own"] if inner else None) or match["journal"]
    return (read_time(when) if when else None), text[match.end() :]


FORMAT = Format(LIBVIRT, _sniff, _read)
