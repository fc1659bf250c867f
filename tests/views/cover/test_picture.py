"""The cover as a picture."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import nbformat
import pytest

from kit.lessons.course import cover_scenes
from kit.views.cover.picture import cover_style, cover_svg, cover_words
from kit.views.cover.scene import CoverScene
from tools.cover import COVER, DELAY_S, LESSON, cover

SCENES = {scene.delay_s: scene for scene in cover_scenes()}
SVG = "{http://www.w3.org/2000/svg}"
PLAYS_S = 5.0  # no longer, or the page needs a button that stops it (WCAG 2.2.2)


def test_the_lesson_shows_what_the_simulator_plays_now() -> None:
    cell = nbformat.read(LESSON, as_version=4).cells[0]

    assert COVER.read_text(encoding="utf-8") == cover()
    assert f"]({COVER.name})" in cell.source
    assert "attachments" not in cell


def test_its_words_are_those_of_the_end() -> None:
    assert cover_words(SCENES[DELAY_S]) == (
        "With the timeout: At 16 s the guest releases it. No event follows."
        " After the revert: At 16 s the guest releases it. QEMU reports it."
    )


@pytest.mark.parametrize("scene", SCENES.values(), ids=map(str, SCENES))
def test_the_last_sentence_stays_and_the_others_go(scene: CoverScene) -> None:
    root = ET.fromstring(cover_svg(scene))
    groups = root.findall(f"{SVG}g")
    last = [
        [text.text for text in group.findall(f"{SVG}text") if text.get("y") == "282"]
        for group in groups
    ]

    assert last == [
        [cover_words(scene).split("With the timeout: ")[1].split(" After the revert: ")[0]],
        [cover_words(scene).split(" After the revert: ")[1]],
    ]


MARK = re.compile(
    r'M(?P<at>[\d.]+) 311V321"/><text class="soft mid" x="(?P<x>[\d.]+)"[^>]*>(?P<words>[^<]*)<'
)


@pytest.mark.parametrize("scene", SCENES.values(), ids=map(str, SCENES))
def test_each_axis_marks_the_release_and_a_timeout_that_it_reaches(scene: CoverScene) -> None:
    before, after = (
        {(mark["words"], float(mark["at"])) for mark in MARK.finditer(half)}
        for half in cover_svg(scene, style=False).split('<g transform="translate(496 0)">')
    )
    released = {0, scene.delay_s}

    assert before == _marks(scene, released | ({15} if scene.end_s >= 15 else set()))
    assert after == _marks(scene, released)


def _marks(scene: CoverScene, times: set[int]) -> set[tuple[str, float]]:
    return {(f"{time} s", round(8 + 440 * time / scene.end_s, 1)) for time in times}


@pytest.mark.parametrize("scene", SCENES.values(), ids=map(str, SCENES))
def test_the_times_below_an_axis_stand_apart_and_beside_their_marks(scene: CoverScene) -> None:
    for half in cover_svg(scene, style=False).split('<g transform="translate(496 0)">'):
        marks = list(MARK.finditer(half))
        middles = [float(mark["x"]) for mark in marks]
        apart = [right - left for left, right in pairwise(middles)]

        assert min(apart) > 35
        assert all(abs(float(mark["at"]) - float(mark["x"])) < 12 for mark in marks)


@pytest.mark.parametrize("style", [True, False])
def test_it_has_its_stylesheet_once_or_not_at_all(style: bool) -> None:
    assert cover_svg(SCENES[16], style=style).count("<style>") == style


def test_it_plays_for_five_seconds_from_its_first_movement() -> None:
    drawn = cover_svg(SCENES[DELAY_S], style=False)
    begins = [float(t) for t in re.findall(r"--t:([\d.]+)s", drawn)]

    assert max(begins) - min(begins) <= PLAYS_S


def test_motion_can_be_switched_off() -> None:
    assert "@media (prefers-reduced-motion: reduce)" in cover_svg(SCENES[DELAY_S])


def test_without_animation_and_on_paper_the_end_is_shown() -> None:
    """What moves is where it ends, and an animation brings it there."""
    style = cover_style()

    for ends in (".out { opacity: 0;", ".go { transform: translate(", ".empty { stroke-dashoffset"):
        assert f".kit-cover {ends}" in style
    assert "@media print { .kit-cover * { animation: none !important } }" in style
