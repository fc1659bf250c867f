"""Read all that a lesson on a revert needs from a history: the report, dates, other commits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from kit.common.errors import UserError
from kit.git.repository.clone import CloneHistory
from kit.git.repository.history import History
from kit.git.repository.log import log_messages
from kit.git.repository.reenacted import clone_of
from kit.git.reverts.report import RevertReport, revert_report, versions_of
from kit.git.values.case import NamedCommit, RevertCase, TaggedVersion
from kit.git.values.verdict import DAY_S, Revert

__all__ = ["project_of", "read_case"]

_MAX_TARGETS = 20
_MAX_LISTED = 40  # tags with the code, and later commits
_MAX_VERSIONS = 1000
_MAX_RESIDUAL = 200
_MAX_PATHS = 20
_MAX_NAME = 60
_OTHERS = 8  # commits on the same files, for the wrong options of a question
_YEAR_DAYS = 366
_PLAIN_NAMES = ("", ".", "..", ".git", "git", "repo", "repository", "src", "source")


def read_case(history: History, revision: str, project: str = "") -> RevertCase:
    """Return what a history says about a revert.

    Args:
        history: A clone, or the re-enactment.
        revision: The commit that reverts others, as the history knows it.
        project: What the project is called; by default as its remote or its folder is.

    Raises:
        UserError: There is no such commit, it reverts nothing, or the history lacks its targets.
    """
    clone = clone_of(history)
    report = revert_report(history, revision)
    revert = _within(report.revert)
    _refuse_without_targets(clone, revert)
    targets = tuple(_named(clone, target.sha) for target in revert.resolved if target.sha)
    files = clone.diff(revert.sha)
    paths = tuple(dict.fromkeys(file.path for file in files))[:_MAX_PATHS]
    newest = next(_log(clone, "-1", *clone.tip(), "--"))
    return RevertCase(
        project=project or project_of(clone),
        revert=revert,
        finding=replace(report.finding, residual=report.finding.residual[:_MAX_RESIDUAL]),
        targets=targets,
        lines=report.lines,
        left=len(report.finding.residual),
        files=paths,
        has_lines=any(file.hunks for file in files),
        tags=report.tags[:_MAX_LISTED],
        releases=report.releases[:_MAX_LISTED],
        untold=report.untold,
        chain=tuple(map(_within, report.chain[:_MAX_TARGETS])),
        after=tuple(each for each in report.after[:_MAX_LISTED] if each.committed),
        versions=_versions(clone, report),
        **_near(clone, report, targets, paths),
        read_until=newest.committed,
    )


def _refuse_without_targets(clone: CloneHistory, revert: Revert) -> None:
    short = revert.sha[:10]
    if not revert.targets:
        raise UserError(
            f"{clone.place}: {short} is not a revert: neither its message nor its files take"
            " a commit back; `kit reverts` lists those that do"
        )
    if not revert.resolved:
        names = ", ".join(target.named[:_MAX_NAME] for target in revert.targets[:3])
        raise UserError(
            f"{clone.place}: {short} reverts {names}, which this repository does not have;"
            " fetch its whole history, or name another revert"
        )


def project_of(clone: CloneHistory) -> str:
    """Return the name of the remote that it was cloned from, or of its folder."""
    for words in (clone.remote_address(), str(clone.place.absolute())):
        parts = [part.removesuffix(".git") for part in words.replace(":", "/").split("/")]
        for part in reversed(parts[-3:]):
            if part.lower() not in _PLAIN_NAMES:
                return part[:_MAX_NAME]
    return "a project"


def _within(revert: Revert) -> Revert:
    """Return a revert with as many targets as a lesson takes."""
    return replace(revert, targets=revert.targets[:_MAX_TARGETS])


def _named(clone: CloneHistory, sha: str) -> NamedCommit:
    commit = clone.commit(sha)
    return NamedCommit(commit.hash, commit.subject, commit.committed)


def _versions(clone: CloneHistory, report: RevertReport) -> tuple[TaggedVersion, ...]:
    """Return the versions by date: all that have the code come first, if there are too many."""
    found = versions_of(clone, report.revert, report.tags, report.untold_tags)
    kept = sorted(found, key=lambda each: not each.has_code)[:_MAX_VERSIONS]
    return tuple(each for each in found if each in kept)


def _near(
    clone: CloneHistory,
    report: RevertReport,
    targets: Sequence[NamedCommit],
    paths: Sequence[str],
) -> dict[str, tuple[NamedCommit, ...]]:
    """Return other commits on the same files, newest first: before, between and unrelated ones."""
    revert = report.revert
    about = {revert.sha, *(one.sha for one in targets), *(one.sha for one in report.after)}
    about |= {one.sha for one in report.chain}

    def found(*walk: str) -> tuple[NamedCommit, ...]:
        if not paths:
            return ()
        subjects: dict[str, NamedCommit] = {}
        for one in _log(clone, "--no-merges", "-200", *walk, "--", *paths):
            if one.sha not in about:
                subjects.setdefault(one.subject, one)
        return tuple(islice(subjects.values(), _OTHERS))

    oldest = max(revert.resolved, key=lambda one: one.committed_s or 0)
    since_s = revert.committed_s - (oldest.committed_s or 0) - _YEAR_DAYS * DAY_S
    until_s = revert.committed_s + _YEAR_DAYS * DAY_S
    return {
        "before": found(f"--since=@{since_s}", oldest.sha or ""),
        "between": found(revert.sha, *(f"^{one.sha}" for one in targets)),
        "unrelated": found(f"--until=@{until_s}", *clone.tip(), f"^{revert.sha}"),
    }


def _log(clone: CloneHistory, *walk: str) -> Iterator[NamedCommit]:
    """Yield the commits that git log finds, newest first."""
    form = ("-z", "--format=%H%n%cI%n%s", "--encoding=UTF-8", "--no-notes", "--no-show-signature")
    with clone.stream("--literal-pathspecs", "log", *form, *walk, of="its log") as log:
        for head, rest in log_messages(log):
            committed, _, subject = rest.decode("utf-8", "replace").partition("\n")
            yield NamedCommit(head.decode(), subject.strip("\n"), committed)
