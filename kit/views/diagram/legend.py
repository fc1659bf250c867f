"""The legend of a picture: a sample of each shape, and what it means."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kit.views.diagram import svg_shapes as svg
from kit.views.diagram.svg_lanes import DROPPED_EDGE
from kit.views.escape import Html

__all__ = ["legend_html", "legend_parts", "whole_legend"]

WIDE, HIGH = 46.0, 18.0
SMALL = 11.0  # letters in a picture
_MIDDLE = HIGH / 2
_NONE = Html()
_STYLE = re.compile(r'style="[^"]*"')  # identifies a shape by colours and strokes


_WORDS = (
    "Time runs to the right; each party has a row. Where much happens, the axis is stretched:"
    " messages of one instant are side by side, in order. The numbers above count the messages;"
    " a name that does not fit beside its arrow is below, with its number. The boxes on the right"
    " show what each party believes at the vertical line, or at the end"
)


def legend_html(pictures: str, known: frozenset[str] = frozenset(), before: Html = _NONE) -> Html:
    """Return the legend of a page: only the shapes that occur in *pictures*, which are SVG.

    *known* are the words, as HTML, of shapes that an earlier page explains; *before* links to it.
    """
    items = [
        (drawn, words)
        for drawn, words in _items()
        if all(style in pictures for style in _STYLE.findall(drawn)) and _is_said(words, pictures)
        if Html.escape(words) not in known
    ]
    if before:
        new = Html(" New here:") if items else ""
        return Html(
            '<div class="kit kit-paper kit-legend"><p><strong>How to read the pictures:</strong>'
            " {}.{}</p>{}</div>\n"
        ).format(before, new, _samples(items))
    return Html(
        '<div class="kit kit-paper kit-legend" id="legend"><p><strong>How to read the pictures.'
        "</strong> {}.</p>{}</div>\n"
    ).format(_WORDS, _samples(items))


_GONE = "the operator believes that the device is gone"
_FAILED = "the operator believes that the unplug failed"
_UNKNOWN = "virsh timed out: the operator does not know, and has to look"
_SAID = {
    _GONE: ("believes: gone", " is gone<"),
    _FAILED: ("believes: failed", "believes unplug of "),
    _UNKNOWN: ("does not know",),
}
"""What stands in a picture that has such a bar; other boxes have its colours, too."""


def _is_said(words: str, pictures: str) -> bool:
    return words not in _SAID or any(said in pictures for said in _SAID[words])


def whole_legend() -> Html:
    """Return the legend of all shapes, for beside a picture that can still change."""
    return Html('<div class="kit-legend"><p>{}; what is still to come is grey.</p>{}</div>').format(
        _WORDS, _samples(_items())
    )


def legend_parts(
    pictures: str, top: float, width: float, *, own: bool = False
) -> tuple[list[Html], float]:
    """Return the samples of the shapes in *pictures* for inside an SVG, and where they end.

    They stand in rows below ``top``, as many side by side as ``width`` has room for. *own*: the
    participants are none of the kit's.
    """
    parts: list[Html] = []
    x, y = 4.0, top
    for drawn, words in _own_items() if own else _items():
        if not all(style in pictures for style in _STYLE.findall(drawn)):
            continue
        wide = WIDE + 6 + svg.text_width(words, SMALL) + 18
        if x > 4.0 and x + wide > width:
            x, y = 4.0, y + HIGH + 2
        place = Html('<g transform="translate({:g} {:g})">{}</g>').format(x, y, drawn)
        parts += [place, svg.text(x + WIDE + 6, y + 13, words, fill=svg.SOFT, size=SMALL)]
        x += wide
    return parts, y + HIGH + 4


def _samples(items: Iterable[tuple[Html, str]]) -> Html:
    samples = Html(
        '<div><svg viewBox="0 0 {:g} {:g}" aria-hidden="true">{}</svg><span>{}</span></div>'
    ).each((WIDE, HIGH, *item) for item in items)
    return Html('<div class="kit-samples">{}</div>').format(samples)


def _own_items() -> tuple[tuple[Html, str], ...]:
    half, box = WIDE / 2, (3, 2, WIDE - 6, HIGH - 4)
    return (
        (svg.rect(*box, svg.PAPER, svg.INK), "what a participant shows, in its own words"),
        (svg.rect(*box, svg.PAPER, svg.WAIT, "4 2"), "it waits"),
        (svg.rect(*box, svg.PAPER, svg.BAD), "it shows that something is wrong"),
        (svg.arrow(half, 2, HIGH - 2, svg.INK), "a message"),
        (svg.rect(half - 2.5, _MIDDLE - 2.5, 5, 5, svg.PAPER, svg.INK), _ALONE),
        (svg.line(half, 1, half, HIGH - 1, svg.BAD, 1.5, "6 3"), "the first difference"),
    )


_ALONE = "something that one party does on its own"


def _items() -> tuple[tuple[Html, str], ...]:
    box = (3, 2, WIDE - 6, HIGH - 4)
    hatched = Html().join(
        svg.line(x, HIGH - 2, x + HIGH - 4, 2, svg.BAD) for x in range(5, int(WIDE - HIGH + 2), 7)
    )
    bracket = (
        svg.line(4, _MIDDLE, WIDE - 4, _MIDDLE, svg.WAIT, 1.5)
        + svg.line(4, _MIDDLE - 1, 4, _MIDDLE + 5, svg.WAIT, 1.5)
        + svg.line(WIDE - 4, _MIDDLE - 1, WIDE - 4, _MIDDLE + 5, svg.WAIT, 1.5)
    )
    half = WIDE / 2
    small = svg.rect(half - 2.5, _MIDDLE - 2.5, 5, 5, svg.PAPER, svg.INK)
    return (
        (svg.rect(*box, svg.HOLD), "has the device: holds, uses or lists it"),
        (
            svg.rect(*box, svg.HOLD) + svg.line(3, HIGH - 5, WIDE - 3, HIGH - 5, *DROPPED_EDGE),
            "QEMU holds the device, and no longer waits for the guest",
        ),
        (svg.rect(*box, svg.PAPER, svg.WAIT, "4 2"), "sent a request, and waits"),
        (svg.rect(*box, svg.PAPER, svg.GOOD), _GONE),
        (svg.rect(*box, svg.PAPER, svg.BAD), _FAILED),
        (svg.rect(*box, svg.PAPER, svg.WAIT), _UNKNOWN),
        (
            svg.rect(*box, svg.PAPER, svg.BAD) + hatched,
            "wrong: limbo, or a list that differs from the guest's",
        ),
        (svg.arrow(half, 2, HIGH - 2, svg.INK), "a message; dashed: an event to the guest"),
        (svg.line(half, 2, half, HIGH - 2, svg.SOFT, 0.7), "an answer or a query, unlabelled"),
        (svg.cross(half, _MIDDLE, svg.BAD), "QEMU drops a request"),
        (svg.cross(half, _MIDDLE, svg.WAIT), "QEMU writes to its own log only"),
        (small, _ALONE),
        (bracket, "a timer: it ends where its time is over, or where it is stopped before that"),
        (svg.line(half, 1, half, HIGH - 1, svg.BAD, 1.5, "6 3"), "the first difference"),
    )
