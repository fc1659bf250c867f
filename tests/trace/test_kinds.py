"""The table of message types: one row for each, and who hears what QEMU sends unasked."""

from __future__ import annotations

from typing import get_args

import pytest

from kit.actors.messages import Actor, Message
from kit.machine.events import Emitted, Reply
from kit.machine.q35.messages import AcpiEmitted, AcpiReply
from kit.trace import kinds
from kit.trace.kinds import KINDS, kind_of, recipient

EMITTED = set(get_args(Emitted | AcpiEmitted))
REPLIES = set(get_args(Reply | AcpiReply))


def test_every_message_type_has_exactly_one_row() -> None:
    rows = [row.of for row in kinds._ROWS]

    assert sorted(rows, key=str) == sorted(get_args(Message), key=str)
    assert len(rows) == len(KINDS)


def test_only_what_qemu_sends_unasked_has_an_audience() -> None:
    assert {of for of, kind in KINDS.items() if kind.heard_by} == EMITTED


@pytest.mark.parametrize("of", sorted(EMITTED, key=str), ids=lambda of: of.__name__)
def test_qemu_writes_its_log_itself_interrupts_the_guest_and_sends_the_rest_to_management(
    of: type,
) -> None:
    message = object.__new__(of)  # the type alone decides
    own = {"ErrorReport": Actor.QEMU, "UnplugTimeout": Actor.QEMU}
    guest = {"HotplugEvent": Actor.GUEST, "GpeRaised": Actor.GUEST}

    assert recipient(message) is (own | guest).get(of.__name__)


def test_a_reply_has_no_audience() -> None:
    with pytest.raises(AssertionError, match="QEMU never sends done unasked"):
        recipient(object.__new__(next(of for of in REPLIES if of.__name__ == "Done")))


def test_only_replies_share_a_wire_name() -> None:
    wires: dict[str, list[type]] = {}
    for of, kind in KINDS.items():
        wires.setdefault(kind.wire, []).append(of)
    shared = {of for types in wires.values() for of in types if len(types) > 1}

    assert shared <= REPLIES
    assert {kind_of(object.__new__(of)).wire for of in shared} == {"return", "status"}
