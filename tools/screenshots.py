"""Take the pictures of docs/screenshots again: ``make screenshots``.

The lesson in JupyterLab, light and dark, wide and narrow, after a late release; and what the
terminal shows, as text.  Needs Chromium (Debian: apt install chromium).
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console

from kit.machine.revision import find_revision
from kit.views.listing import states_table

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
from tests.lab import BROWSER_FLAGS, lab_server, open_lesson  # noqa: E402 - found by the line above

SCREENSHOTS = ROOT / "docs" / "screenshots"
LESSON = "01-before-and-after.ipynb"
SIZES = (("light-1600", "JupyterLab Light", 1600), ("dark-800", "JupyterLab Dark", 800))


def main() -> None:
    """Take all pictures."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if chromium is None:
        sys.exit("screenshots need chromium (Debian: apt install chromium)")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as home,
        lab_server(Path(home)) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=list(BROWSER_FLAGS))
        for name, theme, width in SIZES:
            page = lesson(browser, address, theme, width)
            save(page, f"lesson-01-{name}.png")
            page.close()
        browser.close()
    terminal()


def lesson(browser: Browser, address: str, theme: str, width: int) -> Page:
    """Open the lesson, play the late release, and put the bench in view."""
    page = browser.new_page(viewport={"width": width, "height": 1450})
    open_lesson(page, address, LESSON, theme)
    bench = page.locator(".kit-bench")
    for words in ("device_del", "release late"):
        bench.get_by_role("button", name=words, exact=True).click()
    page.get_by_text("limbo").first.wait_for()
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    if width < 1000:
        bench.evaluate("element => element.scrollIntoView()")
    else:
        page.locator(".jp-WindowedPanel-outer").first.evaluate("element => element.scrollTo(0, 0)")
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)  # scrolling and the theme's transitions
    return page


def save(page: Page, name: str) -> None:
    """Write the page as a picture."""
    page.screenshot(path=SCREENSHOTS / name)
    print(f"docs/screenshots/{name}")


def terminal() -> None:
    """Write what `kit list states --at cpu-timeout --diff timer` prints, as text."""
    console = Console(width=80, file=io.StringIO(), force_jupyter=False)
    table, _ = states_table(find_revision("cpu-timeout"), find_revision("timer"))
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    name = "list-states.txt"
    lines = [line.rstrip() for line in console.file.getvalue().splitlines()]
    (SCREENSHOTS / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"docs/screenshots/{name}")


if __name__ == "__main__":
    main()
