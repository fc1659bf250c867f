"""All reverts of a clone, one after the other, while git still reads.

git prints every message once; what the few that revert something name is looked up in this
process.  Whether a target comes before its revert is told by the same log, which says who is whose
parent; where it shows a choice of commits only, the clone is asked for each.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from re import IGNORECASE, fullmatch, match

from kit.git.repository.ancestry import Marks
from kit.git.repository.clone import CloneHistory
from kit.git.repository.history import HistoryError
from kit.git.repository.log import log_messages, shown, subject_and_body
from kit.git.repository.objects import MissingObjectError, Objects
from kit.git.repository.raw_commit import RawCommit, is_known, unreadable
from kit.git.reverts.exactness import check_exactness
from kit.git.reverts.lookup import Offers, Seeker, may_revert, slots_of, twin_slot
from kit.git.values.revert_message import Form, NamedTargets, named, reverted_title
from kit.git.values.verdict import By, Revert, RevertTarget, RevertVerdict, TargetStatus

__all__ = ["Wanted", "read_revert", "read_reverts", "said_by"]

_FORMAT = ("-z", "--format=%H %P%n%e%n%B", "--encoding=UTF-8", "--no-notes", "--no-show-signature")
_AT_ONCE = 4  # reverts that one task of an executor checks
_SKEW_S = 7 * 86_400  # by so much may the dates of a history be out of order
_AHEAD = 32  # tasks given to an executor before the first is waited for
_TITLE = "by its title"
_TITLE_WITHIN_S = 366 * 86_400  # how long before a revert the subject that it quotes is looked for
_NUMBER_WITHIN_S = 3 * _TITLE_WITHIN_S
_MAX_OF_A_RANGE = 100
_MAX_TRIED = 12  # commits of a range that are undone to tell where it begins
Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which reverts: those before ``start`` (None: HEAD), by date, path and part of the author."""

    start: str | None = None
    since: str | None = None
    until: str | None = None
    path: str | None = None
    author: str | None = None

    def options(self, tip: tuple[str, ...]) -> tuple[str, ...]:
        """Return what git log is told; *tip* is where it starts if nobody says where."""
        chosen = {"since": self.since, "until": self.until, "author": self.author}
        given = [f"--{name}={value}" for name, value in chosen.items() if value is not None]
        paths = [] if self.path is None else [self.path]
        # -F: a part of the author's name or address, and no pattern
        start = tip if self.start is None else ("--end-of-options", self.start)
        return ("-F", *given, *start, "--", *paths)

    @property
    def is_choice(self) -> bool:
        """Does the log leave commits out?"""
        return any(each is not None for each in (self.since, self.until, self.path, self.author))


@dataclass(frozen=True, slots=True)
class _Record:
    """A commit and its message."""

    commit: RawCommit
    subject: str
    body: str

    @property
    def sha(self) -> str:
        return self.commit.sha


def read_reverts(
    clone: CloneHistory,
    wanted: Wanted | None = None,
    *,
    check: bool = False,
    executor: Executor | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Iterator[Revert]:
    """Give every revert, newest first, as it is found.

    Args:
        clone: Where they are read.
        wanted: Which of them; all that HEAD leads to by default.
        check: Check whether each is exact.
        executor: Who checks; any that is given functions of this package with their arguments,
            and sees the same folder.  None: this process.
        progress: Told how many reverts are done, and of how many if that is known.

    Raises:
        HistoryError: There is no such clone or commit, or git fails.
    """
    wanted = wanted or Wanted()
    folder = clone.objects_folder()
    found = _found(clone, folder, wanted)
    rows = found if not check else _checked(found, folder, executor)
    for count, row in enumerate(rows, start=1):
        progress(count, None)
        yield row


def read_revert(clone: CloneHistory, revision: str) -> Revert:
    """Return what a commit says that it reverts; its form is SUBJECT where it says nothing.

    Raises:
        HistoryError: It is not here.
    """
    objects = Objects(clone.objects_folder())
    sha = clone.commit(revision).hash
    row = said_by(clone, objects, objects.commit(sha))
    if row is not None:
        return row
    return _row(_record(objects.commit(sha)), NamedTargets(Form.SUBJECT, ()), ())


def said_by(clone: CloneHistory, objects: Objects, commit: RawCommit) -> Revert | None:
    """Return what the message of a commit says that it reverts, or None.

    Raises:
        HistoryError: git fails.
    """
    record = _record(commit)
    says = named(record.subject, record.body)
    if says is None or (len(commit.parents) > 1 and reverted_title(record.subject) is None):
        return None  # a pull request tells of the reverts that it brings
    row = _Waiting(record, says)
    row.look_up(clone, objects, in_the_log=False)
    return _placed(objects, row, Marks())


def _record(commit: RawCommit) -> _Record:
    return _Record(commit, *subject_and_body(commit.message))


# -- what the log prints -----------------------------------------------------------------------


def _found(clone: CloneHistory, folder: Path, wanted: Wanted) -> Iterator[Revert]:
    """Give the rows in the order of the log, each when what it names has been placed."""
    objects, marks = Objects(folder), Marks()
    waiting: deque[_Waiting] = deque()
    offers = Offers()
    by_seeker: dict[str, _Waiting] = {}
    is_whole = not wanted.is_choice
    with clone.stream(
        "log", *_FORMAT, *wanted.options(clone.tip()), of=wanted.start or "HEAD"
    ) as log:
        for head, rest in log_messages(log):
            name, *parents = head.split()
            message = rest[1:] if rest[:1] == b"\n" else _message(objects, name.decode(), rest)
            if is_whole:
                passing = marks.see(name, parents)
                for seeker in offers.seekers(message) if passing else ():
                    by_seeker[seeker.sha].meet(objects, name.decode(), message, passing, marks)
            if not may_revert(message):
                continue
            subject, body = subject_and_body(message.decode("utf-8", "replace"))
            says = named(subject, body)
            # a pull request tells of the reverts that it brings
            if says is None or (len(parents) > 1 and reverted_title(subject) is None):
                continue
            commit = _commit_or_why(objects, name.decode())
            if commit.tree is None:  # of what is forged or damaged nothing is told
                subject, says = "", NamedTargets(says.form, ())
            row = _Waiting(_Record(commit, subject, body), says)
            row.look_up(clone, objects, in_the_log=is_whole)
            row.mark = marks.follow(row.record.sha, parents, row.soon)
            if row.seeker is not None and is_whole:
                offers.add(row.seeker)
                by_seeker[row.record.sha] = row
            waiting.append(row)
            now_s = commit.committer.time_s  # 0 where no date can be read
            while waiting and now_s and waiting[0].is_settled_at(now_s):
                settled = waiting.popleft()
                if settled.seeker is not None:
                    offers.drop(settled.seeker)
                    by_seeker.pop(settled.record.sha, None)
                if (placed := _placed(objects, settled, marks)) is not None:
                    yield placed
    for row in waiting:
        if (placed := _placed(objects, row, marks)) is not None:
            yield placed


def _message(objects: Objects, sha: str, rest: bytes) -> bytes:
    """Return the message after the name of its encoding, in UTF-8."""
    encoding, _, message = rest.partition(b"\n")
    if not encoding or is_known(encoding):
        return message
    return _commit_or_why(objects, sha).message.encode("utf-8", "replace")  # git guesses


def _commit_or_why(objects: Objects, sha: str) -> RawCommit:
    try:
        return objects.commit(sha)
    except MissingObjectError as error:
        return unreadable(sha, str(error))


@dataclass(slots=True)
class _Waiting:
    """A revert whose targets may still go by in the log."""

    record: _Record
    says: NamedTargets
    targets: tuple[RevertTarget, ...] = ()
    soon: set[str] = field(default_factory=set)  # did not go by yet; `Marks` empties it
    mark: int = 0
    seeker: Seeker | None = None

    def look_up(self, clone: CloneHistory, objects: Objects, *, in_the_log: bool) -> None:
        """Find what it names, as far as the log is not to be waited for."""
        if self.says.has_hashes:
            self.targets = _targets(clone, objects, self.record, self.says)
            self.seeker = self._twins(objects)
        elif self.says.names:
            self.seeker = Seeker(self.record.sha, slots_of(self.says))
        if in_the_log:
            self.soon = {each.sha for each in self.targets if each.sha is not None}
            if self.seeker is not None and not self.soon:
                self.soon = {_TITLE}
        elif self.seeker is not None and (not self.targets or self._is_elsewhere(objects)):
            _search(clone, objects, self.record, self.seeker)

    def _twins(self, objects: Objects) -> Seeker | None:
        """Return who looks for copies of what it names, in case that is of another line."""
        slots = []
        for target in self.targets:
            if target.sha is not None:
                title = subject_and_body(objects.commit(target.sha).message)[0]
            else:
                title = self.says.titles[0] if self.says.titles and len(self.targets) == 1 else ""
            slots.append(twin_slot(target.named, title))
        return Seeker(self.record.sha, tuple(slots)) if slots else None

    def _is_elsewhere(self, objects: Objects) -> bool:
        return any(
            _settled(objects, self.record.sha, target).status is not TargetStatus.OK
            for target in self.targets
        )

    def meet(self, objects: Objects, sha: str, message: bytes, passing: int, marks: Marks) -> None:
        """Take a commit that has a name which the revert looks for."""
        if self.seeker is None or not passing & self.mark or sha in self.named_hashes:
            return
        made_s = _commit_or_why(objects, sha).committer.time_s
        is_old = self.record.commit.committer.time_s - made_s > _TITLE_WITHIN_S
        self.seeker.offer(objects, sha, *subject_and_body(shown(message)), is_old=is_old)
        if self.seeker.is_done and _TITLE in self.soon:
            self.soon.clear()
            marks.end(self.mark)

    @property
    def named_hashes(self) -> set[str | None]:
        """What it names by hash: no copies of themselves."""
        return {target.sha for target in self.targets}

    def is_settled_at(self, committed_s: int) -> bool:
        """Can nothing more be learned, now that the log is at commits of this date?"""
        made_s = self.record.commit.committer.time_s
        if _TITLE in self.soon:
            within_s = _TITLE_WITHIN_S
            if self.seeker is not None and self.seeker.has_numbers:
                within_s = _NUMBER_WITHIN_S
            return made_s - within_s > committed_s
        return all(
            each.sha not in self.soon
            # in no history that is being read: the clone is asked
            or made_s - (each.committed_s or 0) > committed_s + _SKEW_S
            for each in self.targets
        )


def _placed(objects: Objects, waiting: _Waiting, marks: Marks) -> Revert | None:
    """Return the row, or None if its message may mean something else and nothing is found."""
    record, seeker = waiting.record, waiting.seeker
    if not waiting.says.has_hashes and seeker is not None:
        found = [seeker.target(slot.named) for slot in seeker.slots]
        if not waiting.says.sure and not any(found):
            return None
        targets = [
            RevertTarget(slot.named, None, TargetStatus.UNKNOWN)
            if each is None
            else _dated(objects, record, each)
            for slot, each in zip(seeker.slots, found, strict=True)
        ]
        return _row(record, waiting.says, tuple(targets))
    settled = []
    for target in waiting.targets:
        if (record.sha, target.sha) not in marks.met:
            target = _settled(objects, record.sha, target)
        twin = (
            seeker.target(target.named) if seeker and target.status is not TargetStatus.OK else None
        )
        if twin is not None and target.status is not TargetStatus.AMBIGUOUS:
            by = twin.by if target.sha is None and twin.by is By.TITLE else By.TWIN
            target = _dated(objects, record, replace(twin, by=by))
        settled.append(target)
    return _row(record, waiting.says, tuple(settled))


def _settled(objects: Objects, sha: str, target: RevertTarget) -> RevertTarget:
    """Return the target, marked if the revert does not come after it: asked of the clone."""
    if target.sha is None:
        return target
    try:
        before = objects.descends(sha, target.sha)
    except MissingObjectError:  # a shallow clone, where nobody can tell
        return target
    return target if before else replace(target, status=TargetStatus.UNREACHABLE)


def _row(record: _Record, says: NamedTargets, targets: tuple[RevertTarget, ...]) -> Revert:
    author, committer = record.commit.author, record.commit.committer
    return Revert(
        record.sha,
        record.subject,
        str(author),
        author.date,
        committer.date,
        committer.time_s,
        says.form,
        targets,
        unreadable="; ".join(record.commit.faults),
    )


# -- checking ----------------------------------------------------------------------------------


def _checked(rows: Iterable[Revert], folder: Path, executor: Executor | None) -> Iterator[Revert]:
    if executor is None:
        for row in rows:
            yield from _check(folder, (row,))
        return
    tasks: deque[Future[tuple[Revert, ...]]] = deque()
    batch: list[Revert] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _AT_ONCE:
            tasks.append(executor.submit(_check, folder, tuple(batch)))
            batch = []
        while len(tasks) > _AHEAD or (tasks and tasks[0].done()):
            yield from tasks.popleft().result()
    if batch:
        tasks.append(executor.submit(_check, folder, tuple(batch)))
    while tasks:
        yield from tasks.popleft().result()


def _check(folder: Path, rows: tuple[Revert, ...]) -> tuple[Revert, ...]:
    objects = _opened(folder)
    return tuple(
        replace(row, finding=check_exactness(objects, row.sha, row.targets)) for row in rows
    )


@lru_cache(maxsize=4)
def _opened(folder: Path) -> Objects:
    """Return the objects of a folder, opened once in each process."""
    return Objects(folder)


# -- what a message names ----------------------------------------------------------------------


def _resolve(objects: Objects, name: str) -> tuple[str | None, TargetStatus]:
    """Return the commit that a hash or its beginning names, if there is one; else why not."""
    # shorter ones are numbers of Subversion
    if not fullmatch("[0-9a-f]{7,40}", name, IGNORECASE):
        return None, TargetStatus.UNKNOWN
    try:
        sha = objects.find(name)
    except ValueError:
        return None, TargetStatus.AMBIGUOUS
    except MissingObjectError:
        return None, TargetStatus.UNKNOWN
    return sha, TargetStatus.UNKNOWN if sha is None else TargetStatus.OK


def _targets(
    clone: CloneHistory, objects: Objects, record: _Record, says: NamedTargets
) -> tuple[RevertTarget, ...]:
    """Return what the hashes of a message lead to."""
    parents = dict(says.made_to)
    found: list[RevertTarget] = []
    for name in says.names:
        if ".." in name:
            found += _of_a_range(clone, objects, record, name)
            continue
        target = RevertTarget(name, *_named_commit(clone, objects, name), parent=parents.get(name))
        found.append(_dated(objects, record, target))
    return tuple(found)


def _named_commit(
    clone: CloneHistory, objects: Objects, name: str
) -> tuple[str | None, TargetStatus]:
    sha, status = _resolve(objects, name)
    return _commit_of(clone, name) if status is TargetStatus.AMBIGUOUS else (sha, status)


def _of_a_range(
    clone: CloneHistory, objects: Objects, record: _Record, name: str
) -> Iterable[RevertTarget]:
    """Return the commits of ``A..B`` or ``A^..B``.

    People write ``A..B`` and mean A, too: then undoing all of them gives just the revert.
    """
    ends = match(r"([0-9a-f]+)(\^?)\.\.\.?([0-9a-f]+)", name, IGNORECASE)
    assert ends is not None
    first, last = (_named_commit(clone, objects, ends[each])[0] for each in (1, 3))
    unknown = (RevertTarget(name, None, TargetStatus.UNKNOWN),)
    if first is None or last is None:
        return unknown
    walk = ("rev-list", f"--max-count={_MAX_OF_A_RANGE + 1}", "--no-merges", last, f"^{first}")
    with clone.stream(*walk, "--") as listed:
        names = [line.decode().strip() for line in listed]
    if not names or len(names) > _MAX_OF_A_RANGE:
        return unknown
    inner = [_dated(objects, record, RevertTarget(sha, sha, TargetStatus.OK)) for sha in names]
    both = [*inner, _dated(objects, record, RevertTarget(first, first, TargetStatus.OK))]
    if ends[2] or (
        len(both) <= _MAX_TRIED
        and check_exactness(objects, record.sha, both).verdict is RevertVerdict.EXACT
    ):
        return both
    return inner


def _commit_of(clone: CloneHistory, name: str) -> tuple[str | None, TargetStatus]:
    """Ask git, which passes over the trees and files that begin so too."""
    try:
        return clone.commit(name).hash, TargetStatus.OK
    except HistoryError:
        return None, TargetStatus.AMBIGUOUS


def _dated(objects: Objects, record: _Record, target: RevertTarget) -> RevertTarget:
    if target.sha is None:
        return target
    if target.sha == record.sha:  # nothing can name itself by its hash
        return replace(target, sha=None, status=TargetStatus.UNKNOWN)
    try:
        commit = objects.commit(target.sha)
    except MissingObjectError:
        return replace(target, sha=None, status=TargetStatus.UNKNOWN)
    return replace(
        target,
        committed_s=record.commit.committer.time_s - commit.committer.time_s,
        authored_s=record.commit.author.time_s - commit.author.time_s,
        by=target.by or By.HASH,
    )


def _search(clone: CloneHistory, objects: Objects, record: _Record, seeker: Seeker) -> None:
    """Offer the commits of the year before a revert that hold a name which it looks for."""
    texts = [text for slot in seeker.slots for text in slot.texts if "\0" not in text]
    if not texts:
        return
    try:
        objects.count_question()
    except MissingObjectError:
        return
    made_s = record.commit.committer.time_s
    since = made_s - (_NUMBER_WITHIN_S if seeker.has_numbers else _TITLE_WITHIN_S)
    options = ("-F", "-i", *(f"--grep={text}" for text in texts), *_FORMAT, f"--since=@{since}")
    with clone.stream(
        "log", *options, "--end-of-options", record.sha, "--", to_the_end=False
    ) as log:
        for head, rest in log_messages(log):
            sha = head.split()[0].decode()
            if any(slot.named == sha for slot in seeker.slots):
                continue
            is_old = made_s - _commit_or_why(objects, sha).committer.time_s > _TITLE_WITHIN_S
            message = shown(_message(objects, sha, rest))
            seeker.offer(objects, sha, *subject_and_body(message), is_old=is_old)
            if seeker.is_done:
                return
