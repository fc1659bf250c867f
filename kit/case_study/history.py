"""Find the history in use, and read the lesson's commits from it.

`kit.case_study.find` says in which order the kit looks; the re-enactment is built at first use.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

from kit.case_study.fetch import Amount, default_folder
from kit.case_study.find import find_history
from kit.case_study.reenactment import build
from kit.common.errors import UnknownRevisionError, UserError
from kit.common.packaged_data import CHECKOUT, data_path, share
from kit.common.user_file import make_folders
from kit.common.user_folder import expanded
from kit.git.repository.exported import export
from kit.git.repository.history import History, HistoryError
from kit.git.values.commit import Commit, lore_link, reference
from kit.git.values.page import CommitPage, CommitReference
from kit.machine.catalogue import (
    CATALOGUE,
    MENDED,
    MENDS,
    OF_THE_LESSON,
    PROPOSAL,
    RECENT,
    RELEASES,
    TRIALS,
    find_revision,
)
from kit.machine.revision import Revision

if TYPE_CHECKING:
    from kit.case_study.behaviours import Behaviour

__all__ = [
    "CARRIED",
    "CLONE_VARIABLE",
    "behaviours",
    "clone_in_use",
    "commit_named",
    "commit_page",
    "erratum",
    "exported_history",
    "history",
    "lesson_commits",
    "named_commits",
    "why_no_commit",
]

CLONE_VARIABLE = "KIT_QEMU"
CARRIED = "history.json"  # in share(); tools/website puts it there
_STORY_BOARD = CATALOGUE[0].board
NEIGHBOURS = 40  # a series is applied in one go, so its commits are among that many
_ERRATA = {
    "4b08cd567b": "The message is one version early: Linux unisolates a CPU's connector from 5.13"
    " on, an LMB's from 5.14 on.",
    "d522cb52e6": "That no other machine has a timeout was true for seven months: since 6.2"
    " (18416c62e3) a PCIe unplug request expires after 5 s, after which device_del may be repeated;"
    " a release after that still removes the device.",
}
"""What a commit's own message says that turned out to be wrong.

Source: Linux's pull requests for 5.13 (87im44a087.fsf@mpe.ellerman.id.au) and 5.14
(87o8bk7qk1.fsf@mpe.ellerman.id.au); QEMU's 18416c62e3.
"""


def clone_in_use() -> Path | None:
    """Return the clone or exported history that KIT_QEMU names, or None."""
    named = os.environ.get(CLONE_VARIABLE, "").strip()
    return expanded(named) if named else None


def history(
    named: Path | None = None, passed_over: Callable[[Path, str], None] | None = None
) -> History:
    """Return the history in use; see `kit.case_study.find` for the order.

    Args:
        named: What a person names instead of KIT_QEMU.
        passed_over: Called with each folder that exists but cannot be used, and the reason.

    Raises:
        HistoryError: *named* is not a history, or the re-enactment cannot be built.
    """
    return find_history(
        clone_in_use() if named is None else expanded(str(named)),
        fetched=[default_folder(amount) for amount in (Amount.FULL, Amount.LESSON, Amount.HISTORY)],
        beside=[CHECKOUT.parent / "qemu", CHECKOUT.parent / "qemu.git"],
        reenactment=_reenactment,
        known=find_revision("revert").commit,
        passed_over=passed_over or (lambda _place, _why: None),
        carried=share() / CARRIED,
    )


def _reenactment() -> Path:
    """Return the folder of the re-enactment, built at first use and again when its text changes."""
    source = data_path("reenactment")
    digest = sha256()
    for path in sorted(source.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(source).as_posix().encode() + path.read_bytes())
    cache = user_cache_path("unplug-kit", appauthor=False)
    target = cache / f"re-enactment-{digest.hexdigest()[:12]}"
    if target.exists():  # complete, as it was moved there; its name is the digest of the text
        return target
    try:
        make_folders(cache)
        if not os.access(cache, os.W_OK):
            raise PermissionError(errno.EACCES, "it is read-only")
    except OSError as error:
        raise HistoryError(
            f"{cache} cannot be written ({error.strerror}), and the re-enactment is built there;"
            " set XDG_CACHE_HOME to another folder, or name a clone of QEMU with --repo or KIT_QEMU"
        ) from error
    build(source, target)
    return target


def why_no_commit(revision: Revision) -> str:
    """Return why a revision has no commit of its own; empty if it has one."""
    if revision in (*MENDS, MENDED):
        return f"{revision.name} is a mend that the kit tries: no QEMU has a commit for it"
    if revision in TRIALS:
        return f"{revision.name} is the kit's own change: no QEMU was built like that"
    if revision is PROPOSAL:
        (proposed,) = PROPOSAL.patches - set(OF_THE_LESSON)
        posted = f"https://lore.kernel.org/qemu-devel/{proposed.value}/"
        return f"{revision.name} was never merged, so there is no commit; it was posted: {posted}"
    if revision.board != _STORY_BOARD and not revision.commit:
        return f"{revision.name} is another machine for contrast: no commit of the story"
    if revision in RECENT:
        return (
            f"{revision.label} is newer than the story: QEMU has a commit for it that only names"
            " the version"
        )
    return ""


def commit_named(read: History, typed: str) -> tuple[str, Commit]:
    """Return the commit that a person names, and the name that the history knows it by.

    A release is looked up by its tag first, because the re-enactment has its own tags.
    HistoryError if the history does not have it.
    """
    try:
        revision = find_revision(typed)
    except UnknownRevisionError:
        names = [typed]
    else:
        if why := why_no_commit(revision):
            raise UserError(why)
        names = [revision.label] if revision in RELEASES else []
        names.append(revision.commit)
    for name in names:
        try:
            return name, read.commit(name)
        except HistoryError as error:
            if name != names[-1]:
                continue
            why = str(error)
            raise HistoryError(why if typed in why else f"{typed}: {why}") from error
    raise AssertionError("there is a last name")


def commit_page(revision: Revision, read: History | None = None) -> CommitPage:
    """Return the page of *revision*'s commit, from *read* or else the history in use."""
    if why := why_no_commit(revision):
        return CommitPage(revision.name, note=f"{why}.")
    heading = f"{revision.name}: commit {revision.commit[:10]}"
    try:
        read = read or history()
        commit = read.commit(revision.commit)
        note = _aside(revision, commit)
        files = () if note else read.diff(revision.commit)
    except UserError as error:
        return CommitPage(heading, note=str(error))
    return CommitPage(commit.subject, str(read.source), commit, files, note)


def _aside(revision: Revision, commit: Commit) -> str:
    """Return why a revision's own commit is not shown; empty if it is."""
    if commit.trailer("Re-enacts") is not None:
        return ""
    if revision.label.endswith("~1"):
        return (
            f"{revision.name} is the last tree before {revision.label[:-2]}; its own commit has"
            " nothing to do with the story."
        )
    if revision in RELEASES:
        return "A release's own commit only names the version."
    return ""


def erratum(sha: str) -> str:
    """Return what is wrong in the message of a commit of QEMU; empty if nothing is known.

    >>> erratum("51254ffb320183a4636635840c23ee0e3a1efffa")
    ''
    """
    return _ERRATA.get(sha[:10], "")


def lesson_commits(read: History) -> tuple[Commit, ...]:
    """Return the lesson's commits that *read* has, each with the `NEIGHBOURS` before it."""
    wanted = [patch.value for patch in OF_THE_LESSON] + [find_revision("revert").commit]
    found: list[Commit] = []
    for name in wanted:
        try:
            found.extend(read.recent(name, NEIGHBOURS))
        except HistoryError:
            continue
    return tuple(found)


def exported_history(
    named: Path | None = None, passed_over: Callable[[Path, str], None] | None = None
) -> tuple[str, tuple[str, ...]]:
    """Return the lesson's commits as one file, and the names of those that it lacks."""
    read = history(named, passed_over)
    wanted = {patch.value: patch.value[:10] for patch in OF_THE_LESSON}
    wanted |= {revision.commit: revision.name for revision in CATALOGUE}
    tags = {name for name, _ in read.tags()}  # raises if nothing can be read
    present = [name for name in wanted if _has(read, name)]
    if not present:
        raise HistoryError(f"{read.source} has none of the lesson's commits; `kit fetch` gets them")
    releases = [revision.label for revision in RELEASES]
    left_out = [shown for name, shown in wanted.items() if name not in present]
    left_out += [name for name in releases if name not in tags or not _has(read, name)]
    return export(read, present, releases), tuple(left_out)


def _has(read: History, name: str) -> bool:
    try:
        read.diff(name)
    except HistoryError:
        return False
    return True


def behaviours() -> tuple[Behaviour, ...]:
    """Return the ties between behaviours and lines of commits."""
    from kit.case_study.behaviours import read_behaviours  # here: it loads traces and actors

    path = data_path("commits.toml")
    return read_behaviours(path.read_text(encoding="utf-8"), str(path))


def named_commits(revisions: Iterable[Revision]) -> tuple[CommitReference, ...]:
    """Return references to the commits that some revisions stand for.

    A revision before a commit of the lesson is named by that commit; a release by its tag.
    """
    found: dict[str, CommitReference] = {}
    for revision in revisions:
        label = revision.label
        if revision.board != _STORY_BOARD or not revision.commit:
            found[label] = CommitReference(f"{revision.name}: {revision.summary}")
            continue
        child = find_revision(label.removesuffix("~1")) if label.endswith("~1") else revision
        found.setdefault(child.label, _named(child))
    return tuple(found.values())


def _named(revision: Revision) -> CommitReference:
    try:
        commit = history().commit(revision.commit)
    except UserError:
        return CommitReference(revision.label)
    if revision in RELEASES:
        return CommitReference(f"{revision.label}: {revision.summary}")
    return CommitReference(reference(commit), lore_link(commit))
