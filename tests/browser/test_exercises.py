"""The cards of exercises in a real browser, by keys alone: one of each kind failed and solved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenLesson
from tests.effort import in_turn
from tests.lab import serious_findings, write_notebook

pytestmark = pytest.mark.browser
NAMES = (
    "late-what-becomes",
    "limbo-in-two",
    "half-a-second",
    "what-can-be-left-out",
    "release-order",
)


@pytest.fixture(scope="module", autouse=True)
def notebook(address: str, lab_home: Path) -> None:  # noqa: ARG001 - the server makes the folder
    cells = (f'from kit import exercise\nexercise("{name}")' for name in NAMES)
    write_notebook(lab_home / "work" / "notebooks" / "cards.ipynb", *cells)


@pytest.fixture
def page(opened: OpenLesson, name: str) -> Iterator[Page]:
    with opened("cards.ipynb", cell=name) as page:
        yield page


def focused(page: Page) -> str:
    script = "document.activeElement.textContent || document.activeElement.tagName"
    return str(page.evaluate(script)).strip()


def press(page: Page, *names: str) -> None:
    """Press buttons by keys: Tab to each, from the top of the card, then Space."""
    for name in names:
        page.locator(".kit-exercise button").first.focus()
        for _ in range(40):
            if focused(page) == name:
                break
            page.keyboard.press("Tab")
        else:
            raise AssertionError(f"Tab does not reach {name}")
        page.keyboard.press("Space")
        page.wait_for_timeout(150)  # a round to the kernel


def said(page: Page) -> Locator:
    return page.locator(".kit-exercise .kit-verdict[aria-live=polite]")


@pytest.mark.parametrize("name", ["late-what-becomes"])
def test_a_prediction(page: Page) -> None:
    cells = page.locator(".jp-Cell").count()
    press(page, "○ The guest uses it, and no request is pending", "check")
    expect(said(page)).to_contain_text("Not at pre-revert. This guest always releases the core.")
    expect(page.locator(".kit-exercise svg")).to_have_count(0)
    press(page, "○ The guest has released it, QEMU holds it, and no event follows", "check")
    expect(said(page)).to_contain_text("Right, at pre-revert.")
    expect(page.locator(".kit-exercise svg")).to_have_count(1)
    press(page, "○ revert")
    expect(said(page)).to_have_text("Predict, and press check.")

    assert page.locator(".jp-Cell").count() == cells


@pytest.mark.parametrize("name", ["late-what-becomes"])
def test_keys_stay_in_the_card_and_arrows_go_from_answer_to_answer(page: Page) -> None:
    cells = page.locator(".jp-Cell").count()
    first = page.locator(".kit-exercise .kit-choices button").first
    expect(first).to_have_attribute("aria-pressed", "false")  # the card's script is there
    first.focus()
    for key in ("b", "a", "d", "d", "x", "ArrowDown", "ArrowRight", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".kit-exercise .kit-choices button").nth(1)).to_have_attribute(
        "aria-pressed", "true"
    )

    assert page.locator(".jp-Cell").count() == cells


@pytest.mark.parametrize("name", ["limbo-in-two"])
def test_a_script(page: Page) -> None:
    press(page, "device_del core1", "+5 s", "guest releases", "check")
    expect(said(page)).to_contain_text("QEMU has removed it: the request was pending")
    expect(page.locator(".kit-exercise svg")).to_have_count(1)
    press(page, "undo", "+15 s", "guest releases", "check")
    expect(page.locator(".kit-done li")).to_have_text(
        ["0 s: device_del core1", "20 s: guest releases"]
    )
    expect(said(page)).to_contain_text("Right: that does it at pre-revert.")


@pytest.mark.parametrize("name", ["half-a-second"])
def test_a_number(page: Page) -> None:
    box = page.get_by_label("your answer")
    box.focus()
    for typed, answer in (("15", "rounded up"), ("soon", "is not a number"), ("14", "Right, at")):
        page.keyboard.press("Control+a")
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
        expect(said(page)).to_contain_text(f"You say {typed}; press check.")
        press(page, "check")
        expect(said(page)).to_contain_text(answer)
        box.focus()


@pytest.mark.parametrize("name", ["what-can-be-left-out"])
def test_lines_of_a_diff(page: Page) -> None:
    expect(page.locator(".kit-exercise pre.kit-diff")).to_have_count(4)
    press(page, "☐ the helper that computes what is left", "check")
    expect(said(page)).to_contain_text("Not yet: one is missing.")
    press(page, "☐ the declaration of the helper", "check")
    expect(said(page)).to_contain_text("Right.")


@pytest.mark.parametrize("name", ["release-order"])
def test_an_order(page: Page) -> None:
    press(page, "– ISOLATE: the guest disconnects the core", "check")
    expect(said(page)).to_contain_text("The first one is not right yet.")
    press(page, "undo", "– sensor: in which state is the connector?")
    press(page, "– ISOLATE: the guest disconnects the core")
    press(page, "– UNUSABLE: the guest gives up its claim")
    press(page, "– DEVICE_DELETED: QEMU has removed it", "check")
    expect(said(page)).to_contain_text("Right, at revert.")


@pytest.mark.parametrize("name", ["limbo-in-two"])
def test_hints_open_by_keys_and_stay_open(page: Page) -> None:
    summary = page.locator(".kit-exercise summary", has_text="Nearly there")
    summary.focus()
    page.keyboard.press("Enter")
    hint = page.get_by_text("device_del at 0 s; let more than 15 s pass")
    expect(hint).to_be_visible()
    press(page, "device_del core1", "check")
    expect(said(page)).not_to_contain_text("Answer, and")

    expect(hint).to_be_visible()


@pytest.mark.parametrize(("name", "theme"), in_turn(NAMES, ["JupyterLab Light", "JupyterLab Dark"]))
def test_axe_finds_nothing_serious(opened: OpenLesson, name: str, theme: str) -> None:
    with opened("cards.ipynb", theme, cell=name) as page:
        unanswered = serious_findings(page)
        press(page, "check")
        wrong = serious_findings(page)
        press(page, "show the answer")
        expect(page.locator(".kit-exercise")).to_contain_text("Why:")

        assert unanswered + wrong + serious_findings(page) == []
