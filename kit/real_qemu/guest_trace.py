"""A guest kernel's calls, as QEMU's own trace events report them.

QEMU traces a call that it carries out, but neither its answer nor get-sensor-state.

Source: QEMU hw/ppc/trace-events, and trace/simpletrace of the log backend as of v7.2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from kit.machine.pseries.rtas import ALLOCATION_STATE, ISOLATION_STATE
from kit.machine.requests import (
    ClientArchitectureSupport,
    ConfigureConnector,
    Request,
    SetIndicator,
)

__all__ = ["Traced", "read_report", "read_traced"]

_LINE = re.compile(r"(?:\d+@(?P<s>\d{1,12})\.(?P<us>\d{6}):)?(?P<event>spapr_\w+)(?P<rest>.*)")
_STAMPED = re.compile(r"(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) (?P<rest>.*)")
_STATE = re.compile(r" drc: 0x(?P<index>[0-9a-f]{1,8})(?:, state: 0x(?P<state>[0-9a-f]{1,8}))?")
_INDICATORS = {
    "spapr_drc_set_isolation_state": ISOLATION_STATE,
    "spapr_drc_set_allocation_state": ALLOCATION_STATE,
}


@dataclass(frozen=True, slots=True)
class Traced:
    """A call of the guest's, None for one that scenarios lack; its time in seconds since 1970."""

    request: Request | None
    at_s: float | None


def read_traced(line: str) -> Traced | None:
    """Return the trace event in a line of QEMU's log; None if it has none.

    The time is before the event: up to 10.0 the number of the process and seconds since 1970, in
    11.1 a date, as before any other line of the log.

    >>> read_traced("7@12.000500:spapr_drc_set_isolation_state drc: 0x10000001, state: 0x1").request
    SetIndicator(indicator=9001, index=268435457, state=1)
    """
    text, at_s = read_report(line)
    found = _LINE.fullmatch(text)
    if found is None:
        return None
    if found["s"] is not None:
        at_s = float(f"{found['s']}.{found['us']}")
    return Traced(_request(found["event"], found["rest"]), at_s)


def read_report(line: str) -> tuple[str, float | None]:
    """Return a line of QEMU's log, and the time before it in seconds since 1970, if it has one.

    >>> read_report("1970-01-01T00:00:12.000500Z qemu: no")
    ('qemu: no', 12.0005)
    """
    found = _STAMPED.fullmatch(line)
    if found is None:
        return line, None
    try:
        return found["rest"], datetime.fromisoformat(found["at"]).timestamp()
    except ValueError:  # a 13th month
        return line, None


def _request(event: str, rest: str) -> Request | None:
    if event == "spapr_cas_pvr":
        return ClientArchitectureSupport()
    words = _STATE.fullmatch(rest)
    if words is None:
        return None
    index = int(words["index"], 16)
    if event == "spapr_drc_set_configured":
        return ConfigureConnector(index)
    indicator = _INDICATORS.get(event)
    if indicator is None or words["state"] is None:
        return None
    return SetIndicator(indicator, index, int(words["state"], 16))
