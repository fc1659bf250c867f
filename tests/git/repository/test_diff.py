"""What a commit changes, file by file, as git says it: odd paths, every status, text and binary."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from kit.git.repository.clone import CloneHistory
from kit.git.values.commit import ChangeKind, DiffLine, FileDiff, Hunk, LineKind
from tests.git.upstream import git

ADDED, REMOVED = LineKind.ADDED, LineKind.REMOVED
ODD = ["tab\tname", "new\nline", 'quo"te', "esc\x1b[31m", "Grüße.c", "sp b/in it", ":colon", "b/b"]


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository of one commit: a text, an empty file, a binary one and a symbolic link."""
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "text.c").write_text("int a;\nint b;\n")
    (folder / "empty.c").touch()
    (folder / "rom.bin").write_bytes(bytes(range(256)) * 4)
    (folder / "link").symlink_to("text.c")
    commit(folder)
    return folder


def commit(repo: Path) -> None:
    git(repo, "add", "--all")
    git(repo, "commit", "-q", "-m", "change")


def changed(repo: Path) -> list[tuple[str, str, ChangeKind, bool, int, int]]:
    return [
        (file.path, file.old_path, file.kind, file.binary, file.count(ADDED), file.count(REMOVED))
        for file in CloneHistory(repo).diff("HEAD")
    ]


@pytest.mark.parametrize("path", ODD)
def test_a_path_is_read_as_it_is(repo: Path, path: str) -> None:
    (repo / path).parent.mkdir(exist_ok=True)
    (repo / path).write_text("int x;\n")
    commit(repo)
    added = changed(repo)
    git(repo, "mv", path, f"{path}2")
    commit(repo)

    assert added == [(path, path, ChangeKind.ADDED, False, 1, 0)]
    assert changed(repo) == [(f"{path}2", path, ChangeKind.RENAMED, False, 0, 0)]


def test_a_file_that_loses_or_gets_all_its_text_is_modified(repo: Path) -> None:
    (repo / "text.c").write_text("")
    (repo / "empty.c").write_text("int a;\n")
    commit(repo)

    assert changed(repo) == [
        ("empty.c", "empty.c", ChangeKind.MODIFIED, False, 1, 0),
        ("text.c", "text.c", ChangeKind.MODIFIED, False, 0, 2),
    ]


def test_a_link_that_becomes_a_file_is_one_change(repo: Path) -> None:
    (repo / "link").unlink()
    (repo / "link").write_text("int x;\n")
    commit(repo)

    assert CloneHistory(repo).diff("HEAD") == (
        FileDiff(
            path="link",
            old_path="link",
            kind=ChangeKind.RETYPED,
            hunks=(
                Hunk("", (DiffLine(REMOVED, "text.c", 1, None),)),
                Hunk("", (DiffLine(ADDED, "int x;", None, 1),)),
            ),
        ),
    )


def test_a_binary_file_that_is_only_renamed_is_binary(repo: Path) -> None:
    git(repo, "mv", "rom.bin", "bios.bin")
    commit(repo)

    assert changed(repo) == [("bios.bin", "rom.bin", ChangeKind.RENAMED, True, 0, 0)]


def test_attributes_of_the_clone_do_not_hide_text(repo: Path) -> None:
    (repo / ".git" / "info" / "attributes").write_text("* -diff\n")
    (repo / "text.c").write_text("int a;\n")
    (repo / "rom.bin").write_bytes(bytes(range(256)) * 5)
    commit(repo)

    assert changed(repo) == [
        ("rom.bin", "rom.bin", ChangeKind.MODIFIED, True, 0, 0),
        ("text.c", "text.c", ChangeKind.MODIFIED, False, 0, 1),
    ]


@pytest.mark.parametrize(
    ("key", "setting"),
    [
        ("core.bigFileThreshold", "1"),
        ("core.quotePath", "true"),
        ("diff.context", "0"),
        ("diff.noprefix", "true"),
        ("diff.renames", "false"),
        ("diff.suppressBlankEmpty", "true"),
    ],
)
def test_settings_of_the_clone_do_not_change_a_diff(repo: Path, key: str, setting: str) -> None:
    (repo / "text.c").write_text("int a;\n\nint b;\nint c;\n")
    git(repo, "mv", "rom.bin", "bios.bin")
    commit(repo)
    expected = CloneHistory(repo).diff("HEAD")
    git(repo, "config", key, setting)

    assert CloneHistory(repo).diff("HEAD") == expected


@pytest.mark.parametrize(
    ("variable", "setting"),
    [
        ("GIT_COMMON_DIR", "/nowhere"),
        ("GIT_CONFIG_PARAMETERS", "junk"),
        ("GIT_DIFF_OPTS", "-u0"),
        ("GIT_DIR", "/nowhere"),
        ("GIT_EXTERNAL_DIFF", "/nowhere"),
        ("GIT_OBJECT_DIRECTORY", "/nowhere"),
    ],
)
def test_git_variables_of_the_person_do_not_change_a_diff(
    repo: Path, monkeypatch: pytest.MonkeyPatch, variable: str, setting: str
) -> None:
    (repo / "text.c").write_text("int a;\nint c;\n")
    commit(repo)
    expected = CloneHistory(repo).diff("HEAD")
    monkeypatch.setenv(variable, setting)

    assert (CloneHistory(repo).diff("HEAD"), os.environ[variable]) == (expected, setting)


# -- the real clone ----------------------------------------------------------------------------


def status_and_counts(clone: Path, name: str) -> list[tuple[str, str, str, int, int]]:
    """Return (path, old path, status, added, removed) as git prints them; 0 for a binary file."""

    def printed(option: str) -> list[str]:
        command = ["git", f"--git-dir={clone}", "diff-tree", "-r", "-M", "--root", "-z"]
        command += ["--no-commit-id", option, name]
        said = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
        return os.fsdecode(said).split("\0")[:-1]

    statuses, counts = iter(printed("--name-status")), iter(printed("--numstat"))
    found = []
    for status in statuses:
        old = next(statuses)
        path = next(statuses) if status[0] == "R" else old
        added, removed, inline = next(counts).split("\t")
        if not inline:
            next(counts), next(counts)
        found.append(
            (path, old, status[0], int(added.replace("-", "0")), int(removed.replace("-", "0")))
        )
    return found


@pytest.mark.clone
@pytest.mark.parametrize(
    "name",
    [
        "d890344166449c2c4cc039f19af61600920cd697",  # slirp/state.h becomes empty
        "d522cb52e604c8448674d90dae09ad50223b5d3c",
    ],
)
def test_a_diff_of_the_real_clone_is_git_s_own(qemu_clone: Path, name: str) -> None:
    letters = {kind: kind.name[0] for kind in ChangeKind} | {ChangeKind.RETYPED: "T"}

    assert [
        (file.path, file.old_path, letters[file.kind], file.count(ADDED), file.count(REMOVED))
        for file in CloneHistory(qemu_clone).diff(name)
    ] == status_and_counts(qemu_clone, name)
