"""The part of a widget that says which history is read, and changes it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kit.common.errors import UserError
from kit.views.widgets.history_panel import HistoryPanel


class Spy:
    """A history that can be changed, and what was asked of it."""

    def __init__(self) -> None:
        self.place, self.changes = "re-enactment", 0

    def use(self, place: str) -> None:
        if place == "/nowhere":
            raise UserError("/nowhere <b> does not exist")
        self.place = place

    def fetch(
        self, progress: Callable[[str, int, int | None], None], announce: Callable[[str], None]
    ) -> str:
        announce("at most 100 MB")
        progress("receiving objects", 5, 10)
        self.place = "fetched"
        return "they are there"

    def changed(self) -> None:
        self.changes += 1


@pytest.fixture
def spy() -> Spy:
    return Spy()


@pytest.fixture
def panel(spy: Spy) -> HistoryPanel:
    return HistoryPanel(lambda: spy.place, spy.use, spy.fetch, spy.changed)


def click(panel: HistoryPanel, words: str) -> None:
    row = panel.children[1]
    next(child for child in row.children if child.description == words).click()


def test_a_named_clone_is_read_from(panel: HistoryPanel, spy: Spy) -> None:
    panel.children[1].children[0].value = " /qemu "

    assert (spy.place, spy.changes) == ("/qemu", 1)
    click(panel, "read from it")
    assert (spy.place, spy.changes) == ("/qemu", 2)
    assert "Commits are read from: /qemu" in panel.children[0].value


def test_a_refused_clone_is_said_and_escaped_and_changes_nothing(
    panel: HistoryPanel, spy: Spy
) -> None:
    panel.children[1].children[0].value = "/nowhere"
    click(panel, "read from it")

    assert (spy.place, spy.changes) == ("re-enactment", 0)
    assert "/nowhere &lt;b&gt; does not exist" in panel.children[0].value


def test_fetching_says_how_it_ended(panel: HistoryPanel, spy: Spy) -> None:
    click(panel, "fetch QEMU's commits")

    assert (spy.place, spy.changes) == ("fetched", 1)
    assert "Commits are read from: fetched<br><strong>they are there</strong>" in (
        panel.children[0].value
    )
