"""The stories that a sandbox tells on paper: each by what it shows, and of which two revisions.

Where several clicks would fall on one instant, or at the end, a second passes: a picture has room
for them and what comes of them then, and the outcome is the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from kit.simulation.sandbox import Act
from kit.views.models.sandbox import SandboxModel

__all__ = ["IN_TIME", "LATE", "STORIES", "SandboxStory", "parts", "stories_of", "story_of_step"]


@dataclass(frozen=True, slots=True)
class SandboxStory:
    """Clicks on a sandbox; ``before`` and ``after`` are the revisions of which it is told."""

    title: str
    acts: tuple[Act, ...]
    before: str = "pre-revert"
    after: str = "revert"

    @property
    def clicks(self) -> tuple[Act, ...]:
        """What a reader would click; the seconds that only make room are left out."""
        return tuple(one for one in self.acts if one is not Act.WAIT_1_S)


IN_TIME = SandboxStory(
    "The guest releases in time", (Act.DEVICE_DEL, Act.WAIT_5_S, Act.GUEST_RELEASES)
)
LATE = SandboxStory(
    "The guest releases late", (Act.DEVICE_DEL, Act.GUEST_RELEASES_LATE, Act.WAIT_1_S)
)
STORIES = (
    IN_TIME,
    SandboxStory(
        "The operator asks again after 15 s", (Act.DEVICE_DEL, Act.WAIT_TO_15_S, Act.DEVICE_DEL)
    ),
    SandboxStory(
        "A late release, and the operator asks again",
        (Act.DEVICE_DEL, Act.GUEST_RELEASES_LATE, Act.WAIT_1_S, Act.DEVICE_DEL),
    ),
    SandboxStory("A reset after 15 s", (Act.DEVICE_DEL, Act.WAIT_TO_15_S, Act.SYSTEM_RESET)),
    SandboxStory(
        "The guest refuses, and is asked again",
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


def stories_of(before: str, after: str) -> tuple[SandboxStory, ...]:
    """Return what a sandbox of two revisions tells: their own stories, and how it goes on.

    Of two that have no story of their own it is what they play differently; the release in time
    where they play all alike.
    """
    own = [one for one in (LATE, *STORIES) if (one.before, one.after) == (before, after)]
    later = [one for one in STORIES if one.before == after]
    if own:
        return (*own, *later)
    told = [SandboxStory(one.title, one.acts, before, after) for one in (LATE, *STORIES)]
    return tuple(one for one in told if parts(one)) or (told[1],)


def story_of_step(before: str, after: str) -> SandboxStory:
    """Return the first story that a step plays otherwise; the late release where there is none."""
    told = [SandboxStory(one.title, one.acts, before, after) for one in (LATE, *STORIES)]
    return next((one for one in told if parts(one)), told[0])


def parts(one: SandboxStory) -> bool:
    """Do the two machines of a story differ?"""
    pair = SandboxModel(one.before, one.after, one.acts).pair
    return pair.first_difference != (None, None)
