"""Reset, CAS and migration: what they complete, keep and lose."""

from __future__ import annotations

import pytest

from kit.machine.catalogue import find_revision
from kit.machine.clock import NS_PER_S
from kit.machine.events import (
    DeviceDeleted,
    Done,
    ExceptionReturn,
    HotplugAction,
    HotplugEvent,
    HotplugIdentifier,
    HotplugType,
    Outcome,
    QmpError,
    QmpReturn,
)
from kit.machine.pseries.connector import DrIndicator
from kit.machine.pseries.step import Config, boot, step
from kit.machine.requests import (
    CheckException,
    ClientArchitectureSupport,
    ClockStep,
    DeviceAdd,
    DeviceDel,
    Dimm,
    Migrate,
    PciFunction,
    SetIndicator,
    SystemReset,
)
from tests.machine.pseries.requests import configured, run


def test_reset_completes_a_pending_unplug_and_empties_the_queue() -> None:
    machine, outcomes = run(configured("revert"), DeviceDel("core1"), SystemReset())

    assert machine.queue == ()
    assert outcomes[1].emitted == (DeviceDeleted(path="/machine/peripheral/core1", device="core1"),)


def test_cas_completes_a_pending_unplug_as_a_reset_does() -> None:
    machine, outcomes = run(configured("revert"), DeviceDel("core1"), ClientArchitectureSupport())

    assert outcomes[1] == Outcome(
        Done(), (DeviceDeleted(path="/machine/peripheral/core1", device="core1"),)
    )
    assert machine == boot(find_revision("revert"))


def test_cas_after_the_timeout_loses_the_request_without_a_trace() -> None:
    """More than 15 s in the firmware's menu: the core stays, and the queued event goes."""
    machine, outcomes = run(
        configured("pre-revert"),
        DeviceDel("core1"),
        ClockStep(15 * NS_PER_S),
        ClientArchitectureSupport(),
    )

    assert (outcomes[2].emitted, machine.queue) == ((), ())
    assert machine.device("/machine/peripheral/core1") is not None


def test_before_cas_the_guest_is_told_over_the_epow_source() -> None:
    """OV5_HP_EVT not negotiated: the class is EPOW, and a DIMM's ADD names no LMB."""
    firmware = boot(find_revision("revert"), Config(cas_at_reset=False))
    _, outcomes = run(
        firmware,
        DeviceAdd(Dimm(512, 0x40000000, "d0")),
        CheckException(0x10000000),
        CheckException(0x40000000),
    )
    event = HotplugEvent(
        type=HotplugType.MEMORY,
        action=HotplugAction.ADD,
        identifier=HotplugIdentifier.DRC_COUNT,
        index=None,
        count=2,
    )

    assert [outcome.reply for outcome in outcomes[1:]] == [
        ExceptionReturn(1),
        ExceptionReturn(0, event),
    ]


def test_a_guest_without_the_hotplug_source_keeps_its_dimms() -> None:
    _, outcomes = run(
        boot(find_revision("revert")),
        ClientArchitectureSupport(hp_evt=False),
        DeviceAdd(Dimm(256, 0x40000000, "d0")),
        DeviceDel("d0"),
    )

    assert outcomes[2].reply == QmpError(
        "GenericError", "Memory hot unplug not supported for this guest"
    )


def test_before_cas_a_dimm_can_be_asked_back_and_the_event_names_its_lmbs() -> None:
    machine, outcomes = run(
        boot(find_revision("revert"), Config(cas_at_reset=False)),
        DeviceAdd(Dimm(256, 0x40000000, "d0")),
        DeviceDel("d0"),
    )

    assert [outcome.reply for outcome in outcomes] == [QmpReturn(), QmpReturn()]
    assert [event.identifier for event in machine.queue] == [
        HotplugIdentifier.DRC_COUNT,
        HotplugIdentifier.DRC_COUNT_INDEXED,
    ]


def test_a_reset_puts_the_guest_back_into_the_firmware() -> None:
    machine, _ = run(
        boot(find_revision("revert"), Config(cas_at_reset=False)),
        ClientArchitectureSupport(),
        SystemReset(),
    )

    assert machine.hp_evt is None


@pytest.mark.parametrize(("clock_ns", "expected_ns"), [(None, 7), (0, 0), (9, 9)])
def test_the_guests_clock_migrates_unless_a_recorder_sets_it(
    clock_ns: int | None, expected_ns: int
) -> None:
    """softmmu/cpu-timers.c: vmstate_timers sends the offset of QEMU_CLOCK_VIRTUAL."""
    machine, _ = step(boot(find_revision("revert")), ClockStep(7))
    there, _ = step(machine, Migrate(clock_ns=clock_ns))

    assert there.now_ns == expected_ns


def test_what_was_negotiated_and_the_lamps_travel_with_a_migration() -> None:
    lamp = 0x40000018
    machine, _ = run(
        boot(find_revision("revert")),
        ClientArchitectureSupport(hp_evt=False),
        SetIndicator(9002, lamp, 2),
        Migrate(),
    )
    drc = machine.drc(lamp)

    assert drc is not None
    assert (machine.hp_evt, drc.dr_indicator) == (False, DrIndicator.IDENTIFY)


def test_a_reset_lights_the_lamp_of_a_present_function_and_puts_out_the_others() -> None:
    machine, _ = run(
        boot(find_revision("revert")),
        DeviceAdd(PciFunction("pci.0", "3", id="n")),
        SetIndicator(9002, 0x40000020, 3),
        SystemReset(),
    )
    present, absent = machine.drc(0x40000018), machine.drc(0x40000020)

    assert present is not None
    assert absent is not None
    assert (present.dr_indicator, absent.dr_indicator) == (
        DrIndicator.ACTIVE,
        DrIndicator.INACTIVE,
    )
