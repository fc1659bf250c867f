"""The content of a range of commits: groups, what cancels what, what reverts leave."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from kit.git.values.revert_message import Form, reverted_title
from kit.git.values.verdict import Residual, Revert, RevertVerdict, TargetStatus

__all__ = ["MERGES", "ChangelogEntry", "changelog_json", "directory_of", "judged", "prefix_of"]

_PREFIX = re.compile(r"(?:\[[^\]]*\]\s*)?([^\s:\"'][^:\"]{0,60}?):\s")
MERGES = "Merges"  # the group of those that only bring others
_MAX_WORDS = 4  # a prefix names parts; more words before a colon are a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangelogEntry:
    """A commit of the range.

    ``cancelled_by`` is, of a commit, the revert that takes it out again, and of such a revert the
    first commit that it takes out: neither is news.  ``is_answer``: it is
    such a revert.  ``older``: it reverts what was there before.  ``tag`` is the first release of
    the range that has it.  ``directory`` is that of its files, if sections go by it.
    """

    sha: str
    subject: str
    group: str
    author: str
    trailers: tuple[tuple[str, str], ...] = ()
    cancelled_by: str | None = None
    reverts: tuple[str, ...] = ()
    verdict: RevertVerdict | None = None
    note: str = ""
    older: bool = False
    is_answer: bool = False
    is_merge: bool = False  # and no revert
    left: tuple[Residual, ...] = ()
    breaking: bool = False
    directory: str = ""
    tag: str | None = None

    @property
    def partial(self) -> bool:
        """Does it leave something of what it reverts?"""
        return self.verdict in (RevertVerdict.PARTIAL, RevertVerdict.DIFFERENT)


def prefix_of(subject: str) -> str | None:
    """Return the words before the colon of a subject, also of one that a revert quotes.

    >>> prefix_of('Revert "hw/ppc/spapr: time out"'), prefix_of("Update version")
    ('hw/ppc/spapr', None)
    """
    match = _PREFIX.match(reverted_title(subject) or subject)
    if match is None or len(match[1].split()) > _MAX_WORDS:
        return None
    return match[1].strip()


def directory_of(paths: Iterable[str]) -> str:
    """Return the folder that all paths share, or else what they are spread over.

    >>> directory_of(["hw/ppc/spapr.c", "hw/ppc/spapr_drc.c"]), directory_of(["VERSION"])
    ('hw/ppc', '(top)')
    """
    folders = [path.split("/")[:-1] for path in paths]
    shared: list[str] = []
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    if shared:
        return "/".join(shared)
    return "(several)" if any(folders) else "(top)"


def judged(
    entries: Sequence[ChangelogEntry],
    reverts: Mapping[str, Revert],
    brought: Mapping[str, Sequence[str]],
) -> tuple[ChangelogEntry, ...]:
    """Return the entries, newest first as given, with what cancels what.

    Args:
        entries: The commits of the range, newest first.
        reverts: Those that revert something, by hash; checked ones with their finding.
        brought: The commits that each merge brought into the range, by the hash of the merge.
    """
    inside = {entry.sha for entry in entries} | set(brought)
    annulled: dict[str, str] = {}
    answers: set[str] = set()
    marked: dict[str, ChangelogEntry] = {}
    for entry in entries:
        revert = reverts.get(entry.sha)
        if revert is None:
            continue
        # what the revert does not come after it cannot have taken out
        targets = [
            target.sha
            for target in revert.resolved
            if target.sha is not None and target.status is TargetStatus.OK
        ]
        marked[entry.sha] = _marked(entry, revert, older=any(sha not in inside for sha in targets))
        if entry.sha in annulled or not _takes_out(revert):
            continue
        here = [each for sha in targets for each in brought.get(sha, (sha,)) if sha in inside]
        for sha in here:
            annulled.setdefault(sha, entry.sha)
        if here and not marked[entry.sha].older and not _adds(revert):
            annulled[entry.sha] = here[0]
            answers.add(entry.sha)
    return tuple(
        replace(
            marked.get(entry.sha, entry),
            cancelled_by=annulled.get(entry.sha),
            is_answer=entry.sha in answers,
        )
        for entry in entries
    )


def _marked(entry: ChangelogEntry, revert: Revert, *, older: bool) -> ChangelogEntry:
    finding = revert.finding
    return replace(
        entry,
        reverts=tuple(target.sha or target.named for target in revert.targets),
        verdict=finding.verdict if finding else None,
        note=finding.note if finding else "",
        older=older,
        left=tuple(line for line in finding.residual if not line.own) if finding else (),
    )


def _takes_out(revert: Revert) -> bool:
    """Is nothing left of its targets, as far as is known?"""
    if revert.finding is not None and revert.finding.verdict is not None:
        return revert.finding.verdict not in (RevertVerdict.PARTIAL, RevertVerdict.DIFFERENT)
    return revert.form is not Form.PROSE  # a sentence may speak of a part


def _adds(revert: Revert) -> bool:
    return revert.finding is not None and revert.finding.verdict is RevertVerdict.EXTRA


def changelog_json(
    span: str, entries: Iterable[ChangelogEntry], *, people: bool = False, trailers: bool = False
) -> dict[str, object]:
    """Return a changelog as data for JSON."""
    rows = []
    for entry in entries:
        row: dict[str, object] = {
            "sha": entry.sha,
            "subject": entry.subject,
            "group": entry.group,
            "annulled_by": entry.cancelled_by,
            "reverts": list(entry.reverts),
            "behaviour_change": entry.older,
            "verdict": None if entry.verdict is None else entry.verdict.value,
            "partial": entry.partial,
            "merge": entry.is_merge,
            "left": [
                {"path": line.path, "sign": line.sign, "line": line.line} for line in entry.left
            ],
            "note": entry.note or None,
            "breaking": entry.breaking,
            "tag": entry.tag,
        }
        if people:
            row["author"] = entry.author
        if trailers:
            row["trailers"] = [list(pair) for pair in entry.trailers]
        rows.append(row)
    return {"range": span, "entries": rows}
