"""Take the pictures of docs/screenshots again: ``make screenshots``.

The cover, a sandbox after a late release, a player midway, a connector, the series tour, an
exercise, the table of properties and the reverts, in JupyterLab as `kit lab` starts it (on the
re-enactment): light and dark, 1024, 1440 and 1920 wide; and what the terminal shows, as text.
Needs Chromium (Debian: apt install chromium).  Names after the command take these alone.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, expect, sync_playwright
from rich.console import Console

from kit.common.user_file import make_folders, write_atomic
from kit.machine.catalogue import find_revision
from kit.views.terminal.states import states_table

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
from tests.lab import (  # noqa: E402 - found by the line above
    BROWSER_FLAGS,
    find_browser,
    lab_server,
    open_lesson,
)

SCREENSHOTS = ROOT / "docs" / "screenshots"
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
SIZES = ((1024, 900), (1440, 900), (1920, 1080))
COLOURS = 128  # a page has few, and a picture with a palette is small; with 48 a red was brown


def main() -> None:
    """Take all pictures, or those that are named."""
    chromium = find_browser()
    if chromium is None:
        sys.exit("screenshots need chromium (Debian: apt install chromium)")
    make_folders(SCREENSHOTS)
    with (
        tempfile.TemporaryDirectory() as home,
        lab_server(Path(home)) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=list(BROWSER_FLAGS))
        for name in sys.argv[1:] or SUBJECTS:
            lesson, act = SUBJECTS[name]
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            open_lesson(page, address, lesson)
            page.evaluate("window.jupyterapp.shell.collapseLeft()")
            page.wait_for_timeout(500)
            take(page, name, act(page))
            page.close()
        browser.close()
    terminal()


def take(page: Page, name: str, subject: Locator) -> None:
    """Take the pictures of one subject."""
    page.mouse.move(0, 0)
    for theme, called in THEMES.items():
        page.evaluate(
            "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', {theme})",
            called,
        )
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(900)  # the kernel draws for this width
            for _ in range(2):  # JupyterLab draws cells on the way, which moves what is below them
                subject.evaluate("(element) => element.scrollIntoView()")
                page.wait_for_timeout(500)
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            packed = io.BytesIO()
            picture.quantize(COLOURS, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
            file = SCREENSHOTS / f"{name}-{theme}-{width}.png"
            write_atomic(file, packed.getvalue())
            print(file.relative_to(ROOT))


def show_cover(page: Page) -> Locator:
    """Show the first sight of the course."""
    return page.locator(".jp-Cell").first


def play_late_release(page: Page) -> Locator:
    """Play the late release."""
    sandbox = page.locator(".kit-sandbox").first
    for words in ("device_del", "release late"):
        sandbox.get_by_role("button", name=words, exact=True).click()
    expect(sandbox.locator(".kit-verdict")).to_contain_text("limbo")
    return sandbox


def stop_midway(page: Page) -> Locator:
    """Play a run a part of the way, so that the rest of it is still hidden."""
    player = page.locator(".kit-player").nth(1)
    for _ in range(8):
        player.get_by_role("button", name="Step on (right arrow)").click()
    return player


def drive_up(page: Page) -> Locator:
    """Bring the connector into use."""
    connector = page.locator(".kit-connector").first
    for words in ("device_add", "USABLE", "UNISOLATE", "configure-connector"):
        connector.get_by_role("button", name=words, exact=True).click()
        expect(connector.locator(".kit-verdict")).to_contain_text(f"{words} is answered")
    return connector


def show_tour(page: Page) -> Locator:
    """Show the tour from its top."""
    return page.locator(".kit-tour")


def answer_wrongly(page: Page) -> Locator:
    """Give a wrong answer to the first exercise."""
    card = page.locator(".kit-exercise").first
    card.get_by_role("button").nth(2).click()
    card.get_by_role("button", name="check", exact=True).click()
    return card


def explore(page: Page) -> Locator:
    """Let some of the table be explored."""
    table = page.locator(".kit-properties").first
    table.get_by_role("button", name="explore all", exact=True).click()
    page.wait_for_timeout(20_000)
    return table


def show_reverts(page: Page) -> Locator:
    """Show the table of reverts."""
    return page.locator(".kit-reverts").first


SUBJECTS: dict[str, tuple[str, Callable[[Page], Locator]]] = {
    "cover": ("00-start-here.ipynb", show_cover),
    "sandbox": ("01-before-and-after.ipynb", play_late_release),
    "player": ("07-who-knows-what.ipynb", stop_midway),
    "connector": ("02-giving-a-cpu-back.ipynb", drive_up),
    "tour": ("05-fifteen-seconds.ipynb", show_tour),
    "exercise": ("01-before-and-after.ipynb", answer_wrongly),
    "properties": ("08-the-revert.ipynb", explore),
    "reverts": ("10-any-revert.ipynb", show_reverts),
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
