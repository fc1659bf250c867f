"""A scenario with a guest's kernel, where a program plays QEMU, kernel and shell."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.common.errors import UserError
from kit.machine.revision import Board
from kit.real_qemu.channel.failures import BackendError
from kit.real_qemu.guest_image import read_image
from kit.real_qemu.guest_play import play_guest
from kit.real_qemu.launch import Binary
from kit.simulation.guest_run import GuestRun
from kit.simulation.run import Intervention
from kit.simulation.scenario import Scenario, read_scenario
from kit.trace.kinds import label_of, wire_name
from tests.real_qemu.fake_guest import fake_guest, vmlinux
from tests.real_qemu.fakes import eventually_none


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give sessions a folder of their own, and look that nothing is left of them."""
    folder = Path(tempfile.mkdtemp(prefix="t", dir="/tmp"))  # short: sockets live in it
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert eventually_none(str(tmp_path / "qemu-system-ppc64"))
    assert [*folder.iterdir()] == []
    folder.rmdir()


def story(script: str, cast: str = "", end: str = "300 ms") -> Scenario:
    text = f"""
title = "t"
why = "w"
look = "l"
end = "{end}"
script = [{script}]
[cast]
devices = ["core1"]
{cast}
"""
    return read_scenario(text, "story", "story.toml")


def played(
    tmp_path: Path,
    scenario: Scenario,
    body: str = "",
    interventions: tuple[Intervention, ...] = (),
    **seconds: float,
) -> GuestRun:
    path = fake_guest(tmp_path, body)
    binary = Binary(path=path, board=Board.PSERIES, version=(7, 2, 0))
    return play_guest(scenario, binary, read_image(vmlinux(tmp_path)), interventions, **seconds)


def told(run: GuestRun) -> list[str]:
    """Return who told whom what, but not when."""
    return [
        f"{e.src.value}>{e.dst.value} {getattr(e.message, 'text', label_of(e.message))}"
        for e in run.trace
    ]


REFUSED = [
    "operator>qemu device_del core1",
    "qemu>operator accepted",
    "console>console pseries-hotplug-cpu: Unable to remove last online CPU PowerPC,POWER9",
    "guest>qemu UNISOLATE",
    "qemu>operator DEVICE_UNPLUG_GUEST_ERROR",
]
RELEASED = [
    "operator>qemu device_del core1",
    "qemu>operator accepted",
    "guest>qemu ISOLATE",
    "guest>qemu UNUSABLE",
    "qemu>operator DEVICE_DELETED",
]


def test_the_guest_keeps_its_last_cpu_and_later_lets_go(tmp_path: Path) -> None:
    script = '"0 s: device_del core1", "200 ms: guest online core0", "600 ms: device_del core1"'
    run = played(tmp_path, story(script, 'offline = ["core0"]', "900 ms"))

    assert sorted(told(run)[:5]) == sorted(REFUSED)
    assert told(run)[5] == "operator>console cpu-online"
    assert sorted(told(run)[6:]) == sorted(RELEASED)
    assert (run.kernel, run.traced, run.cpus) == ("Linux 6.1.0-fake", True, ((0, True),))


def test_times_are_of_the_wall_clock_and_never_go_back(tmp_path: Path) -> None:
    run = played(tmp_path, story('"100 ms: device_del core1"'))
    times = [entry.at_ns for entry in run.trace]

    assert times == sorted(times)
    assert 100_000_000 <= times[0] < 5_000_000_000
    assert run.end_ns >= 300_000_000


def test_libvirt_waits_by_the_wall_clock(tmp_path: Path) -> None:
    """libvirt 7.1.0 does not understand DEVICE_UNPLUG_GUEST_ERROR, and waits its 10 s."""
    cast = 'libvirt = "7.1.0"\noffline = ["core0"]'
    run = played(tmp_path, story('"0 s: virsh setvcpus 1"', cast, "10500 ms"))
    last = run.moments[-1]

    assert wire_name(last.entry.message) == "virsh-error"
    assert 10.0 <= last.entry.at_ns / 1e9 < 12.0
    assert last.listed == ("core1",)


def test_what_a_person_does_in_a_token_is_done_as_well(tmp_path: Path) -> None:
    made = (Intervention(50_000_000, "device_del core1"),)

    assert sorted(told(played(tmp_path, story(""), interventions=made))) == sorted(RELEASED)


def test_what_a_real_kernel_cannot_be_asked_is_passed_over_and_said(tmp_path: Path) -> None:
    script = '"0 s: guest isolate core1", "10 ms: host load 4", "20 ms: migrate"'
    run = played(tmp_path, story(script, 'offline_work = "3 s"\nuptime = "2 days"'))

    assert told(run) == []
    assert run.notes == (
        "the guest's clock is the wall's: nothing steps it, and times differ from run to run",
        "the kernel takes its own time and decides for itself: the cast's guest is not played",
        "the guest has just booted: its uptime in the cast is not played",
        "0 s: RtasByHand is passed over: the kernel makes its own RTAS calls",
        "0.01 s: Overcommit is passed over: the host is as busy as it is",
        "0.02 s: Migrate is passed over: a guest that runs is not migrated",
    )


def test_a_cpu_that_linux_has_not_is_said(tmp_path: Path) -> None:
    script = '"0 s: device_del core1", "100 ms: guest online core1"'
    run = played(tmp_path, story(script))

    assert run.notes[1:] == ("Linux has no CPU of core 1: it was not switched",)


def test_a_build_that_traces_nothing_is_played_without(tmp_path: Path) -> None:
    body = "if '-trace' in sys.argv: sys.exit('qemu-system-ppc64: -trace: invalid option')"
    path = tmp_path / "qemu-system-ppc64"
    run = played(tmp_path, story('"0 s: device_del core1"'), f"pass\n{body}")

    assert path.exists()
    assert not run.traced
    assert sorted(told(run)) == sorted(one for one in RELEASED if not one.startswith("guest"))


def test_a_qemu_that_ends_in_the_middle_is_an_observation(tmp_path: Path) -> None:
    body = "def unplug(name): sys.exit('qemu_thread_join: Resource deadlock avoided')"
    run = played(tmp_path, story('"0 s: device_del core1", "100 ms: device_del core1"'), body)

    assert told(run)[-2:] == ["qemu>qemu QEMU aborts", "qemu>operator monitor closed"]
    assert run.notes[-1] == (
        "the binary ended (exit 1): qemu_thread_join: Resource deadlock avoided"
    )
    assert run.cpus is None


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("def typed(line): pass", "no shell at its console within 1 s; the last it said: Linux"),
        ("def boot(): pass", "no shell at its console within 1 s; the last it said: nothing"),
        (
            "def boot(): kernel('x' * 100_000)",
            f"no shell at its console within 1 s; the last it said: {'x' * 20}",
        ),
    ],
)
def test_a_guest_without_a_shell_is_one_line(tmp_path: Path, body: str, says: str) -> None:
    if "x" * 9 in says or "nothing" in says:
        body += "\ndef typed(line): pass"
    with pytest.raises(BackendError) as caught:
        played(tmp_path, story(""), body, boot_s=1.0)

    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_before_the_kernel_runs_nothing_is_typed(tmp_path: Path) -> None:
    """The firmware would take an "s" for a wish to stay in it."""
    body = """
def boot():
    console("SLOF")
    time.sleep(2.5)
    early.extend(select.select([tty], [], [], 0)[0])
    kernel("Linux version 6.1.0-fake (gcc)")
    kernel("typed early" if early else "quiet")
early = []
def unplug(name): kernel("typed early" if early else "quiet")
"""
    run = played(tmp_path, story('"0 s: device_del core1"'), body)

    assert told(run)[-1] == "console>console quiet"


def test_a_flood_at_the_console_ends_the_run(tmp_path: Path) -> None:
    body = "def unplug(name):\n    while True: console('y')"
    scenario = story('"0 s: device_del core1"', end="60 s")

    with pytest.raises(BackendError, match="says more than 5000 things"):
        played(tmp_path, scenario, body)


def test_a_shell_that_hangs_is_an_observation(tmp_path: Path) -> None:
    body = """
plain = typed
def typed(line):
    if "physical_id" in line:
        time.sleep(4)
    plain(line)
"""
    scenario = story('"0 s: guest offline core1", "100 ms: device_del core1"', end="3 s")
    run = played(tmp_path, scenario, body, answer_s=3.0)

    assert "the guest's shell does not answer within 3 s: (cd /sys" in run.notes[1]
    assert told(run)[0] == "operator>console cpu-online"


def test_what_is_done_later_than_the_end_is_not_waited_for(tmp_path: Path) -> None:
    made = (Intervention(400 * 10**9, "device_del core1"),)

    with pytest.raises(UserError, match="story takes 400 s"):
        played(tmp_path, story(""), interventions=made)
