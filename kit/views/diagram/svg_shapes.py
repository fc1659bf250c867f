"""The few SVG shapes that the kit draws with.

No ids, no defs, no scripts, no style element: several pictures may share a page, and hiding one
must not change another.  Colours are CSS variables with light fallbacks, so that a picture follows
the theme of the page it is in and is legible where there is none.
"""

from __future__ import annotations

from collections.abc import Iterable

from kit.views.escape import escape

__all__ = ["BAD", "GOOD", "HOLD", "INK", "LINE", "PAPER", "SOFT", "WAIT", "arrow", "cross", "line"]
__all__ += ["faint", "picture", "rect", "text", "text_width"]

INK = "var(--kit-ink, #1f2328)"
SOFT = "var(--kit-soft, #57606a)"
LINE = "var(--kit-line, #d0d7de)"
PAPER = "var(--kit-paper, #ffffff)"
HOLD = "var(--kit-hold, #2f6db3)"
WAIT = "var(--kit-wait, #9a6200)"
BAD = "var(--kit-bad, #b3261e)"
GOOD = "var(--kit-good, #1a7040)"

_FONT = "font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif"


def picture(width: float, height: float, label: str, parts: Iterable[str]) -> str:
    """Wrap *parts* into an SVG with its own background and a describing *label*."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(height)}"'
        f' role="img" aria-label="{escape(label)}" style="{_FONT}">'
        f"{rect(0, 0, width, height, PAPER)}{''.join(parts)}</svg>"
    )


def rect(
    x: float, y: float, width: float, height: float, fill: str, stroke: str = "none", dash: str = ""
) -> str:
    """A rectangle; ``fill`` may be "none"."""
    dashes = f";stroke-dasharray:{dash}" if dash else ""
    return (
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(max(width, 0))}" height="{_n(height)}"'
        f' style="fill:{fill};stroke:{stroke}{dashes}"/>'
    )


def line(
    x1: float, y1: float, x2: float, y2: float, stroke: str, width: float = 1, dash: str = ""
) -> str:
    """A straight line."""
    dashes = f";stroke-dasharray:{dash}" if dash else ""
    return (
        f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"'
        f' style="stroke:{stroke};stroke-width:{_n(width)}{dashes}"/>'
    )


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
) -> str:
    """A line of text on its base line ``y``, with a halo that keeps lines behind it away.

    ``halo`` may be empty: within a box it would eat the box's own lines.
    """
    weight = ";font-weight:600" if bold else ""
    around = (
        f";paint-order:stroke;stroke:{halo};stroke-width:5px;stroke-linejoin:round" if halo else ""
    )
    return (
        f'<text x="{_n(x)}" y="{_n(y)}" style="fill:{fill};font-size:{_n(size)}px'
        f';text-anchor:{anchor}{weight}{around}">{escape(words)}</text>'
    )


def faint(parts: Iterable[str]) -> str:
    """Parts that are there but not yet: drawn weakly, and as one, so that words hide lines."""
    return f'<g style="opacity:0.6">{"".join(parts)}</g>'


def text_width(words: str, size: float = 12, *, bold: bool = False) -> float:
    """How wide *words* are in the widest font of those that may be used; never less.

    >>> text_width("LIMBO") > text_width("limbo")
    True
    """
    ems = sum(_EMS.get(char, 0.8 if char.isupper() else 0.65) for char in words)
    return ems * size * (1.12 if bold else 1)


_EMS = dict.fromkeys(" .,:;'!|/()", 0.32) | dict.fromkeys("ijlft-r", 0.36)
_EMS |= {"m": 1.0, "w": 0.84, "M": 0.88, "W": 1.0, "_": 0.52, "I": 0.36}


def arrow(x: float, y1: float, y2: float, stroke: str, dash: str = "") -> str:
    """A vertical arrow from y1 to y2, its head a polygon."""
    tip = 6 if y2 > y1 else -6
    head = f"{_n(x)},{_n(y2)} {_n(x - 3.5)},{_n(y2 - tip)} {_n(x + 3.5)},{_n(y2 - tip)}"
    return (
        f'{line(x, y1, x, y2 - tip, stroke, 1.5, dash)}<polygon points="{head}"'
        f' style="fill:{stroke}"/>'
    )


def cross(x: float, y: float, stroke: str, size: float = 5) -> str:
    """An x, set off from what is behind it."""
    return "".join(
        line(x - size, y - end, x + size, y + end, colour, wide)
        for colour, wide in ((PAPER, 5), (stroke, 2.5))
        for end in (size, -size)
    )


def _n(number: float) -> str:
    return f"{number:.1f}".rstrip("0").rstrip(".")
