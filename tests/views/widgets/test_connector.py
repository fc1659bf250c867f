"""The connector that the learner drives: every call, what it is answered, and which row said so."""

from __future__ import annotations

import re
from itertools import product

import pytest

from kit.common.errors import UnknownRevisionError, UserError
from kit.machine.catalogue import CATALOGUE, find_revision
from kit.machine.pseries.connector import DrcState, RtasCall, drc_index
from kit.machine.pseries.connector import DrcType as Type
from kit.machine.pseries.drc import apply, transitions
from kit.machine.pseries.tables import lines
from kit.machine.revision import Revision
from kit.views.cockpit.connector import ConnectorDesk
from kit.views.diagram.drc_states import ShownConnector, state_diagram
from kit.views.html.still import HOW
from kit.views.models.connector import ConnectorModel, Press, drive
from kit.views.widgets.desks import ConnectorWidget
from tests.effort import some_of

P, S = Press, DrcState
UP = (P.DEVICE_ADD, P.USABLE, P.UNISOLATE, P.CONFIGURE)
DOWN = (P.DEVICE_DEL, P.ISOLATE, P.UNUSABLE)


def last(at: str, *presses: Press) -> tuple[str, str, DrcState]:
    """Answer, reason and state after the last press."""
    step = drive(find_revision(at), presses)[-1]
    return step.answer, step.why, step.after.state


def test_up_and_down_through_all_four_states() -> None:
    """LoPAR 13.5.3: the guest claims, switches on and configures; to release it goes back."""
    steps = drive(find_revision("revert"), UP + DOWN)

    assert [step.after.state for step in steps] == [
        *(S.UNUSABLE, S.AVAILABLE, S.UNISOLATE, S.CONFIGURED),
        *(S.CONFIGURED, S.AVAILABLE, S.UNUSABLE),
    ]
    assert [step.after.unplug_requested for step in steps] == [False] * 4 + [True, True, False]
    assert steps[-1].sent == ("the operator DEVICE_DELETED",)
    assert steps[-1].after.device is None


@pytest.mark.parametrize(
    ("at", "told", "there"),
    [("pre-revert", (), True), ("revert", ("the operator DEVICE_DELETED",), False)],
)
def test_after_15_s_it_depends_on_the_revision(at: str, told: tuple[str, ...], there: bool) -> None:
    """d522cb52e6: without the timeout the mark waits for the guest."""
    step = drive(find_revision(at), (*UP, P.DEVICE_DEL, P.WAIT_15_S, P.ISOLATE, P.UNUSABLE))[-1]

    assert (step.answer, step.sent) == ("0, success", told)
    assert (step.after.device is not None) is there


@pytest.mark.parametrize(
    ("at", "presses", "answer", "why"),
    [
        (
            "revert",
            (P.USABLE,),
            "-3, no such indicator",
            "The connector was UNUSABLE, and there is no device in it.",
        ),
        (
            "revert",
            (P.DEVICE_ADD, P.USABLE),
            "0, success",
            "The connector was UNUSABLE, and a device is in it,"
            " and QEMU has not requested the unplug.",
        ),
        ("revert", (P.SENSOR,), "0, success: UNUSABLE", "The connector was UNUSABLE."),
        (
            "revert",
            (P.CONFIGURE,),
            "-9003, not configurable",
            "The connector was UNUSABLE.",
        ),
        (
            "revert",
            UP,
            "0, configured, after 32 calls",
            "The connector was UNISOLATE, and the description ends.",
        ),
        (
            "revert",
            (*UP, P.UNUSABLE),
            "-3, no such indicator",
            "The connector was CONFIGURED.",
        ),
        (
            "unisolate",
            (*UP, P.DEVICE_DEL, P.UNISOLATE),
            "0, success",
            "The connector was CONFIGURED, and QEMU has requested the unplug.",
        ),
        (
            "revert",
            (P.DEVICE_DEL,),
            "refused: “Device 'core1' not found”",
            "QEMU answered before it looked at the connector's table.",
        ),
        (
            "pre-revert",
            (*UP, P.DEVICE_DEL, P.DEVICE_DEL),
            "refused: “core-id 1 unplug is still pending, 15 seconds timeout remaining”",
            "QEMU answered before it looked at the connector's table.",
        ),
        (
            "revert",
            (P.DEVICE_ADD,),
            "accepted",
            "Plugging puts a device into the connector; its state waits for the guest.",
        ),
        ("revert", (P.WAIT_15_S,), "done", "No timer of the connector was running."),
        (
            "pre-revert",
            (*UP, P.DEVICE_DEL, P.WAIT_15_S),
            "done",
            "The connector was CONFIGURED, and QEMU has requested the unplug.",
        ),
        (
            "revert",
            (*UP, P.DEVICE_DEL, P.SYSTEM_RESET),
            "done",
            "The connector was CONFIGURED, and QEMU has requested the unplug.",
        ),
    ],
)
def test_what_a_call_is_answered_and_why(
    at: str, presses: tuple[Press, ...], answer: str, why: str
) -> None:
    assert last(at, *presses)[:2] == (answer, why)


@pytest.mark.parametrize("revision", CATALOGUE, ids=lambda revision: revision.name)
def test_the_row_that_is_shown_is_the_one_that_decides(revision: Revision) -> None:
    """Whatever is pressed: state and effects after a guest's call are those of the row."""
    calls = {
        P.USABLE: RtasCall.SET_USABLE,
        P.UNISOLATE: RtasCall.UNISOLATE,
        P.ISOLATE: RtasCall.ISOLATE,
        P.UNUSABLE: RtasCall.SET_UNUSABLE,
    }
    runs = [*product((UP[:1], UP[:3], UP), product(Press, repeat=2))]
    for begun, presses in some_of(runs, 4, first=CATALOGUE.index(revision)):
        for step in drive.__wrapped__(revision, begun + presses):
            if step.press in calls and not step.answer.startswith("QEMU is gone"):
                _, row = apply(step.before, calls[step.press], transitions(revision))

                assert step.decided is not None
                assert step.decided.row == row
                assert step.decided in step.cell


def test_the_rows_are_those_of_the_table() -> None:
    step = drive(find_revision("revert"), (*UP, P.DEVICE_DEL, P.ISOLATE, P.UNUSABLE))[-1]

    assert step.cell == tuple(
        line
        for line in lines(find_revision("revert"))
        if (line.state, line.call) == (S.AVAILABLE, RtasCall.SET_UNUSABLE)
    )
    assert step.decided == step.cell[0]


# -- the model ---------------------------------------------------------------------------------


def test_undo_reset_and_another_revision_keep_to_what_was_pressed() -> None:
    model = ConnectorModel("pre-revert")
    for press in (*UP, P.DEVICE_DEL, P.WAIT_15_S):
        model.press(press)
    marks = [model.drc.unplug_requested]
    model.move(+1)
    marks.append(model.drc.unplug_requested)
    model.undo()
    undone = model.presses
    model.reset()

    assert marks == [False, True]
    assert undone == (*UP, P.DEVICE_DEL)
    assert (model.presses, model.drc.state, model.at) == ((), S.UNUSABLE, "d522cb52e6")


@pytest.mark.parametrize(
    ("at", "click", "hint"),
    [
        ("revert", ConnectorModel.undo, "There is nothing to undo."),
        ("revert", ConnectorModel.reset, "The connector is as it was at the start."),
        (
            "baseline",
            lambda model: model.move(-1),
            "baseline is the first revision there is.",
        ),
        ("today", lambda model: model.move(1), "today is the last revision there is."),
    ],
    ids=["undo", "start again", "earlier", "later"],
)
def test_a_click_that_does_nothing_says_why(at: str, click: object, hint: str) -> None:
    model = ConnectorModel(at)
    click(model)  # type: ignore[operator]

    assert (model.hint, model.at) == (hint, find_revision(at).label)


def test_an_unknown_revision_is_refused() -> None:
    with pytest.raises(UnknownRevisionError, match="no revision 'nope'"):
        ConnectorModel("nope")


def test_it_is_a_text_too() -> None:
    model = ConnectorModel()
    empty = model.text
    for press in (*UP, P.DEVICE_DEL):
        model.press(press)

    assert empty == "core 1's connector at revert: UNUSABLE, empty"
    assert model.text.splitlines() == [
        "core 1's connector at revert: CONFIGURED, core1 in it, unplug request pending",
        "device_del: accepted. The connector was CONFIGURED, and a device is in it.",
    ]


# -- the diagram -------------------------------------------------------------------------------


def words(svg: str) -> list[str]:
    return re.findall(r">([^<>]+)</text>", svg)


def test_the_diagram_marks_the_state_the_mark_and_the_last_move() -> None:
    steps = drive(find_revision("revert"), (*UP, P.DEVICE_DEL, P.ISOLATE))
    live = ShownConnector(steps[-1].after, steps[-1].before.state, "ISOLATE")
    svg = state_diagram(find_revision("revert"), live)
    more = set(words(svg)) - set(words(state_diagram(find_revision("revert"))))

    assert more == {"● now, device in it", "an unplug request is pending"}
    assert "Now AVAILABLE, by ISOLATE from CONFIGURED; device in it, an unplug" in svg
    assert svg.count("stroke-width:3.5") == 1


def test_a_move_of_qemus_own_is_an_arrow_of_its_own() -> None:
    steps = drive(find_revision("revert"), (P.DEVICE_ADD, P.SYSTEM_RESET))
    live = ShownConnector(steps[-1].after, steps[-1].before.state, "system_reset")
    svg = state_diagram(find_revision("revert"), live)

    assert steps[-1].after.state is S.CONFIGURED
    assert "system_reset" in words(svg)
    assert "stroke-dasharray:7 4" in svg


def test_a_call_that_moves_nothing_marks_no_arrow() -> None:
    drc = drive(find_revision("revert"), UP)[-1].after
    svg = state_diagram(find_revision("revert"), ShownConnector(drc, drc.state, "ISOLATE"))

    assert "stroke-width:3.5" not in svg
    assert "Now CONFIGURED; device in it." in svg


# -- the cockpit -------------------------------------------------------------------------------


def desk_of(*presses: Press) -> ConnectorDesk:
    desk = ConnectorDesk(ConnectorModel())
    for press in presses:
        desk.do("press", press.name)
    return desk


def test_each_press_is_a_button() -> None:
    buttons = [b for group in desk_of().view().actions for b in group.buttons if b.do == "press"]

    assert {b.words: b.value for b in buttons} == {press.value: press.name for press in Press}


def test_a_click_says_answer_and_reason_and_shows_rows_and_log() -> None:
    view = desk_of(P.DEVICE_ADD, P.USABLE).view()
    events, table = (tab.html for tab in view.tabs)

    assert view.places[-1].said[0] == (
        "",
        "USABLE is answered 0, success. It goes from UNUSABLE to AVAILABLE.",
    )
    assert table.count("▶ decided") == 1
    assert events.index("What you did, the latest first") < events.index("device_add")


def test_one_goes_back_and_a_press_there_drops_the_later_ones() -> None:
    desk = desk_of(P.DEVICE_ADD, P.USABLE, P.UNISOLATE)
    desk.do("go", "1")
    there = (desk.view().index, desk.model.drc.state.name)
    desk.do("press", P.SENSOR.name)

    assert there == (1, "UNUSABLE")
    assert desk.model.presses == (P.DEVICE_ADD, P.SENSOR)
    assert len(desk.view().places) == 3


def test_undo_reset_and_the_revision_are_bound() -> None:
    desk = desk_of(P.DEVICE_ADD, P.USABLE)
    desk.do("undo", "")
    desk.do("later", "at")
    found = (desk.model.presses, desk.model.revision.name)
    desk.do("again", "")
    desk.do("again", "")

    assert found == ((P.DEVICE_ADD,), "resend")
    assert desk.view().note == "The connector is as it was at the start."


def test_without_widgets_it_is_a_picture_and_a_text() -> None:
    widget = ConnectorWidget(desk_of())
    bundle = widget._repr_mimebundle_()
    assert bundle is not None

    assert bundle[0]["image/svg+xml"].startswith("<svg ")
    assert bundle[0]["text/plain"] == (f"core 1's connector at revert: UNUSABLE, empty\n\n{HOW}")
    widget.close()


def test_the_connector_is_that_of_core_1() -> None:
    assert ConnectorModel().drc.index == drc_index(Type.CPU, 1)


def test_a_machine_without_connectors_is_refused() -> None:
    with pytest.raises(UserError, match="q35 has no connectors"):
        ConnectorModel("q35")
