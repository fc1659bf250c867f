"""Copying and saving a picture from the player, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from kit import mail_of
from tests.browser.conftest import OpenLesson
from tests.lab import write_notebook

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(opened: OpenLesson, address: str, lab_home: Path) -> Iterator[Page]:
    source = 'from kit import player\nplayer("late-release", before="pre-revert", after="revert")'
    write_notebook(lab_home / "work" / "notebooks" / "only-share.ipynb", source)
    with opened("only-share.ipynb") as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
        page.locator(".kit-share button").first.wait_for()
        yield page


def test_a_mail_is_copied_whole(page: Page) -> None:
    page.get_by_role("button", name="copy for mail").click()
    mail = mail_of("late-release", before="pre-revert", after="revert")

    expect(page.locator(".kit-share [role=status]")).to_have_text(
        f"copied: {len(mail.splitlines())} lines"
    )
    assert page.evaluate("navigator.clipboard.readText()") == mail


def test_a_picture_is_saved_by_the_keyboard(page: Page, tmp_path: Path) -> None:
    with page.expect_download() as saved:
        page.get_by_role("button", name="save SVG").focus()
        page.keyboard.press("Enter")
    saved.value.save_as(tmp_path / "picture.svg")

    assert saved.value.suggested_filename == "late-release.svg"
    assert (tmp_path / "picture.svg").read_text(encoding="utf-8").startswith("<svg ")


def test_letters_on_a_button_are_no_commands_of_jupyterlab(page: Page) -> None:
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    page.get_by_role("button", name="copy as text").focus()
    for key in ("b", "a", "x"):
        page.keyboard.press(key)

    assert page.locator(".jp-Notebook .jp-Cell").count() == cells
