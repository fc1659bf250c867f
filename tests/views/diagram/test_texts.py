"""Every text of a picture is legible: on no other text, under no shape, within the picture.

And every message has its name: beside its arrow, or below the lanes with its number.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.machine.catalogue import find_revision
from kit.machine.pcie_revisions import PCIE_REVISIONS
from kit.simulation.run import Pair, Run, play
from kit.simulation.sandbox import Act
from kit.simulation.scenario import Scenario
from kit.storage.scenarios import find_scenario, scenarios
from kit.views.cockpit.sandbox import SandboxDesk
from kit.views.cockpit.view import USUAL, Size
from kit.views.diagram.layout import Layout, layout_of
from kit.views.diagram.svg import Drawing, draw
from kit.views.models.sandbox import SandboxModel
from tests.effort import in_turn, some_of
from tests.goldens import NAMED
from tests.views.diagram.text_boxes import SVG, faults, shapes_of
from tests.views.runs import Choices, choices

WIDTHS = (600, 720, 1000, 1240)  # of a cockpit: on a projector, and in windows of 1024 to 1920
NAMES = sorted(scenarios())


def distinct(story: Scenario, number: int) -> list[Run]:
    """The scenario at some of its revisions, in a long run at all: those that show another run."""
    fitting = [r for r in (*NAMED, *PCIE_REVISIONS) if r.board in story.setup.boards]
    found: dict[object, Run] = {}
    for revision in some_of(fitting, 5, number):
        run = play(story, revision)
        found.setdefault(run.trace, run)
    return list(found.values())


def layouts(name: str) -> Iterator[Layout]:
    """Each distinct run of a scenario alone, and beside the next."""
    runs = distinct(find_scenario(name), NAMES.index(name))
    yield from map(layout_of, runs)
    yield from (layout_of(Pair(before, after)) for before, after in pairwise(runs))


def unnamed(layout: Layout, drawing: Drawing) -> list[tuple[int, str]]:
    """The messages without a name beside their arrow, and without a number below the lanes."""
    texts = [shape for shape in shapes_of(drawing) if shape.kind == "text"]
    at_axis = {shape.words for shape in texts if shape.at is None}
    said = {(shape.at, shape.words) for shape in texts}
    names = {words for _, words in said}
    return [
        (mark.step, mark.label)
        for side in layout.sides
        for mark in side.marks
        if not mark.minor
        if (mark.step, mark.label) not in said
        if not {(mark.step, str(mark.step + 1)), mark.label} <= said | names
        or str(mark.step + 1) not in at_axis
    ]


@pytest.mark.parametrize(("name", "width"), in_turn(NAMES, WIDTHS))
def test_every_text_of_every_scenario_is_legible_and_no_name_is_missing(
    name: str, width: int
) -> None:
    found = []
    for layout in layouts(name):
        drawing = draw(layout, moves=True, width=width, highest=USUAL.highest)
        where = " and ".join(side.brief for side in layout.sides)
        found += [(where, *fault) for fault in faults(drawing)]
        found += [(where, "without a name", mark) for mark in unnamed(layout, drawing)]

    assert found == []


@given(choices(), st.sampled_from([False, True]), st.sampled_from(WIDTHS))
def test_every_text_is_legible_whatever_is_done(chosen: Choices, moves: bool, width: int) -> None:
    drawing = draw(chosen.timeline, moves=moves, width=width, highest=USUAL.highest * moves)

    assert list(faults(drawing)) == []


def test_a_fault_of_each_kind_is_found() -> None:
    """The check itself: a picture with a text moved onto another, under a box, and so on."""
    whole = draw(layout_of(play(find_scenario("late-release"), find_revision("pre-revert"))))
    place = re.search(r'<text x="([\d.]+)" y="([\d.]+)"', whole.svg)
    assert place is not None
    text = '<text x="{}" y="{}" style="font-size:{}px;text-anchor:start">what</text>'
    spoilt = {
        "text over text": text.format(*place.groups(), 12),
        "small": text.format(1, 9, 9),
        "outside": text.format(whole.width - 3, 9, 12),
        "under a box": f'<rect x="1" y="1" width="{whole.width}" height="{whole.width}"/>',
        "under a line": f'<line x1="1" x2="{whole.width}" y1="1" y2="{whole.width}"/>',
    }
    found = {
        kind: {fault for fault, _ in faults(_with(whole, shape))} for kind, shape in spoilt.items()
    }

    assert list(faults(whole)) == []
    assert [kind for kind, kinds in found.items() if kind not in kinds] == []


def _with(drawing: Drawing, shape: str) -> Drawing:
    spoilt = drawing.svg.removesuffix("</svg>") + type(drawing.svg)(shape) + drawing.svg[-6:]
    return Drawing(**{name: getattr(drawing, name) for name in Drawing.__slots__} | {"svg": spoilt})


# -- nothing moves ---------------------------------------------------------------------------------


def lanes_of(picture: str) -> list[tuple[str, float]]:
    """The names of the lanes, and where they are."""
    found = ET.fromstring(picture).iterfind(f".//{SVG}g[@data-kit='name']/{SVG}text")
    return [(node.text or "", float(node.attrib["y"])) for node in found]


SIZES = (Size(720, 300), USUAL, Size(1240, 500))


@given(
    st.lists(st.sampled_from(Act), max_size=9),
    st.sampled_from([("pre-revert", "revert"), ("revert", "resend"), ("baseline", "guest-error")]),
    st.sampled_from(SIZES),
)
def test_no_click_in_the_sandbox_moves_a_lane(
    acts: list[Act], sides: tuple[str, str], size: Size
) -> None:
    start = SandboxDesk(SandboxModel(*sides)).view(size).picture["svg"]
    clicked = SandboxDesk(SandboxModel(*sides, tuple(acts))).view(size).picture["svg"]

    def places(picture: str) -> list[float]:
        return [y for name, y in lanes_of(picture) if name in {"operator", "QEMU", "guest"}]

    assert len(places(start)) == 6
    assert places(clicked) == places(start)
