"""Runs on the machine with PCIe ports: Linux's 6 s, cancelling, slow and busy guests, sysfs."""

from __future__ import annotations

import pytest

from kit.machine.catalogue import find_revision
from kit.machine.events import DeviceDeleted
from kit.machine.pcie.messages import ModifyRegister
from kit.simulation.run import Run, play
from kit.simulation.scenario import Scenario, read_scenario
from kit.trace.kinds import label_of

TEXT = """
title = "A story of a test about PCIe"
why = "It is tried."
look = "When is the device gone?"
compare = []
end = "{end}"
script = {script}

[cast]
boards = ["pcie"]
devices = ["net1", "net2"]
{cast}
"""


def played(*script: str, at: str = "pcie-today", end: str = "30 s", cast: str = "") -> Run:
    text = TEXT.format(end=end, script=list(script), cast=cast)
    scenario: Scenario = read_scenario(text, "story", "story.toml")
    return play(scenario, find_revision(at))


def deleted(run: Run) -> list[tuple[float, str | None]]:
    return [
        (entry.at_ns / 10**9, entry.message.device)
        for entry in run.trace
        if isinstance(entry.message, DeviceDeleted)
    ]


def commands(run: Run) -> list[tuple[float, str]]:
    return [
        (entry.at_ns / 10**9, label_of(entry.message))
        for entry in run.trace
        if isinstance(entry.message, ModifyRegister)
    ]


def test_linux_needs_six_seconds() -> None:
    run = played("1 s: device_del net1")

    assert commands(run) == [(1, "light blink"), (6, "power off"), (7, "light off")]
    assert deleted(run) == [(7, "net1")]
    assert (run.belief().agreed, run.belief().operator) == (True, "gone")


def test_two_slots_are_switched_off_side_by_side() -> None:
    run = played("1 s: device_del net1", "2 s: device_del net2")

    assert deleted(run) == [(7, "net1"), (8, "net2")]


def test_a_second_press_cancels_and_a_third_asks_anew() -> None:
    presses = ("0 s: device_del net1", "2 s: device_del net1", "4 s: device_del net1")
    run = played(*presses, at="pcie-baseline")

    assert [label for _, label in commands(run)][:3] == ["light blink", "light on", "light blink"]
    assert deleted(run) == [(10, "net1")]


@pytest.mark.parametrize(("load", "gone"), [("1", 7), ("16", 22)])
def test_a_busy_host_slows_the_driver_and_no_clock(load: str, gone: int) -> None:
    run = played(f"0 s: host load {load}", "0 s: device_del net1", cast='offline_work = "1 s"')

    assert deleted(run) == [(gone, "net1")]


def test_load_that_comes_while_the_guest_sleeps_changes_nothing() -> None:
    run = played("0 s: device_del net1", "2 s: host load 16")

    assert deleted(run) == [(6, "net1")]


def test_a_stopped_vm_stops_the_guests_five_seconds() -> None:
    run = played("0 s: device_del net1", "2 s: stop", "12 s: cont")

    assert deleted(run) == [(16, "net1")]


def test_a_guest_that_keeps_a_device_switches_the_light_back_on() -> None:
    run = played("0 s: device_del net1", "6 s: guest refuses", cast="asks = true")

    assert commands(run) == [(0, "light blink"), (6, "light on")]
    assert (deleted(run), run.belief().guest) == ([], True)


def test_a_pinned_device_keeps_the_light_blinking_until_it_is_unpinned() -> None:
    run = played("0 s: device_del net1", "20 s: guest unpin net1", cast='pinned = ["net1"]')

    assert deleted(run) == [(21, "net1")]


def test_the_power_file_needs_no_button_and_no_five_seconds() -> None:
    run = played("3 s: guest remove net1")

    assert deleted(run) == [(4, "net1")]


def test_a_device_that_comes_back_is_used_again() -> None:
    run = played("0 s: device_del net1", "8 s: device_add net1", "9 s: device_del net1")

    assert deleted(run) == [(6, "net1"), (15, "net1")]


def test_a_press_that_waited_until_the_slot_was_off_asks_for_power_in_vain() -> None:
    run = played("0 s: device_del net1", "5.5 s: device_del net1", at="pcie-baseline")

    assert deleted(run) == [(6, "net1")]
    assert [label for _, label in commands(run)][-2:] == ["light blink", "power off, light off"]


def test_what_is_not_there_is_a_line_in_the_log() -> None:
    run = played("0 s: guest isolate net1", "1 s: guest add net1", "2 s: guest remove net3")
    logs = [entry.message.text for entry in run.trace if label_of(entry.message) == "kernel's log"]

    assert logs == [
        "this machine has no RTAS: no such call",
        "pciehp: Slot(1): Already enabled",
        "pciehp: Slot(3): Already disabled",
    ]


def test_a_slot_that_the_machine_lacks_is_refused() -> None:
    run = played("0 s: device_add net9")

    assert [label_of(e.message) for e in run.trace] == ["device_add net9", "error"]
