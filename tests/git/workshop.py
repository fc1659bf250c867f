"""A repository made here, a commit in a line."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pygit2

from kit.git.repository.clone import CloneHistory
from kit.git.repository.objects import Objects
from kit.git.reverts.exactness import check_exactness
from kit.git.reverts.scan import read_revert
from kit.git.values.verdict import Revert, RevertFinding

DAY_S = 86_400
START_S = 1_600_000_000
_KEPT = tempfile.TemporaryDirectory(prefix="workshop-")


@dataclass
class Workshop:
    """Its commits are a day apart; the author writes each an hour before it is committed."""

    folder: Path
    now_s: int = START_S
    environment: dict[str, str] = field(default_factory=dict)

    def git(self, *arguments: str, text: str | bytes | None = None) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env={
                **os.environ,
                "GIT_AUTHOR_NAME": "A. Author",
                "GIT_AUTHOR_EMAIL": "a@example.org",
                "GIT_COMMITTER_NAME": "C. Committer",
                "GIT_COMMITTER_EMAIL": "c@example.org",
                "GIT_AUTHOR_DATE": f"{self.now_s - 3600} +0000",
                "GIT_COMMITTER_DATE": f"{self.now_s} +0000",
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_CONFIG_NOSYSTEM": "1",
                **self.environment,
            },
            input=text.encode() if isinstance(text, str) else text,
            check=True,
            capture_output=True,
            timeout=30,
        )
        return done.stdout.decode().strip()

    def commit(self, message: str, files: dict[str, str | bytes | None] | None = None) -> str:
        """Commit files with their new content (None: deleted), and return the hash.

        Where nothing else is to be committed, libgit2 does it here: three processes fewer.
        """
        for name, content in (files or {}).items():
            path = self.folder / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.now_s += DAY_S
        if self._is_plain(files or {}) and (files is not None or self._is_clean()):
            return self._commit_here(message, files or {})
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--cleanup=verbatim", "-F", "-",
                 text=message)  # fmt: skip
        return self.head

    def _is_plain(self, files: Mapping[str, str | bytes | None]) -> bool:
        """Is there nothing that git heeds and libgit2 does not?"""
        own = self.folder / ".git"
        if self.environment or not own.is_dir() or (own / "config").read_bytes() != _settings():
            return False
        heeded = [own / name for name in ("hooks", "info", "MERGE_HEAD", "REVERT_HEAD")]
        heeded += [self.folder / name for name in (".gitattributes", ".gitignore", ".gitmodules")]
        return not any(map(os.path.lexists, heeded)) and not any(
            (self.folder / name).is_symlink() or ".git" in name for name in files
        )

    def _is_clean(self) -> bool:
        return not pygit2.Repository(str(self.folder)).status()

    def _commit_here(self, message: str, files: Mapping[str, str | bytes | None]) -> str:
        made = pygit2.Repository(str(self.folder))
        made.index.read()
        for name in files:
            path = self.folder / name
            if not path.is_file():
                made.index.remove(name)
                continue
            mode = pygit2.GIT_FILEMODE_BLOB
            if path.stat().st_mode & 0o100:
                mode = pygit2.GIT_FILEMODE_BLOB_EXECUTABLE
            made.index.add(pygit2.IndexEntry(name, made.create_blob(path.read_bytes()), mode))
        made.index.write()
        author = pygit2.Signature("A. Author", "a@example.org", self.now_s - 3600, 0)
        committer = pygit2.Signature("C. Committer", "c@example.org", self.now_s, 0)
        parents = [] if made.head_is_unborn else [made.head.target]
        tree = made.index.write_tree()
        return str(made.create_commit("HEAD", author, committer, message, tree, parents))

    def revert(self, *names: str) -> str:
        """Let git revert commits, each by a commit of its own, and return the last hash."""
        self.now_s += DAY_S
        self.git("revert", "--no-edit", *names)
        return self.head

    @property
    def head(self) -> str:
        """The hash of HEAD."""
        name = (self.folder / ".git" / "HEAD").read_text().strip()
        loose = self.folder / ".git" / name.removeprefix("ref: ")
        return loose.read_text().strip() if loose.is_file() else self.git("rev-parse", "HEAD")

    def tag(self, name: str) -> None:
        self.git("tag", name)

    @property
    def clone(self) -> CloneHistory:
        return CloneHistory(self.folder)

    @property
    def objects(self) -> Objects:
        return Objects(self.folder / ".git" / "objects")

    def read(self, name: str = "HEAD") -> Revert:
        return read_revert(self.clone, name)

    def check(self, name: str = "HEAD", *, all_orders: bool = False) -> RevertFinding:
        revert = self.read(name)
        return check_exactness(self.objects, revert.sha, revert.targets, all_orders=all_orders)


def workshop(folder: Path) -> Workshop:
    """Make a repository with one file of twenty lines."""
    shutil.copytree(_started(), folder, dirs_exist_ok=True)
    return Workshop(folder, START_S + DAY_S)


@cache
def _started() -> Path:
    """Return the repository that all begin as, made once in a process."""
    made = Workshop(_empty())
    made.commit("start", {"f": numbered()})
    return made.folder


@cache
def _settings() -> bytes:
    return (_empty() / ".git" / "config").read_bytes()


@cache
def _empty() -> Path:
    made = Workshop(Path(_KEPT.name))
    made.git("init", "--quiet", "--initial-branch=main", "--template=")
    return made.folder


def sibling(folder: Path, message: str) -> str:
    """Write a commit like HEAD with another message, which no ref names; return its hash."""
    made = pygit2.Repository(str(folder))
    head = made[made.head.target]
    assert isinstance(head, pygit2.Commit)
    author, committer = head.author, head.committer
    return str(made.create_commit(None, author, committer, message, head.tree_id, head.parent_ids))


def numbered(**changed: str) -> str:
    """Return lines 1 to 20, some (``l5="…"``) changed, or left out by an empty text."""
    lines = [changed.get(f"l{number}", f"line {number}") for number in range(1, 21)]
    return "".join(f"{line}\n" for line in lines if line)
