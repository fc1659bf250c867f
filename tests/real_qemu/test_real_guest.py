"""A real Linux on a real QEMU: `make test-guest`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kit.actors.messages import Actor, GuestLog
from kit.machine.requests import SetIndicator
from kit.real_qemu.guest_image import GuestImage, read_image
from kit.real_qemu.guest_play import play_guest
from kit.real_qemu.launch import Binary
from kit.simulation.guest_run import GuestRun
from kit.storage.scenarios import find_scenario
from kit.trace.kinds import label_of

pytestmark = pytest.mark.guest
TOLD = (Actor.OPERATOR, Actor.GUEST, Actor.QEMU)


@pytest.fixture(scope="module")
def image() -> GuestImage:
    """Return the kernel and the initramfs in the folder that KIT_GUEST names."""
    folder = Path(os.environ.get("KIT_GUEST", ".guest"))
    return read_image(folder / "vmlinux", folder / "initrd.gz")


@pytest.fixture(scope="module")
def refused(image: GuestImage, ppc64: Binary) -> GuestRun:
    """Return what is seen of a guest that keeps its last CPU, and later lets go."""
    return play_guest(find_scenario("refuse-then-retry"), ppc64, image)


def told(run: GuestRun) -> list[str]:
    seen = [e for e in run.trace if e.src in TOLD and not isinstance(e.message, GuestLog)]
    return [label_of(entry.message) for entry in seen if label_of(entry.message) != "accepted"]


def test_linux_says_no_by_unisolate_and_qemu_passes_it_on(refused: GuestRun) -> None:
    """Linux 29c9a2699e71 in 5.13; QEMU 87758fed7a and 4b08cd567b in 6.2."""
    first = told(refused)[:4]

    assert first == [
        "device_del core1",
        "UNISOLATE",
        "line in QEMU's log",
        "DEVICE_UNPLUG_GUEST_ERROR",
    ]


def test_linux_tells_why_on_its_console(refused: GuestRun) -> None:
    logged = [e.message.text for e in refused.trace if isinstance(e.message, GuestLog)]
    kept = [text.partition(": ")[2] for text in logged if "remove last" in text or "rc:" in text]

    assert kept == [
        "Unable to remove last online CPU PowerPC,POWER9",
        "Failed to offline CPU PowerPC,POWER9, rc: -16",
    ]


def test_with_another_cpu_online_the_release_works(refused: GuestRun) -> None:
    assert told(refused)[4:] == [
        "cpu-online",
        "device_del core1",
        "ISOLATE",
        "UNUSABLE",
        "DEVICE_DELETED",
    ]
    assert refused.cpus == ((0, True),)


def test_a_core_comes_back(image: GuestImage, ppc64: Binary) -> None:
    run = play_guest(find_scenario("replug"), ppc64, image)
    calls = [label_of(e.message) for e in run.trace if isinstance(e.message, SetIndicator)]

    assert calls == ["ISOLATE", "UNUSABLE", "USABLE", "UNISOLATE"]
    assert run.cpus == ((0, True), (1, True))
