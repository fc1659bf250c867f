"""A cockpit as a widget: what a browser asks for is done, refused or explained."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from kit.app import connector_lab, player, sandbox
from kit.common.errors import UserError
from kit.git.values.page import CommitPage
from kit.machine.revision import Revision
from kit.simulation.sandbox import Act
from kit.views.cockpit.sandbox import SandboxDesk
from kit.views.html.still import HOW, STILL
from kit.views.models.sandbox import SandboxModel
from kit.views.widgets.cockpit import CockpitWidget
from kit.views.widgets.desks import SandboxWidget


@pytest.fixture
def widget() -> Iterator[SandboxWidget]:
    made = sandbox()
    yield made
    made.close()


def press(widget: CockpitWidget, name: str, value: str = "", index: int = 0) -> None:
    story = widget.view["story"]
    told = {"do": name, "value": value, "index": index, "at_ns": 0, "story": story}

    assert widget.answer(told) == {}


def test_a_click_is_done_and_shown(widget: SandboxWidget) -> None:
    press(widget, "act", "DEVICE_DEL")

    assert widget.model.acts == (Act.DEVICE_DEL,)
    assert widget.view["positions"][1]["at"] == "0 s"
    assert widget.view == widget.desk.view(widget._size).json()


def test_a_click_acts_where_the_browser_stands(widget: SandboxWidget) -> None:
    press(widget, "act", "DEVICE_DEL")
    press(widget, "act", "GUEST_RELEASES_LATE", index=99)
    press(widget, "act", "WAIT_5_S", index=1)

    assert widget.model.acts == (Act.DEVICE_DEL, Act.WAIT_5_S)


def test_a_click_that_is_quicker_than_the_answer_drops_nothing(widget: SandboxWidget) -> None:
    """Its place is one of the run before."""
    story = widget.view["story"]
    for act in ("DEVICE_DEL", "WAIT_5_S", "GUEST_RELEASES"):
        widget.answer({"do": "act", "value": act, "index": 0, "at_ns": 0, "story": story})

    assert widget.model.acts == (Act.DEVICE_DEL, Act.WAIT_5_S, Act.GUEST_RELEASES)


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        {"do": 3, "index": "x"},
        {"do": "act", "value": "GO"},
        {"index": 10**30},
        {"do": "size", "value": "a b"},
    ],
)
def test_nonsense_from_a_browser_changes_nothing(widget: SandboxWidget, content: object) -> None:
    before = widget.model.timeline
    widget.answer(content)

    assert widget.model.timeline == before


def test_what_goes_wrong_is_a_note() -> None:
    def broken(_: Revision) -> CommitPage:
        raise ValueError("<b>no</b>")

    widget = SandboxWidget(SandboxDesk(SandboxModel(), broken))
    press(widget, "look")

    assert widget.view["note"] == "This click failed: <b>no</b>"
    widget.close()


def test_a_text_that_fails_is_an_error() -> None:
    def broken(_: object) -> str:
        raise UserError("no history here; kit fetch")

    widget = SandboxWidget(SandboxDesk(SandboxModel(), mail_of=broken))

    assert widget.answer({"want": "mail"}) == {"error": "no history here; kit fetch"}
    assert widget.answer({"want": 3}) == {"error": "there is no '3' here"}
    widget.close()


def test_the_code_is_read_only_when_its_tab_is_open() -> None:
    read: list[str] = []

    def counted(revision: Revision) -> CommitPage:
        read.append(revision.name)
        return CommitPage(revision.name)

    widget = SandboxWidget(SandboxDesk(SandboxModel(), counted))
    press(widget, "act", "DEVICE_DEL")
    unread = list(read)
    press(widget, "look")
    press(widget, "later", "after")

    assert (unread, read) == ([], ["revert", "resend"])
    widget.close()


@pytest.mark.parametrize(("asked", "width"), [("1200 500", 1200), ("9 9", 600), ("99999 1", 1600)])
def test_a_browser_says_how_wide_a_picture_is(
    widget: SandboxWidget, asked: str, width: int
) -> None:
    press(widget, "size", asked)

    assert (widget.view["picture"]["width"], widget.view["resized"]) == (width, True)


def test_without_widgets_it_is_a_picture_and_a_text(widget: SandboxWidget) -> None:
    press(widget, "act", "DEVICE_DEL")
    bundle = widget._repr_mimebundle_()
    assert bundle is not None
    data = bundle[0]

    assert data["image/svg+xml"].startswith("<svg ")
    assert HOW in data["image/svg+xml"]
    assert data["text/plain"] == f"{widget!r}\n\n{HOW}"
    assert bundle[1] == STILL
    assert repr(widget).splitlines()[1] == "done: device_del; now 0 s"
    assert "application/vnd.jupyter.widget-view+json" in data


def test_the_fallback_of_a_run_that_was_not_played_shows_nothing_of_it() -> None:
    widget = player("late-release", before="pre-revert", after="revert")

    assert "DEVICE_DELETED" not in widget.svg
    widget.close()


# -- in another kernel -----------------------------------------------------------------------------

PLACES: dict[str, tuple[Callable[[], CockpitWidget], tuple[tuple[str, str, int], ...]]] = {
    "tasks": (
        lambda: sandbox(tasks="before-and-after"),
        (
            *(("act", "DEVICE_DEL", 0), ("task", "", 1), ("act", "DEVICE_DEL", 0)),
            *(("act", "WAIT_5_S", 1), ("act", "GUEST_RELEASES", 1), ("hint", "", 4)),
        ),
    ),
    "revisions": (
        lambda: sandbox("baseline", "timer"),
        (("later", "after", 0), ("act", "DEVICE_DEL", 0), ("earlier", "after", 0)),
    ),
    "acts": (
        lambda: player("late-release", before="pre-revert", after="revert"),
        (("act", "system_reset", 2), ("wait", "5", 3), ("undo", "", 3), ("later", "after", 0)),
    ),
    "calls": (
        lambda: connector_lab("pre-revert"),
        (("press", "DEVICE_ADD", 0), ("press", "USABLE", 1), ("go", "1", 2), ("undo", "", 1)),
    ),
}


@pytest.mark.parametrize("name", PLACES)
def test_what_was_clicked_is_done_again_in_another_kernel(name: str) -> None:
    make, clicks = PLACES[name]
    before, after = make(), make()
    for do, value, index in clicks:
        press(before, do, value, index)

    assert after.answer({"again": before.clicks}) == {"again": "done"}
    assert after.view == before.view
    assert after.clicks == before.clicks
    before.close()
    after.close()


def test_nothing_is_done_again_where_something_was_done(widget: SandboxWidget) -> None:
    press(widget, "act", "DEVICE_DEL")
    widget.answer({"again": [["act", "WAIT_5_S", 0, 0]]})

    assert widget.model.acts == (Act.DEVICE_DEL,)


def test_a_task_needs_no_click_of_the_one_before() -> None:
    tasks = sandbox(tasks="before-and-after")
    for name, value in (("act", "DEVICE_DEL"), ("task", ""), ("task", ""), ("act", "DEVICE_DEL")):
        press(tasks, name, value)

    assert [click[0] for click in tasks.clicks] == ["task", "task", "act"]
    tasks.close()


@pytest.mark.parametrize("name", ["use", "fetch", "real"])
def test_what_reads_or_starts_something_is_never_done_again(
    widget: SandboxWidget, name: str
) -> None:
    widget.answer({"again": [[name, "/nowhere", 0, 0], ["act", "DEVICE_DEL", 0, 0]]})

    assert widget.model.acts == (Act.DEVICE_DEL,)
    assert [click[0] for click in widget.clicks] == ["act"]


@pytest.mark.parametrize("clicks", [None, "x", [1], [["act"]], [["act", "GO", 0, 0]], [[]] * 501])
def test_nonsense_that_is_to_be_done_again_changes_nothing(
    widget: SandboxWidget, clicks: object
) -> None:
    before = widget.model.timeline

    assert widget.answer({"again": clicks}) == {"again": "done"}
    assert widget.model.timeline == before
