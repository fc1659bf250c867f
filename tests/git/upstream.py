"""A repository to fetch from, and what is asked of the folders that come of it."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

COMMITS, LESSON = 17, 16  # of the repository served: all, and those wanted with their parents
OFFLINE = {"GIT_ALLOW_PROTOCOL": "none-such"}
IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in {
        "NAME": "A. Author",
        "EMAIL": "a@example.org",
        "DATE": "2021-04-12T12:00:00+1000",
    }.items()
} | {"GIT_CONFIG_GLOBAL": os.devnull}


def git(folder: Path, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=os.environ | IDENTITY | environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=20,
    )
    return done.stdout.strip()


@dataclass(frozen=True)
class Upstream:
    """A repository to be served; some of its commits are wanted, none of its firmware is."""

    path: Path
    wanted: tuple[str, ...]
    head: str

    @property
    def size(self) -> int:
        return size_of(self.path)


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def unused_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


def answers(port: int) -> bool:
    with closing(socket.socket()) as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def await_true(question: Callable[[], bool], timeout_s: float = 10) -> None:
    end = time.monotonic() + timeout_s
    while not question():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


class Steps:
    """Remembers each step once, and does something at the first whose name begins so."""

    def __init__(self, at: str = "", act: Callable[[], object] = lambda: None) -> None:
        self.seen: list[str] = []
        self.at, self.act = at, act

    def __call__(self, step: str, done: int, total: int | None) -> None:
        assert total is None or done <= total
        if step not in self.seen:
            self.seen.append(step)
            if self.at and step.startswith(self.at):
                self.at = ""
                self.act()

    @property
    def phases(self) -> list[str]:
        return list(dict.fromkeys(step.split(":")[0] for step in self.seen))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
