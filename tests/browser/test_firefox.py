"""Pages that play, from a disk, in a Firefox that has no network at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from kit.actors.pseries_programs import GuestKind
from kit.course.exercises import solution
from kit.explorer.paths import open_path
from kit.handout.lessons import find_lesson, handouts
from kit.lessons.stories import observed_story, story_of, with_futures
from kit.logs.formats.reader import read_log
from kit.machine.catalogue import find_revision
from kit.simulation.run import play_pair
from kit.storage.exercises import find_exercise
from kit.storage.scenarios import find_scenario
from kit.views.page.story import story_page
from kit.views.reports.log import report_of
from tests.browser.firefox import Firefox, firefox
from tests.conftest import Program
from tests.executed import Executed, not_again

pytestmark = [pytest.mark.browser, pytest.mark.local]
SIDES = [find_revision("pre-revert"), find_revision("revert")]
EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>\u202e"
HOME, END = "\ue011", "\ue010"
PAINTED_MS = 500
PLAYS = "return document.body.classList.contains('kit-plays')"
TEXT = "return document.querySelector(arguments[0]).innerText"
FIND = """
const named = [...document.querySelectorAll(`${arguments[0]} button`)].find(
  (one) => [one.innerText, one.getAttribute("aria-label")].includes(arguments[1]));
"""
FRAME = """<!DOCTYPE html><title>A page of somebody's</title>
<iframe src="story.html" title="story" width="360" height="760" style="border:0"
        sandbox="allow-scripts allow-downloads"></iframe>"""


@pytest.fixture(scope="module")
def page(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    found = program("firefox-esr", "firefox")
    with firefox(found, tmp_path_factory.mktemp("firefox")) as started:
        yield started


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pair with what could happen next."""
    played = play_pair(find_scenario("libvirt-wrong"), *SIDES)
    made = with_futures(story_of(played), SIDES, GuestKind.LINUX_5_12)
    path = tmp_path_factory.mktemp("pages") / "story.html"
    path.write_text(story_page(made), encoding="utf-8")
    return path


def opened(page: Firefox, path: Path, at: str = "", width: int = 1440) -> None:
    page.go("about:blank")
    page.resize(width, 900)
    page.go(f"{path.as_uri()}{at}")
    page.until(PLAYS)


def press(page: Firefox, part: str, name: str) -> None:
    page.until(f"{FIND} return named", part, name)
    page.run(f"{FIND} named.click()", part, name)


def has(page: Firefox, selector: str, words: str) -> None:
    page.until(f"{TEXT}.includes(arguments[1])", selector, words)


def test_it_is_painted_at_once_and_plays(page: Firefox, story: Path) -> None:
    opened(page, story)
    painted, asked = page.run(
        "return [performance.getEntriesByName('first-contentful-paint')[0].startTime,"
        " performance.getEntriesByType('resource').length]"
    )
    at_end = page.run(TEXT, ".kit-where")
    page.type(HOME)
    has(page, ".kit-cockpit .kit-verdict", "Nothing has happened yet.")
    page.click(".kit-cockpit .kit-verdict")  # letters act where the focus is
    page.type("d")
    has(page, ".kit-cockpit .kit-verdict", "pre-revert")
    parted = page.run(TEXT, ".kit-where")
    press(page, "[role=tablist]", "Code")
    page.until("return document.querySelector('.kit-code pre.kit-diff')")
    page.click("button[aria-label^=Play]")
    has(page, "button[aria-label^=Play]", "Pause")
    page.type(END)
    press(page, "[role=tablist]", "Events")
    page.until("return document.querySelectorAll('.kit-panel tr.kit-now').length === 1")

    assert painted < PAINTED_MS
    assert (asked, at_end, parted) == (0, "16 of 16 · 20 s", "8 of 16 · 15 s")


def test_predict_first_hides_the_answer_until_it_is_played(page: Firefox, story: Path) -> None:
    opened(page, story, "#predict")
    asked = page.run(TEXT, "h1")
    press(page, ".kit-ask", "On both")
    press(page, ".kit-transport", "Last (End)")
    has(page, ".kit-ask", "You said: On both. It is gone on revert.")

    assert asked == "Two machines play one script"


def test_what_could_happen_next_is_gone_through_and_its_token_opens(
    page: Firefox, story: Path
) -> None:
    opened(page, story)
    press(page, "#kit-what-next", "device_del core1")
    press(page, "#kit-what-next", "the shortest way to a violation of no-lost-release")
    press(page, "#kit-what-next", "Copy the token")
    has(page, "#kit-what-next", "kit open 1.path.")
    said = page.run(TEXT, "#kit-what-next .kit-silent")

    path = open_path(said.rpartition(" ")[2])
    assert path.actions[0] == "device_del core1"
    assert "no-lost-release" in [prop.name for prop in path.breaks]


def test_axe_finds_nothing_serious(page: Firefox, story: Path) -> None:
    opened(page, story)
    press(page, "#kit-what-next", "device_del core1")
    found = page.run(f"{AXE_SCRIPT}; return axe.run(document)")

    serious = [
        (one["id"], node["target"])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
    assert serious == []


def test_in_a_frame_of_a_phone_s_width_it_plays_and_is_no_wider(page: Firefox, story: Path) -> None:
    around = story.with_name("around.html")
    around.write_text(FRAME, encoding="utf-8")
    page.go(around.as_uri())
    page.enter("iframe")
    page.until(PLAYS)
    press(page, ".kit-transport", "First (Home)")
    has(page, ".kit-cockpit .kit-verdict", "Nothing has happened yet.")

    wide, room = page.run(
        "const { scrollWidth, clientWidth } = document.documentElement;"
        " return [scrollWidth, clientWidth]"
    )
    assert wide == room <= 360


def test_a_log_s_text_is_shown_and_does_nothing(page: Firefox, tmp_path: Path) -> None:
    lines = ['{"execute": "device_del", "arguments": {"id": "core1"}}', '{"return": {}}']
    path = tmp_path / "log.html"
    report = report_of(read_log([(EVIL, lines)]))
    path.write_text(story_page(observed_story(report)), encoding="utf-8")
    opened(page, path)
    press(page, "[role=tablist]", "Events")

    assert page.run(TEXT, "h1").startswith("<img src=x onerror=alert(1)>")
    assert page.run("return document.querySelectorAll('img, [onerror]').length") == 0


def test_an_exercise_of_a_hand_out_is_checked(
    page: Firefox, tmp_path: Path, executed: Executed
) -> None:
    one = find_exercise("after-the-reset")
    at = one.at[0].name
    words = {choice.name: choice.says for choice in one.task.choices}  # type: ignore[union-attr]  # a prediction
    lesson = find_lesson(one.lesson)
    with not_again(executed, {lesson.stem: lesson}):
        (made,) = handouts([lesson], tmp_path, together=False, tell=lambda *_: None, live=True)
    page.go(made.path.as_uri())
    page.until("return document.querySelectorAll('.kit-live:not(.kit-plays)').length === 0")
    page.run(
        "globalThis.card = [...document.querySelectorAll('.kit-exercise')]"
        ".find((one) => one.innerText.includes(arguments[0])); card.id = 'card'",
        one.title,
    )
    press(page, "#card", at)
    press(page, "#card", words[str(solution(one, at))])
    press(page, "#card", "Check")
    has(page, "#card .kit-verdict", "Right")
    page.go(made.path.as_uri())
    kept = page.run("return localStorage.getItem('unplug-kit progress')")

    assert one.name in kept
