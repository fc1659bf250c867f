"""QEMU's trace log of pseries' connectors: what the guest calls, and what QEMU does then.

Source: QEMU docs/devel/tracing.rst (the log back end); hw/ppc/trace-events, spapr_drc_*.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kit.actors.messages import Actor
from kit.logs.entries import LogFormat, Logged, TraceStep
from kit.logs.formats.base import Format, Item, LogLine, SkippedLine, by_line, by_pattern
from kit.logs.timestamps import read_time
from kit.machine.requests import ConfigureConnector, SetIndicator
from kit.trace.phrases import connector_name

__all__ = ["FORMAT", "TRACE", "trace_time"]

TRACE = LogFormat(
    "QEMU trace log",
    note=(
        "A trace shows the guest's calls and QEMU's steps, and no command of anybody; log QMP,"
        " too, to see those."
    ),
)
_LINE = re.compile(
    r"(?:^|[\s:])(?P<event>spapr_drc_[a-z_]+)\s.*?(?:drc: ?|index=)(?P<index>0x[0-9a-f]{1,8})\b"
    r"(?:,? state[:=] ?(?P<state>0x[0-9a-f]{1,4}))?"
)
_TIME = re.compile(
    r"(?:\d+@)(?P<unix>\d+\.\d+):"
    r"|(?P<iso>\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.\d]*(?:Z|[+-]\d\d:?\d\d)?)"
)
_INDICATORS = {
    "spapr_drc_set_isolation_state": 9001,
    "spapr_drc_set_dr_indicator": 9002,
    "spapr_drc_set_allocation_state": 9003,
}
_STEPS = ("attach", "detach", "unplug_request", "release")


def trace_time(text: str) -> int | None:
    """Return the time at the beginning of a line of QEMU's trace; None if there is none."""
    when = _TIME.search(text[:80])
    return read_time(when["unix"] or when["iso"]) if when else None


def _read(line: LogLine) -> Iterator[Item]:
    match = _LINE.search(line.text[:300])
    message = None if match is None else _message(match)
    if message is None:
        yield SkippedLine()
        return
    src = Actor.QEMU if isinstance(message, TraceStep) else Actor.GUEST
    yield line.says(message, src, Actor.QEMU, trace_time(line.text))


def _message(match: re.Match[str]) -> Logged | None:
    """Return a call of the guest, or a step of QEMU's; None for what sets a connector up."""
    event, index = match["event"], int(match["index"], 16)
    if event in _INDICATORS and match["state"]:
        return SetIndicator(_INDICATORS[event], index, int(match["state"], 16))
    if event == "spapr_drc_set_configured":
        return ConfigureConnector(index)
    step = event.removeprefix("spapr_drc_")
    if step in _STEPS or step.startswith(("awaiting_", "set_")):
        return TraceStep(event, connector_name(index))
    return None


FORMAT = Format(TRACE, by_pattern(_LINE, 8), by_line(_read))
