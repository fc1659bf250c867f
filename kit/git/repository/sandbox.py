"""git's environment and settings for reading a foreign repository: nothing that it names runs.

A setting on the command line overrides all of the repository's own, as an environment variable
does; what no setting reaches is cut off: no network, no replaced or grafted commits, no index of
commits that says who is whose parent.  This module also decides which folder a repository is, and
whether it may be read.

Source: git 2.39, git(1), git-config(1), "SCOPES" and safe.directory; gitattributes(5).
"""

from __future__ import annotations

import contextlib
import io
import os
import select
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from kit.common.child_process import ChildResult, run
from kit.git.repository.plain_files import PlainFiles, UnreadableError

__all__ = [
    "BIG_FILE_BYTES",
    "RepositoryPlace",
    "UnreadableError",
    "environment",
    "find_repository",
    "git_program",
    "kept_environment",
    "read_with_timeout",
    "reader_environment",
    "without_git_variables",
]

BIG_FILE_BYTES = 16 << 20  # a larger file counts as binary: git would hold all its lines in memory

# Nothing of these is run or looked at; each is armed in tests/git/repository/test_armed.py.
_SETTINGS = {
    "advice.graftFileDeprecated": "false",  # GIT_GRAFT_FILE, although it names nothing
    "core.attributesFile": os.devnull,
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "credential.helper": "",
    "diff.external": "",
    "submodule.recurse": "false",
}
# What reads files that the repository names, or would be printed otherwise than is read here.
_FOR_READERS = {
    "core.bigFileThreshold": str(BIG_FILE_BYTES),
    "core.commitGraph": "false",  # it says who is whose parent, and nobody checks it
    "diff.indentHeuristic": "true",
    "diff.orderFile": os.devnull,
    "diff.renameLimit": "1000",
    "diff.submodule": "short",  # else a git of its own is run in the submodule, without these
    "diff.suppressBlankEmpty": "false",
    "log.mailmap": "false",  # git log would want the file .mailmap, which a clone may lack
    "log.showSignature": "false",
    "trailer.separators": ":",
}
# Of a person's variables those that say where git and certificates are.
_KEPT = ("GIT_EXEC_PATH", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH")
_PYTHONS = "GIT_PYTHON_"  # GitPython's own: which git it runs
_CONFIG_FILES = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")
_LOCK = threading.RLock()
_PIPE_BYTES = 1 << 20  # as much as Linux lets anybody have


def environment(protocols: str = "none", more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return git's own variables: what it may reach, its settings, and no way to prompt.

    Args:
        protocols: Those that it may use, separated by colons.
        more: Settings beside those that keep it from running something.
    """
    told = {**_SETTINGS, **(more or {})}
    numbered = list(enumerate(told.items()))
    return {
        "GIT_ALLOW_PROTOCOL": protocols,  # git before 2.44 knows only this way not to fetch
        "GIT_ASKPASS": "",  # empty: nor SSH_ASKPASS
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_GRAFT_FILE": os.devnull,
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_PAGER": "",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
        # above all that the configuration of a repository says
        "GIT_CONFIG_COUNT": str(len(told)),
        **{f"GIT_CONFIG_KEY_{number}": key for number, (key, _) in numbered},
        **{f"GIT_CONFIG_VALUE_{number}": value for number, (_, value) in numbered},
    }


def git_program() -> str:
    """Return the git that runs: the one that GitPython is told to run, if any."""
    return os.environ.get(f"{_PYTHONS}GIT_EXECUTABLE") or "git"


def kept_environment() -> dict[str, str]:
    """Return this process's environment without git's variables, except its folders."""
    return {key: value for key, value in os.environ.items() if not _is_hidden(key)}


def reader_environment(git_dir: Path) -> dict[str, str]:
    """Return git's variables for reading a repository."""
    return environment(more=_FOR_READERS) | {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_DIR": str(git_dir),
        "GIT_FLUSH": "0",  # what is streamed comes in larger pieces, and sooner as a whole
        "GIT_WORK_TREE": str(git_dir),  # else core.worktree says where .gitattributes are read
    }


def _is_hidden(name: str) -> bool:
    return name.upper().startswith("GIT_") and name not in _KEPT and not name.startswith(_PYTHONS)


@contextmanager
def without_git_variables() -> Iterator[None]:
    """Hide the user's GIT_* variables, which would change what GitPython and git read.

    GitPython passes this process's environment to git and can add to it, not remove from it.
    """
    with _LOCK:
        hidden = {name: os.environ.pop(name) for name in list(os.environ) if _is_hidden(name)}
        try:
            yield
        finally:
            os.environ.update(hidden)


@dataclass(frozen=True, slots=True)
class RepositoryPlace:
    """The folders of a repository: its own, and that of its objects."""

    git_dir: Path
    objects: Path
    is_shallow: bool
    digits: int = 40  # of a hash; 64 with SHA-256


def find_repository(
    place: Path, git: str, timeout_s: float, *, is_ours: bool = False
) -> RepositoryPlace | None:
    """Return the repository that a folder is, or None if it is none.

    git itself decides, and refuses another user's unless this user's safe.directory names it; of
    the user's configuration nothing else counts.

    Args:
        place: The folder, bare or with a work tree; not one above it.
        git: The program.
        timeout_s: Seconds that git may take.
        is_ours: The kit made it; on some network drives a new folder belongs to another user.

    Raises:
        UnreadableError: git refuses it, or it holds what would make git wait for ever.
        FileNotFoundError: There is no git.
    """
    if not place.is_dir():
        return None
    files = PlainFiles(lambda config: _includes(config, git, timeout_s), timeout_s)
    files.check_place(place)
    theirs = {name: value for name in _CONFIG_FILES if (value := os.environ.get(name)) is not None}
    trusted = {"safe.directory": "*"} if is_ours else {}
    variables = environment(more={"safe.bareRepository": "all", **trusted})
    del variables["GIT_CONFIG_GLOBAL"]
    # the folder itself and none above it
    variables["GIT_CEILING_DIRECTORIES"] = str(place.resolve().parent)
    done = _run(
        # -C and not cwd: what Windows runs is looked for in the folder where it is run
        [git, "-C", str(place), "rev-parse", "--path-format=absolute", "--git-dir",
         "--git-common-dir", "--git-path", "objects", "--is-shallow-repository",
         "--show-object-format"],
        kept_environment() | variables | theirs,
        timeout_s,
    )  # fmt: skip
    if done.status:
        said = done.stderr.decode("utf-8", "replace")
        if "not a git repository" in said:
            return None
        raise UnreadableError(said)
    parts = os.fsdecode(done.stdout).split("\n")
    if len(parts) != 6:
        raise UnreadableError("the name of its folder contains a line break")
    git_dir, _, objects = map(Path, parts[:3])
    for folder in parts[:2]:
        files.check_git_dir(folder)
    files.check_objects(parts[2])
    digits = 64 if parts[4] == "sha256" else 40
    return RepositoryPlace(git_dir, objects, parts[3] == "true", digits)


def _includes(config: str, git: str, timeout_s: float) -> Iterator[str]:
    """Yield the files that a file of settings includes, read by git, which follows none of them."""
    asked = ("config", f"--file={config}", "--no-includes", "-z", "--type=path")
    done = _run(
        [git, f"--git-dir={os.devnull}", *asked, "--get-regexp", r"^include(if\..*)?\.path$"],
        kept_environment() | environment() | {"GIT_CONFIG_NOSYSTEM": "1"},
        timeout_s,
    )
    if done.status not in (0, 1):  # 1: there is none
        raise UnreadableError(done.stderr.decode("utf-8", "replace"))
    for each in done.stdout.split(b"\0"):
        if b"\n" in each:
            yield os.fsdecode(each.split(b"\n", 1)[1])


def _run(command: list[str], variables: Mapping[str, str], timeout_s: float) -> ChildResult:
    try:
        return run(command, environment=variables, timeout_s=timeout_s)
    except TimeoutError:
        raise UnreadableError(f"it did not answer within {timeout_s:g} s") from None


def read_with_timeout(pipe: IO[bytes], timeout_s: float, nap_s: float = 0) -> io.BufferedReader:
    """Return a reader of a pipe that raises TimeoutError if nothing comes for so long.

    Args:
        pipe: The pipe.
        timeout_s: Seconds that nothing may come.
        nap_s: Seconds to wait for more once something has come.  git writes 4 KiB at a time, and
            both processes would be woken for each of them.
    """
    if nap_s:
        _widen(pipe)
    return io.BufferedReader(_Patient(pipe.fileno(), timeout_s, nap_s), 1 << 16)


def _widen(pipe: IO[bytes]) -> None:
    """Let a pipe hold more; where the system does not, it holds less."""
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


class _Patient(io.RawIOBase):
    def __init__(self, handle: int, timeout_s: float, nap_s: float) -> None:
        super().__init__()
        self._handle, self._timeout_s, self._nap_s = handle, timeout_s, nap_s

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._handle

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - as io has it
        if sys.platform != "win32":  # there one can wait for sockets only
            ready, _, _ = select.select([self._handle], [], [], self._timeout_s)
            if not ready:
                raise TimeoutError(f"it did not answer within {self._timeout_s:g} s")
        if self._nap_s:
            time.sleep(self._nap_s)
        if hasattr(os, "readv"):
            return os.readv(self._handle, [buffer])
        data = os.read(self._handle, len(buffer))
        buffer[: len(data)] = data
        return len(data)
