"""Claims: what of the world each one reads, and at what time."""

from __future__ import annotations

import pytest

from kit.machine.catalogue import find_revision
from kit.simulation.expectations import read_expectation
from kit.simulation.run import play
from kit.simulation.scenario import read_scenario

LATE = read_scenario(
    """
title = "Late"
why = "It is late."
look = "At the clock."
end = "25 s"
script = ["0 s: device_del core1", "20 s: wait"]

[cast]
offline_work = "16 s"
devices = ["core1"]
""",
    "late",
    "late.toml",
)


@pytest.mark.parametrize(
    ("revision", "that", "holds"),
    [
        ("revert", "agreed core1 at 15.999 s", True),
        ("revert", "guest has core1 at 15.999 s", True),
        ("revert", "pending core1 at 14.999 s", True),
        ("revert", "guest has core1 at 16 s", False),
        ("revert", "agreed core1 at 19 s", True),
        ("revert", "operator thinks core1 gone at 16 s", True),
        ("pre-revert", "pending core1 at 14.999 s", True),
        ("pre-revert", "pending core1 at 15 s", False),
        ("pre-revert", "agreed core1 at 15.999 s", True),
        ("pre-revert", "limbo core1 at 19 s", True),
        ("pre-revert", "agreed core1 at 19 s", False),
    ],
)
def test_a_claim_about_a_time_means_when_all_due_then_has_happened(
    revision: str, that: str, holds: bool
) -> None:
    run = play(LATE, find_revision(revision))
    claim = read_expectation(that, ("baseline",), LATE.setup.devices, LATE.setup.boards)

    assert claim.holds(run.began, run.ended) is holds
