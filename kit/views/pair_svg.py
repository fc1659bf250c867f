"""A pair of runs on one time axis: lanes for operator, QEMU and guest, before above after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kit.machine.board import UNPLUG_TIMEOUT_S
from kit.machine.clock import NS_PER_S
from kit.machine.events import (
    DeviceDeleted,
    DeviceUnplugGuestError,
    ErrorReport,
    HotplugEvent,
    QmpError,
    UnplugTimeout,
)
from kit.machine.requests import DeviceDel, SetIndicator, SystemReset
from kit.machine.revision import Patch, Revision
from kit.runs.bench import CORE_ID, Belief, Run
from kit.runs.sentences import seconds, short
from kit.runs.story import Pair, where_they_part
from kit.runs.trace import TraceEntry
from kit.views import svg

__all__ = ["pair_svg"]

WIDTH, LEFT, RIGHT = 800.0, 76.0, 16.0
AXIS_Y, GROUP_TOP, GROUP_HEIGHT = 30.0, 44.0, 158.0
OPERATOR_Y, QEMU_Y, GUEST_Y = 58.0, 92.0, 126.0  # lanes, below the group's top
BAR = 13.0
SHORTEST_AXIS_S = 20


@dataclass(frozen=True, slots=True)
class Scale:
    """From ns of the guest's clock to x."""

    end_ns: int

    def x(self, at_ns: int) -> float:
        """Return where *at_ns* is on the axis."""
        return LEFT + (WIDTH - LEFT - RIGHT) * min(at_ns, self.end_ns) / self.end_ns


def pair_svg(pair: Pair) -> str:
    """Draw a pair of runs; the same run in both lanes where the revisions are equal."""
    now_ns = pair.before.machine.now_ns
    scale = Scale(max(SHORTEST_AXIS_S * NS_PER_S, now_ns * 5 // 4))
    height = GROUP_TOP + 2 * GROUP_HEIGHT + 8
    parts = [
        *_axis(scale, now_ns, height),
        *_first_difference(pair, scale, height),
        *_group("before", pair.before_revision, pair.before, scale, GROUP_TOP),
        *_group("after", pair.after_revision, pair.after, scale, GROUP_TOP + GROUP_HEIGHT),
    ]
    label = (
        f"Time axis from 0 to {seconds(scale.end_ns)}, now {seconds(now_ns)}. "
        f"{where_they_part(pair).replace(chr(10), ' ')}"
    )
    return svg.picture(WIDTH, height, label, parts)


def _axis(scale: Scale, now_ns: int, height: float) -> Iterator[str]:
    end_s = scale.end_ns // NS_PER_S
    step = next(step for step in _STEPS_S if end_s / step <= 12)
    for second in range(0, end_s + 1, step):
        x = scale.x(second * NS_PER_S)
        yield svg.line(x, AXIS_Y, x, height - 8, svg.LINE, 0.6, "1 4")
        yield svg.text(x, AXIS_Y - 6, f"{second} s", fill=svg.SOFT, size=11, anchor="middle")
    x = scale.x(now_ns)
    yield svg.line(x, AXIS_Y - 2, x, height - 8, svg.INK, 1)
    yield svg.text(x, 11, "now", size=11, anchor="middle", bold=True)


_STEPS_S = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 3600, 86_400, 10**7)


def _first_difference(pair: Pair, scale: Scale, height: float) -> Iterator[str]:
    seqs = pair.first_difference
    times = [
        run.trace[seq].at_ns
        for run, seq in zip((pair.before, pair.after), seqs, strict=True)
        if seq is not None
    ]
    if not times:
        return
    x = scale.x(min(times))
    yield svg.line(x, AXIS_Y, x, height - 6, svg.BAD, 1.5, "6 3")
    near_end = x > WIDTH - 150
    yield svg.text(
        x - 5 if near_end else x + 5,
        height - 2,
        "first difference",
        fill=svg.BAD,
        size=11,
        anchor="end" if near_end else "start",
    )


def _group(side: str, revision: Revision, run: Run, scale: Scale, top: float) -> Iterator[str]:
    name = revision.name if revision.alias is None else f"{revision.name} ({revision.label})"
    yield svg.line(0, top, WIDTH, top, svg.LINE)
    heading = f"{side}: {name}"
    yield svg.rect(0, top + 1, 8.0 * len(heading), 26, svg.PAPER)  # the now line stays behind it
    yield svg.text(4, top + 18, heading, size=13, bold=True)
    for lane, y in (("operator", OPERATOR_Y), ("QEMU", QEMU_Y), ("guest", GUEST_Y)):
        yield svg.text(LEFT - 10, top + y + 4, lane, fill=svg.SOFT, anchor="end")
        yield svg.line(LEFT, top + y, WIDTH - RIGHT, top + y, svg.LINE, 0.8)
    yield from _bars(revision, run, scale, top)
    yield from _messages(run, scale, top)
    yield from _now(run, scale, top)


# -- bars: who believes what, from when to when ------------------------------------------------


def _bars(revision: Revision, run: Run, scale: Scale, top: float) -> Iterator[str]:
    ends = [belief.at_ns for belief in run.beliefs[1:]] + [run.machine.now_ns]
    for belief, end_ns in zip(run.beliefs, ends, strict=True):
        start, end = scale.x(belief.at_ns), scale.x(end_ns)
        yield from _qemu_bar(belief, start, end, top + QEMU_Y)
        if belief.guest_has_core:
            yield svg.rect(start, top + GUEST_Y - BAR / 2, end - start, BAR, svg.HOLD)
            yield _inside(start, end, top + GUEST_Y, "uses core 1", svg.PAPER, halo=svg.HOLD)
    if Patch.CPU_UNPLUG_TIMEOUT in revision.patches:
        yield from _brackets(run, scale, top)


def _qemu_bar(belief: Belief, start: float, end: float, y: float) -> Iterator[str]:
    box = (start, y - BAR / 2, end - start, BAR)
    if not belief.qemu_has_core:
        return
    if belief.pending:
        yield svg.rect(*box, svg.PAPER, svg.WAIT, "4 2")
        yield _inside(start, end, y, "waits for the guest", svg.WAIT)
    elif belief.limbo:
        yield svg.rect(*box, svg.PAPER, svg.BAD)
        x = start + 3
        while x < end - BAR:
            yield svg.line(x, y + BAR / 2, x + BAR, y - BAR / 2, svg.BAD, 1)
            x += 7
        word = 46.0
        if end - start > word + 8:
            middle = (start + end) / 2
            yield svg.rect(middle - word / 2, y - BAR / 2 + 1, word, BAR - 2, svg.PAPER)
        yield _inside(start, end, y, "LIMBO", svg.BAD, bold=True)
    else:
        yield svg.rect(*box, svg.HOLD)
        yield _inside(start, end, y, "holds core 1", svg.PAPER, halo=svg.HOLD)


def _inside(
    start: float,
    end: float,
    y: float,
    words: str,
    fill: str,
    *,
    bold: bool = False,
    halo: str = svg.PAPER,
) -> str:
    """Words in the middle of a bar, if they fit."""
    if end - start < 6.2 * len(words) + 4:
        return ""
    middle = (start + end) / 2
    return svg.text(middle, y + 4, words, fill=fill, size=11, anchor="middle", bold=bold, halo=halo)


def _brackets(run: Run, scale: Scale, top: float) -> Iterator[str]:
    """QEMU's 15 s, above its lane, while a request is pending."""
    y = top + QEMU_Y - BAR / 2 - 5
    ends = [belief.at_ns for belief in run.beliefs[1:]] + [None]
    for belief, ended_ns in zip(run.beliefs, ends, strict=True):
        if not belief.pending:
            continue
        deadline_ns = belief.at_ns + UNPLUG_TIMEOUT_S * NS_PER_S
        start, end = scale.x(belief.at_ns), scale.x(min(deadline_ns, ended_ns or deadline_ns))
        yield svg.line(start, y, end, y, svg.WAIT, 1.5)
        yield svg.line(start, y, start, y + 4, svg.WAIT, 1.5)
        yield svg.line(end, y, end, y + 4, svg.WAIT, 1.5)
        yield _inside(start, end, y - 7, "QEMU's timeout: 15 s", svg.WAIT)


def _now(run: Run, scale: Scale, top: float) -> Iterator[str]:
    """What is the case now, in a word beside the end of each bar."""
    now_ns, belief = run.machine.now_ns, run.beliefs[-1]
    arrows = sum(_drawn(entry) is not None and entry.at_ns == now_ns for entry in run.trace)
    x = scale.x(now_ns) + 6 * max(arrows, 1) + 4
    if run.machine.aborted is not None:
        yield svg.text(x, top + QEMU_Y + 4, "aborted", fill=svg.BAD, bold=True)
    elif belief.limbo:
        yield svg.rect(x, top + QEMU_Y - 9, 52, 18, svg.BAD)
        yield svg.text(
            x + 26,
            top + QEMU_Y + 4,
            "LIMBO",
            fill=svg.PAPER,
            anchor="middle",
            bold=True,
            halo=svg.BAD,
        )
    elif not belief.qemu_has_core:
        yield svg.text(x, top + QEMU_Y + 4, "released", fill=svg.GOOD, bold=True)
    elif belief.pending:
        yield svg.text(x, top + QEMU_Y + 4, "waits for the guest", fill=svg.WAIT)
    else:
        yield svg.text(x, top + QEMU_Y + 4, "holds core 1", fill=svg.HOLD)
    words = "uses core 1" if belief.guest_has_core else "has let go"
    yield svg.text(
        x, top + GUEST_Y + 4, words, fill=svg.HOLD if belief.guest_has_core else svg.SOFT
    )


# -- messages between the lanes ----------------------------------------------------------------


@dataclass(slots=True)
class _Labels:
    """Where labels of a lane end, row by row, so that they do not overlap."""

    ends: list[float]

    def row(self, x: float, words: str) -> int | None:
        """Return the first row with room at *x*, or None."""
        for number, end in enumerate(self.ends):
            if x >= end:
                self.ends[number] = x + 6.4 * len(words) + 10
                return number
        return None


def _messages(run: Run, scale: Scale, top: float) -> Iterator[str]:
    above, below = _Labels([0.0, 0.0]), _Labels([0.0])
    at_ns, place = -1, 0
    for entry in run.trace:
        drawn = _drawn(entry)
        if drawn is None:
            continue
        place = place + 1 if entry.at_ns == at_ns else 0
        at_ns = entry.at_ns
        x = min(scale.x(at_ns) + 6 * place, WIDTH - 8)
        y1, y2, colour, dash = drawn
        if y1 == y2:
            yield svg.cross(x, top + y1, colour)
        else:
            yield svg.arrow(x, top + y1, top + y2, colour, dash)
        if OPERATOR_Y in (y1, y2):
            words = short(entry.message).removesuffix(f" {CORE_ID}")
            yield _label(above, x, words, colour, top + OPERATOR_Y - 8)
        elif isinstance(entry.message, SetIndicator):
            together = [short(other.message) for other in _calls_at(run, at_ns)]
            if entry == _calls_at(run, at_ns)[0]:
                yield _label(below, x, ", ".join(together), colour, top + GUEST_Y + 19)


def _calls_at(run: Run, at_ns: int) -> list[TraceEntry]:
    return [e for e in run.trace if e.at_ns == at_ns and isinstance(e.message, SetIndicator)]


def _label(labels: _Labels, x: float, words: str, colour: str, y: float) -> str:
    width = 6.4 * len(words)
    left = x - width if x + width > WIDTH else x + 3
    number = labels.row(left, words)
    return "" if number is None else svg.text(left, y - 13 * number, words, fill=colour, size=11)


def _drawn(entry: TraceEntry) -> tuple[float, float, str, str] | None:
    """From which lane to which, in what colour and dash; None for what only the log shows."""
    match entry.message:
        case DeviceDel() | SystemReset():
            return OPERATOR_Y, QEMU_Y, svg.INK, ""
        case QmpError():
            return QEMU_Y, OPERATOR_Y, svg.BAD, ""
        case DeviceDeleted():
            return QEMU_Y, OPERATOR_Y, svg.GOOD, ""
        case DeviceUnplugGuestError():
            return QEMU_Y, OPERATOR_Y, svg.BAD, ""
        case HotplugEvent():
            return QEMU_Y, GUEST_Y, svg.WAIT, "3 2"
        case SetIndicator():
            return GUEST_Y, QEMU_Y, svg.INK, ""
        case UnplugTimeout():
            return QEMU_Y, QEMU_Y, svg.BAD, ""
        case ErrorReport():
            return QEMU_Y, QEMU_Y, svg.WAIT, ""
    return None
