"""What many reverts have in common: forms, time from commit to revert, years, chains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from kit.git.values.verdict import DAY_S, Revert, RevertTarget, TargetStatus

__all__ = ["Summary", "percentile", "summary", "top_folder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Counts, and days as (median, 90th percentile) or None where no target is dated."""

    count: int
    forms: Counter[str]
    verdicts: Counter[str]
    by_committer: tuple[float, float] | None
    by_author: tuple[float, float] | None
    years: Counter[str]
    of_reverts: int
    missing: Counter[str]  # names that lead nowhere, by their status


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which that share of *values* lies, between two as the line between.

    >>> percentile([1, 2, 3, 4], 0.5)
    2.5
    """
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def top_folder(path: str) -> str:
    """Return the first folder of a path.

    >>> top_folder("hw/ppc/spapr_drc.c"), top_folder("Makefile")
    ('hw', '(top)')
    """
    return path.partition("/")[0] if "/" in path else "(top)"


def summary(rows: Sequence[Revert]) -> Summary:
    """Return what the rows have in common; a revert of several counts each of them."""
    targets = [target for row in rows for target in row.targets]
    own = {row.sha for row in rows}
    return Summary(
        count=len(rows),
        forms=Counter(row.form.value for row in rows),
        verdicts=Counter(
            "none" if row.finding.verdict is None else row.finding.verdict.value
            for row in rows
            if row.finding is not None
        ),
        by_committer=_days([each.committed_s for each in targets]),
        by_author=_days([each.authored_s for each in targets]),
        years=Counter(row.committed[:4] for row in rows),
        of_reverts=sum(any(target.sha in own for target in row.targets) for row in rows),
        missing=Counter(each.status.value for each in targets if _leads_nowhere(each)),
    )


def _days(seconds: Sequence[int | None]) -> tuple[float, float] | None:
    known = [each / DAY_S for each in seconds if each is not None]
    return (percentile(known, 0.5), percentile(known, 0.9)) if known else None


def _leads_nowhere(target: RevertTarget) -> bool:
    return target.status is not TargetStatus.OK
