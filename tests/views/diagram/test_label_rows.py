"""Room for labels: beside what they belong to, in rows, off the lines where that can be."""

from __future__ import annotations

import pytest

from kit.views.diagram.label_rows import Shelf


@pytest.mark.parametrize(
    ("crossed", "there", "place"),
    [
        ((), [], (104.0, 0)),  # to the right
        ((120.0,), [], (66.0, 0)),  # to the left, where nothing goes through it
        ((120.0, 80.0), [], (104.0, 0)),  # lines on either side
        ((120.0, 130.0, 80.0), [], (66.0, 0)),  # where there are fewer
        ((120.0,), [(60.0, 90.0)], (66.0, 1)),  # a row on
        ((), [(60.0, 90.0), (110.0, 120.0)], (104.0, 1)),
    ],
)
def test_a_label_keeps_off_labels_always_and_off_lines_where_it_can(
    crossed: tuple[float, ...], there: list[tuple[float, float]], place: tuple[float, int]
) -> None:
    shelf = Shelf(0.0, 200.0, 2, crossed, [list(there)])

    assert shelf.put(100.0, 30.0) == place


def test_a_label_that_finds_no_room_is_left_out() -> None:
    shelf = Shelf(0.0, 200.0, 2, (), [[(0.0, 200.0)], [(0.0, 200.0)]])

    assert (shelf.put(100.0, 30.0), shelf.rows) == (None, [[(0.0, 200.0)], [(0.0, 200.0)]])
