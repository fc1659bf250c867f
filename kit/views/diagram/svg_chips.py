"""The chips at the right end of the rows: what each party believes, from one step to another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kit.actors.messages import Actor
from kit.trace.columns import Severity
from kit.views.diagram import svg_shapes as svg
from kit.views.diagram.layout import Lane, LaneRow, LaneState, Layout, PictureSide, StateShown
from kit.views.escape import Html

__all__ = ["PRESENT", "Chip", "absent", "chip_svg", "chip_width", "chips_of"]

HIGH, SIZE, PAD = 17.0, 11.5, 5.0
MAX_CHIP = 20  # characters of a party's own words
TONES = {
    Severity.PLAIN: svg.INK,
    Severity.GOOD: svg.GOOD,
    Severity.WAIT: svg.WAIT,
    Severity.BAD: svg.BAD,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """What a party believes after step ``first`` (-1: the start) until step ``last``.

    ``last`` is None if that lasts. ``loud`` chips are filled.
    """

    row: LaneRow
    first: int
    last: int | None
    words: str
    colour: str
    loud: bool

    def drawn(self, x: float, y: float) -> Html:
        """Draw the chip, its left end at *x*, its middle at *y*."""
        return chip_svg(x, y, self.words, self.colour, loud=self.loud)


def chip_svg(x: float, y: float, words: str, colour: str, *, loud: bool) -> Html:
    """Draw a chip, its left end at *x*, its middle at *y*; a ``loud`` one is filled."""
    wide = chip_width(words, loud=loud)
    ground, ink = (colour, svg.PAPER) if loud else (svg.PAPER, colour)
    return svg.rect(x, y - HIGH / 2, wide, HIGH, ground, colour) + svg.text(
        x + PAD, y + 4, words, fill=ink, size=SIZE, bold=loud, halo=""
    )


def chip_width(words: str, *, loud: bool) -> float:
    """Return how wide a chip is."""
    return svg.text_width(words, SIZE, bold=loud) + 2 * PAD


def chips_of(layout: Layout, side: PictureSide) -> Iterator[Chip]:
    """Yield the chips of each row of a side, in the order of time."""
    if layout.observed and not side.bars:
        return
    for row in layout.rows:
        edges = sorted({-1, *_edges(side, row)})
        made: list[tuple[int, tuple[str, str]]] = []
        for step in edges:
            said = _said(side, row, step)
            if not made or made[-1][1] != said:
                made.append((step, said))
        lasts = [*(first for first, _ in made[1:]), None]
        for (first, (words, colour)), last in zip(made, lasts, strict=True):
            if words:
                loud = side.held(row, first) in (LaneState.ORPHANED, LaneState.ABORTED)
                yield Chip(row=row, first=first, last=last, words=words, colour=colour, loud=loud)


def _edges(side: PictureSide, row: LaneRow) -> Iterator[int]:
    """Yield the steps at which a row, or QEMU itself, changes."""
    for bar in side.bars:
        if bar.row == row or bar.held is LaneState.ABORTED:
            yield bar.first
            if bar.last is not None:
                yield bar.last


def _said(side: PictureSide, row: LaneRow, step: int) -> tuple[str, str]:
    held = side.held(row, step)
    if isinstance(held, StateShown):
        words = held.words if len(held.words) <= MAX_CHIP else f"{held.words[: MAX_CHIP - 1]}…"
        return words, TONES[held.tone]
    return _absent(side, row, step) if held is None else PRESENT[held]


PRESENT = {
    LaneState.ORPHANED: ("LIMBO", svg.BAD),
    LaneState.ABORTED: ("aborted", svg.BAD),
    LaneState.HOLDS: ("holds it", svg.HOLD),
    LaneState.PENDING: ("waits for guest", svg.WAIT),
    LaneState.DROPPED: ("holds it, no wait", svg.HOLD),
    LaneState.USES: ("uses it", svg.HOLD),
    LaneState.LISTED: ("lists it", svg.HOLD),
    LaneState.WRONGLY_LISTED: ("lists it: wrong", svg.BAD),
    LaneState.WRONGLY_MISSING: ("lists none: wrong", svg.BAD),
    LaneState.ASKED: ("no result yet", svg.WAIT),
    LaneState.TOLD_GONE: ("believes: gone", svg.GOOD),
    LaneState.TOLD_KEPT: ("believes: failed", svg.BAD),
    LaneState.DOES_NOT_KNOW: ("does not know", svg.WAIT),
    LaneState.UNKNOWN: ("not in the log", svg.SOFT),
}


def _absent(side: PictureSide, row: LaneRow, step: int) -> tuple[str, str]:
    had = any(bar.first < 0 for bar in side.bars_of(row))
    aborted = any(bar.held is LaneState.ABORTED and bar.first <= step for bar in side.bars)
    return absent(row.lane, had=had, aborted=aborted)


def absent(lane: Lane, *, had: bool, aborted: bool) -> tuple[str, str]:
    """Return the words and the colour for a party that holds nothing.

    *had*: it did at the start. *aborted*: QEMU is gone.
    """
    match lane:
        case Actor.GUEST if aborted:
            return "gone with QEMU", svg.SOFT
        case Actor.QEMU:
            return ("removed it", svg.GOOD) if had else ("has none", svg.SOFT)
        case Actor.GUEST:
            return ("does not use it" if had else "uses none"), svg.SOFT
        case Actor.LIBVIRT:
            return ("off its list" if had else "lists none"), svg.SOFT
    return "", svg.SOFT
