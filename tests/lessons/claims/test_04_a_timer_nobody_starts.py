"""What lesson 4 claims."""

from __future__ import annotations

import pytest

from kit import compare_runs, connector_changes, history
from kit.machine.catalogue import find_revision
from tests.lessons.claims.claim import claim


@claim({"the same"}, of=["timer"], but_not=["cpu-timeout"])
def test_no_scenario_runs_differently(at: str) -> set[str]:
    return {result for result, count, _ in compare_runs("baseline", at).rows if count != "0"}


@claim("UNPLUG_TIMEOUT", of=["timer"], but_not=["cpu-timeout"])
def test_all_rows_that_come_are_of_the_timeout(at: str) -> str:
    return connector_changes("baseline", at).rows[0][2]


@claim("0", of=[("baseline", "timer")], but_not=[("timer", "baseline")])
def test_no_row_goes(pair: tuple[str, str]) -> str:
    return connector_changes(*pair).rows[1][1]


@claim("0", of=["timer"], but_not=["cpu-timeout"])
def test_no_row_starts_a_timer(at: str) -> str:
    return connector_changes("baseline", at).rows[2][1]


@pytest.mark.usefixtures("each_history")
@claim(False, of=["timer"], but_not=["cpu-timeout"])
def test_the_commit_does_not_touch_the_file_that_answers_device_del(at: str) -> bool:
    changed = {file.path for file in history().diff(find_revision(at).commit)}
    return "hw/ppc/spapr.c" in changed
