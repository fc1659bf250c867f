"""Run git on one repository of the kit's own: one source at a time, with progress and limits.

Nothing that a server or a person supplies is executed: a URL has one of four schemes, git may use
no other, never prompts, and ignores the user's configuration.

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
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kit.common.child_process import Child, start
from kit.common.errors import UserError
from kit.common.plain_text import plain
from kit.git.repository.meter import Meter
from kit.git.repository.sandbox import environment, kept_environment

__all__ = [
    "FetchError",
    "FetchTooLargeError",
    "Git",
    "GitError",
    "Limits",
    "Origin",
    "Progress",
    "ended_by_sigterm",
    "origin",
]

Progress = Callable[[str, int, int | None], None]
"""Called with a step ("commits: receiving objects"), how much is done, of how much if known."""


class FetchError(UserError):
    """Commits cannot be fetched; the text says what, where and what to do."""


# A scheme, and what git may use to follow it: of redirects only the one to https.
_PROTOCOLS = {"https": "https", "http": "http:https", "git": "git", "file": "file"}


@dataclass(frozen=True, slots=True)
class Origin:
    """A place to fetch from: its URL, the URL without a password, and the protocols for it."""

    url: str
    shown: str
    protocols: str

    @property
    def options(self) -> tuple[str, ...]:
        """What git fetch needs for it: a clone in a folder rarely allows filters by itself."""
        allow = "-c uploadpack.allowFilter=true -c uploadpack.allowAnySHA1InWant=true"
        return (f"--upload-pack=git {allow} upload-pack",) if self.protocols == "file" else ()


def origin(url: str) -> Origin:
    """Return the place that *url* names, or raise FetchError if git must not fetch from it."""
    shown = re.sub("(?<=://)[^/@]*@", "", url)
    match = re.match("(https?|git|file)://[^-]", url)
    if match and url.isprintable() and " " not in url:
        return Origin(url, shown, _PROTOCOLS[match[1]])
    why = ""
    if url and url.isprintable() and not url.startswith("-"):
        try:
            if Path(url).expanduser().is_dir():
                # absolute, so that git cannot take any of it for an option, a host or a helper
                folder = str(Path(url).expanduser().resolve())
                return Origin(folder, folder, "file")
        except (OSError, RuntimeError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error).rstrip(".")
            why = f": {reason}"
    raise FetchError(
        f"cannot fetch from {shown!r}{why};"
        " give an https, http, git or file URL, or the folder of a clone"
    )


@contextlib.contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """Handle SIGTERM like Ctrl-C, so that git, which has a session of its own, ends too."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python handles signals in the main thread alone
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)


_PROGRESS = re.compile(r"(?:remote: )?([A-Z][A-Za-z ]+):\s+(?:\d+% \((\d+)/(\d+)\)|(\d+))")
_RECEIVED = re.compile(r"^Receiving objects: .*, ([\d.]+) (bytes|KiB|MiB|GiB) \|.*done\.$")
_LOOK_S = 0.25
_UNREAD_S = 60.0
_UNITS = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


class GitError(Exception):
    """git ended with an error, or was silent for too long; the text is its reason, in one line."""


class FetchTooLargeError(GitError):
    """A source sent more than it may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a source may cost: bytes in all and of its list of refs, and seconds."""

    most_bytes: int
    most_refs_bytes: int
    most_s: float

    def __str__(self) -> str:
        return (
            f"at most {_size(self.most_bytes)} in {_time(self.most_s)},"
            f" of which {_size(self.most_refs_bytes)} list branches and tags"
        )


def _size(count: int) -> str:
    return f"{count / 1e6:,.0f} MB" if count >= 1e6 else f"{count / 1e3:,.0f} kB"


def _time(seconds: float) -> str:
    return f"{seconds / 60:,.0f} minutes" if seconds >= 120 else f"{seconds:g} s"


@dataclass(slots=True)
class Git:
    """Runs git on one repository, with nothing of the user's settings.

    git keeps the file ``lock`` open as long as it or a child of it runs, so that nobody else fills
    the folder if this process is killed first.
    """

    folder: Path
    timeout_s: float
    progress: Progress | None = None
    lock: int | None = None
    received_bytes: int = 0
    _budget: _Budget | None = None

    @contextlib.contextmanager
    def limited(self, source: Origin, limits: Limits) -> Iterator[None]:
        """Limit what a source may cost, in all commands of the block."""
        configured = ""
        with contextlib.suppress(GitError):  # of the machine: a person's do not take part
            configured = self.run("config", "--get-urlmatch", "http.proxy", source.shown).strip()
        with Meter(source.url, limits.most_bytes, configured) as meter:
            self._budget = _Budget(limits, meter, self.folder)
            try:
                yield
            finally:
                self._budget = None

    def fetch(self, source: Origin, *arguments: str, phase: str, feed: Sequence[str] = ()) -> None:
        """Run git fetch with the options that each of the kit's fetches needs."""
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
        """Run git and return its stdout; *feed* holds the lines of its stdin.

        Without a *source* it cannot reach any network.

        Raises:
            GitError: It failed, was silent for ``timeout_s`` seconds, or exceeds the limits.
            FetchError: There is no git.
            OSError: There is no room on the disk.
        """
        # a low speed limit ends git even if this process was killed and cannot
        slow = f"http.lowSpeedTime={math.ceil(self.timeout_s)}"
        settings = ("-c", "fetch.unpackLimit=1", "-c", "http.lowSpeedLimit=1", "-c", slow)
        command = ["git", *settings, f"--git-dir={self.folder}", *arguments]
        budget = self._budget if source else None
        told, variables = budget.begin() if budget else ({}, {})
        protocols = source.protocols if source else "none"
        with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout:
            stdin.writelines(f"{line}\n".encode() for line in feed)
            stdin.seek(0)
            try:
                process = start(
                    command,
                    stdin=stdin,
                    stdout=stdout,
                    environment=kept_environment() | environment(protocols, told) | variables,
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
        if budget:
            budget.check(at_the_end=True)
        if process.wait():
            if any("No space left" in line or "quota exceeded" in line for line in said):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            raise GitError((budget and budget.meter.failure) or _reason(said))
        return output

    def _wait(self, process: Child, phase: str) -> list[str]:
        """Report git's progress until it ends; return the last other lines of its output."""
        assert process.stderr is not None
        chunks: queue.Queue[bytes] = queue.Queue(64)  # else who reads more slowly fills the memory
        threading.Thread(target=_pump, args=(process.stderr, chunks), daemon=True).start()
        said: deque[str] = deque(maxlen=50)
        rest = b""
        try:
            while chunk := self._next(chunks):
                *lines, rest = re.split(rb"[\r\n]+", rest[-4096:] + chunk)
                for line in lines:
                    self._hear(line.decode("utf-8", "replace"), phase, said)
            process.wait(self.timeout_s)
        except BaseException as error:
            process.end()
            if isinstance(error, queue.Empty | TimeoutError):
                raise GitError(f"it did not answer for {self.timeout_s:g} s") from None
            raise
        return [*said, rest.decode("utf-8", "replace")]

    def _next(self, chunks: queue.Queue[bytes]) -> bytes:
        until = time.monotonic() + self.timeout_s
        while True:
            if self._budget:
                self._budget.check()
            try:
                return chunks.get(timeout=max(0, min(_LOOK_S, until - time.monotonic())))
            except queue.Empty:
                if time.monotonic() >= until:
                    raise

    def _hear(self, line: str, phase: str, said: deque[str]) -> None:
        match = _PROGRESS.match(line)
        if match is None:
            said.append(line)
            return
        if self._budget:
            self._budget.have_refs()
        if size := _RECEIVED.search(line):
            self.received_bytes += round(float(size[1]) * _UNITS[size[2]])
        if self.progress is not None:
            step = f"{phase}: {match[1].lower()}"
            self.progress(step, int(match[2] or match[4]), int(match[3]) if match[3] else None)


class _Budget:
    """What one source has cost, against its limits."""

    def __init__(self, limits: Limits, meter: Meter, folder: Path) -> None:
        self.limits, self.meter = limits, meter
        self._packs = folder / "objects" / "pack"
        self._had = self._size()
        self._until = time.monotonic() + limits.most_s
        self._looked = 0.0

    def begin(self) -> tuple[dict[str, str], dict[str, str]]:
        """Start with a list of refs; return git's settings and variables for it."""
        refs = self.meter.received + self.limits.most_refs_bytes
        self.meter.cap, self.meter.failure = min(refs, self.limits.most_bytes), ""
        return self.meter.settings(), self.meter.variables()

    def have_refs(self) -> None:
        """Allow the rest: git has read the refs and reports objects."""
        self.meter.cap = self.limits.most_bytes

    def check(self, *, at_the_end: bool = False) -> None:
        """Raise GitError if a limit is exceeded; packs are measured now and then."""
        limits, now = self.limits, time.monotonic()
        if self.meter.is_over and self.meter.cap < limits.most_bytes:
            most = _size(limits.most_refs_bytes)
            raise FetchTooLargeError(f"its list of branches and tags is larger than {most}")
        is_over = self.meter.is_over
        if at_the_end or now - self._looked >= _LOOK_S:
            self._looked = now
            is_over |= self._size() - self._had > limits.most_bytes
        if is_over:
            raise FetchTooLargeError(f"it sends more than {_size(limits.most_bytes)}")
        if now > self._until:
            raise GitError(f"it takes longer than {_time(limits.most_s)}")

    def _size(self) -> int:
        """Return the size of the packs: what a folder on this machine sends is not metered."""
        with contextlib.suppress(OSError):
            return sum(path.lstat().st_size for path in self._packs.iterdir())
        return 0


def _pump(stream: IO[bytes], chunks: queue.Queue[bytes]) -> None:
    with stream, contextlib.suppress(queue.Full):  # nobody reads any more
        while chunk := os.read(stream.fileno(), 4096):
            chunks.put(chunk, timeout=_UNREAD_S)
        chunks.put(b"", timeout=_UNREAD_S)


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
