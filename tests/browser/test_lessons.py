"""Every lesson in a real browser: it runs, is short, one can walk by keys, axe is content."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.conftest import SITE, OpenLesson
from tests.lab import ROOT, lab_server, lay_out, open_lesson, serious_findings

pytestmark = pytest.mark.browser
SCREEN: ViewportSize = {"width": 1440, "height": 900}
MOST_SCREENS = 8  # of a lesson, all of whose cells have run
HEIGHT = """() => {
    const seen = [...document.querySelectorAll(".jp-Notebook")].find((one) => one.offsetParent);
    const cells = [...seen.querySelectorAll(".jp-Cell")];
    return cells.reduce((sum, cell) => sum + cell.getBoundingClientRect().height, 0);
}"""
FIRST = "00-start-here.ipynb"
WALKS = {
    "04-a-timer-nobody-starts.ipynb": "2 of 13: timer",
    "05-fifteen-seconds.ipynb": "3 of 13: cpu-timeout",
    "06-a-helper.ipynb": "7 of 13: deadline-helper",
    "08-the-revert.ipynb": "10 of 13: revert",
}
LESSONS = [
    name if name in (FIRST, *WALKS) else pytest.param(name, marks=pytest.mark.local)
    for name in sorted(path.name for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))
]
ORIGINAL_SUBJECTS = {
    "04-a-timer-nobody-starts.ipynb": "spapr_drc.c: introduce unplug_timeout_timer",
    "08-the-revert.ipynb": "spapr: rollback 'unplug timeout' for CPU hotunplugs",
}


def failed_cells(page: Page) -> list[str]:
    return page.locator('.jp-OutputArea-output[data-mime-type*="error"]').all_inner_texts()


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_runs_and_has_eight_screens_at_most(opened: OpenLesson, name: str) -> None:
    with opened(name) as page:
        page.set_viewport_size(SCREEN)
        busy = page.locator(".jp-Notebook:visible .jp-InputPrompt", has_text="[*]")
        expect(busy).to_have_count(0, timeout=90_000)
        if name in WALKS:
            expect(page.locator(".kit-tour .kit-step")).to_contain_text(WALKS[name])
            expect(page.locator(".kit-tour")).to_contain_text("read from: re-enactment, not QEMU's")
        if name == FIRST:
            shown = page.locator(".jp-OutputArea-output", has_text="re-enactment")
            expect(shown.first).to_be_visible()
        lay_out(page)
        page.wait_for_timeout(500)
        failed, height = failed_cells(page), page.evaluate(HEIGHT)

    assert failed == []
    assert SITE or 2 * SCREEN["height"] < height <= MOST_SCREENS * SCREEN["height"]


def test_one_can_walk_by_keys_alone(opened: OpenLesson) -> None:
    with opened("04-a-timer-nobody-starts.ipynb", cell="tour(") as page:
        cells = page.locator(".jp-Cell").count()
        page.locator(".kit-tour").get_by_role("button", name="next ▶").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".kit-tour .kit-step")).to_contain_text("3 of 13: cpu-timeout")
        page.keyboard.press("Space")
        expect(page.locator(".kit-tour .kit-step")).to_contain_text("4 of 13: fe1831eff8")

        assert page.locator(".jp-Cell").count() == cells


def test_the_bench_follows_the_walk(opened: OpenLesson) -> None:
    with opened("08-the-revert.ipynb", cell="tour(") as page:
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
def test_axe_finds_nothing_serious_in_the_walk(opened: OpenLesson, theme: str) -> None:
    with opened("05-fifteen-seconds.ipynb", theme) as page:
        page.locator(".kit-tour").get_by_role("button", name="diff side by side").click()
        expect(page.locator(".kit-tour pre.kit-two").first).to_be_visible()

        assert serious_findings(page) == []


def test_the_stories_of_pcie_ports_play(opened: OpenLesson) -> None:
    with opened("13-a-timeout-that-stayed.ipynb", cell="player(") as page:
        player = page.locator(".kit-player").first
        player.get_by_role("button", name="Last (End)").click()
        expect(player.locator(".kit-verdict")).to_contain_text("pcie-")


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
