"""No large part of a picture that travels is empty."""

from __future__ import annotations

import re

import pytest

from kit.machine.catalogue import REVISIONS, find_revision
from kit.simulation.run import Pair, Run, play, play_pair
from kit.storage.scenarios import find_scenario, scenarios
from kit.views.diagram import svg_shapes as svg
from kit.views.diagram.svg import RIGHT, WIDTH, lone_svg
from tests.effort import some_of

MAX_EMPTY = 0.3
TOP = 52.0  # where the lanes begin at least
LEFT = 118.0  # where the axis begins at most; the names of lanes are to the left of it
TEXT = re.compile(r'<text x="([\d.]+)" y="([\d.]+)"([^>]*)>([^<]*)<')
BAR = re.compile(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="15"')
LINE = re.compile(r'<line x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)"([^>]*)')


def widest_gap(played: Run | Pair) -> float:
    """Return the largest part of the axis without a label, an arrow, a timer or a bar.

    The lines of the lanes, which last from end to end, do not count, nor do times and their ticks.
    """
    drawn = str(lone_svg(played))
    inner = drawn[drawn.index("<svg y=") : drawn.index("</svg>")]
    right = WIDTH - RIGHT
    spans = [(right, right)]
    for x, y, fields, words in TEXT.findall(inner):
        wide = svg.text_width(words, 11.5)
        is_label = "anchor:start" in fields  # words in a bar stand in its middle
        if is_label and float(y) > TOP and float(x) > 4:  # not a heading, not the last line
            spans.append((float(x), float(x) + wide))
    for x1, y1, x2, y2, style in LINE.findall(inner):
        is_arrow = x1 == x2 and svg.LINE not in style
        is_timer = y1 == y2 and svg.WAIT in style
        if is_arrow or is_timer:
            spans.append((float(x1), float(x2)))
    spans += [(float(x), float(x) + float(wide)) for x, wide in BAR.findall(inner)]
    end, widest = LEFT, 0.0
    for start, until in sorted(spans):
        widest = max(widest, min(start, right) - end)
        end = max(end, until)
    return widest / (right - LEFT)


@pytest.mark.parametrize("name", scenarios())
def test_no_gap_takes_more_than_its_share_of_a_run(name: str) -> None:
    revisions = [r for r in REVISIONS if r.board in find_scenario(name).setup.boards]
    runs = [play(find_scenario(name), revision) for revision in some_of(revisions, 3)]

    assert [run.revision.name for run in runs if widest_gap(run) >= MAX_EMPTY] == []


@pytest.mark.parametrize("name", scenarios())
def test_no_gap_takes_more_than_its_share_of_a_pair(name: str) -> None:
    scenario = find_scenario(name)
    before, after = map(find_revision, scenario.compare[0])

    assert widest_gap(play_pair(scenario, before, after)) < MAX_EMPTY
