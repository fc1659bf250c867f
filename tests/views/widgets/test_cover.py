"""Each widget that draws itself brings the stylesheet, because it may be the first of a page."""

from __future__ import annotations

import anywidget
import pytest

import kit.views.widgets.cockpit
import kit.views.widgets.cover  # noqa: F401 - a class of widgets
from kit.views.tokens import stylesheet

DRAWN = [
    made
    for made in anywidget.AnyWidget.__subclasses__()
    if made.__module__.startswith("kit.") and 'classList.add("kit"' in str(made._esm)
]


def test_two_kinds_of_widgets_draw_themselves() -> None:
    assert {made.__name__ for made in DRAWN} == {"CockpitWidget", "CoverWidget"}


@pytest.mark.parametrize("made", DRAWN, ids=lambda made: made.__name__)
def test_it_brings_the_stylesheet(made: type[anywidget.AnyWidget]) -> None:
    assert str(made._css) == str(stylesheet())
