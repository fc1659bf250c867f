"""A path without times is drawn as a run is, against the numbers of its choices."""

from __future__ import annotations

import re

import pytest

from kit.actors.messages import Actor
from kit.explorer.comparison import PathPlay, alone, beside
from kit.explorer.paths import open_path
from kit.machine.catalogue import find_revision
from kit.views.diagram.from_path import layout_of_path, outcome_of
from kit.views.diagram.layout import LaneRow, LaneState
from kit.views.diagram.svg import picture_svg
from kit.views.diagram.text import picture_lines
from kit.views.reports.path import path_event_lines, path_markdown_lines, path_still

LIMBO = open_path("1.path.c2q2r1m1.linux-5_12.pre-revert.XVACcaaaaaaaa")
PAIR = beside(LIMBO, find_revision("revert"))


def bars(play: PathPlay, side: int, lane: Actor) -> list[LaneState]:
    return [bar.held for bar in layout_of_path(play).sides[side].bars_of(LaneRow(lane, "core1"))]


def test_bars_show_what_each_party_takes_to_be_the_case() -> None:
    assert bars(PAIR, 0, Actor.QEMU) == [
        LaneState.HOLDS,
        LaneState.PENDING,
        LaneState.DROPPED,
        LaneState.ORPHANED,
    ]
    assert bars(PAIR, 1, Actor.QEMU) == [LaneState.HOLDS, LaneState.PENDING]
    assert bars(PAIR, 0, Actor.LIBVIRT) == [LaneState.LISTED, LaneState.WRONGLY_LISTED]
    assert bars(PAIR, 0, Actor.GUEST) == [LaneState.USES]
    assert bars(PAIR, 1, Actor.OPERATOR) == [LaneState.ASKED]


def test_the_picture_in_text_counts_choices() -> None:
    lines = picture_lines(layout_of_path(alone(LIMBO)))
    numbers = [line.split()[1] for line in lines if line.startswith("+")]

    assert numbers == [str(number) for number in range(1, 10)]
    assert lines[3].split() == ["choice", "operator", "libvirt", "QEMU", "guest"]
    assert [line for line in lines if re.search(r"\d s\b", line)] == []


@pytest.mark.parametrize("width", [60, 72, 200])
def test_beside_each_other_they_fit(width: int) -> None:
    lines = picture_lines(layout_of_path(PAIR), width)

    assert max(map(len, lines)) <= width
    assert sum("first difference" in line for line in lines) in (1, 2)
    assert [line for line in lines if line.startswith((" ", ">"))] == []


def test_the_svg_has_a_number_for_each_choice_and_no_time() -> None:
    drawn = picture_svg(layout_of_path(PAIR, 4))
    words = re.findall(r">([^<>]+)</text>", drawn)

    assert [word for word in words if word.isdecimal()] == [str(n) for n in range(1, 10)]
    assert "now: choice 4" in words
    assert "first difference" in words
    assert [word for word in words if re.search(r"\d s\b", word)] == []


def test_from_a_place_in_it_one_sees_what_is_the_case_there() -> None:
    row = LaneRow(Actor.QEMU, "core1")
    found = [dict(layout_of_path(PAIR, n).sides[0].now)[row] for n in (0, 1, 2, 9)]

    assert found == [LaneState.HOLDS, LaneState.PENDING, LaneState.DROPPED, LaneState.ORPHANED]


def test_what_comes_of_it_is_said() -> None:
    assert list(outcome_of(PAIR)) == [
        "They part at choice 2, QEMU's timer fires.",
        "pre-revert: no-lost-release is violated, no-silent-disagreement is violated,"
        " no-stray-event is violated.",
        "revert: this path violates no property (it ends while something is still under way).",
    ]


def test_two_that_answer_alike_can_still_differ_in_what_comes_next() -> None:
    path = open_path("1.path.c0q2r1m0n1.linux-5_12.pcie-fast.vkiUbaaaaaba")

    assert list(outcome_of(beside(path, find_revision("pcie-expiry")))) == [
        "Both answer alike up to here. They differ in what they would do next.",
        "pcie-fast: retry-possible is violated, refusal-reported is violated.",
        "pcie-expiry: this path violates no property.",
    ]


def test_two_that_answer_alike_with_the_same_verdict_just_answer_alike() -> None:
    path = open_path("1.path.c0q2r0m1d2.linux-5_12.resend.Rzp3caaaaaaaaaeaa")

    assert next(outcome_of(beside(path, find_revision("pre-revert")))) == "Both answer alike."


def test_every_choice_is_told_with_who_has_it() -> None:
    lines = list(path_event_lines(PAIR, 72))

    assert "+     no timer of QEMU's runs here." in lines
    assert [line[:1] for line in lines if "DEVICE_DELETED" in line] == ["+"]
    assert next(line for line in lines if "drops the request" in line).startswith("-")


def test_an_empty_path_can_be_drawn() -> None:
    empty = open_path(f"1.path.c2q2r1m1.linux-5_12.pre-revert.{_empty_check()}")

    assert picture_svg(layout_of_path(alone(empty))).startswith("<svg ")
    assert picture_lines(layout_of_path(alone(empty)))


def _empty_check() -> str:
    from kit.simulation.token import path_check

    return path_check(())


def test_a_page_and_markdown_name_the_command() -> None:
    command = f"kit open {LIMBO.token} --beside revert"

    assert f"<code>{command}</code>" in path_still(PAIR).last
    assert f"- `{command}`" in list(path_markdown_lines(PAIR, (), 72))
