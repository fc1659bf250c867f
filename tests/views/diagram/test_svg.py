"""The picture as SVG: plain shapes, no label over another, everything within it, legible words."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from hypothesis import given

from kit.machine.catalogue import find_revision
from kit.machine.clock import NS_PER_S
from kit.simulation.run import Pair, play, play_pair
from kit.simulation.sandbox import Act
from kit.simulation.timeline import Timeline
from kit.storage.scenarios import find_scenario
from kit.trace.sentences import seconds
from kit.views.diagram import svg_shapes as svg
from kit.views.diagram.layout import layout_of
from kit.views.diagram.svg import draw, picture_svg
from kit.views.diagram.time_axis import axis_of
from tests.clicks import sandbox_pair
from tests.views.runs import Choices, choices

SVG = "{http://www.w3.org/2000/svg}"
LATE = find_scenario("late-release")


def pair(before: str = "pre-revert", after: str = "revert") -> Pair:
    return play_pair(LATE, find_revision(before), find_revision(after))


def words(picture: str) -> list[str]:
    return [node.text or "" for node in ET.fromstring(picture).iter(f"{SVG}text")]


def boxes(picture: str) -> list[tuple[str, float, float, float, float]]:
    """Each text with left, right, top and bottom, as wide as it may get in any font.

    What lasts is in the picture twice, cut at the current place: such a text counts once.
    """
    found = []
    for node in ET.fromstring(picture).iter(f"{SVG}text"):
        style = node.attrib["style"]
        size = re.search(r"font-size:([\d.]+)px", style)
        assert size is not None
        wide = svg.text_width(node.text or "", float(size[1]), bold="font-weight" in style)
        x, y = float(node.attrib["x"]), float(node.attrib["y"])
        anchor = re.search(r"text-anchor:(\w+)", style)
        assert anchor is not None
        left = {"start": x, "middle": x - wide / 2, "end": x - wide}[anchor[1]]
        found.append((node.text or "", left, left + wide, y - 7, y))
    return list(dict.fromkeys(found))


@given(choices())
def test_no_label_is_over_another(chosen: Choices) -> None:
    for one, other in combinations(boxes(picture_svg(chosen.timeline)), 2):
        beside = one[2] <= other[1] + 0.2 or other[2] <= one[1] + 0.2
        above = one[4] <= other[3] or other[4] <= one[3]
        assert beside or above, (one, other)


@given(choices())
def test_everything_is_within_the_picture(chosen: Choices) -> None:
    drawn = picture_svg(chosen.timeline)
    _, _, width, height = map(float, ET.fromstring(drawn).attrib["viewBox"].split())
    nodes = list(ET.fromstring(drawn).iter())
    xs = [float(n.attrib[a]) for n in nodes for a in ("x", "x1", "x2") if a in n.attrib]
    ys = [float(n.attrib[a]) for n in nodes for a in ("y", "y1", "y2") if a in n.attrib]

    assert 0 <= min(xs) <= max(xs) <= width
    assert 0 <= min(ys) <= max(ys) <= height
    assert all(left >= 0 and right <= width for _, left, right, _, _ in boxes(drawn))


@given(choices())
def test_steps_and_times_go_to_the_right(chosen: Choices) -> None:
    axis = axis_of(layout_of(chosen.timeline), 76, 820)

    assert all(before < after for before, after in pairwise(axis.steps))
    assert all(b.right <= a.left for b, a in pairwise(axis.knots))
    assert axis.knots[-1].right <= 820.01


def test_it_is_made_of_plain_shapes_and_text_stays_text() -> None:
    nodes = list(ET.fromstring(picture_svg(pair())).iter())

    assert {node.tag.removeprefix(SVG) for node in nodes} <= {
        "svg",
        "g",
        "rect",
        "line",
        "text",
        "polygon",
    }
    assert {name for node in nodes for name in node.attrib} & {"id", "class", "href"} == set()
    assert {"operator", "QEMU", "guest"} <= {*words(picture_svg(pair()))}


def test_it_paints_its_background_and_says_what_it_shows() -> None:
    root = ET.fromstring(picture_svg(pair()))

    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"].startswith(
        "The guest releases the core after 16 s. End: 20 s of 20 s. At 15 s, QEMU at pre-revert"
    )
    assert root[0].attrib["style"].startswith(f"fill:{svg.PAPER}")


def test_limbo_and_the_first_difference_are_written_out() -> None:
    found = words(picture_svg(pair()))

    assert {"LIMBO", "removed it", "first difference", "DEVICE_DELETED"} <= {*found}
    assert found.count("LIMBO") == 2  # in its bar, and at the end of the row


def test_equal_runs_have_no_first_difference() -> None:
    assert "first difference" not in words(picture_svg(pair("revert", "revert")))


@pytest.mark.parametrize(("name", "shown"), [("pre-revert", True), ("revert", False)])
def test_the_timeout_is_drawn_where_it_is(name: str, shown: bool) -> None:
    drawn = picture_svg(play(LATE, find_revision(name)))

    assert ("QEMU's timeout: 15 s" in words(drawn)) is shown


@pytest.mark.parametrize(("room", "said"), [(960, "5 s"), (1600, "retry refused: 5 s")])
def test_a_bracket_without_room_for_its_words_has_short_ones(room: int, said: str) -> None:
    run = play(find_scenario("pcie-hung"), find_revision("pcie-expiry"))
    names = {"5 s", "retry refused: 5 s"}
    drawn = [word for word in words(picture_svg(run, width=room))[10:] if word in names]

    assert (len(drawn), said in drawn) == (3, True)


def test_a_guest_that_hangs_and_one_that_runs_again_have_different_labels() -> None:
    found = words(picture_svg(play(find_scenario("pcie-hung"), find_revision("pcie-expiry"))))

    assert [word for word in found if word in {"hang", "runs again"}] == ["hang", "runs again"]


def test_an_accepted_request_has_an_answer_but_no_result_yet() -> None:
    found = words(picture_svg(play(LATE, find_revision("pre-revert"))))

    assert {"sent a request, no result yet", "no result yet"} <= {*found}


def later_words(picture: str) -> set[str]:
    """The words that are drawn in the quiet colour of what is to come."""
    return {
        text.text or ""
        for node in ET.fromstring(picture).iter()
        if node.attrib.get("style") == svg.DIMMED
        for text in node.iter(f"{SVG}text")
    }


def test_what_is_later_than_the_place_has_a_quiet_colour() -> None:
    at_10_s = later_words(picture_svg(Timeline(played=pair()).seek(10 * NS_PER_S)))

    assert {"first difference", "LIMBO", "DEVICE_DELETED"} <= at_10_s
    assert "device_del" not in at_10_s
    assert later_words(picture_svg(pair())) == set()


@pytest.mark.parametrize("width", [720, 960, 1160])
@pytest.mark.parametrize("name", ["libvirt-wrong", "retry-each-second", "vm-stopped"])
def test_both_machines_fit_into_the_height_that_there_is(name: str, width: int) -> None:
    played = play_pair(find_scenario(name), find_revision("pre-revert"), find_revision("revert"))
    drawn = draw(played, moves=True, width=width, highest=470)

    assert drawn.height <= 470
    assert float(ET.fromstring(drawn.svg).attrib["viewBox"].split()[2]) == width


@given(choices())
def test_a_picture_that_moves_has_every_step_and_shows_the_same(chosen: Choices) -> None:
    """A script that shows and hides what the attributes name gets the picture of any place."""
    drawn = draw(chosen.timeline, moves=True)
    root = ET.fromstring(drawn.svg)
    place, count = chosen.timeline.place, len(drawn.steps)
    groups = list(root.iter(f"{SVG}g"))
    at = [int(group.attrib["data-at"]) for group in groups if "data-at" in group.attrib]
    chips = [group for group in groups if "data-since" in group.attrib]
    shown = [group for group in chips if group.attrib.get("style") != "display:none"]
    here = [
        group
        for group in chips
        if int(group.attrib["data-since"])
        <= place
        < max(int(group.attrib["data-until"]), place + 1)
        and not (int(group.attrib["data-until"]) <= place < count - 1)
    ]
    quiet = [
        int(group.attrib["data-at"])
        for group in groups
        if "data-at" in group.attrib and group.attrib.get("style") == svg.DIMMED
    ]

    assert {*at} == {*range(count)}
    assert {step for step in at if step > place} == {*quiet}
    assert {*map(id, shown)} <= {*map(id, here)}
    kits = [node.attrib["data-kit"] for node in root.iter() if "data-kit" in node.attrib]
    lasts = ["past", "then"]
    assert [kit for kit in kits if kit != "name"] == ["now", *lasts, "now", *lasts, "now"]
    layout = layout_of(chosen.timeline)
    assert kits.count("name") == len(layout.sides) * (1 + len(layout.lanes))


def test_a_run_of_30_days_is_cut_where_nothing_happens() -> None:
    month = replace(LATE, end_ns=30 * 86_400 * NS_PER_S)
    drawn = picture_svg(play(month, find_revision("pre-revert")))

    assert {"0 s", "15 s", "30 d"} <= {*words(drawn)}


@pytest.mark.parametrize("s", [0, 1, 20, 90, 600, 86_400])
def test_some_times_stand_at_the_axis(s: int) -> None:
    layout = layout_of(play(replace(LATE, end_ns=s * NS_PER_S), find_revision("revert")))
    ticks = list(axis_of(layout, 76, 820).ticks())

    assert 3 <= len(ticks) <= 12
    assert ticks[0][1] == "0 s"


def test_words_from_outside_are_escaped() -> None:
    hostile = replace(LATE, title='<script>"&')

    assert "<script>" not in picture_svg(play(hostile, find_revision("revert")))


# -- what stands on bars, and what paper leaves out ------------------------------------------------


def _arrows(picture: str) -> list[tuple[float, float, float]]:
    """The upright lines of messages between lanes: x, upper and lower end."""
    found = []
    for node in ET.fromstring(picture).iter(f"{SVG}line"):
        x1, y1, x2, y2 = (float(node.attrib[name]) for name in ("x1", "y1", "x2", "y2"))
        width = re.search(r"stroke-width:([\d.]+)", node.attrib["style"])
        assert width is not None
        if x1 == x2 and width[1] in ("1.5", "0.7") and abs(y1 - y2) < 150 and abs(y1 - y2) > 7:
            found.append((x1, min(y1, y2), max(y1, y2)))
    return found


@pytest.mark.parametrize("name", ["libvirt-late", "vm-stopped", "late-release", "two-requests"])
def test_no_message_goes_through_the_words_of_a_bar_or_a_bracket(name: str) -> None:
    """Words on them are in the middle of the line and have no halo."""
    drawn = picture_svg(
        play_pair(find_scenario(name), find_revision("pre-revert"), find_revision("revert"))
    )
    inner = {
        node.text
        for node in ET.fromstring(drawn).iter(f"{SVG}text")
        if "paint-order" not in node.attrib["style"]
    }
    on_bars = [box for box in boxes(drawn) if box[0] in inner and box[0] != "first difference"]

    assert on_bars
    assert [
        (box, arrow)
        for box in on_bars
        for arrow in _arrows(drawn)
        if box[1] < arrow[0] < box[2] and arrow[1] < box[4] - 1 and arrow[2] > box[3] + 1
    ] == []


def test_a_sign_stands_on_no_words() -> None:
    """The cross where QEMU forgets is at the end of "waits for the guest"."""
    drawn = picture_svg(pair())
    crosses = [
        (float(n.attrib["x1"]) + float(n.attrib["x2"])) / 2
        for n in ET.fromstring(drawn).iter(f"{SVG}line")
        if "stroke-width:2.5" in n.attrib["style"]
    ]
    said = [box for box in boxes(drawn) if box[0] in ("waits for the guest", "LIMBO")]

    assert crosses
    assert [(x, box) for x in crosses for box in said if box[1] - 5 < x < box[2] + 5] == []


def test_without_the_future_nothing_of_it_is_left() -> None:
    past = picture_svg(Timeline(played=pair()).seek(10 * NS_PER_S), future=False)

    assert later_words(past) == set()
    assert {"LIMBO", "DEVICE_DELETED", "first difference"} & {*words(past)} == set()
    assert "waits for the guest" in words(past)


def test_the_axis_says_where_it_is_stretched() -> None:
    drawn = picture_svg(pair())

    assert "shaded: one instant" in words(drawn)
    assert [n for n in words(drawn) if n.isdecimal()] == ["1", "2", "6", "9", "11", "12"]


def test_a_picture_of_an_end_has_no_cursor() -> None:
    assert [text for text in words(picture_svg(pair())) if text.startswith("now")] == []
    assert "at the end" in words(picture_svg(pair()))


@pytest.mark.parametrize(
    "acts",
    [
        (Act.DEVICE_DEL, Act.GUEST_RELEASES_LATE),
        (Act.DEVICE_DEL, Act.WAIT_5_S, Act.GUEST_RELEASES),
        (Act.DEVICE_DEL, Act.WAIT_TO_15_S, Act.DEVICE_DEL),
        (Act.DEVICE_DEL, Act.WAIT_1_S, Act.GUEST_REFUSES, Act.WAIT_5_S, Act.DEVICE_DEL),
    ],
)
def test_each_time_at_which_something_happens_stands_at_the_axis(acts: tuple[Act, ...]) -> None:
    """Odd seconds, too, which the round times leave out."""
    both = sandbox_pair(find_revision("pre-revert"), find_revision("revert"), *acts)
    happens = {seconds(entry.at_ns) for run in both.runs for entry in run.trace}

    assert happens <= {*words(picture_svg(both))}
