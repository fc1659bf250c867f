"""Whether a revert is exact, as values: what is named, what was checked, what is left over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from kit.common.english import counted
from kit.git.values.revert_message import Form

__all__ = [
    "DAY_S",
    "VERDICT_WORDS",
    "By",
    "CheckAnswer",
    "Residual",
    "Revert",
    "RevertFinding",
    "RevertTarget",
    "RevertVerdict",
    "TargetStatus",
    "finding_json",
    "judge",
    "revert_json",
    "target_json",
]

DAY_S = 86_400


class TargetStatus(Enum):
    """What a name in a message leads to."""

    OK = "ok"
    UNKNOWN = "unknown"  # no such commit here
    UNREACHABLE = "unreachable"  # it is here, and the revert does not come after it
    AMBIGUOUS = "ambiguous"  # more than one commit begins so


class By(Enum):
    """Why a commit is believed to be the one that is meant."""

    HASH = "hash"
    TITLE = "title"
    NUMBER = "number"  # of a pull request, a merge request or a change under review
    CHANGE_ID = "change-id"
    TWIN = "twin"  # a copy of the named commit: picked, or with the same title
    CONTENT = "content"  # its files are again as they were before it


@dataclass(frozen=True, slots=True)
class RevertTarget:
    """A commit that a revert names; ``days_s`` and ``author_s`` are seconds from it to the revert.

    ``parent`` is the side of a merge that the revert goes back to, where the message says so.
    """

    named: str
    sha: str | None
    status: TargetStatus
    committed_s: int | None = None  # from the target's committer date to the revert's
    authored_s: int | None = None
    parent: str | None = None
    by: By | None = None  # None where nothing is found

    @property
    def days(self) -> int | None:
        """Whole days by committer date."""
        return None if self.committed_s is None else self.committed_s // DAY_S

    @property
    def author_days(self) -> int | None:
        """Whole days by author date."""
        return None if self.authored_s is None else self.authored_s // DAY_S


class RevertVerdict(Enum):
    """How a revert compares with what undoing its targets would be."""

    EXACT = "exact"
    SAME_LINES = "same-lines"
    PARTIAL = "partial"
    EXTRA = "extra"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """A check by its name and label, what it asks, and what it says; None: that cannot be told."""

    name: str
    label: str
    question: str
    answer: bool | None = None


@dataclass(frozen=True, slots=True)
class Residual:
    """A line that the targets and the revert together leave changed; ``own`` if the revert's."""

    path: str
    sign: str
    line: str
    own: bool = False


VERDICT_WORDS = {
    RevertVerdict.EXACT: "exact: its tree is what undoing the targets gives",
    RevertVerdict.SAME_LINES: "the same lines, though they cannot be undone without a conflict",
    RevertVerdict.PARTIAL: "partial: something of the targets is left",
    RevertVerdict.EXTRA: "extra: all of the targets is gone, and more is changed",
    RevertVerdict.DIFFERENT: "different: something of the targets is left, and more is changed",
    None: "no verdict",
}


@dataclass(frozen=True, slots=True)
class RevertFinding:
    """What the checks found; ``orders`` are those that apply and those tried, of the targets."""

    verdict: RevertVerdict | None = None
    note: str = ""
    checks: tuple[CheckAnswer, ...] = ()
    residual: tuple[Residual, ...] = ()
    orders: tuple[int, int] | None = None

    @property
    def answers(self) -> dict[str, bool | None]:
        """What each check says, by its name."""
        return {each.name: each.answer for each in self.checks}

    def detail(self, check: str, lines: int | None) -> str:
        """Return what is shown in brackets beside the answer of a check, or nothing.

        *lines* is how many lines the revert changes, if that is known.
        """
        if check == "three_way" and self.orders is not None and self.orders[1] > 1:
            return f" ({self.orders[0]} of {self.orders[1]} orders apply)"
        if check != "same_lines" or lines is None:
            return ""
        return f" ({counted(lines, 'line')} changed)"


@dataclass(frozen=True, slots=True)
class Revert:
    """A commit that says it reverts others; ``unreadable`` says what of it cannot be read."""

    sha: str
    subject: str
    author: str
    authored: str  # ISO 8601, as all dates of commits
    committed: str
    committed_s: int
    form: Form
    targets: tuple[RevertTarget, ...]
    finding: RevertFinding | None = None
    unreadable: str = ""

    @property
    def heading(self) -> str:
        """The subject, and what of the commit cannot be read."""
        if not self.unreadable:
            return self.subject
        return f"{self.subject} (cannot be read: {self.unreadable})".strip()

    @property
    def resolved(self) -> tuple[RevertTarget, ...]:
        """The targets that are here."""
        return tuple(target for target in self.targets if target.sha is not None)

    @property
    def by(self) -> str | None:
        """Why its targets are believed to be the ones: each reason once; None without a target."""
        reasons = dict.fromkeys(target.by.value for target in self.targets if target.by is not None)
        return ", ".join(reasons) or None


def judge(
    exact: Sequence[bool | None], residual: Sequence[Residual] | None, same_lines: bool | None
) -> RevertVerdict | None:
    """Return the verdict, or None if what is known does not decide it.

    Args:
        exact: What the ways that compare whole trees say.
        residual: What is left line by line, or None if that is not known.
        same_lines: Whether the lines cancel each other out.
    """
    if any(exact):
        return RevertVerdict.EXACT
    if any(known is None for known in exact) or residual is None or same_lines is None:
        return None
    if same_lines:
        return RevertVerdict.SAME_LINES
    own = [line.own for line in residual]
    if all(own):
        return RevertVerdict.EXTRA
    return RevertVerdict.DIFFERENT if any(own) else RevertVerdict.PARTIAL


def target_json(target: RevertTarget) -> dict[str, object]:
    """Return a target as what json can write."""
    return {
        "named": target.named,
        "sha": target.sha,
        "status": target.status.value,
        "days": target.days,
        "by": None if target.by is None else target.by.value,
    }


def finding_json(finding: RevertFinding) -> dict[str, object]:
    """Return the verdict and what it rests on as what json can write."""
    return {
        "verdict": None if finding.verdict is None else finding.verdict.value,
        "note": finding.note or None,
        "checks": finding.answers,
        "residual": [
            {"path": line.path, "sign": line.sign, "line": line.line} for line in finding.residual
        ],
    }


def revert_json(revert: Revert) -> dict[str, object]:
    """Return a row of ``kit reverts`` as what json can write."""
    row: dict[str, object] = {
        "sha": revert.sha,
        "subject": revert.subject,
        "committed": revert.committed,
        "form": revert.form.value,
        "by": revert.by,
        "targets": [target_json(target) for target in revert.targets],
    }
    if revert.unreadable:
        row["unreadable"] = revert.unreadable
    if revert.finding is not None:
        row |= finding_json(revert.finding)
        del row["residual"]  # which may be long
    return row
