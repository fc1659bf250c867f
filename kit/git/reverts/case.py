"""Read all that a lesson on a revert needs from a history: the report, dates, other commits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from kit.common.errors import UserError
from kit.git.repository.clone import CloneHistory
from kit.git.repository.history import History
from kit.git.repository.log import log_messages
from kit.git.repository.reader import MissingObjectError
from kit.git.repository.reenacted import clone_of
from kit.git.reverts.report import RevertReport, revert_report, versions_of
from kit.git.values.case import LaterCommit, NamedCommit, RevertCase, TaggedVersion
from kit.git.values.verdict import Revert

__all__ = ["project_of", "read_case"]

_MAX_TARGETS = 20
_MAX_LISTED = 40  # tags with the code, and later commits
_MAX_VERSIONS = 1000
_MAX_RESIDUAL = 200
_MAX_PATHS = 20
_MAX_NAME = 60
_OTHERS = 8  # commits on the same files, for the wrong options of a question
_DAY_S, _YEAR_DAYS = 86_400, 366
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
    other = _Others(clone, report, targets, paths)
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
        untold=len(report.untold),
        chain=tuple(map(_within, report.chain[:_MAX_TARGETS])),
        after=tuple(_after(clone, report)),
        versions=_versions(clone, report),
        before=other.before(),
        between=other.between(),
        unrelated=other.later(),
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


def _after(clone: CloneHistory, report: RevertReport) -> Iterator[LaterCommit]:
    commits = clone.commits()
    for each in report.after[:_MAX_LISTED]:
        try:
            committed = commits.commit(each.sha).committer.date
        except MissingObjectError:
            continue  # the report says that it cannot be read
        yield LaterCommit(each.sha, each.subject, committed, each.how.value)


def _versions(clone: CloneHistory, report: RevertReport) -> tuple[TaggedVersion, ...]:
    """Return the versions by date: all that have the code come first, if there are too many."""
    found = versions_of(clone, report.revert, report.tags, report.untold)
    kept = {each.tag for each in sorted(found, key=lambda each: not each.has_code)[:_MAX_VERSIONS]}
    commits, tags = clone.commits(), dict(clone.tags())
    return tuple(
        TaggedVersion(
            each.tag, commits.commit(tags[each.tag]).committer.date, each.comes_after, each.has_code
        )
        for each in found
        if each.tag in kept
    )


class _Others:
    """Finds commits near a revert that change the same files and have nothing to do with it."""

    def __init__(
        self,
        clone: CloneHistory,
        report: RevertReport,
        targets: tuple[NamedCommit, ...],
        paths: tuple[str, ...],
    ) -> None:
        self._clone, self._paths = clone, paths
        self._revert = report.revert
        self._targets = targets
        self._about = {report.revert.sha, *(one.sha for one in targets)}
        self._about |= {one.sha for one in report.after} | {one.sha for one in report.chain}

    def before(self) -> tuple[NamedCommit, ...]:
        """Return commits of the year before the oldest target, newest first."""
        dated = [(one.committed_s or 0, one.sha) for one in self._revert.resolved]
        age_s, oldest = max(dated, key=lambda pair: pair[0])
        since_s = self._revert.committed_s - age_s - _YEAR_DAYS * _DAY_S
        return self._found(f"--since=@{since_s}", oldest)

    def between(self) -> tuple[NamedCommit, ...]:
        """Return commits after the targets and before the revert, newest first."""
        return self._found(self._revert.sha, *(f"^{one.sha}" for one in self._targets))

    def later(self) -> tuple[NamedCommit, ...]:
        """Return commits of the year after the revert, newest first."""
        until_s = self._revert.committed_s + _YEAR_DAYS * _DAY_S
        tip = self._clone.tip()
        return self._found(f"--until=@{until_s}", *tip, f"^{self._revert.sha}")

    def _found(self, *walk: str | None) -> tuple[NamedCommit, ...]:
        if not self._paths:
            return ()
        ask = ("--no-merges", "-200", *filter(None, walk), "--", *self._paths)
        rows = (one for one in _log(self._clone, *ask) if one.sha not in self._about)
        subjects: dict[str, NamedCommit] = {}
        for one in rows:
            subjects.setdefault(one.subject, one)
        return tuple(islice(subjects.values(), _OTHERS))


def _log(clone: CloneHistory, *walk: str) -> Iterator[NamedCommit]:
    """Yield the commits that git log finds, newest first."""
    form = ("-z", "--format=%H%n%cI%n%s", "--encoding=UTF-8", "--no-notes", "--no-show-signature")
    with clone.stream("--literal-pathspecs", "log", *form, *walk, of="its log") as log:
        for head, rest in log_messages(log):
            committed, _, subject = rest.decode("utf-8", "replace").partition("\n")
            yield NamedCommit(head.decode(), subject.strip("\n"), committed)
