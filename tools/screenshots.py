"""Take the pictures of docs/screenshots again: ``make screenshots``.

The sandbox after a late release and the series tour in JupyterLab (on the re-enactment), light and
dark, wide and narrow; and what the terminal shows, as text.  Needs Chromium (Debian: apt install
chromium).
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from rich.console import Console

from kit.common.user_file import make_folders, write_atomic
from kit.machine.catalogue import find_revision
from kit.views.terminal.catalogue import states_table

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
from tests.lab import BROWSER_FLAGS, lab_server, open_lesson  # noqa: E402 - found by the line above

SCREENSHOTS = ROOT / "docs" / "screenshots"
SANDBOX, TOUR = "01-before-and-after.ipynb", "05-fifteen-seconds.ipynb"
THEMES = (("light", "JupyterLab Light"), ("dark", "JupyterLab Dark"))
PICTURES = (
    ("lesson-01-light-1600.png", SANDBOX, "JupyterLab Light", 1600, 1450),
    ("lesson-01-dark-800.png", SANDBOX, "JupyterLab Dark", 800, 1450),
    *(
        (f"tour-{name}-{width}.png", TOUR, theme, width, 1700)
        for name, theme in THEMES
        for width in (1600, 800)
    ),
)


def main() -> None:
    """Take all pictures."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if chromium is None:
        sys.exit("screenshots need chromium (Debian: apt install chromium)")
    make_folders(SCREENSHOTS)
    with (
        tempfile.TemporaryDirectory() as home,
        lab_server(Path(home)) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=list(BROWSER_FLAGS))
        for name, lesson, theme, width, height in PICTURES:
            page = browser.new_page(viewport={"width": width, "height": height})
            open_lesson(page, address, lesson, theme)
            (play_late_release if lesson == SANDBOX else step_aside)(page, narrow=width < 1000)
            page.mouse.move(0, 0)
            page.wait_for_timeout(500)  # scrolling and the theme's transitions
            write_atomic(SCREENSHOTS / name, page.screenshot())
            print(f"docs/screenshots/{name}")
            page.close()
        browser.close()
    terminal()


def play_late_release(page: Page, *, narrow: bool) -> None:
    """Play the late release, and put the sandbox in view."""
    sandbox = page.locator(".kit-sandbox")
    for words in ("device_del", "release late"):
        sandbox.get_by_role("button", name=words, exact=True).click()
    page.get_by_text("limbo").first.wait_for()
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    if narrow:
        sandbox.evaluate("element => element.scrollIntoView()")
    else:
        page.locator(".jp-WindowedPanel-outer").first.evaluate("element => element.scrollTo(0, 0)")


def step_aside(page: Page, *, narrow: bool) -> None:
    """Show the tour from its top, on a wide page with the diff side by side."""
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    tour = page.locator(".kit-tour")
    if not narrow:
        tour.get_by_role("button", name="diff side by side").click()
    tour.evaluate("element => element.scrollIntoView()")


def terminal() -> None:
    """Write what `kit list states --at cpu-timeout --diff timer` prints, as text."""
    console = Console(width=80, file=io.StringIO(), force_jupyter=False)
    table, _ = states_table(find_revision("cpu-timeout"), find_revision("timer"))
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    name = "list-states.txt"
    lines = [line.rstrip() for line in console.file.getvalue().splitlines()]
    write_atomic(SCREENSHOTS / name, ("\n".join(lines) + "\n").encode())
    print(f"docs/screenshots/{name}")


if __name__ == "__main__":
    main()
