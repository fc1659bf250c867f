"""The guest kernel: its calls in Linux's order, its queue, its refusals."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kit.actors.kernel import Conduct, Guest
from kit.actors.messages import (
    CpuOnline,
    Decide,
    Dlpar,
    Hang,
    Pin,
    Restarted,
    RtasByHand,
    Work,
    WorkDone,
    WriteLog,
)
from kit.actors.pseries_guest import receive
from kit.actors.pseries_programs import GuestKind
from kit.machine.events import HotplugAction
from kit.machine.pseries.step import step
from kit.machine.requests import (
    ClientArchitectureSupport,
    CpuCore,
    DeviceAdd,
    DeviceDel,
    Dimm,
    PciFunction,
    Phb,
    SetIndicator,
    SystemReset,
)
from tests.actors.drive import CORE0, CORE1, booted, only_core1_online, unplug

DIMM = Dimm(512, 0x40000000, "dimm1")
CARD = (
    PciFunction("pci.0", "3.1", id="net3f1"),
    PciFunction("pci.0", "3.0", multifunction=True, id="net3"),
)
LMB0, LMB1 = 0x80000004, 0x80000005
RELEASE = ["read sensor: PRESENT", "ISOLATE: success", "UNUSABLE: success"]
LINUX = [kind for kind in GuestKind if kind is not GuestKind.ARBITRARY]
linux = pytest.mark.parametrize("kind", LINUX, ids=lambda kind: kind.value)


@linux
def test_a_cpu_is_acquired_configured_and_used(kind: GuestKind) -> None:
    """Linux dlpar_cpu_add(): sensor, USABLE, UNISOLATE, configure-connector."""
    drive = booted(kind)
    drive.ask(DeviceAdd(CpuCore(2, "core2")))

    assert drive.said == [
        "ADD event",
        "read sensor: UNUSABLE",
        "USABLE: success",
        "UNISOLATE: success",
        "configure-connector: success",
    ]
    assert drive.guest.online == (CORE0, CORE1, 0x10000002)


@linux
def test_a_cpu_is_released_isolated_and_made_unusable(kind: GuestKind) -> None:
    """Linux dlpar_cpu_remove(): offline, sensor, ISOLATE, UNUSABLE, detach the node."""
    drive = booted(kind)

    assert unplug(drive) == ["REMOVE event", *RELEASE[:2], "UNUSABLE: success", "DeviceDeleted"]
    assert CORE1 not in drive.guest.used


def test_before_5_13_a_guest_that_cannot_makes_no_call_at_all() -> None:
    """PAPR has no call for no: domain facts, section 3."""
    drive = only_core1_online(booted(GuestKind.LINUX_5_12))

    assert unplug(drive) == ["REMOVE event", "log: Failed to offline CPU, rc: -16"]
    assert drive.machine.drc(CORE1).unplug_requested  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", [GuestKind.LINUX_5_13, GuestKind.LINUX_5_14])
def test_from_5_13_a_guest_that_cannot_says_unisolate(kind: GuestKind) -> None:
    """29c9a2699e71: dlpar_unisolate_drc() when dlpar_cpu_remove() fails."""
    drive = only_core1_online(booted(kind, at="guest-error"))

    assert unplug(drive) == [
        "REMOVE event",
        "log: Unable to remove last online CPU",
        "read sensor: PRESENT",
        "UNISOLATE: success",
        "ErrorReport",
        "DeviceUnplugGuestError",
    ]


def test_a_refusal_for_another_reason_is_a_refusal_too() -> None:
    drive = booted(pinned=(CORE1,))

    assert unplug(drive) == ["REMOVE event", "log: Failed to offline CPU, rc: -16"]


def test_a_guest_that_refused_is_willing_when_another_cpu_runs() -> None:
    drive = only_core1_online(booted(GuestKind.LINUX_5_13, at="unisolate"))
    unplug(drive)
    drive.said.clear()
    drive.tell(CpuOnline(CORE0, True))

    assert unplug(drive) == ["REMOVE event", *RELEASE[:2], "UNUSABLE: success", "DeviceDeleted"]


def test_the_last_online_cpu_cannot_be_switched_off() -> None:
    drive = only_core1_online(booted())
    drive.tell(CpuOnline(CORE1, False))

    assert drive.said == ["log: the last online CPU stays online"]
    assert drive.guest.online == (CORE1,)


@linux
def test_a_stale_event_finds_no_cpu(kind: GuestKind) -> None:
    """The connector is UNUSABLE by then, so nobody is told UNISOLATE either."""
    drive = booted(kind)
    unplug(drive)
    drive.said.clear()
    drive.tell(Dlpar(HotplugAction.REMOVE, CORE1))
    hint = [] if kind is GuestKind.LINUX_5_12 else ["read sensor: UNUSABLE"]

    assert drive.said == ["log: Cannot find CPU (drc index 10000001) to remove", *hint]


def test_events_are_worked_off_one_at_a_time_in_order() -> None:
    """pseries_hp_wq has max_active 1: the second waits while the first is at work."""
    drive = booted(GuestKind.LINUX_5_12, CpuCore(1, "core1"), CpuCore(2, "core2"))
    guest, commands = drive.guest, ()
    guest = replace(guest, conduct=Conduct(offline_ns=5))
    guest, commands = receive(guest, Dlpar(HotplugAction.REMOVE, CORE1))
    waiting, nothing = receive(guest, Dlpar(HotplugAction.REMOVE, 0x10000002))

    assert (commands, nothing) == ((Work(5),), ())
    assert [event.index for event in waiting.queue] == [0x10000002]


def test_a_dimm_goes_when_all_its_lmbs_can() -> None:
    """dlpar_memory_remove_by_ic(): all are taken out of use before the first is released."""
    drive = booted(GuestKind.LINUX_5_14, DIMM)
    calls = ["read sensor: PRESENT", "ISOLATE: success", "UNUSABLE: success"]

    assert unplug(drive, "dimm1") == ["REMOVE event", *calls, *calls, "DeviceDeleted"]
    assert {LMB0, LMB1}.isdisjoint(drive.guest.used)


@pytest.mark.parametrize(
    ("kind", "back"),
    [
        (GuestKind.LINUX_5_13, ["configure-connector: success", "MemUnplugError"]),
        (
            GuestKind.LINUX_5_14,
            [
                "read sensor: PRESENT",
                "UNISOLATE: success",
                "MemUnplugError",
                "ErrorReport",
                "configure-connector: success",
            ],
        ),
    ],
    ids=["5.13", "5.14"],
)
def test_an_lmb_that_cannot_be_emptied_brings_those_before_it_back(
    kind: GuestKind, back: list[str]
) -> None:
    """feb0e079f43d in 5.14; before that only configure-connector, which fe1831eff8 notices."""
    drive = booted(kind, DIMM, at="unisolate", pinned=(LMB1,))
    said = unplug(drive, "dimm1")

    assert said == [
        "REMOVE event",
        "log: device of drc index 80000005 is in use",
        "log: Memory indexed-count-remove failed, adding any removed LMBs",
        *back,
    ]


def test_where_the_first_lmb_fails_nobody_is_told() -> None:
    drive = booted(GuestKind.LINUX_5_14, DIMM, at="guest-error", pinned=(LMB0,))

    assert unplug(drive, "dimm1") == [
        "REMOVE event",
        "log: device of drc index 80000004 is in use",
        "log: Memory indexed-count-remove failed, adding any removed LMBs",
    ]


def test_an_adapter_is_only_isolated() -> None:
    """drmgr: no allocation-state for physical connectors."""
    drive = booted(GuestKind.LINUX_5_12, PciFunction("pci.0", "3.0", id="net3"))

    assert unplug(drive, "net3") == ["REMOVE event", "ISOLATE: success", "DeviceDeleted"]


def test_a_phb_goes_as_a_cpu_does() -> None:
    drive = booted(GuestKind.LINUX_5_14, Phb(1, "phb1"))

    assert unplug(drive, "phb1") == ["REMOVE event", *RELEASE, "DeviceDeleted"]


def test_a_guest_takes_a_released_core_back_by_itself() -> None:
    """In limbo, QEMU lets it: recorded as late-release-then-guest-readds."""
    drive = booted()
    for indicator in (9001, 9003):
        drive.tell(RtasByHand(SetIndicator(indicator, CORE1, 0)))
    gone = CORE1 not in drive.guest.used
    drive.said.clear()
    drive.tell(Dlpar(HotplugAction.ADD, CORE1))

    assert gone
    assert drive.said == [
        "read sensor: UNUSABLE",
        "USABLE: success",
        "UNISOLATE: success",
        "configure-connector: success",
    ]


def test_a_core_that_is_asked_for_cannot_be_taken() -> None:
    """Logical connectors in UNUSABLE with a request: USABLE answers -3."""
    drive = booted()
    drive.tell(Dlpar(HotplugAction.ADD, 0x10000002))

    assert drive.said == [
        "read sensor: UNUSABLE",
        "USABLE: error -3",
        "log: Failed to acquire DRC, rc: -1, drc index: 10000002",
    ]


def test_in_the_firmware_nothing_is_heard_until_cas() -> None:
    drive = booted(conduct=Conduct(firmware_ns=7))
    guest, commands = receive(drive.guest, Restarted())
    deaf, nothing = receive(guest, Dlpar(HotplugAction.REMOVE, CORE1))
    asked, cas = receive(guest, WorkDone())

    assert (commands, nothing, deaf) == ((Work(7),), (), guest)
    assert [getattr(command, "message", None) for command in cas] == [ClientArchitectureSupport()]
    assert not asked.up


def test_a_reboot_finds_what_is_plugged() -> None:
    drive = booted()
    drive.machine, _ = step(drive.machine, DeviceDel("core1"))
    drive.machine, _ = step(drive.machine, SystemReset())
    drive.tell(Restarted())

    assert drive.guest.online == (CORE0,)


def test_an_asking_guest_waits_for_a_decision() -> None:
    drive = booted(conduct=Conduct(asks=True))
    asked = list(unplug(drive))
    drive.tell(Decide(True))

    assert asked == ["REMOVE event"]
    assert drive.said[1:] == [*RELEASE[:2], "UNUSABLE: success", "DeviceDeleted"]


def test_a_decision_counts_once() -> None:
    drive = booted(GuestKind.LINUX_5_13, conduct=Conduct(asks=True), at="unisolate")
    unplug(drive)
    drive.tell(Decide(False))
    refused = list(drive.said)
    unplug(drive)
    drive.tell(Decide(True))

    assert refused[1:] == [
        "log: Failed to offline CPU, rc: -16",
        "read sensor: PRESENT",
        "UNISOLATE: success",
        "ErrorReport",
    ]
    assert drive.said[-1] == "DeviceDeleted"


def test_nobody_asked_so_nothing_is_decided() -> None:
    drive = booted(conduct=Conduct(asks=True))

    assert receive(drive.guest, Decide(True)) == (drive.guest, ())


def test_work_passes_before_offline_and_between_isolate_and_unusable() -> None:
    drive = booted(conduct=Conduct(offline_ns=16, unusable_ns=3))

    assert unplug(drive) == [
        "REMOVE event",
        "works 16 ns",
        "read sensor: PRESENT",
        "ISOLATE: success",
        "works 3 ns",
        "UNUSABLE: success",
        "DeviceDeleted",
    ]


def test_an_arbitrary_guest_does_nothing_by_itself() -> None:
    drive = booted(GuestKind.ARBITRARY)

    assert unplug(drive) == []


def test_hanging_pinning_and_switching_are_remembered() -> None:
    guest = Guest(kind=GuestKind.LINUX_5_12, up=True, used=(CORE0, CORE1))
    for told in (Hang(), Pin(CORE1), CpuOnline(CORE0, False)):
        guest, _ = receive(guest, told)

    assert guest == Guest(
        kind=GuestKind.LINUX_5_12,
        up=True,
        hung=True,
        used=(CORE0, CORE1),
        offline=(CORE0,),
        pinned=(CORE1,),
    )


def test_a_cpu_that_is_not_there_cannot_be_switched() -> None:
    guest = Guest(kind=GuestKind.LINUX_5_12, up=True)

    assert receive(guest, CpuOnline(CORE1, True)) == (guest, (WriteLog("no CPU 1"),))


def test_what_is_let_go_of_is_not_used_while_the_calls_are_made() -> None:
    """Offline comes before ISOLATE: then the other CPU is the last online one, and must stay."""
    drive = booted()
    guest = replace(drive.guest, conduct=Conduct(unusable_ns=3))
    guest, _ = receive(guest, Dlpar(HotplugAction.REMOVE, CORE1))
    guest, said = receive(guest, CpuOnline(CORE0, False))

    assert (guest.has(CORE1), guest.used[:2], guest.online) == (False, (CORE0, CORE1), (CORE0,))
    assert said == (WriteLog("the last online CPU stays online"),)


def test_a_cpu_that_cannot_be_released_is_used_again() -> None:
    drive = booted()
    drive.machine, _ = step(drive.machine, SetIndicator(9001, CORE1, 0))
    drive.machine, _ = step(drive.machine, SetIndicator(9003, CORE1, 0))
    drive.tell(Dlpar(HotplugAction.REMOVE, CORE1))

    assert drive.said == [
        "read sensor: UNUSABLE",
        "log: Failed to release drc (10000001) for CPU, rc: -1",
    ]
    assert drive.guest.has(CORE1)


def test_memory_is_gone_whether_its_connectors_can_be_released_or_not() -> None:
    """dlpar_memory_remove_by_ic() does not look at what dlpar_release_drc() returns."""
    drive = booted(GuestKind.LINUX_5_14, DIMM, at="guest-error")
    drive.guest = replace(drive.guest, conduct=Conduct(asks=True))
    drive.ask(DeviceDel("dimm1"))
    drive.machine, _ = step(drive.machine, SetIndicator(9001, LMB0, 1))
    drive.said.clear()
    drive.tell(Decide(True))

    assert drive.said == ["read sensor: PRESENT", "ISOLATE: error -1"] * 2
    assert not drive.guest.has(LMB0)


def test_user_space_does_not_wait_for_the_kernels_queue() -> None:
    """ras_hotplug_interrupt() leaves PCI and PHB events to rtas_errd and drmgr."""
    drive = booted(GuestKind.LINUX_5_12, CpuCore(1, "core1"), PciFunction("pci.0", "3.0", id="n"))
    drive.guest = replace(drive.guest, conduct=Conduct(asks=True))
    drive.ask(DeviceDel("core1"))
    drive.ask(DeviceDel("n"))

    assert drive.said == ["REMOVE event", "REMOVE event", "ISOLATE: success", "DeviceDeleted"]
    assert drive.guest.deciding


def test_user_space_does_one_thing_after_the_other() -> None:
    drive = booted(GuestKind.LINUX_5_12, Phb(1, "phb1"), PciFunction("pci.0", "3.0", id="n"))
    guest, first = receive(drive.guest, Dlpar(HotplugAction.REMOVE, 0x20000001))
    waiting, nothing = receive(guest, Dlpar(HotplugAction.REMOVE, 0x40000018))

    assert (len(first), nothing) == (1, ())
    assert not waiting.at_rest


def test_what_user_space_refuses_does_not_cost_it_the_next_event() -> None:
    """drmgr is started anew for each event; a refusal ends one of them."""
    drive = booted(GuestKind.LINUX_5_12, *CARD)
    drive.guest = replace(drive.guest, conduct=Conduct(user_asks=True))
    drive.ask(DeviceDel("net3"))
    assert (drive.guest.user_decides, len(drive.guest.user_queue)) == (True, 1)

    drive.tell(Decide(False, by_user=True))
    assert (drive.guest.user_decides, drive.guest.user_queue) == (True, ())
    drive.tell(Decide(True, by_user=True))

    assert drive.said == [
        "REMOVE event",
        "REMOVE event",
        "no event",  # QEMU interrupted once for each
        "log: device of drc index 40000019 is in use",
        "ISOLATE: success",
        "DeviceDeleted",
    ]
    assert drive.guest.at_rest


def test_a_decision_is_for_the_kernel_or_for_user_space() -> None:
    drive = booted(GuestKind.LINUX_5_12, CpuCore(1, "core1"), *CARD)
    drive.guest = replace(drive.guest, conduct=Conduct(asks=True, user_asks=True))
    drive.ask(DeviceDel("core1"))
    drive.ask(DeviceDel("net3"))
    assert (drive.guest.deciding, drive.guest.user_decides) == (True, True)
    drive.tell(Decide(True, by_user=True))

    assert (drive.guest.deciding, drive.guest.user_decides) == (True, True)
    drive.tell(Decide(True))

    assert (drive.guest.deciding, drive.guest.user_decides) == (False, True)


def test_a_cpu_that_is_off_needs_no_work_to_be_let_go() -> None:
    drive = booted(conduct=Conduct(offline_ns=16))
    drive.tell(CpuOnline(CORE1, False))

    assert unplug(drive)[:2] == ["REMOVE event", "read sensor: PRESENT"]
