"""The cockpit in a real browser: its size, its keys, its fog, its tabs, and that nothing jumps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from kit import mail_of
from kit.course import sandbox_tasks
from kit.machine.catalogue import find_revision
from kit.simulation.run import play_pair
from kit.simulation.timeline import Timeline
from kit.storage.scenarios import find_scenario
from tests.browser.conftest import OpenLesson
from tests.effort import in_turn
from tests.lab import serious_findings, write_notebook

pytestmark = pytest.mark.browser
THEMES = ["JupyterLab Light", "JupyterLab Dark"]
PAIR = 'before="pre-revert", after="revert"'
PATH = '"1.path.c0q2r0m1d2.linux-5_12.resend.Rzp3caaaaaaaaaeaa", beside="pre-revert"'
SOURCES = {
    "player": f'from kit import player\nplayer("libvirt-wrong", {PAIR})',
    "sandbox": 'from kit import sandbox\nsandbox(tasks="before-and-after")',
    "connector": 'from kit import connector_lab\nconnector_lab("pre-revert")',
    "path": f"from kit import path\npath({PATH})",
}
NOTEBOOK = "cockpits.ipynb"
CELLS = {**SOURCES, "tour": 'from kit import tour\ntour("timer")'}
TASKS = sandbox_tasks.TASKS["before-and-after"]
EVENTS = play_pair(
    find_scenario("libvirt-wrong"), find_revision("pre-revert"), find_revision("revert")
)
COUNT = len(Timeline(played=EVENTS).stops) + 1  # places after the start
ALIGNED = "(one) => getComputedStyle(one).textAlign"
MAX_HEIGHT = 700  # of a cockpit, in a window of 1440 x 900
MAX_SHIFT = 0.05
MIN_LABEL = 11  # px on the screen
LABELS = """(root) => {
    const scale = root.querySelector("svg[role=img]").getScreenCTM().a;
    return [...root.querySelectorAll("svg[role=img] text")].filter((t) => t.getClientRects().length)
        .map((t) => parseFloat(getComputedStyle(t).fontSize) * scale);
}"""
# All shifts count, also those that the browser excuses because they follow a click.
WATCH_SHIFTS = """() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.shifts.push(entry.value);
    }).observe({type: "layout-shift", buffered: false});
}"""
BOXES = """(root) => [...root.querySelectorAll("button, input")]
    .filter((node) => node.getClientRects().length && !node.closest(".kit-panel, .kit-popover"))
    .map((node) => {
        const box = node.getBoundingClientRect(), whole = root.getBoundingClientRect();
        const name = node.getAttribute("aria-label") || node.textContent || node.type;
        return [name, Math.round(box.x - whole.x), Math.round(box.y - whole.y)];
    })"""


@pytest.fixture(scope="module", autouse=True)
def notebook(address: str, lab_home: Path) -> None:  # noqa: ARG001 - the server makes the folder
    write_notebook(lab_home / "work" / "notebooks" / NOTEBOOK, *CELLS.values())


@pytest.fixture
def cockpit(opened: OpenLesson) -> Iterator[Callable[[str], Locator]]:
    """Run one cell, which shows a cockpit, in a window without side bars."""
    with_pages = []

    def of(name: str) -> Locator:
        context = opened(NOTEBOOK, cell=CELLS[name])
        page = context.__enter__()
        with_pages.append(context)
        return shown(page, 1440, 900)

    yield of
    for context in with_pages:
        context.__exit__(None, None, None)


def shown(page: Page, width: int, height: int) -> Locator:
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    found = page.locator(".kit-cockpit").first
    expect(found.locator(".kit-picture svg").first).to_be_visible()
    found.evaluate("(element) => element.scrollIntoView()")
    page.wait_for_timeout(400)  # the kernel draws for this width
    return found


def press(cockpit: Locator, *names: str) -> None:
    for name in names:
        cockpit.get_by_role("button", name=name, exact=True).first.click()


def where(cockpit: Locator) -> Locator:
    return cockpit.locator(".kit-where")


# -- its size --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SOURCES)
def test_it_fits_one_screen_with_both_machines(
    cockpit: Callable[[str], Locator], name: str
) -> None:
    there = cockpit(name)
    box = there.bounding_box()
    assert box is not None

    assert box["height"] <= MAX_HEIGHT


@pytest.mark.parametrize("name", ["player", "sandbox"])
def test_labels_are_legible_at_every_width(cockpit: Callable[[str], Locator], name: str) -> None:
    there = cockpit(name)
    for width in (1024, 1440, 1920):
        shown(there.page, width, 1080)
        sizes = there.evaluate(LABELS)
        box = there.locator(".kit-picture").bounding_box()
        assert box is not None

        assert min(sizes) >= MIN_LABEL, width
        tops = there.locator(".kit-transport button:visible").evaluate_all(
            "(all) => [...new Set(all.map((one) => Math.round(one.getBoundingClientRect().y)))]"
        )
        assert len(tops) == 1, f"the transport is one row at {width}"
        # what the window has beside JupyterLab's bars
        assert box["width"] >= min(width - 210, 1500), width


@pytest.mark.parametrize("name", ["player", "path"])
def test_another_width_changes_neither_the_place_nor_what_was_said(
    cockpit: Callable[[str], Locator], name: str
) -> None:
    there = cockpit(name)
    there.get_by_role("button", name="Last (End)").click()
    there.get_by_role("button", name="Next difference (d)").click()
    expect(there.locator(".kit-silent")).to_be_visible()
    before = [where(there).inner_text(), there.locator(".kit-verdict").inner_text()]
    drawn = there.locator("svg[role=img]").get_attribute("viewBox")
    shown(there.page, 1920, 1000)

    expect(there.locator("svg[role=img]")).not_to_have_attribute("viewBox", drawn or "")
    assert [where(there).inner_text(), there.locator(".kit-verdict").inner_text()] == before


@pytest.mark.parametrize("name", ["player", "sandbox", "path"])
def test_what_lasts_is_cut_and_neither_moved_nor_stretched(
    cockpit: Callable[[str], Locator], name: str
) -> None:
    """A point of a bar is where the same point of the picture is, at every place."""
    there = cockpit(name)
    if name == "sandbox":
        press(there, "device_del", "release late")
        expect(there.locator(".kit-verdict")).to_contain_text("limbo")
    off = []
    for _ in range(3):
        off += there.evaluate(
            """(root) => {
            const whole = root.querySelector("svg[role=img]").getScreenCTM();
            const parts = root.querySelectorAll("[data-kit=past], [data-kit=then]");
            return [...parts].flatMap((part) => {
                const inner = part.querySelector("*").getScreenCTM();
                return ["a", "d", "e", "f"].map((name) => Math.abs(inner[name] - whole[name]));
            });
        }"""
        )
        press(there, "Step back (left arrow)")

    assert len(off) == 48  # the shapes and the words, before the current place and after it
    assert max(off) < 0.5


# -- nothing jumps ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SOURCES)
def test_no_click_moves_another_control(cockpit: Callable[[str], Locator], name: str) -> None:
    there = cockpit(name)
    there.page.evaluate(WATCH_SHIFTS)
    before = there.evaluate(BOXES)
    names = [one[0] for one in before if one[0] not in ("event", "Compare…")]
    there.page.evaluate("() => { window.shifts.length = 0; }")
    for words in names:
        button = there.get_by_role("button", name=words, exact=True).first
        if not button.is_visible():
            continue  # a choice that the end of the run has replaced by its answer
        button.click()
        there.page.wait_for_timeout(150)
        there.page.keyboard.press("Escape")
        there.page.wait_for_timeout(50)
        after = {tuple(one) for one in there.evaluate(BOXES) if one[0] in names}
        if name != "player":
            assert {tuple(one) for one in before if one[0] in names} <= after, words
    shifts = there.page.evaluate("window.shifts")

    assert sum(shifts) < MAX_SHIFT


def test_a_step_of_the_tour_moves_nothing_below_it(opened: OpenLesson) -> None:
    with opened(NOTEBOOK, cell=CELLS["tour"]) as page:
        tour = page.locator(".kit-tour")
        page.evaluate("window.jupyterapp.shell.collapseLeft()")
        expect(tour.locator(".kit-cockpit svg").first).to_be_visible()
        tour.evaluate("(element) => element.scrollIntoView()")
        page.wait_for_timeout(600)
        page.wait_for_timeout(1000)  # the sandbox in it is drawn for this width
        page.evaluate(WATCH_SHIFTS)
        found = []
        for _ in range(4):
            page.evaluate("() => { window.shifts.length = 0; }")
            tour.get_by_role("button", name="next ▶", exact=True).click()
            page.wait_for_timeout(900)
            found.append(sum(page.evaluate("window.shifts")))

        assert max(found) < MAX_SHIFT


# -- keys ------------------------------------------------------------------------------------------


def test_keys_move_and_never_reach_jupyterlab(cockpit: Callable[[str], Locator]) -> None:
    there = cockpit("player")
    page = there.page
    cells = page.locator(".jp-Cell").count()
    there.locator(".kit-picture").focus()
    seen = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "End", "Home", "d", "a", "b", "x"):
        page.keyboard.press(key)
        seen.append(where(there).inner_text().partition(" · ")[0])

    assert seen == [f"{n} of {COUNT}" for n in (1, 2, 1, COUNT, 0, 8, 8, 8, 8)]
    assert page.locator(".jp-Cell").count() == cells


def test_space_plays_and_a_button_pauses(cockpit: Callable[[str], Locator]) -> None:
    there = cockpit("player")
    there.locator(".kit-picture").focus()
    there.page.keyboard.press("Space")
    expect(where(there)).not_to_contain_text(f"0 of {COUNT}")
    expect(there.get_by_role("button", name="Play or pause (space)")).to_have_text("❚❚ Pause")
    press(there, "Play or pause (space)")
    stopped = where(there).inner_text()
    there.page.wait_for_timeout(800)

    assert where(there).inner_text() == stopped


def test_the_slider_has_a_name_a_value_and_takes_its_keys(
    cockpit: Callable[[str], Locator],
) -> None:
    there = cockpit("player")
    slider = there.get_by_role("slider", name="event")
    slider.focus()
    there.page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", f"1 of {COUNT}, 0 s")
    there.page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", f"{COUNT} of {COUNT}, 20 s")


# -- predict, then reveal --------------------------------------------------------------------------


def test_the_future_is_hidden_until_it_is_played(cockpit: Callable[[str], Locator]) -> None:
    there = cockpit("player")
    limbo = there.locator("svg g[data-at] text", has_text="drops request").first
    expect(there.locator("h3")).to_have_text("Two machines play one script")
    expect(limbo).to_be_hidden()
    press(there, "Last (End)")
    expect(limbo).to_be_visible()
    expect(there.locator("h3")).to_have_text(
        "libvirt times out at 10 s, the guest releases at 16 s"
    )
    press(there, "First (Home)")
    expect(limbo).to_be_visible()


def test_the_times_of_the_events_stand_in_a_narrow_column_under_their_heading(
    cockpit: Callable[[str], Locator],
) -> None:
    widget = cockpit("player")
    press(widget, "Last (End)")
    widget.get_by_role("tab", name="Events").click()
    head, cell = (widget.locator(f"table.kit-events {one}") for one in ("thead th", "tbody th"))
    boxes = [head.nth(1).bounding_box(), cell.first.bounding_box()]
    sides = [
        one.evaluate("(one) => getComputedStyle(one).textAlign")
        for one in (head.nth(1), cell.first)
    ]

    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["x"] == boxes[1]["x"]
    assert 40 < boxes[0]["width"] == boxes[1]["width"] < 90
    assert sides == ["right", "right"]


def test_an_answer_plays_the_run_at_the_speed_chosen_and_is_compared(
    cockpit: Callable[[str], Locator],
) -> None:
    there = cockpit("player")
    press(there, "Speed: 4×")
    expect(there.get_by_role("button", name="Speed: 4×")).to_have_attribute("aria-pressed", "true")
    there.page.wait_for_timeout(800)
    expect(where(there)).to_contain_text(f"0 of {COUNT}")
    press(there, "On both")
    expect(there.get_by_role("button", name="On both")).to_have_attribute("aria-pressed", "true")
    expect(there.locator(".kit-ask")).to_have_text(
        "You said: On both. It is gone on revert.", timeout=30_000
    )
    expect(there.locator(".kit-verdict")).to_contain_text("pre-revert: the guest has released")
    expect(where(there)).to_contain_text(f"{COUNT} of {COUNT}")
    expect(there.get_by_role("button", name="Play or pause (space)")).to_have_text("▶ Play")


def test_in_the_events_only_what_was_played_is_listed(cockpit: Callable[[str], Locator]) -> None:
    there = cockpit("player")
    press(there, "Step on (right arrow)")
    there.get_by_role("tab", name="Events").click()

    expect(there.locator("tr[data-place]:visible")).to_have_count(1)
    press(there, "Last (End)")
    expect(there.locator("tr[data-place]:visible")).to_have_count(COUNT - 1)
    there.locator("tr[data-place='7']").click()
    expect(where(there)).to_have_text(f"8 of {COUNT} · 15 s")
    expect(there.locator("tr.kit-now")).to_contain_text("drops the request")


# -- tabs, tasks, and what the kernel does ---------------------------------------------------------


def test_the_code_follows_the_event_and_has_its_number(cockpit: Callable[[str], Locator]) -> None:
    there = cockpit("player")
    there.get_by_role("tab", name="Code").click()
    press(there, "Next difference (d)")
    expect(there.locator(".kit-code")).to_contain_text("8. QEMU's timer fires")
    expect(there.locator(".kit-code")).to_contain_text("Only CPUs get a timeout")


def test_one_does_something_in_the_past_and_takes_it_back(
    cockpit: Callable[[str], Locator],
) -> None:
    there = cockpit("player")
    press(there, "Next difference (d)", "Do something here", "system_reset")
    there.get_by_role("tab", name="Events").click()
    expect(there.locator(".kit-panel")).to_contain_text("You did: system_reset at 15 s.")
    press(there, "Undo")
    expect(there.locator(".kit-panel")).not_to_contain_text("You did:")


def test_a_task_is_ticked_and_the_next_one_starts_afresh(
    cockpit: Callable[[str], Locator],
) -> None:
    there = cockpit("sandbox")
    press(there, "Hint")
    expect(there.locator(".kit-ringed")).to_have_text("device_del")
    press(there, "device_del", "release late")
    expect(there.locator(".kit-ask")).to_contain_text(f"✓ 1 of {len(TASKS)}: {TASKS[0].why}")
    press(there, "Next task")
    expect(there.locator(".kit-ask")).to_contain_text(f"2 of {len(TASKS)}: {TASKS[1].asks}")
    expect(where(there)).to_contain_text("0 of 0")


def test_a_task_on_two_lines_touches_nothing_below_it(cockpit: Callable[[str], Locator]) -> None:
    there = cockpit("sandbox")
    one, two = (
        there.locator(".kit-look").evaluate(
            "(node, words) => { node.textContent = words; node.style.whiteSpace = 'pre';"
            " return node.offsetHeight; }",
            words,
        )
        for words in ("One line.", "Two\nlines.")
    )
    room = there.locator(".kit-ask").evaluate("(node) => node.clientHeight")

    assert one < two <= room


def test_the_last_task_says_that_it_is_the_last(cockpit: Callable[[str], Locator]) -> None:
    there = cockpit("sandbox")
    for _ in TASKS[1:]:
        press(there, "Next task")
    expect(there.locator(".kit-ask")).to_contain_text(f"{len(TASKS)} of {len(TASKS)}")
    again = there.get_by_role("button", name="First task", exact=True)
    expect(again).to_be_visible()
    for one in TASKS[-1].acts:
        there.locator(f'[data-key="act {one.name}"]').click()
    expect(there.locator(".kit-ask")).to_contain_text("That was the last task.")
    expect(again).to_have_class("kit-button kit-quiet")


def test_the_connector_goes_through_its_states_by_keys(
    cockpit: Callable[[str], Locator],
) -> None:
    there = cockpit("connector")
    for name in ("device_add", "USABLE", "UNISOLATE", "configure-connector"):
        button = there.get_by_role("button", name=name, exact=True)
        button.focus()
        there.page.keyboard.press("Enter")
        expect(there.locator(".kit-verdict")).to_contain_text(f"{name} is answered")
        expect(button).to_be_focused()
    expect(there.locator("svg")).to_contain_text("● now")
    press(there, "First (Home)")
    expect(there.locator(".kit-verdict")).to_contain_text("The connector of core 1 is empty.")


def test_a_mail_is_copied_whole(cockpit: Callable[[str], Locator], address: str) -> None:
    there = cockpit("player")
    there.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    there.get_by_role("tab", name="Share").click()
    press(there, "Copy for mail")
    mail = mail_of("libvirt-wrong", before="pre-revert", after="revert")

    expect(there.locator(".kit-shared")).to_have_text(f"copied: {len(mail.splitlines())} lines")
    assert there.page.evaluate("navigator.clipboard.readText()") == mail


def test_a_picture_is_saved(cockpit: Callable[[str], Locator], tmp_path: Path) -> None:
    there = cockpit("player")
    there.get_by_role("tab", name="Share").click()
    with there.page.expect_download() as saved:
        press(there, "Save SVG")
    saved.value.save_as(tmp_path / "picture.svg")

    assert saved.value.suggested_filename == "libvirt-wrong.svg"
    assert (tmp_path / "picture.svg").read_text(encoding="utf-8").startswith("<svg ")


@pytest.mark.parametrize(("name", "theme"), in_turn(SOURCES, THEMES))
def test_axe_finds_nothing_serious(opened: OpenLesson, name: str, theme: str) -> None:
    with opened(NOTEBOOK, theme, cell=CELLS[name]) as page:
        there = shown(page, 1440, 900)
        at_first = serious_findings(page)
        press(there, "Last (End)")
        there.get_by_role("tab", name="Events").click()

        assert at_first + serious_findings(page) == []
