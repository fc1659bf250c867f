"""The machine with PCIe ports in every order of events: what its timeout breaks, and what not."""

from __future__ import annotations

import pytest

from kit.actors.pseries_programs import GuestKind
from kit.common.errors import UserError
from kit.explorer.export import asked_of
from kit.explorer.jobs import SearchJob, explore_one
from kit.explorer.model import DrcModel
from kit.explorer.scope import DEFAULT, Scope
from kit.machine.catalogue import find_revision

CARD = Scope(cores=0, pci=1, requests=2, resets=1, migrations=0)
KEPT = ("no-lost-release", "no-silent-disagreement", "true-events", "unplug-possible")


def violated(name: str) -> dict[str, int]:
    """Return the violated properties, and how many choices lead there."""
    job = SearchJob(find_revision(name), GuestKind.LINUX_5_12, CARD)
    return {
        one.name: len(finding.path or ())
        for one, finding in explore_one(job).findings
        if not finding.holds
    }


@pytest.mark.parametrize(
    ("revision", "expected"),
    [
        ("pcie-baseline", {"refusal-reported": 9}),
        ("pcie-fast", {"retry-possible": 9, "refusal-reported": 9}),
        ("pcie-no-blink", {"refusal-reported": 10}),
        ("pcie-today", {"refusal-reported": 10}),
    ],
)
def test_the_expiry_mends_the_retry_and_loses_nothing(
    revision: str, expected: dict[str, int]
) -> None:
    """cce8944cc9 breaks the retry, 18416c62e3 mends it; no revision loses a release."""
    found = violated(revision)

    assert found == expected
    assert not set(found) & set(KEPT)


def test_a_scope_of_another_machine_says_what_to_choose() -> None:
    with pytest.raises(UserError, match="core1 is not a device of pcie-today; choose others"):
        DrcModel(find_revision("pcie-today"), GuestKind.LINUX_5_12, DEFAULT)


def test_a_path_that_no_script_can_play_is_one_line() -> None:
    model = DrcModel(find_revision("pcie-today"), GuestKind.LINUX_5_12, CARD)

    with pytest.raises(UserError, match="pcie-today: only the embedded machine plays its paths"):
        next(asked_of(model, (0,)))
