"""Reverts, one or all, and the content of a range: for commands and lessons."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kit.common.errors import UserError, no_library
from kit.git.repository.bounds import check_size
from kit.git.repository.clone import CloneHistory
from kit.git.repository.history import History, HistoryError
from kit.git.repository.objects import MissingObjectError, Objects
from kit.git.repository.reenacted import ReenactmentHistory, clone_of
from kit.git.reverts.changelog import RangeRead, last_release, read_range
from kit.git.reverts.exactness import check_exactness, net_of, sides_of
from kit.git.reverts.followups import FollowUp, followups_of
from kit.git.reverts.releases import is_version, releases_among, tags_with_code
from kit.git.reverts.scan import Progress, Wanted, read_revert, read_reverts, said_by
from kit.git.values.changelog import ChangelogEntry
from kit.git.values.page import RevertPage
from kit.git.values.sections import Grouping
from kit.git.values.verdict import Revert, RevertFinding, RevertTarget, finding_json, target_json

if TYPE_CHECKING:
    import pandas

__all__ = [
    "RevertReport",
    "TagsWithCode",
    "Wanted",
    "changelog",
    "changelog_of",
    "checked",
    "report_json",
    "revert_report",
    "reverts",
    "reverts_frame",
    "shipped",
    "since_release",
    "versions_of",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevertReport:
    """Everything about one revert.

    ``lines`` is the number of lines of its net difference, None if a file is not here.  ``chain``
    are those of its targets that revert something themselves, and of theirs, to any depth.
    ``untold`` are the tags whose content is not known.
    """

    source: str
    revert: Revert
    finding: RevertFinding
    titles: tuple[str, ...]  # the subjects of the targets, "" where unknown
    lines: int | None
    tags: tuple[str, ...]
    releases: tuple[str, ...]
    chain: tuple[Revert, ...] = ()
    after: tuple[FollowUp, ...] = ()
    untold: tuple[str, ...] = ()

    def page(self) -> RevertPage:
        """Return what a view shows of it, without diffs."""
        return RevertPage(
            revert=self.revert,
            finding=self.finding,
            source=self.source,
            titles=self.titles,
            lines=self.lines,
            tags=self.tags,
            releases=self.releases,
            untold=len(self.untold),
            chain=self.chain,
            after=tuple((each.sha, each.subject, each.how.value) for each in self.after),
        )


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
    tags: tuple[str, ...] = ()
    untold: list[str] = []
    named = clone.tags()
    try:
        tags = tags_with_code(objects, revert.sha, revert.resolved, named, untold.append)
    except MissingObjectError as error:
        untold = [name for name, _ in named]
        notes.append(f"which tags have the code cannot be told: {error}")
    after: tuple[FollowUp, ...] = ()
    try:
        known = [title for title in titles if title]
        after, trouble = followups_of(clone, revert, known, clone.diff(revert.sha))
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
        untold=tuple(untold),
    )


def _lines(objects: Objects, sha: str) -> int | None:
    try:
        objects.start()
        side = sides_of(objects, sha)
        changed = objects.changed(side.before, side.after)
        check_size(objects, changed)
        net = net_of(objects, changed)
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
            {"sha": each.sha, "subject": each.subject, "how": each.how.value}
            for each in report.after
        ],
    }


@dataclass(frozen=True, slots=True)
class TagsWithCode:
    """A version's tag: does it come after the reverted commit, and does it have the code?

    ``has_code`` is None where its files are not here.
    """

    tag: str
    comes_after: bool
    has_code: bool | None


def shipped(history: History, revision: str) -> tuple[TagsWithCode, ...]:
    """Return the versions that come after a revert's youngest target or have the code, by date."""
    clone = clone_of(history)
    revert = read_revert(clone, history.commit(revision).hash)
    named = [(name, sha) for name, sha in clone.tags() if is_version(name)]
    untold: list[str] = []
    try:
        objects = clone.commits().objects()
        code = tags_with_code(objects, revert.sha, revert.resolved, named, untold.append)
    except MissingObjectError:
        code, untold = (), [name for name, _ in named]
    return versions_of(clone, revert, code, untold)


def versions_of(
    clone: CloneHistory, revert: Revert, code: Collection[str], untold: Collection[str]
) -> tuple[TagsWithCode, ...]:
    """Return the versions that come after a revert's youngest target or have the code, by date.

    Args:
        clone: Where their tags are.
        revert: The revert.
        code: The tags that have the code.
        untold: The tags of which that is not known.
    """
    dated = [target for target in revert.resolved if target.committed_s is not None]
    if not dated:
        return ()
    youngest = min(dated, key=lambda target: target.committed_s or 0)
    versions = {name: sha for name, sha in clone.tags() if is_version(name)}
    after = _descendants(clone, youngest, list(versions.values()))
    commits = clone.commits()
    found = [
        (
            # candidates of a day before the release of that day
            (commits.commit(sha).committer.time_s, name in releases_among([name]), name),
            TagsWithCode(name, sha in after, None if name in untold else name in code),
        )
        for name, sha in versions.items()
        if sha in after or name in code
    ]
    return tuple(each for _, each in sorted(found, key=lambda pair: pair[0]))


def _descendants(clone: CloneHistory, target: RevertTarget, tips: list[str]) -> set[str]:
    """Return the commits between a target and some tips, by one walk for all tags."""
    if not tips or target.sha is None:
        return set()
    walk = ("rev-list", "--ancestry-path", f"^{target.sha}", *tips, "--")
    with clone.stream(*walk) as listed:
        return {line.decode().strip() for line in listed} | ({target.sha} & set(tips))


def reverts(
    history: History,
    wanted: Wanted | None = None,
    *,
    check: bool = False,
    executor: Executor | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Iterator[Revert]:
    """Yield every revert of a history, newest first, as it is found; see `read_reverts`."""
    return read_reverts(
        clone_of(history), wanted, check=check, executor=executor, progress=progress
    )


def checked(history: History, rows: Iterable[Revert]) -> Iterator[Revert]:
    """Yield each row with its finding, as it is checked."""
    objects = clone_of(history).commits().objects()
    for row in rows:
        yield replace(row, finding=check_exactness(objects, row.sha, row.targets))


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


def changelog(history: History, span: str, *, check: bool = True) -> tuple[ChangelogEntry, ...]:
    """Return the commits of a range, newest first, and which of them cancel others.

    See `changelog_of`.
    """
    return changelog_of(history, span, check=check).entries


def changelog_of(
    history: History,
    *words: str,
    check: bool = True,
    by: Grouping | None = None,
    content: bool = False,
) -> RangeRead:
    """Return a range of commits, and what a changelog says of it; see `read_range`.

    A range is as git has it: ``A..B``, ``A..``, ``..B``, ``A...B``, one commit and all before, or
    several words, as ``B ^A ^C``.  UserError if it is none.
    """
    dots, tips, before = "", list[str](), list[str]()
    for word in words:
        match = re.fullmatch(r"(.*?)(\.{2,3})(.*)", word)
        older, found, newer = match.groups() if match else ("", "", word)
        if word.startswith("^") and not found:
            before.append(word[1:])
            continue
        is_plain = not newer.startswith(".") and ".." not in newer and not older.startswith("^")
        if not (older or newer) or not is_plain or (found == "..." and len(words) > 1):
            raise UserError(
                f"{word} is not a range; give two commits or tags, such as v5.2.0..v6.0.0"
            )
        dots = found or dots
        tips.append(newer or _tip(history))
        if found:
            before.append(older or _tip(history))
    last, *others = [history.commit(each).hash for each in tips or [_tip(history)]]
    names = [history.commit(each).hash for each in before]
    more = (*others, *(f"^{name}" for name in names[1:]))
    return read_range(
        clone_of(history), names[0] if names else None, last, check=check, both=dots == "...",
        more=more, by=by, content=content,
    )  # fmt: skip


def since_release(history: History, end: str = "") -> str:
    """Return the range from the last release before a commit, HEAD by default, to it.

    UserError if there is no tag of a release.
    """
    newer = end or _tip(history)
    tag = last_release(clone_of(history), history.commit(newer).hash)
    if tag is None:
        raise UserError(
            f"{history.source}: no tag before {newer} is a version, as v1.2.0;"
            " give a range instead of --since-tag"
        )
    return f"{tag}..{newer}"


def _tip(history: History) -> str:
    if isinstance(history, ReenactmentHistory):
        return history.clone.commit("HEAD").hash
    return "HEAD"
