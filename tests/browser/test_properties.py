"""The table of properties in a real browser: by keys, and with axe's eyes."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenLesson
from tests.lab import serious_findings, write_notebook

pytestmark = pytest.mark.browser
SOURCE = (
    'from kit import properties\nproperties("timer", "cpu-timeout", "revert", widen="c1q1r1m0")'
)


ENDS = "from kit import progress\nprogress(13)"
WIDER = """() => [...document.querySelectorAll(".jp-OutputArea-output, .jp-OutputArea-output .kit")]
    .filter((node) => node.scrollWidth > node.clientWidth).map((node) => node.className)"""


@pytest.fixture(scope="module", autouse=True)
def notebook(address: str, lab_home: Path) -> None:  # noqa: ARG001 - the server makes the folder
    write_notebook(lab_home / "work" / "notebooks" / "properties.ipynb", SOURCE, ENDS)


def test_nothing_that_fits_can_be_scrolled_sideways(opened: OpenLesson) -> None:
    with opened("properties.ipynb") as page:
        expect(page.locator(".kit-properties")).to_be_visible()
        expect(page.locator(".kit")).to_have_count(2)

        assert page.evaluate(WIDER) == []


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_a_cell_opens_the_path_that_breaks_its_promise(opened: OpenLesson, theme: str) -> None:
    with opened("properties.ipynb", theme, cell=SOURCE) as page:
        table = page.locator(".kit-properties")
        table.get_by_role("button", name="explore all").focus()
        page.keyboard.press("Enter")
        expect(table).to_contain_text("explored 3 of 3 revisions")
        page.keyboard.press("Tab")  # the first cell, of timer
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        expect(table.locator(".kit-path")).to_contain_text("DEVICE_DELETED")
        expect(table.locator("> .widget-html .kit-verdict")).to_contain_text("at revert, which")
        table.get_by_role("button", name="Next difference (d)").focus()
        page.keyboard.press("Enter")
        expect(table.locator(".kit-path .kit-verdict")).to_contain_text("No choice after this")

        assert serious_findings(page) == []
