"""Take the pictures of docs/screenshots again: ``make screenshots``.

The sandbox after a late release, a player midway, the connector and the series tour in JupyterLab
(on the re-enactment), light and dark, wide and narrow; and what the terminal shows, as text.  Needs
Chromium (Debian: apt install chromium).
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright
from rich.console import Console

from kit.common.user_file import make_folders, write_atomic
from kit.machine.catalogue import find_revision
from kit.views.terminal.catalogue import states_table

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
from tests.lab import BROWSER_FLAGS, lab_server, open_lesson  # noqa: E402 - found by the line above

SCREENSHOTS = ROOT / "docs" / "screenshots"
SANDBOX, PLAYER, CONNECTOR, TOUR = (
    "01-before-and-after.ipynb",
    "07-who-knows-what.ipynb",
    "02-giving-a-cpu-back.ipynb",
    "05-fifteen-seconds.ipynb",
)
LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"
PICTURES = (
    ("sandbox-light-1440.png", SANDBOX, LIGHT, 1440, 900),
    ("sandbox-dark-1920.png", SANDBOX, DARK, 1920, 1080),
    ("player-light-1440.png", PLAYER, LIGHT, 1440, 900),
    ("player-dark-1024.png", PLAYER, DARK, 1024, 900),
    ("connector-light-1440.png", CONNECTOR, LIGHT, 1440, 900),
    ("tour-light-1440.png", TOUR, LIGHT, 1440, 900),
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
            page.evaluate("window.jupyterapp.shell.collapseLeft()")
            page.wait_for_timeout(500)
            ACTS[lesson](page)
            page.mouse.move(0, 0)
            page.wait_for_timeout(500)  # scrolling and the theme's transitions
            write_atomic(SCREENSHOTS / name, page.screenshot())
            print(f"docs/screenshots/{name}")
            page.close()
        browser.close()
    terminal()


def play_late_release(page: Page) -> None:
    """Play the late release, and put the sandbox in view."""
    sandbox = page.locator(".kit-sandbox").first
    for words in ("device_del", "release late"):
        sandbox.get_by_role("button", name=words, exact=True).click()
    expect(sandbox.locator(".kit-verdict")).to_contain_text("limbo")
    sandbox.evaluate("element => element.scrollIntoView()")


def stop_midway(page: Page) -> None:
    """Play a run a part of the way, so that the rest of it is still hidden."""
    player = page.locator(".kit-player").nth(1)
    for _ in range(8):
        player.get_by_role("button", name="Step on (right arrow)").click()
    page.wait_for_timeout(1000)  # the pictures above it are drawn for this width
    player.evaluate("element => element.scrollIntoView()")


def drive_up(page: Page) -> None:
    """Bring the connector into use."""
    connector = page.locator(".kit-connector").first
    for words in ("device_add", "USABLE", "UNISOLATE", "configure-connector"):
        connector.get_by_role("button", name=words, exact=True).click()
        expect(connector.locator(".kit-verdict")).to_contain_text(f"{words} is answered")
    connector.evaluate("element => element.scrollIntoView()")


def show_tour(page: Page) -> None:
    """Show the tour from its top."""
    page.locator(".kit-tour").evaluate("element => element.scrollIntoView()")


ACTS = {
    SANDBOX: play_late_release,
    PLAYER: stop_midway,
    CONNECTOR: drive_up,
    TOUR: show_tour,
}


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
