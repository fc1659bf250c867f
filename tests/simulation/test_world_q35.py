"""Whole runs on the q35 machine: what its guest does, what is told to whom, what a reset leaves.

The guest's accesses and QEMU's answers are compared with what a real QEMU 7.2.22 did.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kit.actors.messages import (
    Actor,
    ApiError,
    DeviceRemovalFailed,
    Failure,
    GuestLog,
    MonitorClosed,
)
from kit.common.errors import UserError
from kit.machine.catalogue import Q35, REVISIONS, find_revision
from kit.machine.clock import NS_PER_S
from kit.machine.events import DeviceDeleted, Done, QmpError, QmpReturn, VmResume, VmStop
from kit.machine.q35.messages import (
    AcpiDeviceOst,
    GpeRaised,
    OstInfo,
    ReadStatus,
    ReportOst,
    SlotStatusReturn,
    SlotType,
    WriteControl,
)
from kit.machine.q35.step import AcpiMachine
from kit.machine.requests import DeviceDel, SystemReset
from kit.machine.revision import Board, Revision
from kit.recordings.answers import event_json
from kit.simulation.expectations import expected_to_fail_at
from kit.simulation.run import Intervention, Run, play, play_pair
from kit.simulation.scenario import ScenarioError, read_scenario
from kit.storage.scenarios import find_scenario
from kit.trace.entry import entry_json

RECORDED = Path(__file__).parents[2] / "data/reference/acpi/q35-7.2.22.jsonl"
CPU = SlotType.CPU
IN_PROGRESS = 0x84
EVERYWHERE = [one for one in REVISIONS if one.board in (Board.PSERIES, Board.Q35)]


def played(cast: str, *script: str, revision: Revision = Q35) -> Run:
    """Play *script*, of lines as ``0 s: device_del core1``, with a cast of core1 and *cast*."""
    text = f"""title = "t"
why = "w"
look = "l"
end = "20 s"
script = {json.dumps(script)}
[cast]
boards = ["pseries", "q35"]
{cast}
"""
    if "devices" not in cast:
        text += 'devices = ["core1"]\n'
    return play(read_scenario(text, "story", "story.toml"), revision)


def told(run: Run, *kinds: type[Any]) -> list[tuple[int, Any]]:
    """What was said of these types, and at which second."""
    entries = [entry for entry in run.trace if isinstance(entry.message, kinds)]
    return [(entry.at_ns // NS_PER_S, entry.message) for entry in entries]


def recorded(name: str) -> list[dict[str, Any]]:
    """The guest's writes in a recording from its device_del on, as [op, fields..., events]."""
    for line in RECORDED.read_text().splitlines():
        transcript = json.loads(line)
        if transcript["name"] == name:
            steps = transcript["steps"]
            asked = next(n for n, step in enumerate(steps) if step["op"] == "device_del")
            return [_comparable(step) for step in steps[asked:] if step["op"] in _WRITES]
    raise AssertionError(name)


_WRITES = ("cpu_control", "cpu_ost")


def _comparable(step: dict[str, Any]) -> dict[str, Any]:
    events = [{**event, "device": None} for event in step.get("events", [])]
    return {key: step[key] for key in step if key not in ("reply", "events")} | {"events": events}


def written(run: Run) -> list[dict[str, Any]]:
    """The guest's writes in a run, as `recorded` gives them; ids of devices left out."""
    found: list[dict[str, Any]] = []
    for entry in run.trace:
        match entry.message:
            case WriteControl(SlotType.CPU, slot, bits):
                found.append({"op": "cpu_control", "slot": slot, "bits": bits, "events": []})
            case ReportOst(SlotType.CPU, slot, event, status):
                ost = {"op": "cpu_ost", "slot": slot, "event": event, "status": status}
                found.append({**ost, "events": []})
            case AcpiDeviceOst() as ost_event:
                found[-1]["events"].append({**event_json(ost_event), "device": None})
    return found


# -- as recorded ---------------------------------------------------------------------------------


def test_a_cooperative_guest_does_what_was_recorded() -> None:
    run = played("", "0 s: device_del core1")

    assert written(run) == recorded("cooperative-unplug")
    assert not run.belief().qemu


def test_a_guest_that_refuses_does_what_was_recorded() -> None:
    """Linux says before that it is at it, which the recorded script leaves out."""
    run = played('pinned = ["core1"]', "0 s: device_del core1")

    assert [one for one in written(run) if one.get("status") != IN_PROGRESS] == recorded(
        "guest-refuses-ost"
    )
    assert run.belief().qemu


def test_the_whole_of_an_unplug_on_one_page() -> None:
    run = played("", "0 s: device_del core1")
    operator, qemu, guest = Actor.OPERATOR, Actor.QEMU, Actor.GUEST
    in_progress = OstInfo(CPU, 1, 3, IN_PROGRESS, "core1")

    assert [(entry.src, entry.dst, entry.message) for entry in run.trace] == [
        (operator, qemu, DeviceDel("core1")),
        (qemu, guest, GpeRaised(CPU)),
        (qemu, operator, QmpReturn()),
        (guest, qemu, ReadStatus(CPU, 0)),
        (qemu, guest, SlotStatusReturn(1)),
        (guest, qemu, ReadStatus(CPU, 1)),
        (qemu, guest, SlotStatusReturn(5)),
        (guest, qemu, WriteControl(CPU, 1, 4)),
        (qemu, guest, Done()),
        (guest, qemu, ReportOst(CPU, 1, 3, IN_PROGRESS)),
        (qemu, operator, AcpiDeviceOst(in_progress)),
        (qemu, guest, Done()),
        (guest, qemu, WriteControl(CPU, 1, 8)),
        (qemu, operator, DeviceDeleted(path="/machine/peripheral/core1", device="core1")),
        (qemu, guest, Done()),
    ]


# -- resets --------------------------------------------------------------------------------------


def test_a_reset_of_a_silent_guest_keeps_the_cpu_and_the_pending_event() -> None:
    """On pseries the reset completes the unplug; here the event stays, and nobody looks."""
    script = ("0 s: guest hang", "0 s: device_del core1", "5 s: system_reset")
    here = played("", *script)
    there = played("", *script, revision=find_revision("revert"))

    assert isinstance(here.ended.machine, AcpiMachine)
    assert here.ended.machine.cpus[1].status == 5
    assert (here.belief().qemu, here.belief().guest, here.belief().pending) == (True, True, True)
    assert told(here, DeviceDeleted, AcpiDeviceOst) == []
    assert told(there, DeviceDeleted) == [
        (5, DeviceDeleted(path="/machine/peripheral/core1", device="core1"))
    ]


def test_the_next_request_after_a_reset_is_heard_and_the_old_one_with_it() -> None:
    run = played(
        'devices = ["core1", "core2"]',
        *("0 s: guest hang", "0 s: device_del core1", "5 s: system_reset", "9 s: device_del core2"),
    )

    assert [(at, event.device) for at, event in told(run, DeviceDeleted)] == [
        (9, "core1"),
        (9, "core2"),
    ]


def test_a_reset_ends_what_the_guest_is_at() -> None:
    """It had noted the event already, so that nothing is left of the request."""
    run = played('offline_work = "9 s"', "0 s: device_del core1", "5 s: system_reset")

    assert [run.belief(seq=n).pending for n in (0, 8)] == [False, True]
    assert (run.belief().qemu, run.belief().guest, run.belief().pending) == (True, True, False)


def test_a_device_plugged_while_the_firmware_runs_is_found_there() -> None:
    run = played(
        'firmware = "3 s"', "1 s: device_del core1", "2 s: system_reset", "3 s: device_add core1"
    )

    assert (run.belief().qemu, run.belief().guest) == (True, True)


# -- refusals, and who hears of them -------------------------------------------------------------


def test_a_retry_after_a_refusal_succeeds() -> None:
    run = played(
        'pinned = ["core1"]',
        "0 s: device_del core1",
        "2 s: guest unpin core1",
        "3 s: device_del core1",
    )
    statuses = [(at, ost.status) for at, ost in told(run, ReportOst)]

    assert statuses == [(0, IN_PROGRESS), (0, 0x82), (3, IN_PROGRESS)]
    assert not run.belief().qemu


@pytest.mark.parametrize("device", ["core1", "dimm1"])
def test_an_operator_at_the_monitor_hears_every_refusal(device: str) -> None:
    pin = "dimm1.0" if device == "dimm1" else device
    run = played(f'devices = ["{device}"]\npinned = ["{pin}"]', f"0 s: device_del {device}")

    assert run.belief().operator == "kept"


def test_libvirt_fails_at_once_for_a_dimm_and_after_5_s_for_a_cpu() -> None:
    """QEMU says the same of both; libvirt listens to what is said of DIMMs."""
    cast = 'libvirt = "7.1.0"\ndevices = ["core1", "dimm1"]\npinned = ["core1", "dimm1.0"]'
    dimm = played(cast, "0 s: virsh detach-device dimm1")
    cpu = played(cast, "0 s: virsh setvcpus 1")

    assert told(dimm, DeviceRemovalFailed, ApiError) == [
        (0, DeviceRemovalFailed("dimm1")),
        (0, ApiError("operation failed: unplug of device was rejected by the guest", "dimm1")),
    ]
    assert [(at, ost.info.status) for at, ost in told(cpu, AcpiDeviceOst)] == [
        (0, IN_PROGRESS),
        (0, 0x82),
    ]
    assert told(cpu, DeviceRemovalFailed, ApiError) == [
        (
            5,
            ApiError(
                "Timed out during operation: vcpu unplug request timed out."
                " Unplug result must be manually inspected in the domain",
                "core1",
                Failure.TIMED_OUT,
            ),
        )
    ]


# -- DIMMs ---------------------------------------------------------------------------------------


def test_dimms_lie_in_the_memory_of_the_machine_and_come_and_go() -> None:
    run = played(
        'devices = ["dimm1", "dimm2 512 MiB"]\npinned = ["dimm2.1"]',
        *("0 s: device_del dimm1", "1 s: device_del dimm2", "2 s: guest unpin dimm2.0"),
        *("3 s: device_del dimm2", "4 s: device_add dimm2", "5 s: device_add dimm1"),
    )
    machine = run.ended.machine

    assert isinstance(machine, AcpiMachine)
    assert [(p.path, p.device.addr >> 20) for p in machine.plugged[1:]] == [
        ("/machine/peripheral/dimm2", 4096 + 256),
        ("/machine/peripheral/dimm1", 4096),
    ]
    assert [(at, event.device) for at, event in told(run, DeviceDeleted)] == [
        (0, "dimm1"),
        (3, "dimm2"),
    ]
    assert all(run.belief(device).agreed for device in run.devices)


# -- what such a machine has not -----------------------------------------------------------------


def test_what_only_pseries_has_is_refused_in_the_trace() -> None:
    run = played(
        "",
        *("0 s: migrate", "1 s: guest isolate core1", "2 s: guest remove core1"),
    )

    assert told(run, QmpError, GuestLog, MonitorClosed) == [
        (0, QmpError("GenericError", "the embedded q35 machine has no migration")),
        (1, GuestLog("this machine has no RTAS: no such call")),
        (2, GuestLog("/sys/kernel/dlpar: No such file or directory")),
    ]
    assert run.belief().agreed


def test_a_stopped_vm_keeps_the_guest_from_its_work() -> None:
    run = played("", "0 s: stop", "0 s: device_del core1", "7 s: cont", "7 s: system_reset")
    deleted = told(played("", "0 s: stop", "0 s: device_del core1", "7 s: cont"), DeviceDeleted)

    assert told(run, VmStop, VmResume, SystemReset)[:2] == [(0, VmStop()), (7, VmResume())]
    assert [at for at, _ in deleted] == [7]
    assert run.ended.machine.now_ns == 13 * NS_PER_S


def test_a_scenario_for_q35_names_only_devices_that_it_has() -> None:
    with pytest.raises(ScenarioError, match=r"^story.toml:\d+: devices: 'phb1' is not a device of"):
        played('devices = ["phb1"]')


def test_a_scenario_for_pseries_alone_is_not_played_on_q35() -> None:
    with pytest.raises(UserError, match="the scenario is for pseries, and q35 is a q35 machine"):
        play(find_scenario("late-release"), Q35)


# -- both machines -------------------------------------------------------------------------------


@pytest.mark.parametrize("revision", EVERYWHERE, ids=lambda revision: revision.name)
@pytest.mark.parametrize("name", ["acpi-refuses", "acpi-dimm-refused"])
def test_each_claim_holds_just_where_it_is_said_to(name: str, revision: Revision) -> None:
    scenario = find_scenario(name)
    run = play(scenario, revision)

    assert {one.that: not one.holds(run.began, run.ended) for one in scenario.expect} == {
        one.that: expected_to_fail_at(one, revision) for one in scenario.expect
    }


def test_a_pair_may_be_of_both_machines() -> None:
    pair = play_pair(find_scenario("acpi-refuses"), find_revision("revert"), Q35)

    assert pair.first_difference == (2, 2)


def test_the_trace_of_a_q35_run_can_be_written() -> None:
    run = played('pinned = ["core1"]', "0 s: device_del core1")
    written_out = [entry_json(entry) for entry in run.trace]

    assert [(one["type"], one.get("bits"), one.get("info")) for one in written_out[6:12]] == [
        ("status", 5, None),
        ("slot-control", 4, None),
        ("done", None, None),
        ("_OST", None, None),
        (
            "ACPI_DEVICE_OST",
            None,
            {"slot_type": "CPU", "slot": 1, "source": 3, "status": IN_PROGRESS, "device": "core1"},
        ),
        ("done", None, None),
    ]
    assert json.loads(json.dumps(written_out)) == written_out


def test_an_intervention_is_played_on_q35() -> None:
    scenario = find_scenario("acpi-refuses")
    run = play(scenario, Q35, (Intervention(0, "guest unpin core1", (0,)),))

    assert not run.belief().qemu
