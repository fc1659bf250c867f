"""The printed stories of a sandbox: each with its title and its two revisions.

If several clicks would fall on one instant, or on the end, a second passes between them. This gives
the picture room and does not change the outcome.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kit.simulation.sandbox import Act
from kit.views.models.sandbox import SandboxModel

__all__ = [
    "IN_TIME",
    "LATE",
    "QUEUED",
    "STORIES",
    "TOO_EARLY",
    "SandboxStory",
    "parts",
    "stories_of",
    "story_of_step",
]


@dataclass(frozen=True, slots=True)
class SandboxStory:
    """Clicks on a sandbox, and the two revisions at which they are played."""

    title: str
    acts: tuple[Act, ...]
    before: str = "pre-revert"
    after: str = "revert"

    @property
    def clicks(self) -> tuple[Act, ...]:
        """The clicks of a reader, without the seconds that only make room."""
        return tuple(one for one in self.acts if one is not Act.WAIT_1_S)


IN_TIME = SandboxStory(
    "The guest releases in time", (Act.DEVICE_DEL, Act.WAIT_5_S, Act.GUEST_RELEASES)
)
LATE = SandboxStory(
    "The guest releases late", (Act.DEVICE_DEL, Act.GUEST_RELEASES_LATE, Act.WAIT_1_S)
)
STORIES = (
    IN_TIME,
    SandboxStory("A second request after 15 s", (Act.DEVICE_DEL, Act.WAIT_TO_15_S, Act.DEVICE_DEL)),
    SandboxStory(
        "A late release, and a second request",
        (Act.DEVICE_DEL, Act.GUEST_RELEASES_LATE, Act.WAIT_1_S, Act.DEVICE_DEL),
    ),
    SandboxStory(
        "A late release, and a reset",
        (Act.DEVICE_DEL, Act.GUEST_RELEASES_LATE, Act.WAIT_1_S, Act.SYSTEM_RESET),
    ),
    SandboxStory(
        "The guest refuses, and gets a second request",
        (
            Act.DEVICE_DEL,
            Act.WAIT_1_S,
            Act.GUEST_REFUSES,
            Act.WAIT_1_S,
            Act.DEVICE_DEL,
            Act.WAIT_1_S,
            Act.GUEST_RELEASES,
        ),
        "revert",
        "resend",
    ),
)
QUEUED = SandboxStory(
    "The guest gets two requests, and refuses the first",
    (
        Act.DEVICE_DEL,
        Act.WAIT_1_S,
        Act.DEVICE_DEL,
        Act.WAIT_1_S,
        Act.GUEST_REFUSES,
        Act.WAIT_1_S,
        Act.GUEST_RELEASES,
    ),
    "resend",
    "unisolate",
)
"""It is told at its own revisions alone."""
TOO_EARLY = SandboxStory(
    "A second request after 10 s", (Act.DEVICE_DEL, Act.WAIT_5_S, Act.WAIT_5_S, Act.DEVICE_DEL)
)
"""The tour tells it, because the sandbox of these revisions tells the others."""


def stories_of(before: str, after: str) -> tuple[SandboxStory, ...]:
    """Return the stories of two revisions: their own ones, and the later ones.

    Revisions without stories of their own get those that they play differently; if there are none,
    the release in time.
    """
    own = [one for one in (LATE, *STORIES, QUEUED) if (one.before, one.after) == (before, after)]
    later = [one for one in STORIES if one.before == after]
    if own:
        return (*own, *later)
    there = _at(before, after)
    return tuple(one for one in there if parts(one)) or (there[1],)


def story_of_step(before: str, after: str) -> SandboxStory:
    """Return the first story that a step plays differently, or else the late release."""
    if (before, after) == (TOO_EARLY.before, TOO_EARLY.after):
        return TOO_EARLY
    there = _at(before, after)
    return next((one for one in there if parts(one)), there[0])


def _at(before: str, after: str) -> list[SandboxStory]:
    return [replace(one, before=before, after=after) for one in (LATE, *STORIES)]


def parts(one: SandboxStory) -> bool:
    """Do the two machines of a story differ?"""
    pair = SandboxModel(one.before, one.after, one.acts).pair
    return pair.first_difference != (None, None)
