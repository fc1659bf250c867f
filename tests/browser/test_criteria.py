"""Criteria of WCAG 2.1 that a browser can decide, on hand-outs and on a story's page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kit.cli.main import main
from kit.handout.lessons import find_lesson, handouts
from tests.executed import Executed, not_again

pytestmark = pytest.mark.browser
UNSPECIFIC = {"here", "click here", "link", "more", "this", "read more"}
SPACING = """* { line-height: 1.5 !important; letter-spacing: .12em !important;
  word-spacing: .16em !important; } p { margin-bottom: 2em !important; }"""
CLIPPED = """root => [...document.querySelectorAll(root + ' *')].filter(e => {
  const style = getComputedStyle(e), hides = v => v === 'hidden' || v === 'clip';
  if (!e.textContent.trim() || e.namespaceURI.endsWith('svg')) return false;
  if (!e.getClientRects().length) return false;
  if (e.getBoundingClientRect().width <= 1 || style.clip !== 'auto') return false; // unseen
  const wide = hides(style.overflowX) && e.scrollWidth > e.clientWidth + 1;
  return wide || hides(style.overflowY) && e.scrollHeight > e.clientHeight + 1;
}).map(e => e.outerHTML.slice(0, 120))"""
NAMES = """root => {
  const plain = text => text.toLowerCase().replaceAll('×', 'x').replace(/[^a-z0-9 ]/g, '').trim();
  return [...document.querySelectorAll(root + ' :is(button, a, [role=button])[aria-label]')]
    .filter(e => !plain(e.getAttribute('aria-label')).includes(plain(e.innerText || '')))
    .map(e => e.getAttribute('aria-label') + ' / ' + e.innerText); }"""
RULES = """() => { const found = [];
  const walk = rules => { for (const rule of rules) {
    const media = rule.media ? rule.media.mediaText : '', selects = rule.selectorText || '';
    if (/orientation/.test(media)) found.push(media);
    const shows = rule.style && (rule.style.display || rule.style.visibility || rule.style.content);
    if (/:hover/.test(selects) && shows) found.push(selects);
    if (rule.cssRules) walk(rule.cssRules);
  } };
  for (const sheet of document.styleSheets) { try { walk(sheet.cssRules); } catch {} }
  return found; }"""
FOCUSED = """() => { const e = document.activeElement;
  if (!e || e === document.body) return null;
  const seen = getComputedStyle(e), all = [...document.querySelectorAll('*')];
  const outlined = seen.outlineStyle !== 'none' && parseFloat(seen.outlineWidth) > 0;
  return { place: all.indexOf(e), html: e.outerHTML.slice(0, 100), url: location.href,
    visible: outlined || seen.boxShadow !== 'none' }; }"""


RUNNING = """() => document.getAnimations().filter(a => a.playState === 'running')
  .map(a => a.animationName || 'animation')"""

SMALL_LETTERS = """() => [...document.querySelectorAll("svg[role=img] text")]
    .filter((one) => one.getClientRects().length)
    .map((one) => [one, parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a])
    .filter(([, size]) => size < 10.99).map(([one, size]) => `${one.textContent}: ${size}`)"""


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory, executed: Executed) -> dict[str, Path]:
    """A hand-out, one that plays, and the page of a story."""
    folder, found = tmp_path_factory.mktemp("pages"), {}
    for name, number, live in (("hand-out", "01", False), ("live", "03", True)):
        lesson = find_lesson(number)
        with not_again(executed, {lesson.stem: lesson}):
            (made,) = handouts(
                [lesson], folder / name, together=False, tell=lambda *_: None, live=live
            )
        found[name] = made.path
    found["story"] = folder / "story.html"
    sides = ["--before", "pre-revert", "--after", "revert"]
    told = ["--format", "page", "-o", str(found["story"])]
    assert main(["compare", "late-release", *sides, *told]) == 0
    return found


each = pytest.mark.parametrize("name", ["hand-out", "live", "story"])


@contextmanager
def opened_at(browser: Browser, path: Path, width: int = 1440, height: int = 900) -> Iterator[Page]:
    """Open a page for a reader who asks for less motion."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
        bypass_csp=True,
        offline=True,
    )
    page = context.new_page()
    page.goto(path.as_uri())
    expect(page.locator(".kit-live.kit-plays")).to_have_count(page.locator(".kit-live").count())
    yield page
    context.close()


@each
def test_language_title_links_labels_and_rules(
    browser: Browser, places: dict[str, Path], name: str
) -> None:
    """3.1.1, 2.4.2, 2.4.4, 2.5.3, 1.3.4 and 1.4.13: no rule locks a page or shows text on hover."""
    with opened_at(browser, places[name]) as page:
        links = {text.strip().lower() for text in page.locator("a").all_inner_texts()}

        assert page.locator("html").get_attribute("lang") == "en"
        assert page.title()
        assert links & UNSPECIFIC == set()
        assert page.evaluate(NAMES, "body") == []
        assert page.evaluate(RULES) == []


@each
@pytest.mark.parametrize("width", [720, 320])
def test_at_200_percent_and_on_a_narrow_screen_nothing_is_cut(
    browser: Browser, places: dict[str, Path], name: str, width: int
) -> None:
    """1.4.4 and 1.4.10: 1440 pixels at 200 % are 720, and 320 is what 1.4.10 asks for."""
    with opened_at(browser, places[name], width, 450) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CLIPPED, "body") == []


@each
@pytest.mark.parametrize("width", [390, 1024, 1440, 1920])
def test_no_letters_of_a_picture_are_smaller_than_11_px(
    browser: Browser, places: dict[str, Path], name: str, width: int
) -> None:
    """A picture that has more room than its window scrolls."""
    with opened_at(browser, places[name], width, 900) as page:
        assert page.evaluate(SMALL_LETTERS) == []


@each
def test_wider_text_spacing_cuts_nothing(
    browser: Browser, places: dict[str, Path], name: str
) -> None:
    """1.4.12."""
    with opened_at(browser, places[name]) as page:
        page.add_style_tag(content=SPACING)

        assert page.evaluate("document.documentElement.scrollWidth") <= 1440
        assert page.evaluate(CLIPPED, "body") == []


@each
def test_tab_goes_through_the_page_in_its_order_and_leaves_it(
    browser: Browser, places: dict[str, Path], name: str
) -> None:
    """2.1.2, 2.4.3, 2.4.7, 3.2.1: no trap, the order of the page, a visible focus, no act."""
    with opened_at(browser, places[name]) as page:
        before, found = page.locator("main, body").first.inner_text(), []
        for _ in range(400):
            page.keyboard.press("Tab")
            here = page.evaluate(FOCUSED)
            if here is None or (found and here["place"] == found[0]["place"]):
                break
            found.append(here)
        order = [one["place"] for one in found]

        assert len(found) > 3
        assert len(found) < 400
        assert order == sorted(order)
        assert [one["html"] for one in found if not one["visible"]] == []
        assert {one["url"] for one in found} == {page.url}
        assert page.locator("main, body").first.inner_text() == before


@each
def test_nothing_moves_by_itself_and_letters_do_nothing_without_focus(
    browser: Browser, places: dict[str, Path], name: str
) -> None:
    """2.2.2, 2.3.1, 2.1.4; and nothing is animated where the reader asks for less motion."""
    with opened_at(browser, places[name]) as page:
        before = page.locator("body").inner_text()
        for key in ("d", "z", "b", "a", "1"):
            page.keyboard.press(key)
        page.wait_for_timeout(300)

        assert (
            page.evaluate("document.getAnimations().filter(a => a.playState === 'running').length")
            == 0
        )
        assert page.locator("body").inner_text() == before


@each
def test_on_paper_nothing_is_wider_than_the_sheet(
    browser: Browser, places: dict[str, Path], name: str
) -> None:
    with opened_at(browser, places[name], 718, 1000) as page:
        page.emulate_media(media="print")
        sheets = page.pdf(format="A4").count(b"/Type /Page\n")

        assert page.evaluate("document.documentElement.scrollWidth") <= 718
        assert page.evaluate(CLIPPED, "body") == []
        assert 0 < sheets < 40
