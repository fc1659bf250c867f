"""Single objects of a repository, each of a bounded size and with the hash that it has.

A git process of its own reads them, because it can be ended when it takes too much memory or time,
unlike libgit2 in this process.  It gets the folder of objects and an empty repository beside it, so
that no configuration, reference or promise of the clone counts.  git believes that an object has
the hash under which it is stored; here each is hashed once more.

Source: git 2.39, git-cat-file(1), "BATCH OUTPUT".
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import sys
import tempfile
import threading
import time
import weakref
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Sequence
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from kit.common.child_process import DEVNULL, PIPE, Child, start
from kit.git.repository.allowance import allowance, limit, limit_minute
from kit.git.repository.history import HistoryError, no_git
from kit.git.repository.sandbox import (
    git_program,
    kept_environment,
    read_with_timeout,
    reader_environment,
)

__all__ = ["MAX_OBJECT_BYTES", "MissingObjectError", "Object", "ObjectReader"]

MAX_OBJECT_BYTES = 32 << 20
"""A larger object is not read as a whole."""
_KEPT_BYTES = 32 << 20  # of what was read last
_LARGEST_KEPT = 1 << 20
_ANSWER_S = 20  # an object that takes longer is unfolded out of all proportion
_MINUTE_S = 60
_WALK_S = 600
_MAX_COMPLAINTS = 1 << 16
_PIECE_BYTES = 1 << 20
_AT_ONCE = 400  # names that a pipe holds, with the answers to them
_MAX_TAGS = 20  # that name each other
_HASHES = {40: "sha1", 64: "sha256"}


class MissingObjectError(HistoryError):
    """The clone lacks an object that a question needs, or holds it damaged, forged or too large.

    ``absent`` is the hash of one that is not here at all.
    """

    def __init__(self, why: str, absent: str | None = None) -> None:
        super().__init__(why)
        self.absent = absent


class Object(NamedTuple):
    """The kind and content of an object."""

    kind: str  # commit, tree, blob or tag
    data: bytes


class ObjectReader:
    """The objects below a folder and those it borrows; git is started when it is first needed.

    The methods raise MissingObjectError for an object that is absent, damaged, forged or too large.

    Args:
        folder: The folder called ``objects``.
        digits: The length of a hash: 40, or 64 in a repository with SHA-256.
    """

    def __init__(self, folder: Path, digits: int = 40) -> None:
        self._folder, self._digits = folder, digits
        self._contents = _Process(folder, digits, "--batch")
        self._headers = _Process(folder, digits, "--batch-check")
        self._known: OrderedDict[str, Object] = OrderedDict()
        self._kept_bytes = 0
        self._asked = 0
        self._lock = threading.RLock()

    def read(self, name: str, kind: str | None = None) -> Object:
        """Return the object that has a full hash."""
        with self._lock:
            found = self._known.get(name)
            if found is None:
                found = self._read(name)
                self._keep(name, found)
        if kind is not None and found.kind != kind:
            raise MissingObjectError(f"the object {name} is not a {kind}")
        return found

    def _read(self, name: str) -> Object:
        ((kind, size),) = self._contents.ask([name])
        if size > MAX_OBJECT_BYTES:
            self._contents.end()
            raise MissingObjectError(
                f"{name} is larger than {MAX_OBJECT_BYTES >> 20} MiB, so the kit does not read it"
            )
        data = b"".join(self._contents.answer(name, size))
        self._check(name, kind, size, (data,))
        return Object(kind, data)

    def read_ahead(self, names: Iterable[str]) -> Iterator[tuple[str, Object]]:
        """Yield the objects with these full hashes, many for each request.

        Absent, large and forged ones are left out: `read` says why.
        """
        with self._lock:
            wanted = [name for name in dict.fromkeys(names) if name not in self._known]
            for start in range(0, len(wanted), _AT_ONCE):
                yield from self._some(wanted[start : start + _AT_ONCE])

    def line_before(self, sha: str, count: int) -> Iterator[tuple[str, Object]]:
        """Yield the commits before one by first parents, as far as they are here."""
        with self._lock:
            yield from self._some([f"{sha}~{step}" for step in range(1, count + 1)])

    def _some(self, names: list[str]) -> Iterator[tuple[str, Object]]:
        for fields in self._contents.replies(names):
            if fields[-1] == b"missing":
                continue
            name, kind, size = fields[0].decode(), fields[1].decode(), int(fields[2])
            pieces = self._contents.answer(name, size)
            if size > _LARGEST_KEPT:
                deque(pieces, maxlen=0)
                continue
            data = b"".join(pieces)
            with contextlib.suppress(MissingObjectError):
                self._check(name, kind, size, (data,))
                found = Object(kind, data)
                self._keep(name, found)
                yield name, found

    def verify(self, names: Iterable[str]) -> None:
        """Hash objects of any size, a piece at a time."""
        with self._lock:
            wanted = [name for name in dict.fromkeys(names) if name not in self._known]
            for start in range(0, len(wanted), _AT_ONCE):
                some = wanted[start : start + _AT_ONCE]
                for name, (kind, size) in zip(some, self._contents.ask(some), strict=True):
                    self._check(name, kind, size, self._contents.answer(name, size))

    def sizes(self, names: Iterable[str]) -> dict[str, int]:
        """Return the size of each object in bytes; absent ones are left out."""
        wanted = list(dict.fromkeys(names))
        found: dict[str, int] = {}
        with self._lock:
            for start in range(0, len(wanted), _AT_ONCE):
                rows = self._headers.replies(wanted[start : start + _AT_ONCE])
                found |= {row[0].decode(): int(row[2]) for row in rows if len(row) == 3}
        return found

    def hashes(self, names: list[bytes]) -> list[str | None]:
        """Return the hashes of the objects that names as ``HASH~2:path`` lead to; None: nowhere."""
        with self._lock:
            rows = list(self._headers.replies(names))
        return [None if row[-1] == b"missing" else row[0].decode() for row in rows]

    def find(self, beginning: str) -> str | None:
        """Return the hash of the one commit that a hash or its beginning names, or None.

        A tag stands for its commit.  ValueError if more than one object begins so.
        """
        name: str | None
        with self._lock:
            if known := self._known.get(beginning):
                name, kind = beginning, known.kind
            else:
                (fields,) = self._headers.replies([beginning])
                if fields[-1] == b"ambiguous":
                    raise ValueError(f"{beginning} is ambiguous")
                is_here = len(fields) == 3
                name, kind = (fields[0].decode(), fields[1].decode()) if is_here else (None, "")
        for _ in range(_MAX_TAGS):
            if name is None or kind != "tag":
                break
            lines = self.read(name, "tag").data.split(b"\n", 2)[:2]
            name, kind = (line.partition(b" ")[2].decode("ascii", "replace") for line in lines)
        return name if kind == "commit" else None

    def count_question(self) -> None:
        """Count a question that git answers by a walk; raise if there were too many."""
        most = allowance(self._folder).questions
        with self._lock:
            self._asked += 1
            if self._asked > most:
                raise MissingObjectError(f"the kit looks for at most {most:,} commits here")

    def descends(self, sha: str, ancestor: str) -> bool:
        """Is *ancestor* one of *sha*?  No commit-graph is used, because it may be forged."""
        self.count_question()
        allowed = allowance(self._folder)
        if sha == ancestor:
            return False
        asked = ("merge-base", "--is-ancestor", ancestor, sha)
        try:
            with _started(self._folder, self._digits, asked, stderr=PIPE) as child, child:
                limit(child.pid, allowed)
                assert child.stderr is not None
                complaints = read_with_timeout(child.stderr, _WALK_S).read(_MAX_COMPLAINTS)
                status = child.wait(_WALK_S) if len(complaints) < _MAX_COMPLAINTS else -1
        except TimeoutError as error:
            raise MissingObjectError(f"git cannot tell what comes before {sha}: {error}") from None
        # git up to 2.44 takes a commit that it cannot read for one without parents
        if complaints or status not in (0, 1):
            raise MissingObjectError(f"commits between {ancestor} and {sha} cannot be read")
        return status == 0

    def _check(self, name: str, kind: str, size: int, pieces: Iterable[bytes]) -> None:
        own = hashlib.new(_HASHES[self._digits], b"%s %d\0" % (kind.encode(), size),
                          usedforsecurity=False)  # fmt: skip
        for piece in pieces:
            own.update(piece)
        if own.hexdigest() != name:
            raise MissingObjectError(
                f"{name} is forged or damaged: what is stored there has the hash {own.hexdigest()}"
            )

    def _keep(self, name: str, found: Object) -> None:
        if len(found.data) > _LARGEST_KEPT:
            return
        self._known[name] = found
        self._kept_bytes += len(found.data)
        while self._kept_bytes > _KEPT_BYTES:
            self._kept_bytes -= len(self._known.popitem(last=False)[1].data)


class _Process:
    """git cat-file, started when it is needed, and again after its end or a fork."""

    def __init__(self, folder: Path, digits: int, how: str) -> None:
        self._folder, self._digits, self._how = folder, digits, how
        self._running: Child | None = None
        self._answers: BufferedReader | None = None
        self._owner = 0
        self._limited_at = self._rests_until = 0.0
        self._ends: weakref.finalize[[Child, int], _Process] | None = None

    def replies(self, names: Sequence[str | bytes]) -> Iterator[list[bytes]]:
        """Yield what git says of each object: its hash, kind and size, or that it is missing.

        With ``--batch`` the caller reads each `answer` before the next.
        """
        wanted = [each.encode() if isinstance(each, str) else each for each in names]
        for number, name in enumerate(wanted):
            with self._failing(name.decode("utf-8", "replace")):
                if not number:
                    self._say(b"\n".join([*wanted, b""]))
                fields = self._fields()
            yield fields

    def ask(self, names: Sequence[str]) -> Iterator[tuple[str, int]]:
        """Yield kinds and sizes of objects; raise MissingObjectError for what is not here."""
        for name in names:
            if len(name) != self._digits:
                raise MissingObjectError(f"{name} is not a hash of this repository", name)
        for number, fields in enumerate(self.replies(names), start=1):
            if fields[-1] == b"missing":
                if number < len(names):
                    self.end()  # it has more to say
                name = names[number - 1]
                raise MissingObjectError(f"{name} is not in this repository", name)
            yield fields[1].decode(), int(fields[2])

    def answer(self, name: str, size: int) -> Iterator[bytes]:
        """Yield the content of the object that was requested last."""
        with self._failing(name):
            answers, left = self._answers, size + 1
            assert answers is not None
            while left > 0:
                piece = answers.read(min(left, _PIECE_BYTES))
                if not piece:
                    raise EOFError
                left -= len(piece)
                yield piece if left else piece[:-1]

    def end(self) -> None:
        """End git."""
        if self._ends is not None:
            self._ends()
        self._running = self._answers = self._ends = None

    def _fields(self) -> list[bytes]:
        assert self._answers is not None
        line = self._answers.readline(1000)
        if not line.endswith(b"\n"):
            raise EOFError
        return line.split()

    def _say(self, words: bytes) -> None:
        now = time.monotonic()
        if now < self._rests_until:
            raise MissingObjectError(f"{self._folder}: git took too long; try again in a minute")
        if self._running is None or self._owner != os.getpid():
            self._start()
        assert self._running is not None
        if now > self._limited_at + _MINUTE_S:
            limit_minute(self._running.pid, allowance(self._folder))
            self._limited_at = now
        assert self._running.stdin is not None
        self._running.stdin.write(words)
        self._running.stdin.flush()

    @contextlib.contextmanager
    def _failing(self, name: str) -> Iterator[None]:
        """End a git that died or does not answer, and raise MissingObjectError."""
        try:
            yield
        except (EOFError, OSError, TimeoutError) as error:
            is_slow = isinstance(error, TimeoutError) or self._took_too_long()
            self.end()
            allowed = allowance(self._folder)
            why = (
                f"fails to read {name}, or needs more than {allowed.memory_bytes >> 20} MiB for it"
            )
            if is_slow:
                self._rests_until = time.monotonic() + _MINUTE_S
                why = (
                    f"needs more than {allowed.reader_cpu_s} s to read {name} and others;"
                    f" the kit reads nothing more for {_MINUTE_S} s"
                )
            raise MissingObjectError(f"{self._folder}: git {why}") from None
        except BaseException as error:  # in the middle of an answer
            if not isinstance(error, MissingObjectError):
                self.end()
            raise

    def _took_too_long(self) -> bool:
        """Did the system end git because it took too much time?"""
        if self._running is None or self._owner != os.getpid() or sys.platform == "win32":
            return False
        with contextlib.suppress(TimeoutError):
            return self._running.wait(1) == -signal.SIGXCPU
        return False

    def _start(self) -> None:
        command, allowed = ("cat-file", self._how), allowance(self._folder)
        with _started(self._folder, self._digits, command, stdin=PIPE, stdout=PIPE) as child:
            limit_minute(child.pid, allowed)
            self._limited_at = time.monotonic()
            assert child.stdout is not None
            self._running, self._owner = child, os.getpid()
            self._answers = read_with_timeout(child.stdout, _ANSWER_S)
            self._ends = weakref.finalize(self, _end, child, os.getpid())
            self._say(b"0" * self._digits + b"\n")
            self._fields()  # once it answers it needs its repository no more


@contextlib.contextmanager
def _started(
    folder: Path,
    digits: int,
    command: Sequence[str],
    stdin: int = DEVNULL,
    stdout: int = DEVNULL,
    stderr: int = DEVNULL,
) -> Iterator[Child]:
    """Start git on the objects of a folder, with an empty repository until it is ready."""
    form = "[extensions]\n\tobjectFormat = sha256\n" if _HASHES[digits] == "sha256" else ""
    with tempfile.TemporaryDirectory(prefix="unplug-kit-") as repository:
        for name in ("objects", "refs"):
            Path(repository, name).mkdir()
        Path(repository, "HEAD").write_text("ref: refs/heads/none\n")
        Path(repository, "config").write_text(f"[core]\n\trepositoryFormatVersion = 1\n{form}")
        variables = reader_environment(Path(repository))
        variables["GIT_OBJECT_DIRECTORY"] = str(folder)
        git = [git_program(), "-c", "core.deltaBaseCacheLimit=16m", *command]
        try:
            child = start(
                git,
                environment=kept_environment() | variables,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
            )
        except FileNotFoundError:
            raise HistoryError(no_git("no clone can be read")) from None
        yield child


def _end(child: Child, owner: int) -> None:
    if owner == os.getpid():  # else this process was forked off the one that started it
        with child:
            child.end(0)
