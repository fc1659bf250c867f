"""How changes come into a repository, as its last commits show: squashed, mailed, over Gerrit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["HABIT_WORDS", "MAX_JUDGED", "Habit", "HabitCounts", "habit_of"]

MAX_JUDGED = 2_000  # the last commits, because habits change


class Habit(Enum):
    """How most changes come in."""

    GERRIT = "gerrit"
    SQUASH = "squash"
    MAIL = "mail"
    MERGE = "merge"
    DIRECT = "direct"


HABIT_WORDS = {
    Habit.GERRIT: "at least half of the changes have a Change-Id",
    Habit.SQUASH: "at least half of the changes end in the number of a pull request: (#123)",
    Habit.MAIL: "at least half are signed off, and a third committed by somebody else (not GitHub)",
    Habit.MERGE: "at least one commit in ten is a merge",
    Habit.DIRECT: "none of these",
}
"""What each habit means; a repository has the first that holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HabitCounts:
    """What the last commits show; ``commits`` are those that are not merges."""

    commits: int
    merges: int
    change_id: int
    numbered: int
    signed: int
    other_committer: int

    def share(self, count: int) -> float:
        """Return a count as a share of the changes; 0 without any."""
        return count / self.commits if self.commits else 0.0

    def shares(self) -> dict[str, float]:
        """Return what the habit rests on, for the index."""
        names = ("change_id", "numbered", "signed", "other_committer")
        return {f"share_{name}": round(self.share(getattr(self, name)), 4) for name in names}


def habit_of(counts: HabitCounts) -> Habit:
    """Return the first habit that holds."""
    share = counts.share
    if share(counts.change_id) >= 0.5:
        return Habit.GERRIT
    if share(counts.numbered) >= 0.5:
        return Habit.SQUASH
    if share(counts.signed) >= 0.5 and share(counts.other_committer) >= 1 / 3:
        return Habit.MAIL
    if counts.merges and counts.merges / (counts.commits + counts.merges) >= 0.1:
        return Habit.MERGE
    return Habit.DIRECT
