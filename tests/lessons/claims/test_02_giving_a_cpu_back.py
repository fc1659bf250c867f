"""What lesson 2 claims."""

from __future__ import annotations

from kit import run_of
from kit.actors.pseries_programs import sensor
from kit.machine.catalogue import find_revision
from kit.machine.config import Config
from kit.machine.events import SensorReturn
from kit.machine.pseries.connector import Drc, DrcState, EntitySense, RtasCall
from kit.machine.pseries.drc import Effect, apply, transitions
from kit.machine.pseries.machine import put_drc
from kit.machine.pseries.step import boot, step
from tests.lessons.claims.claim import claim


@claim(False, of=["unasked"], but_not=["asked"])
def test_unusable_releases_the_device_of_a_marked_connector_only(how: str) -> bool:
    table = transitions(find_revision("revert"))
    drc = Drc(0x10000001, DrcState.AVAILABLE, device="/core1", unplug_requested=how == "asked")
    return Effect.RELEASE_DEVICE in apply(drc, RtasCall.SET_UNUSABLE, table)[1].effects


@claim((17,), of=["pre-revert"], but_not=["revert"])
def test_a_release_that_the_timeout_cuts_in_two_is_lost(at: str) -> tuple[float, ...]:
    return run_of("half-release", at).times("DEVICE_DELETED")


@claim((15.5,), of=["revert"], but_not=["pre-revert"])
def test_without_the_timeout_it_ends_as_any_other(at: str) -> tuple[float, ...]:
    return run_of("half-release", at).times("DEVICE_DELETED")


def told(scenario: str, at: str) -> list[object]:
    """What the guest is sent."""
    return [entry.message for entry in run_of(scenario, at).trace if entry.dst.value == "guest"]


@claim((True, True), of=["pre-revert"], but_not=["revert", "guest-error"])
def test_the_guest_gets_the_same_answers_and_the_core_is_lost(at: str) -> tuple[bool, bool]:
    same = told("late-release", at) == told("late-release", "revert")
    return same, run_of("late-release", at).belief().limbo


@claim(True, of=["late-release"], but_not=["two-requests", "guest-refuses"])
def test_a_late_guest_gets_the_same_answers_today(scenario: str) -> bool:
    return told(scenario, "revert") == told(scenario, "guest-error")


@claim("UNUSABLE", of=["plugged in", "empty"], but_not=["claimed"])
def test_the_sensor_shows_whether_the_guest_has_claimed_a_core(how: str) -> str:
    """Not whether one is plugged in."""
    claimed = DrcState.AVAILABLE if how == "claimed" else DrcState.UNUSABLE
    drc = Drc(0x10000001, claimed, device=None if how == "empty" else "/core1")
    machine = boot(find_revision("revert"), Config(cas_at_reset=False))
    _, outcome = step(put_drc(machine, drc), sensor(drc.index))
    assert isinstance(outcome.reply, SensorReturn)
    return EntitySense(outcome.reply.state).name
