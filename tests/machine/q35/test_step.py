"""The q35 machine: how devices come and go, and what its registers answer.

Texts, status bits and paths are those of QEMU 7.2.22 (``-machine q35 -smp 1,maxcpus=4
-m 256,slots=4,maxmem=2G``, TCG, stopped), unless a docstring says that they were only read.
"""

from __future__ import annotations

import pytest

from kit.common.errors import MisuseError
from kit.machine.events import (
    DeviceDeleted,
    Done,
    QmpReturn,
    Stepped,
    VmResume,
    VmStop,
)
from kit.machine.q35.messages import (
    CLEAR_INSERT_EVENT,
    CLEAR_REMOVE_EVENT,
    EJECT,
    EJECT_BY_FIRMWARE,
    ENABLED,
    FIRMWARE_EJECT,
    INSERT_EVENT,
    REMOVE_EVENT,
    AcpiDeviceOst,
    AcpiOutcome,
    AcpiRequest,
    GpeRaised,
    OspmStatusReturn,
    OstInfo,
    QueryAcpiOspmStatus,
    ReadStatus,
    ReportOst,
    SlotStatusReturn,
    SlotType,
    WriteControl,
)
from kit.machine.q35.step import AcpiConfig, boot, step
from kit.machine.requests import (
    ClockStep,
    Cont,
    CpuCore,
    DeviceAdd,
    DeviceDel,
    Dimm,
    Stop,
    SystemReset,
)
from tests.machine.q35.requests import run, status, with_device

CPU, DIMM = SlotType
EJECT_REQUEST = 3
FAILURE = 0x82
TYPES = pytest.mark.parametrize("slot_type", SlotType, ids=lambda slot_type: slot_type.name)


# -- the way a device comes and goes -----------------------------------------------------------


@TYPES
def test_a_device_comes_and_goes(slot_type: SlotType) -> None:
    number = 1 if slot_type is CPU else 0
    device = CpuCore(1, "dev") if slot_type is CPU else Dimm(256, id="dev")
    _, outcomes = run(
        boot(),
        DeviceAdd(device),
        ReadStatus(slot_type, number),
        WriteControl(slot_type, number, CLEAR_INSERT_EVENT),
        ReadStatus(slot_type, number),
        DeviceDel("dev"),
        ReadStatus(slot_type, number),
        WriteControl(slot_type, number, CLEAR_REMOVE_EVENT),
        WriteControl(slot_type, number, EJECT),
        ReadStatus(slot_type, number),
    )

    assert outcomes == [
        AcpiOutcome(QmpReturn(), (GpeRaised(slot_type),)),
        AcpiOutcome(SlotStatusReturn(ENABLED | INSERT_EVENT)),
        AcpiOutcome(Done()),
        AcpiOutcome(SlotStatusReturn(ENABLED)),
        AcpiOutcome(QmpReturn(), (GpeRaised(slot_type),)),
        AcpiOutcome(SlotStatusReturn(ENABLED | REMOVE_EVENT)),
        AcpiOutcome(Done()),
        AcpiOutcome(Done(), (DeviceDeleted(path="/machine/peripheral/dev", device="dev"),)),
        AcpiOutcome(SlotStatusReturn(0)),
    ]


@TYPES
def test_a_refusal_is_told_at_once_and_device_del_works_again(slot_type: SlotType) -> None:
    machine, number = with_device(slot_type)
    machine, outcomes = run(
        machine,
        DeviceDel("dev"),
        WriteControl(slot_type, number, CLEAR_REMOVE_EVENT),
        ReportOst(slot_type, number, EJECT_REQUEST, FAILURE),
        ReadStatus(slot_type, number),
        DeviceDel("dev"),
        ReadStatus(slot_type, number),
    )
    info = OstInfo(slot_type, number, EJECT_REQUEST, FAILURE, "dev")

    assert outcomes[2:] == [
        AcpiOutcome(Done(), (AcpiDeviceOst(info),)),
        AcpiOutcome(SlotStatusReturn(ENABLED)),
        AcpiOutcome(QmpReturn(), (GpeRaised(slot_type),)),
        AcpiOutcome(SlotStatusReturn(ENABLED | REMOVE_EVENT)),
    ]


@TYPES
def test_a_guest_that_says_success_and_does_not_eject_keeps_the_device(
    slot_type: SlotType,
) -> None:
    machine, number = with_device(slot_type)
    machine, _ = run(machine, DeviceDel("dev"), ReportOst(slot_type, number, EJECT_REQUEST, 0))

    assert status(machine, slot_type, number) == ENABLED | REMOVE_EVENT


@TYPES
def test_a_repeated_device_del_succeeds_and_changes_nothing(slot_type: SlotType) -> None:
    once, _ = run(with_device(slot_type)[0], DeviceDel("dev"))

    assert step(once, DeviceDel("dev")) == (
        once,
        AcpiOutcome(QmpReturn(), (GpeRaised(slot_type),)),
    )


@TYPES
def test_a_reset_keeps_the_device_and_the_pending_remove_event(slot_type: SlotType) -> None:
    """Unlike pseries, where a reset completes the unplug."""
    pending, _ = run(with_device(slot_type)[0], DeviceDel("dev"))

    assert step(pending, SystemReset()) == (pending, AcpiOutcome(Done()))


@TYPES
def test_an_eject_without_a_request_removes_the_device(slot_type: SlotType) -> None:
    machine, number = with_device(slot_type)
    machine, outcome = step(machine, WriteControl(slot_type, number, EJECT))

    assert outcome.emitted == (DeviceDeleted(path="/machine/peripheral/dev", device="dev"),)
    assert machine.slots(slot_type)[number].plugged is None


@TYPES
def test_events_that_the_guest_did_not_note_outlive_the_device(slot_type: SlotType) -> None:
    machine, number = with_device(slot_type)
    machine, _ = run(machine, DeviceDel("dev"), WriteControl(slot_type, number, EJECT))

    assert status(machine, slot_type, number) == REMOVE_EVENT


def test_time_brings_nothing_about() -> None:
    pending, _ = run(with_device(CPU)[0], DeviceDel("dev"))
    later, outcome = step(pending, ClockStep(10**15))

    assert outcome == AcpiOutcome(Stepped(10**15))
    assert (later.cpus, later.dimms) == (pending.cpus, pending.dimms)


# -- registers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bits", "after"),
    [
        (0, INSERT_EVENT | REMOVE_EVENT | ENABLED),
        (CLEAR_INSERT_EVENT | CLEAR_REMOVE_EVENT | EJECT, REMOVE_EVENT | ENABLED),
        (CLEAR_REMOVE_EVENT | EJECT, INSERT_EVENT | ENABLED),
        (EJECT | EJECT_BY_FIRMWARE, INSERT_EVENT | REMOVE_EVENT),
        (0x1E0, INSERT_EVENT | REMOVE_EVENT | ENABLED),
    ],
)
@TYPES
def test_a_write_does_what_its_lowest_bit_says(slot_type: SlotType, bits: int, after: int) -> None:
    number = 1 if slot_type is CPU else 0
    device = CpuCore(1, "dev") if slot_type is CPU else Dimm(256, id="dev")
    machine, _ = run(
        boot(), DeviceAdd(device), DeviceDel("dev"), WriteControl(slot_type, number, bits)
    )

    assert status(machine, slot_type, number) == after


@pytest.mark.parametrize(("slot_type", "after"), [(CPU, ENABLED | FIRMWARE_EJECT), (DIMM, ENABLED)])
def test_only_a_cpu_can_be_left_to_the_firmware(slot_type: SlotType, after: int) -> None:
    machine, number = with_device(slot_type)
    machine, _ = run(machine, WriteControl(slot_type, number, EJECT_BY_FIRMWARE))

    assert status(machine, slot_type, number) == after


def test_an_ejection_ends_the_wait_for_the_firmware() -> None:
    """Read in cpu_hotplug_wr()."""
    machine, number = with_device(CPU)
    machine, _ = run(
        machine, WriteControl(CPU, number, EJECT_BY_FIRMWARE), WriteControl(CPU, number, EJECT)
    )

    assert status(machine, CPU, number) == 0


@pytest.mark.parametrize("bits", [EJECT, EJECT_BY_FIRMWARE])
def test_the_boot_cpu_stays(bits: int) -> None:
    assert step(boot(), WriteControl(CPU, 0, bits)) == (boot(), AcpiOutcome(Done()))


@pytest.mark.parametrize(
    "request_",
    [
        WriteControl(CPU, 1, EJECT),
        WriteControl(DIMM, 0, EJECT),
        WriteControl(CPU, 4, EJECT),
        WriteControl(DIMM, 4, CLEAR_INSERT_EVENT),
        ReportOst(CPU, 4, 3, 1),
        ReportOst(DIMM, 9, 3, 1),
    ],
)
def test_writes_to_an_empty_or_missing_slot_do_nothing(request_: AcpiRequest) -> None:
    assert step(boot(), request_) == (boot(), AcpiOutcome(Done()))


@pytest.mark.parametrize(("number", "expected"), [(0, 1), (4, 0), (-1, 0), ((1 << 32), 1)])
def test_a_slot_is_selected_by_32_bits(number: int, expected: int) -> None:
    assert status(boot(), CPU, number) == expected


def test_without_memory_slots_nothing_answers_at_their_port() -> None:
    machine = boot(AcpiConfig(slots=0))

    assert status(machine, DIMM, 0) == 0xFF


# -- _OST --------------------------------------------------------------------------------------


def test_ospm_status_lists_the_dimms_and_then_the_cpus() -> None:
    machine, _ = run(
        boot(AcpiConfig(slots=1, max_cpus=2)),
        DeviceAdd(Dimm(256, id="d")),
        ReportOst(DIMM, 0, 3, 0x80),
        ReportOst(CPU, 1, -1, (1 << 32) + 5),
        SystemReset(),
    )
    _, outcome = step(machine, QueryAcpiOspmStatus())

    assert outcome.reply == OspmStatusReturn(
        (
            OstInfo(DIMM, 0, 3, 0x80, "d"),
            OstInfo(CPU, 0, 0, 0),
            OstInfo(CPU, 1, 0xFFFFFFFF, 5),
        )
    )


@TYPES
def test_the_last_ost_outlives_the_device_without_its_id(slot_type: SlotType) -> None:
    machine, number = with_device(slot_type)
    machine, _ = run(
        machine, ReportOst(slot_type, number, 3, 0x84), WriteControl(slot_type, number, EJECT)
    )
    _, outcome = step(machine, QueryAcpiOspmStatus())

    assert isinstance(outcome.reply, OspmStatusReturn)
    assert OstInfo(slot_type, number, 3, 0x84) in outcome.reply.slots


# -- stop and cont -----------------------------------------------------------------------------


def test_stop_and_cont_are_told_of_once() -> None:
    machine, outcomes = run(boot(), Stop(), Stop(), Cont(), Cont())

    assert outcomes == [
        AcpiOutcome(QmpReturn(), (VmStop(),)),
        AcpiOutcome(QmpReturn()),
        AcpiOutcome(QmpReturn(), (VmResume(),)),
        AcpiOutcome(QmpReturn()),
    ]
    assert machine == boot()


def test_the_clock_stands_still_while_the_vm_is_stopped() -> None:
    stopped, _ = step(boot(), Stop())

    with pytest.raises(MisuseError, match="stands still while the VM is stopped"):
        step(stopped, ClockStep(1))


def test_what_is_plugged_is_cpus_first_and_then_dimms() -> None:
    machine, _ = run(boot(), DeviceAdd(Dimm(256, id="dimm")), DeviceAdd(CpuCore(2, "cpu")))

    assert [plugged.device.id for plugged in machine.plugged] == [None, "cpu", "dimm"]
    assert machine.aborted is None


# -- what an _OST says -------------------------------------------------------------------------


@pytest.mark.parametrize("source", [0x003, 0x103])
def test_a_refusal_is_a_failed_ejection(source: int) -> None:
    statuses = [status for status in range(0x100) if OstInfo(CPU, 1, source, status, "dev").refused]

    assert statuses == [0x01, 0x80, 0x81, 0x82, 0x83]


@pytest.mark.parametrize("source", [0x001, 0x100, 0x200])
def test_other_failures_are_no_refusal(source: int) -> None:
    assert not any(OstInfo(CPU, 1, source, status).refused for status in range(0x100))
