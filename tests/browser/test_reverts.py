"""The table and the report of reverts in a real browser: by keys, with axe's eyes."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenLesson
from tests.git.workshop import numbered, workshop
from tests.lab import serious_findings, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.local]
COUNT = 45


@pytest.fixture(scope="module", autouse=True)
def notebooks(
    address: str,  # noqa: ARG001 - the server makes the folder
    lab_home: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    shop = workshop(tmp_path_factory.mktemp("project") / "r")
    for number in range(COUNT):
        target = shop.commit(f"part {number}", {f"hw/{number % 3}": numbered(l5=f"five {number}")})
        shop.revert(target)
    source = (
        f'import os\nos.environ["KIT_QEMU"] = "{shop.folder}"\nfrom kit import reverts\nreverts()'
    )
    write_notebook(lab_home / "work" / "notebooks" / "only-reverts.ipynb", source)


def rows(page: Page) -> list[str]:
    return page.locator(".kit-name:visible").all_inner_texts()


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent")).strip()


def test_by_keys_one_filters_turns_and_chooses(opened: OpenLesson) -> None:
    with opened("only-reverts.ipynb", kernel="of the project") as page:
        cells = page.locator(".jp-Cell").count()
        expect(page.locator(".kit-name:visible")).to_have_count(20)
        page.get_by_role("button", name="next page ›").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Space")
        expect(page.locator(".kit-name:visible")).to_have_count(5)
        kept = focused(page)
        page.get_by_label("words:").focus()
        page.keyboard.type('hw/1 43"')
        row = page.locator(".kit-name:visible")
        expect(row).to_have_count(1)
        name = row.inner_text()
        row.focus()
        page.keyboard.press("Enter")
        expect(row).to_have_text(f"● {name}")
        expect(page.locator(".kit-revert .kit-verdict").first).to_contain_text("exact: its tree")

        assert (kept, focused(page)) == ("next page ›", f"● {name}")
        assert 'Revert "part 43"' in name
        assert page.locator(".jp-Cell").count() == cells


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_nothing_serious(opened: OpenLesson, theme: str) -> None:
    with opened("only-reverts.ipynb", theme, kernel="of the project") as page:
        page.get_by_role("button", name="check these").click()
        expect(page.locator(".kit-reverts")).to_contain_text(f"{COUNT} checked.")
        page.locator(".kit-name:visible").nth(3).click()
        page.locator(".kit-revert summary", has_text="diff of the revert").click()
        expect(page.locator(".kit-revert pre.kit-diff").first).to_be_visible()
        in_the_table = serious_findings(page)

        assert (in_the_table, len(rows(page))) == ([], 20)


def test_the_lesson_runs_and_axe_is_content(opened: OpenLesson) -> None:
    with opened("10-any-revert.ipynb") as page:
        expect(page.locator(".jp-InputPrompt", has_text="[*]")).to_have_count(0, timeout=60_000)
        page.locator(".kit-plot").last.scroll_into_view_if_needed()
        failed = page.locator('.jp-OutputArea-output[data-mime-type*="error"]').all_inner_texts()

        assert (failed, serious_findings(page)) == ([], [])
        expect(page.locator(".kit-plot img.kit-dark").first).to_be_hidden()
