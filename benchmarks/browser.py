"""How long one step of the player takes in a browser, from the key to the picture on screen."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

STEPS = 10  # each way
SETTLED_MS = 300
PLAYER = 'from kit import player\nplayer("late-release", before="pre-revert", after="revert")'
PEER = """import ipywidgets as w
slider, shown = w.IntSlider(max=20), w.HTML()
slider.observe(lambda change: setattr(shown, "value", str(change["new"])), ["value"])
box = w.VBox([slider, shown])
box.add_class("peer")
box"""
# The last change of the page below a root, and the frame that shows it, since the last key.
WATCH = """(name) => {
    const root = document.querySelector(name);
    const seen = window.seen = {pressed: 0, shown: 0};
    root.addEventListener("keydown", (event) => {
        seen.pressed = event.timeStamp;
        seen.shown = 0;
    }, true);
    new MutationObserver(() => requestAnimationFrame(() => {
        const channel = new MessageChannel();  // its message comes after the frame is painted
        channel.port1.onmessage = () => { seen.shown = performance.now(); };
        channel.port2.postMessage(0);
    })).observe(root, {childList: true, subtree: true, characterData: true, attributes: true});
}"""

__all__ = ["step_ms"]


def step_ms() -> tuple[list[float], list[float]] | None:
    """Return the times of some steps of the player's slider, and of a slider that shows a number.

    None where there is no Chromium, or no Playwright to steer it.
    """
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    try:
        from playwright.sync_api import Page, sync_playwright

        from tests.lab import BROWSER_FLAGS, lab_server, open_lesson, write_notebook
    except ImportError:
        return None
    if chromium is None:
        return None

    def steps(page: Page, name: str, handle: str) -> list[float]:
        page.evaluate(WATCH, name)
        page.locator(f"{name} {handle}").focus()
        found = []
        for key in ("ArrowRight",) * STEPS + ("ArrowLeft",) * STEPS:
            page.keyboard.press(key)
            page.wait_for_timeout(SETTLED_MS)
            found.append(float(page.evaluate("seen.shown - seen.pressed")))
        return found

    with tempfile.TemporaryDirectory() as home, lab_server(Path(home)) as address:
        write_notebook(Path(home) / "work" / "notebooks" / "bench.ipynb", PLAYER, PEER)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=list(BROWSER_FLAGS))
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            open_lesson(page, address, "bench.ipynb")
            page.locator(".peer .noUi-handle").wait_for()
            measured = (
                steps(page, ".kit-player", "input[type=range]"),
                steps(page, ".peer", ".noUi-handle"),
            )
            browser.close()
    return measured


if __name__ == "__main__":
    print(*(f"{median(times):.0f} ms" for times in step_ms() or ()))
