"""What was seen with a real guest kernel: what is said beforehand, and beside the embedded one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kit.actors.messages import Actor, CpuOnline, GuestLog, Message
from kit.common.errors import UserError
from kit.machine.catalogue import find_revision
from kit.machine.events import DeviceDeleted, DeviceUnplugGuestError, QmpReturn
from kit.machine.requests import DeviceDel, GetSensorState, SetIndicator
from kit.machine.revision import Board
from kit.simulation.guest_run import (
    GuestMoment,
    GuestRun,
    cannot,
    check_scenario,
    compared,
    guest_json,
    setup_notes,
)
from kit.simulation.run import play
from kit.storage.scenarios import find_scenario
from kit.trace.entry import TraceEntry

CORE1 = "/machine/peripheral/core1"
ISOLATE, UNUSABLE = SetIndicator(9001, 0x10000001, 0), SetIndicator(9003, 0x10000001, 0)
UNISOLATE = SetIndicator(9001, 0x10000001, 1)
O, Q, G, C = Actor.OPERATOR, Actor.QEMU, Actor.GUEST, Actor.CONSOLE  # noqa: E741 - as elsewhere
REFUSED = "pseries-hotplug-cpu: Unable to remove last online CPU PowerPC,POWER9"
SEEN: tuple[tuple[int, Actor, Actor, Message, str], ...] = (
    (0, O, Q, DeviceDel("core1"), "asked for"),
    (1, Q, O, QmpReturn(), "asked for"),
    (3, C, C, GuestLog(REFUSED), "asked for"),
    (3, G, Q, UNISOLATE, "asked for"),
    (4, Q, O, DeviceUnplugGuestError(path=CORE1, device="core1"), "kept"),
    (5000, O, C, CpuOnline(0x10000000, True), "kept"),
    (6000, O, Q, DeviceDel("core1"), "asked for"),
    (6001, Q, O, QmpReturn(), "asked for"),
    (6050, G, Q, ISOLATE, "asked for"),
    (6050, G, Q, UNUSABLE, "asked for"),
    (6051, Q, O, DeviceDeleted(path=CORE1, device="core1"), "gone"),
)


def guest_run(*seen: tuple[int, Actor, Actor, Message, str]) -> GuestRun:
    scenario = find_scenario("refuse-then-retry")
    moments = tuple(
        GuestMoment(
            entry=TraceEntry(
                seq=seq, at_ns=ms * 10**6, guest_ns=ms * 10**6, src=src, dst=dst, message=message
            ),
            listed=None,
            thinks=(("core1", thinks),),
        )
        for seq, (ms, src, dst, message, thinks) in enumerate(seen or SEEN)
    )
    return GuestRun(
        scenario=scenario,
        binary="qemu-system-ppc64 7.2.22",
        kernel="Linux 6.1.0",
        devices=scenario.setup.devices,
        moments=moments,
        end_ns=20 * 10**9,
        cpus=((0, True),),
    )


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (
            "acpi-dimm-refused",
            "acpi-dimm-refused: --kernel boots a pseries machine, and this is for q35",
        ),
        (
            "long-uptime",
            "long-uptime takes 500 s, and a real kernel's clock cannot be stepped: at most 300 s"
            " with --kernel",
        ),
    ],
)
def test_what_a_real_kernel_cannot_play_at_all_is_one_line(name: str, says: str) -> None:
    scenario = find_scenario(name)
    if name == "long-uptime":
        scenario = replace(scenario, end_ns=500 * 10**9)
    else:
        scenario = replace(scenario, setup=replace(scenario.setup, boards=(Board.Q35,)))
    with pytest.raises(UserError) as caught:
        check_scenario(scenario, Board.PSERIES)

    assert str(caught.value) == says


def test_most_built_in_scenarios_can_be_played() -> None:
    for name in ("refuse-then-retry", "in-firmware", "late-release", "dimm-refused", "two-cores"):
        check_scenario(find_scenario(name), Board.PSERIES)


def test_what_the_cast_asks_in_vain_is_said_in_a_line_each() -> None:
    assert [*setup_notes(find_scenario("in-firmware").setup)] == [
        "the guest's clock is the wall's: nothing steps it, and times differ from run to run",
        "the firmware takes its own time",
    ]


@pytest.mark.parametrize(
    "message", [DeviceDel("core1"), CpuOnline(0x10000000, False), GetSensorState(9003, 1)]
)
def test_most_can_be_asked(message: Message) -> None:
    assert cannot(message) is None


def test_beside_the_embedded_machine_only_the_order_counts() -> None:
    """Linux 6.1 says why in words of its own; what it does is what the embedded guest does."""
    embedded = play(find_scenario("refuse-then-retry"), find_revision("guest-error"))

    assert [f"{mark} {words}" for mark, _, words in compared(embedded, guest_run())] == [
        "= The operator asks QEMU to remove core1 (device_del).",
        "- Linux: Unable to remove last online CPU",
        f"+ Linux: {REFUSED}",
        "= The guest unisolates core 1 (set-indicator 9001 to 1).",
        "- QEMU writes to its own log only:"
        " “Device hotunplug rejected by the guest for device core1”.",
        "= QEMU reports that the guest refused to release core1: DEVICE_UNPLUG_GUEST_ERROR.",
        "= The operator asks QEMU to remove core1 (device_del).",
        "= The guest isolates core 1 (set-indicator 9001 to 0).",
        "= The guest makes core 1 unusable (set-indicator 9003 to 0): it has released it.",
        "= QEMU has removed core1 and sends DEVICE_DELETED.",
    ]


def test_as_json_an_entry_has_one_time() -> None:
    data = guest_json(guest_run(*SEEN[:1]))

    assert data == {
        "version": 1,
        "scenario": "refuse-then-retry",
        "binary": "qemu-system-ppc64 7.2.22",
        "kernel": "Linux 6.1.0",
        "traced": True,
        "notes": [],
        "cpus": [{"core": 0, "online": True}],
        "entries": [
            {
                "seq": 0,
                "at_ns": 0,
                "src": "operator",
                "dst": "qemu",
                "type": "device_del",
                "id": "core1",
            }
        ],
    }
