"""The sandbox: one CPU core, an operator at QEMU's monitor, and a guest that asks what to do.

Each `Act` is what one click does: something that a person does now, or time that passes.
Everything goes through the actors: the guest reads QEMU's event when it comes, takes the core out
of use and releases it, or refuses and reports that as Linux does since 5.13.
"""

from __future__ import annotations

from enum import Enum

from kit.actors.kernel import Conduct
from kit.actors.pseries_programs import GuestKind
from kit.machine.clock import NS_PER_S
from kit.machine.pseries.machine import UNPLUG_TIMEOUT_S
from kit.machine.requests import CpuCore, DeviceDel
from kit.simulation.scenario import Scenario, Setup
from kit.simulation.timeline import Timeline

__all__ = [
    "CORE_ID",
    "SANDBOX",
    "Act",
    "act",
    "action_of",
    "timeout_of",
    "why_not",
]

CORE_ID = "core1"
LATE_S = UNPLUG_TIMEOUT_S + 1
SANDBOX = Scenario(
    name="bench",  # its name in tokens and JSON since the first release: they stay readable
    title="One core, and whatever you click",
    why="To try what no script does.",
    look="QEMU's pending request, and its end.",
    setup=Setup(
        guest=GuestKind.LINUX_5_13, conduct=Conduct(asks=True), devices=(CpuCore(1, CORE_ID),)
    ),
)
"""The scenario of the sandbox: nothing happens but what a person does."""


class Act(Enum):
    """What one click does; the value is the button's word."""

    DEVICE_DEL = "device_del"
    GUEST_RELEASES = "release"
    GUEST_REFUSES = "refuse"
    GUEST_RELEASES_LATE = "release late"
    WAIT_1_S = "+1 s"
    WAIT_5_S = "+5 s"
    WAIT_TO_15_S = "to 15 s"
    SYSTEM_RESET = "system_reset"


_ACTIONS = {
    Act.DEVICE_DEL: f"device_del {CORE_ID}",
    Act.GUEST_RELEASES: "guest releases",
    Act.GUEST_REFUSES: "guest refuses",
    Act.GUEST_RELEASES_LATE: "guest releases",
    Act.SYSTEM_RESET: "system_reset",
}
_WAITS_S = {Act.WAIT_1_S: 1, Act.WAIT_5_S: 5}


def action_of(one: Act) -> str:
    """Return the action that an act adds to the run; empty if only time passes."""
    return _ACTIONS.get(one, "")


def act(timeline: Timeline, one: Act) -> Timeline:
    """Return *timeline* after one act at its place, and after all that follows at once.

    What is due at that time happens first; what a person did later is dropped.
    """
    timeline = _settled(timeline)
    requested = _requested_ns(timeline)
    if one in _WAITS_S:
        return timeline.wait(timeline.at_ns + _WAITS_S[one] * NS_PER_S)
    if one is Act.WAIT_TO_15_S:
        target = timeout_of(timeline)
        return timeline if target is None else timeline.wait(max(target, timeline.at_ns))
    if one is Act.GUEST_RELEASES_LATE and requested is not None:
        timeline = timeline.wait(max(requested + LATE_S * NS_PER_S, timeline.at_ns))
    forked = timeline.fork(_ACTIONS[one])
    return forked.seek(forked.at_ns)


def timeout_of(timeline: Timeline) -> int | None:
    """Return when 15 s after the last device_del are over, in ns; None without one."""
    requested = _requested_ns(timeline)
    return None if requested is None else requested + UNPLUG_TIMEOUT_S * NS_PER_S


def why_not(timeline: Timeline, one: Act) -> str:
    """Return why an act would do nothing at this place; empty if it would do something."""
    target = timeout_of(timeline)
    if one in (Act.WAIT_TO_15_S, Act.GUEST_RELEASES_LATE) and target is None:
        return "Press device_del first: the 15 s count from there."
    if one is Act.WAIT_TO_15_S and target is not None and timeline.at_ns >= target:
        return f"It is {timeline.at_ns / NS_PER_S:g} s already: 15 s after device_del are over."
    decides = one in (Act.GUEST_RELEASES, Act.GUEST_REFUSES, Act.GUEST_RELEASES_LATE)
    if decides and not any(run.ended.guest.deciding for run in _settled(timeline).runs):
        return "The guest has no request for the core now. Press device_del first."
    return ""


def _settled(timeline: Timeline) -> Timeline:
    """Return *timeline* without later acts: its run ends at its place."""
    at_the_end = timeline.place == len(timeline.stops) - 1 and timeline.at_ns == timeline.end_ns
    return timeline if at_the_end else timeline.wait(timeline.at_ns)


def _requested_ns(timeline: Timeline) -> int | None:
    """Return when the operator last sent device_del, up to this place; None if never."""
    run, seq = timeline.runs[0], timeline.seqs[0]
    asked = [e.at_ns for e in run.trace[: seq + 1] if e.message == DeviceDel(CORE_ID)]
    return asked[-1] if asked else None
