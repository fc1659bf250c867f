"""The machine around the connectors: what no table and no recording says alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kit.common.errors import MisuseError
from kit.machine.catalogue import find_revision
from kit.machine.clock import NS_PER_S
from kit.machine.events import (
    Abort,
    Aborted,
    ConnectorReturn,
    DeviceDeleted,
    DeviceNotDeleted,
    DeviceUnplugGuestError,
    ErrorReport,
    HotplugAction,
    HotplugEvent,
    HotpluggableCpu,
    HotplugIdentifier,
    HotplugType,
    MemUnplugError,
    Outcome,
    QemuVersion,
    QmpError,
    QmpReturn,
    RawReturn,
    SensorReturn,
    StatusReturn,
    UnplugTimeout,
    VmResume,
    VmStop,
)
from kit.machine.pseries.connector import CcResponse, DrcState
from kit.machine.pseries.step import Machine, boot, next_deadline, step
from kit.machine.requests import (
    ClockStep,
    ConfigureConnector,
    Cont,
    CpuCore,
    DeviceAdd,
    DeviceDel,
    Dimm,
    EventScan,
    GetSensorState,
    Migrate,
    Nvdimm,
    PciFunction,
    Phb,
    QueryHotpluggableCpus,
    QueryVersion,
    RawRtas,
    SetIndicator,
    Stop,
    SystemReset,
)
from tests.machine.pseries.requests import CORE1, LMB0, PMEM0, RELEASE, configured, run


@pytest.mark.parametrize(("name", "deleted"), [("pre-revert", False), ("revert", True)])
def test_a_late_release_is_lost_only_with_the_timeout(name: str, deleted: bool) -> None:
    machine, outcomes = run(
        configured(name), DeviceDel("core1"), ClockStep(16 * NS_PER_S), *RELEASE
    )
    event = DeviceDeleted(path="/machine/peripheral/core1", device="core1")

    assert [outcome.reply for outcome in outcomes[2:]] == [StatusReturn(0), StatusReturn(0)]
    assert outcomes[-1].emitted == ((event,) if deleted else ())
    assert (machine.device("/machine/peripheral/core1") is None) is deleted


def test_the_timeout_is_told_to_nobody_but_the_trace() -> None:
    machine, _ = run(configured("pre-revert"), DeviceDel("core1"))
    deadline = next_deadline(machine)
    machine, (outcome,) = run(machine, ClockStep(15 * NS_PER_S))

    assert (deadline, outcome.emitted, next_deadline(machine)) == (
        15 * NS_PER_S,
        (UnplugTimeout(CORE1),),
        None,
    )


def test_a_refusal_is_a_line_in_qemus_log_before_it_is_an_event() -> None:
    """87758fed7a only reports; DEVICE_UNPLUG_GUEST_ERROR comes with 4b08cd567b."""
    machine, _ = run(configured("unisolate"), DeviceDel("core1"))
    _, (outcome,) = run(machine, SetIndicator(9001, CORE1, 1))

    assert outcome == Outcome(
        StatusReturn(0),
        (ErrorReport("Device hotunplug rejected by the guest for device core1"),),
    )


# -- aborts ------------------------------------------------------------------------------------


def half_released_dimm() -> Machine:
    machine, _ = run(
        boot(find_revision("pre-revert")),
        DeviceAdd(Dimm(512, 0x40000000, "d0")),
        *(SetIndicator(9003, lmb, 1) for lmb in (LMB0, LMB0 + 1)),
        *(SetIndicator(9001, lmb, 1) for lmb in (LMB0, LMB0 + 1)),
        *(ConfigureConnector(lmb) for lmb in (LMB0, LMB0 + 1)),
        DeviceDel("d0"),
        SetIndicator(9001, LMB0, 0),
        SetIndicator(9003, LMB0, 0),
        ConfigureConnector(LMB0 + 1),
    )
    return machine


def test_an_abort_is_a_state_in_which_nothing_works_any_more() -> None:
    before = half_released_dimm()
    machine, outcomes = run(before, DeviceDel("d0"), SystemReset(), GetSensorState(9003, CORE1))
    abort = Abort("hw/ppc/spapr_drc.c", "spapr_drc_unplug_request", "drc->dev")

    assert outcomes == [Outcome(Aborted(abort))] * 3
    assert machine == replace(before, aborted=abort)


# -- devices without an id ---------------------------------------------------------------------


def refused_dimm(name: str) -> tuple[object, ...]:
    machine, _ = run(
        boot(find_revision(name)),
        DeviceAdd(Dimm(256, 0x40000000)),
        SetIndicator(9003, LMB0, 1),
        SetIndicator(9001, LMB0, 1),
        ConfigureConnector(LMB0),
        DeviceDel("/machine/peripheral-anon/device[0]"),
    )
    return run(machine, SetIndicator(9001, LMB0, 1))[1][0].emitted


def test_a_device_without_an_id_is_null_in_texts_and_named_by_its_path() -> None:
    """91bd95ce16, which came with the event, leaves the line in the log out."""
    path = "/machine/peripheral-anon/device[0]"
    error = MemUnplugError(
        device="", msg="Memory hotunplug rejected by the guest for device (null)"
    )

    assert refused_dimm("unisolate") == (
        error,
        ErrorReport("Device hotunplug rejected by the guest for device (null)"),
    )
    assert refused_dimm("guest-error") == (
        error,
        DeviceUnplugGuestError(path=path),
        DeviceUnplugGuestError(path=path),
    )


def test_pending_dimms_do_not_show_in_which_order_they_were_asked_for() -> None:
    dimms = (DeviceAdd(Dimm(512, 0x40000000, "a")), DeviceAdd(Dimm(512, 0x60000000, "b")))
    asked = [SetIndicator(9003, lmb, 1) for lmb in range(LMB0, LMB0 + 4)]
    one, _ = run(boot(find_revision("revert")), *dimms, *asked, DeviceDel("a"), DeviceDel("b"))
    two, _ = run(boot(find_revision("revert")), *dimms, *asked, DeviceDel("b"), DeviceDel("a"))

    assert one.pending_dimms == two.pending_dimms


# -- what was never recorded -------------------------------------------------------------------


def test_an_nvdimm_attaches_and_is_never_unplugged() -> None:
    machine, outcomes = run(
        boot(find_revision("guest-error")),
        DeviceAdd(Nvdimm(id="n0")),
        GetSensorState(9003, PMEM0),
        DeviceDel("n0"),
    )
    drc = machine.drc(PMEM0)

    assert outcomes[0].emitted == (
        HotplugEvent(
            type=HotplugType.PMEM,
            action=HotplugAction.ADD,
            identifier=HotplugIdentifier.DRC_INDEX,
            index=PMEM0,
        ),
    )
    assert [outcome.reply for outcome in outcomes[1:]] == [
        SensorReturn(0, 2),
        QmpError("GenericError", "nvdimm device hot unplug is not supported yet."),
    ]
    assert drc is not None
    assert (drc.state, drc.unplug_requested) == (DrcState.UNUSABLE, False)


def test_event_scan_never_hands_out_an_event() -> None:
    machine, _ = run(boot(find_revision("revert")), DeviceAdd(CpuCore(1, "core1")))
    after, (scanned,) = run(machine, EventScan())

    assert (scanned, after) == (Outcome(StatusReturn(1)), machine)


def test_a_phb_hands_out_the_nodes_of_the_functions_on_its_bus() -> None:
    machine, _ = run(
        boot(find_revision("revert")),
        DeviceAdd(Phb(1, "p1")),
        DeviceAdd(PciFunction("p1.0", "3", id="n0")),
        SetIndicator(9003, 0x20000001, 1),
        SetIndicator(9001, 0x20000001, 1),
    )
    _, (outcome,) = run(machine, ConfigureConnector(0x20000001))

    assert outcome.reply == ConnectorReturn(0, 27 + 16)


# -- raw calls ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "args", "nret", "rets"),
    [
        ("get-sensor-state", (9003, CORE1), 2, (0, 1)),
        ("get-sensor-state", (9003, CORE1), 3, (-3, 0, 0)),
        ("set-indicator", (9001, CORE1, 1), 1, (0,)),
        ("check-exception", (1280, 0, 0xFFFFFFFF, 0, 0, 512), 1, (1,)),
        ("event-scan", (0xFFFFFFFF, 0, 0, 512), 1, (1,)),
        ("event-scan", (0xFFFFFFFF, 0, 0), 1, (-3,)),
        ("get-sensor-state", (9003 + 2**32, CORE1 + 2**32), 2, (0, 1)),
        ("ibm,configure-connector", (0x200000, 0), 1, (-3,)),
        ("ibm,no-such-call", (), 1, (-3,)),
        ("set-indicator", (), 0, ()),
    ],
)
def test_a_raw_call_answers_all_its_words(
    name: str, args: tuple[int, ...], nret: int, rets: tuple[int, ...]
) -> None:
    _, (outcome,) = run(configured("revert"), RawRtas(name, args, nret))

    assert outcome.reply == RawReturn(rets)


# -- devices that are there from the start, by their paths ------------------------------------


def test_the_boot_core_is_not_unplugged() -> None:
    machine = boot(find_revision("revert"))

    assert step(machine, DeviceDel("/machine/unattached/device[1]")) == (
        machine,
        Outcome(QmpError("GenericError", "Boot CPU core may not be unplugged")),
    )


def test_a_path_that_is_no_device_is_refused_in_other_words() -> None:
    machine = boot(find_revision("revert"))
    _, outcome = step(machine, DeviceDel("/machine/unattached"))

    assert outcome.reply == QmpError(
        "GenericError", "/machine/unattached is not a hotpluggable device"
    )


def test_a_thread_of_a_core_cannot_be_asked_for() -> None:
    """Measured on 7.2.22 and on a build of d522cb52e6~1."""
    _, outcome = step(configured("revert"), DeviceDel("core1/thread[0]"))

    assert outcome.reply == Aborted(Abort("softmmu/qdev-monitor.c", "qdev_unplug", "hotplug_ctrl"))


def test_phb_0_can_be_unplugged_and_comes_back_under_another_bus_name() -> None:
    """Measured on 7.2.22."""
    phb0 = 0x20000000
    _, outcomes = run(
        boot(find_revision("guest-error")),
        DeviceDel("/machine/unattached/device[4]"),
        DeviceDel("/machine/unattached/device[4]"),
        SetIndicator(9001, phb0, 0),
        SetIndicator(9003, phb0, 0),
        DeviceAdd(Phb(0, "p0")),
        DeviceAdd(PciFunction("pci.0", "3", id="n")),
        DeviceAdd(PciFunction("p0.0", "3", id="n")),
    )

    assert [outcome.reply for outcome in outcomes] == [
        QmpReturn(),
        QmpError("GenericError", "PCI Host Bridge unplug already in progress for device (null)"),
        StatusReturn(0),
        StatusReturn(0),
        QmpReturn(),
        QmpError("GenericError", "Bus 'pci.0' not found"),
        QmpReturn(),
    ]


# -- queries, misuse ---------------------------------------------------------------------------


def test_query_hotpluggable_cpus_lists_every_slot() -> None:
    _, (outcome,) = run(configured("revert"), QueryHotpluggableCpus())

    assert outcome.reply == QmpReturn(
        (
            HotpluggableCpu(3, None),
            HotpluggableCpu(2, None),
            HotpluggableCpu(1, "/machine/peripheral/core1"),
            HotpluggableCpu(0, "/machine/unattached/device[1]"),
        )
    )


def test_query_version_answers_the_trees_version() -> None:
    _, (outcome,) = run(boot(find_revision("pre-revert")), QueryVersion())

    assert outcome.reply == QmpReturn(QemuVersion(5, 2, 92))


def test_the_clock_does_not_go_back() -> None:
    with pytest.raises(MisuseError, match="cannot go back by 1 ns"):
        step(boot(find_revision("revert")), ClockStep(-1))


def test_a_migration_needs_the_devices_on_the_destination() -> None:
    with pytest.raises(MisuseError, match="command line lacks core1"):
        step(configured("revert"), Migrate())


@pytest.mark.parametrize("cores", [(9,), (0,), (1, 1), (-1,)])
def test_a_destination_that_qemu_refuses_is_misuse(cores: tuple[int, ...]) -> None:
    with pytest.raises(MisuseError, match="QEMU refuses this command line"):
        step(boot(find_revision("revert")), Migrate(cores))


def test_the_fragment_is_built_anew_after_a_migration() -> None:
    machine, _ = run(configured("revert"), ConfigureConnector(CORE1, 3), Migrate((1,)))
    drc = machine.drc(CORE1)

    assert drc is not None
    assert (drc.fdt, drc.position) == (None, 0)
    assert CcResponse.NEXT_CHILD in configured("revert").drcs[1].fdt  # type: ignore[operator]  # a configured core has one


def test_the_proposal_tells_of_the_timeout_and_loses_the_late_release_all_the_same() -> None:
    """Patch 2 of 4 of the series of 12 March 2021: DEVICE_NOT_DELETED from the timer's callback."""
    machine, outcomes = run(
        configured("proposal"), DeviceDel("core1"), ClockStep(16 * NS_PER_S), *RELEASE
    )

    assert [outcome.emitted for outcome in outcomes[1:]] == [
        (
            UnplugTimeout(CORE1, silent=False),
            DeviceNotDeleted(path="/machine/peripheral/core1", device="core1"),
        ),
        (),
        (),
    ]
    assert machine.device("/machine/peripheral/core1") is not None


def test_a_stopped_vm_answers_and_its_clock_stands_still() -> None:
    machine, outcomes = run(
        configured("pre-revert"), DeviceDel("core1"), Stop(), Stop(), DeviceDel("core1")
    )
    refused = QmpError(
        "GenericError", "core-id 1 unplug is still pending, 15 seconds timeout remaining"
    )

    assert outcomes[1:] == [
        Outcome(QmpReturn(), (VmStop(),)),
        Outcome(QmpReturn()),
        Outcome(refused),
    ]
    with pytest.raises(MisuseError, match="the guest's clock stands still"):
        step(machine, ClockStep(1))


def test_a_vm_that_goes_on_has_its_time_left() -> None:
    machine, outcomes = run(
        configured("pre-revert"),
        DeviceDel("core1"),
        ClockStep(10 * NS_PER_S),
        Stop(),
        Cont(),
        Cont(),
        ClockStep(4 * NS_PER_S),
    )

    assert outcomes[3:5] == [Outcome(QmpReturn(), (VmResume(),)), Outcome(QmpReturn())]
    assert next_deadline(machine) == machine.now_ns + NS_PER_S
