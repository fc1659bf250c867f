"""A lesson of `kit new` in a real browser: its picture, its cells, and a card that is answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from kit.lessons.new.files import write_lesson
from kit.lessons.new.make import lesson_files_of
from tests.browser.conftest import OpenLesson
from tests.git.shapes import BREAKOUTS, hostile_shop, shape
from tests.lab import serious_findings

pytestmark = [pytest.mark.browser, pytest.mark.local]  # a site has no kit new


@pytest.fixture(scope="module", autouse=True)
def lessons(address: str, lab_home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:  # noqa: ARG001 - the server makes the folder
    clones = tmp_path_factory.mktemp("clones")
    made = {"own": shape("candidate", clones / "own")}
    made |= {f"hostile-{n}": hostile_shop(clones / f"{n}", BREAKOUTS[n]) for n in (3, 4, 5, 11)}
    for name, (shop, sha) in made.items():
        folder = lab_home / "work" / "notebooks" / name
        write_lesson(folder, lesson_files_of(shop.clone, sha, "water"))


@pytest.fixture
def page(opened: OpenLesson) -> Iterator[Page]:
    with opened("own/lesson.ipynb") as page:
        yield page


def test_its_picture_and_its_cells_are_shown(page: Page) -> None:
    cover = page.locator(".jp-MarkdownOutput img").first
    expect(cover).to_be_visible()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.jp-MarkdownOutput img')]"
        ".every(one => one.naturalWidth === 960)"
    )
    expect(page.locator(".kit-timeline")).to_have_count(1)
    expect(page.locator(".kit-exercise")).not_to_have_count(0)
    assert serious_findings(page) == []


def test_a_card_is_answered(page: Page) -> None:
    card = page.locator(".kit-exercise", has_text="How long did it last?").first
    card.scroll_into_view_if_needed()
    card.get_by_role("button", name="○ 1", exact=True).click()
    card.get_by_role("button", name="check", exact=True).click()

    expect(card.get_by_role("status")).to_contain_text("Right.")


@pytest.mark.parametrize("number", [3, 4, 5, 11])
def test_text_of_a_clone_does_nothing(number: int, opened: OpenLesson) -> None:
    """No script runs, nothing outside is asked for, and no link leads anywhere."""
    with opened(f"hostile-{number}/lesson.ipynb") as page:
        alerts: list[str] = []
        page.on("dialog", lambda dialog: alerts.append(dialog.message))
        expect(page.locator(".kit-timeline")).to_have_count(1)
        inside = page.locator(".jp-Notebook")

        assert alerts == []
        assert inside.locator("script, iframe, form").count() == 0
        # a heading has JupyterLab's own link to itself, whatever its words are
        found = inside.locator("a[href*='javascript'], a[href*='evil']").and_(
            inside.locator("a:not([href^='#'])")
        )
        assert found.count() == 0
        assert inside.locator("img[src*='evil']").count() == 0
