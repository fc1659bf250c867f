"""A sequence diagram as SVG: everything is inside the picture, and nothing but text is text."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from hypothesis import given

from kit.views.diagram.svg_shapes import text_width
from kit.views.sequence.diagram import SequenceDiagram
from kit.views.sequence.mermaid import read_sequence
from kit.views.sequence.svg import sequence_svg
from tests.views.sequence.diagrams import diagrams

SVG = "{http://www.w3.org/2000/svg}"


def drawn(diagram: SequenceDiagram) -> ET.Element:
    return ET.fromstring(str(sequence_svg(diagram)))


@given(diagrams())
def test_it_is_well_formed_and_has_only_shapes(diagram: SequenceDiagram) -> None:
    tags = {node.tag for node in drawn(diagram).iter()}

    assert tags <= {f"{SVG}{tag}" for tag in ("svg", "rect", "line", "text", "polygon", "circle")}


@given(diagrams())
def test_every_text_is_inside_the_picture(diagram: SequenceDiagram) -> None:
    root = drawn(diagram)
    _, _, width, height = map(float, root.attrib["viewBox"].split())

    outside = []
    for node in root.iter(f"{SVG}text"):
        style, words = node.attrib["style"], node.text or ""
        size = float(re.search(r"font-size:([\d.]+)px", style)[1])  # type: ignore[index]
        wide = text_width(words, size, bold="font-weight:600" in style)
        left = float(node.attrib["x"]) - (wide / 2 if "middle" in style else 0)
        if left < 0 or left + wide > width + 0.2 or not 0 <= float(node.attrib["y"]) <= height:
            outside.append((words, left, left + wide, width))
    assert outside == []


def test_hostile_text_is_text() -> None:
    text = 'sequenceDiagram\ntitle: <script>t</script>\nA-->>B: <img src=x onerror=y> & "q"'
    root = drawn(read_sequence(text))

    assert [node.text for node in root.iter(f"{SVG}text")] == [
        "<script>t</script>",
        "A",
        "B",
        '<img src=x onerror=y> & "q"',
    ]


def test_a_screen_reader_reads_the_messages() -> None:
    root = drawn(read_sequence("sequenceDiagram\nparticipant A as App\nA->>B: go\nB-->>A: done"))

    assert root.attrib["aria-label"] == "Sequence diagram of App, B. App to B: go. B to App: done"


def test_arrows_point_to_their_recipient() -> None:
    root = drawn(read_sequence("sequenceDiagram\nA->>B: x\nB->>A: y"))
    tips = [
        [float(pair.split(",")[0]) for pair in node.attrib["points"].split()]
        for node in root.iter(f"{SVG}polygon")
    ]

    assert [tip[0] > tip[1] for tip in tips] == [True, False]
