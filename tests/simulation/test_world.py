"""The cast in virtual time: two clocks, a busy host, the order of what happens at one instant."""

from __future__ import annotations

import pytest

from kit.actors.messages import ApiError
from kit.common.errors import MisuseError, UserError
from kit.machine.catalogue import CATALOGUE, PROPOSAL, find_revision
from kit.machine.clock import NS_PER_S
from kit.machine.events import RawReturn
from kit.machine.revision import Revision
from kit.simulation.run import Intervention, play
from kit.simulation.world import advance, next_ns
from kit.trace.kinds import wire_name
from tests.simulation.stories import at, story, told

LATE = story("0 s: device_del core1", offline_work="16 s")
EVENTS = ("unplug-timeout", "DEVICE_DELETED", "virsh-error", "virsh-success", "device-removed")


@pytest.mark.parametrize("revision", [*CATALOGUE, PROPOSAL], ids=lambda r: r.name)
def test_the_same_scenario_at_the_same_revision_is_the_same_run(revision: Revision) -> None:
    run = play(LATE, revision)
    play.cache_clear()

    assert play(LATE, revision) == run


def test_qemus_timer_runs_by_the_guests_clock_and_libvirts_wait_by_the_wall() -> None:
    """7.6: a stopped VM stops QEMU's 15 s and not libvirt's 10."""
    stopped = story(
        "0 s: virsh setvcpus 1",
        "2 s: stop",
        "22 s: cont",
        offline_work="60 s",
        libvirt="7.1.0",
        end="40 s",
    )

    assert told(at("pre-revert", stopped), *EVENTS) == ["10 s virsh-error", "35 s unplug-timeout"]


def test_a_stopped_vms_clock_stands_still() -> None:
    stopped = story("0 s: device_del core1", "2 s: stop", "22 s: cont", end="30 s", asks=True)
    run = at("pre-revert", stopped)

    assert [(e.at_ns // NS_PER_S, e.guest_ns // NS_PER_S) for e in run.trace[-3:]] == [
        (22, 2),
        (22, 2),
        (22, 2),
    ]
    assert (run.ended.wall_ns, run.ended.machine.now_ns) == (30 * NS_PER_S, 10 * NS_PER_S)


@pytest.mark.parametrize(
    ("name", "events"),
    [("pre-revert", ["15 s unplug-timeout"]), ("revert", ["16 s DEVICE_DELETED"])],
)
def test_a_busy_host_makes_the_guests_work_slower_and_no_clock(
    name: str, events: list[str]
) -> None:
    """IM, 23 March 2021: overcommit the host, and any timeout breaks."""
    busy = story("0 s: host load 8", "0 s: device_del core1", offline_work="2 s")

    assert told(at(name, busy), *EVENTS) == events


def test_work_that_has_begun_goes_on_at_the_new_pace() -> None:
    """4 s at the usual pace, then half of 8 s at a quarter of it, then the rest again."""
    changing = story(
        "0 s: device_del core1", "4 s: host load 4", "20 s: host load 1", offline_work="12 s"
    )

    assert told(at("revert", changing), *EVENTS) == ["24 s DEVICE_DELETED"]


def test_at_one_instant_qemus_timer_is_first() -> None:
    """Recorded as boundary-15000ms: timers at or before the new time fire, then the guest calls."""
    boundary = story("0 s: device_del core1", offline_work="15 s")

    assert at("pre-revert", boundary).belief().orphaned
    assert (
        not at("pre-revert", story("0 s: device_del core1", offline_work="14999 ms")).belief().qemu
    )


def test_at_one_instant_the_guests_release_is_before_libvirts_patience_ends() -> None:
    just_in_time = story("0 s: virsh setvcpus 1", offline_work="10 s", libvirt="7.1.0")

    assert told(at("revert", just_in_time), *EVENTS) == [
        "10 s DEVICE_DELETED",
        "10 s virsh-success",
    ]


def test_a_hung_guest_reads_a_stale_event_when_it_goes_on() -> None:
    """7.4: the callback does not withdraw the queued event."""
    stale = story("0 s: guest hang", "0 s: device_del core1", "20 s: guest unhang")
    run = at("pre-revert", stale)

    assert told(run, "check-exception", "unplug-timeout") == [
        "15 s unplug-timeout",
        "20 s check-exception",
    ]
    assert run.belief().orphaned


def test_a_reset_wakes_a_hung_guest_and_completes_the_request() -> None:
    hung = story("0 s: guest hang", "0 s: device_del core1", "5 s: system_reset")
    run = at("revert", hung)

    assert told(run, "DEVICE_DELETED", "device-tree") == ["5 s DEVICE_DELETED", "5 s device-tree"]
    assert not run.ended.guest.hung


@pytest.mark.parametrize(
    ("name", "events"),
    [("pre-revert", ["15 s unplug-timeout"]), ("revert", ["20 s DEVICE_DELETED"])],
)
def test_what_is_pending_in_the_firmware_is_completed_at_cas(name: str, events: list[str]) -> None:
    """7.3: more than 15 s in the firmware, and CAS finds the request forgotten."""
    firmware = story("0 s: device_del core1", firmware="20 s", in_firmware=True)
    run = at(name, firmware)

    assert told(run, "client-architecture-support") == ["20 s client-architecture-support"]
    assert told(run, *EVENTS) == events


def test_a_migration_restarts_the_15_s() -> None:
    """7.7: only that the request is pending travels."""
    migrated = story("0 s: device_del core1", "10 s: migrate", asks=True)

    assert told(at("pre-revert", migrated), *EVENTS) == ["25 s unplug-timeout"]


def test_a_migration_to_a_machine_without_the_device_fails_in_a_line() -> None:
    """libvirt's picture makes the destination's command line: where it is wrong, nothing fits."""
    wrong = story(
        "0 s: device_del core1",
        "20 s: virsh migrate",
        offline_work="60 s",
        libvirt="7.1.0",
        devices=["phb1"],
    )
    run = at("revert", wrong)

    assert told(run, "error", "virsh-error")[-1] == "20 s virsh-error"


def test_where_qemu_aborts_its_monitor_closes_and_libvirt_sees_an_empty_domain() -> None:
    """Recorded as dimm-partial-release-then-reconfigure, from fe1831eff8 on."""
    abort = story(
        "0 s: device_del dimm1",
        "1 s: guest isolate dimm1.0",
        "1 s: guest unusable dimm1.0",
        "2 s: guest configure dimm1.1",
        "3 s: virsh detach-device dimm1",
        guest="arbitrary",
        devices=["dimm1 512 MiB"],
        libvirt="7.1.0",
    )
    run = at("unisolate", abort)

    assert told(run, "aborted", "monitor-closed", "virsh-error") == [
        "3 s aborted",
        "3 s monitor-closed",
        "3 s virsh-error",
    ]
    assert told(at("baseline", abort), "aborted") == []


def test_time_goes_on_one_way() -> None:
    world = play(LATE, find_revision("revert")).ended

    with pytest.raises(MisuseError, match="the wall clock stands at 30000000000 ns"):
        advance(world, 0)
    assert next_ns(world) is None


def test_what_a_person_does_waits_for_so_many_entries_of_its_time() -> None:
    """A fork can be made between two calls that the guest makes at the same instant."""
    scenario = story("0 s: device_del core1", end="1 s")
    run = at("revert", scenario)
    isolated = next(e.seq for e in run.trace if getattr(e.message, "indicator", 0) == 9001)
    forked = play(
        scenario,
        find_revision("revert"),
        (Intervention(0, "system_reset", (isolated + 2,)),),
    )

    assert told(forked, "set-indicator", "system_reset") == [
        "0 s set-indicator",
        "0 s system_reset",
    ]


def test_libvirt_migrates_its_picture_even_where_it_is_empty() -> None:
    """A core that libvirt does not know of is not on the destination's command line."""
    unknown = story(
        "0 s: device_add core1", "1 s: virsh migrate", libvirt="7.1.0", devices=[], end="5 s"
    )
    run = at("revert", unknown)
    (error,) = (e.message for e in run.trace if wire_name(e.message) == "virsh-error")

    assert error == ApiError(
        "internal error: unable to execute QEMU command 'migrate': the migration fails: the"
        " destination's command line lacks core1"
    )


def test_any_rtas_call_can_be_made_by_hand() -> None:
    lamp = story("0 s: guest rtas set-indicator 9002 0x40000018 1", devices=["net3"], end="1 s")
    run = at("revert", lamp)

    assert RawReturn((0,)) in [entry.message for entry in run.trace]


@pytest.mark.parametrize(
    "words",
    ["fly 1", "set-indicator x", "set-indicator 0x1" + "0" * 17, "set-indicator" + " 1" * 17],
)
def test_what_is_no_rtas_call_is_refused(words: str) -> None:
    with pytest.raises(UserError, match="RTAS call"):
        story(f"0 s: guest rtas {words}")
