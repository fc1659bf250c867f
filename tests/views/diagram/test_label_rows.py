"""Room for labels: beside their poles, in rows, off the lines where that can be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.views.diagram.label_rows import Flag, FlagPlace, Shelf, flags_in

FLAG = Flag(100.0, 30.0)


@pytest.mark.parametrize(
    ("crossed", "there", "place"),
    [
        ((), [], FlagPlace(104.0, 0)),  # to the right
        ((120.0,), [], FlagPlace(66.0, 0)),  # to the left, where nothing goes through it
        ((120.0, 80.0), [], FlagPlace(104.0, 0)),  # lines on either side
        ((120.0, 130.0, 80.0), [], FlagPlace(66.0, 0)),  # where there are fewer
        ((120.0,), [(60.0, 90.0)], FlagPlace(66.0, 1)),  # a row on
        ((), [(60.0, 90.0), (110.0, 120.0)], FlagPlace(104.0, 1)),
        ((), [(60.0, 90.0), (95.0, 120.0)], None),  # a label that its pole would go through
    ],
)
def test_a_label_keeps_off_labels_always_and_off_lines_where_it_can(
    crossed: tuple[float, ...], there: list[tuple[float, float]], place: FlagPlace | None
) -> None:
    shelf = Shelf(0.0, 200.0, 2, crossed, [list(there)])

    assert shelf.put(FLAG) == place


def test_a_label_keeps_off_the_poles_of_higher_labels() -> None:
    shelf = Shelf(0.0, 200.0, 2, poles=[(110.0, 1)])

    assert shelf.put(FLAG) == FlagPlace(66.0, 0)


def test_a_label_that_finds_no_room_is_left_out() -> None:
    shelf = Shelf(0.0, 200.0, 2, (), [[(0.0, 200.0)], [(0.0, 200.0)]])

    assert (shelf.put(FLAG), shelf.rows) == (None, [[(0.0, 200.0)], [(0.0, 200.0)]])


def test_labels_of_one_instant_are_fanned_out() -> None:
    """The last is next to the lane, and each before it a row on: no pole crosses a label."""
    fan = [Flag(x, 50.0) for x in (100.0, 120.0, 140.0)]

    assert flags_in(fan, 90.0, 300.0, 3) == (
        (FlagPlace(104.0, 2), FlagPlace(124.0, 1), FlagPlace(144.0, 0)),
        3,
    )


def test_what_weighs_most_has_room_first() -> None:
    light, heavy = Flag(100.0, 50.0), Flag(102.0, 50.0, weight=5)

    assert flags_in([light, heavy], 90.0, 180.0, 1) == ((None, FlagPlace(106.0, 0)), 1)


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(10, 90)), max_size=8), st.integers(1, 4))
def test_no_label_is_on_another_or_on_a_pole(found: list[tuple[int, int]], most: int) -> None:
    flags = [Flag(float(x), float(wide)) for x, wide in found]
    places, rows = flags_in(flags, 0.0, 400.0, most)
    put = [(f, place) for f, place in zip(flags, places, strict=True) if place is not None]
    clashes = [
        (one, other)
        for one, at in put
        for other, there in put
        if one is not other
        if (
            at.row == there.row
            and at.start < there.start + other.width
            and there.start < at.start + one.width
        )
        or (there.row > at.row and at.start < other.x < at.start + one.width)
    ]

    assert clashes == []
    assert {place.row for _, place in put} <= {*range(rows)}
    assert rows <= most
    assert all(place.start >= 0 and place.start + f.width <= 400 for f, place in put)
