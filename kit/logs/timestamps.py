"""Read and write the times of logs, in ns since 1970; logs are in UTC.

Source: libvirt src/util/virtime.c (virTimeStringNow); QEMU docs/interop/qmp-spec.rst (timestamp).
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache

from kit.common.json_fields import Json
from kit.machine.clock import NS_PER_S

__all__ = ["FIRST_DATED_NS", "event_ns", "read_time", "write_time"]

_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9})\d*)?"
_TIME = re.compile(
    r"(?:(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)[ T]"
    r"|(?P<name>[A-Z][a-z]{2}) +(?P<of>\d\d?) )?"
    rf"{_CLOCK}(?P<zone>Z|[+-]\d\d:?\d\d)?"
)
_UNIX = re.compile(r"(\d{1,12})\.(\d{1,9})")
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
_EPOCH = datetime(1970, 1, 1)
_MAX_S = 1 << 36  # in the year 4147
FIRST_DATED_NS = 366 * 86_400 * NS_PER_S
"""A time before this one is of a log that writes no year: its day, or only its time of day."""


def read_time(text: str) -> int | None:
    """Return a date and time, or seconds since 1970, in ns; None if *text* is something else.

    Without a zone it is UTC, without a year 1970, without a day 1 January.

    >>> read_time("2021-04-01 12:00:00.123+0200")
    1617271200123000000
    """
    if len(text) == 28 and text[19] == "." and (ms := text[20:23]).isdecimal() and ms.isascii():
        # as libvirt writes it: many lines share a second
        whole = _read_time(text[:19] + text[23:])
        return None if whole is None else whole + int(ms) * 1_000_000
    return _read_time(text)


@lru_cache(maxsize=256)
def _read_time(text: str) -> int | None:
    text = text.strip()
    if unix := _UNIX.fullmatch(text):
        return int(unix[1]) * NS_PER_S + int(unix[2].ljust(9, "0"))
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    year, month, day = _date(match)
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"])
    try:
        days = (date(year, month, day) - _EPOCH.date()).days
    except ValueError:  # there is no such day
        return None
    if hour > 23 or minute > 59 or second > 60:  # a leap second is one
        return None
    fraction = (match["fraction"] or "").ljust(9, "0")
    whole = days * 86_400 + hour * 3600 + minute * 60 + second
    return (whole - _zone_s(match["zone"])) * NS_PER_S + int(fraction)


def _date(match: re.Match[str]) -> tuple[int, int, int]:
    if match["year"]:
        return int(match["year"]), int(match["month"]), int(match["day"])
    if match["name"]:
        return 1970, _MONTHS.find(match["name"]) // 3 + 1, int(match["of"])
    return 1970, 1, 1


def _zone_s(zone: str | None) -> int:
    if not zone or zone == "Z":
        return 0
    seconds = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
    return -seconds if zone[0] == "-" else seconds


def write_time(at_ns: int) -> str:
    """Return a time as logs write it, to the millisecond, within the years 1 to 9999.

    >>> write_time(1617271200123000000)
    '2021-04-01 10:00:00.123'
    """
    ms = timedelta(milliseconds=1)
    first, last = (datetime.min - _EPOCH) // ms, (datetime.max - _EPOCH) // ms
    at = _EPOCH + min(max(at_ns // 1_000_000, first), last) * ms
    return at.isoformat(sep=" ", timespec="milliseconds")


def event_ns(data: dict[str, Json]) -> int | None:
    """Return the time that QEMU gave an event; None without one."""
    stamp = data.get("timestamp")
    if not isinstance(stamp, dict):
        return None
    whole, micro = stamp.get("seconds"), stamp.get("microseconds", 0)
    if type(whole) is not int or type(micro) is not int:
        return None
    if not (0 < whole < _MAX_S and 0 <= micro < 1_000_000):  # -1: QEMU does not know
        return None
    return whole * NS_PER_S + micro * 1000
