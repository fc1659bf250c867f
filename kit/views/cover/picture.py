"""The cover as an SVG picture that plays once: 20 s of the guest's clock in 5 s.

Its end is what stays, also where motion is not wanted, in print, and in a viewer without CSS
animation.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

from kit.machine.clock import NS_PER_S
from kit.trace.sentences import seconds
from kit.views.cover.scene import CoverMachine, CoverScene
from kit.views.escape import Html
from kit.views.template import page

__all__ = ["cover_style", "cover_svg", "cover_words"]

PER_S = 0.25  # seconds of the picture for a second of the guest
BEGIN, FLIGHT = 0.6, 0.5  # before anything moves; how long a letter or the CPU takes
LEFT, WIDTH = 8.0, 440.0  # the axis
MIN_APART = 36.0  # between the middles of two times below it


@dataclass(frozen=True, slots=True)
class _Line:
    """A sentence below a machine; ``until`` is empty for the last one."""

    since: str
    until: str
    words: str
    tone: str = ""


def cover_style() -> Html:
    """Return the stylesheet of the cover."""
    return Html(resources.files("kit.views.cover").joinpath("cover.css").read_text("utf-8"))


def cover_svg(scene: CoverScene, *, style: bool = True) -> Html:
    """Return the cover of a scene, with its stylesheet unless the page has it already."""
    before = _drawn(scene, scene.before, 16, "QEMU gives up", "the timeout of March 2021")
    after = _drawn(scene, scene.after, 496, "QEMU waits", "after the revert of April 2021")
    return page(
        "views/cover/cover.svg.jinja",
        style=cover_style() if style else "",
        label=cover_words(scene),
        machines=(before, after),
    )


def _drawn(
    scene: CoverScene, one: CoverMachine, left: int, title: str, subtitle: str
) -> dict[str, object]:
    """Return a machine with the times of the picture, as text; empty: it never happens."""
    starts = BEGIN + FLIGHT
    stops = _at(one.gave_up_s if one.gave_up_s is not None else scene.end_s)
    arrives = _at(one.released_s) + FLIGHT if one.released_s is not None else 0.0
    if one.told_s is not None:
        arrives = _at(one.told_s) + FLIGHT
    return {
        "left": left,
        "title": title,
        "subtitle": subtitle,
        "limit": "" if one.limit_s is None else _seconds(one.limit_s),
        "asks": _s(BEGIN),
        "starts": _s(starts),
        "stops": _s(stops if one.told_s is None else min(stops, _at(one.told_s))),
        "lasts": _s((one.limit_s or 0) * PER_S),
        "released": "" if one.released_s is None else _s(_at(one.released_s)),
        "arrives": _s(arrives),
        "told": "" if one.told_s is None else _s(_at(one.told_s)),
        "flight": _s(FLIGHT),
        "whole": _s(scene.end_s * PER_S),
        "ticks": _ticks(scene, one),
        "lines": _lines(one),
    }


def _ticks(scene: CoverScene, one: CoverMachine) -> list[tuple[str, str, str]]:
    """Return the times below the axis, QEMU's timeout among them: x, x of the words, the words."""
    limit = () if one.limit_s is None or one.limit_s > scene.end_s else (one.limit_s,)
    released = () if one.released_s is None else (one.released_s,)
    times = sorted({0.0, *released, *limit})
    marks = [LEFT + WIDTH * time / scene.end_s for time in times]
    words = zip(marks, _apart(marks), times, strict=True)
    return [(f"{mark:.1f}", f"{at:.1f}", _seconds(time)) for mark, at, time in words]


def _apart(marks: list[float]) -> list[float]:
    """Return where to write below each mark, so that neighbours do not touch each other."""
    written = list(marks)
    for n in range(1, len(marks)):
        lacking = MIN_APART - (written[n] - written[n - 1])
        if lacking > 0:
            written[n - 1] -= lacking / 2
            written[n] += lacking / 2
    return written


def _lines(one: CoverMachine) -> tuple[_Line, ...]:
    asked = "You ask for a CPU back. QEMU asks the guest."
    said = [(0.0, asked, "")]
    if one.gave_up_s is not None:
        said.append((one.gave_up_s, f"After {_seconds(one.gave_up_s)} QEMU stops waiting.", ""))
    if one.in_limbo and one.released_s is not None:
        words = f"At {_seconds(one.released_s)} the guest releases it. No event follows."
        said.append((one.released_s, words, "bad"))
    elif one.told_s is not None:
        words = f"At {_seconds(one.told_s)} the guest releases it. QEMU reports it."
        said.append((one.told_s, words, "good"))
    ends = [*(_s(_at(time)) for time, _, _ in said[1:]), ""]
    return tuple(
        _Line(_s(_at(time)), end, words, tone)
        for (time, words, tone), end in zip(said, ends, strict=True)
    )


def cover_words(scene: CoverScene) -> str:
    """Say what a scene shows."""
    before, after = (_lines(one)[-1].words for one in (scene.before, scene.after))
    return f"With the timeout: {before} After the revert: {after}"


def _at(time_s: float) -> float:
    """Return when something happens in the picture."""
    return BEGIN + FLIGHT + time_s * PER_S


def _seconds(time_s: float) -> str:
    return seconds(round(time_s * NS_PER_S))


def _s(time: float) -> str:
    return f"{time:.2f}".rstrip("0").rstrip(".")
