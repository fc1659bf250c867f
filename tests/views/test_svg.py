"""Pictures: no ids, defs or scripts; legible words; and a label that says what is to be seen."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from kit.machine.clock import NS_PER_S
from kit.machine.revision import CATALOGUE, Revision, find_revision
from kit.runs.bench import Act
from kit.runs.scenario import SCENARIOS
from kit.runs.story import Pair, play_pair
from kit.views import svg
from kit.views.figure import Figure
from kit.views.pair_svg import Scale, pair_svg
from kit.views.state_diagram import state_diagram

SVG = "{http://www.w3.org/2000/svg}"


def pair(before: str, after: str, *acts: Act) -> Pair:
    return play_pair(find_revision(before), find_revision(after), acts)


def pictures() -> list[str]:
    return [
        *(
            pair_svg(play_pair(before, after, scenario.acts))
            for scenario in SCENARIOS.values()
            for before, after in pairwise(CATALOGUE)
        ),
        *map(state_diagram, CATALOGUE),
    ]


def words(picture: str) -> list[str]:
    return [node.text or "" for node in ET.fromstring(picture).iter(f"{SVG}text")]


def test_pictures_use_plain_shapes_only() -> None:
    tags = {node.tag.removeprefix(SVG) for p in pictures() for node in ET.fromstring(p).iter()}
    attributes = {
        name for p in pictures() for node in ET.fromstring(p).iter() for name in node.attrib
    }

    assert tags == {"svg", "rect", "line", "text", "polygon"}
    assert attributes & {"id", "class", "href", "onclick"} == set()


def test_a_picture_paints_its_own_background_and_says_what_it_shows() -> None:
    picture = ET.fromstring(pair_svg(pair("pre-revert", "revert", Act.DEVICE_DEL)))

    assert picture.attrib["role"] == "img"
    assert picture.attrib["aria-label"] == (
        "Time axis from 0 to 20 s, now 0 s. So far both have done the same."
    )
    assert picture[0].attrib["style"].startswith(f"fill:{svg.PAPER}")


def test_limbo_is_written_out() -> None:
    story = pair_svg(pair("pre-revert", "revert", Act.DEVICE_DEL, Act.GUEST_RELEASES_LATE))

    assert {"LIMBO", "released", "first difference", "DEVICE_DELETED"} <= set(words(story))


def test_limbo_that_lasts_is_a_bar_of_its_own() -> None:
    story = pair("pre-revert", "revert", Act.DEVICE_DEL, Act.GUEST_RELEASES_LATE, Act.WAIT_5_S)

    assert words(pair_svg(story)).count("LIMBO") == 2  # within the bar and at its end


@pytest.mark.parametrize(("name", "shown"), [("pre-revert", True), ("revert", False)])
def test_the_timeout_is_drawn_where_it_is(name: str, shown: bool) -> None:
    picture = pair_svg(pair(name, name, Act.DEVICE_DEL, Act.WAIT_5_S))

    assert ("QEMU's timeout: 15 s" in words(picture)) is shown


def test_equal_runs_have_no_first_difference() -> None:
    assert "first difference" not in words(pair_svg(pair("revert", "revert", Act.DEVICE_DEL)))


@pytest.mark.parametrize("waits", [0, 3, 30, 400])
def test_everything_stays_within_the_picture(waits: int) -> None:
    story = pair("pre-revert", "revert", Act.DEVICE_DEL, *(Act.WAIT_5_S,) * waits, Act.DEVICE_DEL)
    picture = ET.fromstring(pair_svg(story))
    width = float(picture.attrib["viewBox"].split()[2])
    places = [
        float(n.attrib[a]) for n in picture.iter() for a in ("x", "x1", "x2") if a in n.attrib
    ]

    assert 0 <= min(places) <= max(places) <= width
    assert len(words(pair_svg(story))) < 60


def test_a_scale_is_linear_and_ends_at_the_margin() -> None:
    scale = Scale(20 * NS_PER_S)

    assert scale.x(10 * NS_PER_S) - scale.x(0) == pytest.approx(
        scale.x(20 * NS_PER_S) - scale.x(10 * NS_PER_S)
    )
    assert scale.x(99 * NS_PER_S) == scale.x(20 * NS_PER_S)


@pytest.mark.parametrize("revision", CATALOGUE, ids=lambda revision: revision.name)
def test_the_diagram_draws_the_moves_of_the_table(revision: Revision) -> None:
    """No commit of the lesson moved an arrow: they changed who clears the mark, and when."""
    drawn = words(state_diagram(revision))

    assert [word for word in drawn if word in ("USABLE", "ISOLATE", "configure-connector")] == [
        "USABLE",
        "configure-connector",
        "ISOLATE",
    ]
    assert (
        "After 15 s QEMU takes the mark away again: UNUSABLE then releases nothing." in drawn
    ) is ("CPU_UNPLUG_TIMEOUT" in {patch.name for patch in revision.patches})


def test_the_diagram_says_in_words_what_it_shows() -> None:
    labels = [repr(Figure(state_diagram(find_revision(name)))) for name in ("baseline", "timer")]
    labels.append(repr(Figure(state_diagram(find_revision("cpu-timeout")))))

    assert labels[0].count("AVAILABLE to UNUSABLE by UNUSABLE") == 1
    assert "which releases the device if asked" in labels[0]
    assert "After 15 s QEMU takes the mark away again" in labels[2]


def test_words_are_escaped() -> None:
    assert svg.text(0, 0, "<&>").endswith(">&lt;&amp;&gt;</text>")
    assert 'aria-label="&lt;&quot;&gt;"' in svg.picture(1, 1, '<">', [])


def test_a_figure_shows_itself_live_alone_and_in_words() -> None:
    figure = Figure(state_diagram(find_revision("revert")))
    bundle = figure._repr_mimebundle_()

    assert bundle["image/svg+xml"] == figure.svg
    assert bundle["text/html"].endswith(f">{figure.svg}</div></div>")
    assert bundle["text/plain"].startswith("States of a CPU connector at revert: UNUSABLE to")
