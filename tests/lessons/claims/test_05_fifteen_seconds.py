"""What lesson 5 claims."""

from __future__ import annotations

from kit.course.retries import retries
from kit.machine.catalogue import find_revision
from kit.machine.pseries.drc import Effect
from kit.machine.pseries.tables import lines
from kit.simulation.sandbox import Act
from tests.clicks import sandbox_run
from tests.lessons.claims.claim import claim


@claim([15, 14, 14, 13, 0, 0, None], of=["cpu-timeout"], but_not=["revert"])
def test_the_seconds_that_are_named_are_cut_off(at: str) -> list[int | None]:
    asked = retries(find_revision(at), (0, 1, 1000, 1001, 14_001, 14_999, 15_000))
    return [retry.seconds_named for retry in asked]


@claim({True}, of=["cpu-timeout"], but_not=["baseline"])
def test_only_cpus_have_the_timeout(at: str) -> set[bool]:
    return {
        "cpu" in getattr(line.row.when, "__name__", "")
        for line in lines(find_revision(at))
        if Effect.START_UNPLUG_TIMER in line.row.effects
    }


@claim(False, of=["cpu-timeout"], but_not=["revert"])
def test_asking_again_does_not_start_the_15_s_anew(at: str) -> bool:
    ask_and_wait = (Act.DEVICE_DEL, Act.WAIT_5_S)
    return sandbox_run(find_revision(at), *ask_and_wait * 3).belief().pending


@claim([15, -12516, -444516], of=["cpu-timeout"], but_not=["baseline"])
def test_after_25_days_the_seconds_are_negative(at: str) -> list[int | None]:
    return [retries(find_revision(at), (0,), uptime_days=d)[0].seconds_named for d in (24, 25, 30)]


@claim([False, True], of=["cpu-timeout"], but_not=["revert"])
def test_on_an_old_guest_a_retry_is_accepted_after_15_s_all_the_same(at: str) -> list[bool]:
    late = retries(find_revision(at), (14_999, 15_000), uptime_days=30)
    return [retry.error is None for retry in late]
