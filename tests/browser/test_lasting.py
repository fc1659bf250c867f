"""A lesson keeps its pictures without a kernel, nothing covers it, and it can be presented."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Page, TimeoutError, expect

from tests.browser.conftest import OpenLesson
from tests.lab import READY_MS, write_notebook

pytestmark = pytest.mark.browser
NAME = "lasting.ipynb"
PLAYER = """from kit import player

player("guest-refuses", at="baseline", predict="first-to-know")"""
CARD = 'from kit import exercise\n\nexercise("late-what-becomes")'
COVER = "from kit import cover\n\ncover()"
SESSION = "window.jupyterapp.shell.currentWidget.sessionContext.session"
RESTARTED = "The kernel was restarted or is gone: what you see no longer answers. Make it live"
EARLIER = "This is a picture of an earlier run. Make it live"
RUN_ALL = """async () => {
    const app = window.jupyterapp, {context, sessionContext} = app.shell.currentWidget;
    await Promise.all([context.ready, sessionContext.ready]);
    await sessionContext.session.kernel.info;
    await app.commands.execute("notebook:run-all-cells");
}"""
LINES = "() => [...document.querySelectorAll('.kit-still p')].map((line) => line.textContent)"
# JupyterLab's own answer would be to ask whether to show news, which covers the page
NEWS = """async () => {
    const all = window.jupyterapp.serviceManager.settings;
    const found = await all.fetch("@jupyterlab/apputils-extension:notification");
    return found.schema.properties.fetchNews.default;
}"""
# what JupyterLab shows of a widget without a kernel
BROKEN = """() => [...document.querySelectorAll(".jp-OutputArea-output")].filter((node) =>
    node.getClientRects().length && /model not found|Loading widget/.test(node.textContent)).length
    + [...document.querySelectorAll(".jupyter-widgets-disconnected")].filter((node) =>
    !["none", "normal"].includes(getComputedStyle(node, "::before").content)).length"""
SMALL_WORDS = """(root) => {
    const svg = root.querySelector("svg[role=img]"), scale = svg.getScreenCTM().a;
    const words = [...root.querySelectorAll("*")].filter((node) => node.getClientRects().length
        && [...node.childNodes].some((one) => one.nodeType === 3 && one.textContent.trim()));
    return words.map((node) => [node.textContent, parseFloat(getComputedStyle(node).fontSize)
        * (node.closest("svg") ? scale : 1)]).filter(([, size]) => size < 22);
}"""
VISIBLE = """() => ["#jp-menu-panel", "#jp-left-stack", ".jp-MarkdownCell", ".jp-Cell-inputWrapper"]
    .filter((name) => [...document.querySelectorAll(name)].some((node) =>
        node.getClientRects().length && getComputedStyle(node).visibility === "visible"))"""


@pytest.fixture(scope="module", autouse=True)
def notebook(address: str, lab_home: Path) -> None:  # noqa: ARG001 - the server makes the folder
    write_notebook(lab_home / "work" / "notebooks" / NAME, PLAYER, CARD)


def reopen(page: Page, name: str = NAME) -> None:
    """Close the notebook, which nobody saves, and read it from its file again."""
    page.evaluate(
        """async (path) => {
            const app = window.jupyterapp, panel = app.shell.currentWidget;
            panel.context.model.dirty = false;
            panel.close();
            await app.commands.execute("docmanager:open", {path});
        }""",
        f"notebooks/{name}",
    )
    page.locator(".jp-NotebookPanel .jp-Cell").first.wait_for(timeout=READY_MS)


PLACE = """() => [...document.querySelectorAll(".kit-cockpit, .kit-exercise, .kit-cover-live")]
    .filter((one) => !one.closest("[inert]")).map((one) => [
        ...[".kit-where", ".kit-look", ".kit-chooser strong", "output"].map((name) =>
            [...one.querySelectorAll(name)].map((part) => part.textContent).join()),
        [...one.querySelectorAll("[aria-pressed=true], [aria-selected=true]")]
            .map((part) => part.textContent).join()])"""
HERE = [
    ["5 of 6 · 0 s", "2 of 5: Now let the guest release the core in time, before 15 s.",
     "pre-revert,resend", "", "1×,Events"],
    ["14 of 14 · 35 s", "You said: QEMU. It was the guest, at 0 s. No other party learned it.",
     "baseline", "", "4×"],
    ["", "", "", "", "● pre-revert,● QEMU has removed it and sent DEVICE_DELETED"],
    ["", "", "", "9 s", ""],
]  # fmt: skip


def comes_to(page: Page, place: list[list[str]]) -> list[list[str]]:
    """Wait until the learner is at a place; return where the learner is."""
    same = f"(place) => JSON.stringify(({PLACE})()) === JSON.stringify(place)"
    with suppress(TimeoutError):
        page.wait_for_function(same, arg=place, polling=100)
    found: list[list[str]] = page.evaluate(PLACE)
    return found


@pytest.mark.local  # a site is not restarted by its address
def test_made_live_each_widget_is_where_the_learner_was(opened: OpenLesson, lab_home: Path) -> None:
    sources = ('from kit import sandbox\n\nsandbox(tasks="before-and-after")', PLAYER, CARD, COVER)
    write_notebook(lab_home / "work" / "notebooks" / "places.ipynb", *sources)
    with opened("places.ipynb") as page:
        begun = page.evaluate(PLACE)
        sandbox, player = (page.locator(".kit-cockpit").nth(n) for n in range(2))
        for name in ("Next task", "after: one revision later", "device_del", "+5 s"):
            sandbox.get_by_role("button", name=name, exact=True).click()
        sandbox.get_by_role("tab", name="Events").click()
        expect(sandbox.locator(".kit-where")).to_contain_text("6 of 6")
        sandbox.locator(".kit-picture").press("ArrowLeft")
        player.get_by_role("button", name="QEMU", exact=True).click()
        player.locator(".kit-picture").press("End")
        page.locator(".kit-exercise .kit-choices button").first.click()
        page.locator(".kit-cover-live input").fill("9")
        page.wait_for_timeout(500)  # the card's answer comes from the kernel
        here = page.evaluate(PLACE)

        page.evaluate(f"{SESSION}.kernel.restart()")
        page.wait_for_function(f"({LINES})().length === 4")
        page.get_by_role("button", name="Make it live").last.click()
        assert comes_to(page, here) == here
        page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")

        sandbox.locator(".kit-picture").press("Home")  # and this is not saved
        player.locator(".kit-picture").press("ArrowLeft")
        moved = page.evaluate(PLACE)
        page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        reopen(page, "places.ipynb")
        page.evaluate(RUN_ALL)
        assert comes_to(page, moved) == moved

        page.evaluate(RUN_ALL)
        assert comes_to(page, begun) == begun

    assert here == HERE
    assert moved != here != begun


@pytest.mark.local  # a site is not restarted by its address
def test_pictures_last_without_a_kernel(opened: OpenLesson, address: str, lab_home: Path) -> None:
    with opened(NAME) as page:
        news = page.evaluate(NEWS)
        page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
        page.evaluate(f"{SESSION}.kernel.restart()")
        page.wait_for_function(f"({LINES})().length === 2")
        restarted = [page.evaluate(LINES), page.evaluate(BROKEN)]
        dead = page.locator(".kit-cockpit").first.evaluate("(node) => !!node.closest('[inert]')")
        pale = page.locator(".kit-cockpit button").first.evaluate(
            "(node) => getComputedStyle(node).opacity"
        )

        page.goto(f"{address}/lab/tree/notebooks/{NAME}?reset", timeout=READY_MS)
        # the file names widgets of the kernel that went
        page.wait_for_function(f"({LINES})().length === 2")
        reopened = [page.evaluate(LINES), page.evaluate(BROKEN)]
        image = page.locator(".kit-still img")
        width = image.evaluate("(node) => node.naturalWidth && node.clientWidth")
        covered = page.locator(".Toastify__toast").count()

        page.get_by_role("button", name="Make it live").first.click()
        expect(page.locator(".kit-cockpit")).to_be_visible()
        expect(page.locator(".kit-still")).to_have_count(1)  # the card below was not asked for

        page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        path = lab_home / "work" / "notebooks" / NAME
        saved = json.loads(path.read_text())  # by another kernel: JupyterLab does not trust it
        saved["metadata"]["kernelspec"] = {"name": "gone", "display_name": "Gone"}
        path.write_text(json.dumps(saved))
        reopen(page)
        page.wait_for_function(f"({LINES})().length === 2")
        elsewhere = [page.evaluate(LINES), page.evaluate(BROKEN)]
        write_notebook(path, PLAYER, CARD)

    assert restarted == [[RESTARTED] * 2, 0]
    assert (dead, pale) == (True, "0.45")
    assert reopened == elsewhere == [[EARLIER] * 2, 0]
    assert width > 700
    assert (covered, news) == (0, "false")


def test_present_shows_pictures_alone_and_hides_the_future_for_a_vote(opened: OpenLesson) -> None:
    with opened("03-the-guest-says-no.ipynb") as page:
        page.set_viewport_size({"width": 1920, "height": 1080})
        page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex = 0")
        cockpit = page.locator(".kit-cockpit").first
        slider, fog = cockpit.locator("input[type=range]"), cockpit.locator(".kit-fog").nth(1)
        veiled = float(fog.get_attribute("width") or 0)
        expect(cockpit.locator(".kit-verdict")).to_contain_text("What follows is hidden")
        page.get_by_role("button", name="Present", exact=True).click()
        expect(page.locator(".kit-presented .kit-slide")).to_have_count(1)
        expect(fog).to_have_attribute("width", "0")
        expect(cockpit.locator(".kit-verdict")).not_to_contain_text("hidden")
        page.wait_for_timeout(1000)  # the kernel draws for this width
        seen, small = page.evaluate(VISIBLE), cockpit.evaluate(SMALL_WORDS)
        box = cockpit.locator("svg[role=img]").bounding_box()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowLeft")
        stepped = slider.input_value()
        page.keyboard.press("b")
        voted = float(fog.get_attribute("width") or 0)
        page.keyboard.press("PageDown")
        second = page.locator(".kit-presenter").inner_text()
        page.keyboard.press("p")
        expect(page.locator(".kit-presented")).to_have_count(0)
        cells = page.locator(".jp-Cell").count()

        page.locator(".kit-cockpit .kit-picture").first.focus()
        page.keyboard.press("p")  # passed on by the widget
        expect(page.locator(".kit-presented")).to_have_count(1)
        page.keyboard.press("Escape")
        expect(page.locator(".kit-presented")).to_have_count(0)

        assert page.locator(".jp-Cell").count() == cells
    assert veiled > 100
    assert (seen, small) == ([], [])
    assert box is not None
    assert box["width"] > 1800
    assert stepped == "1"
    assert voted > 100
    assert "2 of " in second


SMALL_FIGURES = """() => [...document.querySelectorAll(".kit-slide svg[role=img] text")]
    .filter((one) => one.getClientRects().length)
    .map((one) => [one.textContent,
        parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a])
    .filter(([, size]) => size < 21.9)"""


def test_words_of_every_figure_have_22_pixels_on_a_projector(opened: OpenLesson) -> None:
    with opened("01-before-and-after.ipynb") as page:
        page.set_viewport_size({"width": 1440, "height": 900})
        figure = page.locator(".jp-OutputArea-output svg[role=img]").last
        before = figure.get_attribute("style"), figure.evaluate("(one) => one.clientWidth")
        page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex = 0")
        page.get_by_role("button", name="Present", exact=True).click()
        count = int(page.locator(".kit-presenter [role=status]").inner_text().split()[-1])
        small, figures = [], 0
        for number in range(count):
            if number:
                page.keyboard.press("PageDown")
            page.wait_for_timeout(800)  # the kernel draws for this width
            small += page.evaluate(SMALL_FIGURES)
            figures += page.locator(".kit-slide svg[role=img]").count()
        page.keyboard.press("Escape")
        after = figure.get_attribute("style"), figure.evaluate("(one) => one.clientWidth")

    assert figures > 1
    assert small == []
    assert before == after


def test_the_sentence_of_a_presented_picture_is_whole(opened: OpenLesson) -> None:
    with opened("07-who-knows-what.ipynb", cell="player(") as page:
        page.set_viewport_size({"width": 1440, "height": 900})
        player = page.locator(".kit-player").first
        player.get_by_role("button", name="Last (End)").click()
        player.locator(".kit-picture").focus()
        page.keyboard.press("p")
        expect(page.locator(".kit-presented")).to_have_count(1)
        said = player.locator(".kit-verdict")
        hidden = said.evaluate("(one) => one.scrollHeight - one.clientHeight")
        lines = said.inner_text().count("\n") + 1
        page.keyboard.press("Escape")

    assert (lines, hidden) == (3, 0)


def test_the_cover_is_there_before_anything_runs(opened: OpenLesson) -> None:
    with opened("00-start-here.ipynb", cell="sandbox()") as page:
        cover = page.locator(".jp-MarkdownCell img").first
        width = cover.evaluate("(image) => image.decode().then(() => image.naturalWidth)")
        start = page.locator("a", has_text="Start lesson 1").first
        looks = start.evaluate(
            "(one) => (({display, color}) => [display, color])(getComputedStyle(one))"
        )

    with opened("01-before-and-after.ipynb", cell="sandbox(") as page:
        onward = page.locator("a", has_text="Next: lesson 2").first
        principle = page.locator("a", has_text="unreliable failure detector").first
        shown = [
            one.evaluate("(one) => getComputedStyle(one).display") for one in (onward, principle)
        ]

    assert width == 960
    assert looks == ["inline-block", "rgb(255, 255, 255)"]
    assert shown == ["inline-block", "inline"]


def test_the_cover_follows_the_theme(opened: OpenLesson) -> None:
    change = "window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab %s'})"
    with opened("00-start-here.ipynb", cell="sandbox()") as page:
        cover = page.locator(".jp-MarkdownCell img").first
        expect(cover).to_have_css("filter", "none")
        page.evaluate(change % "Dark")
        expect(cover).to_have_css("filter", "invert(0.93) hue-rotate(180deg)")
        # JupyterLab removes its splash twice if the theme changes again while that fades
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)
        page.evaluate(change % "Light")
        expect(cover).to_have_css("filter", "none")
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)


IN_SIGHT = """(name) => {
    const outer = document.querySelector(".jp-WindowedPanel-outer").getBoundingClientRect();
    const one = document.querySelector(name);
    return one ? Math.round(one.getBoundingClientRect().top - outer.top) : null;
}"""
CHOOSE = """async () => {
    const {content} = window.jupyterapp.shell.currentWidget;
    const at = content.widgets.findIndex((cell) => cell.outputArea);
    content.activeCellIndex = at;
    content.activate();
    await content.scrollToItem(at, "start");
    document.querySelector(".kit-cockpit, .kit-cover-live").dataset.old = "yes";
}"""


@pytest.mark.parametrize(
    ("lesson", "widget"),
    [("00-start-here", ".kit-cover-live"), ("01-before-and-after", ".kit-cockpit")],
)
def test_the_top_of_what_is_run_stays_in_sight(
    opened: OpenLesson, lesson: str, widget: str
) -> None:
    """JupyterLab scrolls to the next cell before the output has its height."""
    with opened(f"{lesson}.ipynb") as page:
        page.set_viewport_size({"width": 1440, "height": 900})
        page.evaluate(CHOOSE)
        page.keyboard.press("Shift+Enter")
        new = f"{widget}:not([data-old])"
        page.wait_for_function(f"document.querySelector('{new} button')")
        page.wait_for_timeout(1500)
        top = page.evaluate(IN_SIGHT, new)

    assert 0 <= top < 400
