"""One JupyterLab and one browser for all lessons, and what must be true of every page.

KIT_LAB_URL names a site of JupyterLite, by its address or its folder: then the same tests run
there, but for those marked ``local``; those marked ``site`` run nowhere else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    ViewportSize,
    expect,
)

from tests.lab import (
    lab_server,
    open_beside,
    open_in_site,
    open_lesson,
    run_again,
)
from tools.website.serve import served

OpenLesson = Callable[..., AbstractContextManager[Page]]
SITE = os.environ.get("KIT_LAB_URL", "")
# Two messages of a kernel can meet on their way, and the server passes one on torn. JupyterLab says
# so here; a test that waits for what was in it fails by itself.
TORN = "Kernel message validation error: Unexpected token "
# What JupyterLab itself had asked a kernel that the next lesson ended: it waits for no reply then.
ENDED = "Error: Canceled future for "
VIEWPORT: ViewportSize = {"width": 1400, "height": 1000}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    elsewhere = [item for item in items if item.get_closest_marker("local" if SITE else "site")]
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
def context(browser: Browser) -> BrowserContext:
    """One reader of a site: what was loaded once is at hand."""
    return browser.new_context(viewport=VIEWPORT)


@dataclass(slots=True)
class Kept:
    """A page that stays open, and what was noticed on it since it was last asked for."""

    page: Page
    lesson: str
    kernel: str
    elsewhere: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def watched(page: Page, lesson: str, kernel: str) -> Kept:
    kept = Kept(page, lesson, kernel)
    page.context.on("request", lambda request: kept.elsewhere.append(request.url))
    page.on("pageerror", lambda error: kept.broken.append(str(error)))
    return kept


@pytest.fixture(scope="session")
def opened(
    browser: Browser, address: str, lab_home: Path, request: pytest.FixtureRequest
) -> Iterator[OpenLesson]:
    """Open a lesson with its cells run; no request may leave the machine, no script break.

    JupyterLab is loaded once.  Its page stays; the kernel, too, with nothing left of what it ran,
    but for a lesson that names another one or lies in another folder.
    """
    context: BrowserContext | None = request.getfixturevalue("context") if SITE else None
    expect.set_options(timeout=30_000)  # a busy machine is not a mistake of the page's
    kept: list[Kept] = []

    def in_lab(name: str, theme: str, cell: str, kernel: str) -> Kept:
        if not kept:
            found = watched(browser.new_page(viewport=VIEWPORT), name, kernel)
            open_lesson(found.page, address, name, theme, cell)
            return found
        found = kept.pop()
        found.page.set_viewport_size(VIEWPORT)
        if found.lesson == name:
            run_again(found.page, theme, cell)
        else:
            folders = {Path(one).parent for one in (name, found.lesson)}
            same = kernel == found.kernel and len(folders) == 1  # in which a kernel runs
            open_beside(found.page, name, theme, cell, same_kernel=same)
            found.lesson, found.kernel = name, kernel
        return found

    def in_site(name: str, theme: str, cell: str, context: BrowserContext) -> Kept:
        found = watched(context.new_page(), name, "")
        written = lab_home / "work" / "notebooks" / name
        text = written.read_text(encoding="utf-8") if written.exists() else ""
        open_in_site(found.page, address, name, theme, cell, text)
        return found

    @contextmanager
    def open_page(
        name: str,
        theme: str = "JupyterLab Light",
        cell: str = "",
        kernel: str = "of all",
    ) -> Iterator[Page]:
        if context:
            found = in_site(name, theme, cell, context)
        else:
            found = in_lab(name, theme, cell, kernel)
        completed = False
        try:
            yield found.page
            completed = True
        finally:
            if completed and context is None:
                kept.append(found)
            else:  # what a failed test left behind is nobody's start
                found.page.close()
        origin = "/".join(address.split("/")[:3])
        inside = (origin, "data:", "blob:")
        outside = [url for url in found.elsewhere if not url.startswith(inside)]
        broken = [error for error in found.broken if not error.startswith((TORN, ENDED))]
        found.elsewhere.clear()
        found.broken.clear()

        assert (outside, broken) == ([], [])

    yield open_page
    for each in kept:
        each.page.context.close()
