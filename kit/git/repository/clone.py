"""Commits and diffs of a clone on this machine, read through GitPython.

GitPython is the interface to a repository: it runs git where a commit, a diff or a tag is asked
for.  What git prints is parsed here, because GitPython's own objects read the clone's
configuration, ignore a message's encoding, miss renames and cut trailers at a line of dashes.
Plain git serves where GitPython has no way, or costs more than the answer: logs are streamed,
`reader` keeps a process for single objects, `transport` limits and resumes a fetch, `sandbox` asks
which folder is a repository before GitPython opens it, and the re-enactment sets the dates of its
commits.

The clone is only read, and nothing of its configuration is run; see `kit.git.repository.sandbox`.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from io import BufferedReader
from pathlib import Path
from typing import IO, BinaryIO, cast

from kit.common.child_process import Child, clean_environment, own_session, start
from kit.common.plain_text import plain
from kit.git.repository.allowance import allowance, limit
from kit.git.repository.commits import Commits
from kit.git.repository.history import HistoryError, Source, SourceKind, TooMuchError, no_git
from kit.git.repository.log import log_messages, shown, subject_and_body
from kit.git.repository.raw_commit import RawCommit, is_known, parse_commit
from kit.git.repository.reader import MissingObjectError, ObjectReader
from kit.git.repository.sandbox import (
    RepositoryPlace,
    UnreadableError,
    find_repository,
    git_program,
    kept_environment,
    read_with_timeout,
    reader_environment,
    without_git_variables,
)
from kit.git.repository.trees import MAX_SHOWN, Difference, Trees
from kit.git.values.commit import Commit, FileDiff, Person

__all__ = ["CloneHistory"]

# Apart by NUL, which no message can hold; the trailers by line ends, which none can once unfolded.
_FIELDS = (
    *("%H", "%P", "%an", "%ae", "%aI", "%cn", "%ce", "%cI", "%s", "%b"),
    "%(trailers:only=true,unfold=true,key_value_separator=%x3a,separator=%x0a)",
)
_LOG = ("-z", f"--format={'%x00'.join(_FIELDS)}", "--encoding=UTF-8")
_BESIDE_THE_POINT = re.compile(
    "Needed a single revision|unknown revision|bad object|bad revision|^(warning|hint): "
)
_MAX_LINE_LENGTH = 4096  # of what git complains
_MAX_BYTES = 64 << 20
MAX_CHARACTERS = 200_000  # of a longer message the beginning is shown, and how much is left out
_MAX_TRAILERS = 1000
_MAX_KNOWN = 100  # commits that are not asked for again
TIMEOUT_S = 60
SILENT_S = 600  # a walk through a large history says nothing while nothing fits


class _EnoughError(Exception):
    """The reader has read enough."""


class CloneHistory:
    """A clone: bare or not, shallow, partial, a worktree, borrowing objects, owned by others.

    Its methods raise HistoryError if there is no such repository or commit, if git is not
    installed, or if it fails.  The clone is opened when it is first read.
    """

    def __init__(self, place: Path, kind: SourceKind = SourceKind.CLONE) -> None:
        self.place = place
        self.source = Source(kind, str(place))
        self._found: RepositoryPlace | None = None
        self._reader: ObjectReader | None = None
        self._known: dict[str, Commit] = {}  # by their whole hashes, which name nothing else

    def commit(self, revision: str) -> Commit:
        """Return the commit that *revision* names."""
        if not revision.strip() or not revision.isprintable():
            raise HistoryError(
                f"{revision!r} is not the name of a commit; give a hash, a tag or a branch"
            )
        if revision in self._known:
            return self._known[revision]
        asked = ("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
        name = self._answer(*asked, of=revision).decode()
        if name not in self._known:
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            self._known[name] = self._read(revision, "-1", *_LOG, name, "--")[0]
        return self._known[name]

    def check_revision(self, words: str) -> None:
        """Raise HistoryError unless *words* are a commit or a range, as git has them."""
        ends = re.split(r"\.{2,3}", re.sub(r"\^(?:[@!]|-\d*)$", "", words.removeprefix("^")))
        if len(ends) > 2 or not any(ends) or not words.isprintable():
            raise HistoryError(f"{words!r} is not a range; give two commits or tags as A..B")
        for end in filter(None, ends):
            asked = ("rev-parse", "--verify", "--end-of-options", f"{end}^{{commit}}")
            self._quick_answer(*asked, of=end)

    def diff(self, revision: str) -> tuple[FileDiff, ...]:
        """Return what a commit changes against its first parent; nothing for a merge."""
        from kit.git.repository.diff import CommitDiff, read_diff  # here: lists do without

        commit = self.commit(revision)
        if commit.is_merge:
            return ()
        if not commit.parents and self._is_cut_off(commit):
            raise HistoryError(_why(self.source, f"the parent of {revision}", "", shallow=True))
        parent = commit.parents[0] if commit.parents else None
        changed = self._changed(parent, commit.hash, revision)
        return read_diff(CommitDiff(self, commit.hash, revision, changed))

    def recent(self, revision: str, count: int) -> tuple[Commit, ...]:
        """Return the commit and those before it, newest first, at most *count*."""
        start = self.commit(revision).hash
        return self._read(revision, f"-{count}", *_LOG, start, "--")

    def tags(self) -> tuple[tuple[str, str], ...]:
        """Return all tags as (name, commit hash), by name."""
        form = "--format=%(objectname) %(*objectname) %(refname:strip=2)"
        printed = self._answer("for-each-ref", form, "refs/tags", of="tags")
        parts = [line.split(" ", 2) for line in printed.decode("utf-8", "replace").splitlines()]
        if annotated := [direct for direct, peeled, _ in parts if peeled]:
            deque(self.reader(annotated[0]).read_ahead(annotated), maxlen=0)
        return tuple((name, self._peeled(direct, peeled)) for direct, peeled, name in parts)

    def remote_address(self) -> str:
        """Return where it was cloned from, as its settings say; empty if they say nothing."""
        asked = ("config", "--local", "--no-includes", "--get", "remote.origin.url")
        try:
            return self._answer(*asked, of="its settings").decode("utf-8", "replace")
        except HistoryError:
            return ""

    def log(self, *paths: str) -> tuple[Commit, ...]:
        """Return every commit that HEAD or a tag leads to, newest first."""
        return _commits(self._answer("log", "--all", *_LOG, "--", *paths, of="its log"))

    def objects_folder(self) -> Path:
        """Return where the clone keeps its objects."""
        return self._repository().objects

    def commits(self) -> Commits:
        """Return who reads its commits, trees and files by their hashes.

        Raises:
            HistoryError: There is no such repository, or git is not installed.
        """
        return Commits(self.objects_folder(), digits=self._repository().digits)

    @property
    def is_shallow(self) -> bool:
        """Does it lack the older commits?  HistoryError if it cannot be read."""
        return self._repository().is_shallow

    def tip(self) -> tuple[str, ...]:
        """Return where git starts a log: at HEAD, or at every ref if there is no HEAD."""
        try:
            self._quick_answer("rev-parse", "--verify", "--quiet", "HEAD^{commit}", of="HEAD")
        except HistoryError:
            return ("--all",)
        return ("HEAD",)

    def messages(self, *walk: str) -> Iterator[tuple[str, str, str]]:
        """Yield hash, subject and body of each commit that git log finds, except merges."""
        options = ("-z", "--format=%H%n%B", "--encoding=UTF-8", "--no-notes", "--no-merges")
        with self.stream("log", *options, *walk, "--") as log:
            for head, message in log_messages(log):
                yield head.decode(), *subject_and_body(shown(message))

    @contextmanager
    def stream(
        self,
        *command: str,
        of: str = "",
        feed: Iterable[str] = (),
        to_the_end: bool = True,
        timeout_s: float | None = None,
        nap_s: float = 0,
    ) -> Iterator[BufferedReader]:
        """Yield the output of a git command while it runs; end the command when the reader leaves.

        The caller puts what a person typed after ``--end-of-options`` or in ``--name=value``.

        Args:
            command: The command and its arguments.
            of: What is read, as a person names it; the command by default.
            feed: The lines of its standard input: there may be more than fit in arguments.
            to_the_end: The reader reads all, and wants to know if the command failed.
            timeout_s: Seconds that git may be silent; `SILENT_S` by default.
            nap_s: Seconds in which what is read is gathered; see `read_with_timeout`.
        """
        with tempfile.TemporaryFile() as stdin:
            stdin.writelines(f"{line}\n".encode() for line in feed)
            stdin.seek(0)
            process = self._start(command, cast(BinaryIO, stdin))
        with self._output(
            process,
            of or command[0],
            to_the_end=to_the_end,
            timeout_s=timeout_s or SILENT_S,
            nap_s=nap_s,
        ) as output:
            yield output

    @contextmanager
    def _output(
        self, process: Child, wanted: str, *, to_the_end: bool, timeout_s: float, nap_s: float = 0
    ) -> Iterator[BufferedReader]:
        """Yield what git prints; see `stream`."""
        repository = self._repository()
        allowed = allowance(repository.objects)
        limit(process.pid, allowed)
        assert process.stdout is not None
        assert process.stderr is not None
        said: deque[bytes] = deque(maxlen=50)
        listener = threading.Thread(target=_listen, args=(process.stderr, said), daemon=True)
        listener.start()
        try:
            yield read_with_timeout(process.stdout, timeout_s, nap_s)
            if not to_the_end:
                return
            status = process.wait(TIMEOUT_S)
            listener.join(TIMEOUT_S)
            if status:
                words = b"".join(said).decode("utf-8", "replace")
                if too_much := allowed.exceeded(status, words):
                    raise TooMuchError(f"{self.place}: git cannot read {wanted}: {too_much}")
                raise HistoryError(_why(self.source, wanted, words, shallow=repository.is_shallow))
        except TimeoutError as error:
            raise HistoryError(f"{self.place}: git cannot read {wanted}: {error}") from None
        finally:
            process.end()
            listener.join(1)  # it closes what it reads
            process.stdout.close()

    def reader(self, name: str) -> ObjectReader:
        """Return the reader of single objects whose hashes are as long as *name*."""
        if self._reader is None:
            self._reader = ObjectReader(self.objects_folder(), len(name))
        return self._reader

    def _read(self, of: str, *log: str) -> tuple[Commit, ...]:
        """Return the commits that git log prints, each with the hash that it has."""
        commits = _commits(self._answer("log", *log, of=of))
        try:
            return tuple(_as_stored(commit, self.raw(commit.hash)) for commit in commits)
        except MissingObjectError as error:
            raise HistoryError(f"{self.place}: {of} cannot be read: {error}") from None

    def raw(self, name: str) -> RawCommit:
        """Return a commit as it is stored; MissingObjectError if it is not here."""
        return parse_commit(name, self.reader(name).read(name, "commit").data)

    def _changed(self, parent: str | None, name: str, of: str) -> Difference:
        """Return what a commit changes, by path, unless it is too much for git to print."""
        reader = self.reader(name)
        trees = Trees(lambda tree: reader.read(tree, "tree").data, len(name))
        try:
            before = self.raw(parent).tree_name() if parent else None
            return trees.changed(before, self.raw(name).tree_name(), MAX_SHOWN)
        except MissingObjectError as error:
            if error.absent is not None:  # git says why, and what helps
                self._answer("cat-file", "-t", error.absent, of=of)
            raise HistoryError(f"{self.place}: the files of {of} cannot be read: {error}") from None

    def _peeled(self, direct: str, peeled: str) -> str:
        """Return the commit of a tag; the tag itself if it cannot be read."""
        if not peeled:
            return direct
        with contextlib.suppress(MissingObjectError, ValueError):
            return self.reader(direct).find(direct) or peeled
        return direct

    def _answer(self, *command: str, of: str) -> bytes:
        """Return all that a command prints, without the end of the last line."""
        return self._read_all(self._start_by_library(command), of)

    def _quick_answer(self, *command: str, of: str) -> bytes:
        """Return the same without GitPython, which takes longer to load than such an answer."""
        with tempfile.TemporaryFile() as stdin:
            return self._read_all(self._start(command, cast(BinaryIO, stdin)), of)

    def _read_all(self, process: Child, of: str) -> bytes:
        with self._output(process, of, to_the_end=True, timeout_s=TIMEOUT_S) as printed:
            answer = printed.read(_MAX_BYTES + 1)
            if len(answer) > _MAX_BYTES:
                raise HistoryError(
                    f"{self.place}: git cannot read {of}: its answer has more than"
                    f" {_MAX_BYTES >> 20} MiB"
                )
            return answer.removesuffix(b"\n")

    def beginning(self, *command: str, count: int, of: str) -> bytes:
        """Return the first *count* bytes that a command prints, and end it."""
        with (
            contextlib.suppress(_EnoughError),
            self.stream(*command, of=of, timeout_s=TIMEOUT_S) as printed,
        ):
            answer = printed.read(count)
            if len(answer) == count:
                raise _EnoughError  # else that was all, and git says whether it went well
        return answer

    def _start(self, command: Iterable[str], stdin: BinaryIO) -> Child:
        git_dir = self._repository().git_dir
        variables = kept_environment() | reader_environment(git_dir)
        with self._why_not_started():
            return start([git_program(), *command], environment=variables, stdin=stdin)

    def _start_by_library(self, command: Iterable[str]) -> Child:
        git_dir = self._repository().git_dir
        try:
            import git
        except ImportError:
            raise HistoryError(no_git("no clone can be read")) from None
        with without_git_variables(), self._why_not_started():
            runner = git.Git(str(git_dir))
            # GitPython adds to this process's environment
            runner.update_environment(**clean_environment(reader_environment(git_dir)))
            try:
                running = runner.execute(
                    [runner.GIT_PYTHON_GIT_EXECUTABLE, *command], as_process=True, **own_session()
                )
            except git.GitCommandNotFound as error:
                raise FileNotFoundError from error
        process, running.proc = running.proc, None  # else GitPython ends it with its own object
        assert process is not None
        return Child(process)

    @contextmanager
    def _why_not_started(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise HistoryError(f"{self.place}: git has disappeared; install it again") from error
        except OSError as error:
            why = f"git cannot be started: {error.strerror}"
            raise HistoryError(f"{self.place}: {why}") from error

    def _repository(self) -> RepositoryPlace:
        """Return the folders of the repository, found once."""
        if self._found is None:
            if sys.platform == "emscripten":
                raise HistoryError(no_git("no clone can be read"))
            try:
                found = find_repository(
                    self.place,
                    git_program(),
                    TIMEOUT_S,
                    is_ours=self.source.kind is not SourceKind.CLONE,
                )
            except FileNotFoundError:
                raise HistoryError(no_git("no clone can be read")) from None
            except UnreadableError as failure:
                raise HistoryError(_why_not(self.place, str(failure))) from failure
            if found is None:
                raise HistoryError(
                    f"{self.place} is not a git repository; name the folder of a clone"
                )
            self._found = found
        return self._found

    def _is_cut_off(self, commit: Commit) -> bool:
        """Does a shallow clone hide the parent?  The diff would then show every file."""
        written = self._answer("cat-file", "commit", commit.hash, of=commit.hash)
        return b"\nparent " in written.split(b"\n\n", 1)[0]


def _listen(complaints: IO[bytes], said: deque[bytes]) -> None:
    with complaints:
        while line := complaints.readline(_MAX_LINE_LENGTH):
            said.append(line)


_TOO_NEW = "unknown repository extension"


def _why_not(place: Path, said: str) -> str:
    """Return in one line why a repository cannot be read at all, and what helps."""
    owned = re.search("(?:dubious ownership in repository at|unsafe repository) [('](.*?)'", said)
    if owned:
        folder = owned[1].lstrip("('")
        return (
            f"{place} belongs to another user, and git reads it only if you trust them:"
            f" git config --global --add safe.directory {shlex.quote(folder)}"
        )
    why = f"{place}: git cannot read it: {_complaint(said)}"
    # a store of refs (reftable needs git 2.45), or of hashes, that came later
    return f"{why}. This git is too old for it: install a newer one" if _TOO_NEW in said else why


def _why(source: Source, wanted: str, said: str, *, shallow: bool) -> str:
    """Return in one line why the commit that a person named cannot be read here, and what helps.

    *said* is git's complaint; empty if git would have hidden that something is missing.
    """
    place = source.place
    partial = any(word in said for word in ("promisor", "not allowed", "lazy fetch"))
    if re.search("short (object ID|SHA1) .* is ambiguous", said):
        return f"{wanted} is ambiguous in {place}; give more digits of the commit's hash"
    if not partial and (complaint := _complaint(said)):
        return f"{place}: git cannot read {wanted}: {complaint}"
    if source.kind is SourceKind.FETCHED:
        lacks = "lacks files of" if partial else "has no" if said else "lacks"
        return (
            f"the fetched lesson {lacks} {wanted}; run `kit fetch` to repair it,"
            " or `kit fetch --full` for all of QEMU"
        )
    if partial:
        return (
            f"{place} is a partial clone and lacks files of {wanted}:"
            f" run `git -C {place} log -1 -p {wanted}` while online to get them"
        )
    if shallow and (not said or re.fullmatch("[0-9a-fA-F]{4,64}", wanted)):
        return f"{place} is shallow and lacks {wanted}: run `git -C {place} fetch --unshallow`"
    if wanted == "HEAD":
        return f"{place}: HEAD is a branch without commits; name another branch, or commit first"
    return f"{place} has no commit {wanted}; run `git -C {place} fetch` to get new commits"


def _complaint(said: str) -> str:
    """Return git's reason, harmless on a terminal; empty if git only knows no such commit."""
    lines = said.strip().split("\n")
    telling = [line for line in lines if line and not _BESIDE_THE_POINT.search(line)]
    # what git died of says more than what led to it
    order = [line for start in ("fatal: ", "error: ", "") for line in telling if start in line[:7]]
    reason = order[0] if order else ""
    rest = telling[telling.index(reason) + 1 :] if reason.endswith(":") else []
    if rest:  # what it names stands in the next line
        reason += f" {rest[0].strip()}"
    return plain(re.sub("^(fatal|error): ", "", reason)[:200])


def _commits(printed: bytes) -> tuple[Commit, ...]:
    fields = printed.decode("utf-8", "replace").split("\0")[:-1]
    size = len(_FIELDS)
    return tuple(_parsed(fields[start : start + size]) for start in range(0, len(fields), size))


def _parsed(fields: Sequence[str]) -> Commit:
    name, parents, author, email, authored, committer, their_email, committed = fields[:8]
    subject, body, trailers = fields[8:]
    lines = trailers.split("\n", _MAX_TRAILERS)[:_MAX_TRAILERS]
    pairs = [_shortened(line).partition(":") for line in lines if line]
    return Commit(
        hash=name,
        parents=tuple(parents.split()),
        author=Person(author, email),
        authored=authored,
        committer=Person(committer, their_email),
        committed=committed,
        subject=_shortened(subject),
        body=_shortened(body.strip("\n")),
        trailers=tuple((key, value) for key, _, value in pairs),
    )


def _as_stored(commit: Commit, stored: RawCommit) -> Commit:
    """Return a commit whose fields say where they cannot be read."""
    author, committer = (
        next(
            (Person(f"(cannot be read: {each})", "") for each in stored.faults if who in each),
            person,
        )
        for who, person in (("its author", commit.author), ("its committer", commit.committer))
    )
    if stored.encoding and not is_known(stored.encoding):  # git would decode it wrongly
        subject, body = subject_and_body(stored.message)
        commit = replace(commit, subject=_shortened(subject), body=_shortened(body))
    return replace(commit, author=author, committer=committer)


def _shortened(words: str) -> str:
    left = len(words) - MAX_CHARACTERS
    return words if left <= 0 else f"{words[:MAX_CHARACTERS]} [… {left:,} characters left out]"
