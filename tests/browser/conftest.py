"""One JupyterLab and one browser for all lessons, and what must be true of every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.lab import BROWSER_FLAGS, lab_server, open_lesson

OpenLesson = Callable[..., AbstractContextManager[Page]]


@pytest.fixture(scope="session")
def lab_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="session")
def address(lab_home: Path) -> Iterator[str]:
    with lab_server(lab_home) as address:
        yield address


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(BROWSER_FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def opened(browser: Browser, address: str) -> OpenLesson:
    """Open a lesson with its cells run; no request may leave the machine, no script break."""

    @contextmanager
    def open_page(name: str, theme: str = "JupyterLab Light") -> Iterator[Page]:
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        elsewhere: list[str] = []
        broken: list[str] = []
        page.on("request", lambda request: elsewhere.append(request.url))
        page.on("pageerror", lambda error: broken.append(str(error)))
        open_lesson(page, address, name, theme)
        yield page
        page.close()
        outside = [url for url in elsewhere if not url.startswith((address, "data:", "blob:"))]

        assert (outside, broken) == ([], [])

    return open_page
