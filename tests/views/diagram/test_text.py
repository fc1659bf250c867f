"""The picture as plain text: it fits, survives a mail, and shows every event once."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.common.errors import MisuseError
from kit.machine.catalogue import find_revision
from kit.simulation.run import Pair, play, play_pair
from kit.simulation.timeline import Timeline
from kit.storage.scenarios import find_scenario
from kit.trace.entry import from_lane
from kit.views.diagram.text import picture_lines
from kit.views.reports.run import text_lines
from tests.views.runs import Choices, choices

LATE = find_scenario("late-release")
WIDTHS = st.sampled_from([60, 61, 72, 80, 100, 200])

REMEMBERED = """\
late-release: The guest releases the core after 16 s

revision                 before: pre-revert       after: revert
time                     oper     QEMU    guest   oper     QEMU    guest
+ 0 s  device_del         :------->:]       |      :------->:        |
|      REMOVE event       :        :------->|      :        :------->|
|      accepted           :<.......:]       |      :<.......:        |
|      check-exception    :        :<.......|      :        :<.......|
|      REMOVE event       :        :.......>|      :        :.......>|
:                         :        :]15 s   |      :        :        |
:                         :        :]       |      :        :        |
+ 15 s ======================== first difference =======================
|      drops request      :        x        |      :        :        |
:                         :        H        |      :        :        |
+ 16 s read sensor        :        H<........      :        :<........
|      PRESENT            :        H.......>.      :        :.......>.
|      ISOLATE            :        H<-------.      :        :<-------.
|      success            :        H.......>.      :        :.......>.
|      UNUSABLE           :        H<-------.      :        .<-------.
|      DEVICE_DELETED     :        H        .      .<-------.        .
|      success            :        X.......>.      .        ........>.
:                         :      LIMBO      .      .        .        .
+ 20 s end                :        X        .      .        .        .
|                        waits   LIMBO     gone   gone     gone     gone

| has it   . does not have it   : waits   ] time runs
H has it, no longer waits
X LIMBO: the guest released it, QEMU holds it, no event
Guest: Linux 5.12. No libvirt. Simulated, by a model checked against 15
real builds of QEMU.
"""


def pair() -> Pair:
    return play_pair(LATE, find_revision("pre-revert"), find_revision("revert"))


def quoted(lines: list[str]) -> list[str]:
    return [f"> {line}".rstrip() for line in lines]


def unquoted(lines: list[str]) -> list[str]:
    return [re.sub(r"^> ?", "", line) for line in lines]


def flowed(lines: list[str]) -> list[str]:
    """What a reader of format=flowed makes of lines that were sent without space-stuffing."""
    paragraphs, flows = [], False
    for line in lines:
        bare = line.removeprefix(" ")
        if flows:
            paragraphs[-1] += bare
        else:
            paragraphs.append(bare)
        flows = line.endswith(" ") and line != "-- "
    return paragraphs


def test_the_line_people_remember() -> None:
    assert picture_lines(pair()) == REMEMBERED.splitlines()


@given(choices(), WIDTHS, st.booleans())
def test_no_line_is_too_long_or_ends_in_a_blank(chosen: Choices, width: int, unicode: bool) -> None:
    lines = picture_lines(chosen.timeline, width, unicode=unicode)

    assert max(map(len, lines)) <= width
    assert [line for line in lines if line != line.rstrip() or "\t" in line] == []
    assert unicode or all(line.isascii() for line in lines)


@given(choices(), WIDTHS)
def test_mail_does_not_change_it(chosen: Choices, width: int) -> None:
    """RFC 3676, 4.2 (flowed lines), 4.4 (space-stuffing), 4.5 (quoting); RFC 4155 (mbox)."""
    lines = picture_lines(chosen.timeline, width)

    assert unquoted(quoted(lines)) == lines
    assert flowed(lines) == lines
    assert [line for line in lines if line.startswith((">", "From ", "-- ", "---"))] == []


@given(choices())
def test_every_event_is_one_row(chosen: Choices) -> None:
    """A row is an arrow or a sign; an event of both runs of a pair is one row, in both."""
    lines = picture_lines(chosen.timeline.last(), 200)
    arrows = sum(bool(re.search(r"[-.]>|<[-.]", line)) for line in lines)
    arrowless = [
        stop
        for stop in chosen.timeline.stops
        for entry in [
            chosen.timeline.runs[stop.moved.index(True)].trace[stop.seqs[stop.moved.index(True)]]
        ]
        if from_lane(entry) is entry.dst
    ]

    assert arrows == len(chosen.timeline.stops) - len(arrowless)


@given(choices(), WIDTHS)
def test_the_whole_text_fits_and_survives_mail_too(chosen: Choices, width: int) -> None:
    lines = list(text_lines(chosen.timeline.played, width))

    token = [line for line in lines if line.startswith("token: ")]
    assert len(token) == 1
    assert max(len(line) for line in lines if line not in token) <= width
    assert all(line.isascii() for line in lines)
    assert flowed(lines) == lines
    assert unquoted(quoted(lines)) == lines


def test_the_legend_explains_each_sign_and_breaks_between_two() -> None:
    lines = picture_lines(pair(), 60)

    assert [line[:9] for line in lines[-6:]] == [
        "",
        "| has it ",
        "H has it,",
        "X LIMBO: ",
        "Guest: Li",
        "against 1",
    ]


def test_a_pair_that_does_not_fit_stands_one_below_the_other() -> None:
    cast = replace(LATE.setup, libvirt=(7, 1, 0))
    story = replace(LATE, setup=cast)
    both = play_pair(story, find_revision("pre-revert"), find_revision("revert"))
    heads = [line for line in picture_lines(both, 60) if line.startswith(("before", "after"))]

    assert heads == ["before: pre-revert (d522cb52e6~1)", "after: revert (d522cb52e6)"]


def test_box_drawing_is_asked_for() -> None:
    lines = picture_lines(pair(), unicode=True)

    assert "├ 15 s ════════════════════════ first difference ═══════════════════════" in lines


def test_the_place_is_marked_where_it_is_not_the_end() -> None:
    run = play(LATE, find_revision("revert"))
    lines = picture_lines(Timeline(played=run).seek(10**10))

    assert [line.split()[1:3] for line in lines if " now " in line] == [["10", "s"]]


def test_words_from_outside_are_one_column_wide_each_and_harmless() -> None:
    hostile = replace(LATE, title="a\tb\x1b[31m “ü” 漢\n> c")
    run = play(hostile, find_revision("revert"))

    assert picture_lines(run)[0] == 'late-release: a b?[31m "?" ? > c'
    assert picture_lines(run, unicode=True)[0] == "late-release: a b?[31m “ü” ? > c"


@pytest.mark.parametrize("width", [59, 201])
def test_a_width_out_of_range_is_our_mistake(width: int) -> None:
    with pytest.raises(MisuseError, match="from 60 to 200"):
        picture_lines(pair(), width)
