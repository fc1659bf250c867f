"""A JupyterLab of its own on loopback, and a lesson opened in it: for tests and screenshots."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from kit.common.packaged_data import FIRST_LESSON, Lessons
from kit.lessons.lab import lab_command, lab_environment

ROOT = Path(__file__).parent.parent
# Chromium's own look-ups would leave the machine; without these flags it makes some at every start.
BROWSER_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
READY_MS = 180_000 if os.environ.get("KIT_LAB_URL") else 60_000  # a page brings its Python


def find_browser() -> str | None:
    """Return the path of a browser that playwright can drive, or None; rather one with windows."""
    without_windows, *others = BROWSERS
    return next(filter(None, map(shutil.which, (*others, without_windows))), None)


@contextmanager
def lab_server(home: Path, clone: Path | None = None) -> Iterator[str]:
    """Run JupyterLab as `kit lab` does on a copy of the lessons below *home*; yield its address.

    Args:
        home: An empty folder: settings, workspaces and the copy of the lessons go there.
        clone: What KIT_QEMU names for the kernels; None is the re-enactment.
    """
    work = home / "work"
    for folder in ("notebooks", "docs"):
        shutil.copytree(ROOT / folder, work / folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = lab_environment(os.environ) | {
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "share"),  # the progress of whoever runs this is theirs
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "user-settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
        "KIT_QEMU": str(clone or "re-enactment"),
    }
    where = Lessons(work / "notebooks", work / "notebooks" / FIRST_LESSON)
    command = lab_command(
        *(where, port, "--no-browser", "--ip=127.0.0.1"),
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=",
        "--ServerApp.password=",
        "--LabApp.expose_app_in_browser=True",
    )
    log = home / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/api/status", server, log)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(timeout=20)


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"JupyterLab does not answer at {url}:\n{log.read_text()[-3000:]}")


def open_lesson(
    page: Page, address: str, name: str, theme: str = "JupyterLab Light", cell: str = ""
) -> None:
    """Open a lesson, wait for its kernel, run its cells and wait for the widgets.

    Args:
        page: A page of the browser.
        address: JupyterLab's.
        name: The notebook's.
        theme: JupyterLab's.
        cell: Words of the only cell to run; empty is all of them.
    """
    page.goto(f"{address}/lab/tree/notebooks/{name}?reset", timeout=READY_MS)
    _run(page, theme, cell)


def open_in_site(
    page: Page,
    address: str,
    name: str,
    theme: str = "JupyterLab Light",
    cell: str = "",
    written: str = "",
) -> None:
    """Do the same in a JupyterLite site.

    Args:
        page: A page of the browser.
        address: Of the site.
        name: The notebook's.
        theme: JupyterLab's.
        cell: As for open_lesson.
        written: A notebook's text, which is saved under that name first; else the site has it.
    """
    page.goto(f"{address}/lab/index.html?reset", timeout=READY_MS)
    page.wait_for_function("() => window.jupyterapp", timeout=READY_MS)
    page.evaluate(FORGET_PLACES)
    page.evaluate(
        """async ([name, content]) => {
            const app = window.jupyterapp;
            await app.restored;
            const path = "notebooks/" + name;
            if (content) {
                const model = {type: "notebook", format: "json", content: JSON.parse(content)};
                await app.serviceManager.contents.save(path, model);
            }
            await app.commands.execute("docmanager:open", {path});
        }""",
        [name, written],
    )
    _run(page, theme, cell)


def open_beside(
    page: Page,
    name: str,
    theme: str = "JupyterLab Light",
    cell: str = "",
    *,
    same_kernel: bool = False,
) -> None:
    """Open a lesson in a JupyterLab that shows another, which is closed.

    Args:
        page: Of JupyterLab.
        name: The notebook's.
        theme: JupyterLab's.
        cell: As for open_lesson.
        same_kernel: Go on with the other's kernel, which forgets what it ran; else that ends.
    """
    page.evaluate(
        """async ([path, same, code]) => {
            const app = window.jupyterapp;
            let kernel;
            for (const one of [...app.shell.widgets("main")]) {
                const its = one.sessionContext?.session?.kernel;
                if (!same) await one.sessionContext?.shutdown();
                else if (its && !kernel) {
                    await its.requestExecute({code, silent: true, store_history: false}).done;
                    kernel = its.model;
                }
                if (one.context) one.context.model.dirty = false;  // or it asks whether to save
                one.close();
            }
            await app.commands.execute("docmanager:open", {path, kernel});
        }""",
        [f"notebooks/{name}", same_kernel, FORGET_CELLS],
    )
    page.mouse.move(0, 0)
    page.evaluate(FORGET_PLACES)
    _run(page, theme, cell)


# what a test did in a lesson is no start for the next one
FORGET_PLACES = """() => {
    for (const name of Object.keys(localStorage))
        if (name.startsWith("unplug-kit:places:")) localStorage.removeItem(name);
}"""


# nor what its cells did in the kernel
FORGET_CELLS = """\
import ipywidgets
ipywidgets.Widget.close_all()
get_ipython().run_line_magic("reset", "-f")
"""


def run_again(page: Page, theme: str = "JupyterLab Light", cell: str = "") -> None:
    """Empty a lesson's outputs and run its cells on the kernel that it has."""
    page.evaluate(
        """async (code) => {
            const app = window.jupyterapp;
            for (const one of [...app.shell.widgets("main")])
                if (one.content?.activeCell) app.shell.activateById(one.id);
                else one.close();  // what a link opened
            await app.commands.execute("notebook:clear-all-cell-outputs");
            const kernel = app.shell.currentWidget.sessionContext.session?.kernel;
            await kernel?.requestExecute({code, silent: true, store_history: false}).done;
        }""",
        FORGET_CELLS,
    )
    _run(page, theme, cell)


def _run(page: Page, theme: str, cell: str) -> None:
    page.locator(".jp-NotebookPanel .jp-Cell").first.wait_for(timeout=READY_MS)
    page.evaluate(
        """async ([theme, cell]) => {
            const app = window.jupyterapp;
            const panel = app.shell.currentWidget;
            await panel.context.ready;
            await panel.sessionContext.ready;
            await panel.sessionContext.session.kernel.info;
            if (document.body.dataset.jpThemeName !== theme)
                await app.commands.execute("apputils:change-theme", {theme});
            const {content} = panel, source = (one) => one.model.sharedModel.getSource();
            if (cell) content.activeCellIndex = content.widgets.findIndex(
                (one) => one.model.type === "code" && source(one).includes(cell));
            await app.commands.execute(`notebook:run-${cell ? "cell" : "all-cells"}`);
        }""",
        [theme, cell],
    )
    shown = page.locator(".kit .kit-verdict").or_(page.get_by_text("of 2 points"))  # a lab's
    shown.first.wait_for(timeout=READY_MS)


def write_notebook(path: Path, *sources: str) -> None:
    """Write a notebook of code cells, which a server that runs can open."""
    cells = [
        {
            "cell_type": "code",
            "id": f"cell{number}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(sources)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)  # a site has no server that makes it
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}  # a site goes by this
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4}
    path.write_text(json.dumps(notebook | {"nbformat_minor": 5}), encoding="utf-8")


def lay_out(page: Page) -> None:
    """Lay out every cell of a lesson.

    One out of sight has the height that it had when it was last in sight, often before its output
    came, and axe sees no colours there.
    """
    page.evaluate(
        """() => {
            for (const cell of document.querySelectorAll(".jp-Cell"))
                cell.style.setProperty("content-visibility", "visible", "important");
        }"""
    )


def serious_findings(
    page: Page, inside: str = ".jp-OutputArea-output"
) -> list[tuple[str, list[str]]]:
    """Return what axe finds serious or critical in the outputs of a lesson, or *inside* others."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    lay_out(page)
    results = page.evaluate("(inside) => axe.run(inside, {resultTypes: ['violations']})", inside)
    return [
        (found["id"], node["target"])
        for found in results["violations"]
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
    ]
