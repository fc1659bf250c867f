"""Measure how soon a page of the site shows a picture: ``python benchmarks/website.py dist/site``.

A browser that has never been there opens lesson 01.  Seconds by the clock depend on what else the
machine does; those of the browser's processes do not, so both are printed.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from playwright.sync_api import sync_playwright

from tests.lab import BROWSER_FLAGS, READY_MS, find_browser
from tools.website.serve import served

AIM_S = 15
TICKS = os.sysconf("SC_CLK_TCK")
READY = """async () => {
    const panel = window.jupyterapp.shell.currentWidget;
    await panel.context.ready;
    await panel.sessionContext.ready;
    window.jupyterapp.commands.execute("notebook:run-all-cells");
}"""


def worked_s() -> float:
    """Return how long this process's children, and theirs, have used a processor."""
    times: dict[int, tuple[int, int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        times[int(path.parent.name)] = (int(fields[1]), int(fields[11]) + int(fields[12]))
    ours, before = {os.getpid()}, 0
    while len(ours) > before:
        before = len(ours)
        ours |= {pid for pid, (parent, _) in times.items() if parent in ours}
    return sum(times[pid][1] for pid in ours - {os.getpid()} if pid in times) / TICKS


def measure(address: str, chromium: str) -> list[tuple[str, float, float]]:
    """Return what had happened after how many seconds, by the clock and of work."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(BROWSER_FLAGS))
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        began, worked = time.perf_counter(), worked_s()
        steps = []

        def note(what: str) -> None:
            steps.append((what, time.perf_counter() - began, worked_s() - worked))

        page.goto(f"{address}/lab/index.html?path=notebooks/01-before-and-after.ipynb")
        page.locator(".jp-NotebookPanel .jp-Cell").first.wait_for(timeout=READY_MS)
        note("the lesson is shown")
        page.evaluate(READY)
        note("the kernel starts")
        page.locator(".kit .kit-verdict").first.wait_for(timeout=4 * READY_MS)
        note("the first picture")
        browser.close()
    return steps


def main() -> None:
    """Measure three times and print."""
    chromium = find_browser()
    if chromium is None:
        sys.exit("the site is measured in chromium (Debian: apt install chromium)")
    with served(Path(sys.argv[1])) as address:
        for _ in range(3):
            steps = measure(address, chromium)
            (_, start, _), (_, picture, _) = steps[1:]
            print(f"kernel start to first picture: {picture - start:.1f} s, aim under {AIM_S} s")
            for what, clock, work in steps:
                print(f"  {what:20} {clock:6.1f} s  {work:6.1f} s of work")


if __name__ == "__main__":
    main()
