"""Whatever a guest and an operator do, in whatever order, with whatever numbers."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from kit.common.errors import MisuseError
from kit.machine.catalogue import CATALOGUE, EVERY_RELEASE
from kit.machine.events import (
    Aborted,
    ConnectorReturn,
    Done,
    QmpError,
    RawReturn,
    SensorReturn,
    StatusReturn,
)
from kit.machine.pseries.connector import PHYSICAL_STATES, DrcType
from kit.machine.pseries.machine import devices
from kit.machine.pseries.rtas import RTAS_ANSWERS
from kit.machine.pseries.step import boot, step
from kit.machine.requests import (
    CheckException,
    ClientArchitectureSupport,
    ClockStep,
    ConfigureConnector,
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
    QueryMemoryDevices,
    RawRtas,
    Request,
    SetIndicator,
    SystemReset,
)
from kit.machine.revision import Revision

any_number = st.integers(-(2**63), 2**63)
indices = st.one_of(
    st.sampled_from(
        (
            0x10000000,
            0x10000001,
            0x20000000,
            0x20000001,
            0x40000018,
            0x40000019,
            0x40010018,
            0x80000004,
            0x80000005,
            0x90000000,
        )
    ),
    any_number,
)
ids = st.sampled_from(("a", "b", "c", None))
given_ids = st.sampled_from(("a", "b", "c", "/machine/peripheral/a", "nope"))
pci_addrs = st.one_of(st.sampled_from(("3.0", "3.1", "3.2", "4")), st.text(max_size=4))
device = st.one_of(
    st.builds(CpuCore, st.one_of(st.integers(0, 3), any_number), ids),
    st.builds(
        Dimm,
        st.sampled_from((256, 512, 100, 4096)),
        st.one_of(st.sampled_from((0, 0x40000000, 0x50000000)), st.integers(0, 2**63)),
        ids,
    ),
    st.builds(Nvdimm, st.just(256), st.just(0), ids, st.one_of(st.none(), any_number)),
    st.builds(Phb, st.one_of(st.integers(0, 2), any_number), ids),
    st.builds(PciFunction, st.sampled_from(("pci.0", "a.0", "no")), pci_addrs, st.booleans(), ids),
)
states = st.one_of(st.integers(0, 3), any_number)
request = st.one_of(
    st.builds(DeviceAdd, device),
    st.builds(DeviceDel, given_ids),
    st.builds(SetIndicator, st.one_of(st.integers(9001, 9003), any_number), indices, states),
    st.builds(GetSensorState, st.one_of(st.just(9003), any_number), indices),
    st.builds(ConfigureConnector, indices, st.one_of(st.none(), st.integers(1, 40))),
    st.builds(CheckException, any_number),
    st.builds(EventScan, any_number),
    st.builds(
        RawRtas,
        st.one_of(st.sampled_from(sorted(RTAS_ANSWERS)), st.text(max_size=5)),
        st.lists(any_number, max_size=8).map(tuple),
        st.integers(0, 5),
    ),
    st.builds(ClientArchitectureSupport, st.booleans()),
    st.builds(ClockStep, st.one_of(st.just(5_000_000_000), st.integers(0, 2**62))),
    st.sampled_from((SystemReset(), QueryHotpluggableCpus(), QueryMemoryDevices())),
)
revision = st.sampled_from(CATALOGUE + EVERY_RELEASE)


@given(revision, st.lists(request, max_size=40))
def test_nothing_raises_and_every_connector_stays_in_a_state_of_its_kind(
    revision: Revision, requests: list[Request]
) -> None:
    machine = boot(revision)
    for request in requests:
        machine, _ = step(machine, request)

        assert {drc.index: drc.state in PHYSICAL_STATES for drc in machine.drcs} == {
            drc.index: drc.type is DrcType.PCI for drc in machine.drcs
        }


@given(revision, st.lists(request, max_size=40))
def test_a_refused_call_changes_nothing(revision: Revision, requests: list[Request]) -> None:
    machine = boot(revision)
    for request in requests:
        after, outcome = step(machine, request)
        match outcome.reply:
            case (
                QmpError()
                | StatusReturn(status=-1 | -3)
                | SensorReturn(status=-3)
                | ConnectorReturn(status=-3 | -9003)
            ):
                assert (after, outcome.emitted) == (machine, ())
            case RawReturn(rets=(-3, *_)):
                assert (after, outcome.emitted) == (machine, ())
            case Aborted(abort):
                assert after.aborted == abort
        machine = after


@given(revision, st.lists(request, max_size=40))
def test_the_same_requests_make_the_same_machine(
    revision: Revision, requests: list[Request]
) -> None:
    machines = [boot(revision), boot(revision)]
    for request in requests:
        machines = [step(machine, request)[0] for machine in machines]

    assert machines[0] == machines[1]
    assert hash(machines[0]) == hash(machines[1])


@given(revision, st.lists(request, max_size=40))
def test_a_connector_without_a_device_is_in_its_empty_state(
    revision: Revision, requests: list[Request]
) -> None:
    """So no assertion of QEMU's about a missing device can fail on a guest's RTAS call alone."""
    machine = boot(revision)
    for request in requests:
        machine, _ = step(machine, request)
        vacant = [drc for drc in machine.drcs if drc.device is None]

        assert [
            drc.state.name for drc in vacant if drc.state.name not in ("UNUSABLE", "POWERON")
        ] == []
        assert [drc for drc in vacant if drc.unplug_requested] == []


@given(revision, st.lists(request, max_size=30), st.lists(any_number, max_size=3).map(tuple))
def test_a_migration_works_or_is_refused_as_misuse(
    revision: Revision, requests: list[Request], cores: tuple[int, ...]
) -> None:
    machine = boot(revision)
    for request in requests:
        machine, _ = step(machine, request)
    mine = tuple(d.core_id for d in devices(machine, CpuCore) if d.core_id)
    dimms = tuple(devices(machine, Dimm))
    for wanted in (cores, mine):
        with suppress(MisuseError):
            there, outcome = step(machine, Migrate(wanted, dimms))

            assert there.aborted or outcome.reply == Done()
            assert there.now_ns == machine.now_ns
