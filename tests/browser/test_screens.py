"""How long a lesson is on a screen: all its cells, run, in screens of 1440 by 900."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.browser.conftest import OpenLesson

pytestmark = [pytest.mark.browser, pytest.mark.local]
SCREEN: ViewportSize = {"width": 1440, "height": 900}
MOST_SCREENS = 8
LESSONS = sorted((Path(__file__).parents[2] / "notebooks").glob("[0-9]*.ipynb"))
HEIGHT = """() => {
    const seen = [...document.querySelectorAll(".jp-Notebook")].find((one) => one.offsetParent);
    const cells = [...seen.querySelectorAll(".jp-Cell")];
    return cells.reduce((sum, cell) => sum + cell.getBoundingClientRect().height, 0);
}"""


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_has_eight_screens_at_most(opened: OpenLesson, path: Path) -> None:
    with opened(path.name) as page:
        page.set_viewport_size(SCREEN)
        busy = page.locator(".jp-Notebook:visible .jp-InputPrompt", has_text="[*]")
        expect(busy).to_have_count(0, timeout=90_000)
        page.wait_for_timeout(500)  # the last outputs are laid out

        assert 2 * SCREEN["height"] < page.evaluate(HEIGHT) <= MOST_SCREENS * SCREEN["height"]
