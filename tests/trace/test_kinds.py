"""The table of message types: one row for each, and who hears what QEMU sends unasked."""

from __future__ import annotations

from typing import get_args

import pytest

from kit.actors.messages import Actor, Hang, Message
from kit.machine.events import (
    ConnectorReturn,
    DeviceDeleted,
    DeviceNotDeleted,
    DeviceUnplugGuestError,
    Emitted,
    ExceptionReturn,
    Reply,
    StatusReturn,
)
from kit.machine.pcie.messages import PcieEmitted, PcieReply
from kit.machine.q35.messages import AcpiDeviceOst, AcpiEmitted, AcpiReply, OstInfo, SlotType
from kit.machine.requests import CpuCore, DeviceAdd
from kit.trace import kinds
from kit.trace.columns import Severity, UnplugOutcome
from kit.trace.entry import TraceEntry
from kit.trace.kinds import KINDS, is_minor, kind_of, label_of, outcome_of, recipient, severity_of
from kit.trace.sentences import sentence

EMITTED = set(get_args(Emitted | AcpiEmitted | PcieEmitted))
REPLIES = set(get_args(Reply | AcpiReply | PcieReply))


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
    guest = dict.fromkeys(
        ("HotplugEvent", "GpeRaised", "HotplugInterrupt", "SciRaised"), Actor.GUEST
    )

    assert recipient(message) is (own | guest).get(of.__name__)


def test_a_reply_has_no_audience() -> None:
    with pytest.raises(AssertionError, match="QEMU never sends done unasked"):
        recipient(object.__new__(next(of for of in REPLIES if of.__name__ == "Done")))


@pytest.mark.parametrize(
    "message",
    [
        DeviceAdd(CpuCore(1)),
        DeviceDeleted(path="/p"),
        DeviceNotDeleted(path="/p"),
        DeviceUnplugGuestError(path="/p"),
        ExceptionReturn(1),
        AcpiDeviceOst(OstInfo(SlotType.CPU, 1, 3, 0)),
    ],
    ids=lambda message: type(message).__name__,
)
def test_what_a_message_does_not_have_is_not_named(message: Message) -> None:
    entry = TraceEntry(
        seq=0, at_ns=0, guest_ns=0, src=Actor.OPERATOR, dst=Actor.QEMU, message=message
    )

    assert "None" not in f"{label_of(message)} {sentence(entry)}"


def test_only_replies_share_a_wire_name() -> None:
    wires: dict[str, list[type]] = {}
    for of, kind in KINDS.items():
        wires.setdefault(kind.wire, []).append(of)
    shared = {of for types in wires.values() for of in types if len(types) > 1}

    assert shared <= REPLIES
    assert {kind_of(object.__new__(of)).wire for of in shared} == {"return", "status"}


@pytest.mark.parametrize(
    ("message", "severity", "minor"),
    [
        (StatusReturn(0), Severity.PLAIN, True),
        (StatusReturn(-3), Severity.BAD, False),
        (ConnectorReturn(0, 1), Severity.PLAIN, True),
        (ConnectorReturn(-9003, 1), Severity.BAD, False),
        (Hang(), Severity.BAD, False),
        (Hang(hung=False), Severity.PLAIN, False),
        (DeviceDeleted(path="/p"), Severity.GOOD, False),
    ],
    ids=repr,
)
def test_severity_may_depend_on_what_a_message_holds(
    message: Message, severity: Severity, minor: bool
) -> None:
    assert (severity_of(message), is_minor(message)) == (severity, minor)


def test_an_event_reports_the_outcome_of_an_unplug_as_its_severity_does() -> None:
    """ACPI_DEVICE_OST alone needs a look inside: it reports progress and success as well."""
    of_severity = {Severity.GOOD: UnplugOutcome.REMOVED, Severity.BAD: UnplugOutcome.FAILED}
    for of in EMITTED - {AcpiDeviceOst}:
        kind = kind_of(object.__new__(of))
        heard = Actor.LIBVIRT in kind.heard_by

        assert kind.outcome is (of_severity.get(kind.severity) if heard else None), of


@pytest.mark.parametrize(
    ("status", "outcome"), [(0, None), (0x84, None), (0x80, UnplugOutcome.FAILED)], ids=str
)
def test_a_refusal_by_ost_is_a_failed_unplug(status: int, outcome: UnplugOutcome | None) -> None:
    message = AcpiDeviceOst(OstInfo(SlotType.DIMM, 0, 3, status, "dimm1"))

    assert outcome_of(message) is outcome


def test_what_has_no_row_reports_nothing() -> None:
    assert outcome_of(object()) is None
