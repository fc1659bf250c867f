"""Select a part of a log: by device, or between two lines or times."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from kit.common.errors import UserError
from kit.logs.entries import LogEntry, UnplugLog, plain
from kit.logs.timestamps import read_time, write_time
from kit.machine.clock import NS_PER_S

__all__ = ["Bound", "first_entries", "narrow_log", "read_bound"]


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound of a part of a log: a line, or a time since 1970."""

    line: int | None = None
    at_ns: int | None = None


def read_bound(text: str, log: UnplugLog) -> Bound:
    """Return a bound: a line (``1200``), seconds since the log's first time (``12.5s``), a time.

    A time has a date, or belongs to the log's first day.

    Raises:
        UserError: It is not one of these, or the log has no times or several files.
    """
    text = text.strip()
    if re.fullmatch(r"[0-9]{1,12}", text):
        if len(log.sources) > 1:
            raise UserError(f"{text!r}: of several logs a line does not say which; give a time")
        return Bound(line=int(text))
    began_ns = log.began_ns
    seconds = re.fullmatch(r"([0-9]{1,9})(?:\.([0-9]{1,9}))? ?s", text)
    if began_ns is None and (seconds or ":" in text):
        raise UserError(f"{text!r}: no entry of the log has a time; give the number of a line")
    if seconds and began_ns is not None:
        fraction = int((seconds[2] or "").ljust(9, "0"))
        return Bound(at_ns=began_ns + int(seconds[1]) * NS_PER_S + fraction)
    if began_ns is not None and re.match(r"\d\d:", text):
        text = f"{write_time(began_ns)[:10]} {text}"
    at_ns = read_time(text)
    if at_ns is None:
        raise UserError(
            f"{plain(text, 60)!r} is not a place in a log; give a line (1200), seconds since its"
            " first time (12.5s) or a time of its own (2021-04-01 10:00:05, 10:00:05)"
        )
    return Bound(at_ns=at_ns)


def narrow_log(
    log: UnplugLog,
    *,
    device: str | None = None,
    since: Bound | None = None,
    until: Bound | None = None,
) -> UnplugLog:
    """Return the part of a log about *device*, from *since* to *until*.

    Messages about the whole machine, such as a reset, stay.  So do those without a time, unless
    their neighbours show that they lie outside.

    Raises:
        UserError: The log does not name *device*.
    """
    if device is not None and device not in log.devices:
        known = ", ".join(log.devices[:10]) or "none"
        raise UserError(f"{log.source}: no device {plain(device, 60)!r}; it names: {known}")

    def stays(entry: LogEntry) -> bool:
        return device in (None, log.device_of(entry) or device) and _within(entry, since, until)

    return _select(log, [n for n, entry in enumerate(log.entries) if stays(entry)])


def _within(entry: LogEntry, since: Bound | None, until: Bound | None) -> bool:
    for bound, sign, known in ((since, 1, entry.before_ns), (until, -1, entry.after_ns)):
        if bound is None:
            continue
        if bound.line is not None and sign * (entry.line - bound.line) < 0:
            return False
        if bound.at_ns is not None and known is not None and sign * (known - bound.at_ns) < 0:
            return False
    return True


def first_entries(log: UnplugLog, limit: int) -> UnplugLog:
    """Return a log with its first *limit* entries only."""
    return log if len(log.entries) <= limit else _select(log, list(range(limit)))


def _select(log: UnplugLog, numbers: list[int]) -> UnplugLog:
    place = {old: new for new, old in enumerate(numbers)}
    kept = [
        entry if entry.answers is None else replace(entry, answers=place.get(entry.answers))
        for entry in (log.entries[number] for number in numbers)
    ]
    evidence = tuple(
        found if found.number is None else replace(found, number=place.get(found.number))
        for found in log.evidence
    )
    return replace(log, entries=tuple(kept), evidence=evidence)
