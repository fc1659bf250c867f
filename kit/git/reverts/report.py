"""One revert and what became of it, and the table of many: for commands and lessons."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kit.common.errors import no_library
from kit.git.repository.clone import CloneHistory
from kit.git.repository.history import History, HistoryError
from kit.git.repository.objects import MissingObjectError, Objects
from kit.git.repository.reenacted import clone_of
from kit.git.reverts.exactness import changed_in, check_exactness, net_of, sides_of
from kit.git.reverts.followups import followups_of
from kit.git.reverts.releases import is_version, releases_among, tags_with_code
from kit.git.reverts.scan import read_revert, said_by
from kit.git.values.case import TaggedVersion
from kit.git.values.page import LaterCommit, RevertPage
from kit.git.values.verdict import Revert, RevertTarget, finding_json, target_json

if TYPE_CHECKING:
    import pandas

__all__ = [
    "RevertReport",
    "report_json",
    "revert_report",
    "reverts_frame",
    "shipped",
    "versions_of",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevertReport(RevertPage):
    """Everything about one revert, without diffs."""

    untold_tags: tuple[str, ...] = ()


def revert_report(history: History, revision: str) -> RevertReport:
    """Check one revert, and find what became of it."""
    clone = clone_of(history)
    revert = read_revert(clone, history.commit(revision).hash)
    objects = clone.commits().objects()
    finding = check_exactness(objects, revert.sha, revert.targets, all_orders=True)
    titles = tuple(
        clone.commit(target.sha).subject if target.sha else "" for target in revert.targets
    )
    notes = [finding.note] if finding.note else []
    tags, untold, why = _tags(objects, revert, clone.tags())
    if why:
        notes.append(f"the kit cannot tell which tags have the code: {why}")
    after: tuple[LaterCommit, ...] = ()
    try:
        known = [title for title in titles if title]
        after, trouble = followups_of(clone, revert, known, clone.diff(revert.sha))
        notes += [trouble] if trouble else []
    except HistoryError as error:
        notes.append(f"the kit cannot tell what came after: {error}")
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
        untold=len(untold),
        untold_tags=untold,
    )


def _tags(
    objects: Objects, revert: Revert, named: Sequence[tuple[str, str]]
) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Return the tags that have the code, those of which that is not known, and why."""
    untold: list[str] = []
    try:
        found = tags_with_code(objects, revert.sha, revert.resolved, named, untold.append)
    except MissingObjectError as error:
        return (), tuple(name for name, _ in named), str(error)
    return found, tuple(untold), ""


def _lines(objects: Objects, sha: str) -> int | None:
    try:
        objects.start()
        net = net_of(objects, changed_in(objects, sides_of(objects, sha)))
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
        try:
            found = said_by(clone_of(history), objects, objects.commit(target.sha))
        except MissingObjectError:
            continue
        if found is not None:
            yield found
            todo += found.resolved


def report_json(report: RevertReport) -> dict[str, object]:
    """Return a report as data for JSON."""
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
            {"sha": each.sha, "subject": each.subject, "how": each.how} for each in report.after
        ],
    }


def shipped(history: History, revision: str) -> tuple[TaggedVersion, ...]:
    """Return the versions that come after a revert's youngest target or have the code, by date."""
    clone = clone_of(history)
    revert = read_revert(clone, history.commit(revision).hash)
    named = [(name, sha) for name, sha in clone.tags() if is_version(name)]
    code, untold, _ = _tags(clone.commits().objects(), revert, named)
    return versions_of(clone, revert, code, untold)


def versions_of(
    clone: CloneHistory, revert: Revert, code: Collection[str], untold: Collection[str]
) -> tuple[TaggedVersion, ...]:
    """Return the versions that come after a revert's youngest target or have the code, by date.

    The tags in *code* have it; of those in *untold* it is not known.
    """
    dated = [target for target in revert.resolved if target.committed_s is not None]
    if not dated:
        return ()
    youngest = min(dated, key=lambda target: target.committed_s or 0)
    versions = {name: sha for name, sha in clone.tags() if is_version(name)}
    after = _descendants(clone, youngest, list(versions.values()))
    commits = clone.commits()
    found = {}
    for name, sha in versions.items():
        if sha in after or name in code:
            made = commits.commit(sha).committer
            has_code = None if name in untold else name in code
            # candidates of a day before the release of that day
            place = (made.time_s, name in releases_among([name]), name)
            found[place] = TaggedVersion(name, made.date, sha in after, has_code)
    return tuple(found[place] for place in sorted(found))


def _descendants(clone: CloneHistory, target: RevertTarget, tips: list[str]) -> set[str]:
    """Return the commits between a target and some tips, by one walk for all tags."""
    if not tips or target.sha is None:
        return set()
    walk = ("rev-list", "--ancestry-path", f"^{target.sha}", *tips, "--")
    with clone.stream(*walk) as listed:
        return {line.decode().strip() for line in listed} | ({target.sha} & set(tips))


def reverts_frame(rows: Iterable[Revert]) -> pandas.DataFrame:
    """Return reverts as a table, a row for each target, and one for a revert without any.

    Raises:
        UserError: pandas is not installed.
    """
    try:
        import pandas
    except ImportError:
        raise no_library("pandas", "the table", "analysis") from None
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
