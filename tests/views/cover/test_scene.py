"""What the cover shows is what the simulator plays."""

from __future__ import annotations

import pytest

from kit.common.errors import UserError
from kit.lessons.course import COVER_SCENARIO, cover_scenes
from kit.storage.scenarios import find_scenario
from kit.views.cover.scene import MAX_DELAY_S, MIN_DELAY_S, CoverMachine, CoverScene, cover_scene


def scene(delay_s: int) -> CoverScene:
    return cover_scene(find_scenario(COVER_SCENARIO), delay_s)


def test_a_slow_guest_loses_the_cpu_at_the_machine_with_the_timeout() -> None:
    assert scene(16) == CoverScene(
        16,
        CoverMachine(
            revision="pre-revert", limit_s=15.0, gave_up_s=15.0, released_s=16.0, told_s=None
        ),
        CoverMachine(revision="revert", limit_s=None, gave_up_s=None, released_s=16.0, told_s=16.0),
        20.0,
    )


def test_a_quick_guest_does_not() -> None:
    found = scene(14)

    assert (found.before.gave_up_s, found.before.told_s, found.before.in_limbo) == (
        None, 14.0, False,
    )  # fmt: skip
    assert found.after.told_s == 14.0


def test_limbo_begins_at_fifteen_seconds() -> None:
    """The timer is due before the guest's call of the same instant."""
    found = {one.delay_s: one.before.in_limbo for one in cover_scenes()}

    assert found == {n: n >= 15 for n in range(MIN_DELAY_S, MAX_DELAY_S + 1)}
    assert not any(one.after.in_limbo for one in cover_scenes())


@pytest.mark.parametrize("delay_s", [MIN_DELAY_S - 1, MAX_DELAY_S + 1])
def test_a_time_that_the_handle_does_not_have_is_refused(delay_s: int) -> None:
    with pytest.raises(UserError, match=f"the guest needs {delay_s} s; expected 1 to 30 seconds"):
        scene(delay_s)
