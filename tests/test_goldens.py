"""Every built-in scenario at the nine named revisions looks as it was reviewed."""

from __future__ import annotations

import pytest

from kit.simulation.scenario import Scenario
from kit.storage.scenarios import scenarios
from tests.goldens import FOLDER, NAMED, golden


@pytest.mark.parametrize("scenario", scenarios().values(), ids=lambda scenario: scenario.name)
def test_a_picture_is_as_it_was_reviewed(scenario: Scenario) -> None:
    """Where it is meant to change: make goldens, and review the difference."""
    path = FOLDER / f"{scenario.name}.txt"

    assert golden(scenario) == path.read_text(encoding="utf-8")


def test_every_reviewed_picture_is_of_a_scenario_that_exists() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(scenarios())


def test_the_nine_named_revisions_are_shown() -> None:
    assert [revision.name for revision in NAMED] == [
        "baseline",
        "timer",
        "cpu-timeout",
        "deadline-helper",
        "pre-revert",
        "revert",
        "resend",
        "unisolate",
        "guest-error",
    ]
