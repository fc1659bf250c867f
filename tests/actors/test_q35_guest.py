"""The guest of a q35 machine: what it reads, what it reports, what it ejects and what it keeps.

The statuses of _OST and their order are Linux's: drivers/acpi/scan.c, acpi_generic_hotplug_event()
and acpi_device_hotplug().
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from kit.actors.kernel import Conduct
from kit.actors.messages import (
    Actor,
    Command,
    CpuOnline,
    Decide,
    Dlpar,
    Hang,
    Input,
    Message,
    Pin,
    Restarted,
    RtasByHand,
    Send,
    Work,
    WorkDone,
    WriteLog,
)
from kit.actors.pseries_programs import GuestKind
from kit.actors.q35_guest import AcpiGuest, receive, slot_index
from kit.machine.events import Done, HotplugAction
from kit.machine.q35.messages import (
    GpeRaised,
    ReadStatus,
    ReportOst,
    SlotStatusReturn,
    SlotType,
    WriteControl,
)
from kit.machine.requests import GetSensorState

CPU, DIMM = SlotType.CPU, SlotType.DIMM
CPU0, CPU1, CPU2 = (slot_index(CPU, number) for number in range(3))
DIMM0 = slot_index(DIMM, 0)
UP = AcpiGuest(cpus=2, dimms=1, up=True, used=(CPU0, CPU1, DIMM0))
CPU_GPE, DIMM_GPE = GpeRaised(CPU), GpeRaised(DIMM)
ENABLED, INSERTED, WANTED = (SlotStatusReturn(bits) for bits in (1, 3, 5))


def tell(guest: AcpiGuest, *told: Input) -> tuple[AcpiGuest, list[Message | WriteLog | Work]]:
    """Tell *guest* all of that, and return what it asked for: of QEMU, just the accesses."""
    asked: list[Message | WriteLog | Work] = []
    for one in told:
        guest, commands = receive(guest, one)
        asked += [_plain(command) for command in commands]
    return guest, asked


def _plain(command: Command) -> Message | WriteLog | Work:
    if isinstance(command, Send):
        assert command.to is Actor.QEMU
        return command.message
    assert isinstance(command, WriteLog | Work)
    return command


# -- the two ways -------------------------------------------------------------------------------


def test_it_says_that_it_is_at_it_and_ejects() -> None:
    guest, asked = tell(UP, CPU_GPE, ENABLED, WANTED, Done(), Done(), Done())

    assert asked == [
        ReadStatus(CPU, 0),
        ReadStatus(CPU, 1),
        WriteControl(CPU, 1, 4),
        ReportOst(CPU, 1, 3, 0x84),
        WriteControl(CPU, 1, 8),
    ]
    assert guest == replace(UP, used=(CPU0, DIMM0))


def test_it_keeps_a_device_in_use_and_says_so() -> None:
    pinned = replace(UP, pinned=(DIMM0,))
    guest, asked = tell(pinned, DIMM_GPE, WANTED, Done(), Done(), Done())

    assert asked == [
        ReadStatus(DIMM, 0),
        WriteControl(DIMM, 0, 4),
        ReportOst(DIMM, 0, 3, 0x84),
        WriteLog("memory of slot 0: Offline failed."),
        ReportOst(DIMM, 0, 3, 0x82),
    ]
    assert guest == pinned


def test_it_keeps_its_last_online_cpu() -> None:
    last = replace(UP, offline=(CPU0,))
    guest, asked = tell(last, CPU_GPE, ENABLED, WANTED, Done(), Done(), Done())

    assert asked[-2:] == [WriteLog("processor cpu1: Offline failed."), ReportOst(CPU, 1, 3, 0x82)]
    assert guest == last


def test_it_uses_a_device_that_came() -> None:
    one = replace(UP, used=(CPU0, DIMM0))
    guest, asked = tell(one, CPU_GPE, ENABLED, INSERTED, Done())

    assert asked == [ReadStatus(CPU, 0), ReadStatus(CPU, 1), WriteControl(CPU, 1, 2)]
    assert guest == UP


# -- in between ---------------------------------------------------------------------------------


def test_its_own_work_lies_between_the_report_and_the_ejection() -> None:
    slow = replace(UP, conduct=Conduct(offline_ns=16))
    guest, asked = tell(slow, CPU_GPE, ENABLED, WANTED, Done(), Done())
    _, more = tell(guest, WorkDone())

    assert (guest.busy, guest.asked_for(CPU1), CPU1 in guest.used) == (True, True, True)
    assert asked[-2:] == [ReportOst(CPU, 1, 3, 0x84), Work(16)]
    assert more == [WriteControl(CPU, 1, 8)]


@pytest.mark.parametrize(
    ("give", "asked"),
    [
        (True, [WriteControl(CPU, 1, 8)]),
        (False, [WriteLog("processor cpu1: Offline failed."), ReportOst(CPU, 1, 3, 0x82)]),
    ],
    ids=["releases", "refuses"],
)
def test_one_that_asks_does_as_it_is_told(give: bool, asked: list[object]) -> None:
    asking = replace(UP, conduct=Conduct(asks=True))
    guest, _ = tell(asking, CPU_GPE, ENABLED, WANTED, Done(), Done())
    after, told = tell(guest, Decide(give), Done())

    assert guest.deciding
    assert told == asked
    assert after == replace(asking, used=(CPU0, DIMM0) if give else asking.used)


def test_it_notes_an_event_while_at_another_and_does_one_thing_at_a_time() -> None:
    slow = replace(UP, cpus=3, used=(CPU0, CPU1, CPU2), conduct=Conduct(offline_ns=16))
    guest, _ = tell(slow, CPU_GPE, ENABLED, WANTED, Done(), Done())
    guest, noted = tell(guest, CPU_GPE, ENABLED, ENABLED, WANTED, Done())
    _, then = tell(guest, WorkDone(), Done())

    assert noted == [*(ReadStatus(CPU, n) for n in range(3)), WriteControl(CPU, 2, 4)]
    assert then == [WriteControl(CPU, 1, 8), ReportOst(CPU, 2, 3, 0x84)]


def test_two_interrupts_are_looked_after_one_after_the_other() -> None:
    guest, asked = tell(UP, CPU_GPE, DIMM_GPE, ENABLED, WANTED, Done())

    assert asked == [
        ReadStatus(CPU, 0),
        ReadStatus(CPU, 1),
        WriteControl(CPU, 1, 4),
        ReadStatus(DIMM, 0),
        ReportOst(CPU, 1, 3, 0x84),
    ]
    assert guest.interrupts == (DIMM,)


def test_a_device_that_is_gone_already_is_left_at_that() -> None:
    guest, asked = tell(replace(UP, used=(CPU0,)), DIMM_GPE, SlotStatusReturn(4), Done())

    assert asked[-1] == WriteLog("memory of slot 0: not in use")
    assert not guest.busy


# -- boot ---------------------------------------------------------------------------------------


def test_it_learns_in_the_firmware_what_there_is() -> None:
    booting = replace(UP, conduct=Conduct(firmware_ns=2), pinned=(CPU1,))
    guest, asked = tell(
        booting, Restarted(), WorkDone(), ENABLED, SlotStatusReturn(0), SlotStatusReturn(1)
    )

    assert asked == [Work(2), ReadStatus(CPU, 0), ReadStatus(CPU, 1), ReadStatus(DIMM, 0)]
    assert guest == replace(booting, used=(CPU0, DIMM0))


def test_it_leaves_an_event_from_before_the_reset_alone_until_the_next_interrupt() -> None:
    """A reset clears the GPE's status, and with it the interrupt; the event bit stays."""
    booted, asked = tell(UP, Restarted(), WorkDone(), ENABLED, WANTED, ENABLED)
    _, later = tell(booted, CPU_GPE, ENABLED, WANTED, Done())

    assert asked == [Work(0), ReadStatus(CPU, 0), ReadStatus(CPU, 1), ReadStatus(DIMM, 0)]
    assert (booted.busy, booted.used, booted.missed) == (False, (CPU0, CPU1, DIMM0), (CPU,))
    assert later == [
        ReadStatus(CPU, 0),
        ReadStatus(CPU, 1),
        WriteControl(CPU, 1, 4),
        ReadStatus(CPU, 0),  # once for the old event, once for the new one
        ReportOst(CPU, 1, 3, 0x84),
    ]


def test_the_firmware_takes_no_interrupt() -> None:
    in_firmware, _ = tell(UP, Restarted())

    assert receive(in_firmware, CPU_GPE) == (in_firmware, ())


# -- a hand on it -------------------------------------------------------------------------------


def test_an_arbitrary_guest_reacts_to_nothing() -> None:
    guest = replace(UP, kind=GuestKind.ARBITRARY)

    assert receive(guest, CPU_GPE) == (guest, ())


@pytest.mark.parametrize(
    ("order", "after", "asked"),
    [
        (CpuOnline(CPU1, False), replace(UP, offline=(CPU1,)), []),
        (CpuOnline(CPU2, False), UP, [WriteLog("no CPU 2")]),
        (Pin(DIMM0), replace(UP, pinned=(DIMM0,)), []),
        (Hang(), replace(UP, hung=True), []),
        (
            RtasByHand(GetSensorState(9003, CPU1)),
            UP,
            [WriteLog("this machine has no RTAS: no such call")],
        ),
        (
            Dlpar(HotplugAction.REMOVE, CPU1),
            UP,
            [WriteLog("/sys/kernel/dlpar: No such file or directory")],
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_hand_on_it(order: Input, after: AcpiGuest, asked: list[object]) -> None:
    assert tell(UP, order) == (after, asked)


def test_the_last_online_cpu_stays_online() -> None:
    one = replace(UP, offline=(CPU0,))

    assert tell(one, CpuOnline(CPU1, False)) == (
        one,
        [WriteLog("the last online CPU stays online")],
    )
