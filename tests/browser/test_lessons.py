"""Every other lesson in a real browser: it runs, one can walk by keys, axe is content."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import OpenLesson
from tests.lab import lab_server, open_lesson, serious_findings

pytestmark = pytest.mark.browser
WALKS = {
    "04-a-timer-nobody-starts.ipynb": "2 of 13: timer",
    "05-fifteen-seconds.ipynb": "3 of 13: cpu-timeout",
    "06-a-helper.ipynb": "7 of 13: deadline-helper",
    "08-the-revert.ipynb": "10 of 13: revert",
}
ORIGINAL_SUBJECTS = {
    "04-a-timer-nobody-starts.ipynb": "spapr_drc.c: introduce unplug_timeout_timer",
    "08-the-revert.ipynb": "spapr: rollback 'unplug timeout' for CPU hotunplugs",
}


def lessons(*names: str) -> pytest.MarkDecorator:
    """Parametrize a test by lessons; those of one lesson run one after the other, on one page."""
    return pytest.mark.parametrize("name", names, scope="module")


def failed_cells(page: Page) -> list[str]:
    return page.locator('.jp-OutputArea-output[data-mime-type*="error"]').all_inner_texts()


@lessons(*WALKS)
def test_a_walk_stands_at_its_lessons_step(opened: OpenLesson, name: str) -> None:
    with opened(name) as page:
        expect(page.locator(".kit-tour .kit-step")).to_contain_text(WALKS[name])
        expect(page.locator(".kit-tour")).to_contain_text("read from: re-enactment, not QEMU's")
        expect(page.locator(".jp-InputPrompt", has_text="[*]")).to_have_count(0)

        assert failed_cells(page) == []


@lessons("04-a-timer-nobody-starts.ipynb")
def test_one_can_walk_by_keys_alone(opened: OpenLesson, name: str) -> None:
    with opened(name) as page:
        cells = page.locator(".jp-Cell").count()
        page.locator(".kit-tour").get_by_role("button", name="next ▶").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".kit-tour .kit-step")).to_contain_text("3 of 13: cpu-timeout")
        page.keyboard.press("Space")
        expect(page.locator(".kit-tour .kit-step")).to_contain_text("4 of 13: fe1831eff8")

        assert page.locator(".jp-Cell").count() == cells


@lessons("08-the-revert.ipynb")
def test_the_bench_follows_the_walk(opened: OpenLesson, name: str) -> None:
    with opened(name) as page:
        walk = page.locator(".kit-tour")
        walk.get_by_role("button", name="device_del", exact=True).click()
        walk.get_by_role("button", name="release late", exact=True).click()
        expect(walk.locator(".kit-sandbox .kit-verdict")).to_contain_text("pre-revert dropped")
        resend = walk.get_by_role("button", name="○ resend", exact=True)
        expect(resend).to_have_attribute("aria-pressed", "false")
        resend.click()
        pressed = walk.get_by_role("button", name="● resend", exact=True)
        expect(pressed).to_have_attribute("aria-pressed", "true")
        expect(walk.locator(".kit-sandbox .kit-verdict")).to_contain_text("both have done the same")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
@lessons("05-fifteen-seconds.ipynb")
def test_axe_finds_nothing_serious_in_the_walk(opened: OpenLesson, name: str, theme: str) -> None:
    with opened(name, theme) as page:
        page.locator(".kit-tour").get_by_role("button", name="diff side by side").click()
        expect(page.locator(".kit-tour pre.kit-two").first).to_be_visible()

        assert serious_findings(page) == []


def test_start_here_names_the_history_in_use(opened: OpenLesson) -> None:
    with opened("00-start-here.ipynb") as page:
        shown = page.locator(".jp-OutputArea-output", has_text="re-enactment")
        expect(shown.first).to_be_visible()

        assert failed_cells(page) == []


@lessons("13-a-timeout-that-stayed.ipynb")
def test_the_lesson_on_pcie_ports_runs_and_its_stories_play(opened: OpenLesson, name: str) -> None:
    with opened(name) as page:
        expect(page.locator(".jp-InputPrompt", has_text="[*]")).to_have_count(0, timeout=90_000)
        player = page.locator(".kit-player").first
        player.get_by_role("button", name="Last (End)").click()
        expect(player.locator(".kit-verdict")).to_contain_text("pcie-")

        assert failed_cells(page) == []


@pytest.mark.clone
@pytest.mark.parametrize("place", ["qemu_clone", "fetched_lesson"])
@pytest.mark.parametrize("name", ORIGINAL_SUBJECTS)
def test_with_a_clone_or_a_fetched_lesson_the_commits_are_qemus_own(
    browser: Browser, tmp_path: Path, name: str, place: str, request: pytest.FixtureRequest
) -> None:
    clone: Path = request.getfixturevalue(place)
    with lab_server(tmp_path, clone) as address:
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        open_lesson(page, address, name)
        expect(page.locator(".kit-tour")).to_contain_text(ORIGINAL_SUBJECTS[name])
        expect(page.locator(".jp-InputPrompt", has_text="[*]")).to_have_count(0)

        assert failed_cells(page) == []
        page.close()
