"""The diagram and its shapes: no ids, defs or scripts; legible words; a label that says it all."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from kit.machine.catalogue import CATALOGUE, find_revision
from kit.machine.revision import Revision
from kit.views.diagram import svg_shapes as svg
from kit.views.diagram.drc_states import ShownConnector, state_diagram
from kit.views.html.figure import Figure
from kit.views.models.connector import Press, drive

SVG = "{http://www.w3.org/2000/svg}"


def diagrams() -> list[str]:
    """The diagram of every revision, at rest and after each step up and down."""
    up = (Press.DEVICE_ADD, Press.USABLE, Press.UNISOLATE, Press.CONFIGURE, Press.SYSTEM_RESET)
    down = (Press.DEVICE_DEL, Press.ISOLATE, Press.SYSTEM_RESET)
    steps = drive(find_revision("revert"), up + down)
    return [
        *map(state_diagram, CATALOGUE),
        *(
            state_diagram(
                find_revision("revert"),
                ShownConnector(step.after, step.before.state, step.press.value),
            )
            for step in steps
        ),
    ]


def words(picture: str) -> list[str]:
    return [node.text or "" for node in ET.fromstring(picture).iter(f"{SVG}text")]


def test_diagrams_use_plain_shapes_only() -> None:
    nodes = [node for diagram in diagrams() for node in ET.fromstring(diagram).iter()]

    assert {node.tag.removeprefix(SVG) for node in nodes} == {
        *("svg", "rect", "line", "text", "polygon")
    }
    assert {name for node in nodes for name in node.attrib} & {
        *("id", "class", "href", "onclick")
    } == set()


def test_a_diagram_paints_its_own_background_and_says_what_it_shows() -> None:
    picture = ET.fromstring(state_diagram(find_revision("revert")))

    assert picture.attrib["role"] == "img"
    assert picture.attrib["aria-label"].startswith("States of a CPU connector at revert: ")
    assert picture[0].attrib["style"].startswith(f"fill:{svg.PAPER}")


def test_everything_stays_within_the_diagram() -> None:
    for diagram in diagrams():
        picture = ET.fromstring(diagram)
        width, height = map(float, picture.attrib["viewBox"].split()[2:])
        across = [float(n.attrib[a]) for n in picture.iter() for a in ("x", "x1") if a in n.attrib]
        down = [float(n.attrib[a]) for n in picture.iter() for a in ("y", "y1") if a in n.attrib]

        assert 0 <= min(across) <= max(across) <= width
        assert 0 <= min(down) <= max(down) <= height


@pytest.mark.parametrize("revision", CATALOGUE, ids=lambda revision: revision.name)
def test_the_diagram_draws_the_moves_of_the_table(revision: Revision) -> None:
    """No commit of the lesson moved an arrow: they changed who clears the mark, and when."""
    drawn = words(state_diagram(revision))

    assert [word for word in drawn if word in ("USABLE", "ISOLATE", "configure-connector")] == [
        "USABLE",
        "configure-connector",
        "ISOLATE",
    ]
    assert ("After 15 s QEMU drops the request: UNUSABLE then removes nothing." in drawn) is (
        "CPU_UNPLUG_TIMEOUT" in {patch.name for patch in revision.patches}
    )


def test_the_diagram_says_in_words_what_it_shows() -> None:
    labels = [repr(Figure(state_diagram(find_revision(name)))) for name in ("baseline", "timer")]
    labels.append(repr(Figure(state_diagram(find_revision("cpu-timeout")))))

    assert labels[0].count("AVAILABLE to UNUSABLE by UNUSABLE") == 1
    assert "which removes the device if a request is pending" in labels[0]
    assert "After 15 s QEMU drops the request" in labels[2]


def test_words_are_escaped() -> None:
    assert svg.text(0, 0, "<&>").endswith(">&lt;&amp;&gt;</text>")
    assert 'aria-label="&lt;&quot;&gt;"' in svg.picture(1, 1, '<">', [])


def test_a_figure_shows_itself_live_alone_and_in_words() -> None:
    figure = Figure(state_diagram(find_revision("revert")))
    bundle = figure._repr_mimebundle_()

    assert bundle["image/svg+xml"] == figure.svg
    assert bundle["text/html"].endswith(f">{figure.svg}</div></div>")
    assert bundle["text/plain"].startswith("States of a CPU connector at revert: UNUSABLE to")
