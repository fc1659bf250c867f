"""The labs on the site: they run, are graded without a server, and a reload keeps the answers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from kit.storage.exercises import labs
from tests.browser.conftest import OpenLesson
from tests.course.test_labs import solution
from tests.lab import READY_MS

pytestmark = [pytest.mark.browser, pytest.mark.site]
ANSWER = """([id, text]) => {
    const panel = window.jupyterapp.shell.currentWidget;
    const cell = panel.content.widgets.find((one) => one.model.id === id);
    cell.model.sharedModel.setSource(text);
}"""
RUN_AND_SAVE = """async () => {
    const app = window.jupyterapp;
    await app.commands.execute("notebook:run-all-cells");
    await app.commands.execute("docmanager:save");
}"""
OPEN_AGAIN = """async (path) => {
    const app = window.jupyterapp;
    await app.restored;
    const panel = await app.commands.execute("docmanager:open", {path});
    await panel.context.ready;
    return panel.content.widgets.map((one) => one.model.sharedModel.getSource());
}"""


def answer(page: Page, answers: dict[int, object]) -> None:
    """Write answers into the cells of a lab that is open, run it, and save it."""
    for number, value in answers.items():
        page.evaluate(ANSWER, [f"answer-{number}", f"answer_{number} = {value!r}"])
    page.evaluate(RUN_AND_SAVE)


def earned(page: Page) -> list[str]:
    """Return the points that each task shows, also those of a cell out of sight."""
    shown = page.locator(".jp-OutputArea-output strong", has_text="of 2 points")
    return [re.sub(r" of 2 points$", "", text) for text in shown.all_text_contents()]


@pytest.mark.parametrize("lab", sorted(labs()))
def test_a_lab_is_graded_on_the_site_and_a_reload_keeps_the_answers(
    opened: OpenLesson, lab: str
) -> None:
    name = f"labs/{lab}.ipynb"
    given = solution(lab) | {1: "e"}
    with opened(name) as page:
        busy = page.locator(".jp-Notebook:visible .jp-InputPrompt", has_text="[*]")
        expect(busy).to_have_count(0, timeout=READY_MS)
        before = earned(page)
        answer(page, given)
        expect(busy).to_have_count(0, timeout=READY_MS)
        failed = page.locator('.jp-OutputArea-output[data-mime-type*="error"]').all_inner_texts()
        after = earned(page)
        page.reload()
        page.wait_for_function("() => window.jupyterapp", timeout=READY_MS)
        kept = page.evaluate(OPEN_AGAIN, f"notebooks/{name}")

    assert (before, after, failed) == (["0"] * 5, ["0", *["2"] * 4], [])
    assert [line for line in kept if line.startswith("answer_")] == [
        f"answer_{number} = {value!r}" for number, value in sorted(given.items())
    ]
