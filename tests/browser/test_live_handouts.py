"""Live hand-outs: pictures play, exercises are checked in the page, progress stays there."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kit.course.exercises import solution
from kit.handout.lessons import find_lesson, handouts
from kit.storage.exercises import find_exercise
from tests.executed import Executed, not_again
from tests.lab import serious_findings

pytestmark = pytest.mark.browser
LESSON, EXERCISE = "03", "after-the-reset"


@pytest.fixture(scope="module")
def page_path(tmp_path_factory: pytest.TempPathFactory, executed: Executed) -> Path:
    lesson = find_lesson(LESSON)
    folder = tmp_path_factory.mktemp("live")
    with not_again(executed, {lesson.stem: lesson}):
        (made,) = handouts([lesson], folder, together=False, tell=lambda *_: None, live=True)
    return made.path


def loaded(page: Page, path: Path) -> list[str]:
    """Open the page; return what it asks for and what breaks."""
    noted: list[str] = []
    page.on("request", lambda request: noted.append(request.url))
    page.on("pageerror", lambda error: noted.append(str(error)))
    page.on("console", lambda line: noted.append(line.text))
    page.goto(path.as_uri())
    expect(page.locator(".kit-live.kit-plays")).to_have_count(page.locator(".kit-live").count())
    return noted


def test_it_plays_and_checks_and_remembers(browser: Browser, page_path: Path) -> None:
    one = find_exercise(EXERCISE)
    words = {choice.name: choice.says for choice in one.task.choices}  # type: ignore[union-attr]  # a prediction
    context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
    page = context.new_page()
    noted = loaded(page, page_path)
    player = page.locator(".kit-cockpit").first
    player.get_by_role("button", name="QEMU", exact=True).click()
    player.get_by_role("button", name="Last (End)").click()
    expect(player.locator(".kit-ask")).to_contain_text("You said: QEMU.")
    card = page.locator(".kit-live > .kit-exercise").filter(has_text=one.title)
    for at in one.at:
        card.get_by_role("button", name=at.name, exact=True).click()
        card.get_by_role("button", name=words[str(solution(one, at.name))]).click()
        card.get_by_role("button", name="Check").click()
        expect(card.locator(".kit-verdict")).to_contain_text("Right")
    solved = page.locator("#kit-progress")
    expect(solved).to_contain_text("Exercises solved on this page: 1 of")
    page.reload()
    expect(solved).to_contain_text("Exercises solved on this page: 1 of")
    with page.expect_download() as download:
        solved.get_by_role("button").click()
    saved = Path(download.value.path()).read_text(encoding="utf-8")
    findings = serious_findings(page, "html")
    context.close()

    assert EXERCISE in saved
    assert findings == []
    assert {url for url in noted if not url.startswith(("data:", "blob:"))} == {page_path.as_uri()}


@pytest.mark.parametrize("width", [360, 1024])
def test_a_script_is_put_together_and_checked(
    browser: Browser, page_path: Path, width: int
) -> None:
    one = find_exercise("a-look-is-no-answer")
    (right,) = solution(one, one.at[0].name)  # type: ignore[misc]  # a script of one line
    moment, action = str(right).split(": ")
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
    page = context.new_page()
    loaded(page, page_path)
    card = page.locator(".kit-live > .kit-exercise").filter(has_text=one.title)
    verdict = card.locator(".kit-verdict")

    def press(*names: str) -> None:
        for name in names:
            card.get_by_role("button", name=name, exact=True).click()

    press("Check")
    expect(verdict).to_have_text("Choose an action first.")
    press("5 s", action, "Check")
    expect(verdict).to_contain_text("Act before 3 s.")
    expect(card.get_by_role("button", name="system_reset")).to_be_disabled()
    press("Take back", moment, action)
    expect(card.get_by_label("your script")).to_have_text(str(right))
    press("Check")
    expect(verdict).to_contain_text("Right")
    expect(page.locator("#kit-progress")).to_contain_text("Exercises solved on this page: 1 of")
    findings, wide = (
        serious_findings(page, "html"),
        page.evaluate("document.documentElement.scrollWidth"),
    )
    context.close()

    assert (findings, wide) == ([], width)
