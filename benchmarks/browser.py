"""How long a step of the player and a click in the sandbox take, and how smoothly the cover plays.

All of it is measured in a browser, from the key or the click to the frame on screen.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

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
    const seen = window.seen = {pressed: 0, first: 0, shown: 0};
    for (const kind of ["keydown", "click"]) root.addEventListener(kind, (event) => {
        seen.pressed = event.timeStamp;
        seen.first = seen.shown = 0;
    }, true);
    new MutationObserver(() => requestAnimationFrame(() => {
        const channel = new MessageChannel();  // its message comes after the frame is painted
        channel.port1.onmessage = () => {
            seen.shown = performance.now();
            seen.first = seen.first || seen.shown;
        };
        channel.port2.postMessage(0);
    })).observe(root, {childList: true, subtree: true, characterData: true, attributes: true});
}"""

SANDBOX = 'from kit import sandbox\nsandbox(before="pre-revert", after="revert")'
COVER = "from kit import cover\ncover()"
CLICKS = ("device_del", "+5 s", "release", "Start again")
COVER_MS = 4000  # of the five seconds that the cover plays
FRAMES = """(ms) => new Promise((done) => {
    const seen = [];
    const frame = (time) => {
        seen.push(time);
        if (time - seen[0] < ms) requestAnimationFrame(frame);
        else done(((seen.length - 1) * 1000) / (time - seen[0]));
    };
    document.querySelector(".kit-cover-live button").click();
    requestAnimationFrame(frame);
})"""

__all__ = ["Measured", "measure"]


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds of steps, of a peer's steps and of clicks; the cover's frames a second."""

    steps: list[float]
    peer: list[float]
    clicks: list[float]
    frames: float


def measure() -> Measured | None:
    """Return what is measured in a browser.

    None where there is no Chromium, or no Playwright to steer it.
    """
    try:
        from playwright.sync_api import Page, sync_playwright

        from tests.lab import (
            BROWSER_FLAGS,
            find_browser,
            lab_server,
            open_lesson,
            write_notebook,
        )
    except ImportError:
        return None
    chromium = find_browser()
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

    def clicks(page: Page) -> list[float]:
        page.evaluate(WATCH, ".kit-sandbox")
        found = []
        for name in CLICKS * (2 * STEPS // len(CLICKS)):
            page.locator(".kit-sandbox").get_by_role("button", name=name, exact=True).click()
            page.wait_for_timeout(SETTLED_MS)
            found.append(float(page.evaluate("seen.first - seen.pressed")))
        return found

    with tempfile.TemporaryDirectory() as home, lab_server(Path(home)) as address:
        write_notebook(
            Path(home) / "work" / "notebooks" / "bench.ipynb", PLAYER, PEER, SANDBOX, COVER
        )
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=list(BROWSER_FLAGS))
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            open_lesson(page, address, "bench.ipynb")
            page.locator(".peer .noUi-handle").wait_for()
            measured = Measured(
                steps(page, ".kit-player", "input[type=range]"),
                steps(page, ".peer", ".noUi-handle"),
                clicks(page),
                float(page.evaluate(FRAMES, COVER_MS)),
            )
            browser.close()
    return measured


if __name__ == "__main__":
    print(measure())
