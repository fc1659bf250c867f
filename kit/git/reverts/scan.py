"""All reverts of a clone, one after the other, while git still reads.

git prints every message once; what the few that revert something name is looked up in this
process.  Whether a target comes before its revert is told by the same log, which says who is whose
parent; where it shows a choice of commits only, the clone is asked for each.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from kit.git.repository.ancestry import Marks
from kit.git.repository.clone import CloneHistory
from kit.git.repository.commits import Commits
from kit.git.repository.log import (
    COMMITS,
    NAP_S,
    LogBlock,
    log_changes,
    log_commits,
    shown,
    subject_and_body,
)
from kit.git.repository.raw_commit import RawCommit, is_known, unreadable
from kit.git.repository.reader import MissingObjectError
from kit.git.reverts.content import (
    LOGGED,
    MAX_PATHS,
    PastChanges,
    inverse_before,
    undone_before,
)
from kit.git.reverts.lookup import (
    Offers,
    Seeker,
    Texts,
    places_that_may_revert,
    slots_of,
    twin_slots,
    undone_by_squash,
)
from kit.git.reverts.names import beside, dated, mentioned, targets_of
from kit.git.reverts.wanted import Wanted
from kit.git.values.revert_message import Form, NamedTargets, named, reverted_title
from kit.git.values.revert_title import bare_title, is_squash_of_several, leads_with_revert
from kit.git.values.verdict import By, Revert, RevertTarget, TargetStatus

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from contextlib import AbstractContextManager
    from io import BufferedReader

__all__ = ["Wanted", "read_revert", "read_reverts", "said_by", "silent_revert"]

_FORMAT = (*COMMITS, "--no-notes", "--no-show-signature")
_BLOCK_BYTES = 1 << 19  # of the log that are read before the commits among them are asked for
_SKEW_S = 7 * 86_400  # by so much may the dates of a history be out of order
_TITLE = "by its title"
_TITLE_WITHIN_S = 366 * 86_400  # how long before a revert the subject that it quotes is looked for
_NUMBER_WITHIN_S = 3 * _TITLE_WITHIN_S
_Inverse = Callable[[str], tuple[str, ...]]


class _Record(NamedTuple):
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
) -> Generator[Revert, None, None]:
    """Yield every revert, newest first, as it is found.

    Args:
        clone: Where they are read.
        wanted: Which of them; all that HEAD leads to by default.
        check: Check whether each is exact.
        executor: Who checks; any that is given functions of this package with their arguments,
            and sees the same folder.  None: this process.

    Raises:
        HistoryError: There is no such clone or commit, or git fails.
    """
    rows = _found(clone, wanted or Wanted())
    if check:
        from kit.git.reverts.checking import checked_rows  # here: libgit2 takes a while

        rows = checked_rows(rows, clone, executor)
    yield from rows


def read_revert(clone: CloneHistory, revision: str) -> Revert:
    """Return what a commit says that it reverts; its form is SUBJECT where it says nothing.

    Raises:
        HistoryError: It is not here.
    """
    commits = clone.commits()
    commit = commits.commit(clone.commit(revision).hash)
    row = said_by(clone, commits, commit)
    return row or _row(_record(commit), NamedTargets(Form.SUBJECT, ()), ())


def said_by(clone: CloneHistory, commits: Commits, commit: RawCommit) -> Revert | None:
    """Return what the message of a commit says that it reverts, or None.

    Raises:
        HistoryError: git fails.
    """
    record = _record(commit)
    says = _said(record.subject, record.body, is_merge=len(commit.parents) > 1)
    if says is None:
        return None
    row = _Waiting(record, says)
    row.look_up(clone, commits, in_the_log=False)
    return _placed(commits, row, Marks(), clone, lambda name: inverse_before(clone, commits, name))


def _said(subject: str, body: str, *, is_merge: bool) -> NamedTargets | None:
    """Return what a message says that it reverts; what that is may be told by content."""
    says = named(subject, body)
    if says is None and leads_with_revert(subject):
        says = NamedTargets(Form.SUBJECT, (), sure=False)
    # a pull request tells of the reverts that it brings
    return None if is_merge and reverted_title(subject) is None else says


def silent_revert(commits: Commits, commit: RawCommit, targets: Sequence[str]) -> Revert:
    """Return the row of a commit that takes others back and does not say so."""
    says = NamedTargets(Form.SILENT, tuple(targets))
    return _row(_record(commit), says, _by_their_content(commits, commit, targets))


def _by_their_content(
    commits: Commits, commit: RawCommit, names: Sequence[str]
) -> tuple[RevertTarget, ...]:
    found = (RevertTarget(sha, sha, TargetStatus.OK, by=By.CONTENT) for sha in names)
    return tuple(dated(commits, commit, each) for each in found)


def _record(commit: RawCommit) -> _Record:
    return _Record(commit, *subject_and_body(commit.message))


def _found(clone: CloneHistory, wanted: Wanted) -> Iterator[Revert]:
    """Yield the rows in the order of the log, each when what it names has been placed."""
    scan = _Scan(clone, is_whole=not wanted.is_choice, is_cut=wanted.is_cut)
    if wanted.content:
        yield from _found_by_content(clone, wanted, scan)
        return
    with _log(clone, wanted, scan, _FORMAT) as log:
        for block in log_commits(log, scan.at_least):
            yield from scan.read(block)
    yield from scan.rest()


def _log(
    clone: CloneHistory, wanted: Wanted, scan: _Scan, options: Sequence[str]
) -> AbstractContextManager[BufferedReader]:
    words, nap_s = (*options, *wanted.options(clone.tip())), NAP_S if scan.at_least else 0
    return clone.stream("log", *words, of=" ".join(wanted.revisions) or "HEAD", nap_s=nap_s)


def _found_by_content(clone: CloneHistory, wanted: Wanted, scan: _Scan) -> Iterator[Revert]:
    """Yield the rows, those that say nothing too, when the log has been read to its end."""
    scan.put_off, past = [], PastChanges()
    with _log(clone, wanted, scan, LOGGED) as log:
        for block, changes in log_changes(log, MAX_PATHS, scan.at_least):
            past.keep(block.names, changes)
            deque(scan.read(block), maxlen=0)
    deque(scan.rest(), maxlen=0)
    past.settle()
    rows = {row.record.sha: row for row in scan.put_off}
    found = None if wanted.is_choice or wanted.is_cut else past
    for sha in scan.order_of({*rows, *past.silent}):
        placed = scan.place(rows[sha], found, is_deep=True) if sha in rows else None
        if placed is None and (targets := past.taken_back(scan.commits, sha)):
            placed = silent_revert(scan.commits, _commit_or_why(scan.commits, sha), targets)
        if placed is not None:
            yield placed


class _Scan:
    """Reads records of a log, many at a time, and gives the reverts among them in order."""

    def __init__(self, clone: CloneHistory, *, is_whole: bool, is_cut: bool) -> None:
        """Start to read a log.

        Args:
            clone: The repository.
            is_whole: The log leaves no commit out between others.
            is_cut: It ends before the first commit.
        """
        self.clone, self.commits = clone, clone.commits()
        self.is_whole, self.is_cut = is_whole, is_cut
        self.at_least = _BLOCK_BYTES if is_whole else 0  # bytes of the log that are waited for
        self.put_off: list[_Waiting] | None = None  # where rows are placed in the end only
        self._names: list[bytes] = []
        self._marks, self._offers = Marks(), Offers()
        self._waiting: deque[_Waiting] = deque()
        self._by_seeker: dict[str, _Waiting] = {}

    def read(self, block: LogBlock) -> Iterator[Revert]:
        """Take commits, as `git log` prints them, and give the rows that are settled by then."""
        if self.put_off is not None:
            self._names += block.names
        messages = Texts(self._in_utf8(block))
        first_lines = b"\0".join([each.partition(b"\n")[0] for each in messages.each])
        subjects = Texts(first_lines.lower().split(b"\0"))
        rows = self._spoken(block, messages.each, places_that_may_revert(messages, subjects))
        if not self.is_whole:
            for row in rows.values():
                yield from self._take(row)
            return
        self._drop_met()
        sought = self._offers.places(messages, subjects)
        names, parents = block.names, block.parents
        done = 0
        for place in sorted(sought | rows.keys()):
            self._marks.see_all(names[done:place], parents[done:place])
            passing = self._marks.see(names[place], parents[place].split())
            if passing and place in sought:
                self._offer(names[place], parents[place], messages.each[place], passing)
            if place in rows:
                yield from self._take(rows[place])
            done = place + 1
        self._marks.see_all(names[done:], parents[done:])

    def _offer(self, name: bytes, parents: bytes, message: bytes, passing: int) -> None:
        """Offer a commit to those before whom it comes, as its marks say."""
        for seeker in self._offers.seekers(message):
            row = self._by_seeker[seeker.sha]
            if passing & row.mark:
                row.meet(self.commits, name.decode(), parents.decode().split(), message,
                         self._marks)  # fmt: skip

    def _drop_met(self) -> None:
        """Let rows look no more for copies of what they name, once that has gone by."""
        for sha, row in list(self._by_seeker.items()):
            targets = row.targets if row.mark and not row.soon else ()
            if targets and all((sha, each.sha) in self._marks.met for each in targets):
                del self._by_seeker[sha]
                if row.seeker is not None:
                    self._offers.drop(row.seeker)

    def _in_utf8(self, block: LogBlock) -> list[bytes]:
        if not any(block.encodings):
            return block.messages
        fields = zip(block.names, block.encodings, block.messages, strict=True)
        return [_decoded(self.commits, *each) for each in fields]

    def rest(self) -> Iterator[Revert]:
        """Yield the rows that wait for what did not come."""
        for row in self._waiting:
            if self.is_cut and row.seeker is not None and row.lacks_some(self.commits):
                _search(self.clone, self.commits, row.record, row.seeker)
            yield from self._placed(row)

    def _spoken(
        self, block: LogBlock, messages: Sequence[bytes], places: set[int]
    ) -> dict[int, _Waiting]:
        """Return what says that it reverts something, by its place, with what it names."""
        said: dict[int, tuple[str, str, NamedTargets]] = {}
        ahead: list[str] = []
        for place in sorted(places):
            subject, body = subject_and_body(messages[place].decode("utf-8", "replace"))
            name, parents = block.names[place].decode(), block.parents[place].decode().split()
            says = _said(subject, body, is_merge=len(parents) > 1)
            if says is None:
                continue
            said[place] = subject, body, says
            # what is named otherwise is compared by content
            ahead += [name, *says.names, *(() if says.has_hashes else parents)]
        self.commits.read_ahead(ahead)
        return {
            place: self._waiting_for(block.names[place], block.parents[place].split(), *each)
            for place, each in sorted(said.items())
        }

    def _waiting_for(
        self, name: bytes, parents: list[bytes], subject: str, body: str, says: NamedTargets
    ) -> _Waiting:
        """Return a row that looks for what it names."""
        commit = _commit_or_why(self.commits, name.decode())
        if commit.tree is None:  # of what is forged or damaged nothing is told
            subject, says = "", NamedTargets(says.form, ())
        row = _Waiting(_Record(commit, subject, body), says, parents=parents)
        row.look_up(self.clone, self.commits, in_the_log=self.is_whole)
        if row.seeker is not None and self.is_whole:
            self._offers.add(row.seeker)
            self._by_seeker[row.record.sha] = row
        return row

    def _take(self, row: _Waiting) -> Iterator[Revert]:
        """Take a revert, and give the rows that are settled now."""
        row.mark = self._marks.follow(row.record.sha, row.parents, row.soon)
        self._waiting.append(row)
        now_s = row.record.commit.committer.time_s  # 0 where no date can be read
        while self._waiting and now_s and self._waiting[0].is_settled_at(now_s):
            settled = self._waiting.popleft()
            if self._by_seeker.pop(settled.record.sha, None) and settled.seeker is not None:
                self._offers.drop(settled.seeker)
            yield from self._placed(settled)

    def order_of(self, names: set[str]) -> Iterator[str]:
        """Yield those of some commits that the log had, in its order."""
        wanted = {each.encode() for each in names}
        return (each.decode() for each in self._names if each in wanted)

    def place(
        self, row: _Waiting, past: PastChanges | None = None, *, is_deep: bool = False
    ) -> Revert | None:
        """Return the row, or None; *past* are the changes of the whole log, if they were read."""

        def inverse(sha: str) -> tuple[str, ...]:
            if past is not None:
                return past.inverse(self.commits, sha)
            return inverse_before(self.clone, self.commits, sha) if is_deep else ()

        return _placed(self.commits, row, self._marks, self.clone, inverse)

    def _placed(self, row: _Waiting) -> Iterator[Revert]:
        if self.put_off is not None:
            self.put_off.append(row)
        elif (placed := self.place(row)) is not None:
            yield placed


def _decoded(commits: Commits, name: bytes, encoding: bytes, message: bytes) -> bytes:
    """Return a message in UTF-8; git takes unknown encodings for what they are not."""
    if not encoding or is_known(encoding):
        return message
    commit = _commit_or_why(commits, name.decode())
    return commit.message.encode("utf-8", "replace").replace(b"\0", b"")


def _commit_or_why(commits: Commits, sha: str) -> RawCommit:
    try:
        return commits.commit(sha)
    except MissingObjectError as error:
        return unreadable(sha, str(error))


@dataclass(slots=True)
class _Waiting:
    """A revert whose targets may still go by in the log."""

    record: _Record
    says: NamedTargets
    parents: list[bytes] = field(default_factory=list)
    targets: tuple[RevertTarget, ...] = ()
    soon: set[str] = field(default_factory=set)  # did not go by yet; `Marks` empties it
    mark: int = 0
    seeker: Seeker | None = None
    beside: tuple[str, ...] = ()  # commits that the message mentions

    def look_up(self, clone: CloneHistory, commits: Commits, *, in_the_log: bool) -> None:
        """Find what it names, as far as the log is not to be waited for."""
        if self.says.has_hashes:
            self.targets = targets_of(clone, commits, self.record.commit, self.says)
            self.seeker = self._twins(commits)
        elif self.says.names:
            self.seeker = Seeker(self.record.sha, slots_of(self.says))
            if leads_with_revert(self.record.subject):
                self.beside = beside(commits, self.record.commit)
        if in_the_log:
            self.soon = {each.sha for each in self.targets if each.sha is not None}
            is_unknown = any(each.sha is None for each in self.targets)
            if self.seeker is not None and (is_unknown or not self.soon):
                self.soon |= {_TITLE, *self.beside}
        elif self.seeker is not None and self.lacks_some(commits):
            _search(clone, commits, self.record, self.seeker)

    def _twins(self, commits: Commits) -> Seeker | None:
        """Return who looks for copies of what it names, in case that is of another line."""
        slots = twin_slots(commits, self.says, self.record.body, self.targets)
        return Seeker(self.record.sha, slots) if slots else None

    def lacks_some(self, commits: Commits) -> bool:
        """Is something that it names by hash of another line, or is there no hash?"""
        if not self.targets:
            return self.seeker is not None and not self.seeker.is_done
        return any(
            _settled(commits, self.record.sha, target).status is not TargetStatus.OK
            for target in self.targets
        )

    def meet(
        self, commits: Commits, sha: str, parents: list[str], message: bytes, marks: Marks
    ) -> None:
        """Take a commit before it that has a name which the revert looks for."""
        if self.seeker is None or sha in self.named_hashes:
            return
        commits.read_ahead([sha, *parents])
        made_s = _commit_or_why(commits, sha).committer.time_s
        is_old = self.record.commit.committer.time_s - made_s > _TITLE_WITHIN_S
        self.seeker.offer(commits, sha, *subject_and_body(shown(message)), is_old=is_old)
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


def _placed(
    commits: Commits, waiting: _Waiting, marks: Marks, clone: CloneHistory, inverse: _Inverse
) -> Revert | None:
    """Return the row, or None if its message may mean something else and nothing is found.

    *inverse* looks for an exact inverse, which takes longer.
    """
    record, seeker = waiting.record, waiting.seeker
    if waiting.says.has_hashes:
        targets = tuple(_with_twin(commits, waiting, marks, each) for each in waiting.targets)
    else:
        slots = seeker.slots if seeker is not None else ()
        found = [(slot, seeker.target(commits, slot)) for slot in slots if seeker is not None]
        targets = tuple(
            RevertTarget(slot.named, None, TargetStatus.UNKNOWN)
            if each is None
            else dated(commits, record.commit, each)
            for slot, each in found
        )
    is_lost = all(each.sha is None for each in targets) and leads_with_revert(record.subject)
    if is_lost and seeker is not None and not waiting.says.has_hashes:

        def is_before(sha: str) -> bool:
            return (record.sha, sha) in marks.met or commits.descends(record.sha, sha)

        found_beside = mentioned(commits, record.commit, seeker, waiting.beside, is_before)
        targets, is_lost = (found_beside, False) if found_beside else (targets, True)
    if is_lost:
        targets = _by_content(commits, waiting, targets, clone, inverse)
    if is_squash_of_several(record.subject, record.body):
        targets = undone_by_squash(commits, record.sha, targets)
    is_sure = waiting.says.sure
    if waiting.says.has_hashes:  # a squash tells of commits that never came here, prose of others'
        is_plain = not bare_title(record.subject) and waiting.says.form is not Form.PROSE
        is_sure = is_plain or leads_with_revert(record.subject)
    here = (each for each in targets if each.status is not TargetStatus.UNREACHABLE)
    if not is_sure and all(each.sha is None for each in here):
        return None
    return _row(record, waiting.says, targets)


def _with_twin(
    commits: Commits, waiting: _Waiting, marks: Marks, target: RevertTarget
) -> RevertTarget:
    """Return a target as it is placed in the history, or else its copy in this line."""
    record, seeker = waiting.record, waiting.seeker
    if (record.sha, target.sha) not in marks.met:
        target = _settled(commits, record.sha, target)
    if seeker is None or target.status in (TargetStatus.OK, TargetStatus.AMBIGUOUS):
        return target
    twin = seeker.target(commits, seeker.slot(target.named))
    if twin is None:
        return target
    by = twin.by if target.sha is None and twin.by is By.TITLE else By.TWIN
    return dated(commits, record.commit, replace(twin, by=by))


def _by_content(
    commits: Commits,
    waiting: _Waiting,
    named_targets: tuple[RevertTarget, ...],
    clone: CloneHistory,
    inverse: _Inverse,
) -> tuple[RevertTarget, ...]:
    """Return what a commit takes back; what its message surely names and is not here stays."""
    record = waiting.record
    undone = undone_before(clone, commits, record.sha) or inverse(record.sha)
    found = _by_their_content(commits, record.commit, undone)
    if len(found) == len(named_targets) == 1:
        return (replace(found[0], named=named_targets[0].named),)
    stay = waiting.says.has_hashes or waiting.says.sure or not found
    return (*(named_targets if stay else ()), *found)


def _settled(commits: Commits, sha: str, target: RevertTarget) -> RevertTarget:
    """Return the target, marked if the revert does not come after it: asked of the clone."""
    if target.sha is None:
        return target
    try:
        before = commits.descends(sha, target.sha)
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


def _search(clone: CloneHistory, commits: Commits, record: _Record, seeker: Seeker) -> None:
    """Offer earlier commits that hold a name which a revert looks for.

    They are those of a year, or of three if it looks for a number.
    """
    texts = [text for slot in seeker.slots for text in slot.texts if "\0" not in text]
    if not texts:
        return
    try:
        commits.count_question()
    except MissingObjectError:
        return
    made_s = record.commit.committer.time_s
    since = made_s - (_NUMBER_WITHIN_S if seeker.has_numbers else _TITLE_WITHIN_S)
    options = ("-F", "-i", *(f"--grep={text}" for text in texts), *_FORMAT, f"--since=@{since}")
    walk = (*options, "--end-of-options", record.sha, "--")
    with clone.stream("log", *walk, to_the_end=False) as log:
        for block in log_commits(log):
            fields = zip(block.names, block.encodings, block.messages, strict=True)
            for name, encoding, raw in fields:
                sha = name.decode()
                if any(slot.named == sha for slot in seeker.slots):
                    continue
                is_old = made_s - _commit_or_why(commits, sha).committer.time_s > _TITLE_WITHIN_S
                message = shown(_decoded(commits, name, encoding, raw))
                seeker.offer(commits, sha, *subject_and_body(message), is_old=is_old)
                if seeker.is_done:
                    return
