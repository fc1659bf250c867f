"""Read one repository for the survey: its commits by year, its habit, and all of its reverts.

What is returned depends on the repository and the task alone: no time, no machine, no order.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from kit.git.library import Repository
from kit.git.repository.clone import CloneHistory
from kit.git.repository.history import HistoryError
from kit.git.repository.log import log_blocks
from kit.git.values.revert_message import Form
from kit.git.values.verdict import Revert, TargetStatus
from kit.survey.task import SurveyTask

__all__ = [
    "HABIT_WORDS",
    "MAX_JUDGED",
    "Habit",
    "HabitCounts",
    "Surveyed",
    "habit_of",
    "read_repository",
]

_LOG = ("log", "-z", "--no-notes", "--no-show-signature", "--encoding=UTF-8")
_TRAILER = "%(trailers:key={},valueonly=yes,separator=%x20)"
_BY_BUTTON = b"noreply@github.com"  # GitHub commits what somebody merges there
_NUMBERED = re.compile(rb"\(#\d+\)\s*$")
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


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What was read of a repository: a row about it, and a row for each target of each revert."""

    about: dict[str, Any]
    rows: list[dict[str, Any]]


@dataclass(slots=True)
class _Commits:
    """The commits that HEAD leads to."""

    years: Counter[int]
    merge_years: Counter[int]
    merges: set[str]
    first_s: int | None = None
    last_s: int | None = None


def read_repository(task: SurveyTask) -> Surveyed:
    """Return what the survey knows of a repository; HistoryError if git cannot read it."""
    clone = CloneHistory(Path(task.path))
    head = _head(clone)
    commits = _commits(clone)
    reverts = Repository(task.path).reverts(content=task.content)
    found = list(reverts.checked() if task.check else reverts)
    own = {row.sha for row in found}
    rows = [cells for row in found for cells in _cells(task.name, row, commits.merges, own)]
    total, merges = commits.years.total(), commits.merge_years.total()
    counts = _habit(clone)
    about = {
        "repository": task.name,
        "path": task.path,
        "state": "done",
        "reason": None,
        "head": head,
        "shallow": (clone.objects_folder().parent / "shallow").is_file(),
        "commits": total,
        "merges": merges,
        "first": _date(commits.first_s),
        "last": _date(commits.last_s),
        "habit": habit_of(counts).value,
        **counts.shares(),
        "years": [
            {"year": year, "commits": count, "merges": commits.merge_years[year]}
            for year, count in sorted(commits.years.items())
        ],
        "reverts": len(found),
        "content": task.content,
        "checked": task.check,
    }
    return Surveyed(about, rows)


def _head(clone: CloneHistory) -> str | None:
    try:
        return clone.commit("HEAD").hash
    except HistoryError:
        return None


def _commits(clone: CloneHistory) -> _Commits:
    """Count commits by the year of their committer date, in UTC."""
    found = _Commits(Counter(), Counter(), set())
    log = (*_LOG, "--format=%H %ct %P", *clone.tip(), "--")
    with clone.stream(*log, of="HEAD") as printed:
        for records in log_blocks(printed):
            for record in records:
                sha, seconds, *parents = record.split()
                at_s = int(seconds)
                year = _year(at_s)
                found.years[year] += 1
                if len(parents) > 1:
                    found.merge_years[year] += 1
                    found.merges.add(sha.decode())
                found.first_s = at_s if found.first_s is None else min(found.first_s, at_s)
                found.last_s = at_s if found.last_s is None else max(found.last_s, at_s)
    return found


def _habit(clone: CloneHistory) -> HabitCounts:
    """Count what the last commits show of how changes come in."""
    trailers = map(_TRAILER.format, ("Change-Id", "Signed-off-by"))
    form = "%x1f".join(("%P", "%ae", "%ce", "%s", *trailers))
    log = (*_LOG, f"-{MAX_JUDGED}", f"--format={form}", *clone.tip(), "--")
    counts: Counter[str] = Counter()
    with clone.stream(*log, of="HEAD") as printed:
        for records in log_blocks(printed):
            for record in records:
                counts.update(_signs(record.rstrip(b"\n").split(b"\x1f")))
    return HabitCounts(**{one.name: counts[one.name] for one in fields(HabitCounts)})


def _signs(found: list[bytes]) -> Iterator[str]:
    """Yield the `HabitCounts` in which a commit counts."""
    if len(found) < 6:
        return
    parents, author, committer, subject, change_id, signed = found[:6]
    if len(parents.split()) > 1:
        yield "merges"
        return
    yield "commits"
    if change_id.strip():
        yield "change_id"
    if _NUMBERED.search(subject):
        yield "numbered"
    if signed.strip():
        yield "signed"
    if committer not in (author, _BY_BUTTON):
        yield "other_committer"


def _cells(name: str, row: Revert, merges: set[str], own: set[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of a revert: one for each target, or one without a target."""
    verdict = row.finding.verdict if row.finding is not None else None
    about = {
        "repository": name,
        "revert": row.sha,
        "committed": _date(row.committed_s),
        "authored": row.authored,
        "form": row.form.value,
        "silent": row.form is Form.SILENT,
        "is_merge": row.sha in merges,
        "verdict": None if verdict is None else verdict.value,
        "unreadable": row.unreadable,
    }
    for target in row.targets:
        yield {
            **about,
            "named": target.named,
            "target": target.sha,
            "status": target.status.value,
            "by": None if target.by is None else target.by.value,
            "target_is_merge": target.sha in merges,
            "target_is_revert": target.status is TargetStatus.OK and target.sha in own,
            "seconds": target.committed_s,
            "author_seconds": target.authored_s,
        }
    if not row.targets:
        yield about


_LAST_S = 253_402_300_799  # of the year 9999


def _date(at_s: int | None) -> datetime | None:
    """Return a date of this calendar; a commit may claim any number."""
    return datetime.fromtimestamp(at_s, UTC) if at_s is not None and 0 <= at_s <= _LAST_S else None


def _year(at_s: int) -> int:
    found = _date(at_s)
    return 0 if found is None else found.year
