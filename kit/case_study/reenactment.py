"""Build the re-enactment: a small git repository with the story of the CPU unplug timeout.

It is for people without a clone of QEMU: each of its commits re-enacts one of QEMU's, in the kit's
own text in ``data/reenactment``.  The hashes are the same everywhere, because nothing of the local
machine gets in: no configuration, hooks, time or name.
"""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kit.common.child_process import run
from kit.common.errors import UserError
from kit.common.user_file import make_folders, write_atomic
from kit.common.user_folder import move_folder, new_folder
from kit.git.repository.history import no_git
from kit.git.repository.sandbox import environment

__all__ = ["ReenactmentError", "build"]

_TIMEOUT_S = 60
_NAME, _EMAIL = "The unplug kit", "re-enactment@unplug-kit.invalid"
_CONFIG = {
    "core.fileMode": "false",  # no file is executable, whatever the file system says
    "gc.auto": "0",  # nothing may run any more when the folder is renamed
    "maintenance.auto": "false",
    "safe.directory": "*",  # on some network drives a new folder belongs to another user
}


class ReenactmentError(UserError):
    """The re-enactment cannot be built; the text says what, where and what to do."""


def build(source: Path, target: Path) -> None:
    """Build the re-enactment's repository, with a work tree of its last commit.

    It is built beside *target* and then renamed, so two processes may build it at once.  If
    *target* holds it already, nothing changes.

    Args:
        source: The folder with ``reenactment.toml`` and the text of the commits.
        target: The repository's folder; it and its parents are created.

    Raises:
        ReenactmentError: git is missing or fails, *target* holds something else or cannot be
            written, or *source* is incomplete.
    """
    program = shutil.which("git")
    if program is None:
        raise ReenactmentError(no_git("the re-enactment cannot be built"))
    commits, tags = _read_story(source)
    target = target.absolute()
    with _workshop(target) as workshop:
        git = _Git(program, workshop / "repository", home=workshop / "home")
        _init(git)
        hashes: dict[str, str] = {}
        for commit in commits:
            hashes[commit.name] = _commit(git, commit, source, hashes)
        for tag in tags:
            _tag(git, tag, _hash_of(tag.commit, hashes))
        _move(git, target, hashes[commits[-1].name])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Commit:
    """One commit: files from ``folder``, or the revert of the commits in ``reverts``."""

    name: str
    date: date
    message: str
    folder: str | None
    reverts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Tag:
    name: str
    commit: str
    date: date


def _read_story(source: Path) -> tuple[list[_Commit], list[_Tag]]:
    path = source / "reenactment.toml"
    try:
        story = tomllib.loads(path.read_text(encoding="utf-8"))
        commits = [
            _Commit(
                name=entry["name"],
                date=entry["date"],
                message=_message(entry),
                folder=entry.get("folder"),
                reverts=tuple(entry.get("reverts", ())),
            )
            for entry in story["commit"]
        ]
        tags = [_Tag(entry["name"], entry["commit"], entry["date"]) for entry in story["tag"]]
    except OSError as error:
        raise ReenactmentError(
            f"{path} cannot be read ({error.strerror}); install the kit again"
        ) from error
    except (KeyError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ReenactmentError(f"{path} is damaged ({error}); install the kit again") from error
    return commits, tags


def _hash_of(name: str, hashes: Mapping[str, str]) -> str:
    try:
        return hashes[name]
    except KeyError:
        raise ReenactmentError(
            f"reenactment.toml is damaged (no commit {name!r} up to there); install the kit again"
        ) from None


def _message(entry: Mapping[str, object]) -> str:
    posting = entry.get("original-message-id")
    return (
        f"{entry['subject']}\n\n"
        f"{str(entry['body']).strip()}\n\n"
        f"Re-enacts: {entry['re-enacts']}\n"
        f"Original-subject: {entry['original-subject']}\n"
        f"Original-authored: {entry['original-authored']}\n"
        f"Original-committed: {entry.get('original-committed', entry['date'])}\n"
        + (f"Original-message-id: <{posting}>\n" if posting else "")
    )


@dataclass(frozen=True, slots=True)
class _Git:
    """git in one repository, which ignores everything outside it."""

    program: str
    folder: Path
    home: Path

    def run(self, *arguments: str, text: str = "", day: date | None = None) -> str:
        """Run git and return its output; *text* is its standard input.

        *day* dates author and committer, at noon UTC.

        Raises:
            ReenactmentError: git fails, or takes longer than a minute.
        """
        config = [part for key, value in _CONFIG.items() for part in ("-c", f"{key}={value}")]
        try:
            done = run(
                [self.program, *config, *arguments],
                cwd=self.folder,
                environment=self._environment(day),
                text=text.encode(),
                timeout_s=_TIMEOUT_S,
            )
        except TimeoutError:
            raise ReenactmentError(
                f"git {arguments[0]} took longer than {_TIMEOUT_S} s in {self.folder.parent.parent}"
            ) from None
        if done.status:
            (*_, said) = done.stderr.decode(errors="replace").splitlines() or ["it gives no reason"]
            raise ReenactmentError(f"the re-enactment: git {arguments[0]} failed: {said}")
        return done.stdout.decode().strip()

    def _environment(self, day: date | None) -> dict[str, str]:
        dates = ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE")
        inherited = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
        return {
            **{name: os.environ[name] for name in inherited if name in os.environ},
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home),
            **environment(),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_DEFAULT_HASH": "sha1",
            "GIT_DEFAULT_REF_FORMAT": "files",
            "GIT_AUTHOR_NAME": _NAME,
            "GIT_AUTHOR_EMAIL": _EMAIL,
            "GIT_COMMITTER_NAME": _NAME,
            "GIT_COMMITTER_EMAIL": _EMAIL,
            **{name: f"{day}T12:00:00+0000" for name in dates if day is not None},
            "TZ": "UTC",
        }


def _init(git: _Git) -> None:
    git.run("init", "--quiet", "--template=")
    git.run("symbolic-ref", "HEAD", "refs/heads/main")  # --initial-branch is newer
    git.run("config", "core.autocrlf", "false")


def _commit(git: _Git, commit: _Commit, source: Path, hashes: Mapping[str, str]) -> str:
    if commit.folder is not None:
        _copy(source / commit.folder, git.folder)
        git.run("add", "--all", "--force")
    if commit.reverts:
        undone = [_hash_of(name, hashes) for name in commit.reverts]
        git.run("revert", "--no-commit", *undone, day=commit.date)
    message = re.sub(r"\{([a-z-]+)\}", lambda match: _hash_of(match[1], hashes), commit.message)
    git.run("commit", "--quiet", "--cleanup=verbatim", "--file=-", text=message, day=commit.date)
    return git.run("rev-parse", "HEAD")


def _tag(git: _Git, tag: _Tag, commit: str) -> None:
    message = f"{tag.name}, re-enacted: as {tag.commit}, by the content of its tree\n"
    options = ("--annotate", "--cleanup=verbatim", "--file=-")
    git.run("tag", *options, tag.name, commit, text=message, day=tag.date)


def _copy(source: Path, target: Path) -> None:
    """Copy the text files of a folder, with line feeds as line ends."""
    if not source.is_dir():
        raise ReenactmentError(f"{source} is missing; install the kit again")
    for path in source.rglob("*"):
        if path.is_file():
            try:
                text = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise ReenactmentError(
                    f"{path} cannot be read ({error}); install the kit again"
                ) from error
            name = path.relative_to(source)
            write_atomic(make_folders(target, *name.parts[:-1]) / name.name, text.encode())


@contextmanager
def _workshop(target: Path) -> Iterator[Path]:
    """Yield a folder beside *target*, and remove it with its contents afterwards."""
    try:
        with new_folder(target) as workshop:
            make_folders(workshop, "home")
            make_folders(workshop, "repository")
            yield workshop
    except OSError as error:
        raise ReenactmentError(
            f"the re-enactment cannot be written to {target.parent} ({error.strerror}); "
            "name another folder"
        ) from error


def _move(git: _Git, target: Path, tip: str) -> None:
    try:
        move_folder(git.folder, target)
    except OSError:  # *target* exists: another process may have just built it
        try:
            git.run("--git-dir", str(target / ".git"), "cat-file", "-e", f"{tip}^{{commit}}")
        except ReenactmentError:
            raise ReenactmentError(
                f"{target} holds something other than the re-enactment; remove it, "
                "or name another folder"
            ) from None
