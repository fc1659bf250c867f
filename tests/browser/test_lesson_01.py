"""Lesson 01 in a real browser: by mouse, by keys, without a request that leaves the machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenLesson
from tests.browser.test_criteria import CLIPPED, NAMES, SPACING
from tests.lab import serious_findings

pytestmark = pytest.mark.browser
LESSON = "01-before-and-after.ipynb"


@pytest.fixture
def page(opened: OpenLesson) -> Iterator[Page]:
    with opened(LESSON, cell="sandbox(") as page:
        yield page


def press(page: Page, *names: str) -> None:
    for name in names:
        page.locator(".kit-sandbox").get_by_role("button", name=name, exact=True).click()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the button *name* has the focus."""
    for _ in range(20):
        if focused(page) == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {name}")


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent")).strip()


def chips(page: Page) -> list[str]:
    """What the parties believe, as the picture says it to who does not see it."""
    known = page.locator(".kit-sandbox .kit-known").text_content() or ""
    return [part for part in ("LIMBO", "they agree: it is gone") if part in known]


VERDICT = ".kit-sandbox .kit-verdict"


def test_by_mouse_one_side_gets_device_deleted_and_the_other_not(page: Page) -> None:
    press(page, "device_del", "to 15 s", "+1 s", "release")
    expect(page.locator(VERDICT)).to_contain_text("limbo")

    assert chips(page) == ["LIMBO", "they agree: it is gone"]
    assert (
        page.locator(VERDICT)
        .inner_text()
        .startswith(
            "At 15 s, QEMU at pre-revert dropped the request at its timeout and sent no event;"
        )
    )


def test_by_keys_alone_one_side_gets_device_deleted_and_the_other_not(page: Page) -> None:
    cells = page.locator(".jp-Cell").count()
    page.locator(".kit-sandbox").get_by_role("button", name="before: one revision earlier").focus()
    tab_to(page, "device_del")
    page.keyboard.press("Space")
    expect(page.locator(VERDICT)).to_contain_text("done the same")
    tab_to(page, "release late")
    page.keyboard.press("Enter")
    expect(page.locator(VERDICT)).to_contain_text("limbo")

    assert chips(page) == ["LIMBO", "they agree: it is gone"]
    assert focused(page) == "release late"
    assert page.locator(".jp-Cell").count() == cells


def test_undo_and_reset_go_back(page: Page) -> None:
    press(page, "device_del", "+5 s", "Undo")
    expect(page.locator(".kit-sandbox .kit-where")).to_have_text("5 of 5 · 0 s")
    press(page, "Start again")
    expect(page.locator(VERDICT)).to_contain_text("Nothing has happened")


def test_another_revision_plays_the_same_clicks(page: Page) -> None:
    press(page, "device_del", "refuse", "device_del", "release")
    expect(page.locator(VERDICT)).to_contain_text("The guest has no request for the core now")
    page.locator(".kit-sandbox").get_by_role("button", name="after: one revision later").click()
    expect(page.locator(VERDICT)).to_contain_text("resend: the request is still pending")
    press(page, "release")
    expect(page.locator(VERDICT)).to_contain_text("resend: QEMU removed the core")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_nothing_serious_in_our_own_markup(opened: OpenLesson, theme: str) -> None:
    with opened(LESSON, theme) as page:
        press(page, "device_del", "release late")
        expect(page.locator(VERDICT)).to_contain_text("limbo")

        assert serious_findings(page) == []


def test_the_glossary_opens_in_the_lab(page: Page) -> None:
    link = page.locator(".jp-MarkdownOutput a", has_text="PAPR").first

    assert link.get_attribute("title") == (
        "Power Architecture Platform Reference: the rules by which a guest and its hypervisor talk"
        " on POWER."
    )
    link.click()
    expect(page.locator(".lm-TabBar-tabLabel", has_text="glossary.md")).to_be_visible()


def test_the_diff_says_which_history_it_was_read_from(page: Page) -> None:
    page.locator(".kit-sandbox").get_by_role("tab", name="Code").click()
    expect(page.locator(".kit-sandbox")).to_contain_text("read from: re-enactment, not QEMU's code")


def test_the_diagram_follows_the_revision(opened: OpenLesson) -> None:
    with opened(LESSON) as page:
        diagram = page.locator('.jp-OutputArea-output svg[aria-label^="States of a CPU connector"]')

        expect(diagram).to_be_visible()
        expect(diagram).to_contain_text("After 15 s QEMU drops the request")


def test_a_lesson_at_200_percent_with_wider_spacing_cuts_nothing_of_ours(
    opened: OpenLesson,
) -> None:
    """1.4.4, 1.4.12, 2.5.3 in JupyterLab, for what the kit shows."""
    with opened(LESSON) as page:
        expect(page.locator(".kit-cockpit").first).to_be_visible()
        page.set_viewport_size({"width": 720, "height": 500})
        narrow = page.evaluate(CLIPPED, ".kit")
        page.set_viewport_size({"width": 1400, "height": 1000})
        style = page.add_style_tag(content=SPACING.replace("* {", ".kit, .kit * {"))
        spaced = page.evaluate(CLIPPED, ".kit")
        style.evaluate("e => e.remove()")

        assert (narrow, spaced) == ([], [])
        assert page.evaluate(NAMES, ".kit") == []
