"""git at work on one repository of our own: where from, one at a time, with progress.

Nothing that a server or a person gives is run: a URL has one of four schemes, git may use no
other, and neither prompts nor the user's configuration take part.

Source: git 2.39, git-fetch(1), git(1) on GIT_ALLOW_PROTOCOL.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import queue
import re
import signal
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kit.common.child_process import Child, start
from kit.common.errors import UserError
from kit.common.plain_text import plain
from kit.git.repository.sandbox import environment, kept_environment

__all__ = [
    "FetchError",
    "Git",
    "GitError",
    "Origin",
    "Progress",
    "disk_full",
    "ended_by_sigterm",
    "locked",
    "origin",
]

Progress = Callable[[str, int, int | None], None]
"""Called with a step ("commits: receiving objects"), how much is done, of how much if known."""


class FetchError(UserError):
    """Commits cannot be fetched; the text says what, where and what to do."""


def disk_full(folder: Path) -> FetchError:
    """Return what to say when there is no room for *folder*."""
    return FetchError(f"{folder}: the disk is full; make room there, or name another folder")


# -- where from --------------------------------------------------------------------------------

# A scheme, and what git may use to follow it: of redirects only the one to https.
_PROTOCOLS = {"https": "https", "http": "http:https", "git": "git", "file": "file"}


@dataclass(frozen=True, slots=True)
class Origin:
    """A place to fetch from: as git gets it, as people see it, and what git may use for it."""

    url: str
    shown: str
    protocols: str

    @property
    def options(self) -> tuple[str, ...]:
        """What git fetch needs for it: a clone in a folder rarely allows filters by itself."""
        allow = "-c uploadpack.allowFilter=true -c uploadpack.allowAnySHA1InWant=true"
        return (f"--upload-pack=git {allow} upload-pack",) if self.protocols == "file" else ()


def origin(url: str) -> Origin:
    """Return the place that *url* names.

    Raises:
        FetchError: It is none that git may be asked to fetch from.
    """
    shown = re.sub("(?<=://)[^/@]*@", "", url)
    match = re.match("(https?|git|file)://[^-]", url)
    if match and url.isprintable() and " " not in url:
        return Origin(url, shown, _PROTOCOLS[match[1]])
    why = "is nothing to fetch from"
    if url and url.isprintable() and not url.startswith("-"):
        try:
            if Path(url).expanduser().is_dir():
                # absolute, so that git cannot take any of it for an option, a host or a helper
                folder = str(Path(url).expanduser().resolve())
                return Origin(folder, folder, "file")
        except (OSError, RuntimeError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error).rstrip(".")
            why = f"cannot be fetched from: {reason}"
    raise FetchError(
        f"{shown!r} {why}; give an https, http, git or file URL, or the folder of a clone"
    )


# -- one at a time -----------------------------------------------------------------------------


@contextlib.contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end this like Ctrl-C, so that git, which has a session of its own, ends too."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python handles signals in the main thread alone
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)


@contextlib.contextmanager
def locked(target: Path) -> Iterator[int]:
    """Hold the lock beside *target*; the system lets go of it if this process is killed."""
    path = target.with_name(f".{target.name}.lock")
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(handle)
        except OSError as error:
            holder = os.read(handle, 20).decode("ascii", "replace").strip()
            os.close(handle)
            if error.errno not in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
                raise
            raise FetchError(
                f"{target} is being filled by another kit fetch (process {holder or '?'}); "
                "wait until it has ended"
            ) from None
        if path.exists() and os.path.samestat(path.stat(), os.fstat(handle)):
            break
        os.close(handle)  # its holder has just removed it: what was locked has no name any more
    try:
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield handle
    finally:
        if sys.platform != "win32":
            path.unlink(missing_ok=True)
        os.close(handle)
        if sys.platform == "win32":
            path.unlink(missing_ok=True)


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(handle, 1 << 20, os.SEEK_SET)  # away from the text, which must stay readable
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        os.lseek(handle, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


# -- git ---------------------------------------------------------------------------------------

_PROGRESS = re.compile(r"(?:remote: )?([A-Z][A-Za-z ]+):\s+(?:\d+% \((\d+)/(\d+)\)|(\d+))")
_RECEIVED = re.compile(r"^Receiving objects: .*, ([\d.]+) (bytes|KiB|MiB|GiB) \|.*done\.$")
_UNITS = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


class GitError(Exception):
    """git ended with an error, or was silent for too long; the text is its reason, in one line."""


@dataclass(slots=True)
class Git:
    """Runs git on one repository, with nothing of the user's but what it is told here.

    ``lock`` is a file that git keeps open as long as it or a child of it runs, so that nobody
    else fills the folder should this process be killed before them.
    """

    folder: Path
    timeout_s: float
    progress: Progress | None = None
    lock: int | None = None
    received_bytes: int = 0

    def fetch(self, source: Origin, *arguments: str, phase: str, feed: Sequence[str] = ()) -> None:
        """Run git fetch with what each of the kit's needs."""
        options = ["--progress", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"]
        options += ["--recurse-submodules=no", *source.options]
        self.run("fetch", *options, *arguments, source=source, phase=phase, feed=feed)

    def run(
        self,
        *arguments: str,
        source: Origin | None = None,
        phase: str = "",
        feed: Sequence[str] = (),
    ) -> str:
        """Run git and return what it says on stdout; *feed* is its stdin, a line each.

        Without a *source* it cannot reach any network.

        Raises:
            GitError: It failed, or said nothing for ``timeout_s`` seconds.
            FetchError: There is no git, or no room on the disk.
        """
        command = ["git", *self._settings(), f"--git-dir={self.folder}", *arguments]
        with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout:
            stdin.writelines(f"{line}\n".encode() for line in feed)
            stdin.seek(0)
            try:
                process = start(
                    command,
                    stdin=stdin,
                    stdout=stdout,
                    environment=kept_environment()
                    | environment(source.protocols if source else "none"),
                    pass_fds=() if self.lock is None else (self.lock,),
                )
            except FileNotFoundError:
                raise FetchError(
                    "git is not installed, so nothing can be fetched; install git"
                    " (Debian: apt install git)"
                ) from None
            said = self._wait(process, phase)
            stdout.seek(0)
            output = stdout.read().decode("utf-8", "replace")
        if process.wait():
            if any("No space left" in line or "quota exceeded" in line for line in said):
                raise disk_full(self.folder.parent)
            raise GitError(_reason(said))
        return output

    def _settings(self) -> Iterator[str]:
        # a low speed limit ends git even if this process was killed and cannot
        for setting in (
            "fetch.unpackLimit=1",
            "http.lowSpeedLimit=1",
            f"http.lowSpeedTime={math.ceil(self.timeout_s)}",
        ):
            yield from ("-c", setting)

    def _wait(self, process: Child, phase: str) -> list[str]:
        """Report git's progress until it ends; return the last other lines it said."""
        assert process.stderr is not None
        chunks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=_pump, args=(process.stderr, chunks), daemon=True).start()
        said: deque[str] = deque(maxlen=50)
        rest = b""
        try:
            while chunk := chunks.get(timeout=self.timeout_s):
                *lines, rest = re.split(rb"[\r\n]+", rest[-4096:] + chunk)
                for line in lines:
                    self._hear(line.decode("utf-8", "replace"), phase, said)
            process.wait(self.timeout_s)
        except BaseException as error:
            process.end()
            if isinstance(error, queue.Empty | TimeoutError):
                raise GitError(f"no answer for {self.timeout_s:g} s") from None
            raise
        return [*said, rest.decode("utf-8", "replace")]

    def _hear(self, line: str, phase: str, said: deque[str]) -> None:
        match = _PROGRESS.match(line)
        if match is None:
            said.append(line)
            return
        if size := _RECEIVED.search(line):
            self.received_bytes += round(float(size[1]) * _UNITS[size[2]])
        if self.progress is not None:
            step = f"{phase}: {match[1].lower()}"
            self.progress(step, int(match[2] or match[4]), int(match[3]) if match[3] else None)


def _pump(stream: IO[bytes], chunks: queue.SimpleQueue[bytes]) -> None:
    with stream:
        while chunk := os.read(stream.fileno(), 4096):
            chunks.put(chunk)
    chunks.put(b"")


def _reason(said: Sequence[str]) -> str:
    """Return the first complaint among the lines, harmless on a terminal."""
    lines = [plain(line.strip()) for line in said]
    starts = (n for n, line in enumerate(lines) if re.match("fatal: |error: ", line))
    first = next(starts, max(len(lines) - 2, 0))
    text = " ".join(lines[first : first + 2]) if lines[first].endswith(":") else lines[first]
    if match := re.search("not our ref ([0-9a-f]{40})", text):
        return f"it does not have {match[1]}"
    text = re.sub(r"^(fatal|error): |unable to access '[^']*': ", "", text)
    return text[:200] or "git gives no reason"
