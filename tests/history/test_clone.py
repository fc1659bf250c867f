"""Reading one commit with GitPython, from repositories made here."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from kit.history.clone import Commit, DiffLine, FileDiff, HistoryError, LineKind, read_commit

IDENTITY = {
    "GIT_AUTHOR_NAME": "A. Author",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_AUTHOR_DATE": "2021-03-31T21:04:00-0300",
    "GIT_COMMITTER_NAME": "C. Committer",
    "GIT_COMMITTER_EMAIL": "c@example.org",
    "GIT_COMMITTER_DATE": "2021-04-12T12:00:00+1000",
    "GIT_CONFIG_GLOBAL": os.devnull,
}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=os.environ | IDENTITY,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository of two commits, the second of which changes one line of a function."""
    repo = tmp_path / "a clone"
    repo.mkdir()
    git(repo, "init", "-q", "-b", "main")
    body = "".join(f"    step_{n}();\n" for n in range(9))
    (repo / "drc.c").write_text(f"void release(void)\n{{\n{body}}}\n")
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "first")
    (repo / "drc.c").write_text(f"void release(void)\n{{\n{body.replace('step_7', 'wait')}}}\n")
    git(repo, "commit", "-q", "-a", "-m", "second <b>\n\nbody")
    return repo


def second(clone: Path) -> Commit:
    lines = (
        DiffLine(LineKind.HUNK, "void release(void)"),
        DiffLine(LineKind.CONTEXT, "    step_4();"),
        DiffLine(LineKind.CONTEXT, "    step_5();"),
        DiffLine(LineKind.CONTEXT, "    step_6();"),
        DiffLine(LineKind.REMOVED, "    step_7();"),
        DiffLine(LineKind.ADDED, "    wait();"),
        DiffLine(LineKind.CONTEXT, "    step_8();"),
        DiffLine(LineKind.CONTEXT, "}"),
    )
    return Commit(
        hash=git(clone, "rev-parse", "HEAD"),
        subject="second <b>",
        author="A. Author",
        date="2021-04-12",
        files=(FileDiff("drc.c", lines),),
    )


def test_a_commit_is_read_whole(clone: Path) -> None:
    assert read_commit(clone, "main") == second(clone)


def test_an_abbreviated_hash_is_enough(clone: Path) -> None:
    assert read_commit(clone, git(clone, "rev-parse", "HEAD")[:7]) == second(clone)


def test_a_bare_repository_is_read_even_without_its_config(clone: Path, tmp_path: Path) -> None:
    """GitPython takes such a repository for a work tree."""
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "-q", "--bare", str(clone), str(bare))
    (bare / "config").unlink()

    assert read_commit(bare, "main") == second(clone)


def test_the_first_commit_adds_everything(clone: Path) -> None:
    first = read_commit(clone, "HEAD~1")

    assert (first.subject, first.files[0].count(LineKind.ADDED)) == ("first", 12)


def test_a_merge_has_no_diff_of_its_own(clone: Path) -> None:
    git(clone, "checkout", "-q", "-b", "side", "HEAD~1")
    (clone / "other.c").write_text("int x;\n")
    git(clone, "add", ".")
    git(clone, "commit", "-q", "-m", "side")
    git(clone, "merge", "-q", "--no-edit", "main")
    merge = read_commit(clone, "HEAD")

    assert (merge.is_merge, merge.files) == (True, ())


def test_a_line_that_is_not_utf_8_is_shown_with_a_mark(clone: Path) -> None:
    (clone / "latin.c").write_bytes(b"/* caf\xe9 */\n")
    git(clone, "add", ".")
    git(clone, "commit", "-q", "-m", "latin")

    assert read_commit(clone, "HEAD").files[0].lines[1].text == "/* caf\N{REPLACEMENT CHARACTER} */"


@pytest.mark.parametrize("revision", ["nope", "--all", "", "a" * 40, "HEAD:drc.c"])
def test_an_unknown_commit_is_one_line(clone: Path, revision: str) -> None:
    with pytest.raises(
        HistoryError, match=r"a clone has no commit .*; is it a full clone of QEMU\?"
    ):
        read_commit(clone, revision)


@pytest.mark.parametrize("name", ["", "missing"])
def test_what_is_no_repository_is_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(HistoryError, match="is no git repository; KIT_QEMU must name a clone"):
        read_commit(tmp_path / name, "HEAD")


def test_the_clone_is_not_written_to(clone: Path) -> None:
    def files() -> dict[str, bytes]:
        return {str(p): p.read_bytes() for p in sorted(clone.rglob("*")) if p.is_file()}

    before = files()
    read_commit(clone, "HEAD")

    assert files() == before


@pytest.mark.clone
def test_the_revert_in_the_real_clone() -> None:
    """d522cb52e6 removes 82 lines of 5 files and adds none."""
    commit = read_commit(Path(os.environ["KIT_QEMU"]), "d522cb52e604c8448674d90dae09ad50223b5d3c")

    assert {file.path: file.count(LineKind.REMOVED) for file in commit.files} == {
        "hw/ppc/spapr.c": 4,
        "hw/ppc/spapr_drc.c": 52,
        "include/hw/ppc/spapr_drc.h": 5,
        "include/qemu/timer.h": 8,
        "util/qemu-timer.c": 13,
    }
    assert sum(file.count(LineKind.ADDED) for file in commit.files) == 0


@pytest.mark.clone
def test_every_commit_of_the_catalogue_is_in_the_real_clone() -> None:
    from kit.machine.revision import CATALOGUE, Patch

    clone = Path(os.environ["KIT_QEMU"])
    for name in [*(revision.commit for revision in CATALOGUE), *(patch.value for patch in Patch)]:
        assert read_commit(clone, name).hash == name
