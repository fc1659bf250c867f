"""Wires the parts together: files, the environment, the clone that is in use.

What the command line and the lessons call.  Nothing here decides anything about the machine, the
history or a view.
"""

from __future__ import annotations

import errno
import gzip
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

from kit.course.retries import retries
from kit.errors import RecordingError, UserError
from kit.history.fetch import Amount, default_folder, fetch
from kit.history.file import export
from kit.history.find import find_history
from kit.history.history import History, HistoryError
from kit.history.reenactment import build
from kit.lessons import CHECKOUT, share
from kit.machine.revision import CATALOGUE, RELEASES, Patch, Revision, find_revision
from kit.runs.behaviour import Behaviour, behaviours_of, hunk_of, read_behaviours, responsible_for
from kit.runs.commit import Commit, siblings
from kit.runs.conform import Report, conform
from kit.runs.recording import read_transcripts
from kit.runs.trace import TraceEntry
from kit.views.diff_html import CommitPage, ResponsibleLines

if TYPE_CHECKING:
    from kit.views.bench_widget import BenchWidget
    from kit.views.figure import Figure, Rows
    from kit.views.history_widget import HistoryPanel
    from kit.views.walk_widget import WalkWidget

__all__ = [
    "CLONE_VARIABLE",
    "HistoryChoice",
    "behaviours",
    "bench",
    "clone_in_use",
    "commit_page",
    "commit_walk",
    "conform_file",
    "connector",
    "exported_history",
    "history",
    "installation",
    "lesson_commits",
    "retry_table",
]

CLONE_VARIABLE = "KIT_QEMU"
NEIGHBOURS = 40  # a series is applied in one go: among so many are those posted with a commit


# -- recordings --------------------------------------------------------------------------------


def conform_file(path: Path) -> Report:
    """Replay the recording at *path* (``.jsonl``, ``.jsonl.gz``).

    Raises:
        RecordingError: The file cannot be read, or breaks the format.
    """
    return conform(read_transcripts(_lines(path), str(path)), str(path))


def _lines(path: Path) -> Iterator[str]:
    open_text = gzip.open if path.suffix == ".gz" else open
    try:
        with open_text(path, "rt", encoding="utf-8") as file:
            yield from file
    except FileNotFoundError:
        raise RecordingError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise RecordingError(f"{path}: is a folder; name the files in it") from None
    except UnicodeDecodeError as error:
        raise RecordingError(f"{path}: is not UTF-8 text: {error.reason}") from None
    except (OSError, EOFError, zlib.error) as error:
        raise RecordingError(f"{path}: cannot be read: {error}") from None


# -- history -----------------------------------------------------------------------------------


def clone_in_use() -> Path | None:
    """Return the QEMU clone, or exported history, that KIT_QEMU names; None where it names none."""
    named = os.environ.get(CLONE_VARIABLE, "").strip()
    return _expanded(named) if named else None


def _expanded(place: str) -> Path:
    try:
        return Path(place).expanduser()
    except RuntimeError as error:
        raise UserError(f"{place}: {error}; name a folder") from None


def history(
    named: Path | None = None, passed_over: Callable[[Path, str], None] | None = None
) -> History:
    """Return the history in use; see `kit.history.find` for the order.

    Args:
        named: What a person names instead of KIT_QEMU.
        passed_over: Told of each folder that is there and cannot be used, and why.

    Raises:
        HistoryError: What is named is no history, or the re-enactment cannot be built.
    """
    return find_history(
        clone_in_use() if named is None else _expanded(str(named)),
        fetched=[default_folder(amount) for amount in (Amount.FULL, Amount.LESSON, Amount.HISTORY)],
        beside=[CHECKOUT.parent / "qemu", CHECKOUT.parent / "qemu.git"],
        reenactment=_reenactment,
        known=find_revision("revert").commit,
        passed_over=passed_over or (lambda _place, _why: None),
    )


def _reenactment() -> Path:
    """Return the folder of the re-enactment, built at first use and again when its text changes."""
    source = _data("miniature")
    digest = sha256()
    for path in sorted(source.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(source).as_posix().encode() + path.read_bytes())
    cache = user_cache_path("unplug-kit", appauthor=False)
    target = cache / f"re-enactment-{digest.hexdigest()[:12]}"
    if target.exists():  # whole, since it was moved there, and of this text, by its name
        return target
    try:
        cache.mkdir(parents=True, exist_ok=True)
        if not os.access(cache, os.W_OK):
            raise PermissionError(errno.EACCES, "it is read-only")
    except OSError as error:
        raise HistoryError(
            f"{cache} cannot be written ({error.strerror}), and the re-enactment is built there;"
            " set XDG_CACHE_HOME to another folder, or name a clone of QEMU with --repo or KIT_QEMU"
        ) from error
    build(source, target)
    return target


def commit_page(revision: Revision, read: History | None = None) -> CommitPage:
    """Return what is shown of *revision*'s commit, from *read* or else the history in use."""
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
    """Say why a revision's own commit is not shown: it has nothing to do with the story."""
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


def lesson_commits(read: History) -> tuple[Commit, ...]:
    """Return those of the lesson's commits that *read* has, each with `NEIGHBOURS` before it."""
    wanted = [patch.value for patch in Patch] + [find_revision("revert").commit]
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
    """Return the lesson's commits of the history in use as one file's text, and what it lacks.

    That is the names of those commits and releases that the history has not.

    Raises:
        HistoryError: The history lacks all of them.
    """
    read = history(named, passed_over)
    wanted = {patch.value: patch.value[:10] for patch in Patch}
    wanted |= {revision.commit: revision.name for revision in CATALOGUE}
    present = [name for name in wanted if _has(read, name)]
    if not present:
        raise HistoryError(f"{read.source} has none of the lesson's commits; `kit fetch` gets them")
    tags = {name for name, _ in read.tags()}
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
    """Return which lines of which commit do what.

    Raises:
        UserError: ``commits.toml`` breaks its format.
    """
    path = _data("commits.toml")
    return read_behaviours(path.read_text(encoding="utf-8"), str(path))


def _data(name: str) -> Path:
    """Return a file of data/, in a checkout or in an installed kit."""
    checkout = CHECKOUT / "data" / name
    return checkout if checkout.exists() else share() / "data" / name


# -- lessons -----------------------------------------------------------------------------------


def bench(before: str = "pre-revert", after: str = "revert") -> BenchWidget:
    """Return the bench: two machines side by side, on which each click acts alike.

    Args:
        before: The revision on the left; any name that `kit list revisions` shows.
        after: The revision on the right.

    Raises:
        UnknownRevisionError: There is no such revision; the text says where to look.
    """
    from kit.views.bench_model import BenchModel  # here: the command line does without widgets
    from kit.views.bench_widget import BenchWidget

    choice = HistoryChoice()
    return BenchWidget(BenchModel(before, after), choice.page, choice.panel, choice.lines_of)


def connector(at: str = "revert") -> Figure:
    """Return the diagram of a CPU connector's states at a revision, drawn from its table.

    Raises:
        UnknownRevisionError: There is no such revision; the text says where to look.
    """
    from kit.views.figure import Figure  # here: the command line does without it
    from kit.views.state_diagram import state_diagram

    return Figure(state_diagram(find_revision(at)))


class HistoryChoice:
    """The history that one widget reads from: what is found, until a person names another.

    What was read is kept until then, so that a click does not ask git again.
    """

    def __init__(self) -> None:
        """Start with the history in use."""
        self._behaviours = behaviours()
        self._read: History | None = None
        self._pages: dict[str, CommitPage] = {}
        self._commits: tuple[Commit, ...] | None = None

    def page(self, revision: Revision) -> CommitPage:
        """Return what is shown of *revision*'s commit."""
        if revision.commit not in self._pages:
            page = commit_page(revision, self._history())
            if page.commit is not None:
                page = replace(page, series=siblings(page.commit, self._lesson_commits()))
            self._pages[revision.commit] = page
        return self._pages[revision.commit]

    def _lesson_commits(self) -> tuple[Commit, ...]:
        if self._commits is None:
            read = self._history()
            self._commits = () if read is None else lesson_commits(read)
        return self._commits

    def _history(self) -> History | None:
        """Return what is read, opened once; None where it cannot be, which the page then says."""
        if self._read is None:
            try:
                self._read = history()
            except UserError:
                return None
        return self._read

    def lines_of(self, entry: TraceEntry, revision: Revision) -> tuple[ResponsibleLines, ...]:
        """Return the lines of commits that cause an entry of a run at *revision*, newest first."""
        return tuple(
            self._lines(behaviour)
            for behaviour in responsible_for(self._behaviours, entry, revision)
        )

    def _lines(self, behaviour: Behaviour) -> ResponsibleLines:
        came_with = find_revision(behaviour.commit)
        files = self.page(came_with).files
        hunk = hunk_of(behaviour, files)
        file = next((file for file in files if hunk in file.hunks), None)
        return ResponsibleLines(behaviour.says, came_with.name, file, hunk)

    def panel(self, changed: Callable[[], None]) -> HistoryPanel:
        """Return the part of a widget that changes the choice."""
        from kit.views.history_widget import HistoryPanel  # here: only lessons have widgets

        return HistoryPanel(self._source, self._use, self._fetch, changed)

    def _source(self) -> str:
        read = self._history()
        return "nothing: what KIT_QEMU names cannot be read" if read is None else str(read.source)

    def _use(self, place: str) -> None:
        read = history(_expanded(place) if place else None)
        read.commit(find_revision("revert").commit)  # refused now, and not at each step
        self._read, self._pages, self._commits = read, {}, None

    def _fetch(self, progress: Callable[[str, int, int | None], None]) -> str:
        fetched = fetch(default_folder(Amount.LESSON), progress=progress)
        self._read, self._pages, self._commits = history(fetched.path), {}, None
        kilobytes = fetched.received_bytes / 1000
        how = "was there" if fetched.was_there else f"{kilobytes:,.0f} kB received"
        return f"QEMU's own commits are there ({fetched.commits} commits, {how})."


def installation() -> Rows:
    """Return what is installed, which history is in use, and how to get what is missing."""
    from kit.doctor import checks  # here: it looks through this module
    from kit.views.figure import Rows

    rows = tuple(
        (
            "ok" if check.found else "MISSING" if check.needed else "-",
            check.name,
            check.found or check.missing,
        )
        for check in checks()
    )
    return Rows(("", "what", "found, or how to get it"), rows)


def retry_table(*revisions: str, after_ms: Iterable[int], uptime_days: int = 0) -> Rows:
    """Return what a second device_del is answered at some revisions, by the time between the two.

    Args:
        revisions: Names of revisions: a column each.
        after_ms: Milliseconds of the guest's clock between the two requests: a row each.
        uptime_days: How long the guest has been running before the first.

    Raises:
        UnknownRevisionError: There is no such revision; the text says where to look.
    """
    from kit.views.figure import Rows  # here: the command line does without it

    waits = tuple(after_ms)
    columns = [retries(find_revision(name), waits, uptime_days=uptime_days) for name in revisions]
    rows = tuple(
        (f"{wait / 1000:g} s", *(column[n].error or "accepted" for column in columns))
        for n, wait in enumerate(waits)
    )
    return Rows(("asked again after", *revisions), rows)


def commit_walk(step: str = "timer") -> WalkWidget:
    """Return the walk through the series: each step's commit, diff and consequences.

    Raises:
        UnknownRevisionError: There is no such step; the text says where to look.
    """
    from kit.views.walk_model import WalkModel  # here: the command line does without widgets
    from kit.views.walk_widget import WalkWidget

    ties = behaviours()
    choice = HistoryChoice()
    return WalkWidget(
        WalkModel(step),
        choice.page,
        lambda revision: behaviours_of(ties, revision),
        choice.panel,
        choice.lines_of,
    )
