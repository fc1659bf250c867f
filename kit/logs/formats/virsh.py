"""What virsh prints: events of QEMU's monitor, and events of domains.

Source: virsh(1), qemu-monitor-event and event; libvirt tools/virsh-domain-event.c.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from kit.actors.messages import Actor, DeviceRemovalFailed, DeviceRemoved
from kit.common.json_fields import FormatError, Json
from kit.logs.entries import LogFormat, Logged, OtherEvent, plain
from kit.logs.formats.base import (
    Format,
    Item,
    LogLine,
    SkippedLine,
    Sniff,
    by_line,
    first_object,
    unread,
)
from kit.logs.timestamps import read_time

__all__ = ["DOMAIN_EVENTS", "FORMATS", "MONITOR_EVENTS"]

MONITOR_EVENTS = LogFormat(
    "virsh qemu-monitor-event", note="virsh shows only the events that it was asked for."
)
DOMAIN_EVENTS = LogFormat(
    "virsh event",
    note="virsh event shows what libvirt reports to the operator, and no command of anybody.",
)
_TIME = r"(?:(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}[+-]\d{4}): )?"
_MONITOR_EVENT = re.compile(
    rf"{_TIME}event (?P<event>[A-Z_0-9]+)(?: at (?P<epoch>\d{{1,12}}\.\d{{6}}))?"
    r" for domain '?(?P<domain>[^:']+)'?(?:: (?P<data>\{.*))?"
)
_DOMAIN_EVENT = re.compile(
    rf"{_TIME}event '(?P<event>[a-z-]+)' for domain '?(?P<domain>[^:']+)'?(?:: ?(?P<rest>.*))?"
)
_FINISHED = re.compile(r"events received: \d|event loop (timed out|interrupted)")
_DOMAIN_MESSAGES: Mapping[str, Callable[[str], Logged]] = {
    "device-removed": DeviceRemoved,
    "device-removal-failed": DeviceRemovalFailed,
}


def _sniff(pattern: re.Pattern[str]) -> Sniff:
    return lambda lines: 7 * any(pattern.match(line[:300].strip()) for line in lines)


def _read(line: LogLine) -> Iterator[Item]:
    text = line.text.strip()
    if match := _MONITOR_EVENT.fullmatch(text):
        yield _read_monitor_event(line, match)
    elif match := _DOMAIN_EVENT.fullmatch(text):
        yield _read_domain_event(line, match)
    elif _FINISHED.match(text) or re.match(r"\S*[$#] ", text):
        yield SkippedLine()
    elif text:
        yield unread(line, "is not an event of virsh")


def _read_monitor_event(line: LogLine, match: re.Match[str]) -> Item:
    data: dict[str, Json] = {"event": match["event"]}
    try:
        if match["data"]:
            data["data"] = first_object(match["data"])
    except FormatError as error:
        return unread(line, error)
    when = match["epoch"] or match["time"]
    at_ns = read_time(when) if when else None
    return line.holds(data, at_ns, plain(match["domain"], 60))


def _read_domain_event(line: LogLine, match: re.Match[str]) -> Item:
    make = _DOMAIN_MESSAGES.get(match["event"])
    device = plain((match["rest"] or "").strip(), 60)
    message = OtherEvent(match["event"]) if make is None or not device else make(device)
    at_ns = read_time(match["time"]) if match["time"] else None
    return line.says(message, Actor.LIBVIRT, Actor.OPERATOR, at_ns, plain(match["domain"], 60))


FORMATS = (
    Format(MONITOR_EVENTS, _sniff(_MONITOR_EVENT), by_line(_read)),
    Format(DOMAIN_EVENTS, _sniff(_DOMAIN_EVENT), by_line(_read)),
)
