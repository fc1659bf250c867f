"""Where every text of a picture is, and what is wrong with that: the check of all SVG pictures.

A text is as wide as `kit.views.diagram.svg_shapes.text_width` says, which the layout uses, too; a
browser test compares that with real letters. Shapes count in the order in which they are drawn.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from kit.views.diagram import svg_shapes as svg
from kit.views.diagram.svg import Drawing

__all__ = ["SMALLEST", "Box", "Shape", "faults", "shapes_of"]

SVG = "{http://www.w3.org/2000/svg}"
SMALLEST = 11.0
UP, DOWN = 0.76, 0.24  # of the size: how far letters reach above and below their base line
NEAR = 3.0  # between two texts on one line
TOUCH = 0.2  # rounding
EVER = float("inf")


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a picture."""

    left: float
    top: float
    right: float
    bottom: float

    def wider(self, by: float) -> Box:
        """Return the box with a margin at its left and at its right."""
        return replace(self, left=self.left - by, right=self.right + by)

    def meets(self, other: Box) -> bool:
        """Do the two have a point in common?"""
        return (
            self.left < other.right - TOUCH
            and other.left < self.right - TOUCH
            and self.top < other.bottom - TOUCH
            and other.top < self.bottom - TOUCH
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A text, a filled box or a line: where, and from which step until which it is seen.

    ``order`` is the order of drawing. ``at`` is the step that it belongs to.
    """

    kind: str
    box: Box
    words: str = ""
    size: float = 0.0
    order: int = 0
    since: float = -1.0
    until: float = EVER
    at: int | None = None

    def when(self, other: Shape) -> bool:
        """Can both be seen at once?"""
        return self.since < other.until and other.since < self.until


def faults(drawing: Drawing) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the texts of a picture that moves: the kind of fault, and where."""
    shapes = shapes_of(drawing)
    texts = [shape for shape in shapes if shape.kind == "text"]
    for one, other in combinations(texts, 2):
        if one.box.wider(NEAR).meets(other.box) and one.when(other):
            yield "text over text", f"{one.words!r} over {other.words!r}, at {one.box}"
    whole = Box(0, 0, drawing.width, drawing.height)
    for text in texts:
        box = text.box
        if text.size < SMALLEST:
            yield "small", f"{text.words!r} has {text.size} px"
        if min(box.left, box.top) < 0 or box.right > whole.right or box.bottom > whole.bottom:
            yield "outside", f"{text.words!r} at {box}"
        for shape in shapes:
            later = shape.kind != "text" and shape.order > text.order and shape.when(text)
            if later and shape.box.meets(box):
                yield f"under a {shape.kind}", f"{text.words!r} at {box} under {shape.box}"


def shapes_of(drawing: Drawing) -> list[Shape]:
    """Return the shapes of a picture that moves.

    What lasts is in it twice, cut at the current place: it counts once. The line at the current
    place counts everywhere from the start to the end.
    """
    seen: dict[Shape, Shape] = {}
    swept = Box(drawing.start, 0, max(drawing.end, drawing.right), 0)
    for order, shape in enumerate(_shapes(ET.fromstring(drawing.svg), Shape(kind="", box=swept))):
        seen.setdefault(shape, replace(shape, order=order))
    return list(seen.values())


def _shapes(node: ET.Element, whole: Shape, *, moves: bool = False) -> Iterator[Shape]:
    """Yield the shapes inside a node. *whole* has the steps and the step of the node."""
    for child in node:
        data = child.attrib
        inner = replace(
            whole,
            since=float(data.get("data-since", whole.since)),
            until=float(data.get("data-until", whole.until)),
            at=int(data["data-at"]) if "data-at" in data else whole.at,
        )
        if "data-since" in data and inner.until <= inner.since:
            continue  # nothing is ever seen of it
        swept = moves or data.get("data-kit") == "now"
        shape = _shape(child, inner)
        if shape is not None:
            across = replace(shape.box, left=whole.box.left, right=whole.box.right)
            yield replace(shape, box=across) if swept else shape
        yield from _shapes(child, inner, moves=swept)


def _shape(node: ET.Element, inner: Shape) -> Shape | None:
    data, style = node.attrib, node.attrib.get("style", "")
    match node.tag.removeprefix(SVG):
        case "text":
            found = re.search(r"font-size:([\d.]+)px;text-anchor:(\w+)", style)
            assert found is not None
            size, words = float(found[1]), node.text or ""
            wide = svg.text_width(words, size, bold="font-weight" in style)
            x, y = float(data["x"]), float(data["y"])
            left = {"start": x, "middle": x - wide / 2, "end": x - wide}[found[2]]
            box = Box(left, y - UP * size, left + wide, y + DOWN * size)
            return replace(inner, kind="text", box=box, words=words, size=size)
        case "rect" if "fill:none" not in style:
            x, y, wide, high = (float(data[name]) for name in ("x", "y", "width", "height"))
            return replace(inner, kind="box", box=Box(x, y, x + wide, y + high))
        case "line":
            x1, y1, x2, y2 = (float(data[name]) for name in ("x1", "y1", "x2", "y2"))
            left, right = sorted((x1, x2))
            top, bottom = sorted((y1, y2))
            return replace(inner, kind="line", box=Box(left - 0.5, top, right + 0.5, bottom))
    return None
