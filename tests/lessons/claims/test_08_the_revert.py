"""What lesson 8 claims."""

from __future__ import annotations

import pytest

from kit import connector_changes, net_change
from kit.machine.catalogue import find_revision
from kit.machine.revision import Patch
from kit.simulation.beliefs import Belief
from kit.simulation.sandbox import Act
from tests.clicks import sandbox_run
from tests.lessons.claims.claim import claim


@pytest.mark.usefixtures("each_history")
@claim(("together", "0", "0"), of=["revert"], but_not=["cpu-timeout"])
def test_of_the_three_commits_and_the_revert_no_line_is_left_over(last: str) -> tuple[str, ...]:
    return net_change("timer", "cpu-timeout", "deadline-helper", last).rows[-1]


@claim(("2", "fe1831eff8"), of=["revert"], but_not=["pre-revert"])
def test_two_rows_remain_and_they_are_the_clean_up_for_dimms(at: str) -> tuple[str, str]:
    _, count, _, commits = connector_changes("baseline", at).rows[0]
    return count, commits


@claim("0", of=[("baseline", "revert")], but_not=[("revert", "baseline")])
def test_no_row_is_missing(pair: tuple[str, str]) -> str:
    return connector_changes(*pair).rows[1][1]


def after_a_refusal(at: str) -> Belief:
    again = (Act.DEVICE_DEL, Act.GUEST_REFUSES, Act.DEVICE_DEL, Act.GUEST_RELEASES)
    return sandbox_run(find_revision(at), *again).belief()


@claim(True, of=["revert"], but_not=["resend"])
def test_at_the_revert_a_second_request_is_never_sent(at: str) -> bool:
    return after_a_refusal(at).pending


@claim(False, of=["resend"], but_not=["revert"])
def test_the_companion_sends_an_event_with_every_request(at: str) -> bool:
    return after_a_refusal(at).qemu


@claim(True, of=["v6.0.0-rc0", "v6.0.0-rc2"], but_not=["v6.0.0-rc3", "v6.0.0"])
def test_no_release_has_the_timeout_only_candidates_do(tag: str) -> bool:
    return Patch.CPU_UNPLUG_TIMEOUT in find_revision(tag).patches
