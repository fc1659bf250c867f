"""Built-in scripts: stories of one unplug, as the acts of the bench."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kit.errors import UserError
from kit.runs.bench import Act

__all__ = ["SCENARIOS", "Scenario", "find_scenario"]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A script: its name, a title, why it matters, and what is done."""

    name: str
    title: str
    why: str
    acts: tuple[Act, ...]


_ALL = (
    Scenario(
        "in-time",
        "The guest releases the core within 15 s",
        "The ordinary case: it must be the same before and after every commit.",
        (Act.DEVICE_DEL, Act.WAIT_1_S, Act.GUEST_RELEASES),
    ),
    Scenario(
        "late-release",
        "The guest releases the core after 16 s",
        "With the timeout QEMU has forgotten the request by then: the core is gone for the guest,"
        " QEMU keeps it, and no DEVICE_DELETED is sent.",
        (Act.DEVICE_DEL, Act.GUEST_RELEASES_LATE),
    ),
    Scenario(
        "late-release-then-retry",
        "After a late release the operator asks again",
        "A way out of the limbo: the second device_del finds a released connector.",
        (Act.DEVICE_DEL, Act.GUEST_RELEASES_LATE, Act.DEVICE_DEL),
    ),
    Scenario(
        "late-release-then-reset",
        "After a late release the operator resets",
        "With the timeout the core that the guest gave back is there again at the next boot.",
        (Act.DEVICE_DEL, Act.GUEST_RELEASES_LATE, Act.SYSTEM_RESET),
    ),
    Scenario(
        "refuse-then-reset",
        "The guest refuses; the operator resets",
        "A pending request is completed by a reset, a forgotten one is not: 15 s decide.",
        (Act.DEVICE_DEL, Act.GUEST_REFUSES, Act.WAIT_TO_15_S, Act.SYSTEM_RESET),
    ),
    Scenario(
        "refuse-then-retry",
        "The guest refuses; the operator asks again while the request is pending",
        "What the timeout was for: can an unplug that failed be tried again?",
        (Act.DEVICE_DEL, Act.GUEST_REFUSES, Act.WAIT_5_S, Act.DEVICE_DEL, Act.GUEST_RELEASES),
    ),
    Scenario(
        "retry-each-second",
        "The operator asks again at 1 s, 2 s, 3 s and 15 s",
        "The seconds that QEMU prints, and when a retry is accepted.",
        (
            Act.DEVICE_DEL,
            *(Act.WAIT_1_S, Act.DEVICE_DEL) * 3,
            *(Act.WAIT_5_S, Act.WAIT_5_S, Act.WAIT_1_S, Act.WAIT_1_S),
            Act.DEVICE_DEL,
        ),
    ),
)
SCENARIOS: Mapping[str, Scenario] = {scenario.name: scenario for scenario in _ALL}
"""Name -> script."""


def find_scenario(name: str) -> Scenario:
    """Return the built-in script called *name*.

    Raises:
        UserError: There is none; the text names all there are.
    """
    if name not in SCENARIOS:
        raise UserError(f"no scenario {name!r}; there are: {', '.join(SCENARIOS)}")
    return SCENARIOS[name]
