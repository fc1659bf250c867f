"""The tables of a connector, against QEMU's own functions and rule by rule."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kit.common.errors import MisuseError, TableGapError
from kit.machine.catalogue import CATALOGUE, find_revision
from kit.machine.pseries.connector import (
    PHYSICAL_STATES,
    WIRE,
    Call,
    Drc,
    DrcState,
    DrcType,
    QemuCall,
    RtasCall,
    drc_index,
)
from kit.machine.pseries.drc import BASE, Effect, Row, apply, attach, transitions
from kit.machine.revision import Revision

COMPILED = Path(__file__).parent / "drc-tables"
LINE = re.compile(
    r"(?P<type>CPU|LMB|PCI) (?P<kind>[LP])_(?P<state>\w+) +dev=(?P<dev>\d) req=(?P<req>\d)"
    r" (?P<call>\w+) +-> (?P<result>.*)"
)
CALLS: dict[str, Call] = {
    "ISOLATE": RtasCall.ISOLATE,
    "UNISOLATE": RtasCall.UNISOLATE,
    "USABLE": RtasCall.SET_USABLE,
    "UNUSABLE": RtasCall.SET_UNUSABLE,
    "SENSE": RtasCall.ENTITY_SENSE,
    "UNPLUGREQ": QemuCall.UNPLUG_REQUEST,
    "RESET": QemuCall.RESET,
}
SIDE_EFFECTS = {
    Effect.START_UNPLUG_TIMER: "TIMER_ARMED",
    Effect.RELEASE_DEVICE: "RELEASE",
    Effect.ROLL_BACK_DIMM: "ROLLBACK(DIMM)",
    Effect.REPORT_REFUSAL: "ERROR_REPORT",
    Effect.SEND_GUEST_ERROR: "EVENT_GUEST_ERROR",
}
TREES = {"before": "baseline", "timeout": "pre-revert", "4b08cd567b": "guest-error"}


def named_state(kind: str, state: str) -> DrcState:
    return DrcState[f"PHYSICAL_{state}" if kind == "P" and state != "POWERON" else state]


def compiled_lines() -> list[tuple[str, str]]:
    """Every line that QEMU's compiled functions printed, with the revision it was printed at."""
    return [
        (revision, line.strip())
        for tree, revision in TREES.items()
        for line in (COMPILED / f"{tree}.txt").read_text().splitlines()
        if LINE.match(line)
    ]


def printed(call: Call, row: Row, after: Drc) -> str:
    """Write what a call did as the compiled functions' driver writes it."""
    if row.abort:
        return "ASSERT1"
    if call is RtasCall.ENTITY_SENSE:
        assert row.sense is not None
        return str(row.sense.value)
    released = Effect.RELEASE_DEVICE in row.effects
    rolled_back = Effect.ROLL_BACK_DIMM in row.effects  # clears the requests of all LMBs
    state = after.state.name.removeprefix("PHYSICAL_")
    words = []
    if isinstance(call, RtasCall):
        assert row.status is not None
        words.append(f"rc={WIRE[row.status]}")
    elif call is QemuCall.RESET:
        words.append(f"ret={int(released)}")
    words.append(f"{'P' if after.state in PHYSICAL_STATES else 'L'}_{state}")
    words.append(f"dev={int(after.device is not None and not released)}")
    words.append(f"req={int(after.unplug_requested and not released and not rolled_back)}")
    words += [SIDE_EFFECTS[effect] for effect in row.effects if effect in SIDE_EFFECTS]
    return " ".join(words)


def answer(revision: str, line: str) -> tuple[str, str]:
    """Return what the table answers, and what the compiled functions answered."""
    match = LINE.match(line)
    assert match is not None
    before = Drc(
        drc_index(DrcType[match["type"]], 5),
        named_state(match["kind"], match["state"]),
        device="/machine/peripheral/d" if match["dev"] == "1" else None,
        unplug_requested=match["req"] == "1",
    )
    call = CALLS[match["call"]]
    after, row = apply(before, call, transitions(find_revision(revision)))

    return printed(call, row, after), match["result"].replace(" timer_del", "").rstrip()


@pytest.mark.parametrize("revision", sorted({revision for revision, _ in compiled_lines()}))
def test_the_table_answers_as_qemus_compiled_functions(revision: str) -> None:
    lines = [line for each, line in compiled_lines() if each == revision]
    answers = {line: answer(revision, line) for line in lines}

    assert {line: one for line, one in answers.items() if one[0] != one[1]} == {}
    assert len(answers) == 213


def test_all_lines_of_the_compiled_functions_are_compared() -> None:
    assert len(compiled_lines()) == 3 * 213


@pytest.mark.parametrize("revision", CATALOGUE, ids=lambda revision: revision.name)
def test_only_the_last_row_of_a_cell_is_unguarded(revision: Revision) -> None:
    for cell, rows in transitions(revision).items():
        assert [row.when is None for row in rows] == [False] * (len(rows) - 1) + [True], cell


@pytest.mark.parametrize("revision", CATALOGUE, ids=lambda revision: revision.name)
def test_a_row_leads_to_a_state_of_the_same_kind(revision: Revision) -> None:
    for (state, _), rows in transitions(revision).items():
        kinds = {row.then in PHYSICAL_STATES for row in rows}

        assert kinds == {state in PHYSICAL_STATES}


@pytest.mark.parametrize("state", DrcState, ids=lambda state: state.name)
def test_every_rtas_call_has_a_row_in_every_state(state: DrcState) -> None:
    assert [call for call in RtasCall if (state, call) not in BASE] == []


PENDING_CPU = Drc(
    0x10000001, DrcState.CONFIGURED, device="/machine/peripheral/core1", unplug_requested=True
)


@pytest.mark.parametrize(
    ("name", "effects"),
    [
        ("resend", ()),
        ("unisolate", (Effect.CLEAR_UNPLUG_REQUESTED, Effect.REPORT_REFUSAL)),
        (
            "guest-error",
            (Effect.CLEAR_UNPLUG_REQUESTED, Effect.REPORT_REFUSAL, Effect.SEND_GUEST_ERROR),
        ),
    ],
)
def test_a_guest_that_gives_up_unisolates(name: str, effects: tuple[Effect, ...]) -> None:
    """Before 87758fed7a QEMU cannot see the refusal; after it, the request is rolled back."""
    after, row = apply(PENDING_CPU, RtasCall.UNISOLATE, transitions(find_revision(name)))

    assert (after.state, after.unplug_requested, row.effects) == (
        DrcState.CONFIGURED,
        not effects,
        effects,
    )


@pytest.mark.parametrize(
    ("name", "starts"),
    [("timer", False), ("cpu-timeout", True), ("pre-revert", True), ("revert", False)],
)
def test_the_timer_starts_only_while_the_timeout_is_in(name: str, starts: bool) -> None:
    """51254ffb32 brings a timer that nobody starts; d1c2e3ce3d starts it; d522cb52e6 reverts."""
    idle = Drc(0x10000001, DrcState.CONFIGURED, device="/machine/peripheral/core1")
    _, row = apply(idle, QemuCall.UNPLUG_REQUEST, transitions(find_revision(name)))

    assert (Effect.START_UNPLUG_TIMER in row.effects) is starts


def test_a_hole_in_a_table_raises_and_names_state_call_and_connector() -> None:
    with pytest.raises(TableGapError, match="no row for ISOLATE in CONFIGURED of DRC 0x10000001"):
        apply(PENDING_CPU, RtasCall.ISOLATE, {})


def test_a_connector_takes_one_device() -> None:
    with pytest.raises(MisuseError, match="DRC 0x10000001 holds /machine/peripheral/core1"):
        attach(PENDING_CPU, "/machine/peripheral/other")
