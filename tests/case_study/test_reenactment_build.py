"""Building the re-enactment: deaf to the machine it is built on, whole or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kit.case_study.reenactment import ReenactmentError, build
from tests.conftest import Program
from tests.reenactment import HASHES, IDENTITY, ROOT, SOURCE, git, hashes


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_the_machine_it_is_built_on_leaves_no_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody's configuration, hooks, time zone and umask; git's variables; a clone around it."""
    home = tmp_path / "home"
    hooks = home / "template" / "hooks"
    hooks.mkdir(parents=True)
    for name in ("pre-commit", "commit-msg", "post-checkout"):
        (hooks / name).write_text("#!/bin/sh\nexit 1\n")
        (hooks / name).chmod(0o755)
    (home / ".gitconfig").write_text(
        f"[init]\n defaultBranch = trunk\n templateDir = {home}/template\n"
        f"[core]\n autocrlf = true\n hooksPath = {hooks}\n excludesFile = {home}/ignore\n"
        "[commit]\n gpgSign = true\n template = /nowhere\n[tag]\n gpgSign = true\n"
        "[user]\n name = Somebody\n email = s@example.org\n[merge]\n conflictStyle = diff3\n"
    )
    (home / "ignore").write_text("*.h\n")
    git(tmp_path, "init", "--quiet", "outer")
    for variable, value in {
        "HOME": str(home),
        "TZ": "Asia/Kathmandu",
        "GIT_DIR": str(tmp_path / "outer" / ".git"),
        "GIT_INDEX_FILE": str(tmp_path / "index"),
        "GIT_AUTHOR_DATE": "2001-01-01T00:00:00",
        "GIT_DEFAULT_HASH": "sha256",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "user.name",
        "GIT_CONFIG_VALUE_0": "Somebody",
    }.items():
        monkeypatch.setenv(variable, value)
    target = tmp_path / "outer" / "a new folder" / "qemu"
    before = os.umask(0o002)
    try:
        build(SOURCE, target)
    finally:
        os.umask(before)
    monkeypatch.delenv("GIT_DIR")
    monkeypatch.delenv("GIT_INDEX_FILE")

    assert hashes(target) == list(HASHES.values())
    assert names(target.parent) == ["qemu"]
    assert (target.stat().st_mode & 0o777) == 0o775


def test_line_ends_of_the_source_do_not_matter(tmp_path: Path) -> None:
    """A checkout on Windows may have carriage returns."""
    shutil.copytree(SOURCE, tmp_path / "source")
    for path in (tmp_path / "source").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    build(tmp_path / "source", tmp_path / "qemu")

    assert hashes(tmp_path / "qemu") == list(HASHES.values())


def test_built_twice_it_stays_as_it_is(copy: Path) -> None:
    """What a learner added since is kept."""
    git(copy, *IDENTITY, "commit", "--quiet", "--allow-empty", "--message", "mine")
    mine = git(copy, "rev-parse", "HEAD")
    build(SOURCE, copy)

    assert git(copy, "rev-parse", "HEAD") == mine


def test_several_processes_may_build_it_at_once(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from kit.case_study.reenactment import build;"
        "build(pathlib.Path(sys.argv[1]), pathlib.Path('qemu'))"
    )
    builders = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(SOURCE)],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        for _ in range(3)
    ]

    assert [builder.wait(timeout=60) for builder in builders] == [0, 0, 0]
    assert hashes(tmp_path / "qemu") == list(HASHES.values())
    assert names(tmp_path) == ["qemu"]


@pytest.mark.parametrize("kind", ["file", "folder", "clone"])
def test_what_is_there_already_is_left_alone(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "there"
    if kind == "file":
        target.write_text("mine")
    else:
        target.mkdir()
        (target / "mine").write_text("mine")
        if kind == "clone":
            git(target, "init", "--quiet")

    with pytest.raises(ReenactmentError, match="there holds something other than the re-enactment"):
        build(SOURCE, target)
    assert (target if kind == "file" else target / "mine").read_text() == "mine"
    assert names(tmp_path) == ["there"]


@pytest.mark.parametrize("step", ["revert", "tag"])
def test_half_of_it_is_never_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: Program, step: str
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "git").write_text(
        f'#!/bin/sh\ncase " $* " in *" {step} "*) echo "fatal: the disk is full" >&2; exit 128 ;;'
        f' esac\nexec {program("git")} "$@"\n'
    )
    (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    (tmp_path / "here").mkdir()

    with pytest.raises(ReenactmentError) as caught:
        build(SOURCE, tmp_path / "here" / "qemu")
    assert str(caught.value) == f"the re-enactment: git {step} failed: fatal: the disk is full"
    assert names(tmp_path / "here") == []


def test_without_git_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ReenactmentError, match=r"git is not installed, .*; install git \(Debian"):
        build(SOURCE, tmp_path / "qemu")


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ReenactmentError, match=r"cannot be written to .*file \(.*\); name another"):
        build(SOURCE, tmp_path / "file" / "qemu")


COMMIT = """\
[[commit]]
name = "a"
date = 2021-03-10
subject = "s"
body = "b"
re-enacts = "c"
original-subject = "o"
original-authored = 2021-01-01
{rest}
[[tag]]
name = "t"
commit = "a"
date = 2021-03-10
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "reenactment.toml cannot be read (No such file or directory)"),
        ("[[commit]]\n", "reenactment.toml is damaged ('name')"),
        ("[", "reenactment.toml is damaged (Invalid"),
        (COMMIT.format(rest='folder = "none"'), "none is missing"),
        (COMMIT.format(rest='reverts = ["none"]'), "damaged (no commit 'none' up to there)"),
    ],
)
def test_an_incomplete_source_is_one_line(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "reenactment.toml").write_text(text)

    with pytest.raises(ReenactmentError) as caught:
        build(tmp_path, tmp_path / "qemu")
    assert said in str(caught.value)
    assert str(caught.value).endswith("; install the kit again")
    assert "\n" not in str(caught.value)
