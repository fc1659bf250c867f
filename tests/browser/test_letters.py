"""The width of words that pictures are laid out with, compared with the letters of a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from kit.storage.scenarios import find_scenario, scenarios
from kit.views.diagram.layout import layout_of
from kit.views.diagram.svg import draw
from kit.views.diagram.svg_shapes import text_width
from tests.views.diagram.test_texts import NAMES, distinct
from tests.views.diagram.text_boxes import DOWN, UP, shapes_of

pytestmark = [pytest.mark.browser, pytest.mark.local]
SIZE = 100
MOST = 1.45  # of the real width: what is laid out for wider letters wastes room
MEASURE = """([words, weight]) => {
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = `${weight} 100px system-ui, 'DejaVu Sans', sans-serif`;
    return words.map((one) => {
        const m = pen.measureText(one);
        return [m.width, m.actualBoundingBoxAscent, m.actualBoundingBoxDescent];
    });
}"""


@pytest.fixture(scope="module")
def said() -> list[str]:
    """Every text of the pictures of all scenarios."""
    assert set(NAMES) == set(scenarios())
    return sorted(
        {
            shape.words
            for number, name in enumerate(NAMES)
            for run in distinct(find_scenario(name), number)
            for shape in shapes_of(draw(layout_of(run), moves=True))
            if shape.words
        }
    )


@pytest.mark.parametrize("weight", [400, 600])
def test_no_words_are_wider_or_higher_than_they_are_laid_out_for(
    browser: Browser, said: list[str], weight: int
) -> None:
    page = browser.new_page()
    found = page.evaluate(MEASURE, [said, weight])
    page.close()
    ratios = {
        words: text_width(words, SIZE, bold=weight == 600) / wide
        for words, (wide, _, _) in zip(said, found, strict=True)
    }

    assert len(said) > 100
    assert {words: ratio for words, ratio in ratios.items() if not 1 <= ratio <= MOST} == {}
    assert max(up for _, up, _ in found) <= UP * SIZE
    assert max(down for _, _, down in found) <= DOWN * SIZE
