"""Whatever a guest and an operator ask of a q35 machine, in whatever order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kit.machine.events import (
    DeviceDeleted,
)
from kit.machine.q35.messages import (
    AcpiDeviceOst,
    AcpiOutcome,
    AcpiRequest,
    OstInfo,
    QueryAcpiOspmStatus,
    ReadStatus,
    ReportOst,
    SlotType,
    WriteControl,
)
from kit.machine.q35.step import AcpiMachine, boot, step
from kit.machine.requests import (
    ClockStep,
    CpuCore,
    DeviceAdd,
    DeviceDel,
    Dimm,
    Nvdimm,
    QueryHotpluggableCpus,
    QueryMemoryDevices,
    SystemReset,
)
from tests.machine.q35.requests import GIB

CPU = SlotType.CPU
any_number = st.integers(-(2**65), 2**65)
numbers = st.one_of(st.integers(0, 4), any_number)
slot_types = st.sampled_from(SlotType)
ids = st.sampled_from(("a", "b", "c", None))
names = st.one_of(
    st.sampled_from(
        ("a", "b", "c", "/machine/peripheral/a", "/machine/peripheral-anon/device[0]", "/machine")
    ),
    st.text(max_size=4),
)
devices = st.one_of(
    st.builds(CpuCore, numbers, ids),
    st.builds(
        Dimm,
        st.sampled_from((1, 128, 256, 4096)),
        st.one_of(st.sampled_from((0, 4 * GIB, 5 * GIB)), any_number),
        ids,
        st.one_of(st.none(), numbers),
    ),
    st.builds(Nvdimm, id=ids),
)
requests = st.one_of(
    st.builds(DeviceAdd, devices),
    st.builds(DeviceDel, names),
    st.builds(WriteControl, slot_types, numbers, st.one_of(st.sampled_from((2, 4, 8)), any_number)),
    st.builds(ReportOst, slot_types, numbers, any_number, any_number),
    st.builds(ReadStatus, slot_types, numbers),
    st.builds(ClockStep, st.integers(0, 2**63)),
    st.sampled_from(
        (SystemReset(), QueryHotpluggableCpus(), QueryMemoryDevices(), QueryAcpiOspmStatus())
    ),
)


@given(st.lists(requests, max_size=30))
def test_whatever_is_asked_the_machine_stays_in_order(script: list[AcpiRequest]) -> None:
    machine = boot()
    for request in script:
        before, (machine, outcome) = machine, step(machine, request)

        assert step(before, request) == (machine, outcome)
        check_slots(machine)
        check_what_left(before, machine, outcome)


def check_slots(machine: AcpiMachine) -> None:
    """CPU 0 is there, devices are in the slots that they name, and no path is taken twice."""
    held = [(t, n, s.plugged) for t in SlotType for n, s in enumerate(machine.slots(t))]
    found = [(t, n, plugged) for t, n, plugged in held if plugged is not None]

    assert (len(machine.cpus), len(machine.dimms)) == (4, 4)
    assert found[0][2].path == "/machine/unattached/device[0]"
    assert len({plugged.path for _, _, plugged in found}) == len(found)
    for slot_type, number, plugged in found:
        device = plugged.device
        named = device.core_id if isinstance(device, CpuCore) else getattr(device, "slot", None)
        assert (slot_type is CPU, number) == (isinstance(device, CpuCore), named)


def check_what_left(before: AcpiMachine, after: AcpiMachine, outcome: AcpiOutcome) -> None:
    """DEVICE_DELETED names exactly what left its slot; an _OST event is about a slot there is."""
    gone = [
        DeviceDeleted(path=was.plugged.path, device=was.plugged.device.id)
        for slot_type in SlotType
        for was, now in zip(before.slots(slot_type), after.slots(slot_type), strict=True)
        if was.plugged is not None and now.plugged is None
    ]
    told = [event for event in outcome.emitted if isinstance(event, AcpiDeviceOst)]

    assert [event for event in outcome.emitted if isinstance(event, DeviceDeleted)] == gone
    for event in told:
        slot = after.slots(event.info.slot_type)[event.info.slot]
        device = None if slot.plugged is None else slot.plugged.device.id
        assert event.info == OstInfo(
            event.info.slot_type, event.info.slot, slot.ost_event, slot.ost_status, device
        )
