"""The widget binds the model; what it shows is escaped, safe and there without a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import ipywidgets as widgets
import pytest

from kit.git.values.page import CommitPage
from kit.machine.revision import Revision
from kit.simulation.sandbox import Act
from kit.views.models.sandbox import SandboxModel
from kit.views.widgets.sandbox import SandboxWidget

SAFE = {"VBox", "HBox", "HtmlView", "Button", "TravelBar"}
SAFE |= {"IntSlider", "BoundedIntText", "BoundedFloatText"}


def page(revision: Revision) -> CommitPage:
    return CommitPage(f"the diff of {revision.name}")


@pytest.fixture
def sandbox() -> Iterator[SandboxWidget]:
    widget = SandboxWidget(SandboxModel(), page)
    yield widget
    widget.close_all()


def inside(widget: widgets.Widget) -> Iterator[widgets.Widget]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from inside(child)


def button(sandbox: SandboxWidget, words: str) -> widgets.Button:
    return next(
        w for w in inside(sandbox) if isinstance(w, widgets.Button) and w.description == words
    )


def shown(sandbox: SandboxWidget) -> str:
    return "\n".join(w.value for w in inside(sandbox) if isinstance(w, widgets.HTML))


def test_a_button_acts_on_the_model_and_the_page_follows(sandbox: SandboxWidget) -> None:
    button(sandbox, "device_del").click()
    button(sandbox, "release late").click()

    assert sandbox.model.acts == (Act.DEVICE_DEL, Act.GUEST_RELEASES_LATE)
    assert "no DEVICE_DELETED was sent: limbo." in shown(sandbox)


@pytest.mark.parametrize(
    ("words", "act"),
    [
        ("device_del", Act.DEVICE_DEL),
        ("release", Act.GUEST_RELEASES),
        ("refuse", Act.GUEST_REFUSES),
        ("system_reset", Act.SYSTEM_RESET),
        ("+1 s", Act.WAIT_1_S),
        ("+5 s", Act.WAIT_5_S),
    ],
)
def test_each_button_is_bound_to_its_act(sandbox: SandboxWidget, words: str, act: Act) -> None:
    sandbox.model.do(Act.DEVICE_DEL)
    button(sandbox, words).click()

    assert sandbox.model.acts == (Act.DEVICE_DEL, act)


def test_there_is_a_button_for_every_act(sandbox: SandboxWidget) -> None:
    """Lessons name them, and stories on paper are told in them."""
    words = {each.description for each in inside(sandbox) if isinstance(each, widgets.Button)}

    assert {act.value for act in Act} - words == set()


def test_undo_and_reset_are_bound(sandbox: SandboxWidget) -> None:
    sandbox.model.do(Act.DEVICE_DEL)
    sandbox.model.do(Act.WAIT_1_S)
    button(sandbox, "undo").click()
    undone = sandbox.model.acts
    button(sandbox, "begin again").click()

    assert (undone, sandbox.model.acts) == ((Act.DEVICE_DEL,), ())


def test_only_controls_that_the_keyboard_can_use_in_jupyterlab(sandbox: SandboxWidget) -> None:
    assert {type(w).__name__ for w in inside(sandbox)} - {"SandboxWidget"} <= SAFE


def test_no_control_is_ever_disabled(sandbox: SandboxWidget) -> None:
    assert not any(w.disabled for w in inside(sandbox) if isinstance(w, widgets.Button))


def test_the_diff_follows_the_side_that_was_chosen(sandbox: SandboxWidget) -> None:
    first = "the diff of revert" in shown(sandbox)
    button(sandbox, "diff of before").click()
    sandbox.model.move("before", -1)

    assert (first, "the diff of eb7f80fd26" in shown(sandbox)) == (True, True)


def test_an_error_in_a_click_is_shown_and_escaped() -> None:
    def broken(revision: Revision) -> CommitPage:
        if revision.alias == "pre-revert":
            raise ValueError("<b>no</b>")
        return CommitPage("fine")

    sandbox = SandboxWidget(SandboxModel(), broken)
    button(sandbox, "diff of before").click()

    assert "This click failed: &lt;b&gt;no&lt;/b&gt;" in shown(sandbox)


def test_a_click_that_does_nothing_says_why_on_the_page(sandbox: SandboxWidget) -> None:
    button(sandbox, "to 15 s").click()

    assert "Press device_del first: the 15 s count from there." in shown(sandbox)


def test_without_widgets_it_is_a_picture_and_a_text(sandbox: SandboxWidget) -> None:
    sandbox.model.do(Act.DEVICE_DEL)
    bundle = sandbox._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle

    assert data["image/svg+xml"].startswith("<svg ")
    assert data["text/plain"] == repr(sandbox)
    assert repr(sandbox).splitlines()[1] == "done: device_del; now 0 s"
    assert "application/vnd.jupyter.widget-view+json" in data


def test_the_page_names_no_address_outside(sandbox: SandboxWidget) -> None:
    addresses = set(re.findall(r"https?://[^\"' )]+", shown(sandbox)))

    assert addresses == {"http://www.w3.org/2000/svg"}


def test_the_page_follows_one_into_the_past_and_a_click_there_forks(sandbox: SandboxWidget) -> None:
    sandbox.model.do(Act.DEVICE_DEL)
    sandbox.model.do(Act.GUEST_RELEASES_LATE)
    for words in ("first", "next ›"):
        button(sandbox, words).click()
    past = shown(sandbox)
    button(sandbox, "+5 s").click()

    assert "▶ Here." in past
    assert "You stand at 0 s of 16 s." in past
    assert sandbox.model.acts == (Act.DEVICE_DEL, Act.WAIT_5_S)
    assert "▶ Here." not in shown(sandbox)


def test_it_shows_the_token_of_what_is_there(sandbox: SandboxWidget) -> None:
    sandbox.model.do(Act.DEVICE_DEL)

    assert f"kit open {sandbox.model.token}</code>" in shown(sandbox)


def test_the_commit_is_read_only_when_another_one_is_to_be_shown() -> None:
    read: list[str] = []

    def counted(revision: Revision) -> CommitPage:
        read.append(revision.name)
        return CommitPage(revision.name)

    sandbox = SandboxWidget(SandboxModel(), counted)
    sandbox.model.do(Act.DEVICE_DEL)
    sandbox.model.move("after", -1)

    assert read == ["revert", "pre-revert"]
