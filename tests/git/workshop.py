"""A repository made here, a commit in a line."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from kit.git.repository.clone import CloneHistory
from kit.git.repository.objects import Objects
from kit.git.reverts.exactness import check_exactness
from kit.git.reverts.scan import read_revert
from kit.git.values.verdict import Revert, RevertFinding

DAY_S = 86_400
START_S = 1_600_000_000


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
        """Commit files with their new content (None: deleted), and return the hash."""
        for name, content in (files or {}).items():
            path = self.folder / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.now_s += DAY_S
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--cleanup=verbatim", "-F", "-",
                 text=message)  # fmt: skip
        return self.git("rev-parse", "HEAD")

    def revert(self, *names: str) -> str:
        """Let git revert commits, each by a commit of its own, and return the last hash."""
        self.now_s += DAY_S
        self.git("revert", "--no-edit", *names)
        return self.git("rev-parse", "HEAD")

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
    folder.mkdir(parents=True, exist_ok=True)
    made = Workshop(folder)
    made.git("init", "--quiet", "--initial-branch=main", "--template=")
    made.commit("start", {"f": numbered()})
    return made


def numbered(**changed: str) -> str:
    """Return lines 1 to 20, some (``l5="…"``) changed, or left out by an empty text."""
    lines = [changed.get(f"l{number}", f"line {number}") for number in range(1, 21)]
    return "".join(f"{line}\n" for line in lines if line)
