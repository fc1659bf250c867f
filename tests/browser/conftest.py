"""One JupyterLab and one browser for all lessons, and what must be true of every page.

KIT_LAB_URL names a site of JupyterLite, by its address or its folder: then the same tests run
there, but for those marked ``local``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.lab import BROWSER_FLAGS, lab_server, open_in_site, open_lesson
from tools.website.serve import served

OpenLesson = Callable[..., AbstractContextManager[Page]]
SITE = os.environ.get("KIT_LAB_URL", "")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if SITE:
        elsewhere = [item for item in items if item.get_closest_marker("local")]
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in elsewhere]


@pytest.fixture(scope="session")
def lab_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="session")
def address(lab_home: Path) -> Iterator[str]:
    if SITE.startswith("http"):
        yield SITE.rstrip("/")
        return
    with served(Path(SITE)) if SITE else lab_server(lab_home) as address:
        yield address


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(BROWSER_FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def context(browser: Browser) -> BrowserContext:
    """One reader of a site: what was loaded once is at hand."""
    return browser.new_context(viewport={"width": 1400, "height": 1000})


@pytest.fixture(scope="session")
def opened(
    browser: Browser, address: str, lab_home: Path, request: pytest.FixtureRequest
) -> OpenLesson:
    """Open a lesson with its cells run; no request may leave the machine, no script break."""
    context: BrowserContext | None = request.getfixturevalue("context") if SITE else None
    expect.set_options(timeout=30_000)  # a busy machine is no mistake of the page's

    @contextmanager
    def open_page(name: str, theme: str = "JupyterLab Light") -> Iterator[Page]:
        new_page = context.new_page if context else browser.new_page
        page = new_page(**({} if context else {"viewport": {"width": 1400, "height": 1000}}))
        elsewhere: list[str] = []
        broken: list[str] = []
        page.context.on("request", lambda request: elsewhere.append(request.url))
        page.on("pageerror", lambda error: broken.append(str(error)))
        if context is None:
            open_lesson(page, address, name, theme)
        else:
            written = lab_home / "work" / "notebooks" / name
            text = written.read_text(encoding="utf-8") if written.exists() else ""
            open_in_site(page, address, name, theme, text)
        yield page
        page.close()
        origin = "/".join(address.split("/")[:3])
        outside = [url for url in elsewhere if not url.startswith((origin, "data:", "blob:"))]

        assert (outside, broken) == ([], [])

    return open_page
