"""Hand-outs in a real browser without script: on a phone and on a wide screen, dark, on paper."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from kit.handout.lessons import handouts, lesson_files
from tests.executed import Executed, not_again
from tests.lab import serious_findings

pytestmark = pytest.mark.browser
SOME = (1, 5, 10)  # a sandbox, a tour, tables and plots
Scheme = Literal["light", "dark"]
WIDTHS = (390, 800, 1400)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, executed: Executed) -> list[Path]:
    wanted = [lesson_files()[number] for number in SOME]
    folder = tmp_path_factory.mktemp("handouts")
    with not_again(executed, {path.stem: path for path in wanted}):
        made = handouts(wanted, folder, together=True, tell=lambda *_: None)
        return [page.path for page in made]


@contextmanager
def opened(
    browser: Browser, path: Path, width: int, scheme: Scheme, *, script: bool = False
) -> Iterator[Page]:
    """Open a page; it may ask for nothing but itself."""
    context = browser.new_context(
        java_script_enabled=script,
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        bypass_csp=script,  # what looks at the page is a script, which the page forbids
    )
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    yield page
    outside = [url for url in asked if url != path.as_uri() and not url.startswith("data:")]
    context.close()

    assert outside == []


def widths(page: Page) -> list[int]:
    """How wide is the content in windows of these widths?  The browser says it without script."""
    found, session = [], page.context.new_cdp_session(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found.append(session.send("Page.getLayoutMetrics")["cssContentSize"]["width"])
    return found


def test_without_script_a_page_is_no_wider_than_its_window(
    browser: Browser, pages: list[Path], tmp_path: Path
) -> None:
    wide = tmp_path / "wide.html"
    wide.write_text('<body style="margin: 0"><p style="width: 900px">wider than two of them')
    found = {}
    for path in (*pages, wide):
        with opened(browser, path, WIDTHS[0], "light") as page:
            found[path.stem] = widths(page)

    assert found == {name: list(WIDTHS) for name in found} | {"wide": [900, 900, 1400]}


def test_axe_finds_nothing_serious(browser: Browser, pages: list[Path]) -> None:
    found = []
    for path in pages:
        with opened(browser, path, 1400, "light", script=True) as page:
            found += [(path.stem, "light", *one) for one in serious_findings(page, "html")]
            page.set_viewport_size({"width": 390, "height": 900})
            page.emulate_media(color_scheme="dark")
            found += [(path.stem, "dark", *one) for one in serious_findings(page, "html")]

    assert found == []


def colours(page: Page) -> tuple[str, str]:
    """The colours of the page's ground and of its words."""
    shown = page.evaluate(
        "() => { const s = getComputedStyle(document.body); return [s.backgroundColor, s.color] }"
    )
    return shown[0], shown[1]


def test_dark_is_for_screens_and_paper_is_light(browser: Browser, pages: list[Path]) -> None:
    with opened(browser, pages[0], 800, "dark", script=True) as page:
        on_screen = colours(page)
        page.emulate_media(media="print", color_scheme="dark")
        printed = colours(page)

    assert on_screen == ("rgb(17, 17, 17)", "rgb(230, 230, 230)")
    assert printed == ("rgb(255, 255, 255)", "rgb(31, 35, 40)")


def test_a_hint_opens_on_a_screen_and_stands_at_the_end_on_paper(
    browser: Browser, pages: list[Path]
) -> None:
    with opened(browser, pages[0], 800, "light", script=True) as page:
        fold, sheet = page.locator(".kit-hint").first, page.locator(".kit-hints")
        before = (fold.locator("p").is_visible(), sheet.is_visible())
        fold.locator("summary").click()
        after = fold.locator("p").is_visible()
        page.emulate_media(media="print")
        printed = (fold.is_visible(), sheet.is_visible())

    assert (before, after, printed) == ((False, False), True, (False, True))


def test_on_paper_addresses_are_visible_and_no_picture_is_cut(
    browser: Browser, pages: list[Path]
) -> None:
    with opened(browser, pages[0], 800, "light", script=True) as page:
        page.emulate_media(media="print")
        address = page.locator("a.kit-outside").first.evaluate(
            "link => getComputedStyle(link, '::after').content"
        )
        breaks = page.locator("figure").evaluate_all(
            "all => all.map(one => getComputedStyle(one).breakInside)"
        )
        hidden = page.locator(".kit-folded, nav").evaluate_all(
            "all => all.map(one => getComputedStyle(one).display)"
        )

    assert "https://lore.kernel.org/" in address
    assert set(breaks) == {"avoid"}
    assert set(hidden) == {"none"}


def test_a_page_prints_without_script(browser: Browser, pages: list[Path]) -> None:
    with opened(browser, pages[0], 800, "dark") as page:
        pdf = page.pdf(format="A4")

    assert pdf.startswith(b"%PDF-")
    assert pdf.count(b"/Type /Page\n") > 3
