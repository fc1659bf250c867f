"""The few SVG shapes that the kit draws with.

There are no ids, defs, scripts or style elements, because several pictures may share a page and
hiding one must not change another. Colours are CSS variables with light fallbacks: a picture
follows the theme of its page and stays legible without one.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from kit.views.escape import Html

__all__ = ["BAD", "DIM", "GOOD", "HOLD", "INK", "LINE", "MARK", "PAPER", "SOFT", "WAIT"]
__all__ += ["DIMMED", "arrow", "cross", "cut", "group", "line", "picture", "rect", "text"]
__all__ += ["text_width"]

INK = "var(--kit-ink, #1f2328)"
SOFT = "var(--kit-soft, #57606a)"
DIM = "var(--kit-dim, #636b75)"
LINE = "var(--kit-line, #d0d7de)"
PAPER = "var(--kit-paper, #ffffff)"
MARK = "var(--kit-mark, #fff3c4)"
HOLD = "var(--kit-hold, #2f6db3)"
WAIT = "var(--kit-wait, #8a5700)"
BAD = "var(--kit-bad, #b3261e)"
GOOD = "var(--kit-good, #1a7040)"

_FONT = Html("font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif")


_remembered = lru_cache(maxsize=4096)  # a step repeats most shapes of the step before


def picture(width: float, height: float, label: str, parts: Iterable[Html]) -> Html:
    """Wrap *parts* into an SVG with its own background and a describing *label*.

    A page makes it no smaller than ``--kit-wide``: its words stay as large as they are.
    """
    back = rect(0, 0, width, height, PAPER)
    return Html(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img"'
        ' aria-label="{}" style="{};--kit-wide:{}px">{}{}</svg>'
    ).format(_n(width), _n(height), label, _FONT, _n(width), back, Html().join(parts))


@_remembered
def rect(
    x: float, y: float, width: float, height: float, fill: str, stroke: str = "none", dash: str = ""
) -> Html:
    """Return a rectangle; ``fill`` may be "none"."""
    dashes = f";stroke-dasharray:{dash}" if dash else ""
    return Html('<rect x="{}" y="{}" width="{}" height="{}" style="fill:{};stroke:{}{}"/>').format(
        _n(x), _n(y), _n(max(width, 0)), _n(height), fill, stroke, dashes
    )


@_remembered
def line(
    x1: float, y1: float, x2: float, y2: float, stroke: str, width: float = 1, dash: str = ""
) -> Html:
    """Return a straight line."""
    dashes = f";stroke-dasharray:{dash}" if dash else ""
    return Html(
        '<line x1="{}" y1="{}" x2="{}" y2="{}" style="stroke:{};stroke-width:{}{}"/>'
    ).format(_n(x1), _n(y1), _n(x2), _n(y2), stroke, _n(width), dashes)


@_remembered
def text(
    x: float,
    y: float,
    words: str,
    *,
    fill: str = INK,
    size: float = 12,
    anchor: str = "start",
    bold: bool = False,
    halo: str = PAPER,
) -> Html:
    """Return a line of text on the base line ``y``, with a halo that hides the lines behind it.

    ``halo`` may be empty: inside a box it would hide the box's own lines.
    """
    weight = ";font-weight:600" if bold else ""
    around = (
        f";paint-order:stroke;stroke:{halo};stroke-width:5px;stroke-linejoin:round" if halo else ""
    )
    return Html(
        '<text x="{}" y="{}" style="fill:{};font-size:{}px;text-anchor:{}{}{}">{}</text>'
    ).format(_n(x), _n(y), fill, _n(size), anchor, weight, around, words)


DIMMED = ";".join(f"--kit-{name}:{DIM}" for name in ("ink", "soft", "hold", "wait", "bad", "good"))
"""The style of what is still to come: one quiet colour, and every word as legible as before."""


def group(parts: Iterable[Html], style: str = "", **data: str | float) -> Html:
    """Return shapes as a group; *data* says in ``data-`` attributes what the group is."""
    styled = Html(' style="{}"').around(style)
    return Html("<g{}{}>{}</g>").format(_data(data), styled, Html().join(parts))


def cut(
    x: float, width: float, height: float, parts: Iterable[Html], style: str = "", kit: str = ""
) -> Html:
    """Return the part of some shapes that lies between *x* and *x* + *width*."""
    styled = Html(' style="{}"').around(style)
    wide = _n(max(width, 0.1))  # a width of 0 switches the clipping off in some programs
    return Html(
        '<svg{} x="{}" y="0" width="{}" height="{}" viewBox="{} 0 {} {}"{}>{}</svg>'
    ).format(
        _data({"kit": kit} if kit else {}),
        *(_n(x), wide, _n(height), _n(x), wide, _n(height)),
        styled,
        Html().join(parts),
    )


def _data(data: dict[str, str | float]) -> Html:
    return Html(' data-{}="{}"').each(
        (name, value if isinstance(value, str) else _n(value)) for name, value in data.items()
    )


def text_width(words: str, size: float = 12, *, bold: bool = False) -> float:
    """Return the width of *words* in the widest of the fonts; the real width is never larger.

    >>> text_width("LIMBO") > text_width("limbo")
    True
    """
    ems = sum(_EMS.get(char, 0.8 if char.isupper() else 0.65) for char in words)
    return ems * size * (1.12 if bold else 1)


_EMS = dict.fromkeys(" .,:;'!|/", 0.34) | dict.fromkeys("ijlf-I", 0.37)
_EMS |= dict.fromkeys("tr()", 0.42) | dict.fromkeys("~=+<>w×→", 0.84)
_EMS |= {"m": 1.0, "M": 0.88, "W": 1.0, "_": 0.52, "…": 1.0, "@": 1.0, "%": 0.96}


@_remembered
def arrow(x: float, y1: float, y2: float, stroke: str, dash: str = "") -> Html:
    """Return a vertical arrow from y1 to y2, with a polygon as its head."""
    tip = 6 if y2 > y1 else -6
    head = f"{_n(x)},{_n(y2)} {_n(x - 3.5)},{_n(y2 - tip)} {_n(x + 3.5)},{_n(y2 - tip)}"
    return Html('{}<polygon points="{}" style="fill:{}"/>').format(
        line(x, y1, x, y2 - tip, stroke, 1.5, dash), head, stroke
    )


@_remembered
def cross(x: float, y: float, stroke: str, size: float = 5) -> Html:
    """Return an x with a margin around it."""
    return Html().join(
        line(x - size, y - end, x + size, y + end, colour, wide)
        for colour, wide in ((PAPER, 5), (stroke, 2.5))
        for end in (size, -size)
    )


def _n(number: float) -> str:
    return f"{number:.1f}".rstrip("0").rstrip(".")
