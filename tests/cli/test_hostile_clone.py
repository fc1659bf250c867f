"""Each command that reads a clone ends in a line where git or libgit2 would wait for ever."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.forked import ForkedKit
from tests.git.upstream import git

SOON_S = 50  # of two busy cores; the kit waits 60 s for git, and for ever for libgit2
COMMANDS = {
    "show": ["show", "HEAD"],
    "revert": ["revert", "HEAD"],
    "reverts": ["reverts"],
    "checked reverts": ["reverts", "--check"],
    "changelog": ["changelog", "HEAD~1..HEAD"],
    "export": ["history", "export", "-o", os.devnull],
}


def lends_a_pipe(repo: Path) -> None:
    (repo.parent / "o" / "pack").mkdir(parents=True)
    os.mkfifo(repo.parent / "o" / "pack" / "pack-1.idx")
    alternates = repo / ".git" / "objects" / "info" / "alternates"
    alternates.write_text(f"{repo.parent / 'o'}\n")


def has_a_linked_pack_folder(repo: Path) -> None:
    folder = repo / ".git" / "objects" / "pack"
    folder.rename(repo.parent / "pack")
    os.mkfifo(repo.parent / "pack" / "pack-1.idx")
    folder.symlink_to(repo.parent / "pack")


def includes_a_pipe(repo: Path) -> None:
    os.mkfifo(repo.parent / "pipe")
    git(repo, "config", "include.path", str(repo.parent / "pipe"))


ATTACKS: dict[str, Callable[[Path], None]] = {
    "a lender with a pipe": lends_a_pipe,
    "a linked pack folder with a pipe": has_a_linked_pack_folder,
    "an included pipe": includes_a_pipe,
}


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "a.c").write_text("int a;\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    (folder / "a.c").write_text("int b;\n")
    git(folder, "commit", "-q", "-am", "second")
    git(folder, "revert", "--no-edit", "HEAD")
    return folder


def ran(repo: Path, command: list[str]) -> tuple[int, list[str]]:
    """Run kit on a clone; return its exit status and its lines of error."""
    process = ForkedKit([*command, "--repo", str(repo)], Path(__file__).parents[2])
    status = process.wait(SOON_S)
    process.kill()
    assert status is not None, "it waits"
    return status, process.errors().splitlines()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_ends_in_a_line(repo: Path, name: str) -> None:
    lends_a_pipe(repo)
    status, lines = ran(repo, COMMANDS[name])

    pipe = str(repo.parent / "o" / "pack" / "pack-1.idx")
    assert status == 2
    assert lines[-1].endswith(f"git cannot read it: {pipe!r} is a pipe or a device, not a file")
    assert len(lines) <= 2  # the first may say which repository is read


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_clone_is_refused_in_a_line(repo: Path, attack: str) -> None:
    ATTACKS[attack](repo)
    status, lines = ran(repo, ["revert", "HEAD"])

    assert (status, lines[-1].endswith("is a pipe or a device, not a file")) == (2, True)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_same_clone_without_it_is_read(repo: Path, name: str) -> None:
    status, lines = ran(repo, COMMANDS[name])

    assert status in (0, 1) or "has none of the lesson's commits" in lines[-1]
