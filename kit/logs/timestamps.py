"""Reads and writes the times of logs, in ns since 1970; logs are in UTC.

Source: libvirt src/util/virtime.c (virTimeStringNow); QEMU docs/interop/qmp-spec.rst (timestamp).
"""

from __future__ import annotations

import re

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
_MAX_S = 1 << 36  # in the year 4147
FIRST_DATED_NS = 366 * 86_400 * NS_PER_S
"""A time before this one is of a log that writes no year: its day, or only its time of day."""


def read_time(text: str) -> int | None:
    """Read a date and a time of day, or seconds since 1970; None if *text* is something else.

    Without a zone it is UTC, without a year 1970, without a day 1 January.

    >>> read_time("2021-04-01 12:00:00.123+0200")
    1617271200123000000
    """
    text = text.strip()
    if unix := _UNIX.fullmatch(text):
        return int(unix[1]) * NS_PER_S + int(unix[2].ljust(9, "0"))
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    year, month, day = _date(match)
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"])
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second <= 60):
        return None
    fraction = (match["fraction"] or "").ljust(9, "0")
    whole = _days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
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


def _days(year: int, month: int, day: int) -> int:
    """Return the days since 1 January 1970, in the Gregorian calendar."""
    year -= month <= 2  # a year from March on has the leap day at its end
    from_march = (153 * ((month - 3) % 12) + 2) // 5 + day - 1
    return year * 365 + year // 4 - year // 100 + year // 400 + from_march - 719_468


def write_time(at_ns: int) -> str:
    """Write a time as logs do, to the millisecond.

    >>> write_time(1617271200123000000)
    '2021-04-01 10:00:00.123'
    """
    days, rest = divmod(at_ns // 1_000_000, 86_400_000)
    days += 719_468
    era, of_era = divmod(days, 146_097)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    march = (5 * of_year + 2) // 153
    day, month = of_year - (153 * march + 2) // 5 + 1, (march + 2) % 12 + 1
    year += era * 400 + (month <= 2)
    seconds, ms = divmod(rest, 1000)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{year:04}-{month:02}-{day:02} {hours:02}:{minutes:02}:{seconds % 60:02}.{ms:03}"


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
