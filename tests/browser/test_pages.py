"""Pages that play, from a disk, in a Chromium that has no network at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from kit.actors.pseries_programs import GuestKind
from kit.explorer.paths import open_path
from kit.lessons.stories import observed_story, story_of, with_futures
from kit.logs.formats.reader import read_log
from kit.machine.catalogue import find_revision
from kit.simulation.run import play_pair
from kit.storage.scenarios import find_scenario
from kit.views.page.story import story_page
from kit.views.reports.log import report_of
from tests.lab import BROWSER_FLAGS, serious_findings

pytestmark = pytest.mark.browser
SIDES = [find_revision("pre-revert"), find_revision("revert")]
EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>\u202e"
PAINTED_MS = 500
CHIPS = ["holds it", "waits for guest", "holds it, no wait", "holds it, no wait"]  # QEMU's
Scheme = Literal["light", "dark"]


@pytest.fixture(scope="module")
def alone(
    browser: Browser, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """A browser in a network namespace in which not even loopback is up."""
    wrapper = tmp_path_factory.mktemp("alone") / "chromium"
    root = "" if os.geteuid() == 0 else "--map-root-user"
    wrapper.write_text(f'#!/bin/sh\nexec unshare --net {root} "{chromium}" "$@"\n')
    wrapper.chmod(0o755)
    launched = browser.browser_type.launch(executable_path=str(wrapper), args=list(BROWSER_FLAGS))
    yield launched
    launched.close()


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pair with what could happen next."""
    played = play_pair(find_scenario("libvirt-wrong"), *SIDES)
    made = with_futures(story_of(played), SIDES, GuestKind.LINUX_5_12)
    path = tmp_path_factory.mktemp("pages") / "story.html"
    path.write_text(story_page(made), encoding="utf-8")
    return path


@contextmanager
def opened(
    browser: Browser,
    path: Path,
    width: int = 1440,
    scheme: Scheme = "light",
    *,
    script: bool = True,
    at: str = "",
) -> Iterator[Page]:
    context = browser.new_context(
        java_script_enabled=script, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    page = context.new_page()
    asked: list[str] = []
    broken: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda line: broken.append(line.text))
    page.goto(f"{path.as_uri()}{at}")
    if script:
        expect(page.locator("body.kit-plays")).to_be_visible()
    yield page
    context.close()

    assert (asked, broken) == ([path.as_uri()], [])


def press(part: Locator | Page, *names: str) -> None:
    for name in names:
        part.get_by_role("button", name=name, exact=True).first.click()


def test_it_plays_as_in_a_lesson(alone: Browser, story: Path) -> None:
    with opened(alone, story) as page:
        painted = page.evaluate(
            "performance.getEntriesByName('first-contentful-paint')[0].startTime"
        )
        verdict, where = page.locator(".kit-cockpit .kit-verdict"), page.locator(".kit-where")
        at_end = where.inner_text()
        page.keyboard.press("Home")
        expect(verdict).to_contain_text("Nothing has happened yet.")
        verdict.press("d")  # letters act where the focus is
        expect(verdict).to_contain_text("pre-revert")
        parted = where.inner_text()
        press(page, "Step on (right arrow)", "Play or pause (space)")
        expect(page.locator("button[aria-label^=Play]").first).to_contain_text("Pause")
        press(page, "Last (End)")
        page.get_by_role("slider").fill("8")
        page.get_by_role("tab", name="Code").click()
        expect(page.locator(".kit-code pre.kit-diff").first).to_be_visible()
        page.get_by_role("tab", name="Events").click()
        expect(page.locator(".kit-panel tr.kit-now")).to_have_count(1)

    assert painted < PAINTED_MS
    assert (at_end, parted) == ("16 of 16 · 20 s", "8 of 16 · 15 s")


def test_predict_first_hides_the_answer_until_it_is_played(alone: Browser, story: Path) -> None:
    with opened(alone, story, at="#predict") as page:
        head, below = page.locator("h1"), page.locator(".kit-story-text")
        expect(head).to_have_text("Two machines play one script")
        expect(below).to_be_hidden()
        press(page, "On both")
        press(page, "Last (End)")
        told = page.locator(".kit-ask").inner_text()
        press(page, "Show all")
        expect(head).to_have_text(
            "libvirt-wrong: libvirt times out at 10 s, the guest releases at 16 s"
        )
        expect(below).to_be_visible()

    assert told == "You said: On both. It is gone on revert."


def test_what_could_happen_next_is_gone_through_and_its_token_opens(
    alone: Browser, story: Path
) -> None:
    with opened(alone, story) as page:
        part = page.locator("#kit-what-next")
        press(part, "device_del core1")
        part.get_by_role(
            "button", name="the shortest way to a violation of no-lost-release"
        ).click()
        row = part.get_by_role("row", name="no-lost-release")
        expect(row).to_contain_text("violated")
        believed = part.get_by_role("img", name="8 choices so far.").get_attribute("aria-label")
        chips = part.locator(".kit-way text").all_text_contents()
        share = row.locator(".kit-part").inner_text()
        press(part, "Copy the token")
        expect(part.locator(".kit-silent")).to_contain_text("kit open 1.path.")
        said = part.locator(".kit-silent").inner_text()
        press(part, "Undo")
        expect(part.get_by_role("row", name="no-lost-release")).to_contain_text("in 1 choice")
        press(part, "revert")
        expect(part.locator(".kit-silent")).to_contain_text(
            "QEMU's timer fires, is not possible here"
        )
        expect(part.get_by_role("row", name="no-lost-release")).to_contain_text(
            "cannot be violated"
        )

    path = open_path(said.rpartition(" ")[2])
    assert share == "100 %"
    assert believed is not None
    assert "operator: no result yet" in believed
    assert "QEMU: holds it, no wait" in believed
    assert [words for words in chips if words in CHIPS] == CHIPS
    assert path.actions[0] == "device_del core1"
    assert "no-lost-release" in [prop.name for prop in path.breaks]


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1440, "light")])
def test_axe_finds_nothing_serious_and_the_page_is_no_wider(
    alone: Browser, story: Path, width: int, scheme: Scheme
) -> None:
    with opened(alone, story, width, scheme) as page:
        press(page.locator("#kit-what-next"), "device_del core1")
        for tab in ("Events", "Code", "Share"):
            page.get_by_role("tab", name=tab).click()
        found = serious_findings(page, "html")
        wide = page.evaluate("document.documentElement.scrollWidth")

    assert (found, wide) == ([], width)


def test_the_lines_that_are_responsible_hang_on_their_event(alone: Browser, story: Path) -> None:
    with opened(alone, story) as page:
        join = page.locator(".kit-join")
        page.keyboard.press("Home")
        page.locator(".kit-cockpit .kit-verdict").press("d")  # letters act where the focus is
        closed = join.is_visible()
        page.get_by_role("tab", name="Code").click()
        expect(join).to_be_visible()
        page.locator(".kit-cockpit .kit-picture").focus()  # for the arrows
        line = join.bounding_box()
        lines = page.locator(".kit-lines").first.bounding_box()
        event = page.locator("[data-at='7'] line").first.bounding_box()
        page.keyboard.press("ArrowLeft")
        expect(join).to_be_hidden()
        page.keyboard.press("ArrowRight")
        expect(join).to_be_visible()
        page.get_by_role("tab", name="Code").click()
        expect(join).to_be_hidden()

    assert not closed
    assert line is not None
    assert lines is not None
    assert event is not None
    assert abs(line["x"] - event["x"] - event["width"] / 2) < 3
    assert event["y"] - 3 < line["y"] < lines["y"]
    assert abs(line["y"] + line["height"] - lines["y"]) < 3


def test_the_lanes_names_stay_in_sight_where_the_window_is_narrower(
    alone: Browser, story: Path
) -> None:
    def out_of_sight(page: Page) -> list[str]:
        found: list[str] = page.evaluate(
            """async () => {
              // a page hears of a scroll with the frame that shows it
              const frame = () => new Promise(requestAnimationFrame);
              await frame().then(frame);
              const box = document.querySelector(".kit-picture").getBoundingClientRect();
              const names = [...document.querySelectorAll(".kit-picture [data-kit=name]")];
              return names.filter((one) => {
                const { left, right } = one.querySelector("text").getBoundingClientRect();
                return left < box.left || right > box.right;
              }).map((one) => one.textContent);
            }"""
        )
        return found

    with opened(alone, story, 360) as page:
        scrolled = page.locator(".kit-picture").evaluate("(box) => box.scrollLeft")
        at_end = out_of_sight(page)
        press(page, "First (Home)")
        expect(page.locator(".kit-where")).to_contain_text("0 of 16")
        at_start = out_of_sight(page)
        names = page.locator(".kit-picture [data-kit=name]").count()

    assert scrolled > 100
    assert (at_end, at_start, names) == ([], [], 10)


def test_without_script_and_on_paper_it_is_the_still_picture(alone: Browser, story: Path) -> None:
    with opened(alone, story, script=False) as page:
        still = [
            page.locator(".kit-still").is_visible(),
            page.locator("#kit-text pre").is_visible(),
        ]
    with opened(alone, story) as page:
        on_screen = page.locator(".kit-still").is_visible()
        page.emulate_media(media="print")
        printed = [
            page.locator(".kit-still").is_visible(),
            page.locator("#kit-cockpit").is_visible(),
        ]

    assert (still, on_screen, printed) == ([True, True], False, [True, False])


def test_a_log_s_text_is_shown_and_does_nothing(alone: Browser, tmp_path: Path) -> None:
    lines = ['{"execute": "device_del", "arguments": {"id": "core1"}}', '{"return": {}}']
    report = report_of(read_log([(EVIL, lines)]))
    path = tmp_path / "log.html"
    path.write_text(story_page(observed_story(report)), encoding="utf-8")
    with opened(alone, path) as page:
        press(page, "First (Home)", "Step on (right arrow)")
        for tab in ("Events", "Share"):
            page.get_by_role("tab", name=tab).click()
        shown = page.locator("h1").inner_text()
        made = page.locator("img, [onerror]").count()

    assert (made, shown.startswith("<img src=x onerror=alert(1)>")) == (0, True)
