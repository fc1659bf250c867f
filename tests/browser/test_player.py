"""The player and the connector in a real browser: by keys, by mouse, with axe's eyes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenLesson
from tests.lab import serious_findings, write_notebook

pytestmark = pytest.mark.browser
THEMES = ["JupyterLab Light", "JupyterLab Dark"]
PAIR = '"libvirt-wrong", before="pre-revert", after="revert"'
SOURCES = {
    "player": f"from kit import player\nplayer({PAIR})",
    "connector": 'from kit import connector_lab\nconnector_lab("pre-revert")',
    "sandbox": "from kit import sandbox\nsandbox()",
}


@pytest.fixture(scope="module", autouse=True)
def notebooks(address: str, lab_home: Path) -> None:  # noqa: ARG001 - the server makes the folder
    for name, source in SOURCES.items():
        write_notebook(lab_home / "work" / "notebooks" / f"only-{name}.ipynb", source)


@pytest.fixture
def player(opened: OpenLesson) -> Iterator[Page]:
    with opened("only-player.ipynb") as page:
        yield page


def press(page: Page, *names: str) -> None:
    for name in names:
        page.locator(".kit").first.get_by_role("button", name=name, exact=True).first.click()


def focused(page: Page) -> str:
    script = (
        "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent"
    )
    return str(page.evaluate(script)).strip()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called *name* has the focus."""
    for _ in range(30):
        if focused(page) == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {name}")


NOW = ".kit-events tr.kit-now"


def test_the_slider_has_a_name_and_takes_its_keys(player: Page) -> None:
    cells = player.locator(".jp-Cell").count()
    player.locator(".kit-player").get_by_role("button", name="first").focus()
    tab_to(player, "event")
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        player.keyboard.press(key)
    expect(player.locator(NOW)).to_contain_text("virsh setvcpus")
    player.keyboard.press("End")
    expect(player.locator(".kit-said")).to_contain_text("DEVICE_DELETED")

    assert focused(player) == "event"
    assert player.locator(".jp-Cell").count() == cells


def test_the_name_stays_when_the_run_becomes_longer(player: Page) -> None:
    handle = player.locator(".kit-player .noUi-handle")
    press(player, "first", "do something here", "stop")
    expect(player.locator(".kit-said")).to_contain_text("stops the VM")

    expect(handle).to_have_attribute("aria-label", "event")
    expect(handle).to_have_attribute("aria-valuenow", "1.0")


def test_by_keys_the_focus_stays_on_the_button(player: Page) -> None:
    player.locator(".kit-player").get_by_role("button", name="first").focus()
    tab_to(player, "next difference")
    player.keyboard.press("Space")
    expect(player.locator(".kit-said")).to_contain_text("forgets the request")
    tab_to(player, "show me the hunk")
    player.keyboard.press("Enter")
    expect(player.locator(".kit-hunks")).to_contain_text("CPUs alone get a timeout")

    assert focused(player) == "hide the hunk"


def test_a_number_and_a_time_lead_there_too(player: Page) -> None:
    player.get_by_label("event", exact=True).first.fill("3")
    player.keyboard.press("Enter")
    expect(player.locator(NOW)).to_contain_text("QEMU queues an event")
    player.get_by_label("at, in s").fill("15")
    player.keyboard.press("Enter")
    expect(player.locator(NOW)).to_contain_text("forgets the request")


def test_limbo_and_a_wrong_picture_are_written_out(player: Page) -> None:
    press(player, "last")
    together = player.locator(".kit-beliefs .kit-together td")

    expect(together.nth(0)).to_contain_text("LIMBO")
    expect(together.nth(0)).to_contain_text("WRONG")
    expect(together.nth(1)).to_have_text("they agree: it is gone")


def test_one_forks_and_takes_it_back(player: Page) -> None:
    press(player, "next difference", "do something here", "system_reset")
    expect(player.locator(".kit-player")).to_contain_text("You did: system_reset at 15 s.")
    press(player, "undo")
    expect(player.locator(".kit-player")).not_to_contain_text("You did:")
    expect(player.locator(NOW)).to_contain_text("forgets the request")


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_serious_in_the_player(opened: OpenLesson, theme: str) -> None:
    with opened("only-player.ipynb", theme) as page:
        press(page, "next difference", "show me the hunk", "do something here")
        expect(page.locator(".kit-hunks")).to_be_visible()
        in_the_past = serious_findings(page)
        press(page, "last", "next ›")
        expect(page.locator(".kit-beliefs")).to_contain_text("LIMBO")

        assert in_the_past + serious_findings(page) == []


@pytest.mark.parametrize("theme", THEMES)
def test_the_connector_goes_through_its_states_by_keys(opened: OpenLesson, theme: str) -> None:
    with opened("only-connector.ipynb", theme) as page:
        said = page.locator(".kit-connector .kit-verdict")
        page.locator(".kit-connector").get_by_role("button", name="◀ earlier").focus()
        tab_to(page, "device_add")
        page.keyboard.press("Space")
        expect(said).to_contain_text("device_add is answered accepted")
        for name in ("USABLE", "UNISOLATE", "configure-connector"):
            page.locator(".kit-connector").get_by_role("button", name="◀ earlier").focus()
            tab_to(page, name)
            page.keyboard.press("Enter")
            expect(said).to_contain_text(f"{name} is answered 0")

        expect(page.locator(".kit-connector svg")).to_contain_text("● now")
        assert focused(page) == "configure-connector"
        assert serious_findings(page) == []


def test_a_click_on_the_bench_in_the_past_forks(opened: OpenLesson) -> None:
    with opened("only-sandbox.ipynb") as page:
        sandbox = page.locator(".kit-sandbox")
        press(page, "device_del", "release late")
        expect(sandbox.locator(".kit-verdict")).to_contain_text("limbo")
        press(page, "first", "next ›")
        expect(sandbox.locator(".kit-verdict")).to_contain_text("You stand at 0 s of 16 s.")
        press(page, "+5 s")
        expect(sandbox.locator(".kit-verdict")).to_contain_text("both have done the same")
        press(page, "undo")
        expect(sandbox.locator(".kit-verdict")).to_contain_text("limbo")

        assert serious_findings(page) == []
