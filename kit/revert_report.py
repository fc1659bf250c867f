"""Reverts, one or all, and what a range really brought: for commands and lessons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kit.errors import UserError
from kit.history.aftermath import Aftermath, what_came_after
from kit.history.changelog import read_changelog
from kit.history.exactness import check_exactness, net_of, sides_of
from kit.history.find import ReenactmentHistory, clone_of
from kit.history.history import History, HistoryError
from kit.history.objects import MissingObjectError, Objects
from kit.history.reverts import Progress, Wanted, read_revert, read_reverts, said_by
from kit.history.shipped import releases_among, tags_with_code
from kit.runs.changelog import Entry
from kit.runs.verdict import Finding, Revert, finding_json, target_json

if TYPE_CHECKING:
    import pandas

__all__ = [
    "RevertReport",
    "Wanted",
    "changelog",
    "directories",
    "report_json",
    "revert_report",
    "reverts",
    "reverts_frame",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevertReport:
    """All about one revert.

    ``lines`` is how many lines its net difference has, None if a file is not here.  ``chain`` are
    those of its targets that revert something themselves, and of theirs, to any depth.
    """

    source: str
    revert: Revert
    finding: Finding
    titles: tuple[str, ...]  # the subjects of the targets, "" where unknown
    lines: int | None
    tags: tuple[str, ...]
    releases: tuple[str, ...]
    chain: tuple[Revert, ...] = ()
    after: tuple[Aftermath, ...] = ()


def revert_report(history: History, revision: str) -> RevertReport:
    """Check one revert, and tell what became of it.

    Raises:
        HistoryError: The commit is not here, or the history holds single commits only.
    """
    clone = clone_of(history)
    revert = read_revert(clone, history.commit(revision).hash)
    objects = Objects(clone.objects_folder())
    finding = check_exactness(objects, revert.sha, revert.targets, all_orders=True)
    titles = tuple(
        clone.commit(target.sha).subject if target.sha else "" for target in revert.targets
    )
    notes = [finding.note] if finding.note else []
    tags: tuple[str, ...] = ()
    try:
        tags = tags_with_code(objects, revert.sha, revert.resolved, clone.tags())
    except MissingObjectError as error:
        notes.append(f"which tags have the code cannot be told: {error}")
    after: tuple[Aftermath, ...] = ()
    try:
        known = [title for title in titles if title]
        after, trouble = what_came_after(clone, revert, known, clone.diff(revert.sha))
        notes += [trouble] if trouble else []
    except HistoryError as error:
        notes.append(f"what came after cannot be told: {error}")
    return RevertReport(
        source=str(history.source),
        revert=revert,
        finding=replace(finding, note="; ".join(dict.fromkeys(notes))),
        titles=titles,
        lines=_lines(objects, revert.sha),
        tags=tags,
        releases=releases_among(tags),
        chain=tuple(_chain(history, objects, revert)),
        after=after,
    )


def _lines(objects: Objects, sha: str) -> int | None:
    try:
        side = sides_of(objects, sha)
        net = net_of(objects, objects.changed(side.before, side.after))
    except MissingObjectError:
        return None
    return sum(abs(count) for change in net.values() for count in change.values())


def _chain(history: History, objects: Objects, revert: Revert) -> Iterator[Revert]:
    seen, todo = {revert.sha}, list(revert.resolved)
    while todo:
        target = todo.pop(0)
        if target.sha is None or target.sha in seen:
            continue
        seen.add(target.sha)
        found = said_by(clone_of(history), objects, objects.commit(target.sha))
        if found is not None:
            yield found
            todo += found.resolved


def report_json(report: RevertReport) -> dict[str, object]:
    """Return a report as what json can write."""
    finding = finding_json(report.finding)
    orders = report.finding.orders
    return {
        "sha": report.revert.sha,
        "subject": report.revert.subject,
        "targets": [target_json(target) for target in report.revert.targets],
        **finding,
        "tags": list(report.tags),
        "releases": list(report.releases),
        "source": report.source,
        "committed": report.revert.committed,
        "form": report.revert.form.value,
        "lines": report.lines,
        "orders": None if orders is None else {"apply": orders[0], "tried": orders[1]},
        "chain": [
            {
                "sha": each.sha,
                "subject": each.subject,
                "targets": [target_json(target) for target in each.targets],
            }
            for each in report.chain
        ],
        "after": [
            {"sha": each.sha, "subject": each.subject, "how": each.how.value}
            for each in report.after
        ],
    }


# -- all of them -------------------------------------------------------------------------------


def reverts(
    history: History,
    wanted: Wanted | None = None,
    *,
    check: bool = False,
    executor: Executor | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Iterator[Revert]:
    """Give every revert of a history, newest first, as it is found; see `read_reverts`.

    Raises:
        HistoryError: git fails, or the history holds single commits only.
    """
    return read_reverts(
        clone_of(history), wanted, check=check, executor=executor, progress=progress
    )


def directories(history: History, rows: Iterable[Revert]) -> Counter[str]:
    """Return how many of the reverts change something in each folder of the top.

    Raises:
        HistoryError: The history holds single commits only.
    """
    objects = Objects(clone_of(history).objects_folder())
    found: Counter[str] = Counter()
    for row in rows:
        try:
            side = sides_of(objects, row.sha)
            paths = objects.changed(side.before, side.after)
        except MissingObjectError:
            continue
        tops = {path.partition("/")[0] if "/" in path else "(top)" for path in paths}
        found.update(sorted(tops))
    return found


def reverts_frame(rows: Iterable[Revert]) -> pandas.DataFrame:
    """Return reverts as a table, a row for each target, and one for a revert without any.

    Raises:
        UserError: pandas is not installed.
    """
    try:
        import pandas
    except ImportError:
        raise UserError(
            "pandas is not installed, and the table needs it: pip install 'unplug-kit[analysis]'"
        ) from None
    table = pandas.DataFrame([cells for row in rows for cells in _cells(row)], columns=_COLUMNS)
    for column in ("committed", "authored"):
        table[column] = pandas.to_datetime(table[column], utc=True, errors="coerce")
    for column in ("days", "author_days"):
        table[column] = table[column].astype("Int64")
    return table


_COLUMNS = [
    *("sha", "subject", "author", "committed", "authored", "form", "verdict"),
    *("named", "target", "status", "days", "author_days"),
]


def _cells(row: Revert) -> list[dict[str, Any]]:
    finding = row.finding
    about = {
        "sha": row.sha,
        "subject": row.subject,
        "author": row.author,
        "committed": row.committed,
        "authored": row.authored,
        "form": row.form.value,
        "verdict": finding.verdict.value if finding and finding.verdict else None,
    }
    return [
        {
            **about,
            "named": target.named,
            "target": target.sha,
            "status": target.status.value,
            "days": target.days,
            "author_days": target.author_days,
        }
        for target in row.targets
    ] or [about]


# -- a range -----------------------------------------------------------------------------------


def changelog(history: History, span: str, *, check: bool = True) -> tuple[Entry, ...]:
    """Return the commits of a range ``A..B``, newest first, with what annuls what.

    Raises:
        UserError: That is no range.
        HistoryError: One of its ends is not here, or git fails.
    """
    older, dots, newer = span.partition("..")
    if not dots or not older or newer.startswith("."):
        raise UserError(f"{span} is no range; give two commits or tags, as v5.2.0..v6.0.0")
    first, last = history.commit(older).hash, history.commit(newer or _tip(history)).hash
    return read_changelog(clone_of(history), first, last, check=check)


def _tip(history: History) -> str:
    if isinstance(history, ReenactmentHistory):
        return history.clone.commit("HEAD").hash
    return "HEAD"
