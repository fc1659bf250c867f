"""Commits and diffs of a clone on this machine, read through GitPython.

The clone is only read: no hook, filter, external diff or fetch of its configuration is run.
GitPython finds the repository and runs git; what git prints is parsed here, because GitPython's
own objects ignore a message's encoding, miss renames and cut trailers at a line of dashes.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from kit.history.diff import read_diff
from kit.history.history import HistoryError, Source, SourceKind, no_git
from kit.runs.commit import Commit, FileDiff, Person

if TYPE_CHECKING:
    import git

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
# Of the variables of git that a person may have set, those that say where programs are.
_KEPT_VARIABLES = ("GIT_EXEC_PATH", "GIT_PYTHON_")
_ENVIRONMENT = threading.RLock()
TIMEOUT_S = 60
# Command-scope settings: a clone's own configuration must not make git run anything, and git's
# distrust of another owner's folder is no reason not to read it.
_SETTINGS = {
    "safe.directory": "*",
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.attributesFile": os.devnull,
    "core.bigFileThreshold": "512m",
    "diff.external": "",
    "diff.indentHeuristic": "true",
    "diff.renameLimit": "1000",
    "diff.suppressBlankEmpty": "false",
    "log.mailmap": "false",  # git log would want the file .mailmap, which a clone may lack
    "log.showSignature": "false",
    "submodule.recurse": "false",
    "trailer.separators": ":",
}


class CloneHistory:
    """A clone: bare or not, shallow, partial, a worktree, borrowing objects, owned by others."""

    def __init__(self, place: Path, kind: SourceKind = SourceKind.CLONE) -> None:
        """Remember where the clone is; it is opened when it is read."""
        self.place = place
        self.source = Source(kind, str(place))

    def commit(self, revision: str) -> Commit:
        """Return the commit that *revision* names.

        Raises:
            HistoryError: There is no such repository or commit, or git is not installed.
        """
        with self._git(revision) as git_command:
            return self._commit(git_command, revision)

    def diff(self, revision: str) -> tuple[FileDiff, ...]:
        """Return what a commit changes against its first parent; nothing for a merge.

        Raises:
            HistoryError: The commit, its parent or a file of theirs is not here.
        """
        with self._git(revision) as git_command:
            commit = self._commit(git_command, revision)
            if commit.is_merge:
                return ()
            if not commit.parents and _is_cut_off(git_command, commit):
                raise HistoryError(_why(self.source, f"the parent of {revision}", "", shallow=True))
            options = {"stdout_as_string": False, "kill_after_timeout": TIMEOUT_S}
            return read_diff(
                lambda *arguments: git_command.diff_tree(*arguments, commit.hash, **options),
                lambda name: git_command.cat_file("blob", name, **options),
            )

    def recent(self, revision: str, count: int) -> tuple[Commit, ...]:
        """Return the commit and those before it, newest first, at most *count*.

        Raises:
            HistoryError: There is no such repository or commit, or git is not installed.
        """
        with self._git(revision) as git_command:
            start = self._commit(git_command, revision).hash
            return _commits(git_command.log(f"-{count}", *_LOG, start, stdout_as_string=False))

    def tags(self) -> tuple[tuple[str, str], ...]:
        """Return all tags as (name, commit hash), by name."""
        form = "--format=%(objectname) %(*objectname) %(refname:strip=2)"
        with self._git("tags") as git_command:
            lines = git_command.for_each_ref("refs/tags", form).splitlines()
        parts = [line.split(" ", 2) for line in lines]
        return tuple((name, peeled or direct) for direct, peeled, name in parts)

    def log(self, *paths: str) -> tuple[Commit, ...]:
        """Return every commit that HEAD or a tag leads to, newest first.

        Raises:
            HistoryError: There is no such repository, or git is not installed.
        """
        with self._git("its log") as git_command:
            return _commits(git_command.log("--all", *_LOG, "--", *paths, stdout_as_string=False))

    def objects_folder(self) -> Path:
        """Return where the clone keeps its objects.

        Raises:
            HistoryError: There is no such repository, or git is not installed.
        """
        with self._git("its objects") as git_command:
            return Path(git_command.rev_parse("--path-format=absolute", "--git-path", "objects"))

    def tip(self) -> tuple[str, ...]:
        """Return what git is told to start a log from: HEAD, or all there is where that is none.

        Raises:
            HistoryError: There is no such repository, or git is not installed.
        """
        with self._git("HEAD") as git_command:
            found, *_ = git_command.rev_parse(
                *("--verify", "--quiet", "HEAD^{commit}"),
                with_extended_output=True,
                with_exceptions=False,
            )
        return ("HEAD",) if found == 0 else ("--all",)

    @contextmanager
    def stream(self, *command: str, of: str = "", to_the_end: bool = True) -> Iterator[BinaryIO]:
        """Give what a git command prints while it runs; it is ended when the reader leaves.

        Whoever calls puts what a person typed after ``--end-of-options`` or in ``--name=value``.

        Args:
            command: The command and its arguments.
            of: What is read, as a person names it; else the command.
            to_the_end: The reader reads all, and wants to know if that was not all.

        Raises:
            HistoryError: There is no such repository, git is not installed, or the command fails.
        """
        with self._git(command[0]) as git_command:
            running = git_command.execute(
                [git_command.GIT_PYTHON_GIT_EXECUTABLE, *command],
                as_process=True,
                istream=subprocess.DEVNULL,
            )
        process = running.proc
        assert process is not None
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            yield cast(BinaryIO, process.stdout)
            if not to_the_end:
                return
            said = process.stderr.read().decode("utf-8", "replace")
            if process.wait():
                raise HistoryError(_why(self.source, of or command[0], said, shallow=False))
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
            process.stderr.close()

    # -- git -----------------------------------------------------------------------------------

    @contextmanager
    def _git(self, wanted: str) -> Iterator[git.Git]:
        """Give git's commands on this clone; whatever goes wrong becomes one line."""
        try:
            import git
        except ImportError:
            raise HistoryError(no_git("no clone can be read")) from None
        try:
            with (
                _without_git_variables(),
                git.Repo(self.place, odbt=git.GitCmdObjectDB) as repo,
            ):
                repo.git.update_environment(**_environment(str(repo.git_dir)))
                try:
                    yield repo.git
                except git.GitCommandError as error:
                    why = _why(
                        self.source, wanted, str(error.stderr), shallow=_is_shallow(repo.git)
                    )
                    raise HistoryError(why) from error
        except (git.InvalidGitRepositoryError, git.NoSuchPathError):
            raise HistoryError(
                f"{self.place} is no git repository; name a clone of QEMU, or run `kit fetch`"
            ) from None

    def _commit(self, git_command: git.Git, revision: str) -> Commit:
        if not revision.strip() or not revision.isprintable():
            raise HistoryError(f"{revision!r} names no commit; give a hash, a tag or a branch")
        name = git_command.rev_parse("--verify", "--end-of-options", f"{revision}^{{commit}}")
        (commit,) = _commits(git_command.log("-1", *_LOG, name, "--", stdout_as_string=False))
        return commit


def _why(source: Source, wanted: str, said: str, *, shallow: bool) -> str:
    """Say in one line why a commit cannot be read here, and what helps.

    Args:
        source: What was read.
        wanted: What was asked for.
        said: What git complained of; empty if it would have hidden that something is missing.
        shallow: Whether the clone is shallow.
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
            f"the fetched lesson {lacks} {wanted}; `kit fetch --full` gets all of QEMU,"
            " and `kit fetch` a damaged lesson anew"
        )
    if partial:
        return (
            f"{place} is a partial clone and lacks files of {wanted}:"
            f" `git -C {place} log -1 -p {wanted}` brings them while online, or `kit fetch`"
        )
    if shallow and (not said or re.fullmatch("[0-9a-fA-F]{4,64}", wanted)):
        return (
            f"{place} is shallow and lacks {wanted}:"
            f" `git -C {place} fetch --unshallow` brings it, or `kit fetch`"
        )
    return f"{place} has no commit {wanted}; is it a full clone of QEMU? `kit fetch` gets one"


def _complaint(said: str) -> str:
    """Return git's reason, harmless on a terminal; nothing if it only knows no such commit."""
    if "Timeout: " in said:
        return f"no answer within {TIMEOUT_S} s"
    lines = said.strip().removeprefix("stderr: '").removesuffix("'").split("\n")
    telling = [line for line in lines if line and not _BESIDE_THE_POINT.search(line)]
    # what git died of says more than what led to it
    order = [line for start in ("fatal: ", "error: ", "") for line in telling if start in line[:7]]
    reason = order[0] if order else ""
    return "".join(filter(str.isprintable, re.sub("^(fatal|error): ", "", reason)))[:200]


def _is_cut_off(git_command: git.Git, commit: Commit) -> bool:
    """Has the commit a parent that a shallow clone hides?  Its diff would show every file."""
    written = git_command.cat_file("commit", commit.hash).split("\n\n", 1)[0]
    return "\nparent " in written


def _is_shallow(git_command: git.Git) -> bool:
    import git

    try:
        return bool(git_command.rev_parse("--is-shallow-repository") == "true")
    except git.GitCommandError:
        return False


@contextmanager
def _without_git_variables() -> Iterator[None]:
    """Hide the person's GIT_* variables: GitPython and git would read elsewhere or otherwise.

    GitPython gives git this process's environment and can add to it, not take from it.
    """
    with _ENVIRONMENT:
        hidden = {
            name: os.environ.pop(name)
            for name in list(os.environ)
            if name.upper().startswith("GIT_") and not name.startswith(_KEPT_VARIABLES)
        }
        try:
            yield
        finally:
            os.environ.update(hidden)


def _environment(git_dir: str) -> dict[str, str]:
    """What git sees beside variables that are not its own: this repository, and nothing to run."""
    settings = {
        name: value
        for number, (key, setting) in enumerate(_SETTINGS.items())
        for name, value in (
            (f"GIT_CONFIG_KEY_{number}", key),
            (f"GIT_CONFIG_VALUE_{number}", setting),
        )
    }
    return {
        # without this a bare repository that lacks its config file is taken for a work tree
        "GIT_DIR": git_dir,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_FLUSH": "0",  # what is streamed comes in larger pieces, and sooner as a whole
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",  # git before 2.44 knows only this way not to fetch
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
        "GIT_CONFIG_COUNT": str(len(_SETTINGS)),
        **settings,
    }


# -- parsing -----------------------------------------------------------------------------------


def _commits(printed: bytes) -> tuple[Commit, ...]:
    fields = printed.decode("utf-8", "replace").split("\0")[:-1]
    size = len(_FIELDS)
    return tuple(_parsed(*fields[start : start + size]) for start in range(0, len(fields), size))


def _parsed(
    name: str,
    parents: str,
    author: str,
    email: str,
    authored: str,
    committer: str,
    their_email: str,
    committed: str,
    subject: str,
    body: str,
    trailers: str,
) -> Commit:
    pairs = [line.partition(":") for line in trailers.split("\n") if line]
    return Commit(
        hash=name,
        parents=tuple(parents.split()),
        author=Person(author, email),
        authored=authored,
        committer=Person(committer, their_email),
        committed=committed,
        subject=subject,
        body=body.strip("\n"),
        trailers=tuple((key, value) for key, _, value in pairs),
    )
