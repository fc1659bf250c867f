"""Rows of reverts made by hand, for tests of what shows them."""

from __future__ import annotations

from kit.git.values.page import RevertPage
from kit.git.values.revert_message import Form
from kit.git.values.verdict import (
    DAY_S,
    Revert,
    RevertFinding,
    RevertTarget,
    RevertVerdict,
    TargetStatus,
)
from kit.views.models.revert import RevertRows

NEWEST_S = 1_640_000_000  # in December 2021


def sha_of(number: int) -> str:
    return f"{number:040x}"


def a_row(
    number: int,
    subject: str = "",
    *,
    days: int | None = 1,
    author_days: int | None = None,
    form: Form = Form.PHRASE,
    year: int = 2021,
    verdict: RevertVerdict | None = None,
    author: str = "A. Author <a@example.org>",
) -> Revert:
    """Return a row; the smaller its number, the newer it is."""
    by_author = days if author_days is None else author_days
    target = (
        RevertTarget("gone", None, TargetStatus.UNKNOWN)
        if days is None
        else RevertTarget(
            sha_of(9000 + number),
            sha_of(9000 + number),
            TargetStatus.OK,
            days * DAY_S,
            (by_author or 0) * DAY_S,
        )
    )
    return Revert(
        sha=sha_of(number),
        subject=subject or f'Revert "{number}"',
        author=author,
        authored=f"{year}-01-02T00:00:00+00:00",
        committed=f"{year}-01-03T00:00:00+00:00",
        committed_s=NEWEST_S - number * DAY_S,
        form=form,
        targets=(target,),
        finding=None if verdict is None else RevertFinding(verdict),
    )


def found(*rows: Revert, paths: dict[int, tuple[str, ...]] | None = None) -> RevertRows:
    by_sha = {sha_of(number): each for number, each in (paths or {}).items()}
    return RevertRows(rows=rows, paths=by_sha, source="a test", until_s=NEWEST_S)


def a_page(row: Revert, finding: RevertFinding | None = None) -> RevertPage:
    return RevertPage(
        revert=row,
        finding=finding or row.finding or RevertFinding(),
        source="a test",
        titles=tuple("what it takes back" for _ in row.targets),
    )
